"""DHCP options as UCI has them for udhcpc and odhcp6c (reqopts, sendopts …), and rows of them kept beside. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

NAMES: Final = {
    "hostname": 12, "domain": 15, "rootpath": 17, "nisdomain": 40, "message": 56, "vendor": 60, "tftp": 66,
    "bootfile": 67, "tzstr": 100, "tzdbstr": 101, "pxeconffile": 209, "pathprefix": 210, "wpad": 252,
}  # fmt: skip
"""udhcpc's words for options that are a text."""
ASKED: Final = {
    "subnet": 1, "timezone": 2, "router": 3, "dns": 6, "lprsvr": 9, "hostname": 12, "bootsize": 13, "domain": 15,
    "swapsrv": 16, "rootpath": 17, "ipttl": 23, "mtu": 26, "broadcast": 28, "routes": 33, "nisdomain": 40, "nissrv": 41,
    "ntpsrv": 42, "wins": 44, "tftp": 66, "bootfile": 67, "tzstr": 100, "tzdbstr": 101, "search": 119, "sipsrv": 120,
    "staticroutes": 121, "vlanid": 132, "vlanpriority": 133, "ip6rd": 212, "msstaticroutes": 249, "wpad": 252,
}  # fmt: skip
"""The words by which it may be told what to ask for."""
OWN6: Final = frozenset((
    *range(1, 10), *range(11, 17), *range(18, 27), 31, 32, *range(37, 40), *range(43, 49), 53, 56, 61, 64,
    *range(66, 69), *range(79, 84), 87, *range(89, 97), *range(100, 103), *range(105, 111), 112, *range(114, 136),
))  # fmt: skip
"""What odhcp6c has a shape of its own for: told to send one of these as octets it does not start."""
OCTETS6: Final = frozenset((16, 56, 68))
"""Those among them that are octets."""
CLASS: Final = re.compile(r"[\w.-]+", re.ASCII)
"""A user class that comes through netifd's script, and odhcp6c's lists, as one."""
HEXADECIMAL: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+")
LAST_TAG4, LAST_TAG6 = 254, 65_535


@dataclass(frozen=True, slots=True)
class OptionRow:
    """One row: what it says, ``value`` in hexadecimal, "" for an option that is only asked for."""

    enable: bool
    tag: int
    value: str = ""


def number_of(word: str, names: Mapping[str, int], last: int) -> int | None:
    """The option that a word names: by its number, or one of the names; None for none."""
    if word in names:
        return names[word]
    try:
        number = int(word, 16 if word[:2].lower() == "0x" else 10) if word.isascii() and word.isalnum() else 0
    except ValueError:
        return None
    return number if 0 < number <= last else None


def sent_of(item: str, names: Mapping[str, int] = NAMES, last: int = LAST_TAG4) -> tuple[int, str] | None:
    """Tag and value of an item of sendopts (``NN:hex``, ``NN:"text"``, ``hostname:text``); None for another."""
    word, colon, text = item.partition(":")
    tag = number_of(word, names, last)
    if tag is None or not colon:
        return None
    if word in names:
        return tag, text.encode("utf-8", "surrogateescape").hex()
    if text[:1] == '"':
        return tag, text.strip('"').encode("utf-8", "surrogateescape").hex()
    plain = text.replace(":", "")
    return (tag, plain.lower()) if HEXADECIMAL.fullmatch(plain) else None


def item_of(tag: int, value: str, present: Iterable[str], names: Mapping[str, int] = NAMES) -> str:
    """An item of sendopts: as it is written already, where it is."""
    return next((item for item in present if sent_of(item, names, LAST_TAG6) == (tag, value)), f"{tag}:{value}")


def read_rows(client: str, items: Iterable[tuple[int, str]], entries: Iterable[str]) -> dict[str, OptionRow]:
    """The rows in their order. ``items`` are in OpenWrt's own options, of each tag the first counts; an entry
    ``KEY 1 TAG`` is the row of one of them, ``KEY 0 TAG VALUE`` one that is switched off. An item without an entry is
    a person's, and comes behind.
    """
    said = dict(reversed([*items]))
    said = {tag: said[tag] for tag, _ in items}
    found: dict[str, OptionRow] = {}
    claimed: set[int] = set()
    for entry in entries:
        key, state, tag, value = [*entry.split(" "), "", "", ""][:4]
        if not key or state not in ("0", "1") or not tag.isdecimal() or not (not value or HEXADECIMAL.fullmatch(value)):
            continue
        number = int(tag)
        if state == "0":
            found[key] = OptionRow(False, number, value)
        elif number in said and number not in claimed:
            claimed.add(number)
            found[key] = OptionRow(True, number, said[number])
    return found | {bare_key(client, tag): OptionRow(True, tag, said[tag]) for tag in said if tag not in claimed}


def entries_of(client: str, rows: Mapping[str, OptionRow]) -> tuple[str, ...]:
    """What is to be kept beside; nothing where all rows are as a person's items say."""
    if all(row.enable and key == bare_key(client, row.tag) for key, row in rows.items()):
        return ()
    return tuple(
        f"{key} 1 {row.tag}" if row.enable else f"{key} 0 {row.tag} {row.value}".rstrip() for key, row in rows.items()
    )


def bare_key(client: str, tag: int) -> str:
    """The key of a row that nobody has added."""
    return f"{client}_{tag}"


def listed(rows: Iterable[OptionRow]) -> Sequence[OptionRow]:
    """Those that are enabled, in their order."""
    return [row for row in rows if row.enable]


def classes_of(text: str) -> str:
    """The octets of option 15, in hexadecimal, that odhcp6c makes of ``userclass``: pieces behind their lengths."""
    pieces = [piece.encode("utf-8", "surrogateescape") for piece in re.split(r"[ ,\t]+", text) if piece]
    return b"".join(len(piece).to_bytes(2, "big") + piece for piece in pieces).hex()


def class_text(value: str) -> str | None:
    """The inverse; None for what cannot be said so."""
    octets, pieces = bytes.fromhex(value), list[str]()
    while len(octets) > 2:
        length = int.from_bytes(octets[:2], "big")
        pieces.append(octets[2 : 2 + length].decode("ascii", "replace"))
        octets = octets[2 + length :]
    text = ",".join(pieces)
    return text if all(map(CLASS.fullmatch, pieces)) and classes_of(text) == value else None
