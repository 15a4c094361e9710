"""The network on OpenWrt as a part of the machine: its refusals, and what it is told of."""

from pathlib import Path
from typing import Any

import pytest

from backends.errors import MechanismError
from backends.openwrt.netifd import TOPIC
from backends.tr181.openwrt_lan import Surface
from backends.tr181.openwrt_network import TOPICS, OpenWrtNetwork, network_part, openwrt_network
from backends.tr181.services import SERVICES, network_and_services
from backends.tr181.staging import LinuxNetwork
from backends.ubus import Bus
from tests.backends.conftest import OpenWrtBench
from tests.backends.openwrt.procd import Procd

pytestmark = pytest.mark.slow


IP = "Device.IP.Interface."


class Given:
    """The one mechanism that the part asks for."""

    def __init__(self, network: Any) -> None:
        self.network = network


def test_what_netifd_does_is_a_change_of_links_addresses_and_routes(openwrt: OpenWrtBench) -> None:
    device = openwrt.device()
    part: Any = network_part(Given(device.network), openwrt.netifd.surface)  # type: ignore[arg-type]
    assert part.look(frozenset({TOPIC})) == TOPICS
    assert part.look(frozenset({"lease"})) == frozenset()
    part.settle()
    assert network_part(Given(LinuxNetwork(openwrt.netlink, openwrt.procfs)), openwrt.netifd.surface) is None  # type: ignore[arg-type]


def test_an_interface_starts_anew_when_it_is_told_to_and_when_it_speaks_ipv6_again(
    openwrt: OpenWrtBench, tmp_path: Path
) -> None:
    procd = Procd(tmp_path / "bus")
    try:
        procd.serve_interface("one")
        surface = openwrt.netifd.surface
        openwrt.netifd.surface = Surface(surface.uci, Bus(procd.path), surface.reloads, surface.root)
        device = openwrt.device()
        interface = device.find(IP, Name="eth0")
        device.set({f"{interface}Reset": "1"})
        assert [method for _, method, _ in procd.told] == ["down", "up"]
        device.set({f"{interface}IPv6Enable": "0"})
        device.set({f"{interface}IPv6Enable": "1"})
        assert isinstance(device.network, OpenWrtNetwork)
        device.network.settle()
        assert [method for _, method, _ in procd.told] == ["down", "up"] * 2, "once"
    finally:
        procd.close()


def test_where_netifd_does_not_answer_nothing_is_half_made(openwrt: OpenWrtBench) -> None:
    device = openwrt.device()
    interface = device.find(IP, Name="eth0")
    before = openwrt.netifd.text
    values = {f"{interface}Reset": "1", f"{interface}MaxMTUSize": "1400"}
    assert set(device.refused(values).values()) == {"Unavailable"}
    assert openwrt.netifd.text == before


def test_what_uci_refuses_at_the_last_moment_is_told_in_the_model_s_words(openwrt: OpenWrtBench) -> None:
    device = openwrt.device()
    network = device.network
    network.begin()
    row = next(row for row in network.addresses(4) if row.key.startswith("eth0"))
    network.edit(row, address="192.0.2.9")
    network.prepare()
    openwrt.netifd.path.write_text(openwrt.netifd.text.replace("192.0.2.1'", "192.0.2.8'"))
    with pytest.raises(MechanismError):
        network.commit()
    network.rollback()


def test_the_network_of_a_machine_is_of_the_kind_that_its_settings_say(openwrt: OpenWrtBench, tmp_path: Path) -> None:
    given = (openwrt.netlink, openwrt.procfs, ("*",), lambda: None, None)
    linux, services = network_and_services("linux", *given, root=tmp_path)  # type: ignore[arg-type]
    assert (type(linux), services) == (LinuxNetwork, SERVICES)
    network, services = network_and_services("openwrt", *given, root=tmp_path)  # type: ignore[arg-type]
    assert isinstance(network, OpenWrtNetwork)
    assert len(services) > len(SERVICES)
    assert isinstance(openwrt_network(openwrt.netifd.surface, *given), OpenWrtNetwork)
