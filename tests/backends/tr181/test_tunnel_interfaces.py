"""What GRE and VXLAN tunnels have in common."""

from backends.tr181.gre import gre
from backends.tr181.ip import ip
from backends.tr181.tunnel_interfaces import TUNNEL_COUNTERS
from backends.tr181.vxlan import vxlan
from tests.backends.tunnels.memory import MemoryTunnels


def test_interfaces_belong_to_their_tunnel_and_go_with_it() -> None:
    device = MemoryTunnels(vxlan)
    first, second = (device.add("Device.VXLAN.Tunnel.") for _ in range(2))
    device.add(f"{second}Interface.")
    assert [device.get(f"{row}InterfaceNumberOfEntries") for row in (first, second)] == ["0", "1"]
    device.delete(second)
    assert device.get("Device.VXLAN.TunnelNumberOfEntries") == "1"


def test_a_tunnel_without_a_link_has_counted_nothing() -> None:
    device = MemoryTunnels(gre)
    row = device.add("Device.GRE.Tunnel.")
    assert [device.get(f"{row}Stats.{name}") for name in TUNNEL_COUNTERS] == ["0"] * len(TUNNEL_COUNTERS)
    assert device.get(f"{row}ConnectedRemoteEndpoint") == ""


def test_only_one_ip_interface_can_lie_below() -> None:
    device = MemoryTunnels(gre, ip)
    row = device.add("Device.GRE.Tunnel.")
    interface = device.add(f"{row}Interface.")
    lower = device.find("Device.IP.Interface.", Name="eth0")[:-1]
    device.set({f"{interface}LowerLayers": lower})
    assert device.get(f"{interface}LowerLayers") == lower
    for bad in (f"{lower},{lower}", row[:-1]):
        assert device.refused({f"{interface}LowerLayers": bad}) == {f"{interface}LowerLayers": "InvalidValue"}
