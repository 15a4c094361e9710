"""Whom a DHCP pool is for, in dnsmasq's words: which tag a request gets that fits all that a pool asks. Pure.

dnsmasq compares an option's value from its first byte on and lets more follow, so that "exactly" is said by two
matches: it begins so, and it does not go on. A name that stands for the pool is then a question of tags alone.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

VENDOR_CLASS, CLIENT_ID, USER_CLASS = 60, 61, 77
DUID_6, USER_CLASS_6, VENDOR_CLASS_6 = 1, 15, 16
LONGEST_VALUE: Final = 255
SHORTEST_VALUE: Final = 2
MOST_MACS: Final = 256
ADDRESS_BYTES: Final = 6
DOMAIN: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")
"""What may stand for a domain name in a configuration."""


class Unmatchable(Exception):
    """What is asked for cannot be said to dnsmasq; ``field`` is the record's."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Match:
    """Lines that define tags, and the tags that a request has to have and not to have."""

    lines: tuple[str, ...] = ()
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()

    def and_(self, other: "Match") -> "Match":
        """Both hold."""
        return Match(self.lines + other.lines, self.has + other.has, self.lacks + other.lacks)


def option_match(tag: str, field: str, option: str, value: bytes, is_whole: bool, tail: str = "") -> Match:
    """The option (``60``, ``option6:1``) has this value; ``is_whole`` False: begins with it."""
    if not SHORTEST_VALUE <= len(value) <= LONGEST_VALUE:
        raise Unmatchable(field, f"dnsmasq compares {SHORTEST_VALUE} to {LONGEST_VALUE} bytes")
    told = value.hex(":")
    begins = f"{tag}{tail}"
    lines = [f"dhcp-match=set:{begins},{option},{told}"]
    if not is_whole or len(value) == LONGEST_VALUE:
        return Match(tuple(lines), (begins,))
    lines.append(f"dhcp-match=set:{begins}x,{option},{told}:*")
    return Match(tuple(lines), (begins,), (f"{begins}x",))


def contains_match(tag: str, field: str, text: str) -> Match:
    """The vendor class has this text somewhere."""
    quoted = quoted_text(text)
    if quoted is None or len(text.encode()) > LONGEST_VALUE:
        raise Unmatchable(field, "dnsmasq looks for printable text of up to 255 bytes only")
    return Match((f"dhcp-vendorclass=set:{tag},{quoted}",), (tag,))


def mac_match(tag: str, field: str, address: str, mask: str) -> Match:
    """The client's hardware address has these bits; a byte that the mask has half of is said once for each value."""
    wanted = bytes.fromhex(address.replace(":", ""))
    bits = bytes.fromhex(mask.replace(":", "")) if mask else b"\xff" * ADDRESS_BYTES
    choices = [list(_values(byte, bit)) for byte, bit in zip(wanted, bits, strict=True)]
    if _size(choices) > MOST_MACS:
        raise Unmatchable(field, "a mask for dnsmasq ends in the middle of one byte at most")
    lines = tuple(f"dhcp-mac=set:{tag},{':'.join(one)}" for one in product(*choices))
    return Match(lines, (tag,))


def turned(match: Match, tag: str) -> Match:
    """A request that does not fit: what a single tag says is turned around."""
    whole = ",".join(f"tag:{one}" for one in match.has) + "".join(f",tag:!{one}" for one in match.lacks)
    return Match((*match.lines, f"tag-if=set:{tag},{whole}"), (), (tag,))


def decisions(pools: Sequence[tuple[str, str, Match]]) -> Iterator[str]:
    """Lines that give each request the tag of one pool at most: of the first, of those of its link, that it fits.

    ``pools`` in their order: tag, link, match.
    """
    for _, _, match in pools:
        yield from match.lines
    taken: dict[str, list[str]] = {}
    for tag, link, match in pools:
        before = taken.setdefault(link, [])
        has = "".join(f",tag:{one}" for one in (link, *match.has))
        lacks = "".join(f",tag:!{one}" for one in (*match.lacks, *before))
        yield f"tag-if=set:{tag}{has}{lacks}"
        before.append(tag)


def quoted_text(text: str) -> str | None:
    """A text as dnsmasq reads it between quotes; None where it has characters that cannot stand there."""
    if not text.isprintable():
        return None
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _values(byte: int, bits: int) -> Iterator[str]:
    if bits == 0:
        yield "*"
        return
    free = [1 << place for place in range(8) if not bits >> place & 1]
    for chosen in product(*[(0, one) for one in free]):
        yield f"{(byte & bits) + sum(chosen):02x}"


def _size(choices: Sequence[Sequence[str]]) -> int:
    size = 1
    for one in choices:
        size *= len(one)
    return size
