"""File systems of this machine, as statvfs tells; none on the network is ever asked."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from backends.storage import MOST, Storage

MOUNTS = """\
/dev/root / ext4 rw,noatime 0 0
proc /proc proc rw 0 0
server:/export /mnt/far nfs rw 0 0
sshfs#x /mnt/fuse fuse.sshfs rw 0 0
/dev/sda1 /mnt/with\\040blank vfat ro,noexec 0 0
/dev/sdb1 /gone ext4 rw 0 0
/dev/over / overlay rw 0 0
short line
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    file = tmp_path / "mounts"
    file.write_text(MOUNTS)
    return file


def test_only_what_is_of_this_machine_is_asked_and_told(mounts: Path) -> None:
    asked = []

    def ask(place: str) -> os.statvfs_result:
        asked.append(place)
        if place == "/gone":
            raise OSError(5, "Input/output error")
        return os.statvfs_result((4096, 1024, 1000, 400, 300, 0, 0, 0, 0, 255))

    storage = Storage(mounts, ask)
    root, stick = storage.file_systems()
    assert (root.mount_point, root.device, root.kind, root.is_read_only) == ("/", "/dev/over", "overlay", False)
    assert (root.total, root.used, root.free) == (1000, 600, 300)
    assert (stick.mount_point, stick.is_read_only) == ("/mnt/with blank", True)
    assert not {place for place in asked if "far" in place or "fuse" in place or place == "/proc"}
    storage.file_systems()
    assert len(asked) == 4, "once for each request"


def test_a_machine_with_very_many_has_the_first(tmp_path: Path) -> None:
    file = tmp_path / "mounts"
    file.write_text("".join(f"/dev/x{number} /m/{number} ext4 rw 0 0\n" for number in range(500)))
    size = os.statvfs_result((4096, 1024, 1000, 400, 300, 0, 0, 0, 0, 255))
    assert len(Storage(file, lambda _: size).file_systems()) == MOST


def test_this_machine_tells_what_df_tells() -> None:
    if shutil.which("df") is None:
        pytest.skip("df is not installed")
    for one in Storage().file_systems():
        if one.kind == "overlay" or one.mount_point == "/":
            told = subprocess.run(
                ["df", "-kP", one.mount_point], capture_output=True, text=True, check=True
            ).stdout.splitlines()[1]
            assert int(told.split()[1]) == one.total
            assert abs(int(told.split()[3]) - one.free) < 1024 * 200, "others write as well"
