"""Masks secrets that are known, however a text has them: as XML, JSON, a URL or Python writes them, or cut off."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import quote, quote_plus

MASK: Final = "******"
_SHORTEST: Final = 4  # letters; shorter ones would mask half of every text
_CUT_OFF: Final = 24
"""Letters at the beginning of a longer secret by which it is known where the rest is missing."""
_KEY: Final = re.compile(r"(?:[0-9a-fA-F]{2}){16,}")


class KnownSecrets:
    """``known`` tells those of this moment; any thread may ask."""

    def __init__(self, known: Callable[[], Iterable[str]] = tuple) -> None:
        self._known = known
        self._made: tuple[frozenset[str], tuple[str, ...], dict[str, tuple[str, ...]]] = (frozenset(), (), {})

    def masked(self, text: str) -> str:
        """The text without them."""
        forms, _ = self._forms()
        for form in forms:
            if form in text:
                text = text.replace(form, MASK)
            if len(form) > _CUT_OFF and form[:_CUT_OFF] in text:
                text = _without_beginnings(text, form)
        return text

    def is_dressed_up(self, text: str, raw: str) -> bool:
        """Whether one is in the text that ``raw`` stands for in XML, and was not all masked there."""
        _, of = self._forms()
        return any(secret in text and sum(map(raw.count, forms)) < text.count(secret) for secret, forms in of.items())

    def _forms(self) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
        """How they may be written, the longest first; and those of each."""
        known = frozenset(one for one in self._known() if len(one) >= _SHORTEST)
        made = self._made
        if made[0] != known:
            of = {secret: forms_of(secret) for secret in known}
            every = {form for forms in of.values() for form in forms}
            made = self._made = (known, tuple(sorted(every, key=len, reverse=True)), of)
        return made[1], made[2]


def forms_of(secret: str) -> tuple[str, ...]:
    """How a secret may be written."""
    quoted = [secret, secret.replace("\\", "\\\\")]
    for write in (repr, ascii):
        quoted += [write(secret)[1:-1], write(secret + "'\"")[1:-4]]  # Python chooses the quotes by the whole text
    quoted += [json.dumps(secret, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False)]
    if _KEY.fullmatch(secret):
        quoted += [secret.lower(), secret.upper()]
    in_xml = [_in_xml(one, *quotes) for one in quoted for quotes in _QUOTES]
    in_urls = [
        quote(secret, safe="", errors="replace"),
        quote(secret, errors="replace"),
        quote_plus(secret, errors="replace"),
    ]
    return tuple(dict.fromkeys([*quoted, *in_xml, *in_urls]))


_QUOTES: Final = (
    ('"', "'"),
    ("&quot;", "'"),
    ("&quot;", "&apos;"),
    ("&quot;", "&#39;"),
    ("&quot;", "&#x27;"),
    ("&#34;", "&#39;"),
)


def _in_xml(text: str, double: str, single: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', double).replace("'", single)


def _without_beginnings(text: str, form: str) -> str:
    pieces, done = [], 0
    while (at := text.find(form[:_CUT_OFF], done)) >= 0:
        end = at + _CUT_OFF
        while end < min(len(text), at + len(form)) and text[end] == form[end - at]:
            end += 1
        pieces += [text[done:at], MASK]
        done = end
    return "".join([*pieces, text[done:]])
