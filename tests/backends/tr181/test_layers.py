"""What all interface objects share."""

import pytest

from agent.model.errors import InvalidValue
from agent.model.object import Target
from backends.netlink import Link
from backends.network.records import Reference
from backends.tr181.layers import ETHERNET_INTERFACE, ETHERNET_LINK, link_status, reference_of, target_of
from tests.backends.conftest import Bench


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


def test_lower_layers_are_one_row_of_the_right_kind_or_none() -> None:
    port = Target(ETHERNET_INTERFACE, ("eth0",))
    assert reference_of([port], ("port",)) == Reference("port", "eth0")
    assert reference_of([], ("port",)) is None
    with pytest.raises(InvalidValue):
        reference_of([port, port], ("port",))
    with pytest.raises(InvalidValue):
        reference_of([port], ("vlan",))
    with pytest.raises(InvalidValue):
        reference_of([Target("Device.Routing.Router.{i}.", ("main",))], ("port",))


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
