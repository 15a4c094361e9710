"""Files on their way to the disk: full ones, ones that cannot be written, and crashes at every step."""

import errno
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.transfers import disk
from agent.transfers.disk import MOST_SPARE, Part, failed, parts_of
from agent.transfers.failures import Cause, TransferFailed
from tests.transfers.file_server import File, FileServer
from tests.transfers.ftp_server import FtpServer
from tests.waiting import PATIENCE

CONTENT = random.Random(3).randbytes(300_000)
HASH = hashlib.sha256(CONTENT).hexdigest()
ROOT = Path(__file__).parent.parent.parent


def fetch(*arguments: object, before: tuple[str, ...] = ()) -> Any:
    """What a process of its own says of its download; None when it did not live to say anything."""
    command = [*before, sys.executable, "-m", "tests.transfers.fetch", *map(str, arguments)]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, timeout=PATIENCE, check=False)
    return json.loads(ran.stdout) if ran.stdout else None


def on_a_disk(directory: Path, options: str, then: str = "true") -> tuple[str, ...]:
    """What to put before a command so that its directory is a file system of its own."""
    user = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    script = f'mount -t tmpfs -o {options} none "$0" && {then} && exec "$@"'
    return ("unshare", *user, "--mount", "sh", "-c", script, str(directory))


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer({"/f": File(CONTENT)}) as made:
        yield made


def test_a_part_goes_on_where_it_was_saved(tmp_path: Path) -> None:
    first = Part(tmp_path / "f", "key")
    first.begin('"v"', 10)
    first.append(memoryview(b"abc"))
    first.save()
    first.append(memoryview(b"lost with the power"))
    first.close()
    second = Part(tmp_path / "f", "key")
    assert (second.size, second.validator, second.total, second.start) == (3, '"v"', 10, first.start)
    second.append(memoryview(b"def"))
    assert second.digest("md5") == hashlib.md5(b"abcdef").digest()
    assert second.finish() == hashlib.sha256(b"abcdef").hexdigest()
    second.close()
    assert [one.name for one in tmp_path.iterdir()] == ["f"]
    assert (tmp_path / "f").read_bytes() == b"abcdef"


def test_what_has_come_is_noted_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "NOTE_EVERY", 0.0)
    part = Part(tmp_path / "f", "key")
    part.begin('"v"', None)
    part.append(memoryview(bytes(disk.NOTE_AFTER - 1)))
    assert json.loads(parts_of(tmp_path / "f")[1].read_text())["size"] == 0
    part.append(memoryview(b"x"))
    part.append(memoryview(b"y"))
    part.close()
    part.close()
    assert Part(tmp_path / "f", "key").size == disk.NOTE_AFTER


def spoilt(change: Callable[[Path, Path], object]) -> Callable[[Path], int]:
    def size_after(directory: Path) -> int:
        part = Part(directory / "f", "key")
        part.begin('"v"', None)
        part.append(memoryview(b"abcdef"))
        part.save()
        part.close()
        change(*parts_of(directory / "f")[:2])
        again = Part(directory / "f", "key")
        again.close()
        return again.size

    return size_after


@pytest.mark.parametrize(
    "change",
    [
        lambda part, _note: part.write_bytes(b"abcdeg"),
        lambda part, _note: part.write_bytes(b"abcde"),
        lambda part, _note: part.unlink(),
        lambda _part, note: note.unlink(),
        lambda _part, note: note.write_text("{"),
        lambda _part, note: note.write_text("[]"),
        lambda _part, note: note.write_text("[" * 4000),
        lambda _part, note: note.write_bytes(b"\xff\xfe"),
        lambda _part, note: note.write_text(note.read_text().replace('"size": 6', '"size": -6')),
        lambda _part, note: note.write_text(note.read_text().replace('"size": 6', '"size": "6"')),
        lambda _part, note: note.write_text(note.read_text().replace("null", '"x"')),
        lambda _part, note: note.write_text(note.read_text().replace('"start": "2', '"start": "x')),
        lambda _part, note: note.write_text(note.read_text().replace('"key"', '"kay"')),
        lambda _part, note: note.write_text(note.read_text().replace('"key": "key"', '"key": "other"')),
    ],
)
def test_what_is_not_surely_a_part_of_the_file_is_dropped(
    tmp_path: Path, change: Callable[[Path, Path], object]
) -> None:
    assert spoilt(lambda *_: None)(tmp_path) == 6
    assert spoilt(change)(tmp_path) == 0


