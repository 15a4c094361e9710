"""Masks secrets in everything that people may read: logs, session traces, support bundles (hardening A13, T12)."""

import logging
import re
from collections.abc import Callable, Iterable

MASK = "******"
_SHORTEST_KNOWN = 4  # letters; shorter ones would mask half of every text

_SECRET_LEAF = re.compile(
    r"(?i)(?:password|passwd|passphrase|pre-?sharedkey|psk|wepkey|secret|privatekey|sharedkey|authkey|apikey|token|pin)"
    r"$"
)
# Fields of log lines and of HTTP heads. The value of Digest credentials runs to the end of its line.
_HEADER = re.compile(r"(?im)\b((?:proxy-)?authorization\b['\"]?\s*[:=]\s*['\"]?(?:basic|digest|bearer)?\s*)[^\r\n'}]+")
_COOKIE = re.compile(r"(?im)\b((?:set-)?cookie\b['\"]?\s*:\s*['\"]?)[^\r\n'}]+")
_USER_INFO = re.compile(r"\b([a-zA-Z][a-zA-Z0-9+.-]{0,15}://)[^\s/?#@<>\"']*@")
_ASSIGNED_WORDS = ("passw", "passphrase", "secret", "presharedkey", "psk", "wepkey", "token")
_ASSIGNED = re.compile(
    r"(?i)((?:password|passwd|passphrase|secret|presharedkey|psk|wepkey|token)['\"]?\s*[=:]\s*)"
    r"(\"[^\"\n]*\"|'[^'\n]*'|[^\s,;&)}\]\"'<>]+)"
)
_TAG = re.compile(r"<(/?)(?:[\w.-]+:)?([\w.-]+)(?:[\s/][^<>]*)?>")
_CLOSING = re.compile(r"</(?:[\w.-]+:)?([\w.-]+)\s*>")
_LONGEST_NAME = 1024  # characters of a Name's content that are looked at


class Redactor:
    """Knows what is secret: by ``is_secret(path)`` of the data model, by well-known names, and by value (``known``)."""

    def __init__(
        self, is_secret: Callable[[str], bool] = lambda _path: False, known: Callable[[], Iterable[str]] = tuple
    ) -> None:
        self._is_secret = is_secret
        self._known = known

    def is_secret(self, path: str) -> bool:
        """Whether the parameter or element of that name holds a secret."""
        return bool(_SECRET_LEAF.search(path)) or self._is_secret(path)

    def text(self, text: str) -> str:
        """Free text, such as a log line, without secrets."""
        for secret in sorted(set(self._known()), key=len, reverse=True):
            if len(secret) >= _SHORTEST_KNOWN and secret in text:
                text = text.replace(secret, MASK)
        folded = text.lower()  # plain searches are ten times as fast as the patterns, and mostly find nothing
        if "://" in folded:
            text = _USER_INFO.sub(rf"\1{MASK}@", text)
        if "authorization" in folded:
            text = _HEADER.sub(rf"\1{MASK}", text)
        if "cookie" in folded:
            text = _COOKIE.sub(rf"\1{MASK}", text)
        if any(word in folded for word in _ASSIGNED_WORDS):
            text = _ASSIGNED.sub(rf"\1{MASK}", text)
        return text

    def xml(self, envelope: str) -> str:
        """An envelope without secrets; it need not be well-formed, and an unclosed secret ends with the text."""
        pieces, position = [], 0
        for start, end in self._secret_spans(envelope):
            pieces += [envelope[position:start], MASK if end > start else ""]
            position = end
        return self.text("".join([*pieces, envelope[position:]]))

    def _secret_spans(self, envelope: str) -> list[tuple[int, int]]:
        """Where the contents of secret elements lie. A Value belongs to the Name before it, or after it in a struct."""
        spans: list[tuple[int, int]] = []
        unnamed: tuple[int, int] | None = None  # a Value that came before its Name
        name: str | None = None
        position = 0
        while tag := _TAG.search(envelope, position):
            position, local = tag.end(), tag[2]
            if local.endswith("Struct"):
                unnamed, name = None, None
            if tag[1] or tag[0].endswith("/>"):
                continue
            if local == "Name":
                end = _content_end(envelope, position, position + _LONGEST_NAME, local)
                name = _plain(envelope[position:end])
                if unnamed and self.is_secret(name):
                    spans.append(unnamed)
                unnamed, position = None, end
            elif local == "Value" or _SECRET_LEAF.search(local):
                span = (position, _content_end(envelope, position, len(envelope), local))
                if local != "Value" or (name is not None and self.is_secret(name)):
                    spans.append(span)
                elif name is None:
                    unnamed = span
                position = span[1]
        return sorted(spans)


def _content_end(envelope: str, start: int, limit: int, local: str) -> int:
    for closing in _CLOSING.finditer(envelope, start, limit):
        if closing[1] == local:
            return closing.start()
    return min(limit, len(envelope))


def _plain(content: str) -> str:
    return content.removeprefix("<![CDATA[").removesuffix("]]>").strip()


class RedactingFilter(logging.Filter):
    """For handlers: the record leaves with its secrets masked, those in tracebacks included."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask; every record passes."""
        record.msg = self._redactor.text(record.getMessage())
        record.args = ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self._redactor.text(record.exc_text)
        return True
