"""Every frame of other devices and programs: it is read as its source says, and written again to the same octets."""

from collections.abc import Callable
from typing import Any

import pytest

from backends.omci import hex_text
from backends.omci.composing import composed
from backends.omci.documents import decoded
from backends.omci.entities import entity
from backends.omci.frames import parse
from backends.omci.messages import read
from tests.backends.omci.vectors import sample, vectors

# What is really broken, by the word of the other decoder too: its length, or contents too short for its message.
BROKEN = {154, 162, 742, 750, 754, 760, 764, 766, 770, 796, 798, 800}

# What the other decoder refuses or calls unknown, and we read. It errs:
OTHER_ERRED: dict[str, set[int]] = {
    # a command may have transaction 0, as a laboratory's may; only notifications have to
    "omci Transaction ID is zero for non-Notification type message": {102, 106, 110, 112, 120, 128, 130, 138},
    # G.988 wants 40 in the length field; devices leave it zero or wrong, and the frame says all the same
    "invalid baseline message length": {20, 22, 24, 116},
    # requests that want no acknowledgement are rare, not unknown
    "unknown/unsupported message type": {32, 34, 36, 38, 40},
    # a table is uploaded as the four octets of its size
    "unsupported Message Type 'MIB Upload Next/0x2e' for table decode": {428},
    # an ONU may have classes of its own, and say what became of a Set
    "managed entity does not support the Set Message-Type": {18},
    # the octets are told; whether the attribute is writable is for the ONU to answer
    "attribute 'ReceivedFrameVlanTaggingOperationTableMaxSize' does not support write access": {802},
}

# An extended answer to Set of one octet, which is 3 (parameter error): the other decoder reads 0 past its end.
RESULT_MISREAD = 748

# Fields of the other decoder's messages, and what they are called here.
FIELDS = {
    "Result": "result",
    "AttributeMask": "mask",
    "AlarmSequenceNumber": "sequence",
    "NumberOfCommands": "commands",
    "CommandSequenceNumber": "sequence",
    "SequenceNumber": "sequence",
    "AlarmRetrievalMode": "mode",
    "RebootCondition": "condition",
    "WindowSize": "window",
    "ImageSize": "size",
    "CRC32": "crc",
    "SectionNumber": "section",
    "NumberOfInstances": "count",
    "NumberOfCircuitPacks": "count",
    "AttributeExecutionMask": "execution_mask",
    "UnsupportedAttributeMask": "unsupported",
    "FailedAttributeMask": "failed",
    "SuccessResults": "success",
    **{name: name.lower() for name in ("Year", "Month", "Day", "Hour", "Minute", "Second")},
}


