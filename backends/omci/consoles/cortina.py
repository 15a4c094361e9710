"""What Cortina's minishell prints: system/mib/show, traffic/pon/show. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from backends.omci.consoles.told import MOST_TEXT, NotUnderstood, Told, attribute_of, octets_of
from backends.omci.entities import entity

_TABLE: Final = re.compile(r"^Table (\S+), .*, total (\d{1,5}) instances\s*$", re.MULTILINE)
_KEY: Final = re.compile(r"^([A-Za-z]\w*)\s+=\s?(.*)$")
_STATE: Final = re.compile(r"^\s*Operation State Machine:.*\(O([1-9])\)", re.MULTILINE)
_ONU_ID: Final = re.compile(r"^\s*Onu id\s+(\d{1,5})\s*$", re.MULTILINE | re.IGNORECASE)
_VENDOR: Final = re.compile(r"^\s*Serial Number\(vendor code\):\s*([A-Za-z0-9]{4})\s*$", re.MULTILINE)
_SERIAL: Final = re.compile(r"^\s*Serial Number\(sn\):\s*([0-9A-Fa-f]{8})\s*$", re.MULTILINE)
NOBODY: Final = 65535
"""The ONU-ID of one that was given none."""


def entities(class_id: int, text: str) -> list[Told]:
    """All instances of a class in an answer to ``system/mib/show CLASS``. Raises NotUnderstood without its headline."""
    text = text[:MOST_TEXT]
    if not (head := _TABLE.search(text)):
        raise NotUnderstood("the minishell printed no table of entities")
    found = list(_told(class_id, text[head.end() :]))
    if len(found) != int(head[2]):
        raise NotUnderstood(f"the minishell told of {len(found)} instances, and of {head[2]} in its headline")
    return found


def onu_state(text: str) -> str | None:
    """The activation state, "O5", of ``traffic/pon/show link``."""
    found = _STATE.findall(text[:MOST_TEXT])
    return f"O{found[-1]}" if found else None


def onu_id(text: str) -> int | None:
    """The ONU-ID of ``traffic/pon/show onu``; None when the OLT gave none."""
    found = _ONU_ID.search(text[:MOST_TEXT])
    return int(found[1]) if found and int(found[1]) != NOBODY else None


def serial_number(text: str) -> str | None:
    """The serial number, "GPONABCD1234", of the same."""
    vendor, number = _VENDOR.search(text[:MOST_TEXT]), _SERIAL.search(text[:MOST_TEXT])
    return vendor[1] + number[1].upper() if vendor and number else None


def _told(class_id: int, text: str) -> Iterator[Told]:
    known = entity(class_id)
    told: Told | None = None
    after = 0
    for line in text.splitlines():
        if not (found := _KEY.match(line)):
            continue
        name, value = found[1], found[2].rstrip()
        if name.lower() == "entityid" and re.fullmatch(r"0[xX][0-9a-fA-F]{1,4}|\d{1,5}", value):
            if told:
                yield told
            told, after = Told(class_id, int(value, 0) & 0xFFFF), 0
        elif told:
            attribute = attribute_of(known, name, after) if known else None
            octets = octets_of(attribute, value) if attribute else None
            if attribute and octets is not None:
                told.octets[attribute.index] = octets
                after = attribute.index
            else:
                told.other[name] = value
    if told:
        yield told
