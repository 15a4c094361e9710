"""Both tunnels of a provider are switched, and read back, in the same way; a list is a list on either side."""

import pytest

from backends.tr181.dslite import dslite
from backends.tr181.ipv6rd import ipv6rd
from tests.backends.tunnels.memory import MemoryTunnels


@pytest.mark.parametrize(("declare", "path"), [(dslite, "Device.DSLite."), (ipv6rd, "Device.IPv6rd.")])
def test_the_whole_and_its_setting_are_switched_apart(declare: object, path: str) -> None:
    device = MemoryTunnels(declare)
    assert device.get(f"{path}Enable") == "false"
    device.set({f"{path}Enable": "1"})
    assert device.get(f"{path}InterfaceSetting.1.Enable") == "false"
    assert device.get(f"{path}InterfaceSetting.1.Status") == "Disabled"


def test_a_list_of_relays_comes_back() -> None:
    device, path = MemoryTunnels(ipv6rd), "Device.IPv6rd.InterfaceSetting.1.BorderRelayIPv4Addresses"
    device.set({path: "192.0.2.1,192.0.2.2"})
    assert device.get(path) == "192.0.2.1,192.0.2.2"