def with_other() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each vector that the other decoder read, with what it says of the message."""
    return [(vector, vector["other_decoder"]["msg"]) for vector in vectors() if "msg" in vector["other_decoder"]]


def octets(vector: dict[str, Any]) -> bytes:
    return bytes.fromhex(vector["hex"])


def test_what_cannot_be_decoded_is_what_is_broken() -> None:
    assert {vector["id"] for vector in vectors() if "error" in decoded(octets(vector))} == BROKEN


def test_where_the_other_decoder_refused_and_we_did_not_it_erred() -> None:
    refused: dict[str, set[int]] = {}
    for vector in vectors():
        if "error" in vector["other_decoder"] and vector["id"] not in BROKEN:
            refused.setdefault(vector["other_decoder"]["error"], set()).add(vector["id"])
    assert refused == OTHER_ERRED


def test_every_head_is_read_as_its_source_states() -> None:
    for vector in vectors():
        facts, document = vector["facts"], decoded(octets(vector))
        if vector["id"] not in BROKEN:
            frame = parse(octets(vector))
            assert (frame.tci, frame.asks, frame.answers, frame.action) == tuple(
                facts[name] for name in ("tci", "ar", "ak", "mt")
            )
            assert (document["tci"], document["class"], document["instance"]) == (
                facts["tci"], facts["class"], facts["inst"],
            )  # fmt: skip
            assert document["device"] == {10: "baseline", 11: "extended"}[facts["dev"]]


def test_every_message_has_the_name_that_the_other_decoder_gives_it() -> None:
    for vector, _ in with_other():
        assert decoded(octets(vector))["type"] == vector["other_decoder"]["omci"]["type"], vector["id"]


def test_every_field_that_the_other_decoder_names_has_its_value() -> None:
    compared = 0
    for vector, message in with_other():
        fields = read(parse(octets(vector)))
        for name, value in message.items():
            if name == "Result" and vector["id"] == RESULT_MISREAD:
                assert (fields["result"], value) == (3, 0)
            elif name in FIELDS:
                assert fields.get(FIELDS[name], 0) == value, (vector["id"], name)
                compared += 1
    assert compared > 150


def test_every_attribute_that_the_other_decoder_names_has_its_octets() -> None:
    compared = 0
    for vector, message in with_other():
        frame = parse(octets(vector))
        told = decoded(octets(vector))["attributes"]
        known = entity(frame.class_id)
        for name, value in message.get("Attributes", {}).items():
            if name == "ManagedEntityId":  # never among the values: it is the frame's instance
                assert value == frame.instance
                continue
            if known is None:
                assert all(each.startswith("0x") for each in told), "of a class that is not known here all stays octets"
                continue
            attribute = known.named(name)
            assert attribute is not None
            ours = told[attribute.name]
            if attribute.is_table:
                assert bytes.fromhex(ours).hex().startswith(value)
                continue
            # It takes signed numbers for unsigned (an optical level of -21.8 dBm is 54634 to it): the octets agree.
            theirs = bytes.fromhex(value) if isinstance(value, str) else value.to_bytes(attribute.size)
            assert attribute.octets(ours) == theirs, (vector["id"], name)
            compared += 1
    assert compared > 50


def test_every_upload_is_of_the_entity_that_its_source_states() -> None:
    uploads = [vector for vector in vectors() if "upl_class" in vector["facts"]]
    assert len(uploads) > 250
    for vector in uploads:
        fields, facts = read(parse(octets(vector))), vector["facts"]
        told = bytes.fromhex(decoded(octets(vector)).get("rest", "")) or fields["entities"]
        assert isinstance(told, bytes)
        head = [int.from_bytes(told[at : at + 2]) for at in (0, 2, 4)]
        assert head == [facts["upl_class"], facts["upl_inst"], facts["upl_mask"]]
        (entity_told,) = decoded(octets(vector))["entities"]
        assert (entity_told["class"], entity_told["instance"]) == (facts["upl_class"], facts["upl_inst"])


def test_a_trailer_is_what_its_source_states() -> None:
    words = {"absent": "none", "zero": "zero", "crc32-i363.5 ok": "crc32", "neither (foreign key or dummy)": "other"}
    for vector in vectors():
        if vector["id"] not in BROKEN and vector["trailer"] in words:
            assert decoded(octets(vector))["trailer"] == words[vector["trailer"]], vector["id"]


@pytest.mark.parametrize("back", [lambda told: parse(told).to_bytes(), lambda told: composed(decoded(told)).to_bytes()])
def test_every_frame_is_written_again_to_the_same_octets(back: Callable[[bytes], bytes]) -> None:
    for vector in vectors():
        if vector["id"] not in BROKEN:
            assert back(octets(vector)).hex() == vector["hex"], vector["id"]


def test_a_broken_baseline_frame_of_39_octets_is_named_with_its_octets() -> None:
    vector = next(each for each in vectors() if each["id"] == 154)
    assert decoded(octets(vector)) == {
        "error": "a baseline frame has 40, 44 or 48 octets; these are 39", "octets": vector["hex"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("log", "messages"),
    [
        ("bcm68380-omcid-log.txt", ["Get Request", "Get Response"] * 2),
        ("nokia-omcimsg.txt", ["Get Request", "Get Response"] * 2),
        ("rtl9601ci-omcilog-raw.txt", ["Get Request", "Get Response"]),
        ("rtl9601ci-console-hexdump.txt", ["Alarm Notification"] * 2),
    ],
)
def test_the_frames_of_a_real_log_are_found_and_read(log: str, messages: list[str]) -> None:
    frames = list(hex_text.frames(sample(log).splitlines()))
    assert [decoded(frame)["type"] for frame in frames] == messages
    assert all(decoded(frame)["trailer"] in ("crc32", "zero", "none") for frame in frames)
