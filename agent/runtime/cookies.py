"""The cookies of one CWMP session: returned on every POST to the hosts they are meant for, bounded, never stored."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.cwmp.acs_url import is_name

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x20-\x3a\x3c-\x7e]*")


@dataclass(frozen=True, slots=True)
class _Cookie:
    value: str
    was_set_over_tls: bool
    is_for_one_host: bool


class Cookies:
    """A cookie jar for the length of a session. Path is ignored: there is one ACS, and it wants all its cookies on
    every POST, also those without Path (GenieACS issues 79, 82). Domain is obeyed (RFC 6265 §5.3): a redirect may
    lead to another host."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._kept: dict[tuple[str, str], _Cookie] = {}  # (host or domain, name), oldest first

    def take(self, host: str, is_tls: bool, headers: Iterable[str]) -> None:
        """Keep what the Set-Cookie values say; the oldest give way when there are too many."""
        for header in headers:
            pair, *attributes = header.split(";")
            name, equals, value = pair.partition("=")
            name, value = name.strip(), value.strip()
            if not (equals and _NAME.fullmatch(name) and _VALUE.fullmatch(value)):
                continue
            domain = _domain(attributes)
            if not _matches(host, domain or host):
                continue
            owner = domain or host
            self._kept.pop((owner, name), None)
            if not any(_says_delete(attribute) for attribute in attributes):
                self._kept[owner, name] = _Cookie(value, is_tls, is_for_one_host=not domain)
        while self._kept and (len(self._kept) > self._most or self._size() > self._most_bytes):
            del self._kept[next(iter(self._kept))]

    def _size(self) -> int:
        return sum(len(name) + len(cookie.value) + 3 for (_, name), cookie in self._kept.items())

    def header(self, host: str, is_tls: bool) -> str:
        """The Cookie value for a POST, or ""; what was set over TLS is not shown without it."""
        return "; ".join(
            f"{name}={cookie.value}"
            for (owner, name), cookie in self._kept.items()
            if (owner == host if cookie.is_for_one_host else _matches(host, owner))
            and (is_tls or not cookie.was_set_over_tls)
        )


def _says_delete(attribute: str) -> bool:
    name, _, value = attribute.partition("=")
    return name.strip().lower() == "max-age" and value.strip() in ("0", "-1")


def _domain(attributes: Sequence[str]) -> str:
    """The last Domain attribute, without the dot that may lead it; "": none, and the cookie is for one host."""
    given = [
        value for name, _, value in (each.partition("=") for each in attributes) if name.strip().lower() == "domain"
    ]
    return given[-1].strip().removeprefix(".").lower() if given else ""


def _matches(host: str, domain: str) -> bool:
    """RFC 6265 §5.1.3; a domain of one label ("com") is for nobody but itself: there is no list of the public ones."""
    return host == domain or ("." in domain and host.endswith(f".{domain}") and is_name(host))
