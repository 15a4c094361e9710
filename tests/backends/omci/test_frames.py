"""The parts of a frame: where each octet belongs, and which octets are no frame."""

import pytest

from backends.omci.frames import Action, Frame, NotAFrame, parse

# A Get of MIB data sync with a CRC, as a GPON's OLT sends it.
GET = bytes.fromhex("8001490a00020000" + "8000" + "00" * 30 + "00000028" + "c0cbc482")
EXTENDED = bytes.fromhex("8129490b00898000" + "0002" + "c000")


def test_a_baseline_frame_is_head_contents_and_trailer() -> None:
    assert parse(GET) == Frame(
        0x8001, Action.GET, 2, 0, b"\x80" + bytes(31), asks=True, trailer=bytes.fromhex("00000028c0cbc482")
    )


@pytest.mark.parametrize("size", [40, 44, 48])
def test_a_trailer_may_be_missing_or_end_behind_the_length_field(size: int) -> None:
    assert parse(GET[:size]).trailer == GET[40:size]
    assert parse(GET[:size]).to_bytes() == GET[:size]


@pytest.mark.parametrize("size", [0, 7, 8, 39, 41, 43, 45, 47, 49, 96])
def test_another_number_of_octets_is_no_baseline_frame(size: int) -> None:
    with pytest.raises(NotAFrame, match=str(size)):
        parse((GET * 2)[:size])


@pytest.mark.parametrize("mic", [b"", b"\1\2\3\4"])
def test_an_extended_frame_says_how_long_its_contents_are(mic: bytes) -> None:
    frame = parse(EXTENDED + mic)
    assert (frame.is_extended, frame.contents, frame.trailer) == (True, b"\xc0\0", mic)
    assert frame.to_bytes() == EXTENDED + mic


@pytest.mark.parametrize("octets", [EXTENDED[:9], EXTENDED[:11], EXTENDED + b"\0", EXTENDED + bytes(5)])
def test_an_extended_frame_of_another_length_than_it_says_is_refused(octets: bytes) -> None:
    with pytest.raises(NotAFrame):
        parse(octets)


def test_an_extended_frame_of_more_than_1980_octets_is_refused() -> None:
    most = EXTENDED[:8] + (1966).to_bytes(2) + bytes(1966 + 4)
    assert len(parse(most).to_bytes()) == 1980
    with pytest.raises(NotAFrame, match="1967 octets; 1966 are the most"):
        parse(EXTENDED[:8] + (1967).to_bytes(2) + bytes(1967))


def test_another_device_identifier_is_no_frame() -> None:
    with pytest.raises(NotAFrame, match="0x0c"):
        parse(GET[:3] + b"\x0c" + GET[4:])


@pytest.mark.parametrize(
    ("kind", "asks", "answers", "is_upstream", "is_notification"),
    [
        (0x49, True, False, False, False),  # Get
        (0x29, False, True, True, False),  # its answer
        (0x10, False, False, True, True),  # alarm
        (0x11, False, False, True, True),  # AVC
        (0x1B, False, False, True, True),  # test result
        (0x14, False, False, False, False),  # a download section that wants no answer
    ],
)
def test_who_sent_it_follows_from_the_flags_and_the_message(
    kind: int, asks: bool, answers: bool, is_upstream: bool, is_notification: bool
) -> None:
    frame = parse(GET[:2] + bytes([kind]) + GET[3:])
    assert (frame.asks, frame.answers, frame.is_upstream, frame.is_notification) == (
        asks, answers, is_upstream, is_notification,
    )  # fmt: skip


def test_every_type_octet_survives() -> None:
    for kind in range(256):
        octets = GET[:2] + bytes([kind]) + GET[3:]
        assert parse(octets).to_bytes() == octets


def test_what_a_check_covers_has_the_length_field_even_where_the_frame_was_cut_before_it() -> None:
    assert parse(GET[:40]).covered() == GET[:44]
    assert parse(EXTENDED + bytes(4)).covered() == EXTENDED
