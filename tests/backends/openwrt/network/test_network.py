"""The network over /etc/config/network: what a request makes of it, and what a person does there is the truth."""

import logging
from pathlib import Path

import pytest

from agent.model.data_model import Caller
from agent.model.errors import Refusals
from backends.netlink_types import RouteTo
from backends.openwrt.network.network import UciNetwork
from backends.openwrt.network.saying import UciRecords
from tests.backends.conftest import UCI_OF_BENCH, OpenWrtBench
from tests.backends.device import NetworkDevice
from tests.fakes.documents import Documents

pytestmark = pytest.mark.slow


IP = "Device.IP.Interface."
V4 = "Device.Routing.Router.1.IPv4Forwarding."


@pytest.fixture
def device(openwrt: OpenWrtBench) -> NetworkDevice:
    return openwrt.device(manage=("*",))


def addresses(device: NetworkDevice, name: str = "eth0") -> str:
    return f"{device.find(IP, Name=name)}IPv4Address."


def test_nothing_is_written_that_uci_says_already(openwrt: OpenWrtBench, device: NetworkDevice) -> None:
    row = device.find(addresses(device), IPAddress="192.0.2.1")
    device.set({f"{row}Enable": "1", f"{row}IPAddress": "192.0.2.1", f"{device.find(IP, Name='eth0')}Enable": "1"})
    assert openwrt.netifd.text == UCI_OF_BENCH
    assert openwrt.netifd.told == []


def test_one_request_is_one_commit_and_netifd_is_told_once(openwrt: OpenWrtBench, device: NetworkDevice) -> None:
    table = addresses(device)
    row = device.add(table, IPAddress="10.1.1.1", SubnetMask="255.255.255.0", Enable="1")
    route = device.find(V4, DestIPAddress="198.51.100.0")
    openwrt.netifd.told.clear()
    device.set({f"{row}IPAddress": "10.1.1.2", f"{route}GatewayIPAddress": "192.0.2.77"})
    assert openwrt.netifd.told == [("/etc/init.d/network", "reload")]
    assert "# the first cable" in openwrt.netifd.text
    assert openwrt.netifd.text.count("config route") == 1
    assert (device.get(f"{row}Status"), device.get(f"{route}Status")) == ("Enabled", "Enabled")


def test_rows_show_what_is_wanted_before_netifd_has_made_it(openwrt: OpenWrtBench, device: NetworkDevice) -> None:
    table = addresses(device)
    openwrt.netifd.is_slow = True
    row = device.add(table, IPAddress="10.1.1.1", SubnetMask="255.255.255.0", Enable="1")
    assert (device.get(f"{row}IPAddress"), device.get(f"{row}Status")) == ("10.1.1.1", "Error")
    openwrt.netifd.apply()
    assert device.get(f"{row}Status") == "Enabled"
    device.delete(row)
    assert "10.1.1.1" in {one.address for one in openwrt.netlink.addresses()}, "netifd is slow"
    assert "10.1.1.1" not in device.tree(table).values()


def test_a_disabled_route_goes_with_its_row_also_when_its_gateway_is_reached_no_more(
    openwrt: OpenWrtBench, device: NetworkDevice
) -> None:
    address = device.add(addresses(device), IPAddress="10.1.1.1", SubnetMask="255.255.255.0", Enable="1")
    route = device.add(V4, DestIPAddress="10.7.0.0", DestSubnetMask="255.255.0.0", GatewayIPAddress="10.1.1.9",
                       Enable="1")  # fmt: skip
    device.set({f"{route}Enable": "0"})
    assert "option disabled '1'" in openwrt.netifd.text
    device.delete(address)
    rows = device.tree(V4)
    assert len([name for name, value in rows.items() if value == "10.7.0.0"]) == 1
    device.delete(route)
    assert "10.7.0.0" not in openwrt.netifd.text
    assert "10.7.0.0" not in device.tree(V4).values()


