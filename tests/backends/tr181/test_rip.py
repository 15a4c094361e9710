"""Device.Routing.RIP. on a gateway of namespaces: a real BIRD, and neighbours that speak RIPv2 by themselves."""

import importlib
import os
import signal
from types import SimpleNamespace
from typing import Any

import pytest

from agent.model.data_model import Caller
from agent.model.errors import Refusals, Unavailable
from backends.netlink import Route, RouteTo
from backends.rip import RIP_METRIC
from backends.tr181.rip import RIP, rip, rip_tables
from tests.backends.rip_gateway import SETTING, RipGateway, gateway
from tests.netlab.fixtures import lab, make_namespace
from tests.waiting import until

__all__ = ["gateway", "lab", "make_namespace"]

V4 = "Device.Routing.Router.1.IPv4Forwarding."
LEARNED = "198.51.100.0/24"
HOSTILE = ("", " ", "x", "-1", "2", "$(id)", "'\"", "a\nb", "}; protocol static {", "Device.", "\u0661", "a" * 10_000,
           "Device.IP.Interface.99", "Device.Ethernet.Interface.1", "Device.IP.Interface.1,")  # fmt: skip


def test_a_machine_without_bird_has_no_rip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.import_module("backends.tr181.rip"), "find_program", lambda _: None)
    machine: Any = SimpleNamespace(rip=None, network=None)
    assert rip_tables(machine) is None
    assert rip(machine) == []


def test_a_route_is_learned_told_of_and_gone_when_rip_is(gateway: RipGateway) -> None:
    device = gateway.device()
    gateway.neighbour("c0", f"{LEARNED}@3", "0.0.0.0/0@1", "0.0.0.0/1@1", "127.0.0.0/16@1")
    gateway.home.ip("route add default via 192.0.2.254")
    gateway.home.ip("route add 203.0.113.0/24 via 192.0.2.254 proto bird metric 32")
    gateway.home.ip("route add 203.0.114.0/24 via 192.0.2.254 proto static")
    others = gateway.home.ip("route")
    row = gateway.setting(device, "c0", AcceptRA="1")
    assert (device.get(f"{row}Status"), device.get(f"{RIP}SupportedModes")) == ("Disabled", "Both")
    assert gateway.bird.program.pid() is None
    device.set({f"{RIP}Enable": "1"})
    until(lambda: LEARNED in gateway.routes(), "learned")
    until(lambda: device.get(f"{row}Status") == "Enabled", "the row is told to work")
    told = device.tree(device.find(V4, DestIPAddress="198.51.100.0"))
    assert {name: told[name] for name in ("Origin", "GatewayIPAddress", "StaticRoute", "Status", "Enable")} == {
        "Origin": "RIP", "GatewayIPAddress": "192.0.2.1", "StaticRoute": "false", "Status": "Enabled", "Enable": "true",
    }  # fmt: skip
    assert device.get(f"{device.find(V4, DestIPAddress='203.0.113.0')}Origin") == "Static"
    assert {name: one["metric"] for name, one in gateway.routes().items() if name != "203.0.113.0/24"} == {
        LEARNED: RIP_METRIC, "default": RIP_METRIC,
    }, "neither half the Internet nor what has no way"  # fmt: skip
    assert gateway.home.ip("route get 8.8.8.8").startswith("8.8.8.8 via 192.0.2.254 "), "the configured one goes first"
    device.set({f"{RIP}Enable": "0"})
    assert gateway.home.ip("route") == others
    assert gateway.bird.program.pid() is None
    assert [one.name for one in (gateway.folder / "rip").iterdir() if one.suffix in (".conf", ".ctl", ".pid")] == []


def test_what_is_learned_on_one_link_is_announced_on_another_and_what_is_heard_there_is_not_believed(
    gateway: RipGateway,
) -> None:
    device = gateway.device()
    provider = gateway.neighbour("c0", f"{LEARNED}@3")
    house = gateway.neighbour("l0", "198.18.0.0/16@1", f"{LEARNED}@1")
    gateway.setting(device, "c0", AcceptRA="1")
    gateway.setting(device, "l0", SendRA="1")
    device.set({f"{RIP}Enable": "1"})
    until(lambda: {LEARNED, "192.0.2.0/24"} <= house.heard().keys(), "announced")
    assert house.heard()[LEARNED] == 4
    assert {name: one["gateway"] for name, one in gateway.routes().items()} == {LEARNED: "192.0.2.1"}
    assert provider.heard() == {}, "nothing is sent where nothing but receiving is wanted"


@pytest.mark.slow
def test_a_link_that_does_neither_has_its_network_announced_and_stays_silent(gateway: RipGateway) -> None:
    device = gateway.device()
    provider = gateway.neighbour("c0")
    house = gateway.neighbour("l0", "198.18.0.0/16@1")
    gateway.setting(device, "c0", SendRA="1", AcceptRA="1")
    mute = gateway.setting(device, "l0")
    device.set({f"{RIP}Enable": "1"})
    until(lambda: "10.1.0.0/24" in provider.heard(), "announced")
    assert device.get(f"{mute}Status") == "Enabled"
    assert (house.heard(), gateway.routes()) == ({}, {})
    process = gateway.bird.program.pid()
    device.set({f"{mute}AcceptRA": "1"})
    until(lambda: "198.18.0.0/16" in gateway.routes(), "learned from then on")
    assert gateway.bird.program.pid() == process, "it was told, not started anew"
    device.delete(mute)
    until(lambda: not gateway.routes(), "forgotten with the row")