def test_a_link_that_was_planted_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "f.part").symlink_to(tmp_path / "secret")
    with pytest.raises(TransferFailed) as refused:
        Part(tmp_path / "f", "key")
    assert refused.value.code == 9002
    assert (tmp_path / "secret").read_text() == "secret"


def test_room_leaves_some_to_others(tmp_path: Path) -> None:
    part = Part(tmp_path / "f", "key")
    found = os.statvfs(tmp_path)
    free = found.f_bavail * found.f_frsize
    assert free - 2 * MOST_SPARE - (1 << 30) < part.room() <= free
    part.need(1)
    with pytest.raises(TransferFailed, match="there is room for") as refused:
        part.need(1 << 60)
    assert (refused.value.code, refused.value.answer_code) == (9010, 9004)
    part.drop()
    part.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (errno.ENOSPC, Cause.NO_ROOM),
        (errno.EDQUOT, Cause.NO_ROOM),
        (errno.EFBIG, Cause.NO_ROOM),
        (errno.EROFS, Cause.INTERNAL),
        (errno.EIO, Cause.INTERNAL),
    ],
)
def test_a_disks_refusal_has_its_cause(number: int, cause: Cause) -> None:
    assert failed(OSError(number, "")).cause is cause


@pytest.mark.parametrize("file", [File(CONTENT), File(CONTENT, chunked=True), File(endless=True)])
def test_a_full_disk_is_said_and_nothing_is_left_on_it(server: FileServer, tmp_path: Path, file: File) -> None:
    server.files["/f"] = file
    said = fetch(server.url("/f"), tmp_path / "f", before=on_a_disk(tmp_path, "size=256k"))
    assert (said["code"], said["cause"], said["left"]) == (9010, "no room", []), said


def test_an_endless_file_by_ftp_ends_where_there_is_no_room(tmp_path: Path) -> None:
    with FtpServer({"f": b""}, endless=True, knows_size=False) as server:
        said = fetch(server.url("f"), tmp_path / "f", before=on_a_disk(tmp_path, "size=256k"))
    assert (said["code"], said["cause"], said["left"]) == (9010, "no room", []), said


def test_a_disk_that_somebody_else_fills_meanwhile(server: FileServer, tmp_path: Path) -> None:
    """The limit of a process stands for it: what was promised is refused in the middle."""
    said = fetch(server.url("/f"), tmp_path / "f", "--limit", 200_000)
    assert (said["code"], said["cause"], said["left"]) == (9010, "no room", []), said


def test_a_disk_that_is_read_only_is_9002(server: FileServer, tmp_path: Path) -> None:
    before = on_a_disk(tmp_path, "size=1m", 'mount -o remount,ro "$0"')
    said = fetch(server.url("/f"), tmp_path / "f", before=before)
    assert (said["code"], said["left"]) == (9002, []), said
    assert "Read-only file system" in said["text"]
    assert server.requests == []


STEPS = ("openat:part", "ftruncate", "write:part", "fsync", "rename", "unlink")


def crashed(server: FileServer, directory: Path, call: str, number: int) -> bool:
    """Whether a download was killed at that call; then it is repeated, and has to have come to its end."""
    server.files["/f"] = File(CONTENT, cut_after=65_536)
    name, _, part = call.partition(":")
    where = [f"--trace-path={path}" for path in parts_of(directory / "f")] if part else []
    strace = ("strace", "-f", "-qq", "-o", "/dev/null", *where, "-e", f"inject={name}:signal=KILL:when={number}")
    died = fetch(server.url("/f"), directory / "f", before=strace) is None
    if died:
        left = {one.name for one in directory.iterdir()} - {one.name for one in parts_of(directory / "f")}
        assert left <= {"f"}
        assert not left or (directory / "f").read_bytes() == CONTENT
        said = fetch(server.url("/f"), directory / "f")
        assert (said["code"], said["sha256"], said["left"]) == (0, HASH, ["f"]), said
    return died


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")
@pytest.mark.parametrize("call", ["write:part", "fsync", "rename"])
def test_a_crash_costs_no_file_and_no_byte_of_it(server: FileServer, tmp_path: Path, call: str) -> None:
    assert crashed(server, tmp_path, call, 2 if call != "rename" else 1)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")
@pytest.mark.parametrize("call", STEPS)
def test_a_crash_at_any_step_costs_nothing(server: FileServer, tmp_path: Path, call: str) -> None:
    number = 1
    while number < 12:
        directory = tmp_path / str(number)
        directory.mkdir()
        if not crashed(server, directory, call, number):
            break
        number += 1
    assert number > 1
