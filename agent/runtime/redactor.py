"""Masks secrets in everything that people may read: logs, session traces, support bundles (hardening A13, T12)."""

import logging
import re
from collections.abc import Callable, Iterable

from agent.runtime.known_secrets import MASK, KnownSecrets
from agent.runtime.xml_secrets import NotXml, secret_spans

__all__ = ["MASK", "RedactingFilter", "Redactor"]

_SECRET_LEAF = re.compile(
    r"(?i)(?:password|passwd|passphrase|pre-?sharedkey|psk|wepkey|secret|privatekey|sharedkey|authkey|apikey|token|pin)"
    r"$"
)
# Fields of log lines and of HTTP heads. The value of Digest credentials runs to the end of its line.
_HEADER = re.compile(r"(?im)\b((?:proxy-)?authorization\b['\"]?\s*[:=]\s*['\"]?(?:basic|digest|bearer)?\s*)[^\r\n'}]+")
_COOKIE = re.compile(r"(?im)\b((?:set-)?cookie\b['\"]?\s*:\s*['\"]?)[^\r\n'}]+")
# Of a URL, also one in quotes: quotes are letters of it where something of it follows.
_QUOTE = r"[\"'](?![\s,)}\]>:;/?<\"']|$)"
_USER_INFO = re.compile(rf"\b([a-zA-Z][a-zA-Z0-9+.-]{{0,15}}://)(?:[^\s/?#@<>\"']|{_QUOTE})*@")
_AFTER_SCHEME = re.compile(rf"://(?:[^\s#<>\"']|{_QUOTE})+")
_REFERENCE = re.compile(r"&(?!amp;)|<!")
_ASSIGNED_WORDS = ("passw", "passphrase", "secret", "presharedkey", "psk", "wepkey", "token")
_ASSIGNED = re.compile(
    r"(?i)((?:password|passwd|passphrase|secret|presharedkey|psk|wepkey|token)['\"]?\s*[=:]\s*)"
    r"(\"[^\"\n]*\"|'[^'\n]*'|[^\s,;&)}\]\"'<>]+)"
)
# Of what is not well-formed: tags as far as they can be seen, and what may stay in them.
_PAGE = re.compile(r"(?i)\s*<(?:!doctype\s+html|html)\b")
_MARKUP = re.compile(r"(<!--.*?-->|<!\[CDATA\[.*?\]\]>)|<[^<>]*>", re.DOTALL)
_ATTRIBUTE = re.compile(r"([\w:.-]+)\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+)")
_OF_SOAP = re.compile(r"(?:xmlns\b|version$|encoding$|(?:[\w-]+:)?(?:type|arrayType|mustUnderstand)$)")
_NO_NAME = re.compile(r"[^A-Za-z0-9_.:{}\[\]*-]")
"""What no name of a parameter has: a letter that does not show must not hide what follows, or is followed by."""
_PATH = re.compile(r"(?:InternetGateway)?Device\.[A-Za-z0-9_.{}-]*")


class Redactor:
    """Knows what is secret: by ``is_secret(path)`` of the data model, by well-known names, and by value (``known``)."""

    def __init__(
        self, is_secret: Callable[[str], bool] = lambda _path: False, known: Callable[[], Iterable[str]] = tuple
    ) -> None:
        self._is_secret = is_secret
        self._known = KnownSecrets(known)

    def is_secret(self, path: str) -> bool:
        """Whether the parameter or element of that name holds a secret."""
        name = _NO_NAME.sub("", path)
        return bool(_SECRET_LEAF.search(name)) or self._is_secret(name)

    def text(self, text: str) -> str:
        """Free text, such as a log line, without secrets."""
        text = self._known.masked(text)
        folded = text.lower()  # plain searches are ten times as fast as the patterns, and mostly find nothing
        if "://" in folded:
            text = _USER_INFO.sub(rf"\1{MASK}@", text)
            text = _AFTER_SCHEME.sub(_without_values, text)
        if "authorization" in folded:
            text = _HEADER.sub(rf"\1{MASK}", text)
        if "cookie" in folded:
            text = _COOKIE.sub(rf"\1{MASK}", text)
        if any(word in folded for word in _ASSIGNED_WORDS):
            text = _ASSIGNED.sub(rf"\1{MASK}", text)
        return text

    def known_masked(self, text: str) -> str:
        """A text without the secrets that are known."""
        return self._known.masked(text)

    def xml(self, envelope: str) -> str:
        """A message without secrets. Where it is not well-formed nobody knows what its texts mean: all are masked."""
        message = envelope.encode("utf-8", "replace")
        try:
            spans = secret_spans(message, self.is_secret, self._is_dressed_up)
        except NotXml:
            return self.text(_without_texts(envelope))
        pieces, position = [], 0
        for start, end in spans:
            pieces += [message[position:start], MASK.encode()]
            position = end
        return self.text(b"".join([*pieces, message[position:]]).decode())

    def _is_dressed_up(self, text: str, raw: str) -> bool:
        """Whether what has to be masked in a text cannot be seen in ``raw``, as the message has it."""
        is_url = "://" in text and ("?" in text or "@" in text)
        return bool(is_url and _REFERENCE.search(raw)) or self._known.is_dressed_up(text, raw)


def _without_values(url: re.Match[str]) -> str:
    """A query may carry a token under any name, or under none."""
    place, mark, query = url[0].partition("?")
    return place + mark + "&".join(_without_value(one) for one in query.split("&"))


def _without_value(one: str) -> str:
    if one in ("", "amp;"):
        return one
    start = "amp;" if one.startswith("amp;") else ""
    name, found, _ = one.removeprefix("amp;").partition("=")
    return start + (name + found if found else "") + MASK


def _without_texts(message: str) -> str:
    """Tags and the paths of parameters alone; a page of HTML, which people want to read, stays as it is."""
    if _PAGE.match(message) and "envelope" not in message.lower():
        return message
    pieces, position = [], 0
    for token in _MARKUP.finditer(message):
        pieces += [_shown(message[position : token.start()]) if position else message[: token.start()]]
        pieces += [_shown_token(token)]
        position = token.end()
    rest = message[position:]
    return "".join([*pieces, _shown(rest) if position else rest])


def _shown(text: str) -> str:
    return text if not text.strip() or _PATH.fullmatch(text.strip()) else MASK


def _shown_token(token: re.Match[str]) -> str:
    if token[1]:  # a comment, or CDATA
        return MASK
    return _ATTRIBUTE.sub(_shown_attribute, token[0]) if "=" in token[0] else token[0]


def _shown_attribute(attribute: re.Match[str]) -> str:
    return attribute[0] if _OF_SOAP.match(attribute[1]) else f"{attribute[1]}={MASK}"


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
