"""Frames on a line of octets: cut anywhere, merged, doubled, with noise between them, and spoilt at every octet."""

import random

import pytest

from backends.omci.codecs import CODECS, MOST, Codec, Hdlc, HexLine, Raw48, Slip, fcs16
from backends.omci.frames import parse
from backends.omci.trailers import RESIDUE, Trailer, register

CODEC = pytest.mark.parametrize("name", CODECS)
GET = bytes.fromhex("8001490a00020000" + "8000" + "00" * 30 + "00000028" + "c0cbc482")


def frame(number: int) -> bytes:
    """A baseline frame with a CRC; its contents hold what codecs escape."""
    head = number.to_bytes(2) + bytes.fromhex("290a00020000")
    octets = head + bytes([0x7E, 0x7D, 0xC0, 0xDB, 0x0A, 0x0D, number & 0xFF]).ljust(32, b"\x0a")
    return Trailer("crc32").finish(parse(octets)).to_bytes()


FRAMES = [frame(number) for number in range(1, 6)]


def wrapped(name: str, frames: list[bytes] = FRAMES) -> bytes:
    return b"".join(CODECS[name]().wrapped(each) for each in frames)


def believed(found: list[bytes]) -> list[bytes]:
    """Those whose CRC is right, as a line that needs it takes them."""
    return [each for each in found if len(each) == 48 and each[3] == 0x0A and register(each) == RESIDUE]


def test_hdlc_is_that_of_rfc_1662() -> None:
    assert Hdlc().wrapped(b"\x01\x7e\x02\x7d") == b"\x7e\x01\x7d\x5e\x02\x7d\x5d" + b"\x74\xeb" + b"\x7e"
    assert fcs16(b"123456789") ^ 0xFFFF == 0x906E  # CRC-16/X-25
    assert Hdlc().feed(b"\x7e\x7e\x01\x7d\x5e\x02\x7d\x5d\x74\xeb\x7e") == [b"\x01\x7e\x02\x7d"]


def test_slip_is_that_of_rfc_1055() -> None:
    assert Slip().wrapped(b"\x01\xc0\x02\xdb") == b"\xc0\x01\xdb\xdc\x02\xdb\xdd\xc0"
    assert Slip().feed(b"\x01\xdb\xdc\x02\xdb\xdd\xc0") == [b"\x01\xc0\x02\xdb"]


def test_a_hexadecimal_line_may_have_anything_before_the_digits() -> None:
    assert HexLine().wrapped(b"\x80\x01") == b"8001\n"
    assert HexLine().feed(b"[12.5] omci rx: " + GET.hex(" ").encode() + b" \r\nRTK.0> \n") == [GET]


def test_raw_frames_are_48_octets_of_baseline() -> None:
    assert Raw48().wrapped(GET) == GET
    for other in (GET[:44], bytes.fromhex("8129490b008980000002c000")):
        with pytest.raises(ValueError, match="48 octets"):
            Raw48().wrapped(other)


@CODEC
def test_frames_that_come_together_come_apart(name: str) -> None:
    assert CODECS[name]().feed(wrapped(name)) == FRAMES


@CODEC
def test_frames_that_come_octet_by_octet_come_whole(name: str) -> None:
    codec = CODECS[name]()
    assert [found for octet in wrapped(name) for found in codec.feed(bytes([octet]))] == FRAMES


@CODEC
def test_frames_that_come_twice_come_twice(name: str) -> None:
    assert CODECS[name]().feed(wrapped(name, [GET, GET])) == [GET, GET]


@CODEC
def test_noise_between_frames_costs_none_that_comes_after_two_of_them(name: str) -> None:
    chance = random.Random(3)
    for _ in range(200):
        noise = [chance.randbytes(chance.randrange(70)) for _ in FRAMES]
        octets = b"".join(each + CODECS[name]().wrapped(one) for each, one in zip(noise, FRAMES, strict=True))
        codec = CODECS[name]()
        codec.feed(noise[0])
        found = believed(codec.feed(octets))
        assert found == [each for each in FRAMES if each in found], "nothing else, and in their order"
        quiet = believed(codec.feed(wrapped(name)))
        assert quiet[-3:] == FRAMES[2:], "within two frames it has found its way back"


@CODEC
@pytest.mark.parametrize("change", ["flip", "drop", "double"])
def test_one_octet_spoilt_anywhere_costs_two_frames_at_most(name: str, change: str) -> None:
    octets = wrapped(name)
    for at in range(len(octets)):
        middle = {"flip": bytes([octets[at] ^ 0x55]), "drop": b"", "double": octets[at : at + 1] * 2}[change]
        found = believed(CODECS[name]().feed(octets[:at] + middle + octets[at + 1 :]))
        assert len(found) >= len(FRAMES) - 2
        assert found == [each for each in FRAMES if each in found]


@CODEC
def test_a_line_that_never_ends_a_frame_is_not_kept(name: str) -> None:
    codec: Codec = CODECS[name]()
    for _ in range(200):
        assert codec.feed(b"\x0a\x11" * 4 if name == "raw48" else b"\x11" * 1000) == []
    assert len(codec._kept) <= MOST + 1  # type: ignore[attr-defined]
    codec.feed(wrapped(name))
    assert believed(codec.feed(wrapped(name)))[-3:] == FRAMES[2:]


@pytest.mark.parametrize("octets", [b"\x7e\x01\x02\x7d\x7e", b"\x7e\x01\x02\x7e", b"\x7e\x7e\x7e", b"\x7e\xf1\xe0\x7e"])
def test_hdlc_gives_nothing_for_what_was_aborted_or_spoilt(octets: bytes) -> None:
    assert Hdlc().feed(octets) == []


def test_slip_gives_nothing_for_an_escape_that_is_none() -> None:
    assert Slip().feed(b"\x01\xdb\x02\xc0\x01\xdb\xc0") == []


def test_a_raw_line_may_be_told_by_what_its_frames_are_known() -> None:
    zeros = GET[:44] + bytes(4)
    assert Raw48().feed(zeros) == []
    assert Raw48(lambda octets: octets.endswith(bytes(4))).feed(b"\x0a" * 5 + zeros) == [zeros]


@pytest.mark.slow
@CODEC
def test_noise_of_a_megabyte_leaves_nothing_behind(name: str) -> None:
    chance = random.Random(11)
    codec: Codec = CODECS[name]()
    for _ in range(1000):
        codec.feed(chance.randbytes(1000))
        assert len(codec._kept) <= MOST + 1  # type: ignore[attr-defined]
