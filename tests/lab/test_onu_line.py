"""The lab ONU's line: as slow as a real one, unplugged and back, stalled and spoilt."""

import os
import select
from collections.abc import Callable, Iterator
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


@pytest.mark.parametrize("dangling", ["/nowhere/at/all", "/dev/pts/99999", "/dev/pts/ptmx"])
def test_the_link_that_an_ended_one_left_is_taken_over(tmp_path: Path, dangling: str) -> None:
    link = tmp_path / "tty"
    link.symlink_to(dangling)
    line = PtyLine(link)
    line.plug()
    assert os.readlink(link) == line.device
    line.unplug()
    assert not link.is_symlink()


def _file(path: Path) -> None:
    path.write_text("dear to somebody")


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _link_to_a_file(path: Path) -> None:
    path.symlink_to(__file__)


@pytest.mark.parametrize(
    ("make", "why"), [(_file, "a file"), (Path.mkdir, "a directory"), (_fifo, "a device"), (_link_to_a_file, __file__)]
)
def test_what_else_stands_there_is_left_alone(tmp_path: Path, make: Callable[[Path], None], why: str) -> None:
    link = tmp_path / "tty"
    make(link)
    before = link.lstat()
    line = PtyLine(link)
    with pytest.raises(FileExistsError, match=why):
        line.plug()
    line.unplug()
    assert (link.lstat(), os.listdir(tmp_path)) == (before, ["tty"])


def test_a_link_that_leads_elsewhere_by_now_is_not_removed(line: PtyLine) -> None:
    assert line.link is not None
    line.link.unlink()
    line.link.symlink_to("/dev/null")
    line.unplug()
    assert os.readlink(line.link) == "/dev/null"


def test_where_no_link_can_be_there_is_no_device_either(tmp_path: Path) -> None:
    line = PtyLine(tmp_path / "no" / "where")
    with pytest.raises(FileNotFoundError):
        line.plug()
    assert line.descriptor == -1
