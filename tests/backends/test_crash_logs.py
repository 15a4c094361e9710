"""What the kernel said when it crashed."""

import os
from pathlib import Path

from backends.crash_logs import LARGEST, MOST, CrashLogs


def put(root: Path, path: str, content: bytes) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def test_a_crash_is_kept_once_and_told_once(tmp_path: Path) -> None:
    logs = CrashLogs(tmp_path, tmp_path / "state")
    assert logs.collect() == []
    assert not (tmp_path / "state").exists()
    put(tmp_path, "sys/fs/pstore/dmesg-ramoops-0", b"Oops: 0002 [#1]\n")
    put(tmp_path, "sys/fs/pstore/console-ramoops-0", b"the last words, which are always there\n")
    [name] = logs.collect()
    assert logs.collect() == []
    [kept] = logs.files()
    assert Path(kept.path).name == name
    assert Path(kept.path).parent == tmp_path / "state/crash"
    assert Path(kept.path).read_bytes() == b"Oops: 0002 [#1]\n"
    assert kept.is_persistent
    assert Path(kept.path).stat().st_mode & 0o777 == 0o600


def test_what_systemd_has_taken_out_of_pstore_is_found_too(tmp_path: Path) -> None:
    put(tmp_path, "var/lib/systemd/pstore/170000/dmesg.txt", b"Kernel panic\n")
    logs = CrashLogs(tmp_path, tmp_path / "state")
    assert len(logs.collect()) == 1


def test_they_are_few_and_small(tmp_path: Path) -> None:
    logs = CrashLogs(tmp_path, tmp_path / "state")
    for number in range(MOST + 2):
        put(tmp_path, "sys/fs/pstore/dmesg-ramoops-0", bytes([65 + number]) * (LARGEST + 10))
        [name] = logs.collect()
        os.utime(tmp_path / "state/crash" / name, (number + 1, number + 1))
    kept = logs.files()
    assert len(kept) == MOST
    assert Path(kept[0].path).read_bytes() == bytes([65 + MOST + 1]) * LARGEST
    logs.forget()
    assert logs.files() == []


def test_a_place_that_cannot_be_written_is_no_surprise(tmp_path: Path) -> None:
    put(tmp_path, "sys/fs/pstore/dmesg-ramoops-0", b"Oops")
    put(tmp_path, "state", b"in the way")
    assert CrashLogs(tmp_path, tmp_path / "state").collect() == []
