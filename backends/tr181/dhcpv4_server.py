"""Device.DHCPv4.Server.: who gets which address on the LAN, and what else they are told; who has got one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any, Final

from agent.model.object import Object, Parameter
from backends.lan.clients import leases_by_pool4
from backends.lan.leases import Lease
from backends.lan.records import Dhcp4, Option4, Pool4, Static4
from backends.lan.rendering import is_complete
from backends.netlink import Netlink
from backends.tr181.lan_tables import CLIENT4, LanTable, LanTables, table_of
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.moments import end
from backends.tr181.presence import is_present
from backends.tr181.record_table import Keys

HOST_NAME, CLIENT_ID = 12, 61
CRITERIA: Final = (
    "VendorClassID",
    "VendorClassIDExclude",
    "VendorClassIDMode",
    "ClientID",
    "ClientIDExclude",
    "UserClassID",
    "UserClassIDExclude",
    "Chaddr",
    "ChaddrMask",
    "ChaddrExclude",
)


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who has leases of a pool."""

    pool: str
    mac: str
    leases: tuple[Lease, ...]


def dhcpv4_server(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Server, its pools with static addresses and options, and their clients."""
    lan = mechanisms.lan
    if lan is None:
        return []
    server, pools = table_of(lan, Dhcp4), table_of(lan, Pool4)
    statics, options = table_of(lan, Static4), table_of(lan, Option4)
    return [
        server.declared(server.parameters("Enable")),
        pools.declared(
            [
                Parameter("Status", lambda row: pool_status(pools, mechanisms.netlink, row)),
                *pools.parameters("Enable", "Order", "Interface", *CRITERIA, "MinAddress", "MaxAddress"),
                *pools.parameters("ReservedAddresses", "SubnetMask", "DNSServers", "DomainName", "IPRouters"),
                *pools.parameters("WINSServers", "LeaseTime"),
            ],
            changed_by=("link", "address"),
        ),
        statics.declared(statics.parameters("Enable", "Chaddr", "Yiaddr")),
        options.declared(options.parameters("Enable", "Tag", "Value")),
        *_Clients(lan, mechanisms.netlink).objects(),
    ]


def pool_status(pools: LanTable[Pool4], netlink: Netlink, row: Keys) -> str:
    """Error: all is told, but the server does not run, or the link has no address in the pool's subnet."""
    pool = pools.record(row)
    if not pool.enable or not pools.service.wanted.get(Dhcp4).enable:
        return "Disabled"
    link = pools.link(row)
    if link is None or not is_complete(pool):
        return "Error_Misconfigured"
    subnet = IPv4Network((pool.min_address, pool.subnet_mask), strict=False)
    is_there = any(
        one.interface == link and one.family == 4 and IPv4Address(one.address) in subnet for one in netlink.addresses()
    )
    return "Enabled" if is_there and pools.service.serves(4, link) else "Error"


class _Clients:
    """The clients of the pools, from the server's lease file."""

    def __init__(self, lan: LanTables, netlink: Netlink) -> None:
        self._lan = lan
        self._netlink = netlink
        self._known: tuple[Any, Any, list[Client]] = (None, None, [])

    def objects(self) -> list[Object[Any]]:
        """Client, IPv4Address and Option. Their numbers are volatile: who comes and goes writes nothing to flash."""
        addresses: list[Parameter[tuple[Client, Lease], Any]] = [
            Parameter("IPAddress", lambda row: row[1].address),
            Parameter("LeaseTimeRemaining", lambda row: end(row[1].expires)),
        ]
        options: list[Parameter[tuple[Client, int, bytes], Any]] = [
            Parameter("Tag", lambda row: row[1]),
            Parameter("Value", lambda row: row[2]),
        ]
        return [
            Object(
                path=CLIENT4,
                rows=self.rows,
                keys=lambda client: (client.pool, client.mac),
                parameters=[Parameter("Chaddr", lambda client: client.mac), Parameter("Active", self.is_active)],
                changed_by=("lease", "neighbour"),
                durable=False,
                source=lambda _: str(self._lan.leases.path),
            ),
            Object(
                path=f"{CLIENT4}IPv4Address.{{i}}.",
                rows=lambda: ((client, lease) for client in self.rows() for lease in client.leases),
                keys=lambda row: (row[0].pool, row[0].mac, row[1].address),
                parameters=addresses,
                changed_by=("lease",),
                durable=False,
            ),
            Object(
                path=f"{CLIENT4}Option.{{i}}.",
                rows=lambda: ((client, *one) for client in self.rows() for one in options_of(client)),
                keys=lambda row: (row[0].pool, row[0].mac, str(row[1])),
                parameters=options,
                changed_by=("lease",),
                durable=False,
            ),
        ]

    def rows(self) -> list[Client]:
        wanted, leases = self._lan.wanted, self._lan.leases.leases()
        if self._known[0] is not wanted or self._known[1] is not leases:
            self._known = (wanted, leases, list(_clients(leases_by_pool4(wanted, leases))))
        return self._known[2]

    def is_active(self, client: Client) -> bool:
        return is_present(self._netlink, client.mac, [lease.address for lease in client.leases])


def options_of(client: Client) -> Iterator[tuple[int, bytes]]:
    """What the client said of itself, as far as the server kept it: its identifier and its name."""
    lease = client.leases[0]
    if lease.host_name:
        yield HOST_NAME, lease.host_name.encode()
    if lease.client:
        yield CLIENT_ID, bytes.fromhex(lease.client)


def _clients(leases: Mapping[str, Iterable[Lease]]) -> Iterator[Client]:
    for pool, some in leases.items():
        by_mac: dict[str, list[Lease]] = {}
        for lease in some:
            if lease.mac:
                by_mac.setdefault(lease.mac, []).append(lease)
        for mac, found in by_mac.items():
            yield Client(pool, mac, tuple(found))
