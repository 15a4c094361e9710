"""The cookies of one CWMP session: returned on every POST to the hosts they are meant for, bounded, never stored."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf

from agent.cwmp.acs_url import is_name
from agent.runtime.cookie_dates import read_date

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x20-\x3a\x3c-\x7e]*")
_SECONDS = re.compile(r"-?[0-9]+")
_LONGEST_SECONDS = 12  # digits; longer than any session


@dataclass(frozen=True, slots=True)
class _Cookie:
    value: str
    needs_tls: bool
    is_for_one_host: bool
    until: float


class Cookies:
    """A cookie jar for the length of a session (RFC 6265 §5.3), times in seconds of whatever clock the caller has.

    Path is ignored: there is one ACS, and it wants all its cookies on every POST, also those without Path (GenieACS
    issues 79, 82). Domain is obeyed: a redirect may lead to another host.
    """

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._kept: dict[tuple[str, str], _Cookie] = {}  # (host or domain, name), oldest first

    def take(self, host: str, is_tls: bool, headers: Iterable[str], now: float = 0.0, wall: float = 0.0) -> None:
        """Keep what the Set-Cookie values say; one that is too large is refused, too many push the oldest out.

        ``wall``: Unix time by the server's clock where it is known; a device whose own is not set would misjudge.
        """
        for header in headers:
            pair, *rest = header.split(";")
            name, equals, value = pair.partition("=")
            name, value = name.strip(), value.strip()
            if not (equals and _NAME.fullmatch(name) and _VALUE.fullmatch(value)):
                continue
            attributes = _attributes(rest)
            domain = attributes.get("domain", "").removeprefix(".").lower()
            if not _matches(host, domain or host) or _size(name, value) > self._most_bytes:
                continue
            key = (domain or host, name)
            self._kept.pop(key, None)
            until = now + _lifetime(attributes, wall)
            if until > now:
                self._kept[key] = _Cookie(value, is_tls or "secure" in attributes, not domain, until)
        while len(self._kept) > self._most or self._total() > self._most_bytes:
            del self._kept[next(iter(self._kept))]

    def _total(self) -> int:
        return sum(_size(name, cookie.value) for (_, name), cookie in self._kept.items())

    def header(self, host: str, is_tls: bool, now: float = 0.0) -> str:
        """The Cookie value for a POST, or ""; what was set over TLS, or asks for it, is not shown without it."""
        return "; ".join(
            f"{name}={cookie.value}"
            for (owner, name), cookie in self._kept.items()
            if (owner == host if cookie.is_for_one_host else _matches(host, owner))
            and (is_tls or not cookie.needs_tls)
            and cookie.until > now
        )


def _size(name: str, value: str) -> int:
    return len(name) + len(value) + 3


def _attributes(given: Iterable[str]) -> Mapping[str, str]:
    """By name in lower case; of several the last counts, of times the last that can be read (RFC 6265 §5.2, §5.3)."""
    read: dict[str, str] = {}
    for each in given:
        name, _, value = each.partition("=")
        name, value = name.strip().lower(), value.strip()
        if name == "max-age" and not _SECONDS.fullmatch(value):
            continue
        if name == "expires" and read_date(value) is None:
            continue
        read[name] = value
    return read


def _lifetime(attributes: Mapping[str, str], wall: float) -> float:
    """Seconds from now; Max-Age wins over Expires."""
    if "max-age" in attributes:
        return float(attributes["max-age"][:_LONGEST_SECONDS])
    expires = read_date(attributes["expires"]) if "expires" in attributes else None
    return inf if expires is None else expires - wall


def _matches(host: str, domain: str) -> bool:
    """RFC 6265 §5.1.3; a domain of one label ("com") is for nobody but itself: there is no list of the public ones."""
    return host == domain or ("." in domain and host.endswith(f".{domain}") and is_name(host))
