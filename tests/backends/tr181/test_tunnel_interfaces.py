"""What lies below an interface of a tunnel; what else they have in common: tests/backend_contract/test_tunnels.py."""

from backends.tr181.gre import gre
from backends.tr181.ip import ip
from tests.backends.tunnels.memory import MemoryTunnels


def test_only_one_ip_interface_can_lie_below() -> None:
    device = MemoryTunnels(gre, ip)
    row = device.add("Device.GRE.Tunnel.")
    interface = device.add(f"{row}Interface.")
    lower = device.find("Device.IP.Interface.", Name="eth0")[:-1]
    device.set({f"{interface}LowerLayers": lower})
    assert device.get(f"{interface}LowerLayers") == lower
    for bad in (f"{lower},{lower}", row[:-1]):
        assert device.refused({f"{interface}LowerLayers": bad}) == {f"{interface}LowerLayers": "InvalidValue"}
