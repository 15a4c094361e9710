"""The physical side of Ethernet ports through ethtool's netlink family: link modes, energy saving, frames by kind."""

import logging
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from backends.errors import MechanismError, Missing
from backends.generic_netlink import Answer, GenericNetlink, attribute, attributes, each, number, text, unsigned

log = logging.getLogger(__name__)

LINKMODES_GET, LINKMODES_SET, EEE_GET, EEE_SET, STATS_GET = 4, 5, 23, 24, 32
HEADER, HEADER_NAME, HEADER_FLAGS, COMPACT_BITSETS = 1, 2, 3, 1
AUTONEG, OURS, PEER, SPEED, DUPLEX = 2, 3, 4, 5, 6
EEE_OURS, EEE_ACTIVE, EEE_ENABLED = 2, 4, 5
STATS_HEADER, STATS_GROUPS, STATS_GROUP, GROUP_ID, GROUP_STAT = 2, 3, 4, 2, 4
BITSET_NOMASK, BITSET_SIZE, BITSET_VALUE, BITSET_MASK = 1, 2, 4, 5
ETH_MAC: Final = 1
MAC_STATISTICS: Final = {16: "tx_multicast", 17: "tx_broadcast", 19: "rx_multicast", 20: "rx_broadcast"}
"""Of enum ethtool's eth-mac group (IEEE 802.3 30.3.1.1), what tells kinds of frames apart."""
UNKNOWN_SPEED: Final = 0xFFFFFFFF
DUPLEX_WORDS: Final = {0: "half", 1: "full"}
NOT_THERE: Final = ("EOPNOTSUPP", "ENOENT", "ENODEV", "EPERM")


@dataclass(frozen=True, slots=True)
class Phy:
    """A port's link modes as bits (see ``link_modes``), and what it came to."""

    autoneg: bool = False
    supported: frozenset[int] = frozenset()
    advertised: frozenset[int] = frozenset()
    partner: frozenset[int] = frozenset()
    speed: int | None = None  # Mbit/s; None while down or not told
    duplex: str = ""  # half full ""
    eee: bool | None = None  # energy efficient Ethernet: whether it is asked for; None: the port has none
    eee_active: bool = False


@dataclass(frozen=True, slots=True)
class MacCounters:
    """Frames by kind, from drivers that count them; None where not."""

    tx_multicast: int | None = None
    tx_broadcast: int | None = None
    rx_multicast: int | None = None
    rx_broadcast: int | None = None


class Ports(Protocol):
    """What is asked of a machine's Ethernet ports; ``Ethtool`` is one, a test's another."""

    def phys(self) -> Mapping[str, Phy]:
        """Every port that has link modes, by name."""

    def mac_counters(self) -> Mapping[str, MacCounters]:
        """Frames by kind, of the ports whose drivers tell."""

    def set_modes(self, name: str, *, advertised: Iterable[int], supported: Iterable[int]) -> None:
        """Negotiate these modes and no others. Raises MechanismError as the driver refuses."""

    def set_eee(self, name: str, enabled: bool) -> None:
        """Ask for energy efficient Ethernet, or no longer. Raises MechanismError as the driver refuses."""


