"""The cookies of one CWMP session: returned on every POST to the host that set them, bounded, never stored."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x20-\x3a\x3c-\x7e]*")


@dataclass(frozen=True, slots=True)
class _Cookie:
    value: str
    was_set_over_tls: bool


class Cookies:
    """A cookie jar for the length of a session. Path and Domain are ignored: there is one ACS, and it wants all
    its cookies on every POST, also those without Path (GenieACS issues 79, 82)."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._kept: dict[tuple[str, str], _Cookie] = {}  # (host, name), oldest first

    def take(self, host: str, is_tls: bool, headers: Iterable[str]) -> None:
        """Keep what the Set-Cookie values say; the oldest give way when there are too many."""
        for header in headers:
            pair, *attributes = header.split(";")
            name, equals, value = pair.partition("=")
            name, value = name.strip(), value.strip()
            if not (equals and _NAME.fullmatch(name) and _VALUE.fullmatch(value)):
                continue
            self._kept.pop((host, name), None)
            if not any(_says_delete(attribute) for attribute in attributes):
                self._kept[host, name] = _Cookie(value, is_tls)
        while self._kept and (len(self._kept) > self._most or self._size() > self._most_bytes):
            del self._kept[next(iter(self._kept))]

    def _size(self) -> int:
        return sum(len(name) + len(cookie.value) + 3 for (_, name), cookie in self._kept.items())

    def header(self, host: str, is_tls: bool) -> str:
        """The Cookie value for a POST, or ""; what was set over TLS is not shown without it."""
        return "; ".join(
            f"{name}={cookie.value}"
            for (owner, name), cookie in self._kept.items()
            if owner == host and (is_tls or not cookie.was_set_over_tls)
        )


def _says_delete(attribute: str) -> bool:
    name, _, value = attribute.partition("=")
    return name.strip().lower() == "max-age" and value.strip() in ("0", "-1")
