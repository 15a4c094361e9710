"""Device.DeviceInfo.SupportedDataModel.: the document that says which parts of TR-181 this device supports."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent.model.device_type import DEVICE_2, device_type
from agent.model.object import Object, Parameter
from agent.model.tree import Tree
from backends.errors import MechanismError
from backends.files import write_if_different

log = logging.getLogger(__name__)

NAME: Final = "device-type"


@dataclass(frozen=True, slots=True)
class _Row:
    url: str
    uuid: str


def supported_data_model(tree: Callable[[], Tree], directory: Path) -> list[Object[Any]]:
    """The one row. ``tree`` is asked for when it is first read; the document then lies in ``directory``.

    The URL is that file's: the document is the device's own, and nobody else is known to keep it.
    """
    made: list[_Row] = []

    def rows() -> Iterable[_Row]:
        if not made:
            found = device_type(tree())
            file = directory / f"{NAME}-{found.uuid}.xml"
            try:
                write_if_different(file, found.xml, 0o644)
            except MechanismError as unwritten:
                log.warning("the document of the supported data model: %s", unwritten.reason)
            made.append(_Row(file.absolute().as_uri(), found.uuid))
        return made

    return [
        Object(
            path="Device.DeviceInfo.SupportedDataModel.{i}.",
            rows=rows,
            keys=lambda _: (DEVICE_2.name,),
            parameters=[
                Parameter("URL", lambda row: row.url),
                Parameter("UUID", lambda row: row.uuid),
                Parameter("URN", lambda _: DEVICE_2.spec),
                Parameter("Features", lambda _: ()),
            ],
            source=lambda _: "made from what this device supports",
        )
    ]
