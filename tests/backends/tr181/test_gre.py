"""Device.GRE. is where the kernel has it; the objects: tests/backend_contract/test_tunnels.py."""

from typing import Any

from backends.tr181.gre import gre
from tests.backends.tunnels.memory import MemoryTunnels


def test_without_the_kernels_gre_there_is_none() -> None:
    assert MemoryTunnels(gre, kinds=("vxlan",)).declared == []
    nothing: Any = None
    assert gre(type("Nothing", (), {"tunnels": nothing})()) == []
