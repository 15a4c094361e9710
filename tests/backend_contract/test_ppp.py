"""Device.PPP. is the same over pppd and over OpenWrt's configuration; with a peer: tests/vm/pppoe_suite.py."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.model.data_model import Caller
from agent.model.errors import Refusals, Unavailable
from backends.pppd import Place, Pppd
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.openwrt_ppp import openwrt_ppp
from backends.tr181.parts import Part
from backends.tr181.ppp import ppp
from backends.tr181.ppp_connections import PppConnections, PppLayers
from tests.backend_contract.protocol_devices import device_of
from tests.backends.openwrt.protocols.gateway import Gateway, with_pppoe

PPP = "Device.PPP.Interface."
HOSTILE = ("", " ", "x", "-1", "0", "63", "64", "65536", "$(id)", "'\"\\", "a\nb", "\U0001f5a7" * 64, "\u0661", "true",
           "%s%n", "a" * 10_000, "Device.", "Device.Ethernet.Link.99", "Device.IP.Interface.1")  # fmt: skip
Make = Callable[..., Gateway]


def over_pppd(given: Mechanisms, surface: Surface) -> Part:
    place = Place(given.links.link_of, given.links.may_change, given.management_path)
    pppd = Pppd(given.netlink, place, surface.root / "run")
    connections = PppConnections(pppd, given.links)
    given.network.other_layers = (PppLayers(connections),)
    return Part("ppp", {"ppp": connections}, connections, forget=[pppd.forget])


@pytest.fixture(params=["linux", pytest.param("openwrt", marks=pytest.mark.slow)])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    build = {"linux": over_pppd, "openwrt": with_pppoe(openwrt_ppp)}[request.param]
    return lambda **more: device_of(tmp_path, build, [ppp], **more)


@pytest.fixture
def device(make: Make) -> Gateway:
    return make()


def test_a_new_connection_is_off_and_over_nothing(device: Gateway) -> None:
    row = device.add(PPP)
    told = device.tree(row)
    assert (told["Status"], told["ConnectionStatus"], told["Enable"]) == ("Down", "Unconfigured", "false")
    assert told["LastConnectionError"] == "ERROR_NONE"
    assert (told["LCPEcho"], told["LCPEchoRetry"], told["MaxMRUSize"]) == ("20", "3", "1492")
    assert (told["ConnectionTrigger"], told["IPv6CPEnable"], told["IPCPEnable"]) == ("AlwaysOn", "true", "true")
    assert device.get("Device.PPP.InterfaceNumberOfEntries") == "1"
    device.set({f"{row}Enable": "1"})
    assert device.get(f"{row}Status") == "Error"
    device.delete(row)
    assert device.tree(PPP) == {}


def test_one_over_a_port_that_is_not_given_to_the_agent_is_denied(make: Make) -> None:
    device = make(manage="")
    lower = device.row("low0", "Device.Ethernet.Link.")
    row = device.add(PPP, LowerLayers=lower)
    assert device.get(f"{row}LowerLayers") == lower
    assert device.refused({f"{row}Enable": "1"}) == {f"{row}Enable": "Denied"}


def test_one_over_a_port_that_is_down_waits_for_it(device: Gateway) -> None:
    row = device.add(PPP, LowerLayers=device.row("low0", "Device.Ethernet.Link."), Enable="1")
    told = device.tree(row)
    assert (told["Status"], told["ConnectionStatus"], told["PPPoE.SessionID"]) == (
        "LowerLayerDown", "Disconnected", "0",
    )  # fmt: skip


def test_an_ip_interface_may_lie_on_a_connection_that_is_not_up(device: Gateway) -> None:
    row = device.add(PPP, LowerLayers=device.row("low0", "Device.Ethernet.Link."))
    above = device.add("Device.IP.Interface.", LowerLayers=row.removesuffix("."))
    assert device.get(f"{above}LowerLayers") == row.removesuffix(".")
    assert device.get(f"{above}Name") == device.get(f"{row}Name")


def test_everything_that_is_set_is_kept_over_a_restart(device: Gateway) -> None:
    row = device.add(PPP)
    values = {
        "ConnectionTrigger": "OnDemand", "IdleDisconnectTime": "300", "AutoDisconnectTime": "86400",
        "MaxMRUSize": "1480", "LCPEcho": "30", "LCPEchoRetry": "5", "LCPEchoAdaptive": "false", "IPCPEnable": "false",
        "IPv6CPEnable": "false", "Username": "me@isp.example", "PPPoE.ACName": "it's", "PPPoE.ServiceName": "a b",
    }  # fmt: skip
    device.set({row + name: value for name, value in values.items()})
    told = device.again().tree(row)
    assert {name: told[name] for name in values} == values
    for trigger, idle in (("OnDemand", "0"), ("Manual", "60"), ("AlwaysOn", "60"), ("Manual", "0")):
        device.set({f"{row}ConnectionTrigger": trigger, f"{row}IdleDisconnectTime": idle})
        assert (device.get(f"{row}ConnectionTrigger"), device.get(f"{row}IdleDisconnectTime")) == (trigger, idle)
    device.set({f"{row}LCPEcho": "0", f"{row}LCPEchoRetry": "0", f"{row}IPCPEnable": "1", f"{row}IPv6CPEnable": "1"})
    assert (device.get(f"{row}LCPEcho"), device.get(f"{row}LCPEchoRetry")) == ("0", "0")
    assert (device.get(f"{row}IPCPEnable"), device.get(f"{row}IPv6CPEnable")) == ("true", "true")


def test_what_cannot_be_is_refused_by_its_parameter(device: Gateway) -> None:
    row = device.add(PPP)
    assert device.refused({f"{row}LowerLayers": device.row("wan")}) == {f"{row}LowerLayers": "InvalidValue"}
    assert device.refused({f"{row}MaxMRUSize": "64"}) == {f"{row}MaxMRUSize": "InvalidValue"}
    assert device.refused({f"{row}Username": "\U0001f5a7" * 64}) == {f"{row}Username": "InvalidValue"}


def test_a_password_is_kept_and_told_to_nobody(device: Gateway) -> None:
    row = device.add(PPP, Password="secret canary")
    assert device.get(f"{row}Password") == ""
    assert "secret canary" in f"{device.store.read('model')}{device.text}"


@pytest.mark.parametrize("name", ["Username", "PPPoE.ACName", "PPPoE.ServiceName"])
def test_any_text_comes_back_as_it_was_or_is_refused(device: Gateway, name: str) -> None:
    row = device.add(PPP)
    for text in HOSTILE:
        try:
            device.set({row + name: text})
        except Refusals:
            continue
        assert device.get(row + name) == text


def test_no_text_in_a_writable_parameter_is_an_accident(device: Gateway) -> None:
    device.add(PPP)
    names = [one.path for one in device.model.names(PPP, False, Caller.ACS) if one.writable]
    accidents = []
    for path in [name for name in names if not name.endswith((".", "Alias", "Reset"))]:
        for text in HOSTILE:
            try:
                device.set({path: text})
            except Refusals as refusals:
                accidents += [(path, text) for one in refusals.refusals if isinstance(one, Unavailable)]
    assert accidents == []
    assert len(names) > 15
