"""The network's refusals become the data model's."""

import pytest

from agent.model.errors import Denied, InvalidValue, ModelError, NotWritable
from backends.netlink import Route
from backends.network.errors import Conflict, Fixed, HandMade, NotManaged, Refused
from backends.network.plan import Change
from backends.tr181.staging import LinuxNetwork, model_refusals, parameters_of
from tests.backends.conftest import Bench


@pytest.mark.parametrize(
    ("refused", "refusal"),
    [(NotManaged, Denied), (HandMade, Denied), (Conflict, InvalidValue), (Fixed, NotWritable)],
)
def test_each_refusal_has_its_word(refused: type[Refused], refusal: type[ModelError]) -> None:
    with pytest.raises(refusal) as caught, model_refusals():
        raise refused("because")
    assert caught.value.reason == "because"


def test_a_new_bridge_needs_a_name_that_is_managed(memory: Bench) -> None:
    with pytest.raises(Denied, match="no name for a new bridge"):
        LinuxNetwork(memory.netlink, memory.procfs, ["eth*"]).add_bridge()


def test_a_change_is_of_the_parameters_that_say_what_it_makes() -> None:
    link = Change(("link", "eth0"), {"mtu": 1500, "up": False}, {"mtu": 9000, "up": True})
    assert parameters_of(link) == {"MTU", "MaxMTUSize", "Enable"}
    assert "GatewayIPAddress" in parameters_of(Change(("route", "4", "default", "-", "-", "0", "blackhole"), None, {}))
    assert parameters_of(Change(("vlan", "eth0.7"), {}, None)) == set()


def test_what_was_made_by_hand_is_refused_as_denied_and_named_in_the_log(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    device = bench.device()
    bench.netlink.add_address("eth1", "198.18.77.1", 24)
    bench.netlink.add_route(Route(4, "198.18.90.0/24", "192.0.2.80", "eth0", protocol="boot"))
    device.model.forget()
    address = device.add(device.find("Device.IP.Interface.", Name="eth1") + "IPv4Address.", Enable="1")
    taken = {f"{address}IPAddress": "198.18.77.1", f"{address}SubnetMask": "255.255.255.0"}
    assert set(device.refused(taken).values()) == {"Denied"}
    route = device.add("Device.Routing.Router.1.IPv4Forwarding.", GatewayIPAddress="192.0.2.81")
    rival = {f"{route}DestIPAddress": "198.18.90.0", f"{route}DestSubnetMask": "255.255.255.0", f"{route}Enable": "1"}
    assert set(device.refused(rival).values()) == {"Denied"}
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [text for text in told if "eth1 198.18.77.1/24 is there already" in text]
    assert [text for text in told if "by 192.0.2.80 on eth0" in text]
    assert ("address", "eth1", "198.18.77.1/24") in bench.state()
