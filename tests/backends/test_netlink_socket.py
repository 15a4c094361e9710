"""The framing of netlink datagrams, and errors' names."""

import struct

import pytest

from backends.errors import MechanismError, Missing
from backends.netlink_socket import check, errno_name, from_os_error, messages


def message(length: int, kind: int = 16, rest: bytes = b"") -> bytes:
    return struct.pack("=IHHII", length, kind, 0, 7, 0) + rest


def test_messages_follow_each_other_on_four_byte_boundaries() -> None:
    datagram = message(18, 16, b"ab\0\0") + message(16, 20)
    assert list(messages(datagram)) == [(16, 0, 7, 0), (20, 0, 7, 20)]


@pytest.mark.parametrize("datagram", [b"", b"short", message(15), message(17), message(1 << 31)])
def test_a_length_that_cannot_be_ends_the_reading(datagram: bytes) -> None:
    assert list(messages(datagram)) == []


def test_zero_is_an_acknowledgement() -> None:
    check(message(20, 2, struct.pack("=i", 0)), 0, 0, "x")
    check(message(16, 3), 0, 0, "x")


def test_words_that_end_too_early_are_left_out() -> None:
    body = struct.pack("=i", -22) + struct.pack("=IHHII", 16, 0, 0, 0, 0) + struct.pack("=HH", 3, 1)
    with pytest.raises(MechanismError, match=r"^x: Invalid argument$"):
        check(message(16 + len(body), 2, body), 0, 0x200, "x")


def test_what_is_gone_is_missing() -> None:
    assert isinstance(from_os_error(OSError(19, ""), "x"), Missing)
    assert not isinstance(from_os_error(OSError(1, ""), "x"), Missing)


def test_a_number_without_a_name_has_none() -> None:
    assert (errno_name(95), errno_name(22), errno_name(99999)) == ("EOPNOTSUPP", "EINVAL", "")
