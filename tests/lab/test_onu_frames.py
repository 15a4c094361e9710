"""The lab's frames and codecs: against the standard's check values, and against the agent's, which others wrote."""

import pytest

from agent.lab.onu_frames import CODECS, Message, codec, crc32, read
from backends.omci import codecs as others
from backends.omci.frames import parse
from backends.omci.trailers import Trailer

FRAME = Message(0x8001, 9, 256, 0, b"\xe0\0", 0x40)


def test_the_crc_is_aal5_s() -> None:
    assert crc32(b"123456789") == 0xFC891918


def test_a_frame_of_a_real_olt_is_made_octet_by_octet() -> None:
    assert Message(0x8001, 9, 2, 0, b"\x80\0", 0x40).octets().hex() == "8001490a00020000" + "80" + "00" * 31 + (
        "00000028c0cbc482"
    )


@pytest.mark.parametrize("is_extended", [False, True])
def test_the_agent_reads_what_the_lab_writes(is_extended: bool) -> None:
    message = Message(7, 9, 263, 0x8001, b"\0\x40", 0x20, is_extended)
    frame = parse(message.octets())
    assert (frame.tci, frame.action, frame.class_id, frame.instance, frame.answers) == (7, 9, 263, 0x8001, True)
    assert Trailer("crc32").accepts(frame)
    assert read(frame.to_bytes()) == (
        message if is_extended else Message(7, 9, 263, 0x8001, message.body.ljust(32, b"\0"), 0x20)
    )


@pytest.mark.parametrize("trailer", ["crc32", "zero", "none"])
def test_each_trailer_is_written_and_read(trailer: str) -> None:
    octets = FRAME.octets(trailer)
    assert len(octets) == (44 if trailer == "none" else 48)
    assert read(octets) is not None
    assert read(octets[:40]) is not None


@pytest.mark.parametrize("octets", [b"", b"x" * 48, FRAME.octets()[:47], FRAME.octets()[:-1] + b"\x01"])
def test_what_is_no_frame_is_none(octets: bytes) -> None:
    assert read(octets) is None


@pytest.mark.parametrize("name", CODECS)
def test_each_codec_s_frames_go_to_the_agent_and_back_also_behind_noise(name: str) -> None:
    frames = [
        Message(number, 9, 0x7E7D, 0xC0DB, bytes(range(number, number + 32)), 0x40).octets() for number in range(9)
    ]
    lab, agent = codec(name), others.CODECS[name]()
    assert [frame for sent in frames for frame in agent.feed(lab.put(sent))] == frames
    noise = bytes([0x7E, 0xC0]) + b"\r\nnoise\r\n" if name != "raw48" else b"noise"
    assert [frame for sent in frames for frame in lab.take(noise + agent.wrapped(sent)) if len(frame) == 48] == frames


@pytest.mark.parametrize("name", CODECS)
def test_frames_that_come_octet_by_octet_are_whole_in_the_end(name: str) -> None:
    lab = codec(name)
    sent = lab.put(FRAME.octets())
    assert [frame for octet in sent for frame in lab.take(bytes([octet]))] == [FRAME.octets()]
