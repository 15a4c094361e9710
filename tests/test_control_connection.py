"""Whoever asks the agent gets a connection, also by a long path and while the queue is full for a moment."""

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.control_connection import connected


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A listener that takes one connection into its queue, and then refuses."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
        yield made


def listen(listener: socket.socket, path: Path, queue: int = 0) -> None:
    here = os.open(path.parent, os.O_PATH)
    listener.bind(f"/proc/self/fd/{here}/{path.name}")
    listener.listen(queue)
    os.close(here)


def test_a_path_may_be_longer_than_a_sockets_address(listener: socket.socket, tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 40)
    folder.mkdir()
    listen(listener, folder / "control.sock")
    with connected(folder / "control.sock", 10) as connection:
        assert connection.gettimeout() == 10


def test_a_queue_that_is_emptied_in_time_keeps_nobody_out(listener: socket.socket, tmp_path: Path) -> None:
    listen(listener, tmp_path / "s")
    with connected(tmp_path / "s", 10, patience=0):
        emptied = threading.Timer(0.3, lambda: listener.accept()[0].close())
        emptied.start()
        connected(tmp_path / "s", 10, patience=30).close()
        emptied.join()


def test_a_queue_that_stays_full_is_said(listener: socket.socket, tmp_path: Path) -> None:
    listen(listener, tmp_path / "s")
    with connected(tmp_path / "s", 10, patience=0), pytest.raises(BlockingIOError):
        connected(tmp_path / "s", 0.1, patience=0.2)


@pytest.mark.parametrize("name", ["nobody", "no/folder", "a file"])
def test_where_nobody_listens_nothing_stays_open(tmp_path: Path, name: str) -> None:
    (tmp_path / "a file").write_text("")
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises((FileNotFoundError, ConnectionRefusedError)):
        connected(tmp_path / name, 1)
    assert len(os.listdir("/proc/self/fd")) == before
