"""Answers of a generic netlink family, recorded beforehand."""

from collections.abc import Mapping

from backends.errors import MechanismError
from backends.generic_netlink import Answer, GenericNetlink


class RecordedFamily(GenericNetlink):
    """Dumps answer what was recorded for their command, or refuse; what was asked is kept."""

    def __init__(self, dumps: Mapping[int, list[Answer] | MechanismError]) -> None:
        self.name = "recorded"
        self.dumps = dict(dumps)
        self.asked: list[tuple[int, bytes]] = []

    def close(self) -> None:
        """Nothing is open."""

    def ask(self, command: int, content: bytes = b"", what: str = "") -> list[Answer]:
        self.asked.append((command, content))
        return []

    def dump(self, command: int, content: bytes = b"", what: str = "") -> list[Answer]:
        self.asked.append((command, content))
        found = self.dumps.get(command, MechanismError(f"{what}: Operation not supported", "EOPNOTSUPP"))
        if isinstance(found, MechanismError):
            raise found
        return found
