"""A list is a list on either side; what else both have in common: tests/backend_contract/test_tunnels.py."""

from backends.tr181.ipv6rd import ipv6rd
from tests.backends.tunnels.memory import MemoryTunnels


def test_a_list_of_relays_comes_back() -> None:
    device, path = MemoryTunnels(ipv6rd), "Device.IPv6rd.InterfaceSetting.1.BorderRelayIPv4Addresses"
    device.set({path: "192.0.2.1,192.0.2.2"})
    assert device.get(path) == "192.0.2.1,192.0.2.2"
