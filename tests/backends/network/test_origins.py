"""From something in the kernel back to the rows that ask for it."""

import pytest

from backends.netlink import Link
from backends.network.origins import rows_behind
from backends.network.plan import Ident
from backends.network.records import EthernetLink, IpAddress, IpInterface, IpRoute, Records, Reference, Vlan
from backends.network.topology import Topology

RECORDS = (
    Records()
    .with_record("eth0", EthernetLink(mtu=1400))
    .with_record("eth0", IpInterface(mtu=1300))
    .with_record("eth1", EthernetLink(mtu=1400))
    .with_record("+1", Vlan(enable=True, lower=Reference("ethernet_link", "eth0"), vlan_id=7))
    .with_record("+2", IpAddress(enable=True, ip="eth0", address="192.0.2.1", prefix_length=24))
    .with_record("eth0 192.0.2.9/24", IpAddress(ip="eth0", address="192.0.2.8"))
    .with_record("+3", IpRoute(enable=True, destination="198.18.0.0", prefix_length=15, gateway="192.0.2.254"))
)


@pytest.mark.parametrize(
    ("ident", "rows"),
    [
        (("link", "eth0"), ["ethernet_link eth0", "ip eth0"]),
        (("ipv6", "eth0"), ["ip eth0"]),
        (("vlan", "eth0.7"), ["vlan +1"]),
        (("bridge", "br0"), []),
        (("address", "eth0", "192.0.2.1/24"), ["address +2"]),
        (("address", "eth0", "192.0.2.8/24"), ["address eth0 192.0.2.9/24"]),
        (("address", "eth0", "192.0.2.9/24"), ["address eth0 192.0.2.9/24"]),
        (("route", "4", "198.18.0.0/15", "192.0.2.254", "eth0", "0", "unicast"), ["route +3"]),
        (("route", "4", "198.18.0.0/15", "192.0.2.254", "eth1", "0", "unicast"), []),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else "",
)
def test_what_is_in_the_kernel_has_the_rows_behind_it(ident: Ident, rows: list[str]) -> None:
    topology = Topology(RECORDS, [Link(2, "eth0"), Link(3, "eth1")])
    near: list[Ident] = [("address", "eth0", "192.0.2.1/24")]
    assert [f"{row.kind} {row.key}" for row in rows_behind(ident, topology, near)] == rows
