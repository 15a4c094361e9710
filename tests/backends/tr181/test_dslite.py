"""Device.DSLite.; packets through it: tests/vm/tunnels_suite.py."""

from agent.model.coverage import coverage
from backends.tr181.dslite import dslite
from tests.backends.tunnels.memory import MemoryTunnels

SETTING = "Device.DSLite.InterfaceSetting.1."


def test_the_profile_is_whole() -> None:
    [found] = coverage(MemoryTunnels(dslite).model.tree, ["DSLite:1"], lambda _: "")
    assert found.missing == ()


def test_what_is_set_is_read_and_what_is_no_relay_is_refused() -> None:
    device = MemoryTunnels(dslite)
    assert device.get(f"{SETTING}EndpointAssignmentPrecedence") == "DHCPv6"
    device.set({f"{SETTING}EndpointName": "aftr.example", f"{SETTING}EndpointAddress": "2001:db8::7"})
    assert (device.get(f"{SETTING}Origin"), device.get(f"{SETTING}Status")) == ("Static", "Disabled")
    for name, value in (("EndpointName", "a b"), ("EndpointAddress", "fe80::1%w0")):
        assert device.refused({f"{SETTING}{name}": value}) == {f"{SETTING}{name}": "InvalidValue"}
    assert MemoryTunnels(dslite, kinds=("gre",)).declared == []
