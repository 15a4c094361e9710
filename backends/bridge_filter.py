"""Which frames a bridge admits by its ports: a packet filter table of its own, of the bridge's family.

Of the frames that come in by a port that has filters only those that match one of them are a bridge's. A port without
a filter is as it was.
"""

import itertools
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from backends.desired_state import NotOurs, Pointer, Record, Refused, Wanted
from backends.firewall.expressions import ACCEPT, DROP, Expression, comes_in_by, equal, header
from backends.nftables import TOUCHED, Chain, Hook, Rule, Table

log = logging.getLogger(__name__)

TABLE: Final = "cpe_agent_bridge"
FAMILY: Final = "bridge"
SMALLEST_TYPE, LARGEST_TYPE = 0x0600, 0xFFFF
"""Below are lengths (IEEE 802.3, 3.2.6)."""
OCTET: Final = r"[0-9a-fA-F]{1,2}"
ADDRESS: Final = rf"{OCTET}(?::{OCTET}){{5}}"
MAC_OR_MASKED: Final = re.compile(rf"({ADDRESS})(?:/({ADDRESS}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Record):
    """What is admitted by a port; a list that excludes lets all pass but what is in it."""

    enable: bool = False
    order: int = 0
    bridge: Pointer | None = None
    interface: Pointer | None = None
    vlanid_filter: int = 0
    ethertype_filter_list: tuple[int, ...] = ()
    ethertype_filter_exclude: bool = True
    source_mac_address_filter_list: tuple[str, ...] = ()
    source_mac_address_filter_exclude: bool = True
    dest_mac_address_filter_list: tuple[str, ...] = ()
    dest_mac_address_filter_exclude: bool = True


KINDS: Final = (Filter,)


class PacketFilter(Protocol):
    """The part of Nftables that is used here."""

    def bring_to(self, table: Table) -> bool:
        """Let the kernel have this table; whether anything was changed."""

    def has(self, table: Table) -> bool:
        """Whether the kernel has it as it was made."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What is asked of the network. ``member``: the link of a port's row, where it is a member of the bridge's link
    and the bridge looks at no VLANs; ``carriers``: the links on the way to the management server.
    """

    member: Callable[[Pointer, Pointer], str | None]
    may_change: Callable[[str], bool]
    carriers: Callable[[], set[str]]


class BridgeFilter:
    """See backends.desired_state.Service."""

    def __init__(self, packet_filter: PacketFilter, ground: Ground) -> None:
        self._packet_filter = packet_filter
        self._ground = ground
        self._made: Table | None = None

    def check(self, wanted: Wanted) -> None:
        """See Service."""
        for key, one in wanted.of(Filter).items():
            if one.vlanid_filter:
                raise Refused("only bridges without VLANs are filtered: the VLAN is 0", Filter, key, ("vlanid_filter",))
            if one.bridge and one.interface and one.bridge.keys[0] != one.interface.keys[0]:
                raise Refused("this is a port of another bridge", Filter, key, ("interface", "bridge"))
            if not all(SMALLEST_TYPE <= number <= LARGEST_TYPE for number in one.ethertype_filter_list):
                raise Refused("an Ethertype is 1536 to 65535", Filter, key, ("ethertype_filter_list",))
            for field in ("source_mac_address_filter_list", "dest_mac_address_filter_list"):
                if not all(map(MAC_OR_MASKED.fullmatch, getattr(one, field))):
                    raise Refused("a list of MAC addresses is needed, each with a mask or none", Filter, key, (field,))
            link = self.link(one)
            if one.enable and link is not None and not self._ground.may_change(link):
                raise NotOurs(f"{link} is not given to the agent ([network] manage)", Filter, key, ("interface",))

    def cuts(self, wanted: Wanted) -> bool:
        """Whether other frames than now are admitted where the management server is reached."""
        carriers = self._ground.carriers()
        ports = {link for link, _ in self._filters(wanted)} | self._filtered()
        return bool(ports & carriers) and self._table(wanted) != self._made

    def apply(self, wanted: Wanted) -> bool:
        """See Service."""
        table = self._table(wanted)
        if not table.chains and table == self._made:
            return False
        if self.is_touched():
            log.warning(TOUCHED, f"{FAMILY} {TABLE}")
        was_changed = self._packet_filter.bring_to(table)
        self._made = table
        return was_changed

    @property
    def has_table(self) -> bool:
        """Whether the kernel was given a table, and should have it."""
        return self._made is not None and bool(self._made.chains)

    def is_touched(self) -> bool:
        """Whether the table is not as it was made."""
        return self._made is not None and self.has_table and not self._packet_filter.has(self._made)

    def link(self, one: Filter) -> str | None:
        """The port at which a filter stands; None while there is no such member of the bridge."""
        return self._ground.member(one.interface, one.bridge) if one.interface and one.bridge else None

    def _filters(self, wanted: Wanted) -> list[tuple[str, Filter]]:
        enabled = sorted((one for one in wanted.of(Filter).values() if one.enable), key=lambda one: one.order)
        found = [(link, one) for one in enabled if (link := self.link(one))]
        return [(link, one) for link, one in found if self._ground.may_change(link)]

    def _filtered(self) -> set[str]:
        rules = [rule for chain in self._made.chains for rule in chain.rules] if self._made else []
        return {rule.about.split()[1] for rule in rules}

    def _table(self, wanted: Wanted) -> Table:
        filters = self._filters(wanted)
        rules = [
            Rule(f"admit {link} {one.order}", [comes_in_by((link,)), *criteria, ACCEPT])
            for link, one in filters
            for criteria in alternatives(one)
        ]
        rules += [
            Rule(f"others {link}", [comes_in_by((link,)), DROP]) for link in dict.fromkeys(one for one, _ in filters)
        ]
        return Table(TABLE, [Chain("admitted", rules, Hook("filter", "prerouting", 0))] if rules else (), FAMILY)


def alternatives(one: Filter) -> Iterator[list[Expression]]:
    """The criteria of each rule that a filter becomes; none where nothing can match it."""
    types = [equal(header("ether", "type"), sorted(set(one.ethertype_filter_list)), one.ethertype_filter_exclude)]
    parts = (
        _either(types if one.ethertype_filter_list else [], one.ethertype_filter_exclude),
        _hardware("saddr", one.source_mac_address_filter_list, one.source_mac_address_filter_exclude),
        _hardware("daddr", one.dest_mac_address_filter_list, one.dest_mac_address_filter_exclude),
    )
    for each in itertools.product(*parts):
        yield list(itertools.chain(*each))


def _hardware(field: str, listed: Sequence[str], exclude: bool) -> list[list[Expression]]:
    return _either([_address(field, text, exclude) for text in dict.fromkeys(listed)], exclude)


def _either(matches: list[Expression], exclude: bool) -> list[list[Expression]]:
    """None of them, all in one rule; or one of them, in a rule each."""
    return [matches] if exclude else [[one] for one in matches]


def _address(field: str, text: str, exclude: bool) -> Expression:
    told = MAC_OR_MASKED.fullmatch(text)
    address, mask = told.groups() if told else (text, None)
    octets = bytes(int(octet, 16) for octet in address.split(":"))
    if mask is None:
        return equal(header("ether", field), octets.hex(":"), exclude)
    bits = bytes(int(octet, 16) for octet in mask.split(":"))
    masked = bytes(one & other for one, other in zip(octets, bits, strict=True))
    return equal({"&": [header("ether", field), bits.hex(":")]}, masked.hex(":"), exclude)
