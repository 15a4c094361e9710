"""Frames as they stand in logs, dumps and arguments."""

import pytest

from backends.omci.hex_text import frames, octets

GET = "8001490a00020000800000000000000000000000000000000000000000000000000000000000000000000028c0cbc482"
SPACED = " ".join(GET[at : at + 2].upper() for at in range(0, len(GET), 2))


@pytest.mark.parametrize("text", ["80014a", "80 01 4A", "80:01:4a", "0x80014a", "0x80, 0x01, 0x4a", " 8001 4a\n"])
def test_octets_may_be_written_in_many_ways(text: str) -> None:
    assert octets(text) == b"\x80\x01\x4a"


@pytest.mark.parametrize("text", ["8", "zz", "80-01", "80 1"])
def test_what_is_no_octets_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"non-hexadecimal|odd"):
        octets(text)


@pytest.mark.parametrize(
    "line",
    [
        GET,
        SPACED + " ",
        f"0000000749.0185510029:omci capture:{GET}",
        f"OMCI_RX#   1@   1m:58s: 437ms-{SPACED}",
        f"[ 1234.567890] omci: rx 0x{GET}",
    ],
)
def test_the_frame_of_a_line_is_found_whatever_stands_before_it(line: str) -> None:
    assert [frame.hex() for frame in frames([line])] == [GET]


def test_lines_without_a_frame_are_passed_over() -> None:
    assert (
        list(frames(["", "admin@SFP:~# onu ploamsg", "errorcode=0 curr_state=5", "dead beef", "RTK.0> command:"])) == []
    )


def test_the_rows_of_a_dump_are_one_frame_and_another_line_ends_it() -> None:
    dump = [
        "Message Type <0x10> : DB <0x00>, AR <0x00>, AK <0x00>, MT <16> <Alarm>",
        "",
        "0x0000:   80 01 49 0A 00 02 00 00   ",
        "0x0000:   80 00 00 00 00 00 00 00   00 00 00 00 00 00 00 00   ",
        "0x0010:   00 00 00 00 00 00 00 00   00 00 00 00 00 00 00 00   ",
        "0x0000:   00 00 00 28 C0 CB C4 82   ",
        "",
        "0x0000:   01 02",
    ]
    assert [frame.hex() for frame in frames(dump)] == [GET]
    assert [frame.hex() for frame in frames(dump[:6])] == [GET]
