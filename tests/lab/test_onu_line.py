"""The lab ONU's line: as slow as a real one, unplugged and back, stalled and spoilt."""

import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.lab.onu_line import SPOILS, PtyLine


@pytest.fixture
def line(tmp_path: Path) -> Iterator[PtyLine]:
    made = PtyLine(tmp_path / "tty", 115200)
    made.plug()
    yield made
    made.unplug()


def arrived(line: PtyLine, frames: list[bytes], now: float = 100.0) -> bytes:
    """What the far end has read once everything is through."""
    far = os.open(line.device, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
    for frame in frames:
        line.send(frame, now)
    line.flush(now + 10)
    heard = b""
    while select.select([far], [], [], 0.1)[0]:  # the kernel hands octets over in its own time
        heard += os.read(far, 4096)
    os.close(far)
    return heard


def test_octets_need_their_time_both_ways(line: PtyLine) -> None:
    line.send(bytes(1152), 10.0)
    assert line.due(10.0) == pytest.approx(64 / 11520)
    far = os.open(str(line.link), os.O_RDWR | os.O_NOCTTY)
    os.write(far, bytes(576))
    line.read(20.0)
    assert list(line.heard(20.049)) == []
    assert list(line.heard(20.051)) == [bytes(576)]
    os.close(far)


def test_a_stalled_line_sends_later(line: PtyLine) -> None:
    line.stall(50.0)
    line.send(b"late", 10.0)
    assert line.due(10.0) == 40.0
    line.flush(49.0)
    assert line.due(49.0) == 1.0


@pytest.mark.parametrize(
    ("how", "seen"),
    [("merge", [b"oneTWO", b"end"]), ("duplicate", [b"one", b"one", b"TWO", b"end"]), ("drop", [b"TWO", b"end"])],
)
def test_a_frame_is_spoilt_and_the_next_ones_are_not(line: PtyLine, how: str, seen: list[bytes]) -> None:
    line.spoil(how, 1)
    assert arrived(line, [b"one", b"TWO", b"end"]) == b"".join(seen)


def test_what_is_cut_is_shorter_what_is_corrupted_is_not(line: PtyLine) -> None:
    line.spoil("cut", 1)
    assert len(arrived(line, [bytes(40)])) < 40
    line.spoil("corrupt", 1)
    corrupted = arrived(line, [bytes(40)])
    assert len(corrupted) == 40
    assert sum(octet.bit_count() for octet in corrupted) == 1
    line.spoil("noise", 1)
    assert arrived(line, [b"frame"])[-5:] == b"frame"


def test_there_are_no_other_ways(line: PtyLine) -> None:
    for how in SPOILS:
        line.spoil(how, 0)
    with pytest.raises(ValueError, match="cut, merge"):
        line.spoil("burn", 1)


def test_unplugged_the_far_end_is_told_and_the_link_leads_to_the_next_device(line: PtyLine) -> None:
    far = os.open(line.device, os.O_RDWR | os.O_NOCTTY)
    line.unplug()
    with pytest.raises(OSError, match="Input/output"):
        os.write(far, b"x")
    assert line.link is not None
    assert not line.link.exists()
    line.read(0.0)
    line.send(b"into nothing", 0.0)
    line.flush(9.0)
    line.plug()
    assert os.readlink(line.link) == line.device
    os.close(far)
