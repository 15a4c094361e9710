"""Generic netlink against the one family that every kernel has."""

import socket

import pytest

from backends.errors import Missing
from backends.generic_netlink import GenericNetlink, attribute, attributes, each, heard, number, signed, text, unsigned

GET_FAMILY, FAMILY_ID, FAMILY_NAME = 3, 1, 2


def test_a_family_is_found_by_its_name_and_answers() -> None:
    control = GenericNetlink("nlctrl")
    try:
        family = control.family()
        assert family.number == 16
        assert "notify" in family.groups
        [answer] = control.ask(GET_FAMILY, text(FAMILY_NAME, "nlctrl"))
        assert unsigned(answer.attributes[FAMILY_ID]) == 16
        assert any(one.attributes[FAMILY_NAME] == b"nlctrl\0" for one in control.dump(GET_FAMILY))
    finally:
        control.close()


def test_a_family_that_the_kernel_has_not_is_missing() -> None:
    nobody = GenericNetlink("no such family")
    with pytest.raises(Missing):
        nobody.family()
    nobody.close()


def test_what_a_family_announces_is_listened_to_without_waiting() -> None:
    control = GenericNetlink("nlctrl")
    listener = control.listener(("notify", "a group that it does not have"))
    assert heard(listener) == []
    listener.close()
    control.close()


def test_attributes_are_read_as_they_were_written() -> None:
    content = number(1, 7) + text(2, "abc") + attribute(3) + attribute(4, number(5, 9), nested=True)
    found = attributes(content)
    assert (unsigned(found[1]), found[2], found[3]) == (7, b"abc\0", b"")
    assert unsigned(attributes(found[4])[5]) == 9
    assert len(content) % 4 == 0


def test_what_is_cut_short_is_left_out() -> None:
    content = number(1, 7) + number(2, 8)
    for length in range(len(content)):
        assert dict(each(content[:length])) in ({}, {1: b"\7\0\0\0"})
    assert list(each(b"\0\0\0\0")) == []


def test_numbers_of_every_width_are_read_and_of_no_other() -> None:
    assert [unsigned(bytes([255] * width)) for width in (1, 2, 4, 8)] == [2**8 - 1, 2**16 - 1, 2**32 - 1, 2**64 - 1]
    assert [signed(bytes([255] * width)) for width in (1, 2, 4, 8)] == [-1] * 4
    assert unsigned(b"abc") is signed(None) is None


def test_a_datagram_is_read_to_its_end() -> None:
    told, listener = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with told, listener:
        told.send(bytes.fromhex("1400000010000000") + bytes(8) + bytes.fromhex("13010000"))
        assert heard(listener)[0].command == 0x13  # type: ignore[index]
