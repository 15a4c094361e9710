"""What the page answers: JSON and files, each with the headers that keep a browser from being used against it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

SCHEMA: Final = 1
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS: Final = (
    f"Content-Security-Policy: {POLICY}\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
)
_REASONS: Final[Mapping[int, str]] = {
    100: "Continue", 200: "OK", 304: "Not Modified", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
    404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout", 413: "Content Too Large",
    421: "Misdirected Request", 422: "Unprocessable Content", 429: "Too Many Requests",
    431: "Request Header Fields Too Large", 500: "Internal Server Error", 501: "Not Implemented",
    503: "Service Unavailable", 505: "HTTP Version Not Supported",
    507: "Insufficient Storage",
}  # fmt: skip
NOT_KEPT: Final = ("Cache-Control", "no-store")


class Response(NamedTuple):
    """An answer; a ``body`` that is an iterator is sent piece by piece as they come."""

    status: int
    body: bytes | Iterator[bytes] = b""
    type: str = "application/json; charset=utf-8"
    fields: tuple[tuple[str, str], ...] = (NOT_KEPT,)

    def head(self, *, is_kept_alive: bool) -> bytes:
        """The head with its empty line."""
        lines = [f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Other')}\r\n", _ALWAYS]
        lines += [f"{name}: {value}\r\n" for name, value in self.fields]
        if self.status != 304:
            lines.append(f"Content-Type: {self.type}\r\n")
            length = (
                f"Content-Length: {len(self.body)}" if isinstance(self.body, bytes) else "Transfer-Encoding: chunked"
            )
            lines.append(f"{length}\r\n")
        lines.append("Connection: keep-alive\r\n\r\n" if is_kept_alive else "Connection: close\r\n\r\n")
        return "".join(lines).encode("latin-1")


def document(body: Mapping[str, Any], status: int = 200, *fields: tuple[str, str]) -> Response:
    """A JSON document."""
    text = json.dumps({"schema": SCHEMA, **body}, ensure_ascii=False, separators=(",", ":"))
    return Response(status, text.encode("utf-8", "replace"), fields=(NOT_KEPT, *fields))


def problem(status: int, code: str, message: str, next_step: str, *fields: tuple[str, str], **more: Any) -> Response:
    """An error: a word for programs, what and why, and what to do."""
    return document({"error": {"code": code, "message": message, "next": next_step, **more}}, status, *fields)
