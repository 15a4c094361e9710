"""The bytes of a libpcap file."""

import struct

from backends.diagnostics.pcap import ETHERNET, head, record


def test_the_head_names_format_and_kind_of_link() -> None:
    assert struct.unpack("=IHHiIII", head(ETHERNET)) == (0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


def test_a_packet_has_its_time_to_the_microsecond_and_both_its_lengths() -> None:
    made = record(1_700_000_000_123_456_789, b"abc", 1500)
    assert struct.unpack("=IIII", made[:16]) == (1_700_000_000, 123_456, 3, 1500)
    assert made[16:] == b"abc"


def test_what_is_longer_than_the_file_allows_is_cut() -> None:
    made = record(0, bytes(70_000), 0)
    assert struct.unpack("=IIII", made[:16])[2:] == (65_535, 65_535)
    assert len(made) == 16 + 65_535
