"""What all interface objects share."""

import re

import pytest

from agent.model.errors import InvalidValue
from agent.model.object import Target
from agent.model.values import parse
from backends.netlink import Link
from backends.network.records import Reference
from backends.tr181.layers import ETHERNET_INTERFACE, ETHERNET_LINK, link_status, reference_of, target_of
from tests.backends.conftest import Bench, by_our_own_hand, comes_to
from tests.backends.device import NetworkDevice
from tests.schemas import shipped_schema


@pytest.mark.parametrize(
    ("link", "status"),
    [
        (Link(2, "x", up=False, operstate="down"), "Down"),
        (Link(2, "x", up=True, running=True, operstate="up"), "Up"),
        (Link(2, "x", up=True, operstate="lowerlayerdown"), "LowerLayerDown"),
        (Link(2, "x", up=True, operstate="dormant"), "Dormant"),
        (Link(2, "x", up=True, operstate="notpresent"), "NotPresent"),
        (Link(2, "x", up=True, running=True, operstate="unknown"), "Up"),
        (Link(2, "x", up=True, running=False, operstate="unknown"), "Down"),
        (Link(2, "x", up=True, operstate="testing"), "Unknown"),
    ],
)
def test_the_kernels_state_in_the_data_models_words(link: Link, status: str) -> None:
    assert link_status(link) == status


def test_lower_layers_are_one_row_of_the_right_kind_or_none(memory: Bench) -> None:
    network = memory.device().network
    port = Target(ETHERNET_INTERFACE, ("eth0",))
    assert reference_of(network, [port], ("port",)) == Reference("port", "eth0")
    assert reference_of(network, [], ("port",)) is None
    with pytest.raises(InvalidValue):
        reference_of(network, [port, port], ("port",))
    with pytest.raises(InvalidValue):
        reference_of(network, [port], ("vlan",))
    with pytest.raises(InvalidValue):
        reference_of(network, [Target("Device.Routing.Router.{i}.", ("main",))], ("port",))


def test_a_reference_is_a_path_of_the_data_model(memory: Bench) -> None:
    network = memory.device().network
    assert target_of(network, Reference("ethernet_link", "eth0")) == Target(ETHERNET_LINK, ("eth0",))
    assert target_of(network, None) is None
    assert target_of(network, Reference("bridge_port", "eth0")) is None


def test_a_link_tells_since_when_it_is_as_it_is(bench: Bench) -> None:
    device = bench.device()
    row = device.find("Device.Ethernet.Interface.", Name="eth0")
    assert 0 <= int(device.get(f"{row}LastChange")) < 5
    assert device.get(device.add("Device.Ethernet.Link.") + "LastChange") == "0"


def test_every_value_says_where_it_comes_from(memory: Bench) -> None:
    device = memory.device()
    for declared in (one for node in device.model.tree.nodes() for one in node.objects):
        for row in declared.rows():
            assert declared.source is None or declared.source(row)


IP = "Device.IP.Interface."
LINKS = "Device.Ethernet.Link."
PORTS = "Device.Ethernet.Interface."
VLANS = "Device.Ethernet.VLANTermination."


def test_what_lies_on_a_disabled_link_says_that_it_is_held_down(bench: Bench) -> None:
    device = bench.device()
    link, interface = device.find(LINKS, Name="eth1"), device.find(IP, Name="eth1")
    device.set({f"{link}Enable": "0"})
    assert (device.get(f"{link}Status"), device.get(f"{interface}Status")) == ("Down", "LowerLayerDown")
    device.set({f"{interface}Enable": "0"})
    assert device.get(f"{interface}Status") == "Down"
    device.set({f"{interface}Enable": "1", f"{link}Enable": "1"})
    assert comes_to(device, (link, interface), ("Up", "Up"))


