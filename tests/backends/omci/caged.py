"""Ethtool's family as far as it reads modules, in memory: it obeys and refuses as the kernel does."""

from collections.abc import Mapping

from backends.errors import MechanismError, Missing
from backends.generic_netlink import Answer, attributes, number, text, unsigned
from backends.omci.module_memory import (
    ADDRESS,
    DATA,
    HEADER,
    HEADER_NAME,
    LENGTH,
    MODULE_EEPROM_GET,
    NUMBER,
    OFFSET,
)
from tests.fakes.generic import RecordedFamily


class CagedFamily(RecordedFamily):
    """Ports by name, each with the pages of its module by their address; a port without a cage has None."""

    def __init__(self, ports: Mapping[str, Mapping[int, bytes] | None]) -> None:
        super().__init__({})
        self.ports = ports

    def ask(self, command: int, content: bytes = b"", what: str = "") -> list[Answer]:
        super().ask(command, content, what)
        if command != MODULE_EEPROM_GET:
            raise MechanismError(f"{what}: Operation not supported", "EOPNOTSUPP")
        told = attributes(content)
        link = attributes(told[HEADER])[HEADER_NAME].rstrip(b"\0").decode()
        offset, length = unsigned(told[OFFSET]), unsigned(told[LENGTH])
        if link not in self.ports:
            raise Missing(f"{what}: No such device", "ENODEV")
        if offset is None or length is None or not 0 < length <= 128 or len(told[NUMBER]) != 1:
            raise MechanismError(f"{what}: Numerical result out of range", "ERANGE")
        pages = self.ports[link]
        if pages is None:
            raise MechanismError(f"{what}: Operation not supported", "EOPNOTSUPP")
        page = pages.get(told[ADDRESS][0])
        if page is None:
            raise MechanismError(f"{what}: Input/output error", "EIO")
        data = page[offset : offset + length]
        return [Answer(31, {HEADER: number(1, 3) + text(HEADER_NAME, link), DATA: data})]
