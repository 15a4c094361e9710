"""Packets of DHCP servers: every octet of every option, and no accident with what is none."""

import os
import struct

from hypothesis import given
from hypothesis import strategies as st

from backends.dhcp_client.packets import COOKIE, FIXED, LEASE_TIME, MASK, ROUTERS, Prefix, lease4, lease6

HEAD = bytes([2, 1, 6, 0]) + bytes(12) + bytes([192, 0, 2, 56]) + bytes(FIXED - 20)
REPLY = bytes([7, 1, 2, 3])


def option6(tag: int, value: bytes) -> bytes:
    return struct.pack("!HH", tag, len(value)) + value


def test_a_lease_has_its_address_and_the_octets_of_its_options() -> None:
    options = bytes.fromhex("3501053304 000000780104 ffffff00000308 c0000201c00002022b0201022b01ffff")
    lease = lease4(HEAD + COOKIE + options)
    assert lease is not None
    assert lease.address == "192.0.2.56"
    assert lease.addresses(ROUTERS) == ["192.0.2.1", "192.0.2.2"]
    assert lease.address_in(MASK) == "255.255.255.0"
    assert lease.seconds(LEASE_TIME) == 120
    assert lease.options[43] == b"\1\2\xff"  # two parts of one option (RFC 3396)


def test_a_lease_for_ever_has_no_time() -> None:
    lease = lease4(HEAD + COOKIE + bytes.fromhex("3304ffffffffff"))
    assert lease is not None
    assert lease.seconds(LEASE_TIME) is None
    assert lease.address_in(ROUTERS) is None


def test_options_go_on_in_the_fields_that_overload_names() -> None:
    head = bytearray(HEAD)
    head[108:115] = bytes.fromhex("0304c0000201ff")
    head[44:47] = bytes.fromhex("2b01aa")
    lease = lease4(bytes(head) + COOKIE + bytes.fromhex("340103ff"))
    assert lease is not None
    assert lease.addresses(ROUTERS) == ["192.0.2.1"]
    assert lease.options[43] == b"\xaa"


def test_a_reply_has_its_addresses_prefixes_and_options() -> None:
    address = os.urandom(0) + bytes.fromhex("20010db8000100000000000000000100")
    gone = address + struct.pack("!II", 0, 0)
    given = address[:-1] + b"\1" + struct.pack("!II", 60, 120)
    prefix = struct.pack("!IIB", 60, 120, 56) + bytes.fromhex("20010db8470000000000000000000000")
    lease = lease6(
        REPLY
        + option6(3, bytes(12) + option6(5, gone) + option6(5, given))
        + option6(25, bytes(12) + option6(26, prefix))
        + option6(17, b"a")
        + option6(17, b"b")
        + option6(23, address)
    )
    assert lease is not None
    assert lease.addresses == ["2001:db8:1::101"]
    assert lease.prefixes == [Prefix("2001:db8:4700::/56", 60, 120)]
    assert [value for tag, value in lease.options if tag == 17] == [b"a", b"b"]
    assert lease.servers() == ["2001:db8:1::100"]
    assert lease.first(99) == b""


@given(st.binary(max_size=600))
def test_any_octets_are_a_lease_or_none(octets: bytes) -> None:
    for packet in (octets, HEAD + COOKIE + octets, HEAD + octets):
        lease = lease4(packet)
        if lease is not None:
            lease.addresses(ROUTERS)
            lease.seconds(LEASE_TIME)
    for packet in (octets, REPLY + octets, REPLY + option6(25, bytes(12) + option6(26, octets))):
        found = lease6(packet)
        if found is not None:
            found.servers()
