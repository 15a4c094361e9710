"""The DHCP options in which a server names the ACS and a gateway itself, and in which a device does (TR-069 §3.1, F).

Octets come from whoever answers first on the network: nothing here raises for what it reads, and nothing grows with it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from agent.discovery.offer import Neighbour

BROADBAND_FORUM: Final = 3561
"""The enterprise number (RFC 3925, RFC 8415 21.17) under which TR-069 has its sub-options."""
VENDOR_CLASS: Final = b"dslforum.org"
"""What option 60 has to contain, or option 124 and DHCPv6's 16 for the enterprise above, to be answered (§3.1)."""

LONGEST: Final = 65_536
"""Octets of an option that are looked at: more has no place in a datagram."""
LONGEST_URL: Final = 2048
LONGEST_TEXT: Final = 64
"""Characters of a ProvisioningCode and of each part of an identity (TR-181)."""
MOST_REFUSED: Final = 8
URL: Final = re.compile(
    r"https?://(?![^/?#]*@)(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9][A-Za-z0-9._-]*)(:[0-9]{1,5})?([/?#][^\x00-\x20\x7f-\xff\"<>\\`]*)?",
    re.IGNORECASE,
)
OUI: Final = re.compile(r"[0-9A-F]{6}")
WAIT: Final = (1, 65_535)
MULTIPLIER: Final = (1000, 65_535)
FILL: Final = b"\x00\xff"
"""Padding and end marks, which servers add to what has a length of its own."""


class NotUsable(ValueError):
    """Something that cannot be used; its text is a sentence that repeats no secret."""


class Said(NamedTuple):
    """What options say; ``refused`` are sentences on what could not be taken."""

    url: str = ""
    provisioning_code: str | None = None
    retry_minimum_wait: int | None = None
    retry_multiplier: int | None = None
    neighbour: Neighbour | None = None
    refused: tuple[str, ...] = ()

    def over(self, other: "Said") -> "Said":
        """The same, with the other's word where this says nothing."""
        return Said(
            self.url or other.url,
            other.provisioning_code if self.provisioning_code is None else self.provisioning_code,
            other.retry_minimum_wait if self.retry_minimum_wait is None else self.retry_minimum_wait,
            other.retry_multiplier if self.retry_multiplier is None else self.retry_multiplier,
            self.neighbour or other.neighbour,
            tuple(dict.fromkeys(self.refused + other.refused))[:MOST_REFUSED],
        )


class Codes(NamedTuple):
    """Which sub-options say what."""

    url: int
    code: int
    wait: int
    multiplier: int

    @property
    def all(self) -> tuple[int, ...]:
        """All of them."""
        return tuple(self)


PLAIN: Final = Codes(1, 2, 3, 4)
"""In DHCPv4 option 43 and DHCPv6 option 17."""
IN_125: Final = Codes(11, 12, 13, 14)
GATEWAY4: Final = (4, 5, 6)
"""OUI, serial number and product class by which a gateway names itself in option 125 (Annex F)."""
GATEWAY6: Final = (14, 15, 16)
DEVICE4: Final = (1, 2, 3)
DEVICE6: Final = (11, 12, 13)

Parts = Mapping[int, bytes]
"""Sub-options by their codes."""


# -- what a server says ------------------------------------------------------------------------------------------------


def option43(content: bytes) -> Said:
    """DHCPv4 option 43: sub-options 1 to 4, or nothing but the URL."""
    bare = content[:LONGEST].strip(FILL + b" \t\r\n")
    if bare[:8].lower().startswith((b"http://", b"https://")):
        refused: list[str] = []
        return Said(url=_url(bare, "option 43", refused), refused=tuple(refused))
    parts, refused = _parts4(content, "option 43")
    if not refused and content.strip(FILL) and not any(code in parts for code in PLAIN):
        refused = [f"option 43 names no ACS: it has {_listed(parts)}"]
    return _acs(parts, PLAIN, "option 43", refused)


def option125(content: bytes) -> Said:
    """DHCPv4 option 125: of the Broadband Forum's part, sub-options 11 to 14 and the gateway's 4 to 6.

    Servers that were set up like option 43 have 1 to 4 there: they count as that where 1 is a URL.
    """
    body, refused = _of_the_forum(content)
    parts, more = _parts4(body, "option 125")
    refused += more
    if _looks_like_url(parts.get(PLAIN.url, b"")) and IN_125.url not in parts:
        return _acs(parts, PLAIN, "option 125", refused)
    return _named(_acs(parts, IN_125, "option 125", refused), parts, GATEWAY4, "option 125")


