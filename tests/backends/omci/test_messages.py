"""The contents of every message, octet by octet, as the table of messages says."""

import pytest

from backends.omci.frames import Action, Frame, NotAFrame, parse
from backends.omci.messages import NAMES, TABLE, Fields, contents, name_of, read

EVERY = [
    (action, answers, is_extended)
    for action, answers in TABLE
    for is_extended in (False, True)
    if is_extended or action is not Action.SET_TABLE
]


def frame(action: int, octets: bytes, *, answers: bool = False, is_extended: bool = False) -> Frame:
    asks = not answers and (action, True) in TABLE
    padded = octets if is_extended else octets.ljust(32, b"\0")
    return Frame(1, action, 2, 0, padded, asks, answers, is_extended)


def said(action: Action, text: str, *, answers: bool = False, is_extended: bool = False) -> Fields:
    return read(frame(action, bytes.fromhex(text), answers=answers, is_extended=is_extended))


def padded(text: str, size: int) -> bytes:
    return bytes.fromhex(text).ljust(size, b"\0")


# What each message's contents mean: message, is an answer, octets, fields. Offsets as in the standard's tables.
BASELINE: list[tuple[Action, bool, str, Fields]] = [
    (Action.CREATE, False, "0001 0001", {"values": padded("00010001", 32)}),
    (Action.CREATE, True, "03 8000", {"result": 3, "execution_mask": 0x8000}),
    (Action.DELETE, False, "", {}),
    (Action.DELETE, True, "05", {"result": 5}),
    (Action.SET, False, "e000 00 8000 2064", {"mask": 0xE000, "values": padded("0080002064", 30)}),
    (Action.SET, True, "09 0040 8000", {"result": 9, "unsupported": 0x40, "failed": 0x8000}),
    (Action.GET, False, "0077", {"mask": 0x77}),
    (Action.GET, True, "00 8000 2a", {"result": 0, "mask": 0x8000, "values": padded("2a", 29)}),
    (
        Action.GET,
        True,
        "09 8000" + "2a".ljust(50, "0") + "0040 0020",
        {"result": 9, "mask": 0x8000, "values": padded("2a", 25), "unsupported": 0x40, "failed": 0x20},
    ),
    (Action.GET_ALL_ALARMS, False, "01", {"mode": 1}),
    (Action.GET_ALL_ALARMS, True, "0003", {"commands": 3}),
    (Action.GET_ALL_ALARMS_NEXT, False, "0002", {"sequence": 2}),
    (Action.GET_ALL_ALARMS_NEXT, True, "000b 0102 80", {"entities": padded("000b010280", 32)}),
    (Action.MIB_UPLOAD, False, "", {}),
    (Action.MIB_UPLOAD, True, "0112", {"commands": 274}),
    (Action.MIB_UPLOAD_NEXT, False, "003a", {"sequence": 58}),
    (Action.MIB_UPLOAD_NEXT, True, "0089 0000 c000 ffff", {"entities": padded("00890000c000ffff", 32)}),
    (Action.MIB_RESET, False, "", {}),
    (Action.MIB_RESET, True, "06", {"result": 6}),
    (
        Action.ALARM,
        False,
        "82".ljust(56, "0") + "000000" + "07",
        {"bitmap": padded("82", 28), "padding": bytes(3), "sequence": 7},
    ),
    (Action.AVC, False, "0040 d56a", {"mask": 0x40, "values": padded("d56a", 30)}),
    (Action.TEST, False, "07", {"select": 7, "parameters": bytes(31)}),
    (Action.TEST, True, "00", {"result": 0}),
    (
        Action.START_DOWNLOAD,
        False,
        "1f 000f4240 01 0001",
        {"window": 31, "size": 1_000_000, "count": 1, "images": padded("0001", 26)},
    ),
    (Action.START_DOWNLOAD, True, "00 1f 00", {"result": 0, "window": 31, "count": 0, "results": bytes(29)}),
    (Action.DOWNLOAD_SECTION, False, "cc 0102", {"section": 0xCC, "octets": padded("0102", 31)}),
    (Action.DOWNLOAD_SECTION, True, "00 cc", {"result": 0, "section": 0xCC}),
    (
        Action.END_DOWNLOAD,
        False,
        "ff92a226 000f4240 01 0001",
        {"crc": 0xFF92A226, "size": 1_000_000, "count": 1, "images": padded("0001", 23)},
    ),
    (Action.END_DOWNLOAD, True, "00 01 0001 06", {"result": 0, "count": 1, "results": padded("000106", 30)}),
    (Action.ACTIVATE, False, "01", {"flags": 1}),
    (Action.ACTIVATE, True, "06", {"result": 6}),
    (Action.COMMIT, False, "", {}),
    (Action.COMMIT, True, "00", {"result": 0}),
    (
        Action.SYNCHRONIZE_TIME,
        False,
        "07e2 0c 01 01 30 1b",
        {"year": 2018, "month": 12, "day": 1, "hour": 1, "minute": 48, "second": 27},
    ),
    (Action.SYNCHRONIZE_TIME, True, "00 01", {"result": 0, "success": 1}),
    (Action.REBOOT, False, "01", {"condition": 1}),
    (Action.REBOOT, True, "00", {"result": 0}),
    (Action.GET_NEXT, False, "0400 0001", {"mask": 0x400, "sequence": 1}),
    (Action.GET_NEXT, True, "00 0400 0803", {"result": 0, "mask": 0x400, "octets": padded("0803", 29)}),
    (Action.TEST_RESULT, False, "01 0020", {"octets": padded("010020", 32)}),
    (Action.GET_CURRENT, False, "0044", {"mask": 0x44}),
    (Action.GET_CURRENT, True, "00 0044 01", {"result": 0, "mask": 0x44, "values": padded("01", 29)}),
]

