"""The network whose refusals are the data model's: the only place where the two vocabularies meet."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from agent.model.errors import Denied, InvalidValue, NotWritable
from backends.network.errors import Conflict, Fixed, NotManaged
from backends.network.network import Network
from backends.network.records import Record
from backends.network.rows import Row


@contextmanager
def model_refusals() -> Iterator[None]:
    """Turn the network's refusals into the data model's."""
    try:
        yield
    except NotManaged as refused:
        raise Denied("", refused.reason) from refused
    except Conflict as refused:
        raise InvalidValue("", refused.reason) from refused
    except Fixed as refused:
        raise NotWritable("", refused.reason) from refused


class LinuxNetwork(Network):
    """A backend of the data model; the same as ``Network`` otherwise."""

    def edit(self, row: Row[Any], **values: Any) -> None:
        """Stage values of a row."""
        with model_refusals():
            super().edit(row, **values)

    def add(self, record: Record) -> str:
        """Stage a new row; its key."""
        with model_refusals():
            return super().add(record)

    def add_bridge(self) -> str:
        """Stage a new bridge; its key."""
        with model_refusals():
            return super().add_bridge()

    def remove(self, row: Row[Any]) -> None:
        """Stage the removal of a row."""
        with model_refusals():
            super().remove(row)

    def prepare(self) -> bool:
        """Plan what is staged."""
        with model_refusals():
            return super().prepare()