def option17(content: bytes) -> Said:
    """DHCPv6 option 17: of the Broadband Forum's part, sub-options 1 to 4 and the gateway's 14 to 16.

    ``content`` may be several options one behind the other, as some clients hand them over.
    """
    refused: list[str] = []
    content = _bounded(content, "option 17", refused)
    parts: dict[int, bytes] = {}
    others: dict[int, bytes] = {}
    at, end = 0, len(content.rstrip(FILL))
    while at < end:
        number = int.from_bytes(content[at : at + 4], "big")
        at = _walk6(content, at + 4, parts if number == BROADBAND_FORUM else others, refused)
    if others and not parts and not refused:
        refused.append("option 17 is of other enterprises")
    return _named(_acs(parts, PLAIN, "option 17", refused), parts, GATEWAY6, "option 17")


# -- what we say -------------------------------------------------------------------------------------------------------


def identity4(device: Neighbour) -> bytes:
    """Option 125 of a request, by which a device tells a gateway who it is. NotUsable for what does not fit there."""
    body = b"".join(
        bytes((code, len(value))) + value for code, value in zip(DEVICE4, _identity(device), strict=True) if value
    )
    return BROADBAND_FORUM.to_bytes(4, "big") + bytes((len(body),)) + body


def identity6(device: Neighbour) -> bytes:
    """The same as DHCPv6 option 17."""
    body = b"".join(
        code.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value
        for code, value in zip(DEVICE6, _identity(device), strict=True)
        if value
    )
    return BROADBAND_FORUM.to_bytes(4, "big") + body


class Asking(NamedTuple):
    """What a DHCPv4 request of ours tells of us: the contents of options 60, 124 and 125; empty: not sent."""

    vendor_class: bytes
    enterprise_class: bytes
    identity: bytes


def asking4(device: Neighbour) -> Asking:
    """Options by which a server knows that an ACS is asked for, and by whom where the identity fits."""
    try:
        identity = identity4(device)
    except NotUsable:
        identity = b""
    return Asking(VENDOR_CLASS, vendor_class4(), identity)


def vendor_class4() -> bytes:
    """Option 124 (RFC 3925): the vendor class of option 60, by enterprise number."""
    return BROADBAND_FORUM.to_bytes(4, "big") + bytes((len(VENDOR_CLASS),)) + VENDOR_CLASS


def vendor_class6() -> bytes:
    """The same as DHCPv6 option 16."""
    return BROADBAND_FORUM.to_bytes(4, "big") + len(VENDOR_CLASS).to_bytes(2, "big") + VENDOR_CLASS


def _identity(device: Neighbour) -> list[bytes]:
    if not OUI.fullmatch(device.oui) or not device.serial_number:
        raise NotUsable("a device names itself by an OUI of six hexadecimal digits and a serial number")
    values = [value.encode() for value in device]
    if max(map(len, values)) > LONGEST_TEXT:
        raise NotUsable(f"no part of a device's identity is longer than {LONGEST_TEXT} octets")
    return values


# -- inside ------------------------------------------------------------------------------------------------------------


def _of_the_forum(content: bytes) -> tuple[bytes, list[str]]:
    """The Broadband Forum's part of an option 125, put together (RFC 3396) where it is in pieces."""
    refused: list[str] = []
    content = _bounded(content, "option 125", refused)
    pieces, others = [], set()
    at, end = 0, len(content.rstrip(FILL))
    while at < end:
        number, length = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 5]
        if not length or at + 5 + length[0] > len(content):
            refused.append("option 125 ends within the part of an enterprise")
            break
        if number == BROADBAND_FORUM:
            pieces.append(content[at + 5 : at + 5 + length[0]])
        else:
            others.add(number)
        at += 5 + length[0]
    if not pieces and others and not refused:
        refused.append(f"option 125 is of other enterprises: {_some(sorted(others))}")
    return b"".join(pieces), refused


def _parts4(content: bytes, name: str) -> tuple[dict[int, bytes], list[str]]:
    """Sub-options behind one octet of code and one of length; those before what is cut off."""
    refused: list[str] = []
    content = _bounded(content, name, refused)
    parts: dict[int, bytes] = {}
    at = 0
    while at < len(content) and content[at] != 0xFF:
        code = content[at]
        if code == 0:
            at += 1
            continue
        end = at + 2 + content[at + 1] if at + 1 < len(content) else len(content) + 1
        if end > len(content):
            refused.append(f"{name} ends within its sub-option {code}")
            break
        _take(parts, code, content[at + 2 : end], name, refused)
        at = end
    return parts, refused


