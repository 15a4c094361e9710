"""Which dynamic DNS services ddns-scripts knows here, and the addresses (URLs) by which they are asked."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from backends.files import names_in, read_text

FOLDERS: Final = ("usr/share/ddns/custom", "usr/share/ddns/default")
"""A person's own go before those of the packages."""
OLDER: Final = "etc/ddns/services"
"""Until 19.07: a file for IPv4, and one with _ipv6 behind its name."""
LINE: Final = re.compile(r'^"([^"]+)"\s+"([^"]*)"')
LONGEST: Final = 65_536
HTTP, HTTPS = "HTTP", "HTTPS"
PORTS: Final = {"http": 80, "https": 443}
URL: Final = re.compile(
    r"(https?)://((?:[^/?#@]*@)?)(\[[^\]/]*\]|[^/:?#]*)(?::(\d{1,5}))?(.*)", re.DOTALL | re.IGNORECASE
)
"""Whose account's words ([USERNAME]:[PASSWORD]@) are kept as they are."""
TLS: Final = (
    "usr/bin/curl",
    "usr/libexec/wget-ssl",
    "usr/bin/wget-ssl",
    "lib/libustream-ssl.so",
    "usr/lib/libustream-ssl.so",
)
"""One of these makes HTTPS possible."""


class Place(NamedTuple):
    """Where a URL leads; ``port`` 0: the usual one."""

    protocol: str
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Provider:
    """A service: the URL that is asked, or the script that asks ("" for the other)."""

    url: str = ""
    script: str = ""


def place_of(url: str) -> Place | None:
    """Where it leads; None for what is no URL."""
    found = URL.fullmatch(url)
    if found is None:
        return None
    scheme, port = found[1].lower(), int(found[4] or 0)
    return Place(scheme.upper(), found[3].strip("[]"), 0 if port == PORTS[scheme] else port)


def at(url: str, address: str, port: int) -> str:
    """The same URL at another address; "" and 0 leave it as it is."""
    found = URL.fullmatch(url)
    if found is None:
        return url
    scheme, account, host, present, rest = found.groups()
    there = port or (int(present) if present and not address else 0)
    return f"{scheme}://{account}{address or host}{f':{there}' if there else ''}{rest}"


class Services:
    """Those of a machine; the folders are listed again when something in them has changed."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        self._listed: tuple[tuple[int, ...], frozenset[str], tuple[str, ...]] = ((), frozenset(), ())
        self._providers: dict[tuple[str, bool], tuple[int, Provider | None]] = {}

    def names(self) -> tuple[str, ...]:
        """All, a person's own first."""
        ages = tuple(_age(self._root / one) for one in (*FOLDERS, OLDER))
        if ages != self._listed[0]:
            names = [
                name.removesuffix(".json")
                for folder in FOLDERS
                for name in sorted(names_in(self._root / folder))
                if name.endswith(".json")
            ]
            names += sorted(self._older(ipv6=False))
            self._listed = ages, frozenset(names), tuple(dict.fromkeys(names))
            self._providers.clear()
        return self._listed[2]

    def knows(self, name: str) -> bool:
        """Whether a service is installed."""
        self.names()
        return name in self._listed[1]

    def provider(self, name: str, ipv6: bool) -> Provider | None:
        """How a service is asked; None for one that is not installed, or not for this family."""
        if not self.knows(name):
            return None
        if (name, ipv6) not in self._providers:
            self._providers[name, ipv6] = 0, self._read(name, ipv6)
        return self._providers[name, ipv6][1]

    def has_tls(self) -> bool:
        """Whether anything that is installed asks by HTTPS."""
        return any((self._root / one).exists() for one in TLS)

    def _read(self, name: str, ipv6: bool) -> Provider | None:
        for folder in FOLDERS:
            text = read_text(self._root / folder / f"{name}.json", LONGEST)
            if text is not None:
                return _provider(_url_in(text, "ipv6" if ipv6 else "ipv4"))
        return _provider(self._older(ipv6).get(name, ""))

    def _older(self, ipv6: bool) -> dict[str, str]:
        text = read_text(self._root / f"{OLDER}{'_ipv6' if ipv6 else ''}", LONGEST) or ""
        return {found[1]: found[2] for line in text.splitlines() if (found := LINE.match(line))}


def _url_in(text: str, family: str) -> str:
    try:
        told = json.loads(text)
        url = told[family]["url"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return url if isinstance(url, str) else ""


def _provider(told: str) -> Provider | None:
    if not told:
        return None
    return Provider(url=told) if place_of(told) else Provider(script=told)


def _age(path: Path) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0
