"""Device.IPv6rd. is where the kernel has it; the objects: tests/backend_contract/test_tunnels.py."""

from backends.tr181.ipv6rd import ipv6rd
from tests.backends.tunnels.memory import MemoryTunnels


def test_without_the_kernels_part_of_it_there_is_none() -> None:
    assert MemoryTunnels(ipv6rd, kinds=("gre",)).declared == []
    assert MemoryTunnels(ipv6rd).declared
