"""The file systems that keep data: where they are mounted, how large they are, what is left."""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.files import read_text

KINDS: Final = frozenset((
    "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "vfat", "exfat", "ntfs3", "overlay", "squashfs", "ubifs", "jffs2",
    "erofs", "zfs", "bcachefs", "tmpfs", "reiserfs", "jfs", "hfsplus", "iso9660", "udf",
))  # fmt: skip
"""Kinds that hold files of this machine. Asking one on the network (nfs, cifs, fuse) may wait for ever."""
MOST: Final = 64
KIB: Final = 1024


@dataclass(frozen=True, slots=True)
class FileSystem:
    """A mounted file system; sizes in kB, ``free`` as far as others than root may use it."""

    mount_point: str
    device: str
    kind: str
    is_read_only: bool
    total: int
    used: int
    free: int


class Storage:
    """Reads /proc/mounts; kept until ``forget``."""

    def __init__(
        self, mounts: str | Path = "/proc/self/mounts", ask: Callable[[str], os.statvfs_result] = os.statvfs
    ) -> None:
        self._mounts = Path(mounts)
        self._ask = ask
        self._found: Sequence[FileSystem] | None = None

    def forget(self) -> None:
        """Let the next read ask again."""
        self._found = None

    def file_systems(self) -> Sequence[FileSystem]:
        """By mount point. Of what is mounted over something else at one place, the last; empty pseudo ones left out."""
        if self._found is None:
            found = {}
            for line in (read_text(self._mounts) or "").splitlines():
                one = self._file_system(line.split())
                if one is not None:
                    found[one.mount_point] = one
            self._found = tuple(found[place] for place in sorted(found))[:MOST]
        return self._found

    def _file_system(self, fields: Sequence[str]) -> FileSystem | None:
        if len(fields) < 4 or fields[2] not in KINDS:
            return None
        device, place, kind = (_unescaped(field) for field in fields[:3])
        try:
            size = self._ask(place)
        except (OSError, ValueError):
            return None
        if not size.f_blocks or (kind == "tmpfs" and not Path(place).is_dir()):
            return None
        return FileSystem(
            mount_point=place,
            device=device,
            kind=kind,
            is_read_only="ro" in fields[3].split(","),
            total=size.f_blocks * size.f_frsize // KIB,
            used=(size.f_blocks - size.f_bfree) * size.f_frsize // KIB,
            free=size.f_bavail * size.f_frsize // KIB,
        )


def _unescaped(text: str) -> str:
    r"""Blanks and backslashes stand as \040 and \134 in /proc/mounts."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
