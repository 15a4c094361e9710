"""Tunnels brought to what is wanted, on a kernel that has VXLAN."""

from dataclasses import replace

import pytest

from backends.desired_state import NotOurs, Wanted
from backends.errors import MechanismError
from backends.generic_netlink import GenericNetlink
from backends.netlink_types import RouteTo
from backends.tunnels.links import TunnelLinks
from backends.tunnels.names import ResolvedNames
from backends.tunnels.records import VxlanInterface, VxlanTunnel
from backends.tunnels.service import Tunnels
from backends.tunnels.wishes import Place
from backends.wireguard import WireGuard
from tests.backends.tunnels.bench import ISP, Bench

TUNNEL = VxlanTunnel(enable=True, remote_endpoints=(ISP,))
INTERFACE = VxlanInterface(parent="+1", enable=True, vni=7)


def wanted(*interfaces: VxlanInterface) -> Wanted:
    made = Wanted().with_record("+1", TUNNEL)
    for key, interface in enumerate(interfaces, start=2):
        made = made.with_record(f"+{key}", interface)
    return made


def tunnels(bench: Bench, manage: str = "w0", by: str = "") -> Tunnels:
    path = RouteTo(by, ISP) if by else None
    place = Place(lambda _: None, lambda link: link == manage, lambda: path)
    return Tunnels(
        TunnelLinks(bench.home.open_socket),
        WireGuard(GenericNetlink("wireguard", bench.home.path)),
        bench.home.netlink(),
        place,
        ResolvedNames(),
    )


def test_links_come_and_go_by_difference(bench: Bench) -> None:
    service = tunnels(bench)
    service.check(wanted(INTERFACE))
    assert service.apply(wanted(INTERFACE))
    assert not service.apply(wanted(INTERFACE))
    first = bench.told("vxlan-2")["ifindex"]
    assert service.apply(wanted(INTERFACE, replace(INTERFACE, vni=8)))
    assert bench.told("vxlan-2")["ifindex"] == first
    assert service.carriers(wanted(INTERFACE), "vxlan-2") == {"w0"}
    bench.home.ip("link set vxlan-3 down")
    assert service.apply(wanted(INTERFACE, replace(INTERFACE, vni=8)))
    assert "UP" in bench.told("vxlan-3")["flags"]
    assert service.apply(Wanted())
    assert (bench.told("vxlan-2"), bench.told("vxlan-3")) == ({}, {})
    assert not service.apply(Wanted())


def test_what_was_not_given_to_the_agent_is_neither_checked_in_nor_made(bench: Bench) -> None:
    service = tunnels(bench, manage="lan0")
    with pytest.raises(NotOurs, match="w0 is not given to the agent") as refused:
        service.check(wanted(INTERFACE))
    assert (refused.value.kind, refused.value.key) == (VxlanInterface, "+2")
    assert not service.apply(wanted(INTERFACE))
    tunnels(bench, manage="vxlan-2").check(wanted(INTERFACE))


def test_the_link_of_somebody_else_is_left_alone(bench: Bench) -> None:
    bench.home.ip("link add vxlan-2 type veth")
    service = tunnels(bench)
    with pytest.raises(NotOurs, match="not the agent's"):
        service.check(wanted(INTERFACE))
    with pytest.raises(MechanismError):
        service.apply(wanted(INTERFACE))
    service.apply(wanted(replace(INTERFACE, enable=False)))
    assert bench.told("vxlan-2")["linkinfo"]["info_kind"] == "veth"


def test_the_tunnel_to_the_management_server_is_not_cut_unseen(bench: Bench) -> None:
    service = tunnels(bench, by="vxlan-2")
    service.apply(wanted(INTERFACE))
    assert not service.cuts(wanted(INTERFACE, replace(INTERFACE, vni=8)))
    assert service.cuts(wanted(replace(INTERFACE, vni=8)))
    assert service.cuts(Wanted())


def test_one_tunnel_that_cannot_be_keeps_none_of_the_others_away(bench: Bench) -> None:
    bench.home.ip("link add vxlan-2 type veth")
    service = tunnels(bench)
    with pytest.raises(MechanismError):
        service.apply(wanted(INTERFACE, replace(INTERFACE, vni=8)))
    assert bench.told("vxlan-3") != {}
