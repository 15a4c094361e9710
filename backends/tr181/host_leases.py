"""What leases say of the hosts on the LAN: their names and addresses, and the rows of the server's clients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from typing import Any, Final

from agent.model.object import Target
from backends.lan.clients import leases_by_pool4, leases_by_pool6
from backends.lan.leases import Lease
from backends.lan.records import Pool6
from backends.netlink import Netlink
from backends.tr181.dhcpv6_server import prefixes_on
from backends.tr181.lan_tables import CLIENT4, CLIENT6, LanTables


@dataclass(frozen=True, slots=True)
class Leased:
    """The leases of one MAC address. ``interface``: the link whose subnet they are of."""

    name: str = ""
    addresses: tuple[str, ...] = ()
    clients: tuple[Target, ...] = ()
    interface: str = ""


NOTHING_LEASED: Final = Leased()
NOBODY: Final[Mapping[str, Leased]] = {}


class Leases:
    """The leases by MAC address; found once for each reading of what they are found by."""

    def __init__(self, lan: LanTables | None, netlink: Netlink) -> None:
        self._lan = lan
        self._netlink = netlink
        self._known: tuple[tuple[Any, ...], Mapping[str, Leased]] = ((), NOBODY)

    def by_mac(self) -> Mapping[str, Leased]:
        """The same object as long as nothing changed."""
        if self._lan is None:
            return NOBODY
        evidence = (self._lan.wanted, self._lan.leases.leases(), self._netlink.neighbours(), self._netlink.addresses())
        if len(self._known[0]) != len(evidence) or any(
            one is not other for one, other in zip(evidence, self._known[0], strict=True)
        ):
            self._known = (evidence, self._found(self._lan, evidence[1]))
        return self._known[1]

    def _found(self, lan: LanTables, leases: Sequence[Lease]) -> Mapping[str, Leased]:
        def prefixes_of(pool: Pool6) -> Sequence[Any]:
            return prefixes_on(self._netlink, lan.links.link_of(pool.interface))

        rows4 = leases_by_pool4(lan.wanted, leases)
        rows6 = leases_by_pool6(lan.wanted, leases, prefixes_of)
        clients = {one: Target(CLIENT4, (pool, one.mac)) for pool, some in rows4.items() for one in some}
        clients |= {one: Target(CLIENT6, (pool, one.client)) for pool, some in rows6.items() for one in some}
        macs = {one.address: one.mac for one in self._netlink.neighbours() if one.mac}
        found: dict[str, Leased] = {}
        for lease in leases:
            mac = lease.mac if lease.family == 4 else macs.get(lease.address, lease.mac)
            if mac:
                row = (clients[lease],) if lease in clients else ()
                found[mac] = _with(found.get(mac, NOTHING_LEASED), lease, row, self._link_of(lease))
        return found

    def _link_of(self, lease: Lease) -> str:
        """The link of ours that has an address in the subnet of the lease's."""
        for one in self._netlink.addresses():
            if one.family == lease.family and _is_in(lease, one.address, one.prefix_length):
                return one.interface
        return ""


def _with(known: Leased, lease: Lease, clients: tuple[Target, ...], link: str) -> Leased:
    return replace(
        known,
        name=known.name or lease.host_name,
        addresses=(*known.addresses, lease.address),
        clients=tuple(dict.fromkeys([*known.clients, *clients])),
        interface=known.interface or link,
    )


def _is_in(lease: Lease, address: str, length: int) -> bool:
    if lease.family == 4:
        return IPv4Address(lease.address) in IPv4Network((address, length), strict=False)
    own, theirs = int(IPv6Address(address)), int(IPv6Address(lease.address))
    return own >> (128 - length) == theirs >> (128 - length)
