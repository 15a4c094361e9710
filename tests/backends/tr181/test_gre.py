"""Device.GRE.; packets through it: tests/vm/tunnels_suite.py."""

from typing import Any

from agent.model.coverage import coverage
from backends.tr181.gre import gre
from tests.backends.tunnels.memory import MemoryTunnels

GRE = "Device.GRE.Tunnel."


def test_the_profile_is_whole() -> None:
    [found] = coverage(MemoryTunnels(gre).model.tree, ["GREBasic:1"], lambda _: "")
    assert found.missing == ()


def test_what_linux_does_not_do_is_an_invalid_value() -> None:
    device = MemoryTunnels(gre)
    row = device.add(GRE)
    interface = device.add(f"{row}Interface.")
    for path, value in (
        (f"{row}KeepAlivePolicy", "ICMP"),
        (f"{row}RemoteEndpoints", "a b"),
        (f"{interface}KeyIdentifierGenerationPolicy", "CPE_Generated"),
        (f"{interface}ProtocolIdOverride", "1"),
    ):
        assert device.refused({path: value}) == {path: "InvalidValue"}
    device.set({f"{row}RemoteEndpoints": "a.example,192.0.2.1", f"{interface}ProtocolIdOverride": "25944"})
    assert device.get(f"{row}RemoteEndpoints") == "a.example,192.0.2.1"
    assert (device.get(f"{row}Status"), device.get(f"{interface}Status")) == ("Disabled", "Down")


def test_without_the_kernels_gre_there_is_none() -> None:
    assert MemoryTunnels(gre, kinds=("vxlan",)).declared == []
    nothing: Any = None
    assert gre(type("Nothing", (), {"tunnels": nothing})()) == []
