"""Which kernel settings the records ask for."""

from backends.netlink_types import Link
from backends.network.records import IpAddress, IpStack, NeighborSetting, Records, Reference
from backends.network.sysctls import (
    ACCEPT_RA,
    DAD_TRANSMITS,
    FORWARDING,
    RETRANS,
    ROUTE_INFORMATION,
    SOLICITATIONS,
    solicitations,
    sysctls,
)
from backends.network.topology import Topology

LINKS = [Link(2, "eth0"), Link(3, "eth1")]


def test_what_is_told_is_asked_of_the_link() -> None:
    records = Records().with_record("eth0", NeighborSetting(retrans=500, dad_transmits=0))
    records, _ = records.added(NeighborSetting(enable=True, lower=Reference("ip", "eth1"), solicits=False))
    assert dict(sysctls(Topology(records, LINKS))) == {
        ("sysctl", "eth0", RETRANS): "500",
        ("sysctl", "eth0", DAD_TRANSMITS): "0",
        ("sysctl", "eth1", SOLICITATIONS): "0",
    }


def test_a_row_that_is_off_asks_for_nothing() -> None:
    records = Records().with_record("eth0", NeighborSetting(enable=False, retrans=500))
    records, _ = records.added(NeighborSetting(enable=False, lower=Reference("ip", "eth1"), retrans=500))
    assert dict(sysctls(Topology(records, LINKS))) == {}


def test_route_information_concerns_the_links_that_are_managed() -> None:
    records = Records().with_record("", IpStack(route_information=True))
    assert dict(sysctls(Topology(records, LINKS, manage=["eth1"]))) == {("sysctl", "eth1", ROUTE_INFORMATION): "128"}


def test_forwarding_concerns_the_links_that_are_managed_and_ipv6_all_of_them() -> None:
    records = Records().with_record("", IpStack(forwarding=True))
    eth1 = {("sysctl", "eth1", FORWARDING[4]): "1"}
    assert dict(sysctls(Topology(records, LINKS, manage=["eth1"]))) == eth1
    everything = {("sysctl", "eth1", ACCEPT_RA): "2", ("sysctl", "all", FORWARDING[6]): "1"}
    assert dict(sysctls(Topology(records, LINKS, manage=["eth1", "all"]), {"eth1"})) == {**eth1, **everything}


def test_a_router_heeds_other_routers_on_its_ways_out_where_its_own_ipv6_is_not_configured() -> None:
    records = Records().with_record("", IpStack(forwarding=True))
    records, _ = records.added(IpAddress(ip="eth1", family=6, address="2001:db8::1", enable=True))
    topology = Topology(records, LINKS, manage=["eth0", "eth1", "all"])
    told = dict(sysctls(topology, {"eth0", "eth1"}))
    assert ("sysctl", "eth1", ACCEPT_RA) not in told
    assert told["sysctl", "eth0", ACCEPT_RA] == "2"
    assert ("sysctl", "eth0", ACCEPT_RA) not in dict(sysctls(topology, {"eth1"}))


def test_solicitations_come_back_when_they_are_switched_on() -> None:
    assert solicitations(NeighborSetting(solicits=False, solicitations=7)) == 0
    assert solicitations(NeighborSetting(solicits=True)) == 3
    assert solicitations(NeighborSetting(solicits=True, solicitations=7)) == 7
    assert solicitations(NeighborSetting()) is None
