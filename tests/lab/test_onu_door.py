"""The door of a lab ONU: one for a link, taken over from who is gone, and from nobody else."""

import errno
import os
import socket
import threading
import time
from pathlib import Path

import pytest

from agent.lab import onu_door
from agent.lab.onu_door import MOST_ORDER, Door, order_of
from agent.lab.onu_orders import Wrong


def test_a_second_one_is_refused_and_the_first_keeps_its_own(tmp_path: Path) -> None:
    first, second = Door(tmp_path / "tty"), Door(tmp_path / "tty")
    first.open()
    with pytest.raises(OSError, match="a lab ONU is there already") as refused:
        second.open()
    assert refused.value.errno == errno.EADDRINUSE
    second.close()
    assert first.path.is_socket()
    first.close()
    assert not first.path.exists()


def test_that_of_one_that_was_killed_is_taken_over(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(tmp_path / "tty.do"))
    door = Door(tmp_path / "tty")
    door.open()
    with socket.socket(socket.AF_UNIX) as visitor:
        visitor.connect(str(door.path))
    door.close()


def test_what_else_stands_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "tty.do").write_text("a list")
    door = Door(tmp_path / "tty")
    with pytest.raises(FileExistsError, match="something else"):
        door.open()
    door.close()
    assert (tmp_path / "tty.do").read_text() == "a list"


def test_a_door_that_is_another_s_by_now_is_not_removed(tmp_path: Path) -> None:
    door = Door(tmp_path / "tty")
    door.open()
    os.rename(door.path, tmp_path / "away")
    door.path.write_text("another's")
    door.close()
    assert door.path.read_text() == "another's"


def test_one_that_is_too_busy_to_answer_is_there_all_the_same(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as busy, socket.socket(socket.AF_UNIX) as visitor:
        busy.bind(str(tmp_path / "tty.do"))
        busy.listen(0)
        visitor.connect(str(tmp_path / "tty.do"))
        with pytest.raises(OSError, match="there already"):
            Door(tmp_path / "tty").open()


def test_an_order_ends_with_its_line_or_with_the_visit() -> None:
    here, visitor = socket.socketpair()
    with here, visitor:
        visitor.sendall("light -20 ü\nlock".encode())
        assert order_of(here) == "light -20 ü"
    here, visitor = socket.socketpair()
    with here:
        visitor.sendall(b"show")
        visitor.close()
        assert order_of(here) == "show"


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"light \xff\xfe\n", r"light \\xff\\xfe is not UTF-8"),
        (b"a" * (MOST_ORDER + 1), "4096 octets at most"),
    ],
)
def test_what_is_no_order_is_said(octets: bytes, why: str) -> None:
    here, visitor = socket.socketpair()
    with here, visitor:
        visitor.sendall(octets)
        with pytest.raises(Wrong, match=why):
            order_of(here)


def test_a_visitor_that_sends_an_octet_now_and_then_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onu_door, "VISIT_WITHIN", 0.1)
    here, visitor = socket.socketpair()
    ended = threading.Event()

    def drip() -> None:
        began = time.monotonic()
        while not ended.wait(0.02) and time.monotonic() - began < 5:
            visitor.send(b"a")
        if not ended.is_set():
            visitor.send(b"\n")

    with here, visitor:
        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            with pytest.raises(Wrong, match=r"whole within 0\.1 s"):
                order_of(here)
        finally:
            ended.set()
            dripping.join()
