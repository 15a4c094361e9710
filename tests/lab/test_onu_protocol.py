"""The lab ONU's answers, read by the agent's own reading of OMCI, and by its octets."""

import random
import struct

import pytest

from agent.lab.onu_classes import kinds
from agent.lab.onu_frames import Message
from agent.lab.onu_mib import ANI, ANI_G, VEIP_INSTANCE, Mib
from agent.lab.onu_protocol import Protocol
from backends.omci.documents import decoded


@pytest.fixture
def onu() -> Protocol:
    return Protocol(Mib(0.0))


def ask(onu: Protocol, kind: int, number: int, instance: int, body: bytes = b"", **more: bool) -> bytes:
    answer = onu.answer(Message(1, kind, number, instance, body, 0x40, **more), 10.0)
    assert answer is not None
    assert "error" not in decoded(answer.octets())
    return answer.body


def test_a_get_tells_result_mask_and_values(onu: Protocol) -> None:
    assert ask(onu, 9, 256, 0, b"\x80\0").rstrip(b"\0") == b"\0\x80\0LABO"


def test_what_does_not_fit_an_answer_is_left_out_with_a_parameter_error(onu: Protocol) -> None:
    body = ask(onu, 9, 256, 0, b"\xe0\0")  # 4 + 14 + 8 octets
    assert body[:3] == b"\x03\xc0\0"


def test_what_it_does_not_have_is_named_behind_the_values(onu: Protocol) -> None:
    body = ask(onu, 9, 340, VEIP_INSTANCE, b"\xf0\0")
    assert body[:3] == b"\x09\xe0\0"
    assert body[28:] == b"\x10\0\0\0"


@pytest.mark.parametrize(("number", "instance", "result"), [(9999, 0, 4), (340, 7, 5)])
def test_what_is_not_there_is_refused(onu: Protocol, number: int, instance: int, result: int) -> None:
    assert ask(onu, 9, number, instance, b"\x80\0") == bytes([result])


def test_a_table_is_told_by_its_size_and_read_in_parts_of_29(onu: Protocol) -> None:
    size = int.from_bytes(ask(onu, 9, 287, 0, b"\x80\0")[3:7])
    parts = [ask(onu, 26, 287, 0, struct.pack(">HH", 0x8000, at))[3:] for at in range(-(-size // 29))]
    assert len(b"".join(parts)) == size
    assert b"".join(parts)[:4] == b"\0\x02\0\x05"
    assert ask(onu, 26, 287, 0, struct.pack(">HH", 0x8000, 99)) == b"\x03"


def test_an_extended_get_has_its_masks_before_the_values_and_room_for_all(onu: Protocol) -> None:
    body = ask(onu, 9, 256, 0, b"\xe0\x08", is_extended=True)
    assert body[:7] == b"\x09\xe0\0\0\x08\0\0"
    assert body[7:11] == b"LABO"


@pytest.mark.parametrize("is_extended", [False, True])
def test_an_upload_is_a_picture_of_all_told_answer_by_answer(onu: Protocol, is_extended: bool) -> None:
    (count,) = struct.unpack_from(">H", ask(onu, 13, 2, 0, is_extended=is_extended))
    classes = set()
    for at in range(count):
        answer = onu.answer(Message(at + 9, 14, 2, 0, struct.pack(">H", at), 0x40, is_extended), 0.0)
        assert answer is not None
        told = decoded(answer.octets())
        classes |= {each["class"] for each in told["entities"]}
    assert {256, 257, 263, 340, 329, 11, 7} <= classes
    assert (count == 1) == is_extended
    assert ask(onu, 14, 2, 0, b"\xff\xff") == b""


def test_a_command_that_is_repeated_is_answered_from_memory(onu: Protocol) -> None:
    create = Message(5, 4, 137, 0x8000, bytes(4), 0x40)
    first, second = onu.answer(create, 0.0), onu.answer(create, 0.0)
    assert first == second
    assert first is not None
    assert first.body == b"\0"
    assert ask(onu, 4, 137, 0x8000, bytes(4)) == b"\x07"


def test_current_data_differ_from_those_of_the_last_interval(onu: Protocol) -> None:
    ask(onu, 4, 312, ANI, b"\xff\xff")
    onu.mib.tick(5.0)
    assert int.from_bytes(ask(onu, 28, 312, ANI, b"\x10\0")[3:7]) == 40
    assert int.from_bytes(ask(onu, 9, 312, ANI, b"\x10\0")[3:7]) == 0
    assert ask(onu, 28, 263, ANI, b"\x80\0") == b"\x02"


def test_alarms_are_numbered_from_1_to_255_and_from_1_again(onu: Protocol) -> None:
    numbers = [onu.alarm(ANI_G, ANI, bytes(28)).octets()[39] for _ in range(257)]
    assert numbers[0] == 1
    assert numbers[254:] == [255, 1, 2]


def test_all_alarms_are_told_entity_by_entity(onu: Protocol) -> None:
    onu.mib.alarm(ANI_G, ANI, [2], is_on=True)
    assert ask(onu, 11, 2, 0, b"\0")[:2] == b"\0\x01"
    assert ask(onu, 12, 2, 0, b"\0\0")[:5] == b"\x01\x07\x80\x01\x20"


def test_what_wants_no_answer_and_what_is_unknown(onu: Protocol) -> None:
    assert onu.answer(Message(0, 16, 263, ANI), 0.0) is None
    assert ask(onu, 18, 263, ANI) == b"\x02"
    assert ask(onu, 9, 263, ANI, b"", is_extended=True) == b"\x03" + bytes(6)
    assert ask(onu, 24, 256, 0, bytes(7))[:1] == b"\0"


def test_a_notification_tells_the_new_value(onu: Protocol) -> None:
    told = decoded(onu.avc(340, VEIP_INSTANCE, 0x8000, 0.0).octets())
    assert (told["type"], told["tci"]) == ("Attribute Value Change", 0)
    assert set(told["attributes"]) == {"AdministrativeState"}


def test_random_commands_are_answered_or_ignored_and_break_nothing(onu: Protocol) -> None:
    chance = random.Random(2)
    classes = [*kinds(), 9999]
    for number in range(5000):
        body = chance.randbytes(chance.choice([0, 1, 2, 4, 32]))
        is_extended = chance.random() < 0.3
        body = body if is_extended else body.ljust(32, b"\0")
        instance = chance.choice([0, 1, ANI, VEIP_INSTANCE, 0x0101])
        asked = Message(number, chance.randrange(32), chance.choice(classes), instance, body, 0x40, is_extended)
        answer = onu.answer(asked, float(number))
        assert answer is not None
        assert len(answer.octets()) == (14 + len(answer.body) if is_extended else 48)
        onu.mib.tick(float(number))
