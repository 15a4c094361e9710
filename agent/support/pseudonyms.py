"""Names that say where a device is and whose it is, each replaced by the same placeholder wherever it occurs."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final
from urllib.parse import quote

from agent.runtime.known_texts import KnownTexts
from agent.runtime.name_places import LISTS, is_named_by_people, kind_of
from agent.runtime.redactor import MASK

SHORTEST: Final = 3
"""Letters of a name that is looked for everywhere; a shorter one is replaced in its place only."""
SHORTEST_NUMBER: Final = 8
SHORTEST_SEGMENT: Final = 8
"""Letters of one part of a URL's path that is looked for everywhere, unless it is a plain word."""
MOST_NAMES: Final = 2000

# Who has these is one of many, or nobody at all: they are replaced in their place only.
_ANYBODY: Final = frozenset(
    {"localhost", "localdomain", "lan", "local", "home", "root", "admin", "user", "anonymous", "none", "unknown"}
    | {"openwrt", "debian", "ubuntu", "raspberrypi", "raspbian"}
    | {"schemas.xmlsoap.org", "www.w3.org", "www.broadband-forum.org", "broadband-forum.org", "dslforum.org"}
)
# What logs and messages are made of. A name that is one of them would take their sense away.
_WORDS: Final = frozenset(
    {"acs", "active", "advanced", "agent", "and", "api", "body", "boolean", "bridge", "client", "cpe", "cwmp"}
    | {"data", "debug", "default", "device", "dhcp", "disabled", "dns", "domain", "download", "enabled", "envelope"}
    | {"error", "false", "fault", "file", "files", "firmware", "for", "ftp", "gateway", "guest", "header", "high"}
    | {"host", "http", "https", "inactive", "info", "interface", "internet", "link", "low", "mac", "mail", "main"}
    | {"management", "medium", "name", "nat", "network", "not", "ntp", "null", "path", "port", "ppp", "public"}
    | {"router", "serial", "server", "service", "services", "smtp", "soap", "ssh", "ssid", "ssl", "static"}
    | {"string", "system", "tcp", "the", "time", "tls", "tr-069", "tr069", "true", "udp", "update", "upload", "uri"}
    | {"url", "value", "video", "voice", "wan", "warning", "wifi", "wlan", "www", "xml", "yes"}
)
_FILES: Final = frozenset(
    {"apk", "bin", "cer", "cfg", "conf", "crt", "css", "deb", "gz", "html", "img", "ini", "ipk", "js", "json"}
    | {"jsonl", "key", "ko", "lease", "leases", "list", "lock", "log", "md", "mount", "pcap", "pem", "pid", "py"}
    | {"service", "sh", "slice", "so", "sock", "socket", "state", "tar", "timer", "tmp", "toml", "txt", "unusable"}
    | {"xml"}
)
"""What stands behind the last dot of names that are no hosts'."""
_REVERSED: Final = frozenset({"org", "com", "net", "io", "device", "internetgatewaydevice"})
"""What stands before the first dot there: of buses, of the kernel's settings, of parameters."""

_URL: Final = re.compile(
    r"(?<=://)([^\s/?#@<>\"'\\]*@)?(\[[^\s\]]*\]|[^\s/?#:@<>\"'\\]+)((?::\d+)?)([/?#][^\s<>\"'\\]*)?"
)
_MAIL: Final = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@(?:[\w-]{1,63}\.)*[\w-]{1,63}")
_HOST: Final = re.compile(
    r"(?<![\w@/\\-])(?<!\w\.)(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+([a-zA-Z]{2,24})(?![\w-]|\.\w)"
)
_PORT: Final = re.compile(r"(?<=[A-Za-z0-9]):\d{1,5}$")
_CAMEL: Final = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]")
_OWN_ALIAS: Final = re.compile(r"cpe-\d+")
_STRUCT: Final = re.compile(
    r"(<(?:[\w.-]+:)?Name\b[^<>]*>\s*([^<>\s]{1,256})\s*</[^<>]*>\s*<(?:[\w.-]+:)?Value\b[^<>]*>(?:<!\[CDATA\[)?)"
    r"([^<]+?)(?=(?:\]\]>)?<)"
)
_ELEMENT: Final = re.compile(
    r"(<(?:[\w.-]+:)?([A-Za-z]\w{0,63})(?:\s[^<>]*)?(?<!/)>(?:<!\[CDATA\[)?)([^<]+?)(?=(?:\]\]>)?</)"
)
_ASSIGNED: Final = re.compile(
    r"(?<![\w.])((?:InternetGateway)?Device\.[\w.\[\]:@-]{1,256}=)(\S.*?)(?=  |$)", re.MULTILINE
)
_MAC: Final = re.compile(
    r"(?i)(?<![0-9a-f:-])[0-9a-f]{2}([:-])[0-9a-f]{2}\1[0-9a-f]{2}(?:\1[0-9a-f]{2}){3}(?![0-9a-f:-])"
)
_IPV4: Final = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)")
_IPV6: Final = re.compile(r"(?<![\w:.])(?=[0-9a-fA-F:]*:[0-9a-fA-F:]*:)[0-9a-fA-F:]{3,39}(?![\w:])")
_EUI_64: Final = 0xFFFE
_INTERFACE: Final = 2**64 - 1


