"""Lease events on disk: what clients left is read once, what is in force survives a restart and no boot."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from agent.runtime.lease_events import FOLDER, IN_FORCE, LARGEST, MOST, LeaseEvents

EVENT = {"client": "udhcpc", "reason": "bound", "environment": {"interface": "wan"}}


@pytest.fixture
def left(tmp_path: Path) -> Path:
    folder = tmp_path / FOLDER
    folder.mkdir(mode=0o700)
    return folder


def leave(left: Path, name: str, content: Any, at: int = 1) -> Path:
    path = left / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    path.chmod(0o600)
    os.utime(path, (at, at))
    return path


def test_what_clients_left_is_read_once_the_oldest_first(left: Path) -> None:
    leave(left, "wan-udhcpc-4.json", {"n": 2}, at=2)
    leave(left, "wan-odhcp6c-6.json", {"n": 1}, at=1)
    events = LeaseEvents(str(left.parent), "boot")
    assert [event["n"] for event in events.take_left()] == [1, 2]
    assert list(left.iterdir()) == []
    assert list(events.take_left()) == []


def test_without_a_place_nothing_was_left(tmp_path: Path) -> None:
    events = LeaseEvents(str(tmp_path / "none"), "boot")
    assert list(events.take_left()) == []
    assert events.in_force() == []
    events.keep([EVENT])


@pytest.mark.parametrize("content", ["", "nonsense", "[" * 100_000, "7", '["x"]', '"' + "x" * LARGEST + '"', "\0"])
def test_what_is_no_event_is_taken_away_and_not_read(left: Path, content: str) -> None:
    path = leave(left, "wan-udhcpc-4.json", content)
    leave(left, "wan-udhcpc-6.json", EVENT, at=2)
    assert list(LeaseEvents(str(left.parent), "boot").take_left()) == [EVENT]
    assert not path.exists()


def test_what_somebody_else_could_have_written_is_not_believed(left: Path, caplog: pytest.LogCaptureFixture) -> None:
    leave(left, "open.json", EVENT).chmod(0o622)
    target = leave(left.parent, "elsewhere", EVENT)
    (left / "link.json").symlink_to(target)
    os.mkfifo(left / "pipe.json")
    (left / "folder.json").mkdir()
    leave(left, "not-json.txt", EVENT)
    (left / "full").mkdir()
    leave(left / "full", "of-somebody-else", EVENT)
    assert list(LeaseEvents(str(left.parent), "boot").take_left()) == []
    assert target.exists()
    assert [path.name for path in left.iterdir()] == ["full"]
    assert "somebody else" in caplog.text


def test_of_many_files_the_newest_count_and_none_stays(left: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(MOST + 10):
        leave(left, f"l{number}-udhcpc-4.json", {"n": number}, at=number + 1)
    read = [event["n"] for event in LeaseEvents(str(left.parent), "boot").take_left()]
    assert read == list(range(10, MOST + 10))
    assert list(left.iterdir()) == []
    assert caplog.text.count("10 files too many") == 1
    assert list(LeaseEvents(str(left.parent), "boot").take_left()) == []


def test_what_a_hook_is_writing_stays_and_what_one_left_half_written_does_not(left: Path) -> None:
    now = leave(left, ".wan-udhcpc-4.json.77", "{", at=int(time.time()))
    leave(left, ".lan-udhcpc-4.json.78", "{", at=1)
    assert list(LeaseEvents(str(left.parent), "boot").take_left()) == []
    assert list(left.iterdir()) == [now]


def test_what_is_in_force_survives_the_agent_and_no_boot(tmp_path: Path) -> None:
    LeaseEvents(str(tmp_path), "boot 1").keep([EVENT])
    assert (tmp_path / IN_FORCE).stat().st_mode & 0o777 == 0o600
    assert LeaseEvents(str(tmp_path), "boot 1").in_force() == [EVENT]
    assert LeaseEvents(str(tmp_path), "boot 2").in_force() == []


def test_nothing_is_written_without_news(tmp_path: Path) -> None:
    events = LeaseEvents(str(tmp_path), "boot")
    events.keep([])
    assert not (tmp_path / IN_FORCE).exists()
    events.keep([EVENT])
    first = (tmp_path / IN_FORCE).stat().st_ino
    events.keep([EVENT])
    again = LeaseEvents(str(tmp_path), "boot")
    again.in_force()
    again.keep([EVENT])
    assert (tmp_path / IN_FORCE).stat().st_ino == first
    again.keep([])
    assert again.in_force() == []


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"boot": "boot", "events": 7}', '{"boot": "boot", "events": [7]}', "\0"]
)
def test_a_document_that_cannot_be_read_holds_no_lease(tmp_path: Path, content: str) -> None:
    (tmp_path / IN_FORCE).write_text(content)
    (tmp_path / IN_FORCE).chmod(0o600)
    assert LeaseEvents(str(tmp_path), "boot").in_force() == []


def test_a_full_disk_keeps_nobody_from_anything(tmp_path: Path) -> None:
    (tmp_path / f"{IN_FORCE}.new").mkdir()
    LeaseEvents(str(tmp_path), "boot").keep([EVENT])
    assert not (tmp_path / IN_FORCE).exists()
