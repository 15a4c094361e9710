"""The memories of the modules in this machine's cages, as ``ethtool -m`` reads them: by ethtool's netlink family."""

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from backends.errors import MechanismError, Missing
from backends.files import names_in
from backends.generic_netlink import GenericNetlink, attribute, number, text
from backends.omci.sff8472 import PAGE

MODULE_EEPROM_GET: Final = 31
HEADER, OFFSET, LENGTH, NUMBER, BANK, ADDRESS, DATA = range(1, 8)
HEADER_NAME: Final = 2
A0, A2 = 0x50, 0x51
"""Addresses on a module's bus; their names are those of the octets that go over it."""
WITHIN: Final = 1.0
"""Seconds; a stick plays its memory by software, and a driver may read it octet by octet."""

log = logging.getLogger(__name__)


class Memory(NamedTuple):
    """A link, and the first half of either page of the module behind it; ``a2`` is empty where there is none."""

    link: str
    a0: bytes
    a2: bytes


class Memories(Protocol):
    """What is asked of a machine's modules; ``ModuleMemories`` is one, a test's another."""

    def all(self, only: str = "") -> list[Memory]:
        """Of every port that has a module, or of one; none where none can be read."""


class ModuleMemories:
    """One namespace's ports. Reading needs CAP_NET_ADMIN; kernels before 5.13 cannot be asked."""

    def __init__(
        self,
        open_family: Callable[[], GenericNetlink] = lambda: GenericNetlink("ethtool", deadline=WITHIN),
        root: Path = Path("/sys"),
    ) -> None:
        """Nothing is opened yet."""
        self._open = open_family
        self._root = root

    def all(self, only: str = "") -> list[Memory]:
        """See Memories."""
        family = self._open()
        try:
            return [found for link in ([only] if only else self._ports()) if (found := self._of(family, link))]
        finally:
            family.close()

    def _ports(self) -> Iterable[str]:
        """Links with hardware behind them: no other has a cage."""
        place = self._root / "class/net"
        return [name for name in names_in(place) if (place / name / "device").exists()]

    @staticmethod
    def _of(family: GenericNetlink, link: str) -> Memory | None:
        try:
            a0 = read_page(family, link, A0)
        except (MechanismError, Missing) as error:  # no cage, nothing in it, or a driver that does not tell
            log.debug("the module of %s: %s", link, error.reason)
            return None
        try:
            return Memory(link, a0, read_page(family, link, A2))
        except (MechanismError, Missing) as error:
            log.debug("what the module of %s measures: %s", link, error.reason)
            return Memory(link, a0, b"")


def read_page(family: GenericNetlink, link: str, address: int) -> bytes:
    """The first half of a page. Raises as the driver refuses: EOPNOTSUPP where it cannot, EPERM, EIO …"""
    content = (
        attribute(HEADER, text(HEADER_NAME, link), nested=True)
        + number(OFFSET, 0)
        + number(LENGTH, PAGE)
        + b"".join(attribute(kind, bytes([value])) for kind, value in ((NUMBER, 0), (BANK, 0), (ADDRESS, address)))
    )
    for answer in family.ask(MODULE_EEPROM_GET, content, f"the module of {link}"):
        if DATA in answer.attributes:
            return answer.attributes[DATA][:PAGE]
    raise MechanismError(f"the kernel told nothing of the module of {link}")