@by_our_own_hand
def test_a_link_that_one_row_raised_is_up_in_all_of_its_rows_and_one_that_is_set_false_holds_them_down(
    bench: Bench,
) -> None:
    bench.netlink.set_link("eth1", up=False)
    device = bench.device()
    rows = [device.find(path, Name="eth1") for path in (PORTS, LINKS, IP)]
    port, interface = rows[0], rows[2]

    def enabled(device: NetworkDevice = device) -> list[bool]:
        return [device.get(f"{row}Enable") == "true" for row in rows]

    assert comes_to(device, rows, ["Down"] * 3)
    assert enabled() == [False] * 3
    device.set({f"{interface}Enable": "1"})
    assert comes_to(device, rows, ["Up"] * 3)
    assert enabled() == [True] * 3
    bench.netlink.set_link("far1", up=False)
    assert comes_to(device, (port,), ["Down"])
    bench.netlink.set_link("far1", up=True)
    assert comes_to(device, rows, ["Up"] * 3)
    device.set({f"{port}Enable": "0"})
    assert comes_to(device, rows, ["Down", "LowerLayerDown", "LowerLayerDown"])
    assert enabled() == [False, True, True]
    device.set({f"{port}Enable": "1"})
    again = bench.device(store=device.store)
    assert comes_to(again, rows, ["Up"] * 3)
    assert enabled(again) == [True] * 3
    again.set({f"{interface}Enable": "0"})
    assert comes_to(again, rows, ["Down", "LowerLayerDown", "Down"])
    assert enabled(again) == [True, True, False]


def test_a_stack_of_rows_that_were_added_blames_the_one_that_is_at_fault(memory: Bench) -> None:
    device = memory.device()
    link = device.add(LINKS)
    vlan = device.add(VLANS, LowerLayers=link, VLANID="7", Enable="1")
    interface = device.add(IP, LowerLayers=vlan, Enable="1")

    def told() -> list[str]:
        return [device.get(f"{row}Status") for row in (link, vlan, interface)]

    assert told() == ["Down", "LowerLayerDown", "LowerLayerDown"]
    device.set({f"{link}Enable": "1"})
    assert told() == ["Error", "LowerLayerDown", "LowerLayerDown"]
    device.set({f"{link}LowerLayers": device.find(PORTS, Name="eth1")})
    assert told() == ["Up", "Up", "Up"]
    device.set({device.find(PORTS, Name="eth1") + "Enable": "0"})
    assert told() == ["LowerLayerDown", "LowerLayerDown", "LowerLayerDown"]


def test_the_rows_that_were_added_read_values_of_their_own_ranges(memory: Bench) -> None:
    device, schema = memory.device(), shipped_schema()
    eth1, bridge = device.find(IP, Name="eth1"), device.add("Device.Bridging.Bridge.")
    tables: tuple[str, ...] = (IP, LINKS, VLANS, f"{eth1}IPv4Address.", f"{eth1}IPv6Address.", f"{bridge}Port.")
    tables += ("Device.Routing.Router.1.IPv4Forwarding.", "Device.Routing.Router.1.IPv6Forwarding.")
    for row in (*map(device.add, tables), bridge):
        for name, text in device.tree(row).items():
            entry = schema.parameters[re.sub(r"\.\d+\.", ".{i}.", re.sub(r"\.\d+\.", ".{i}.", row + name))]
            if text or entry.ranges:
                parse(entry, text)  # raises InvalidValue


def test_a_new_rows_mtu_is_that_of_the_link_it_comes_to_lie_on(memory: Bench) -> None:
    memory.netlink.set_link("eth1", mtu=1400)
    device = memory.device()
    link, interface = device.add(LINKS), device.add(IP)
    assert (device.get(f"{link}MTU"), device.get(f"{interface}MaxMTUSize")) == ("1500", "1500")
    device.set({f"{link}LowerLayers": device.find(PORTS, Name="eth1"), f"{interface}LowerLayers": link})
    assert (device.get(f"{link}MTU"), device.get(f"{interface}MaxMTUSize")) == ("1400", "1400")
