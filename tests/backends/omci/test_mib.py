"""What an ONU tells in many messages comes together: uploads by class and instance, tables, alarms."""

import pytest

from backends.omci.entities import entity
from backends.omci.frames import Frame, NotAFrame, parse
from backends.omci.messages import Fields
from backends.omci.mib import Held, Mib, Report, Table, alarm_reports, cut, reports


def baseline(kind: str, text: str) -> Frame:
    octets = bytes.fromhex(text)
    return parse(bytes.fromhex(f"0001{kind}0a00020000") + octets.ljust(32, b"\0"))


def extended(kind: str, text: str) -> Frame:
    octets = bytes.fromhex(text)
    return parse(bytes.fromhex(f"0001{kind}0b00020000") + len(octets).to_bytes(2) + octets)


def test_a_baseline_answer_tells_of_one_entity() -> None:
    (report,) = reports(baseline("2e", "0089 0000 c000 ffff 0001"))
    assert (report.class_id, report.instance, report.mask) == (137, 0, 0xC000)
    assert report.cut().octets == {1: b"\xff\xff", 2: b"\0\1"}


def test_past_the_end_there_is_none() -> None:
    assert reports(baseline("2e", "")) == []
    assert reports(extended("2e", "")) == []


def test_a_second_entity_behind_the_first_is_found_as_a_simulator_packs_it() -> None:
    first, second = reports(baseline("2e", "0002 0000 8000 2a" + "0089 0001 c000 0002 0003"))
    assert (first.class_id, first.values) == (2, b"\x2a")
    assert (second.class_id, second.instance, second.cut().octets) == (137, 1, {1: b"\0\2", 2: b"\0\3"})


@pytest.mark.parametrize("rest", ["ff" * 10, "01f4 0001 8000 01", "0100 0000 e000 4142", "00" * 19 + "20"])
def test_what_a_device_leaves_in_its_buffer_is_no_second_entity(rest: str) -> None:
    (report,) = reports(baseline("2e", "0002 0000 8000 2a" + rest))
    assert report.cut().octets == {1: b"\x2a"}


def test_an_extended_answer_tells_of_several() -> None:
    told = reports(
        extended("2e", "0001 0002 0000 8000 2a" + "0004 0089 0001 c000 0002 0003" + "0002 01f4 0007 c000 beef")
    )
    assert [(one.class_id, one.instance, one.values.hex()) for one in told] == [
        (2, 0, "2a"), (137, 1, "00020003"), (500, 7, "beef"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["0001 0002 0000 8000", "0001 0002", "00"])
def test_an_extended_answer_that_ends_too_soon_is_refused(text: str) -> None:
    with pytest.raises(NotAFrame):
        reports(extended("2e", text))


@pytest.mark.parametrize("asked", [reports, alarm_reports])
def test_another_message_is_refused(asked: object) -> None:
    assert callable(asked)
    with pytest.raises(NotAFrame):
        asked(baseline("29", ""))


def test_entities_with_alarms_come_with_their_bitmaps() -> None:
    one, other = "000b 0101" + "80".ljust(56, "0"), "0107 8001" + "20".ljust(56, "0")
    assert alarm_reports(baseline("2c", one)) == [(11, 0x101, b"\x80" + bytes(27))]
    assert [told[:2] for told in alarm_reports(extended("2c", one + other))] == [(11, 0x101), (263, 0x8001)]
    assert alarm_reports(baseline("2c", "")) == []


def test_half_an_entity_with_alarms_is_refused() -> None:
    with pytest.raises(NotAFrame, match="33 octets"):
        alarm_reports(extended("2c", "00" * 33))


def test_what_several_answers_say_of_an_entity_is_put_together() -> None:
    mib = Mib()
    for text in (
        "0100 0000 8000 4142 4344",
        "0100 0000 2000 4142 4344 0001 0203",
        "0101 0000 0040 0000 1000",
        "0100 0000 8000 5758 595a",  # said anew
        "01f4 0001 c000 beef",
    ):
        for report in reports(baseline("2e", text)):
            mib.take(report)
    assert mib.entities[256, 0] == Held({1: b"WXYZ", 3: b"ABCD\0\1\2\3"})
    assert mib.entities[257, 0] == Held({10: b"\0\0\x10\0"})
    assert mib.entities[500, 1] == Held({}, {0xC000: bytes.fromhex("beef").ljust(26, b"\0")})


def test_of_a_class_that_is_not_known_all_stays_octets() -> None:
    assert cut(None, 0xC000, b"\1\2").rest == b"\1\2"
    assert cut(entity(2), 0x8000, b"\1").octets == {1: b"\1"}
    assert Report(500, 1, 0xC000, b"\1\2").cut().mask == 0xC000


def part(text: str) -> Fields:
    return {"result": 0, "mask": 0x2000, "octets": bytes.fromhex(text)}


@pytest.mark.parametrize(("size", "asks"), [(0, 0), (1, 1), (29, 1), (30, 2), (58, 2), (59, 3)])
def test_a_table_takes_as_many_asks_as_it_has_parts_of_29_octets(size: int, asks: int) -> None:
    assert Table(size).asks == asks


def test_a_table_is_whole_when_its_size_has_come_and_padding_does_not_belong_to_it() -> None:
    table = Table(32)
    assert table.take(part("11" * 29)) is None
    assert table.take(part("22" * 3 + "00" * 26)) == b"\x11" * 29 + b"\x22" * 3


@pytest.mark.parametrize("fields", [{"result": 5}, part("")])
def test_an_answer_without_octets_is_no_part_of_a_table(fields: Fields) -> None:
    with pytest.raises(NotAFrame):
        Table(32).take(fields)
