"""The service stands on the links that were given to the agent and do not lead outside."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backends.desired_state import Pointer
from backends.firewall.leases import system_clock
from backends.firewall.records import FirewallSettings, InterfaceNat
from backends.netlink_types import Address
from backends.tr181.firewall_backend import FirewallTables, tables_over
from backends.tr181.lan import name_links
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.ways_out import ways_out
from tests.backends.lan_device import Gateway
from tests.fakes.netlink import FakeKernel, FakeNetlink
from tests.netlab.packet_filter import packet_filter


def test_names_are_served_on_managed_links_that_do_not_lead_outside() -> None:
    kernel = FakeKernel()
    addressed = ("wan", "wan1", "br0", "br1", "wan2")
    for name in (*addressed, "br2"):
        kernel.add_link(name, up=True)
    kernel.addresses = [Address(name, 4, f"192.0.2.{number}", 24) for number, name in enumerate(addressed)]
    served = name_links(FakeNetlink(kernel), lambda name: name != "br1", lambda name: name == "wan1", ("wan", "wan2"))
    assert list(served) == ["br0"]


def test_the_part_follows_what_it_stands_on(gateway: Gateway) -> None:
    assert gateway.part.follows >= {"link", "address", "route", "resolver", "dhcp", "ppp"}
    assert gateway.part.backend is gateway.tables
    assert gateway.part.watch is not None


@pytest.fixture
def with_ways_out(gateway: Gateway, tmp_path: Path) -> Iterator[tuple[Gateway, FirewallTables]]:
    """The gateway with wan1, that has an address and no more, and a packet filter."""
    gateway.close()
    gateway.namespace.ip("link add wan1 type veth peer name far")
    gateway.namespace.ip("addr add 100.64.0.9/24 dev wan1")
    for link in ("wan1", "far"):
        gateway.namespace.ip(f"link set {link} up")
    made = Gateway(gateway.namespace, tmp_path, manage=("br0", "wan1"))
    firewall = tables_over(made.mechanisms, packet_filter(made.namespace), system_clock("boot"))
    ways_out(replace(made.mechanisms, firewall=firewall))
    yield made, firewall
    made.close()


def names_are_served_on_wan1(gateway: Gateway) -> bool:
    served = gateway.namespace.run("ss", "-ltnH", "sport", "=", ":53")
    assert "192.0.2.1:53" in served
    return "100.64.0.9:53" in served


def test_a_link_with_nat_is_outside_for_names_too_whether_the_firewall_is_on_or_not(
    with_ways_out: tuple[Gateway, FirewallTables],
) -> None:
    gateway, firewall = with_ways_out
    gateway.set_row("Device.DNS.Relay.", Enable="1")
    assert names_are_served_on_wan1(gateway), "nothing says that strangers are there"
    firewall.begin()
    row = firewall.add(InterfaceNat(enable=True, interface=Pointer(IP_INTERFACE, ("wan1",))))
    firewall.put("", FirewallSettings(enable=False))
    firewall.prepare()
    firewall.commit()
    assert not names_are_served_on_wan1(gateway)
    firewall.begin()
    firewall.remove(InterfaceNat, row)
    firewall.commit()
    assert names_are_served_on_wan1(gateway)


def test_who_was_outside_is_told_no_names_when_the_route_goes(with_ways_out: tuple[Gateway, FirewallTables]) -> None:
    gateway, _ = with_ways_out
    gateway.namespace.ip("route add default via 100.64.0.1")
    gateway.netlink.forget()
    gateway.set_row("Device.DNS.Relay.", Enable="1")
    assert not names_are_served_on_wan1(gateway)
    gateway.namespace.ip("route del default")
    gateway.netlink.forget()
    gateway.tables.reapply()
    assert not names_are_served_on_wan1(gateway)


def test_a_home_is_served_again_when_no_route_leads_to_a_host_of_it(
    with_ways_out: tuple[Gateway, FirewallTables],
) -> None:
    gateway, _ = with_ways_out
    gateway.set_row("Device.DNS.Relay.", Enable="1")
    pool = {"MinAddress": "100.64.0.50", "MaxAddress": "100.64.0.99", "Interface": gateway.interface("wan1")}
    gateway.pool(**pool)
    gateway.namespace.ip("route add default via 100.64.0.66")
    gateway.netlink.forget()
    gateway.tables.reapply()
    assert gateway.mechanisms.network.outside() == {"wan1"}
    gateway.namespace.ip("route del default")
    gateway.netlink.forget()
    gateway.tables.reapply()
    assert names_are_served_on_wan1(gateway)
