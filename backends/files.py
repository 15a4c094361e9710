"""Small files of the system: read with a bound and without surprises, written whole or not at all."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from backends.errors import MechanismError, Missing

LIMIT = 1 << 20


def read_bytes(path: Path | str, limit: int = LIMIT) -> bytes | None:
    """At most ``limit`` bytes of a file; None when it is absent or cannot be read (an attribute may answer EINVAL)."""
    try:
        # Not blocking: a path that should be a file may be a pipe.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError):
        return None
    try:
        pieces = []
        while limit > 0 and (piece := os.read(descriptor, min(limit, 65536))):
            pieces.append(piece)
            limit -= len(piece)
        return b"".join(pieces)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def read_text(path: Path | str, limit: int = LIMIT) -> str | None:
    """A file's text without surrounding blanks and NULs, undecodable bytes replaced; None when it cannot be read."""
    content = read_bytes(path, limit)
    return None if content is None else content.decode("utf-8", "replace").strip(" \t\r\n\0")


def read_number(path: Path) -> int | None:
    """A file's one decimal number; None when there is none."""
    text = read_text(path, 64)
    try:
        return None if text is None else int(text)
    except ValueError:
        return None


def names_in(directory: Path) -> list[str]:
    """A directory's entries, sorted; empty when it cannot be read."""
    try:
        return sorted(os.listdir(directory))
    except OSError:
        return []


def replace_file(path: Path, content: bytes, mode: int = 0o644, owner: tuple[int, int] | None = None) -> None:
    """Put a file in place of another (or of a symbolic link) at once: temporary file, fsync, rename. MechanismError.

    ``owner``: user and group, where it is not to be who runs this.
    """
    temporary = path.with_name(f".{path.name}.new")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as file:
            if owner is not None:
                os.fchown(descriptor, *owner)
            os.fchmod(descriptor, mode)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
        directory = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        with suppress(OSError):
            os.unlink(temporary)
        raise unwritable(path, error) from error


def rewrite_file(path: Path, content: bytes) -> None:
    """Like ``replace_file``, for a file that is there and keeps its mode and its owner. MechanismError."""
    try:
        found = path.stat()
    except OSError as error:
        raise unwritable(path, error) from error
    replace_file(path, content, stat.S_IMODE(found.st_mode), (found.st_uid, found.st_gid))


def unwritable(path: Path, error: OSError) -> MechanismError:
    """The mechanism's error for a file that could not be written."""
    number = error.errno or 0
    kind = Missing if number == errno.ENOENT else MechanismError
    return kind(f"{path}: {os.strerror(number)}", errno.errorcode.get(number, ""))


def make_directory(path: Path, mode: int = 0o700) -> None:
    """Let a directory of ours be there; one that is there stays as it is. MechanismError."""
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error


def write_if_different(path: Path, text: str, mode: int = 0o600) -> bool:
    """Let a file of ours, in a directory made for it, hold a text; whether it was written. MechanismError."""
    if read_bytes(path, len(text.encode()) + 1) == text.encode():
        return False
    make_directory(path.parent)
    replace_file(path, text.encode(), mode)
    return True
