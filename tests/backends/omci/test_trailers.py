"""CRC and MIC: those of real devices and of the standard's example, and what a link's setting makes and demands."""

import pytest

from backends.omci.cmac import cmac
from backends.omci.frames import Frame, parse
from backends.omci.trailers import RESIDUE, Trailer, crc32, kind, mic, register

GET = bytes.fromhex("8001490a00020000" + "8000" + "00" * 30 + "00000028" + "c0cbc482")
ALARM = bytes.fromhex("0000100a000b0401" + "80" + "00" * 30 + "01" + "00000028" + "651ad04f")
SYNC = bytes.fromhex("803e290a00020000" + "008000" + "2a" + "00" * 28 + "00000028" + "b231ee59")

KEY = bytes.fromhex("184b8ad4d1ac4af4dd4b339ecc0d3370")
EXAMPLE = bytes.fromhex("8000490a01000000" + "0080" + "00" * 30 + "00000028" + "78dca53d")


def test_the_crc_is_that_of_i_363_5_and_not_zlib_s() -> None:
    assert crc32(b"123456789") == 0xFC891918


@pytest.mark.parametrize("frame", [GET, ALARM, SYNC])
def test_frames_of_real_devices_have_the_crc_that_we_compute(frame: bytes) -> None:
    assert crc32(frame[:44]) == int.from_bytes(frame[44:])
    assert register(frame) == RESIDUE
    assert kind(parse(frame)) == "crc32"


def test_one_flipped_bit_anywhere_is_noticed() -> None:
    for bit in range(48 * 8):
        spoiled = (int.from_bytes(GET) ^ 1 << bit).to_bytes(48)
        assert register(spoiled) != RESIDUE


def test_the_standard_s_worked_example_has_the_mic_that_we_compute() -> None:
    assert mic(parse(EXAMPLE), cmac(KEY)) == bytes.fromhex("78dca53d")
    assert kind(parse(EXAMPLE), cmac(KEY)) == "cmac"
    assert kind(parse(EXAMPLE)) == "other"  # without the key nobody can tell


def test_the_direction_is_part_of_what_a_mic_covers() -> None:
    asked = parse(EXAMPLE)
    answer = parse(EXAMPLE[:2] + b"\x29" + EXAMPLE[3:44])
    assert mic(answer, lambda octets: octets[:16]) == b"\x02\x80\x00\x29"
    assert mic(asked, lambda octets: octets[:16]) == b"\x01\x80\x00\x49"


def test_the_mic_of_an_extended_frame_covers_head_and_contents() -> None:
    covered: list[bytes] = []
    octets = bytes.fromhex("8129490b008980000002c000")

    def note(given: bytes) -> bytes:
        covered.append(given)
        return bytes(16)

    mic(parse(octets), note)
    assert covered == [b"\x01" + octets]


@pytest.mark.parametrize(
    ("policy", "made"),
    [("crc32", GET), ("ignore", GET), ("zero", GET[:44] + bytes(4)), ("none", GET[:44])],
)
def test_a_link_s_frames_end_as_its_setting_says(policy: str, made: bytes) -> None:
    assert Trailer(policy).finish(parse(GET[:40])).to_bytes() == made


def test_a_link_with_a_key_makes_the_mic() -> None:
    assert Trailer("cmac", cmac(KEY)).finish(parse(EXAMPLE[:40])).to_bytes() == EXAMPLE


def test_extended_frames_end_in_four_octets_or_in_none() -> None:
    octets = bytes.fromhex("8129490b008980000002c000")
    frame = parse(octets)
    assert Trailer("none").finish(frame).to_bytes() == octets
    assert Trailer("zero").finish(frame).to_bytes() == octets + bytes(4)
    assert Trailer("crc32").finish(frame).to_bytes() == octets + crc32(octets).to_bytes(4)
    assert kind(Trailer("crc32").finish(frame)) == "crc32"


def spoiled(frame: bytes) -> Frame:
    return parse(frame[:-1] + bytes([frame[-1] ^ 1]))


def test_crc_and_mic_are_demanded_where_they_are_set_and_else_anything_is_accepted() -> None:
    assert Trailer("crc32").accepts(parse(GET))
    assert not Trailer("crc32").accepts(spoiled(GET))
    assert not Trailer("crc32").accepts(parse(GET[:44]))
    assert Trailer("cmac", cmac(KEY)).accepts(parse(EXAMPLE))
    assert not Trailer("cmac", cmac(KEY)).accepts(spoiled(EXAMPLE))
    assert all(Trailer(policy).accepts(spoiled(GET)) for policy in ("zero", "none", "ignore"))


@pytest.mark.parametrize("octets", [GET[:40], GET[:44]])
def test_a_frame_without_a_check_has_none(octets: bytes) -> None:
    assert kind(parse(octets)) == "none"


def test_zeros_are_zeros() -> None:
    assert kind(parse(GET[:44] + bytes(4))) == "zero"


def test_a_setting_that_no_link_has_is_refused() -> None:
    for policy, key in (("crc16", None), ("cmac", None), ("zero", cmac(KEY))):
        with pytest.raises(ValueError, match="crc32, zero, none, ignore, cmac"):
            Trailer(policy, key)
