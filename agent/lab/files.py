"""The files of a bench: served over GET, taken over PUT and POST, one flat directory, streamed and bounded."""

import contextlib
import os
import re
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.lab.http import Connection, HttpProblem, Reply, Request, text_reply

PREFIX = "/files/"
_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{1,18})?")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,127}")


@dataclass(frozen=True, slots=True)
class Files:
    """A directory's regular files by name. Names have no directory in them and do not start with a dot."""

    directory: Path
    limit: int = 256 * 1024 * 1024
    """The largest file that is taken, in bytes."""
    seconds: float = 900.0
    """The longest that taking one may last."""

    def serve(self, connection: Connection, request: Request) -> Reply:
        """Answer a GET, PUT or POST below ``PREFIX``."""
        name = request.path.removeprefix(PREFIX)
        if not _NAME.fullmatch(name):
            raise HttpProblem(404, "a file's name is letters, digits and . _ + -, at most 128, and starts with no dot")
        match request.method:
            case "GET":
                return self._give(name, request)
            case "PUT" | "POST":
                return self._take(name, connection, request)
        return Reply(405, (("Allow", "GET, PUT, POST"),))

    def listing(self) -> list[dict[str, Any]]:
        """Name and size in bytes of each file."""
        with os.scandir(self.directory) as entries:
            found = [
                {"name": entry.name, "size": entry.stat(follow_symlinks=False).st_size}
                for entry in entries
                if _NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
            ]
        return sorted(found, key=lambda each: str(each["name"]))

    def _give(self, name: str, request: Request) -> Reply:
        """The file, or the one range of it that is asked for (RFC 9110 §14)."""
        try:
            descriptor = os.open(self.directory / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return text_reply(404, f"no file {name}")
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            return text_reply(404, f"{name} is no file")
        file, size = os.fdopen(descriptor, "rb"), status.st_size
        tag = f'"{status.st_mtime_ns:x}-{size:x}"'
        headers = (("Content-Type", "application/octet-stream"), ("Accept-Ranges", "bytes"), ("ETag", tag))
        found = _RANGE.fullmatch(request.headers.get("range", ""))
        if found is None or request.headers.get("if-range", tag) != tag:
            return Reply(200, headers, file=file, file_size=size)
        first, last = int(found[1]), min(int(found[2] or size), size - 1)
        if first > last:
            file.close()
            return Reply(416, (("Content-Range", f"bytes */{size}"),))
        file.seek(first)
        return Reply(
            206, (*headers, ("Content-Range", f"bytes {first}-{last}/{size}")), file=file, file_size=last - first + 1
        )

    def _take(self, name: str, connection: Connection, request: Request) -> Reply:
        """Write beside, then rename: a broken upload never replaces a file."""
        existed = (self.directory / name).exists()
        temporary = self.directory / f".{secrets.token_hex(8)}.part"
        try:
            with open(temporary, "xb") as file:
                file.writelines(connection.pieces(request, self.limit, self.seconds))
            os.replace(temporary, self.directory / name)
        except OSError as failed:
            raise HttpProblem(507, f"the file cannot be kept: {failed.strerror}") from failed
        finally:
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()
        return Reply(204 if existed else 201)
