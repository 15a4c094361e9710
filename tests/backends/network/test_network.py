"""The network as a backend: what is set reaches the kernel, and what is taken back leaves it as it was."""

from typing import Any

import pytest

from agent.model.errors import Denied, Refusals
from agent.model.object import RowsRefused
from backends.errors import MechanismError, Missing
from backends.netlink import Route, RouteTo
from backends.network.network import Network, Unmade
from backends.network.plan import Change
from backends.network.records import EthernetLink, IpAddress, IpRoute, Port
from backends.network.rows import Row, ethernet_links, ports
from tests.backends.conftest import Bench, by_our_own_hand
from tests.backends.device import NetworkDevice
from tests.fakes.documents import Documents

PORTS = "Device.Ethernet.Interface."
IP = "Device.IP.Interface."
ROUTES = "Device.Routing.Router.1.IPv4Forwarding."


def add_address(device: NetworkDevice, address: str, mask: str = "255.255.255.0", name: str = "eth1") -> str:
    table = device.find(IP, Name=name) + "IPv4Address."
    return device.add(table, IPAddress=address, SubnetMask=mask, Enable="true")


def port(network: Network, name: str) -> Row[Port]:
    return next(row for row in ports(network.topology) if row.key == name)


def link(network: Network, name: str) -> Row[EthernetLink]:
    return next(row for row in ethernet_links(network.topology) if row.key == name)


def test_an_address_is_added_changed_disabled_and_deleted(bench: Bench) -> None:
    device = bench.device()
    row = add_address(device, "203.0.113.5")
    assert bench.addresses("eth1") == {"203.0.113.5/24"}
    device.set({f"{row}IPAddress": "203.0.113.9", f"{row}SubnetMask": "255.255.255.128"})
    assert bench.addresses("eth1") == {"203.0.113.9/25"}
    assert device.get(f"{row}Status") == "Enabled"
    device.set({f"{row}Enable": "false"})
    assert bench.addresses("eth1") == set()
    assert device.get(f"{row}Status") == "Disabled"
    assert device.get(f"{row}IPAddress") == "203.0.113.9"
    device.set({f"{row}Enable": "1"})
    device.delete(row)
    assert bench.addresses("eth1") == set()


def test_an_address_of_the_machines_own_keeps_its_number_when_it_is_changed(bench: Bench) -> None:
    device = bench.device()
    row = device.find(device.find(IP, Name="eth0") + "IPv4Address.", IPAddress="192.0.2.1")
    device.set({f"{row}IPAddress": "192.0.2.77"})
    assert bench.addresses("eth0") == {"192.0.2.77/24", "2001:db8::1/64"}
    assert device.get(f"{row}IPAddress") == "192.0.2.77"


def test_routes_that_the_kernel_drops_with_an_address_come_back_where_they_can(bench: Bench) -> None:
    device = bench.device()
    before = bench.routes()
    row = device.find(device.find(IP, Name="eth0") + "IPv4Address.", IPAddress="192.0.2.1")
    device.set({f"{row}IPAddress": "192.0.2.77"})
    assert bench.routes() == before


@by_our_own_hand
def test_a_link_taken_down_and_up_again_has_its_routes_and_ipv6_addresses(bench: Bench) -> None:
    device = bench.device()
    before, told = bench.state(), bench.as_ip_tells()
    row = device.find(PORTS, Name="eth0")
    device.set({f"{row}Enable": "false"})
    assert device.get(f"{row}Status") == "Down"
    assert bench.addresses("eth0") == {"192.0.2.1/24"}
    assert bench.routes() == set()
    device.set({f"{row}Enable": "true"})
    assert device.get(f"{row}Status") == "Up"
    assert bench.state() == before
    assert bench.as_ip_tells() == told


@by_our_own_hand
def test_a_link_taken_down_before_a_restart_still_gets_its_routes_back_after_it(bench: Bench) -> None:
    before = bench.state()
    store = Documents()
    device = bench.device(store=store)
    row = device.find(PORTS, Name="eth0")
    device.set({f"{row}Enable": "false"})
    device = bench.device(store=store)
    device.set({f"{row}Enable": "true"})
    assert bench.state() == before


