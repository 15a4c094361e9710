"""The listening socket: private, exclusive, and not stopped by what a crash left behind."""

import os
import socket
import stat
from pathlib import Path

import pytest

from agent.runtime.unix_listener import ControlSocketError, listen


def test_the_socket_is_private_and_its_directory_is_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "control.sock"
    with listen(path, 1):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [each.name for each in path.parent.iterdir()] == ["control.sock"]


def test_a_second_agent_is_told_that_there_is_one(tmp_path: Path) -> None:
    with listen(tmp_path / "s", 1), pytest.raises(ControlSocketError, match=r"another agent answers on .*--state-dir"):
        listen(tmp_path / "s", 1)


def test_an_agent_too_busy_to_accept_is_still_an_agent(tmp_path: Path) -> None:
    with listen(tmp_path / "s", 0), socket.socket(socket.AF_UNIX) as waiting:
        waiting.connect(str(tmp_path / "s"))
        with pytest.raises(ControlSocketError, match="another agent"):
            listen(tmp_path / "s", 1)


def test_a_socket_left_over_from_a_crash_is_replaced(tmp_path: Path) -> None:
    listen(tmp_path / "s", 1).close()
    assert (tmp_path / "s").is_socket()
    with listen(tmp_path / "s", 1), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(tmp_path / "s"))


def test_a_file_that_is_no_socket_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("precious")
    with pytest.raises(ControlSocketError, match="is no socket"):
        listen(tmp_path / "s", 1)
    assert (tmp_path / "s").read_text() == "precious"


def test_a_path_longer_than_a_socket_address_works(tmp_path: Path) -> None:
    path = tmp_path / ("d" * 200) / "control.sock"
    with listen(path, 1):
        assert path.is_socket()


def test_a_directory_that_cannot_be_made_is_told_with_the_next_step(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ControlSocketError, match=r"no control socket can be made in .*set \[control\] socket"):
        listen(tmp_path / "file" / "s", 1)


def test_a_name_that_is_too_long_for_a_socket_is_told(tmp_path: Path) -> None:
    with pytest.raises(ControlSocketError, match="cannot be made: AF_UNIX path too long"):
        listen(tmp_path / ("s" * 120), 1)


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    listen(tmp_path / "s", 1).close()
    assert len(os.listdir("/proc/self/fd")) == before
