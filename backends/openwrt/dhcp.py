"""The LAN's services in UCI: /etc/config/dhcp, from which OpenWrt configures dnsmasq and odhcpd."""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Interface
from typing import Final

from backends.desired_state import NotOurs, Pointer, Record, Refused, Wanted
from backends.lan.advertising import check_advertised
from backends.lan.checks import options, pools4, statics
from backends.lan.records import (
    KINDS,
    Advertised,
    Advertising,
    Dhcp4,
    Dhcp6,
    DnsRelay,
    Forwarder,
    Forwarding4,
    Option4,
    Pool4,
    Pool6,
    Relay4,
    Static4,
)
from backends.openwrt import dhcp_hosts, dhcp_ipv6, dhcp_names, dhcp_pools, dhcp_relays
from backends.openwrt.configured import Read
from backends.openwrt.dhcp_sections import DHCP, DhcpSections
from backends.openwrt.differences import Difference
from backends.openwrt.interfaces import Interface, interfaces
from backends.openwrt.sections import Document, Told, fresh, write
from backends.uci import Edits, Value

NETWORK: Final = "network"
ON_LINKS: Final[tuple[type[Pool4] | type[Pool6] | type[Advertised] | type[Forwarding4], ...]] = (
    Pool4, Pool6, Advertised, Forwarding4,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ground:
    """What the machine says: ``row_of`` the row of a link, ``link_of`` the link of a row, ``may_change`` whether the
    link is given to the agent, ``present`` the links that netifd has made of its interfaces, by their names,
    ``address_of`` a link's own IPv4 address; ``links`` all of that, to compare.
    """

    row_of: Callable[[str], Pointer | None]
    link_of: Callable[[Pointer | None], str | None]
    may_change: Callable[[str], bool]
    present: Callable[[], Mapping[str, str]]
    address_of: Callable[[str], IPv4Interface | None]
    links: Callable[[], Hashable]


class DhcpMapping:
    """See backends.openwrt.configured.Mapping."""

    packages = (DHCP, NETWORK)
    kinds = KINDS

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def link_of(self, pointer: Pointer | None) -> str | None:
        """The link of a row."""
        return self._ground.link_of(pointer)

    def surroundings(self) -> Hashable:
        """The links, their rows and their addresses."""
        return tuple(sorted(self._ground.present().items())), self._ground.links()

    def read(self, read: Read) -> Wanted:
        """See Mapping."""
        here = self._sections(read)
        return Wanted(1, {
            Dhcp4: {"": Dhcp4(enable=dhcp_pools.is_on(here))},
            Pool4: dhcp_pools.pools(here),
            Static4: dhcp_hosts.hosts(here),
            Option4: dhcp_pools.options(here),
            Relay4: {"": Relay4(enable=dhcp_relays.is_on(here))},
            Forwarding4: dhcp_relays.relays(here),
            Dhcp6: {"": Dhcp6(enable=dhcp_ipv6.POOLS.is_on(here))},
            Pool6: dhcp_ipv6.pools6(here),
            Advertising: {"": Advertising(enable=dhcp_ipv6.ADVERTISED.is_on(here))},
            Advertised: dhcp_ipv6.advertised(here),
            DnsRelay: {"": DnsRelay(enable=dhcp_names.is_answering(here))},
            Forwarder: dhcp_names.forwarders(here),
        })  # fmt: skip

    def check(self, before: Wanted, after: Wanted) -> None:
        """See Mapping. A person's own configuration is not looked at: it is as it is."""
        changed = Difference.between(before, after)
        rows = {*changed.rows()}
        found: Iterable[Refused] = (*pools4(after), *options(after), *statics(after))
        for refused in found:
            if (refused.kind, refused.key) in rows:
                raise refused
        check_advertised(Wanted(1, {Advertised: changed.after.of(Advertised)}))
        for kind in ON_LINKS:
            for key, record in changed.after.of(kind).items():
                self._check_link(kind, key, record)

    def write(self, edits: Edits, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        here = self._sections(edits.read)
        orders = [_in_order(after, Pool4), _in_order(after, Forwarding4)]
        write(edits, DHCP, document(here, before), document(here, after), orders)

    def cuts(self, before: Wanted, after: Wanted) -> bool:  # noqa: ARG002 - nothing of it lies on the way to the ACS
        """Never."""
        return False

    def key_for(self, record: Record, taken: Collection[str]) -> str:
        """See Mapping; a name server that was added is told by its key from those that the system was told of."""
        begin = dhcp_names.OURS if isinstance(record, Forwarder) else ""
        return begin + fresh({key.removeprefix(begin) for key in taken})

    def _sections(self, read: Read) -> DhcpSections:
        ground = self._ground
        found = interfaces(read(NETWORK), ground.present())
        return DhcpSections(
            read(DHCP), {name: self._addressed(one) for name, one in found.items()}, ground.row_of, ground.link_of
        )

    def _addressed(self, interface: Interface) -> Interface:
        """With the address that its link has, where none is configured."""
        if interface.address is not None or not interface.link:
            return interface
        return replace(interface, address=self._ground.address_of(interface.link))

    def _check_link(self, kind: type[Record], key: str, record: Pool4 | Pool6 | Advertised | Forwarding4) -> None:
        link = self._ground.link_of(record.interface) if record.enable else None
        if link is not None and not self._ground.may_change(link):
            reason = f"{link} is not given to the agent: [network] manage, or cpe-agent setup --manage {link}"
            raise NotOurs(reason, kind, key, ("interface", "enable"))


def document(sections: DhcpSections, wanted: Wanted) -> Document:
    """Everything that the records say, by section. Refused."""
    told: dict[str, Told] = dict(dhcp_names.document(sections, wanted))
    for key in wanted.of(Pool4):
        told |= dhcp_pools.document(sections, wanted, key)
    for key, host in wanted.of(Static4).items():
        told |= dhcp_hosts.document(sections, key, host)
    for key in wanted.of(Forwarding4):
        told |= dhcp_relays.document(sections, wanted, key)
    for key in dict.fromkeys([*wanted.of(Pool6), *wanted.of(Advertised)]):
        told[key] = Told(DHCP, _shared(sections, wanted, key, told))
    return told


def _shared(sections: DhcpSections, wanted: Wanted, key: str, told: Document) -> dict[str, Value]:
    """One section serves an interface by DHCPv4, DHCPv6 and advertisements; which it does not, it says."""
    pool4 = told[key].options if key in told else {"dhcpv4": "disabled"}
    pool6 = dhcp_ipv6.values6(sections, wanted, key) if key in wanted.of(Pool6) else {}
    advertised = dhcp_ipv6.values_advertised(sections, wanted, key) if key in wanted.of(Advertised) else {}
    name = next((some["interface"] for some in (pool4, pool6, advertised) if some.get("interface")), "")
    return {**advertised, **pool6, **pool4, "interface": name}


def _in_order(wanted: Wanted, kind: type[Pool4] | type[Forwarding4]) -> list[str]:
    orders = {key: record.order for key, record in wanted.of(kind).items()}
    return sorted(orders, key=orders.__getitem__)
