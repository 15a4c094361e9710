"""Device.DHCPv6.Server.: whom the LAN gets IPv6 addresses and settings from; who has got one."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, IPv6Network
from typing import Any

from agent.model.object import Object, Parameter, Target
from backends.lan.clients import leases_by_pool6
from backends.lan.leases import Lease
from backends.lan.records import Dhcp6, Option6, Pool6
from backends.lan.service import WRITTEN_WITHIN
from backends.netlink import Netlink
from backends.tr181.lan_tables import CLIENT6, LanTable, LanTables, table_of, target_of_link
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.moments import end
from backends.tr181.presence import is_present
from backends.tr181.record_table import Keys

SUBNET_LENGTH = 64
DUID = 1


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who has leases of a pool. ``source`` is its link-local address, "" while nobody has heard of it."""

    pool: str
    duid: str
    source: str
    leases: tuple[Lease, ...]


def dhcpv6_server(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Server, its pools with options, and their clients."""
    lan, netlink = mechanisms.lan, mechanisms.netlink
    if lan is None:
        return []
    server, pools, options = table_of(lan, Dhcp6), table_of(lan, Pool6), table_of(lan, Option6)
    criteria = ("DUID", "VendorClassID", "UserClassID")
    return [
        server.declared(server.parameters("Enable")),
        pools.declared(
            [
                Parameter("Status", lambda row: _status(pools, netlink, row)),
                Parameter("IANAPrefixes", lambda row: list(_prefix_rows(pools, netlink, row))),
                *pools.parameters("Enable", "Order", "Interface", *criteria, *(f"{one}Exclude" for one in criteria)),
                *pools.parameters("IANAEnable", "IAPDEnable", "IAPDAddLength"),
            ],
            changed_by=("link", "address"),
        ),
        options.declared(options.parameters("Enable", "Tag", "Value")),
        *_Clients(lan, netlink).objects(),
    ]


def prefixes_on(netlink: Netlink, link: str | None) -> list[IPv6Network]:
    """The /64 prefixes of a link's global addresses."""
    found = (
        IPv6Network((one.address, one.prefix_length), strict=False)
        for one in netlink.addresses()
        if one.interface == link and one.family == 6 and one.prefix_length == SUBNET_LENGTH
    )
    return list(dict.fromkeys(one for one in found if not one.is_link_local))


def preferred_end(lease: Lease, is_whole: Callable[[float], bool]) -> datetime | None:
    """When a lease's address ceases to be preferred, None where that is not known.

    The lease file has the valid lifetime only. Both are a pool's whole lease time, unless the client asked for less;
    so of a lease that was given for the whole time it is known, of a shorter one or one given unseen it is not.
    """
    return end(lease.expires) if is_whole(lease.expires - lease.given) else None


def prefix_targets(lan: LanTables, netlink: Netlink, link: str | None) -> Iterator[Target]:
    """The rows of IP.Interface.{i}.IPv6Prefix. of these."""
    interface = target_of_link(lan, link)
    if interface is not None and link is not None:
        for prefix in prefixes_on(netlink, link):
            yield lan.links.prefix_row(interface.keys[-1], link, prefix)


def _status(pools: LanTable[Pool6], netlink: Netlink, row: Keys) -> str:
    """Error: all is told, but the server does not run, or has no /64 on the link to give addresses from."""
    pool = pools.record(row)
    if not pool.enable or not pools.service.wanted.get(Dhcp6).enable:
        return "Disabled"
    link = pools.link(row)
    if link is None or not any(one.interface == link and one.family == 6 for one in netlink.addresses()):
        return "Error_Misconfigured"
    has_prefix = bool(prefixes_on(netlink, link))
    return "Enabled" if has_prefix and pools.service.serves(6, link) else "Error"


def _prefix_rows(pools: LanTable[Pool6], netlink: Netlink, row: Keys) -> Iterator[Target]:
    if pools.record(row).iana_enable:
        yield from prefix_targets(pools.service, netlink, pools.link(row))


class _Clients:
    """The clients of the pools, from the server's lease file."""

    def __init__(self, lan: LanTables, netlink: Netlink) -> None:
        self._lan = lan
        self._netlink = netlink

    def objects(self) -> list[Object[Any]]:
        """Client, IPv6Address, IPv6Prefix (dnsmasq delegates none) and Option."""
        clients: list[Parameter[Client, Any]] = [
            Parameter("SourceAddress", lambda client: client.source or None),
            Parameter("Active", self.is_active),
        ]
        addresses: list[Parameter[tuple[Client, Lease], Any]] = [
            Parameter("IPAddress", lambda row: row[1].address),
            Parameter("PreferredLifetime", lambda row: self.preferred(row[1])),
            Parameter("ValidLifetime", lambda row: end(row[1].expires)),
        ]
        prefixes: list[Parameter[tuple[Client, Lease], Any]] = [
            Parameter("Prefix", lambda row: row[1].address),
            Parameter("PreferredLifetime", lambda row: self.preferred(row[1])),
            Parameter("ValidLifetime", lambda row: end(row[1].expires)),
        ]
        options: list[Parameter[Client, Any]] = [
            Parameter("Tag", lambda _: DUID),
            Parameter("Value", lambda client: bytes.fromhex(client.duid)),
        ]
        return [
            _table(CLIENT6, self.rows, lambda client: (client.pool, client.duid), clients, ("lease", "neighbour")),
            _table(
                f"{CLIENT6}IPv6Address.{{i}}.",
                lambda: [(client, lease) for client in self.rows() for lease in client.leases],
                lambda row: (row[0].pool, row[0].duid, row[1].address),
                addresses,
            ),
            _table(f"{CLIENT6}IPv6Prefix.{{i}}.", lambda: (), lambda row: (row[0].pool, row[0].duid, ""), prefixes),
            _table(
                f"{CLIENT6}Option.{{i}}.",
                lambda: [client for client in self.rows() if client.duid],
                lambda client: (client.pool, client.duid, str(DUID)),
                options,
            ),
        ]

    def rows(self) -> list[Client]:
        def prefixes_of(pool: Pool6) -> Sequence[IPv6Network]:
            return prefixes_on(self._netlink, self._lan.links.link_of(pool.interface))

        found = leases_by_pool6(self._lan.wanted, self._lan.leases.leases(), prefixes_of)
        return list(self._clients(found))

    def preferred(self, lease: Lease) -> datetime | None:
        """Not known either where the link's own address of the prefix is preferred for less: what dnsmasq gives of one
        that is deprecated is deprecated.
        """
        until = preferred_end(lease, self._lan.daemons.is_whole)
        left = lease.expires - time.time() - WRITTEN_WITHIN
        own = (one for one in self._netlink.addresses() if one.family == 6 and one.prefix_length == SUBNET_LENGTH)
        sooner = (one for one in own if one.preferred_lifetime is not None and one.preferred_lifetime < left)
        address = IPv6Address(lease.address)
        return None if any(address in IPv6Network((one.address, 64), strict=False) for one in sooner) else until

    def is_active(self, client: Client) -> bool:
        addresses = [lease.address for lease in client.leases]
        return is_present(self._netlink, client.leases[0].mac, [*addresses, client.source])

    def _clients(self, leases: Mapping[str, Iterable[Lease]]) -> Iterator[Client]:
        for pool, some in leases.items():
            by_client: dict[str, list[Lease]] = {}
            for lease in some:
                by_client.setdefault(lease.client, []).append(lease)
            for duid, found in by_client.items():
                yield Client(pool, duid, self._source(found), tuple(found))

    def _source(self, leases: Sequence[Lease]) -> str:
        """The link-local address of whoever has these addresses: both are neighbours with one MAC address."""
        addresses = {lease.address for lease in leases}
        neighbours = self._netlink.neighbours()
        macs = {one.mac for one in neighbours if one.address in addresses} | {lease.mac for lease in leases} - {""}
        local = (one.address for one in neighbours if one.mac in macs and ":" in one.address)
        return next((one for one in local if IPv6Address(one).is_link_local), "")


def _table(path: str, rows: Any, keys: Any, parameters: Any, changed_by: tuple[str, ...] = ("lease",)) -> Object[Any]:
    """Numbers are volatile: who comes and goes writes nothing to flash."""
    return Object(path=path, rows=rows, keys=keys, parameters=parameters, changed_by=changed_by, durable=False)
