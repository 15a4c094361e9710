"""Device.IPv6rd.; packets through it: tests/vm/tunnels_suite.py."""

from agent.model.coverage import coverage
from backends.tr181.ipv6rd import ipv6rd
from tests.backends.tunnels.memory import MemoryTunnels

SETTING = "Device.IPv6rd.InterfaceSetting.1."


def test_the_profile_is_whole() -> None:
    [found] = coverage(MemoryTunnels(ipv6rd).model.tree, ["IPv6rd:1"], lambda _: "")
    assert found.missing == ()


def test_what_is_set_is_read_and_what_leaves_no_prefix_is_refused() -> None:
    device = MemoryTunnels(ipv6rd)
    device.set({f"{SETTING}SPIPv6Prefix": "2001:db8::/32", f"{SETTING}BorderRelayIPv4Addresses": "192.0.2.1,192.0.2.2"})
    assert device.get(f"{SETTING}BorderRelayIPv4Addresses") == "192.0.2.1,192.0.2.2"
    assert device.get(f"{SETTING}Status") == "Disabled"
    refused = device.refused({f"{SETTING}SPIPv6Prefix": "2001:db8::/48"})
    assert refused == {f"{SETTING}SPIPv6Prefix": "InvalidValue"}
    assert device.get(f"{SETTING}SPIPv6Prefix") == "2001:db8::/32"
    assert MemoryTunnels(ipv6rd, kinds=("gre",)).declared == []
