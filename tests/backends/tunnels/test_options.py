"""What the kernel is told of tunnels, byte by byte where that matters."""

import ipaddress
import struct

import pytest

from backends.tunnels.options import (
    FLAGS,
    GRE_IN_FLAGS,
    GRE_OUT_KEY,
    GRE_TOS,
    PROTOCOL,
    RD_RELAY_PREFIX,
    VXLAN_GROUP,
    VXLAN_GROUP6,
    VXLAN_PORTS,
    GreHeader,
    Way,
    delegated,
    ds_lite,
    gre,
    settings,
    six_rd,
    vxlan,
)

WAY = Way(3, "192.0.2.1", "192.0.2.2")
WAY6 = Way(3, "2001:db8::1", "2001:db8::2")


def test_the_kind_of_a_gre_link_says_what_is_inside_and_outside() -> None:
    kinds = [gre(way, GreHeader(has_ethernet=inside), 0).kind for way in (WAY, WAY6) for inside in (False, True)]
    assert kinds == ["gre", "gretap", "ip6gre", "ip6gretap"]


def test_a_gre_header_has_what_was_asked_for() -> None:
    plain, full = (
        gre(WAY, GreHeader(), 0).options,
        gre(WAY, GreHeader(key=7, checksum=True, sequence=True), 46).options,
    )
    assert (plain[GRE_IN_FLAGS], full[GRE_IN_FLAGS]) == (b"\0\0", b"\xb0\0")
    assert full[GRE_OUT_KEY] == struct.pack("!I", 7)
    assert full[GRE_TOS] == bytes([46 << 2])


def test_the_remote_of_a_vxlan_stands_where_its_version_has_it() -> None:
    assert VXLAN_GROUP in vxlan(WAY, 1, (0, 4789), 0).options
    assert VXLAN_GROUP6 in vxlan(WAY6, 1, (0, 4789), 0).options
    assert vxlan(WAY, 1, (4000, 4789), 0).options[VXLAN_PORTS] == struct.pack("!HH", 4000, 4001)


def test_6rd_knows_the_part_of_ipv4_that_all_have() -> None:
    prefix = ipaddress.IPv6Network("2001:db8::/32")
    assert six_rd(3, "10.1.2.3", prefix, 8).options[RD_RELAY_PREFIX] == bytes([10, 0, 0, 0])
    assert ds_lite(WAY6).options[PROTOCOL] == bytes([4])


@pytest.mark.parametrize(
    ("prefix", "mask", "own"),
    [("2001:db8::/32", 0, "2001:db8:a01:203::/64"), ("2001:db8::/32", 8, "2001:db8:102:300::/56")],
)
def test_a_delegated_prefix_has_the_other_bits_of_the_address(prefix: str, mask: int, own: str) -> None:
    assert str(delegated(ipaddress.IPv6Network(prefix), mask, "10.1.2.3")) == own


def test_a_delegated_prefix_longer_than_64_bits_is_none() -> None:
    with pytest.raises(ValueError, match="leave no /64"):
        delegated(ipaddress.IPv6Network("2001:db8::/40"), 0, "10.1.2.3")


def test_what_the_kernel_found_out_is_no_difference() -> None:
    link = ds_lite(WAY6)
    told = {**link.options, FLAGS: struct.pack("=I", 0x30001)}
    assert settings("ip6tnl", told) == link.options
    assert settings("vxlan", told) == told