@by_our_own_hand
def test_what_somebody_elses_tool_made_comes_back_as_it_was(bench: Bench) -> None:
    bench.netlink.add_address("eth1", "203.0.113.7", 24, prefix_route=False, scope="link")
    route = Route(4, "203.0.113.0/24", None, "eth1", 100, protocol="kernel", scope="link", source="203.0.113.7")
    bench.netlink.add_route(route)
    device = bench.device()
    before = bench.state()
    row = device.find(PORTS, Name="eth1")
    device.set({f"{row}Enable": "0"})
    device.set({f"{row}Enable": "1"})
    assert bench.state() == before
    device.delete(device.find(IP, Name="eth1"))
    assert "203.0.113.7/24" not in {ident[2] for ident in bench.state() if ident[0] == "address"}
    device.model.forget_everything()
    assert bench.state() == before


@by_our_own_hand
def test_after_another_boot_the_machines_own_start_has_the_word(bench: Bench) -> None:
    store = Documents()
    device = bench.device(store=store)
    device.set({device.find(PORTS, Name="eth0") + "Enable": "0"})
    document = store.read("model")
    assert document["backends"]["network"]["lost"]
    document["backends"]["network"]["boot"] = "an earlier one"
    store.write("model", document)
    device = bench.device(store=store)
    device.set({device.find(PORTS, Name="eth0") + "Enable": "1"})
    assert bench.routes() == set()


@by_our_own_hand
def test_a_commit_that_fails_in_the_middle_is_undone_and_names_the_edit(bench: Bench) -> None:
    device = bench.device()
    before, told = bench.state(), bench.as_ip_tells()
    network = device.network
    network.begin()
    network.edit(port(network, "eth0"), enable=False)
    network.edit(link(network, "eth1"), mtu=1300, mac="02:00:00:00:00:99")
    network.add(IpAddress(ip="eth1", enable=True, address="203.0.113.5", prefix_length=24))
    network.add(IpAddress(family=6, ip="eth1", enable=True, address="2001:db8:5::7", prefix_length=64))
    network.add(IpRoute(family=6, destination="2001:db8:9::", prefix_length=48, gateway="2001:db8:5::7", enable=True))
    network.prepare()
    with pytest.raises(RowsRefused, match=r"add route 6 2001:db8:9::/48 2001:db8:5::7 eth1"):
        network.commit()
    network.rollback()
    assert bench.state() == before
    assert bench.as_ip_tells() == told


def test_a_change_is_taken_back_though_somebody_has_the_kernel_s_lock_for_a_while(memory: Bench) -> None:
    network = memory.device().network
    before = memory.state()
    network.begin()
    network.add(IpAddress(ip="eth1", enable=True, address="203.0.113.5", prefix_length=24))
    network.prepare()
    network.commit()
    assert memory.state() != before
    memory.netlink.kernel.is_slow = True  # another backend of the same transaction failed, and stops a radio
    network.rollback()
    memory.netlink.kernel.is_slow = False
    assert memory.state() == before