def _walk6(content: bytes, at: int, parts: dict[int, bytes], refused: list[str]) -> int:
    """Sub-options behind two octets of code and two of length; where they end.

    No sub-option has the code 0, and enterprise numbers below 65536 begin with it: there the next option begins.
    """
    while at + 4 <= len(content):
        code, length = (int.from_bytes(content[here : here + 2], "big") for here in (at, at + 2))
        if code == 0:
            return at
        if at + 4 + length > len(content):
            break
        if parts.setdefault(code, content[at + 4 : at + 4 + length]) != content[at + 4 : at + 4 + length]:
            _note_twice(code, "option 17", refused)
        at += 4 + length
    if content[at:].strip(FILL):
        refused.append("option 17 ends within a sub-option")
    return len(content)


def _take(parts: dict[int, bytes], code: int, value: bytes, name: str, refused: list[str]) -> None:
    """Note a sub-option. What is longer than 255 octets comes in several (RFC 3396)."""
    before = parts.get(code)
    if before is None:
        parts[code] = value
    elif before and len(before) % 255 == 0:
        parts[code] = before + value
    elif before != value:
        _note_twice(code, name, refused)


def _note_twice(code: int, name: str, refused: list[str]) -> None:
    if len(refused) < MOST_REFUSED:
        refused.append(f"{name} has its sub-option {code} twice; the first one counts")


def _acs(parts: Parts, codes: Codes, name: str, refused: list[str]) -> Said:
    url = code = None
    if codes.url in parts:
        url = _url(parts[codes.url], f"{name}: the ACS's URL", refused)
    if codes.code in parts:
        code = _text(parts[codes.code], f"{name}: the provisioning code", refused)
    wait = _number(parts.get(codes.wait), WAIT, f"{name}: the retry wait", refused)
    multiplier = _number(parts.get(codes.multiplier), MULTIPLIER, f"{name}: the retry multiplier", refused)
    return Said(url or "", code, wait, multiplier, None, tuple(refused[:MOST_REFUSED]))


def _looks_like_url(value: bytes) -> bool:
    return value[:8].lower().startswith((b"http://", b"https://"))


def _url(value: bytes, name: str, refused: list[str]) -> str:
    text = value.strip(FILL + b" \t\r\n").decode("latin-1")
    found = URL.fullmatch(text) if len(text) <= LONGEST_URL else None
    if found and 0 < int((found[2] or ":80")[1:]) <= 65_535:
        return text
    refused.append(f"{name} is no http or https URL of a host")  # not repeated: it may hold a password
    return ""


def _text(value: bytes, name: str, refused: list[str]) -> str | None:
    try:
        text = value.strip(FILL).decode()
    except UnicodeDecodeError:
        text = "\0"
    if len(text) <= LONGEST_TEXT and text.isprintable():
        return text
    refused.append(f"{name} is no text of {LONGEST_TEXT} characters at most")
    return None


def _number(value: bytes | None, allowed: tuple[int, int], name: str, refused: list[str]) -> int | None:
    """TR-069 has these two as decimal digits."""
    if value is None:
        return None
    digits = value.strip(FILL + b" ")
    if len(digits) <= 10 and digits.isdigit() and allowed[0] <= int(digits) <= allowed[1]:
        return int(digits)
    refused.append(f"{name} is no number from {allowed[0]} to {allowed[1]} in decimal digits")
    return None


def _named(said: Said, parts: Parts, codes: tuple[int, int, int], name: str) -> Said:
    """The same with who the gateway says it is, where it does."""
    if not any(code in parts for code in codes):
        return said
    words = [(_text(parts.get(code, b""), "", []) or "").strip() for code in codes]
    gateway = Neighbour(words[0].upper(), words[1], words[2])
    if OUI.fullmatch(gateway.oui) and gateway.serial_number:
        return said._replace(neighbour=gateway)
    why = f"{name}: a gateway names itself by an OUI of six hexadecimal digits and a serial number"
    return said._replace(refused=(*said.refused, why)[:MOST_REFUSED])


def _bounded(content: bytes, name: str, refused: list[str]) -> bytes:
    if len(content) > LONGEST:
        refused.append(f"{name} is longer than {LONGEST} octets")
        return b""
    return content


def _listed(parts: Iterable[int]) -> str:
    numbers = sorted(parts)
    return f"sub-options {_some(numbers)}" if numbers else "no sub-options"


def _some(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:4])) + (" …" if len(numbers) > 4 else "")
