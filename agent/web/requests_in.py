"""What a browser or a script asks for: an HTTP/1.1 request, read strictly: leniency is how requests get smuggled."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

HEAD_BYTES: Final = 8_192
BODY_BYTES: Final = 131_072
MOST_FIELDS: Final = 64

_LINE: Final = re.compile(rb"([A-Z]{1,10}) (/[!-~]*) HTTP/1\.([01])")
_FIELD: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*")
_ONCE: Final = frozenset({"host", "content-length", "transfer-encoding", "origin", "cookie", "x-csrf-token"})


class Refused(Exception):
    """The request is none that is answered otherwise: HTTP status, a sentence for people; the connection ends."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Request(NamedTuple):
    """One request; names of ``fields`` in lower case, ``path`` without the query and as it was sent."""

    method: str
    path: str
    query: str
    fields: Mapping[str, str]
    length: int
    is_kept_alive: bool
    body: bytes = b""
    source: str = ""
    """The address it came from."""
    local: str = ""
    """The address of ours that it came to."""

    def parameters(self) -> Mapping[str, list[str]]:
        """The query's values by name. Raises Refused."""
        found: dict[str, list[str]] = {}
        try:
            pairs = parse_qsl(self.query, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
        except ValueError:
            raise Refused(400, "the query cannot be read, or has too many parameters") from None
        for name, value in pairs:
            found.setdefault(name, []).append(value)
        return found

    def cookie(self, name: str) -> str:
        """The first cookie of that name, "" without one."""
        for pair in self.fields.get("cookie", "").split(";"):
            key, _, value = pair.strip().partition("=")
            if key == name:
                return value
        return ""


def end_of_head(received: bytes | bytearray) -> int:
    """The length of the head in ``received`` with its empty line; 0 while it is incomplete. Raises Refused."""
    end = received.find(b"\r\n\r\n", 0, HEAD_BYTES + 4)
    if end < 0 and len(received) > HEAD_BYTES:
        raise Refused(431, f"the head of the request is longer than {HEAD_BYTES} bytes")
    return end + 4 if end >= 0 else 0


def read_head(head: bytes) -> Request:
    """Read a complete head, its empty line included. Raises Refused."""
    line, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    if len(lines) > MOST_FIELDS:
        raise Refused(431, f"the request has more than {MOST_FIELDS} header fields")
    asked = _LINE.fullmatch(line)
    if not asked:
        raise Refused(400, "the first line is none of HTTP/1.1")
    if asked[3] != b"1":
        raise Refused(505, "HTTP/1.1 is spoken here")
    fields: dict[str, str] = {}
    for one in lines:
        field = _FIELD.fullmatch(one)
        if not field:
            raise Refused(400, "a header field is malformed")
        name = field[1].decode().lower()
        if name in fields and name in _ONCE:
            raise Refused(400, f"the header field {name} is given twice")
        fields[name] = field[2].decode("latin-1")
    if "host" not in fields:
        raise Refused(400, "the header field Host is missing")
    path, _, query = asked[2].decode().partition("?")
    wishes = {word.strip().lower() for word in fields.get("connection", "").split(",")}
    return Request(asked[1].decode(), path, query, fields, _length(fields), "close" not in wishes)


def _length(fields: Mapping[str, str]) -> int:
    if "transfer-encoding" in fields:
        raise Refused(501, "a body is taken with a Content-Length only")
    length = fields.get("content-length", "0")
    if not re.fullmatch(r"[0-9]{1,12}", length):
        raise Refused(400, "the Content-Length is no number")
    if int(length) > BODY_BYTES:
        raise Refused(413, f"the body is longer than {BODY_BYTES} bytes")
    return int(length)
