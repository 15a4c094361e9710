"""Captures are what the tools for OMCI read: classic pcap, Ethernet, type 0x88B5."""

import struct

from backends.omci.capture import HEAD, OLT, ONU, packet
from backends.omci.frames import parse

GET = bytes.fromhex("8001490a00020000" + "8000" + "00" * 30 + "00000028" + "c0cbc482")


def test_a_capture_begins_as_libpcap_says() -> None:
    assert struct.unpack("<IHHiIII", HEAD) == (0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


def test_a_frame_stands_alone_in_an_ethernet_frame_with_its_time() -> None:
    octets = packet(parse(GET), 1_700_000_000.25)
    assert struct.unpack("<IIII", octets[:16]) == (1_700_000_000, 250_000, 62, 62)
    assert octets[16:] == ONU + OLT + b"\x88\xb5" + GET


def test_the_addresses_say_which_way_it_went() -> None:
    answer = parse(GET[:2] + b"\x29" + GET[3:])
    notification = parse(b"\0\0\x10" + GET[3:])
    assert packet(answer, 0)[16:28] == packet(notification, 0)[16:28] == OLT + ONU


def test_a_frame_of_40_octets_gets_its_length_field_and_an_extended_one_stays_as_it_is() -> None:
    assert packet(parse(GET[:40]), 0)[30:] == GET[:44]
    extended = bytes.fromhex("8129490b008980000002c000")
    assert packet(parse(extended), 0)[30:] == extended


def test_a_time_that_rounds_up_to_a_second_is_that_second() -> None:
    assert struct.unpack("<II", packet(parse(GET), 1.9999999)[:8]) == (2, 0)
