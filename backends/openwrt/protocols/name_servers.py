"""Name servers in UCI: ``dns`` of the interfaces of /etc/config/network, and whether what they learn is heeded."""

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from backends.desired_state import NotOurs, Pointer, Record, Refused, Wanted
from backends.files import read_text
from backends.lan.resolver import NameServer
from backends.name_servers import StaticServer
from backends.openwrt.configured import Configured, Read
from backends.openwrt.differences import Difference
from backends.openwrt.kept_rows import KeptRows
from backends.openwrt.netifd import NetifdState
from backends.openwrt.protocols.sections import (
    INTERFACE,
    NETWORK,
    Ground,
    NetworkSections,
    standing,
)
from backends.openwrt.sections import Document, Told, fresh, truth, write
from backends.uci import Edits, Section, Uci

IP_INTERFACE: Final = "Device.IP.Interface.{i}."
LOOPBACK: Final = "lo"
"""The link that is always up: what is asked over whichever link leads there is said of its interface."""
ROWS: Final = "cpe_dns"
"""An option of ours: the rows that were added, of which some are switched off."""
TOLD: Final = "tmp/resolv.conf.d/resolv.conf.auto"
CONFIGURED: Final = ("", "static", "none")
ORIGINS: Final = {"dhcp": "DHCPv4", "dhcpv6": "DHCPv6", "pppoe": "IPCP", "pppoa": "IPCP", "ppp": "IPCP", "3g": "IPCP"}
OF_FAMILY: Final = {4: "DHCPv4", 6: "DHCPv6"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heeded(Record):
    """Of an interface that learns name servers, whether they are asked."""

    enable: bool = True


KINDS: Final = (StaticServer, Heeded)


class NameServerMapping:
    """See backends.openwrt.configured.Mapping."""

    packages = (NETWORK,)
    kinds = KINDS

    def __init__(self, ground: Ground, may_change_system: bool) -> None:
        self._ground, self._may_change_system = ground, may_change_system

    def surroundings(self) -> Hashable:
        """See Mapping."""
        return self._ground.surroundings()

    def read(self, read: Read) -> Wanted:
        """See Mapping."""
        here = NetworkSections.of_package(read, self._ground)
        there = interfaces(here)
        servers = {
            key: StaticServer(enable=is_listed, dns_server=address, interface=_pointer(here, name))
            for name, one in there.items()
            for key, (address, is_listed) in _rows(one, name).items()
        }
        heeded = {name: Heeded(enable=truth(one, "peerdns", True)) for name, one in there.items() if _learns(one)}
        return Wanted(1, {StaticServer: servers, Heeded: heeded})

    def check(self, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        for key, record in Difference.between(before, after).after.of(StaticServer).items():
            if record.interface is None and not self._may_change_system:
                reason = "the system's settings are not given to the agent: [system] manage"
                raise NotOurs(reason, StaticServer, key, ("enable", "interface"))
            link = self._ground.link_of(record.interface) if record.enable else None
            self._ground.check(link, StaticServer, key, ("enable", "interface"))

        for name in Difference.between(before, after).after.of(Heeded):
            self._ground.check(self._ground.present().get(name), Heeded, name, ())

    def write(self, edits: Edits, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        here = NetworkSections.of_package(edits.read, self._ground)
        write(edits, NETWORK, document(here, before), document(here, after))

    def cuts(self, before: Wanted, after: Wanted) -> bool:  # noqa: ARG002 - netifd keeps the interface up
        """Never."""
        return False

    def key_for(self, record: Record, taken: Collection[str]) -> str:  # noqa: ARG002 - rows of one kind are added
        """See Mapping."""
        return fresh(taken)


def interfaces(here: NetworkSections) -> dict[str, Section]:
    """Those that may have name servers, by name."""
    return {key: one for key, one in here.of(INTERFACE).items() if one.name}


def _learns(section: Section) -> bool:
    return section.text("proto") not in CONFIGURED


def _pointer(here: NetworkSections, name: str) -> Pointer | None:
    link = here.link(name)
    return None if link == LOOPBACK else here.row(link, IP_INTERFACE)


def _address(item: str) -> str | None:
    try:
        return item if ip_address(item) else None
    except ValueError:
        return None


def _kept(text: str) -> str | None:
    return text if not text else _address(text)


KEPT: Final = KeptRows[str](str, _kept, _address)


def _rows(section: Section, name: str) -> dict[str, tuple[str, bool]]:
    return KEPT.rows(name, section.items("dns"), section.items(ROWS))


def document(here: NetworkSections, wanted: Wanted) -> Document:
    """Everything that the records say, by section. Refused."""
    there = interfaces(here)
    places = {key: name for name, one in there.items() for key in _rows(one, name)}
    lists: dict[str, dict[str, tuple[str, bool]]] = {name: {} for name in there}
    come: dict[str, StaticServer] = {}
    for key, record in wanted.of(StaticServer).items():
        name = places.get(key, "")
        if name and _pointer(here, name) == record.interface:
            lists[name][key] = _said(record)
        else:
            come[key] = record
    for key, record in come.items():  # behind those that are there already
        lists[_place(here, there, key, record)][key] = _said(record)
    told = {}
    for name, rows in lists.items():
        items = tuple(address for address, is_listed in rows.values() if is_listed)
        section, heeded = there[name], wanted.of(Heeded).get(name, Heeded())
        is_same = truth(section, "peerdns", True) == heeded.enable
        told[name] = Told(INTERFACE, {
            "dns": items,
            ROWS: KEPT.entries(rows, name, items),
            "peerdns": standing(section, "peerdns", is_same, "" if heeded.enable else "0"),
        })  # fmt: skip
    return told


def _said(record: StaticServer) -> tuple[str, bool]:
    return record.dns_server, record.enable and bool(record.dns_server)


def _place(here: NetworkSections, there: Collection[str], key: str, record: StaticServer) -> str:
    """The interface that a server is said of: of those on the row's link the first."""
    if record.interface is not None:
        found = here.named(record.interface)
    else:
        found = next((name for name in there if here.link(name) == LOOPBACK), "")
    if found not in there:
        raise Refused("no interface of /etc/config/network has this link", StaticServer, key, ("interface",))
    return found


class NameServersOfNetifd(Configured):
    """See backends.tr181.dns_client.Asking, with what netifd has learnt; the resolver's file where it is silent."""

    def __init__(
        self,
        uci: Uci,
        mapping: NameServerMapping,
        committed: Callable[[Collection[str]], None],
        netifd: NetifdState,
        root: Path,
    ) -> None:
        super().__init__(uci, mapping, committed)
        self._netifd, self._root = netifd, root

    @property
    def answers(self) -> bool:
        """Whether netifd tells anything."""
        return self._netifd.answers

    def is_asked(self, address: str) -> bool:
        """Whether the resolver was told of it."""
        if self._netifd.answers:
            return any(address in one.active.dns_servers for one in self._netifd.interfaces().values() if one.up)
        return address in (read_text(self._root / TOLD) or "").split()

    def learnt(self, configured: Callable[[str], Collection[str]]) -> Iterable[tuple[str, NameServer, bool]]:
        """The interface that learnt it, each server, and whether it is asked; without those ``configured`` for the
        interface.
        """
        for name, one in self._netifd.interfaces().items():
            for learnt, is_asked in ((one.active, True), (one.inactive, False)):
                for address in learnt.dns_servers if one.up else ():
                    if address not in configured(name):
                        origin = ORIGINS.get(one.proto, OF_FAMILY[ip_address(address).version])
                        yield name, NameServer(address, origin, one.link, f"netifd, interface {name}"), is_asked

    def said_of(self, interface: str) -> Collection[str]:
        """The servers that an interface's configuration names."""
        sections = self._uci.read(NETWORK).of_type(INTERFACE)
        return next((one.items("dns") for one in sections if one.name == interface), ())
