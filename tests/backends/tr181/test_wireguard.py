"""New keys of WireGuard, and where there is none of it; the objects: tests/backend_contract/test_tunnels.py."""

from base64 import b64decode

from backends.tr181.wireguard import new_key, wireguard
from tests.backends.tunnels.memory import MemoryTunnels


def test_a_new_key_is_another_one_and_fit_for_its_curve() -> None:
    one, other = b64decode(new_key()), b64decode(new_key())
    assert one != other
    assert (one[0] & 7, one[31] & 0xC0) == (0, 0x40)


def test_without_the_kernels_wireguard_there_is_none() -> None:
    assert MemoryTunnels(wireguard, kinds=("gre",)).declared == []