class Ethtool:
    """One namespace's ports. Every read is one dump; kernels before 5.6 have no such family, and no ports here."""

    def __init__(self, open_family: Callable[[], GenericNetlink] = lambda: GenericNetlink("ethtool")) -> None:
        self._family = open_family()

    def close(self) -> None:
        """Give the socket back."""
        self._family.close()

    def phys(self) -> Mapping[str, Phy]:
        """See Ports."""
        found = {name: _phy(told) for name, told in self._all(LINKMODES_GET, _header(HEADER), HEADER)}
        for name, told in self._all(EEE_GET, _header(HEADER), HEADER):
            if name in found:
                is_asked, is_active = unsigned(told.get(EEE_ENABLED)), unsigned(told.get(EEE_ACTIVE))
                modes, able = _bitset(told.get(EEE_OURS, b""))
                found[name] = replace(
                    found[name], eee=bool(is_asked) if able or modes else None, eee_active=bool(is_active)
                )
        return found

    def mac_counters(self) -> Mapping[str, MacCounters]:
        """See Ports."""
        groups = attribute(STATS_GROUPS, _bitset_of({ETH_MAC}, {ETH_MAC}), nested=True)
        answers = self._all(STATS_GET, _header(STATS_HEADER) + groups, STATS_HEADER)
        counters = {name: _mac_counters(told) for name, told in answers}
        return {name: found for name, found in counters.items() if found != MacCounters()}

    def set_modes(self, name: str, *, advertised: Iterable[int], supported: Iterable[int]) -> None:
        """See Ports."""
        modes = attribute(OURS, _bitset_of(set(advertised), set(supported)), nested=True)
        autoneg = attribute(AUTONEG, b"\1")
        self._family.ask(LINKMODES_SET, _header(HEADER, name) + autoneg + modes, f"link modes of {name}")

    def set_eee(self, name: str, enabled: bool) -> None:
        """See Ports."""
        asked = attribute(EEE_ENABLED, bytes([enabled]))
        self._family.ask(EEE_SET, _header(HEADER, name) + asked, f"energy efficient Ethernet of {name}")

    def _all(self, command: int, content: bytes, header: int) -> list[tuple[str, Mapping[int, bytes]]]:
        try:
            answers = self._family.dump(command, content)
        except (MechanismError, Missing) as error:
            if error.code not in NOT_THERE:
                raise
            log.debug("ethtool: %s", error.reason)
            return []
        return [(name, answer.attributes) for answer in answers if (name := _name(answer, header))]


def _header(kind: int, name: str = "") -> bytes:
    return attribute(
        kind, (text(HEADER_NAME, name) if name else b"") + number(HEADER_FLAGS, COMPACT_BITSETS), nested=True
    )


def _name(answer: Answer, header: int) -> str:
    return attributes(answer.attributes.get(header, b"")).get(HEADER_NAME, b"").rstrip(b"\0").decode("utf-8", "replace")


def _phy(told: Mapping[int, bytes]) -> Phy:
    advertised, supported = _bitset(told.get(OURS, b""))
    partner, _ = _bitset(told.get(PEER, b""))
    speed, duplex = unsigned(told.get(SPEED)), unsigned(told.get(DUPLEX))
    return Phy(
        autoneg=bool(unsigned(told.get(AUTONEG))),
        supported=supported,
        advertised=advertised,
        partner=partner,
        speed=speed if speed and speed != UNKNOWN_SPEED else None,
        duplex=DUPLEX_WORDS.get(duplex, "") if duplex is not None else "",
    )


def _mac_counters(told: Mapping[int, bytes]) -> MacCounters:
    group = attributes(told.get(STATS_GROUP, b""))
    if unsigned(group.get(GROUP_ID)) != ETH_MAC:
        return MacCounters()
    found = {}
    for kind, content in each(told.get(STATS_GROUP, b"")):
        if kind == GROUP_STAT:
            for statistic, value in each(content):
                if statistic in MAC_STATISTICS:
                    found[MAC_STATISTICS[statistic]] = unsigned(value)
    return MacCounters(**found)


def _bitset(content: bytes) -> tuple[frozenset[int], frozenset[int]]:
    """A compact bitset's value and mask, as bits."""
    told = attributes(content)
    return _bits(told.get(BITSET_VALUE, b"")), _bits(told.get(BITSET_MASK, b""))


def _bits(content: bytes) -> frozenset[int]:
    words = struct.unpack(f"={len(content) // 4}I", content[: len(content) // 4 * 4])
    return frozenset(32 * at + bit for at, word in enumerate(words) for bit in range(32) if word >> bit & 1)


def _bitset_of(value: set[int], mask: set[int]) -> bytes:
    """A compact bitset that says of every bit of the mask whether it is set."""
    words = max(value | mask, default=0) // 32 + 1

    def packed(bits: set[int]) -> bytes:
        return b"".join(struct.pack("=I", sum(1 << bit % 32 for bit in bits if bit // 32 == at)) for at in range(words))

    return (
        number(BITSET_SIZE, max(value | mask, default=0) + 1)
        + attribute(BITSET_VALUE, packed(value & mask))
        + attribute(BITSET_MASK, packed(mask))
    )
