"""Of what comes over a link, UDP datagrams are told apart from everything else, whatever it is."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.udp_ear import datagram


def packet(content: bytes, options: bytes = b"", fragment: int = 0, protocol: int = 17) -> bytes:
    head = struct.pack("!BBHHHBBH8x", 0x45 + len(options) // 4, 0, 0, 0, fragment, 64, protocol, 0)
    return head + options + struct.pack("!HHHH", 67, 68, 8 + len(content), 0) + content


@pytest.mark.parametrize("options", [b"", bytes(8)])
def test_a_datagram_has_ports_and_content_and_no_padding_of_the_link(options: bytes) -> None:
    assert datagram(packet(b"hello", options) + bytes(18)) == (67, 68, b"hello")
    assert datagram(packet(b"", options)) == (67, 68, b"")


@pytest.mark.parametrize(
    "other",
    [b"", packet(b"x", protocol=6), packet(b"x", fragment=0x2000), packet(b"x", fragment=3), b"\x65" + packet(b"x")[1:],
     packet(b"x")[:27], b"\x41" + packet(b"x")[1:]],
)  # fmt: skip
def test_what_is_no_whole_datagram_over_ipv4_is_none(other: bytes) -> None:
    assert datagram(other) is None


@given(st.binary(max_size=80))
def test_whatever_comes_is_a_datagram_or_none(content: bytes) -> None:
    found = datagram(b"\x45" + content)
    assert found is None or len(found[2]) <= len(content)