def test_a_removal_that_the_kernel_does_not_make_is_an_error(memory: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_found(_: Route) -> None:
        raise Missing("No such process", "ESRCH")

    monkeypatch.setattr(memory.netlink, "delete_route", not_found)
    device = memory.device()
    row = device.find(ROUTES, DestIPAddress="198.51.100.0")
    assert device.refused({f"{row}Enable": "0"}) == {f"{row}Enable": "Unavailable"}
    assert device.get(f"{row}Enable") == "true"
    with pytest.raises(Refusals):
        device.delete(row)
    assert device.get(f"{row}Status") == "Enabled"


@by_our_own_hand
def test_what_the_kernel_refuses_is_told_of_the_parameters_that_asked_for_it(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    device = bench.device()
    before = bench.state()
    address = device.add(device.find(IP, Name="eth1") + "IPv6Address.")
    route = device.add("Device.Routing.Router.1.IPv6Forwarding.")
    values = {
        f"{address}IPAddress": "2001:db8:5::7", f"{address}Enable": "1", f"{route}DestIPPrefix": "2001:db8:9::/48",
        f"{route}NextHop": "2001:db8:5::7", f"{route}Enable": "1", f"{route}ForwardingMetric": "7",
    }  # fmt: skip
    refused = {f"{route}DestIPPrefix": "InvalidValue", f"{route}NextHop": "InvalidValue"}
    assert device.refused(values) == refused
    assert bench.state() == before
    device.set({path: text for path, text in values.items() if path != f"{route}Enable"})
    assert device.refused({f"{route}Enable": "1", f"{address}Enable": "1"}) == {f"{route}Enable": "InvalidValue"}
    assert not any(record.exc_info for record in caplog.records)


def test_what_the_kernel_cannot_do_is_told_of_the_row_that_asked_for_it(
    memory: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = memory.device()
    link = device.find("Device.Ethernet.Link.", Name="eth1")
    interface = device.find(IP, Name="eth0")
    change = memory.netlink.set_link

    def busy(name: str, **values: Any) -> None:
        if name == "eth1":
            raise MechanismError("set eth1: Device or resource busy", "EBUSY")
        change(name, **values)

    monkeypatch.setattr(memory.netlink, "set_link", busy)
    values = {f"{interface}MaxMTUSize": "1400", f"{link}MTU": "1300", f"{link}Enable": "1"}
    assert device.refused(values) == {f"{link}MTU": "Unavailable"}


def test_a_contradiction_is_told_of_the_rows_that_are_in_it(memory: Bench) -> None:
    device = memory.device()
    table = device.find(IP, Name="eth0") + "IPv4Address."
    row, other = device.add(table), device.add(table)
    values = {
        f"{row}IPAddress": "192.0.2.1", f"{row}SubnetMask": "255.255.255.0", f"{row}Enable": "1",
        f"{other}IPAddress": "192.0.2.2", f"{other}SubnetMask": "255.255.255.0", f"{other}Enable": "1",
    }  # fmt: skip
    assert set(device.refused(values)) == {path for path in values if path.startswith(row)}


def test_a_route_through_the_machines_own_address_comes_back_with_its_link(bench: Bench) -> None:
    device = bench.device()
    device.add(
        "Device.Routing.Router.1.IPv6Forwarding.", DestIPPrefix="2001:db8:9::/48", NextHop="2001:db8::9",
        Interface=device.find(IP, Name="eth0"), Enable="1",
    )  # fmt: skip
    before = bench.state()
    row = device.find(PORTS, Name="eth0")
    device.set({f"{row}Enable": "false"})
    device.set({f"{row}Enable": "true"})
    assert bench.state() == before


@by_our_own_hand
def test_rollback_after_a_whole_commit_leaves_the_kernel_as_it_was(bench: Bench) -> None:
    device = bench.device()
    before, told = bench.state(), bench.as_ip_tells()
    network = device.network
    network.begin()
    network.edit(port(network, "eth0"), enable=False)
    network.edit(next(row for row in network.routes(4) if " 198.51.100.0/24 " in row.key), deleted=True)
    network.add(IpAddress(ip="eth1", enable=True, address="203.0.113.5", prefix_length=24))
    network.edit(link(network, "eth1"), mtu=1200)
    assert network.prepare() is False
    network.commit()
    assert bench.state() != before
    network.rollback()
    network.rollback()
    assert bench.state() == before
    assert bench.as_ip_tells() == told


@by_our_own_hand
def test_recovery_by_the_record_undoes_whatever_part_was_made(bench: Bench) -> None:
    device = bench.device()
    before = bench.state()
    network = device.network
    network.begin()
    network.edit(port(network, "eth0"), enable=False)
    network.edit(link(network, "eth1"), mtu=1200)
    network.prepare()
    record = network.undo_record()
    bench.netlink.set_link("eth0", up=False)  # half made, and then the power went
    again = bench.device().network
    again.recover(record, same_boot=True)
    again.recover(record, same_boot=True)
    assert bench.state() == before
    bench.netlink.set_link("eth0", up=False)
    down = bench.state()
    again.recover(record, same_boot=False)
    assert bench.state() == down


@by_our_own_hand
def test_what_is_not_confirmed_is_taken_back_whole_also_where_the_address_before_was_set(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """The record brings the kernel back, then the records: the address that it brought back is nobody else's."""
    reached_by: list[RouteTo] = []
    device = bench.device(management_path=lambda: reached_by[0] if reached_by else None)
    own = bench.state()
    row = device.find(device.find(IP, Name="eth0") + "IPv4Address.", IPAddress="192.0.2.1")
    device.set({f"{row}IPAddress": "192.0.2.77"})
    add_address(device, "203.0.113.5")
    made = bench.state()
    reached_by.append(RouteTo("eth0", "192.0.2.77", "192.0.2.254"))
    assert device.set({f"{row}IPAddress": "198.51.100.77"}) == 1
    assert device.model.apply_deferred()
    assert "198.51.100.77/24" in bench.addresses("eth0")
    bench.netlink.delete_address("eth1", "203.0.113.5", 24)  # what went meanwhile comes back as well
    bench.netlink.forget()
    device.model.revert()
    bench.netlink.forget()
    assert bench.state() == made
    assert "brought back" not in caplog.text
    reached_by.clear()
    device.model.forget_everything()
    bench.netlink.forget()
    assert bench.state() == own


@by_our_own_hand
def test_factory_reset_leaves_the_kernel_as_before_the_agent_configured_it(bench: Bench) -> None:
    device = bench.device()
    before, told = bench.state(), bench.as_ip_tells()
    add_address(device, "203.0.113.5")
    device.delete(device.find(ROUTES, DestIPAddress="198.51.100.0"))
    device.set({device.find(PORTS, Name="eth0") + "Enable": "false"})
    link = device.find("Device.Ethernet.Link.", Name="eth1")
    device.set({f"{link}MTU": "1300", f"{link}MACAddress": "02:aa:bb:cc:dd:ee"})
    device.model.forget_everything()
    assert bench.state() == before
    assert bench.as_ip_tells() == told
    assert device.network.state() == {}


@by_our_own_hand
def test_what_was_configured_is_applied_again_at_boot(bench: Bench) -> None:
    store = Documents()
    device = bench.device(store=store)
    add_address(device, "203.0.113.5")
    link = device.find("Device.Ethernet.Link.", Name="eth1")
    device.set({f"{link}MTU": "1300"})
    wanted = bench.state()
    bench.netlink.delete_address("eth1", "203.0.113.5", 24)
    bench.netlink.set_link("eth1", mtu=1500)
    bench.device(store=store)
    assert bench.state() == wanted


@by_our_own_hand
def test_a_link_that_comes_up_later_gets_what_is_configured_for_it(bench: Bench) -> None:
    store = Documents()
    device = bench.device(store=store)
    row = add_address(device, "203.0.113.5")
    device.add(ROUTES, DestIPAddress="198.18.0.0", GatewayIPAddress="203.0.113.9", Enable="1")
    bench.netlink.delete_link("eth1")
    device = bench.device(store=store)
    device.network.kernel_changed()
    assert device.get(f"{row}Status") == "Error"
    assert device.get(device.find(IP, Name="eth1") + "Status") == "NotPresent"
    bench.netlink.add_veth("eth1", "far1")
    bench.netlink.forget()
    device.network.kernel_changed()
    assert bench.addresses("eth1") == set()
    bench.netlink.set_link("eth1", up=True)
    assert device.network.kernel_changed() is True
    assert bench.addresses("eth1") == {"203.0.113.5/24"}
    assert ("198.18.0.0/32", "203.0.113.9", "eth1", 0) in bench.routes()
    assert device.network.kernel_changed() is False


@by_our_own_hand
def test_a_link_that_comes_to_be_is_brought_up_where_that_is_configured(bench: Bench) -> None:
    device = bench.device()
    row, port = add_address(device, "203.0.113.5"), device.find("Device.Ethernet.Interface.", Name="eth1")
    device.set({f"{port}Enable": "1"})
    device.add(ROUTES, DestIPAddress="198.18.0.0", GatewayIPAddress="203.0.113.9", Enable="1")
    device.network.kernel_changed()
    bench.netlink.delete_link("eth1")
    bench.netlink.forget()
    device.network.kernel_changed()
    bench.netlink.add_veth("eth1", "far1")
    bench.netlink.set_link("far1", up=True)
    bench.netlink.forget()
    assert device.network.kernel_changed() is True
    assert next(link.up for link in bench.netlink.links() if link.name == "eth1")
    assert device.get(f"{row}IPAddress") == "203.0.113.5"
    assert bench.addresses("eth1") == {"203.0.113.5/24"}
    assert ("198.18.0.0/32", "203.0.113.9", "eth1", 0) in bench.routes()


def test_a_link_that_somebody_takes_down_is_left_down(bench: Bench) -> None:
    device = bench.device()
    device.set({device.find("Device.Ethernet.Interface.", Name="eth1") + "Enable": "1"})
    device.network.kernel_changed()
    bench.netlink.set_link("eth1", up=False)
    bench.netlink.forget()
    assert device.network.kernel_changed() is False
    assert not next(link.up for link in bench.netlink.links() if link.name == "eth1")


@by_our_own_hand
def test_an_address_that_somebody_takes_away_stays_away_though_nobody_looked_since_we_raised_its_link(
    bench: Bench,
) -> None:
    device = bench.device()
    bench.netlink.set_link("eth1", up=False)
    bench.netlink.forget()
    device.network.kernel_changed()
    row, port = add_address(device, "203.0.113.5"), device.find(PORTS, Name="eth1")
    device.set({f"{port}Enable": "1"})
    assert bench.addresses("eth1") == {"203.0.113.5/24"}
    bench.netlink.delete_address("eth1", "203.0.113.5", 24)
    bench.netlink.forget()
    assert device.network.kernel_changed() is False
    assert bench.addresses("eth1") == set()
    assert device.get(f"{row}Status") == "Error"


@by_our_own_hand
def test_a_link_that_was_away_while_nothing_could_be_made_gets_what_is_configured_for_it(bench: Bench) -> None:
    reached_by: list[RouteTo] = []
    device = bench.device(management_path=lambda: reached_by[0] if reached_by else None)
    bench.netlink.add_address("eth1", "203.0.113.2", 24)
    bench.netlink.forget()
    table = device.find(IP, Name="eth1") + "IPv4Address."
    row, path = device.find(table, IPAddress="203.0.113.2"), device.find(IP, Name="eth0")
    device.network.kernel_changed()
    reached_by.append(RouteTo("eth0", "192.0.2.1", "192.0.2.254"))
    management = device.find(path + "IPv4Address.", IPAddress="192.0.2.1")
    assert device.set({f"{management}IPAddress": "192.0.2.3", f"{row}IPAddress": "203.0.113.44"}) == 1
    bench.netlink.delete_link("eth1")
    bench.netlink.forget()
    device.network.kernel_seen()
    assert device.model.apply_deferred()
    device.model.confirm()

    bench.netlink.add_veth("eth1", "far1")
    bench.netlink.set_link("eth1", up=True)
    bench.netlink.forget()
    assert device.network.kernel_changed() is True
    assert bench.addresses("eth1") == {"203.0.113.44/24"}
    assert device.network.kernel_changed() is False


@by_our_own_hand
def test_a_link_that_comes_anew_while_a_change_waits_to_be_confirmed_passes_packets_on(bench: Bench) -> None:
    reached_by: list[RouteTo] = []
    device = bench.device(management_path=lambda: reached_by[0] if reached_by else None)
    forwarding = "net/ipv4/conf/eth1/forwarding"
    device.set({"Device.Routing.Router.1.Enable": "1"})
    device.network.kernel_changed()
    reached_by.append(RouteTo("eth0", "192.0.2.1", "192.0.2.254"))
    management = device.find(device.find(IP, Name="eth0") + "IPv4Address.", IPAddress="192.0.2.1")
    assert device.set({f"{management}IPAddress": "192.0.2.3"}) == 1
    assert device.model.apply_deferred()
    bench.netlink.delete_link("eth1")
    bench.netlink.forget()
    assert device.network.settings_given() is False
    bench.netlink.add_veth("eth1", "far1")
    bench.netlink.set_link("eth1", up=True)
    bench.netlink.forget()
    bench.procfs.change_setting(forwarding, "0")
    device.network.settings_given()
    assert bench.procfs.setting(forwarding) == "1"
    device.model.confirm()
    assert device.network.kernel_changed() is False, "nothing of it is left to do"


@by_our_own_hand
def test_a_link_that_comes_up_while_a_change_waits_is_not_forgotten(bench: Bench) -> None:
    reached_by: list[RouteTo] = []
    device = bench.device(management_path=lambda: reached_by[0] if reached_by else None)
    add_address(device, "203.0.113.5")
    device.network.kernel_changed()
    reached_by.append(RouteTo("eth0", "192.0.2.1", "192.0.2.254"))
    management = device.find(device.find(IP, Name="eth0") + "IPv4Address.", IPAddress="192.0.2.1")
    assert device.set({f"{management}IPAddress": "192.0.2.3"}) == 1
    bench.netlink.delete_link("eth1")
    bench.netlink.forget()
    assert device.network.kernel_changed() is False
    assert device.model.apply_deferred()
    bench.netlink.add_veth("eth1", "far1")
    bench.netlink.set_link("eth1", up=True)
    bench.netlink.forget()
    device.network.kernel_seen()
    device.model.confirm()
    assert device.network.kernel_changed() is True
    assert bench.addresses("eth1") == {"203.0.113.5/24"}


def test_a_link_made_anew_between_two_looks_gets_what_is_configured_for_it(linux: Bench) -> None:
    device = linux.device()
    add_address(device, "203.0.113.5")
    device.network.kernel_changed()
    linux.netlink.delete_link("eth1")
    linux.netlink.add_veth("eth1", "far1")
    linux.netlink.set_link("eth1", up=True)
    linux.netlink.forget()
    assert device.network.kernel_changed() is True
    assert linux.addresses("eth1") == {"203.0.113.5/24"}


def test_a_link_that_stays_up_is_left_to_whoever_changes_it(bench: Bench) -> None:
    device = bench.device()
    add_address(device, "203.0.113.5")
    device.network.kernel_changed()
    bench.netlink.delete_address("eth1", "203.0.113.5", 24)
    assert device.network.kernel_changed() is False
    assert bench.addresses("eth1") == set()


def test_applying_at_start_touches_nothing_that_holds(memory: Bench) -> None:
    store = Documents()
    add_address(memory.device(store=store), "203.0.113.5")
    memory.netlink.add_address = None  # type: ignore[method-assign, assignment]
    memory.device(store=store)
    assert memory.addresses("eth1") == {"203.0.113.5/24"}


@by_our_own_hand
def test_what_cannot_be_applied_at_start_does_not_hold_up_the_rest(bench: Bench) -> None:
    store = Documents()
    device = bench.device(store=store)
    add_address(device, "192.0.2.200", name="eth0")
    device.add(
        ROUTES, DestIPAddress="198.18.0.0", DestSubnetMask="255.255.0.0", GatewayIPAddress="192.0.2.9", Enable="1"
    )
    row = add_address(device, "203.0.113.5")
    bench.netlink.delete_link("eth0")
    bench.netlink.delete_address("eth1", "203.0.113.5", 24)
    device = bench.device(store=store)
    assert device.get(f"{row}Status") == "Enabled"


def test_an_interface_that_is_not_managed_is_readable_and_refuses_writes(
    memory: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    device = memory.device(manage=("eth1",))
    row = device.find(PORTS, Name="eth0")
    assert device.get(f"{row}Enable") == "true"
    assert device.refused({f"{row}Enable": "false"}) == {f"{row}Enable": "Denied"}
    assert "eth0 is not in [network] manage" in caplog.text
    with pytest.raises(Denied):
        device.add(device.find(IP, Name="eth0") + "IPv4Address.")


def test_nothing_is_managed_by_default(memory: Bench) -> None:
    device = memory.device(manage=())
    row = device.find(PORTS, Name="eth1")
    assert device.refused({f"{row}Enable": "false"}) == {f"{row}Enable": "Denied"}


def test_an_interface_that_is_no_longer_managed_is_left_as_it_is(memory: Bench) -> None:
    device = memory.device()
    add_address(device, "203.0.113.5")
    device.network.manage_only(["eth0"])
    device.model.forget_everything()
    assert memory.addresses("eth1") == {"203.0.113.5/24"}


def test_an_address_that_is_there_twice_is_refused(memory: Bench) -> None:
    device = memory.device()
    table = device.find(IP, Name="eth0") + "IPv4Address."
    row = device.add(table)
    values = {f"{row}IPAddress": "192.0.2.1", f"{row}SubnetMask": "255.255.255.0", f"{row}Enable": "true"}
    assert set(device.refused(values).values()) == {"Denied"}
    assert device.get(f"{row}IPAddress") == ""


def test_two_rows_may_exchange_their_addresses_in_one_request(bench: Bench) -> None:
    device = bench.device()
    one, other = add_address(device, "203.0.113.5"), add_address(device, "203.0.113.6", name="eth0")
    device.set({f"{one}IPAddress": "203.0.113.6", f"{other}IPAddress": "203.0.113.5"})
    assert bench.addresses("eth1") == {"203.0.113.6/24"}
    assert "203.0.113.5/24" in bench.addresses("eth0")


def test_a_change_that_cuts_the_way_to_the_management_server_waits(memory: Bench) -> None:
    device = memory.device(management_path=lambda: RouteTo("eth0", "192.0.2.1", "192.0.2.254"))
    row = device.find(PORTS, Name="eth0")
    assert device.set({f"{row}Enable": "false"}) == 1
    assert device.get(f"{row}Enable") == "false"
    assert memory.netlink.link("eth0").up
    device.model.apply_deferred()
    memory.netlink.forget()
    assert not memory.netlink.link("eth0").up
    before = memory.routes()
    device.model.revert()
    memory.netlink.forget()
    assert memory.netlink.link("eth0").up
    assert memory.routes() > before
    assert device.get(f"{row}Enable") == "true"


def test_a_refused_request_changes_nothing(bench: Bench) -> None:
    device = bench.device()
    before = bench.state()
    row = device.find(IP, Name="eth1")
    with pytest.raises(Refusals):
        device.set({f"{row}MaxMTUSize": "1400", f"{row}Status": "Down"})
    assert bench.state() == before


def test_the_state_of_a_new_device_is_empty(memory: Bench) -> None:
    network = Network(memory.netlink, memory.procfs)
    assert network.state() == {}
    network.restore(None)
    assert network.state() == {}


def test_what_a_waiting_change_takes_the_place_of_is_no_row_of_its_own(memory: Bench) -> None:
    reached_by: list[RouteTo] = []
    device = memory.device(management_path=lambda: reached_by[0] if reached_by else None)
    address = add_address(device, "192.0.2.77", name="eth0")
    ethernet = device.find("Device.Ethernet.Link.", Name="eth0")
    vlan = device.add("Device.Ethernet.VLANTermination.", LowerLayers=ethernet, VLANID="42", Enable="1")
    device.add(IP, LowerLayers=vlan, Enable="1")
    forwarding = "Device.Routing.Router.1.IPv4Forwarding."
    told = {"DestIPAddress": "198.18.0.0", "DestSubnetMask": "255.254.0.0", "GatewayIPAddress": "192.0.2.9"}
    route = device.add(forwarding, **told, Enable="1")
    tables = ("Device.Routing.Router.1.", IP, "Device.Ethernet.VLANTermination.", "Device.Bridging.")
    before = [set(device.tree(table)) for table in tables]

    reached_by.append(RouteTo("eth0", "192.0.2.77", "192.0.2.9"))
    assert device.set({f"{route}GatewayIPAddress": "192.0.2.10"}) == 1
    assert device.set({f"{address}IPAddress": "192.0.2.78"}) == 1
    assert device.set({f"{vlan}VLANID": "43"}) == 1

    assert [set(device.tree(table)) for table in tables] == before
    device.model.apply_deferred()
    assert ("198.18.0.0/15", "192.0.2.10", "eth0", 0) in memory.routes()
    assert "192.0.2.78/24" in memory.addresses("eth0")
    assert [set(device.tree(table)) for table in tables] == before


def test_what_a_waiting_removal_takes_away_is_no_row_any_more(memory: Bench) -> None:
    reached_by: list[RouteTo] = []
    device = memory.device(management_path=lambda: reached_by[0] if reached_by else None)
    before = set(device.tree("Device.Bridging.")) | set(device.tree(IP))
    bridge = device.add("Device.Bridging.Bridge.", Enable="1")
    member = device.add(f"{bridge}Port.", LowerLayers=device.find(PORTS, Name="eth1"), Enable="1")
    name = device.get(f"{bridge}Name")

    reached_by.append(RouteTo(name, "192.0.2.77", None))
    device.delete(member)
    assert member not in {path[: len(member)] for path in (f"{bridge}{rest}" for rest in device.tree(bridge))}
    device.delete(bridge)

    assert device.get("Device.Bridging.BridgeNumberOfEntries") == "0"
    device.model.apply_deferred()
    assert set(device.tree("Device.Bridging.")) | set(device.tree(IP)) == before


def test_what_failed_is_named_once() -> None:
    change = Change(("vlan", "ve1.42"), None, {})
    assert str(Unmade(change, "add vlan ve1.42: Device or resource busy")) == "add vlan ve1.42: Device or resource busy"
    assert str(Unmade(change, "the kernel keeps it")) == "add vlan ve1.42: the kernel keeps it"
