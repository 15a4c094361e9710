"""Names that say where a device is and whose it is, each replaced by the same placeholder wherever it occurs."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final
from urllib.parse import quote

SHORTEST: Final = 3
"""Letters of a name that is looked for everywhere; a shorter one would take half of every text with it."""
MOST_NAMES: Final = 2000

NAMED_BY: Final[Mapping[str, str]] = {
    "SSID": "ssid",
    "HostName": "host",
    "Hostname": "host",
    "DomainName": "domain",
    "Username": "user",
    "SerialNumber": "serial",
    "FriendlyName": "name",
}
"""Parameters, by the last part of their path, whose values are such names."""

# Who has these is one of many, or nobody at all.
_ANYBODY: Final = frozenset(
    {"localhost", "localdomain", "lan", "local", "home", "root", "admin", "user", "anonymous", "none", "unknown"}
    | {"openwrt", "debian", "ubuntu", "raspberrypi", "raspbian"}
    | {"schemas.xmlsoap.org", "www.w3.org", "www.broadband-forum.org", "broadband-forum.org"}
)
_URL_HOST: Final = re.compile(r"(?<=://)(?:[^\s/?#@<>\"']*@)?(\[[^\s\]]*\]|[^\s/?#:@<>\"'\\]+)")
_MAC: Final = re.compile(
    r"(?i)(?<![0-9a-f:-])[0-9a-f]{2}([:-])[0-9a-f]{2}\1[0-9a-f]{2}(?:\1[0-9a-f]{2}){3}(?![0-9a-f:-])"
)
_IPV4: Final = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)")
_IPV6: Final = re.compile(r"(?<![\w:.])(?=[0-9a-fA-F:]*:[0-9a-fA-F:]*:)[0-9a-fA-F:]{3,39}(?![\w:])")
_EUI_64: Final = 0xFFFE
_INTERFACE: Final = 2**64 - 1


class Pseudonyms:
    """First ``learn`` and ``learn_from`` what is there to be known, then ``text`` and ``document`` replace it.

    Kept are private addresses, the first three octets of MAC addresses (the maker) and names that many have.
    """

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        self._names: dict[str, str] = {}
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def learn(self, kind: str, name: str) -> None:
        """From now on ``name`` is "kind-1", "kind-2" …; an address is left to the rule for addresses."""
        folded = name.strip().rstrip(".").casefold()
        if len(folded) < SHORTEST or folded in _ANYBODY or folded in self._names or len(self._names) >= MOST_NAMES:
            return
        if _is_address(folded.strip("[]")) or _MAC.fullmatch(folded):
            return
        placeholder = self._placeholder(kind, folded)
        for base in {name.strip().rstrip("."), folded}:
            in_xml = base.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            in_attribute = in_xml.replace('"', "&quot;").replace("'", "&apos;")
            for form in (base, in_xml, in_attribute, quote(base)):
                self._know(form, placeholder)

    def learn_from(self, text: str) -> None:
        """The hosts of all URLs in a text, and its MAC addresses in the form without colons."""
        for found in _URL_HOST.finditer(text):
            self.learn("host", found[1])
        for found in _MAC.finditer(text):
            self._mac(found)

    def learn_parameters(self, parameters: Iterable[Mapping[str, Any]]) -> None:
        """The names among values of the data model: each has ``path`` and ``value``."""
        for one in parameters:
            kind = NAMED_BY.get(str(one.get("path", "")).rpartition(".")[2])
            if kind:
                for name in str(one.get("value", "")).split(","):
                    self.learn(kind, name)

    def text(self, text: str) -> str:
        """The text with placeholders."""
        text = _MAC.sub(self._mac, text)
        if self._names:
            text = self._compiled().sub(lambda found: self._names.get(found[0].casefold(), "name"), text)
        text = _URL_HOST.sub(self._url_host, text)
        text = _IPV4.sub(self._address, text)
        return _IPV6.sub(self._address, text)

    def document(self, document: Any) -> Any:
        """A JSON document with placeholders in every text and key."""
        if isinstance(document, str):
            return self.text(document)
        if isinstance(document, Mapping):
            return {self.text(str(key)): self.document(value) for key, value in document.items()}
        if isinstance(document, (list, tuple)):
            return [self.document(one) for one in document]
        return document

    def _know(self, form: str, placeholder: str) -> None:
        if form not in self._forms:
            self._forms.add(form)
            self._names.setdefault(form.casefold(), placeholder)
            self._pattern = None

    def _compiled(self) -> re.Pattern[str]:
        if self._pattern is None:
            forms = sorted(self._forms, key=len, reverse=True)
            self._pattern = re.compile(rf"(?i)(?<!\w)(?:{'|'.join(map(re.escape, forms))})(?!\w)")
        return self._pattern

    def _placeholder(self, kind: str, what: str) -> str:
        key = f"{kind} {what}"
        if key not in self._given:
            self._counts[kind] += 1
            self._given[key] = f"{kind}-{self._counts[kind]}"
        return self._given[key]

    def _url_host(self, found: re.Match[str]) -> str:
        host = found[1].rstrip(".").casefold()
        if host in _ANYBODY or _is_address(host.strip("[]")) or host in self._given.values():
            return found[0]
        return self._placeholder("host", host)

    def _mac(self, found: re.Match[str]) -> str:
        mark, plain = found[1], re.sub(r"[:-]", "", found[0]).casefold()
        if plain in ("0" * 12, "f" * 12):
            return found[0]
        number = self._placeholder("mac", plain).partition("-")[2]
        self._know(plain, f"{plain[:6]}-mac-{number}")
        return f"{found[0][:8]}{mark}xx{mark}xx{mark}{number}"

    def _address(self, found: re.Match[str]) -> str:
        try:
            address = ip_address(found[0])
        except ValueError:
            return found[0]
        if isinstance(address, IPv4Address):
            return self._placeholder("public-ipv4", str(address)) if _is_public(address) else found[0]
        if _is_public(address):
            return self._placeholder("public-ipv6", str(address))
        if (int(address) >> 24) & 0xFFFF == _EUI_64:  # the interface's part is made of the MAC address
            prefix = IPv6Address(int(address) & ~_INTERFACE)
            return f"{prefix}{self._placeholder('interface', str(int(address) & _INTERFACE))}"
        return found[0]


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast


def _is_address(text: str) -> bool:
    with suppress(ValueError):
        ip_address(text.partition("%")[0])
        return True
    return False