# Where an extended message differs.
EXTENDED: list[tuple[Action, bool, str, Fields]] = [
    (Action.CREATE, True, "07", {"result": 7}),
    (Action.CREATE, True, "03 8000", {"result": 3, "execution_mask": 0x8000}),
    (Action.SET, True, "00", {"result": 0}),
    (Action.SET, True, "09 0040 8000", {"result": 9, "unsupported": 0x40, "failed": 0x8000}),
    (
        Action.GET,
        True,
        "09 0040 0037 0000 d56a",
        {"result": 9, "mask": 0x40, "unsupported": 0x37, "failed": 0, "values": b"\xd5\x6a"},
    ),
    (Action.GET_NEXT, True, "00 0400 0803", {"result": 0, "mask": 0x400, "octets": b"\x08\x03"}),
    (Action.ALARM, False, "82".ljust(56, "0") + "07", {"bitmap": padded("82", 28), "sequence": 7}),
    (Action.SET_TABLE, False, "0400 0102", {"mask": 0x400, "values": b"\x01\x02"}),
    (Action.SET_TABLE, True, "03", {"result": 3}),
    (Action.START_DOWNLOAD, True, "06", {"result": 6, "results": b""}),
    (Action.DELETE, True, "00 ff", {"result": 0, "rest": b"\xff"}),
]


@pytest.mark.parametrize(("action", "answers", "octets", "fields"), BASELINE)
def test_a_baseline_message_is_read_and_written(action: Action, answers: bool, octets: str, fields: Fields) -> None:
    assert said(action, octets, answers=answers) == fields
    assert contents(action, fields, answers=answers) == padded(octets, 32)


@pytest.mark.parametrize(("action", "answers", "octets", "fields"), EXTENDED)
def test_an_extended_message_is_read_and_written(action: Action, answers: bool, octets: str, fields: Fields) -> None:
    assert said(action, octets, answers=answers, is_extended=True) == fields
    assert contents(action, fields, answers=answers, is_extended=True) == bytes.fromhex(octets)


def test_every_message_is_among_these() -> None:
    assert {(action, answers) for action, answers, *_ in [*BASELINE, *EXTENDED]} == set(TABLE)
    assert set(NAMES) == set(Action) == {action for action, _ in TABLE}


@pytest.mark.parametrize(("action", "answers", "is_extended"), EVERY)
def test_any_contents_of_any_message_are_written_again_to_the_same_octets(
    action: Action, answers: bool, is_extended: bool
) -> None:
    for octets in (bytes(range(64)), b"\xff" * 64, bytes(64)):
        whole = octets[: 64 if is_extended else 32]
        fields = read(frame(action, whole, answers=answers, is_extended=is_extended))
        assert contents(action, fields, answers=answers, is_extended=is_extended) == whole


def test_an_answer_to_get_that_does_not_fail_may_fill_the_room_of_the_masks_with_values() -> None:
    values = said(Action.GET, "00 f000" + "11" * 29, answers=True)["values"]
    assert values == b"\x11" * 29


def test_a_message_has_a_name() -> None:
    assert [
        name_of(frame(Action.MIB_UPLOAD_NEXT, b"", answers=True)),
        name_of(frame(Action.GET, b"")),
        name_of(frame(Action.ALARM, b"")),
        name_of(frame(5, b"")),
    ] == ["MIB Upload Next Response", "Get Request", "Alarm Notification", "Unknown 5"]


@pytest.mark.parametrize("action", [0, 1, 2, 3, 5, 7, 10, 30, 31])
def test_a_type_that_no_message_has_is_refused(action: int) -> None:
    with pytest.raises(NotAFrame, match=f"no message of type {action}"):
        read(frame(action, b""))


@pytest.mark.parametrize("kind", [0x69, 0x50, 0x51, 0x30, 0x3B, 0x5D, 0x3D])
def test_flags_that_its_message_cannot_have_are_refused(kind: int) -> None:
    with pytest.raises(NotAFrame):
        read(parse(bytes([0, 1, kind, 0x0A]) + bytes(36)))


@pytest.mark.parametrize(
    ("action", "answers", "octets", "what"),
    [
        (Action.GET, False, "ff", "mask take 2"),
        (Action.SET, True, "", "result, unsupported, failed"),
        (Action.ALARM, False, "00" * 28, "bitmap, sequence take 29"),
    ],
)
def test_extended_contents_too_short_for_their_message_are_refused(
    action: Action, answers: bool, octets: str, what: str
) -> None:
    with pytest.raises(NotAFrame, match=what):
        said(action, octets, answers=answers, is_extended=True)


@pytest.mark.parametrize(
    ("action", "fields", "what"),
    [
        (Action.GET, {"sequence": 1}, "Get has no sequence; it has mask"),
        (Action.DELETE, {"mask": 1}, "Delete has no mask; it has nothing"),
        (Action.GET, {"mask": 0x10000}, "mask"),
        (Action.SET, {"mask": 1, "values": bytes(31)}, "33 octets"),
        (Action.SET, {"mask": 1, "values": 7}, "octets"),
    ],
)
def test_fields_that_do_not_fit_are_refused(action: Action, fields: Fields, what: str) -> None:
    with pytest.raises(NotAFrame, match=what):
        contents(action, fields)