class Pseudonyms:
    """First ``keep`` words, ``learn`` what is there to be known, then ``at``, ``text`` and ``document`` replace it.

    A name is replaced where a parameter or a field of its kind has it, whatever it is, and in every text unless it is
    short or a common word. Kept are private addresses, the first three octets of MAC addresses (the maker) and, in
    texts, names that many have. ``is_writable`` tells whether a parameter can be written.
    """

    def __init__(self, is_writable: Callable[[str], bool] = lambda _path: True) -> None:
        self._is_writable = is_writable
        self._kept: set[str] = set(_WORDS)
        self._counts: Counter[str] = Counter()
        self._given: dict[str, str] = {}
        self._shown: set[str] = set()
        self._everywhere = KnownTexts()
        self._learned: set[str] = set()
        self._kinds: dict[str, str] = {}

    def keep(self, words: Iterable[str]) -> None:
        """Words that texts are made of, such as the parts of parameters' paths."""
        self._kept.update(word.casefold() for word in words)

    def learn(self, kind: str, name: str) -> None:
        """From now on ``name`` is "kind-1", "kind-2" …; an address is left to the rule for addresses."""
        folded = _folded(name)
        if not folded or MASK in folded or folded in self._learned or _has_own_rule(folded):
            return
        placeholder = self._placeholder(kind, folded)
        if self._is_plain(folded) or len(self._learned) >= MOST_NAMES:
            return
        self._learned.add(folded)
        for base in {name.strip().rstrip("."), folded}:
            in_xml = base.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            in_attribute = in_xml.replace('"', "&quot;").replace("'", "&apos;")
            for form in (base, in_xml, in_attribute, quote(base)):
                self._everywhere.add(form, placeholder)
        first, dot, _ = folded.partition(".")
        if dot and kind in LISTS and "@" not in first and not self._is_plain(first) and first not in self._given:
            self._given[first] = placeholder
            self._everywhere.add(first, placeholder)

    def learn_path(self, url: str) -> None:
        """The parts of a URL's path, which is a secret as a whole."""
        for found in _URL.finditer(url):
            self.learn("path", _path_of(found))

    def learn_at(self, place: str, value: str) -> None:
        """A value with the path, element or key that it has; what texts tell by themselves is learned as well."""
        kind = self._kind(place)
        for name in value.split(",") if kind in LISTS else [value]:
            if kind and not (name.endswith("…") or "://" in name or (kind == "name" and _OWN_ALIAS.fullmatch(name))):
                self.learn(kind, _PORT.sub("", name) if kind in LISTS else name)
        self.learn_from(value)

    def learn_from(self, text: str) -> None:
        """Hosts and paths of all URLs, hosts with dots, names in messages, and MAC addresses for their plain form."""
        for found in _URL.finditer(text):
            if _is_name_space(found[2]):
                continue
            self.learn("host", found[2])
            for part in re.split(r"[/?&=;#]", _path_of(found)):
                if len(part) >= SHORTEST_SEGMENT and not ((part.isalpha() and part.islower()) or part.endswith("…")):
                    self.learn("path", part)
        for found in _HOST.finditer(text):
            if self._is_host(found):
                self.learn("host", found[0])
        for found in _MAC.finditer(text):
            self._mac(found)
        for pattern in (_STRUCT, _ELEMENT) if "</" in text else ():
            for found in pattern.finditer(text):
                if kind := self._kind(found[2]):
                    self.learn(kind, _unescaped(found[3]))

    def learn_document(self, document: Any, place: str = "") -> None:
        """Every text of a JSON document."""
        if isinstance(document, str):
            self.learn_at(place, document)
        elif isinstance(document, Mapping):
            for key, value in document.items():
                self.learn_document(value, _place(document, str(key)))
        elif isinstance(document, (list, tuple)):
            for one in document:
                self.learn_document(one, place)

    def at(self, place: str, value: str) -> str:
        """A value with the path, element or key that it has, replaced as a whole where that holds a name."""
        kind = self._kind(place)
        if kind in LISTS and "," in value:
            return ",".join(self.at(place, one) for one in value.split(","))
        if kind in LISTS and (port := _PORT.search(value)):
            return self.at(place, value[: port.start()]) + port[0]
        folded = _folded(value)
        if not kind or not folded or MASK in folded or "://" in folded or _has_own_rule(folded):
            return self.text(value)
        if kind == "name" and _OWN_ALIAS.fullmatch(value):
            return value
        return self._placeholder(kind, folded.strip("/") if kind == "path" else folded)

    def text(self, text: str) -> str:
        """The text with placeholders."""
        if "</" in text:
            text = _STRUCT.sub(self._in_xml, text)
            text = _ELEMENT.sub(self._in_xml, text)
        if "=" in text:
            text = _ASSIGNED.sub(lambda found: found[1] + self.at(found[1][:-1], found[2]), text)
        if "://" in text:
            text = _URL.sub(self._url, text)
        if "@" in text:
            text = _MAIL.sub(lambda found: self._placeholder("mail", found[0].casefold()), text)
        text = _MAC.sub(self._mac, text)
        if "." in text:
            text = _HOST.sub(self._host, text)
        text = self._everywhere.replaced(text)
        text = _IPV4.sub(self._address, text)
        return _IPV6.sub(self._address, text)

    def document(self, document: Any, place: str = "") -> Any:
        """A JSON document with placeholders in every text and key."""
        if isinstance(document, str):
            return self.at(place, document)
        if isinstance(document, Mapping):
            return {self.text(str(key)): self.document(it, _place(document, str(key))) for key, it in document.items()}
        if isinstance(document, (list, tuple)):
            return [self.document(one, place) for one in document]
        return document

    def _kind(self, place: str) -> str:
        if place not in self._kinds:
            by_people = "name" if is_named_by_people(place) and self._is_writable(place) else ""
            self._kinds[place] = kind_of(place) or by_people
        return self._kinds[place]

    def _is_plain(self, folded: str) -> bool:
        """Whether texts would be unreadable, or tell nothing less, without it."""
        is_short = len(folded) < (SHORTEST_NUMBER if folded.isdigit() else SHORTEST)
        return is_short or folded in _ANYBODY or folded in self._kept

    def _placeholder(self, kind: str, what: str) -> str:
        if what.endswith("…") and len(what) > SHORTEST:  # a summary has the beginning of a value only
            what = next((known for known in self._given if known.startswith(what[:-1])), what)
        if what in self._shown:  # it has been replaced already
            return what
        if what not in self._given:
            self._counts[kind] += 1
            self._given[what] = f"{kind}-{self._counts[kind]}"
            self._shown.add(self._given[what])
        return self._given[what]

    def _in_xml(self, found: re.Match[str]) -> str:
        return found[1] + self.at(found[2], _unescaped(found[3])) if self._kind(found[2]) else found[0]

    def _url(self, found: re.Match[str]) -> str:
        host, path = found[2].rstrip(".").casefold(), _path_of(found)
        if _is_name_space(host):
            return found[0]
        is_kept = not host or host in _ANYBODY or _is_address(host.strip("[]"))
        shown = found[2] if is_kept else self._placeholder("host", host)
        rest = found[4] or ""
        if path:
            before, _, after = rest.partition(path) if path in rest else (rest[:1], "", "")
            rest = f"{before}{self._placeholder('path', path.casefold())}{after}"
        return f"{MASK + '@' if found[1] else ''}{shown}{found[3]}{rest}"

    def _is_host(self, found: re.Match[str]) -> bool:
        labels = found[0].casefold().split(".")
        return not (
            found[0].casefold() in _ANYBODY
            or labels[-1] in _FILES
            or labels[0] in _REVERSED
            or _CAMEL.search(found[1])
            or all(label in self._kept for label in labels)
        )

    def _host(self, found: re.Match[str]) -> str:
        folded = found[0].casefold()
        first, _, rest = folded.partition(".")
        if not self._is_host(found) or (first in self._given and rest in _ANYBODY and folded not in self._given):
            return found[0]
        return self._placeholder("host", folded)

    def _mac(self, found: re.Match[str]) -> str:
        mark, plain = found[1], re.sub(r"[:-]", "", found[0]).casefold()
        if plain in ("0" * 12, "f" * 12):
            return found[0]
        number = self._placeholder("mac", plain).partition("-")[2]
        self._everywhere.add(plain, f"{plain[:6]}-mac-{number}")
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


def _has_own_rule(folded: str) -> bool:
    """Whether a name is an address, which has rules of its own."""
    return _is_address(folded.strip("[]")) or _MAC.fullmatch(folded) is not None


def _is_name_space(host: str) -> bool:
    return "." in host and host.casefold() in _ANYBODY


def _folded(name: str) -> str:
    return name.strip().rstrip(".").casefold()


def _path_of(found: re.Match[str]) -> str:
    """What a URL says behind its host, without what surrounds it in a sentence."""
    return (found[4] or "").lstrip("/?#").rstrip("/.,:;!?)]}").replace("&amp;", "&")


def _unescaped(text: str) -> str:
    for entity, letter in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(entity, letter)
    return text


def _place(document: Mapping[Any, Any], key: str) -> str:
    """By which a value in a JSON document is known: the path beside it, or its key."""
    path = document.get("path")
    return path if key in ("value", "before", "after") and isinstance(path, str) else key
