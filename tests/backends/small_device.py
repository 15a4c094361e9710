"""A device with the objects that a test is about, over whatever it gives them."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from agent.model.data_model import DataModel
from agent.model.object import Backend, Object
from agent.model.own_values import OwnValues
from agent.model.schema import Schema
from tests.backends.acs import Acs
from tests.fakes.documents import Documents
from tests.schemas import shipped_schema


class SmallDevice(Acs):
    """Set, add, delete and get as an ACS would, one transaction each; with the store of another, that one restarted."""

    def __init__(
        self,
        objects: Sequence[Object[Any]],
        own: OwnValues | None = None,
        backends: Sequence[Backend] = (),
        *,
        store: Documents | None = None,
        forget: Sequence[Callable[[], None]] = (),
        schema: Schema | None = None,
    ) -> None:
        self.store = store or Documents()
        self.model = DataModel(
            schema or shipped_schema(),
            objects,
            own or OwnValues({}, {}),
            backends,
            self.store,
            time.monotonic,
            forget=forget,
            boot_id="boot",
        )
        self.model.load()
