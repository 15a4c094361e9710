"""Device.PPP. without a peer: what an ACS may set, and what it is told. With one: tests/vm/pppoe_suite.py."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agent.model.data_model import Caller
from agent.model.errors import Refusals, Unavailable
from agent.model.own_values import OwnValues
from backends.pppd import Place, Pppd
from backends.sysfs import Sysfs
from backends.tr181.ethernet import ethernet
from backends.tr181.ip import ip
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.ppp import ppp
from backends.tr181.ppp_connections import PppConnections, PppLayers
from backends.tr181.routing import routing
from backends.tr181.staging import LinuxNetwork
from tests.backends.conftest import Bench, memory
from tests.backends.small_device import SmallDevice

__all__ = ["memory"]

PPP = "Device.PPP.Interface."
HOSTILE = ("", " ", "x", "-1", "0", "63", "64", "65536", "$(id)", "'\"\\", "a\nb", "\U0001f5a7" * 64, "\u0661", "true",
           "%s%n", "a" * 10_000, "Device.", "Device.Ethernet.Link.99", "Device.IP.Interface.1")  # fmt: skip


def device_on(bench: Bench, folder: Path, manage: Sequence[str] = ()) -> SmallDevice:
    """A device with PPP over the bench's ports; none of them may be changed, so that nothing is started."""
    network = LinuxNetwork(bench.netlink, bench.procfs, manage)
    links = Links(network)
    pppd = Pppd(bench.netlink, Place(links.link_of, links.may_change, lambda: None), folder)
    connections = PppConnections(pppd, links)
    network.other_layers = (PppLayers(connections),)
    nothing: Any = None
    mechanisms = Mechanisms(
        bench.netlink, nothing, bench.procfs, Sysfs("/nonexistent"), nothing, network, OwnValues({}, {}),
        links=links, ppp=connections,
    )  # fmt: skip
    objects = [one for declare in (ethernet, ip, routing, ppp) for one in declare(mechanisms)]
    return SmallDevice(objects, backends=(network, connections), forget=(bench.netlink.forget, pppd.forget))


def test_a_new_connection_is_off_and_over_nothing(memory: Bench, tmp_path: Path) -> None:
    device = device_on(memory, tmp_path)
    row = device.add(PPP)
    told = device.tree(row)
    assert (told["Status"], told["ConnectionStatus"], told["Enable"]) == ("Down", "Unconfigured", "false")
    assert told["LastConnectionError"] == "ERROR_NONE"
    assert device.get("Device.PPP.InterfaceNumberOfEntries") == "1"
    device.set({f"{row}Enable": "1"})
    assert device.get(f"{row}Status") == "Error"
    device.delete(row)
    assert device.tree(PPP) == {}


def test_one_over_a_port_that_is_not_given_to_the_agent_is_denied(memory: Bench, tmp_path: Path) -> None:
    device = device_on(memory, tmp_path)
    row = device.add(PPP)
    lower = device.find("Device.Ethernet.Link.", Name="eth1").removesuffix(".")
    device.set({f"{row}LowerLayers": lower})
    assert device.get(f"{row}LowerLayers") == lower
    assert device.refused({f"{row}Enable": "1"}) == {f"{row}Enable": "Denied"}


def test_an_ip_interface_may_lie_on_a_connection_that_is_not_up(memory: Bench, tmp_path: Path) -> None:
    device = device_on(memory, tmp_path, manage=("eth1",))
    row = device.add(PPP, LowerLayers=device.find("Device.Ethernet.Link.", Name="eth1").removesuffix("."))
    above = device.add("Device.IP.Interface.", LowerLayers=row.removesuffix("."))
    assert device.get(f"{above}LowerLayers") == row.removesuffix(".")
    assert device.get(f"{above}Name") == device.get(f"{row}Name")


def test_what_cannot_be_is_refused_by_its_parameter(memory: Bench, tmp_path: Path) -> None:
    device = device_on(memory, tmp_path)
    row = device.add(PPP)
    lower = device.find("Device.IP.Interface.", Name="eth1").removesuffix(".")
    assert device.refused({f"{row}LowerLayers": lower}) == {f"{row}LowerLayers": "InvalidValue"}
    assert device.refused({f"{row}MaxMRUSize": "64"}) == {f"{row}MaxMRUSize": "InvalidValue"}
    assert device.refused({f"{row}Username": "\U0001f5a7" * 64}) == {f"{row}Username": "InvalidValue"}


def test_a_password_is_kept_and_told_to_nobody(memory: Bench, tmp_path: Path) -> None:
    device = device_on(memory, tmp_path)
    row = device.add(PPP, Password="secret canary")
    assert device.get(f"{row}Password") == ""
    assert "secret canary" in str(device.store.read("model"))


@pytest.mark.parametrize("name", ["Username", "PPPoE.ACName", "PPPoE.ServiceName"])
def test_any_text_comes_back_as_it_was_or_is_refused(memory: Bench, tmp_path: Path, name: str) -> None:
    device = device_on(memory, tmp_path)
    row = device.add(PPP)
    for text in HOSTILE:
        try:
            device.set({row + name: text})
        except Refusals:
            continue
        assert device.get(row + name) == text


def test_no_text_in_a_writable_parameter_is_an_accident(memory: Bench, tmp_path: Path) -> None:
    device = device_on(memory, tmp_path)
    device.add(PPP)
    names = [one.path for one in device.model.names(PPP, False, Caller.ACS) if one.writable]
    accidents = []
    for path in [name for name in names if not name.endswith((".", "Alias"))]:
        for text in HOSTILE:
            try:
                device.set({path: text})
            except Refusals as refusals:
                accidents += [(path, text) for one in refusals.refusals if isinstance(one, Unavailable)]
    assert accidents == []
    assert len(names) > 15
