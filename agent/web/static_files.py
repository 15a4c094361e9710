"""The page's own files, compressed once and kept in memory while somebody looks at them; nothing else is ever served.

The page names its files as ``/static/NAME``. In the index that becomes ``/static/VERSION/NAME``, and what a module
imports beside itself follows: such an address never changes its content, so a browser keeps it, and only that.
"""

import gzip
import os
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final, NamedTuple

from agent.web.requests_in import Request
from agent.web.responses import NOT_KEPT, Response

DIRECTORY: Final = os.path.join(os.path.dirname(__file__), "static")
INDEX: Final = "index.html"
TYPES: Final[Mapping[str, str]] = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "woff2": "font/woff2",
    "webmanifest": "application/manifest+json",
}
"""What is served, by how a file's name ends."""
FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"


class File(NamedTuple):
    """A file's content, compressed, and what marks it."""

    compressed: bytes
    tag: str
    type: str


class StaticFiles:
    """The files of a directory and its folders, by their names below it."""

    def __init__(self, directory: str = DIRECTORY) -> None:
        self._directory = directory
        self._seen: tuple[tuple[str, int], ...] = ()
        self._files: dict[str, File] = {}
        self._version = ""

    def forget(self) -> None:
        """Give the memory back; the files are read again when somebody comes."""
        self._seen, self._files, self._version = (), {}, ""

    def bytes_in_all(self) -> int:
        """What a first visit transfers, compressed."""
        self._read_if_changed()
        return sum(len(file.compressed) for file in self._files.values())

    def answer(self, request: Request) -> Response | None:
        """The file that a path names, ``None`` for a path that names none."""
        if request.path != "/" and not request.path.startswith("/static/"):
            return None
        if not request.path.startswith(f"/static/{self._version}/") or not self._version:
            self._read_if_changed()
        name, is_fixed = self._name(request.path)
        file = self._files.get(name)
        if file is None:
            return None
        fields = [
            ("Cache-Control", FOR_EVER if is_fixed else ASK_AGAIN),
            ("ETag", file.tag),
            ("Vary", "Accept-Encoding"),
        ]
        if file.tag in request.fields.get("if-none-match", ""):
            return Response(304, fields=tuple(fields))
        if "gzip" in request.fields.get("accept-encoding", ""):
            return Response(200, file.compressed, file.type, (*fields, ("Content-Encoding", "gzip")))
        return Response(200, gzip.decompress(file.compressed), file.type, tuple(fields))

    def _name(self, path: str) -> tuple[str, bool]:
        if path == "/":
            return INDEX, False
        name = path.removeprefix("/static/")
        version = f"{self._version}/"
        return (name.removeprefix(version), True) if name.startswith(version) else (name, False)

    def _read_if_changed(self) -> None:
        seen = tuple(sorted(self._listed()))
        if seen == self._seen:
            return
        contents = {name: self._content(name) for name, _ in seen}
        self._version = sha256(b"".join(n.encode() + b"\0" + c for n, c in contents.items())).hexdigest()[:12]
        if INDEX in contents:
            contents[INDEX] = contents[INDEX].replace(b'"/static/', f'"/static/{self._version}/'.encode())
        self._files = {name: _made(name, content) for name, content in contents.items()}
        self._seen = seen

    def _listed(self) -> list[tuple[str, int]]:
        """The names of files, each with when it was changed."""
        found = []
        for folder, _, names in os.walk(self._directory):
            for name in names:
                if name.rpartition(".")[2] in TYPES and not name.startswith("."):
                    path = os.path.join(folder, name)
                    found.append((os.path.relpath(path, self._directory), os.stat(path).st_mtime_ns))
        return found

    def _content(self, name: str) -> bytes:
        """A file as it is served: scripts and styles without their indentation, which no text of theirs may need."""
        with open(os.path.join(self._directory, name), "rb") as file:
            content = file.read()
        return re.sub(rb"(?m)^ +", b"", content) if name.endswith((".js", ".css")) else content


def _made(name: str, content: bytes) -> File:
    tag = f'"{sha256(content).hexdigest()[:16]}"'
    return File(gzip.compress(content, 9, mtime=0), tag, TYPES[name.rpartition(".")[2]])


NOT_THERE: Final = Response(404, b"There is no such page here.\n", "text/plain; charset=utf-8", (NOT_KEPT,))