def test_a_person_s_change_is_never_fought(
    openwrt: OpenWrtBench, device: NetworkDevice, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    row = device.add(addresses(device), IPAddress="10.1.1.1", SubnetMask="255.255.255.0", Enable="1")
    moved = device.find(addresses(device), IPAddress="192.0.2.1")
    device.set({f"{moved}IPAddress": "192.0.2.7"})
    openwrt.netifd.write(UCI_OF_BENCH.replace("192.0.2.1'", "192.0.2.8'"))
    found = {value for name, value in device.tree(addresses(device)).items() if name.endswith("IPAddress")}
    assert found == {"192.0.2.8"}
    assert caplog.text.count("gives way to what /etc/config/network says") == 2
    again = openwrt.device(manage=("*",), store=device.store)
    assert openwrt.netifd.text == UCI_OF_BENCH.replace("192.0.2.1'", "192.0.2.8'"), "nothing is applied at a start"
    assert row not in {f"{addresses(again)}{name.partition('.')[0]}." for name in again.tree(addresses(again))}


def test_a_person_s_change_while_the_agent_was_away(openwrt: OpenWrtBench, device: NetworkDevice) -> None:
    device.add(addresses(device), IPAddress="10.1.1.1", SubnetMask="255.255.255.0", Enable="1")
    openwrt.netifd.write(UCI_OF_BENCH)
    again = openwrt.device(manage=("*",), store=device.store)
    assert "10.1.1.1" not in again.tree(addresses(again)).values()
    assert openwrt.netifd.text == UCI_OF_BENCH


def test_numbers_stay_over_a_restart_and_while_a_row_moves(openwrt: OpenWrtBench, device: NetworkDevice) -> None:
    row = device.add(addresses(device), IPAddress="10.1.1.1", SubnetMask="255.255.255.0", Enable="1")
    moved = device.find(addresses(device), IPAddress="192.0.2.1")
    device.set({f"{moved}IPAddress": "192.0.2.7", f"{row}IPAddress": "10.1.1.2"})
    again = openwrt.device(manage=("*",), store=device.store)
    assert (again.get(f"{moved}IPAddress"), again.get(f"{row}IPAddress")) == ("192.0.2.7", "10.1.1.2")
    assert (again.get(f"{moved}Status"), again.get(f"{row}Status")) == ("Enabled", "Enabled")


def test_what_is_configured_on_a_link_that_is_away_is_a_row(openwrt: OpenWrtBench) -> None:
    more = """
config interface 'usb'
	option device 'usb0'
	option proto 'static'
	list ipaddr '10.7.0.1/24'

config route
	option interface 'usb'
	option target '10.8.0.0/16'
	option gateway '10.7.0.2'
	option disabled '1'
"""
    openwrt.netifd.write(UCI_OF_BENCH + more)
    device = openwrt.device(manage=("*",))
    interface = device.find(IP, Name="usb0")
    assert (device.get(f"{interface}Enable"), device.get(f"{interface}Status")) == ("true", "NotPresent")
    row = device.find(f"{interface}IPv4Address.", IPAddress="10.7.0.1")
    assert device.get(f"{row}Status") == "Error"
    route = device.find(V4, DestIPAddress="10.8.0.0")
    assert (device.get(f"{route}Enable"), device.get(f"{route}Status")) == ("false", "Disabled")
    device.set({f"{route}Enable": "1", f"{row}IPAddress": "10.7.0.9"})
    assert "list ipaddr '10.7.0.9/24'" in openwrt.netifd.text
    assert "disabled" not in openwrt.netifd.text
    device.set({f"{route}Enable": "0"})
    device.delete(route)
    assert "10.8.0.0" not in openwrt.netifd.text


def test_an_interface_is_switched_off_for_good(openwrt: OpenWrtBench, device: NetworkDevice) -> None:
    interface = device.find(IP, Name="eth0")
    device.set({f"{interface}Enable": "0"})
    assert "option disabled '1'" in openwrt.netifd.text
    row = device.find(f"{interface}IPv4Address.", IPAddress="192.0.2.1")
    assert (device.get(f"{interface}Status"), device.get(f"{row}Status")) == ("Down", "Disabled")
    openwrt.netifd.write(openwrt.netifd.text.replace("option disabled '1'", ""))
    assert device.get(f"{interface}Enable") == "true", "a person has switched it on"


def test_what_would_cut_the_way_to_the_server_waits(openwrt: OpenWrtBench) -> None:
    way = RouteTo("eth0", "192.0.2.1", "192.0.2.254")
    device = openwrt.device(manage=("*",), management_path=lambda: way)
    before = openwrt.netifd.text
    interface = device.find(IP, Name="eth0")
    default = next(f"{V4}{name[:1]}." for name, value in device.tree(V4).items() if value == "192.0.2.254")
    row = device.find(addresses(device), IPAddress="192.0.2.1")
    cuts = {f"{interface}Enable": "0"}, {f"{default}GatewayIPAddress": "192.0.2.9"}, {f"{row}IPAddress": "192.0.2.5"}
    for values in cuts:
        transaction = device.model.transaction(Caller.ACS)
        for path, text in values.items():
            transaction.set(path, text)
        assert transaction.preview() == 1, values
        transaction.abandon()
    assert openwrt.netifd.text == before
    assert device.set({f"{row}IPAddress": "192.0.2.5"}) == 1
    assert openwrt.netifd.text == before
    assert device.get(f"{row}IPAddress") == "192.0.2.5"
    assert device.model.apply_deferred()
    assert "option ipaddr '192.0.2.5'" in openwrt.netifd.text
    device.model.revert()
    assert openwrt.netifd.text == before


def test_a_change_that_waits_is_made_by_the_next_run(openwrt: OpenWrtBench) -> None:
    way = RouteTo("eth0", "192.0.2.1", "192.0.2.254")
    device = openwrt.device(manage=("*",), management_path=lambda: way)
    row = device.find(addresses(device), IPAddress="192.0.2.1")
    assert device.set({f"{row}IPAddress": "192.0.2.5"}) == 1
    again = openwrt.device(manage=("*",), management_path=lambda: way, store=device.store)
    assert again.get(f"{row}IPAddress") == "192.0.2.5"
    assert "option ipaddr '192.0.2.5'" in openwrt.netifd.text


def test_a_power_cut_in_the_middle_leaves_nothing_half_made(openwrt: OpenWrtBench, device: NetworkDevice) -> None:
    row = device.find(addresses(device), IPAddress="192.0.2.1")
    written = device.store.texts.copy()
    cut_at: list[dict[str, str]] = []

    def cut(name: str) -> None:
        if name == "model" and "192.0.2.9" in openwrt.netifd.text:
            cut_at.append(written | {one: text for one, text in device.store.texts.items() if one != "model"})
            raise KeyboardInterrupt

    device.store.before_write = cut
    device.model.settle = lambda: None
    with pytest.raises(KeyboardInterrupt):
        device.set({f"{row}IPAddress": "192.0.2.9"})
    if "192.0.2.9" not in openwrt.netifd.text:
        openwrt.netifd.path.write_text(openwrt.netifd.text.replace("192.0.2.1'", "192.0.2.9'"))
    store = Documents()
    store.texts = cut_at[0]
    again = openwrt.device(manage=("*",), store=store)
    assert openwrt.netifd.text == UCI_OF_BENCH
    assert again.get(f"{row}IPAddress") == "192.0.2.1"


def test_a_package_that_was_broken_from_the_beginning_has_said_nothing(
    openwrt: OpenWrtBench, caplog: pytest.LogCaptureFixture
) -> None:
    openwrt.netifd.path.write_text("config interface 'lan\n")
    device = openwrt.device()
    device.tree("Device.IP.")
    assert "nothing of it is known until it is mended" in caplog.text
    assert "said last" not in caplog.text


def test_a_broken_package_takes_no_row_away_and_refuses_changes(
    openwrt: OpenWrtBench, device: NetworkDevice, caplog: pytest.LogCaptureFixture
) -> None:
    table = addresses(device)
    before = device.tree(table)
    openwrt.netifd.path.write_text("config interface 'lan\n")
    assert device.tree(table) == before
    device.tree(table)
    assert caplog.text.count("what it said last is taken until it is mended") == 1
    row = device.find(table, IPAddress="192.0.2.1")
    assert device.refused({f"{row}IPAddress": "192.0.2.5"}) == {f"{row}IPAddress": "Unavailable"}
    openwrt.netifd.write(UCI_OF_BENCH)
    device.set({f"{row}IPAddress": "192.0.2.5"})


def test_what_has_no_option_is_refused_with_the_parameter(openwrt: OpenWrtBench, device: NetworkDevice) -> None:
    link = device.find("Device.Ethernet.Link.", Name="eth1")
    assert device.refused({f"{link}NoARP": "1"}) == {f"{link}NoARP": "InvalidValue"}
    openwrt.netlink.add_address("eth1", "10.3.3.3", 24)
    row = device.find(addresses(device, "eth1"), IPAddress="10.3.3.3")
    assert device.refused({f"{row}Enable": "0"}) == {f"{row}Enable": "Denied"}, "somebody made it past netifd"
    assert openwrt.netifd.text == UCI_OF_BENCH


def test_a_subnet_is_chosen_that_no_link_has_a_part_of(openwrt: OpenWrtBench) -> None:
    openwrt.netifd.write(UCI_OF_BENCH + "\nconfig globals\n\toption ula_prefix 'fd00:1::/48'\n")
    openwrt.netlink.add_address("eth0", "fd00:1::1", 60)  # as netifd assigns them
    device = openwrt.device(manage=("*",))
    assert device.get("Device.IP.ULAPrefix") == "fd00:1::/48"
    device.set({f"{device.find(IP, Name='eth1')}ULAEnable": "1"})
    assert "option ip6hint '10'" in openwrt.netifd.text


def test_ipv6_of_all_links_is_no_longer_off_when_a_person_switches_one_on(
    openwrt: OpenWrtBench, device: NetworkDevice
) -> None:
    device.set({"Device.IP.IPv6Enable": "0"})
    assert openwrt.netifd.text.count("option ipv6 '0'") == len(openwrt.netlink.links())
    openwrt.netifd.write(openwrt.netifd.text.replace("option ipv6 '0'", "option ipv6 '1'", 1))
    assert device.network.stack().ipv6 is None


def test_only_what_uci_does_not_say_is_kept(openwrt: OpenWrtBench, device: NetworkDevice) -> None:
    network = device.network
    assert isinstance(network, UciNetwork)
    assert isinstance(network, UciRecords)
    device.set({f"{device.find(IP, Name='eth0')}Enable": "0"})
    device.get("Device.IP.IPv6Enable")
    network.look()
    assert network.state() == {}
    assert network.ways_changed() is False


def test_a_bridge_that_filters_is_sections_of_the_switch(openwrt: OpenWrtBench, device: NetworkDevice) -> None:
    def entries() -> set[tuple[str, int, bool, bool]]:
        openwrt.netlink.forget()
        return {(one.interface, one.vlan_id, one.untagged, one.pvid) for one in openwrt.netlink.bridge_vlans()}

    bridge = device.add("Device.Bridging.Bridge.", Standard="802.1Q-2011", Enable="1")
    management = device.add(f"{bridge}Port.", ManagementPort="1", Enable="1")
    member = device.add(
        f"{bridge}Port.", LowerLayers=device.find("Device.Ethernet.Interface.", Name="eth1"), Enable="1"
    )
    vlan = device.add(f"{bridge}VLAN.", VLANID="10", Name="guests", Enable="1")
    one = device.add(f"{bridge}VLANPort.", VLAN=vlan, Port=member, Untagged="1", Enable="1")
    device.add(f"{bridge}VLANPort.", VLAN=vlan, Port=management, Enable="1")
    assert entries() == {("eth1", 10, True, True), ("br0", 10, False, False)}
    assert device.get(f"{member}PVID") == "10", "netifd takes the first untagged VLAN of a port for that"
    assert "list ports 'eth1:u*'" in openwrt.netifd.text
    device.set({f"{vlan}VLANID": "11"})
    assert entries() == {("eth1", 11, True, True), ("br0", 11, False, False)}
    device.set({f"{one}Untagged": "0"})
    assert entries() == {("eth1", 11, False, True), ("br0", 11, False, False)}
    device.set({f"{vlan}Enable": "0"})
    assert "bridge-vlan" not in openwrt.netifd.text
    device.delete(bridge)
    assert "br0" not in openwrt.netifd.text
    assert openwrt.netlink.link("br0") is None


def test_nobody_s_staged_edit_is_lost(openwrt: OpenWrtBench, device: NetworkDevice) -> None:
    (openwrt.netifd.places.staged / "network").write_text("network.one.gateway='192.0.2.3'\n")
    default = next(f"{V4}{name[:1]}." for name, value in device.tree(V4).items() if value == "192.0.2.254")
    with pytest.raises(Refusals):
        device.set({f"{default}GatewayIPAddress": "192.0.2.9"})
    assert openwrt.netifd.text == UCI_OF_BENCH


def test_a_package_that_is_not_there_is_no_reason_to_end(tmp_path: Path) -> None:
    bench = OpenWrtBench(tmp_path)
    bench.netifd.path.unlink()
    device = bench.device(manage=("*",))
    row = device.find(addresses(device), IPAddress="192.0.2.1")
    assert device.refused({f"{row}Enable": "0"}) == {f"{row}Enable": "Denied"}