def test_a_restart_of_the_agent_leaves_it_running_and_a_crash_of_it_is_mended(gateway: RipGateway) -> None:
    device = gateway.device()
    gateway.neighbour("c0", f"{LEARNED}@3")
    gateway.setting(device, "c0", AcceptRA="1")
    device.set({f"{RIP}Enable": "1"})
    until(lambda: LEARNED in gateway.routes(), "learned")
    process = gateway.bird.program.pid()
    again = gateway.device(store=device.store)
    assert gateway.bird.program.pid() == process
    assert again.get(f"{RIP}Enable") == "true"
    assert LEARNED in gateway.routes()
    assert process is not None
    due = gateway.tables.due(0)
    assert due is not None
    assert gateway.tables.act(due) == frozenset(), "it runs"
    os.kill(process, signal.SIGKILL)
    until(lambda: gateway.bird.program.pid() is None, "it is gone")
    assert again.tree(SETTING)["1.Status"] == "Error"
    assert gateway.tables.act(due) == frozenset({"rip"})
    assert gateway.bird.program.pid() not in (None, process)
    os.kill(gateway.bird.program.pid() or 0, signal.SIGKILL)
    until(lambda: gateway.bird.program.pid() is None, "it is gone again")
    again.set({f"{RIP}Enable": "0"})
    assert gateway.routes() == {}, "what it left as it was killed is taken away"
    assert gateway.tables.due(0) is None


def test_only_a_link_that_is_given_to_the_agent_and_where_nobody_else_speaks_rip_can_be_set(
    gateway: RipGateway,
) -> None:
    device = gateway.device(manage=("c0",))
    row = gateway.setting(device, "c0", AcceptRA="1")
    foreign = device.find("Device.IP.Interface.", Name="l0").removesuffix(".")
    assert set(device.refused({f"{row}Interface": foreign}).values()) == {"Denied"}
    gateway.blocker = "ripd (process 7)"
    assert "Denied" in device.refused({f"{RIP}Enable": "1"}).values()
    gateway.blocker = None
    with pytest.raises(Refusals, match="c0 has a row already"):
        gateway.setting(device, "c0")
    nothing = gateway.device(manage=())
    assert nothing.refused({f"{RIP}Enable": "1"}) == {f"{RIP}Enable": "Denied"}


def test_a_row_without_an_interface_is_misconfigured_and_one_without_an_address_is_in_error(
    gateway: RipGateway,
) -> None:
    device = gateway.device()
    bare = device.add(SETTING, Enable="1", AcceptRA="1")
    gateway.home.ip("address flush dev l0")
    without = gateway.setting(device, "l0", AcceptRA="1")
    device.set({f"{RIP}Enable": "1"})
    assert (device.get(f"{bare}Status"), device.get(f"{without}Status")) == ("Error_Misconfigured", "Error")
    gateway.home.ip("address add 10.1.0.2/24 dev l0")
    until(lambda: device.get(f"{without}Status") == "Enabled", "it works with an address")


def test_no_longer_learning_the_way_to_the_management_server_cuts_it(gateway: RipGateway) -> None:
    device = gateway.device()
    gateway.neighbour("c0", f"{LEARNED}@3")
    row = gateway.setting(device, "c0", AcceptRA="1")
    device.set({f"{RIP}Enable": "1"})
    until(lambda: LEARNED in gateway.routes(), "learned")
    device.model.forget()
    gateway.path = RouteTo("c0", "192.0.2.2")
    assert device.set({f"{row}AcceptRA": "0"}) == 0, "it is reached by no route that was learned"
    device.set({f"{row}AcceptRA": "1"})
    until(lambda: LEARNED in gateway.routes(), "learned again")
    device.model.forget()
    gateway.path = RouteTo("c0", "192.0.2.2", "192.0.2.1")
    assert device.set({f"{row}SendRA": "1"}) == 0, "it goes on being learned"
    assert device.set({f"{row}AcceptRA": "0"}) == 1, "made when the session has ended"


def test_a_learned_route_is_not_for_the_management_server_to_change(gateway: RipGateway) -> None:
    device = gateway.device()
    gateway.netlink.add_route(Route(4, LEARNED, "192.0.2.1", "c0", metric=RIP_METRIC, protocol="bird"))
    row = device.find(V4, DestIPAddress="198.51.100.0")
    assert device.get(f"{row}Origin") == "RIP"
    assert device.refused({f"{row}ForwardingMetric": "1"}) == {f"{row}ForwardingMetric": "NotWritable"}


def test_no_text_in_a_writable_parameter_is_an_accident(gateway: RipGateway) -> None:
    device = gateway.device()
    gateway.setting(device, "c0", AcceptRA="1")
    device.set({f"{RIP}Enable": "1"})
    names = [one.path for one in device.model.names(RIP, False, Caller.ACS) if one.writable]
    names = [one for one in names if not one.endswith((".", "Alias"))]
    assert len(names) == 5
    accidents: list[tuple[str, str]] = []
    for path in names:
        for text in HOSTILE:
            try:
                device.set({path: text})
            except Refusals as refusals:
                accidents += [(path, text) for one in refusals.refusals if isinstance(one, Unavailable)]
    assert accidents == []
    assert device.get(f"{RIP}InterfaceSettingNumberOfEntries") == "1"
