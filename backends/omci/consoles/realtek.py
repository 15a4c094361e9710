"""What Realtek's programs print: omcicli mib get, omcicli get, diag. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from backends.omci.consoles.told import MOST_TEXT, NotUnderstood, Told, attribute_of, octets_of
from backends.omci.entities import Attribute, entity

RULE: Final = "=" * 33
BANNER: Final = "X" * 33

_KEY: Final = re.compile(r"^([A-Z][A-Za-z0-9]*)(?:\[(\d{1,3})\])?:(.*)$")
_BARE_KEY: Final = re.compile(r"^([A-Z][A-Za-z0-9]{8,})\s*$")
_ROW: Final = re.compile(r"^0x([0-9a-fA-F]+)\s*$")
_INDEX: Final = re.compile(r"^INDEX\s+\d+\s*$")
_TAG: Final = re.compile(r"PRI\s*(\d+)\s*,\s*(?:CFI\s*(\d+)\s*,\s*)?VID\s*(\d+)")
_LEVEL: Final = re.compile(r"^\s*(\w[\w ]*?)\s*:\s*(-?\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*$", re.MULTILINE)
_STATE: Final = re.compile(r"\bO([1-9])\b|state\s*[:=]\s*(?:O\s*)?([1-9])\b", re.IGNORECASE)
_ALARM: Final = re.compile(r"^\s*Alarm (LOS|LOF|SF|SD), status: *([A-Za-z]+)", re.MULTILINE)
_VLAN_ROW: Final = re.compile(r"(\w+(?: \w+)?)\s*:\s*(PRI\s*\d+.*)$")
_NUMBER: Final = re.compile(r"(PRI|VID|TPID|EthType|RemoveTags)\s*(0x[0-9a-fA-F]+|\d+)")


@dataclass(slots=True)
class _Key:
    """A key with its value, and the lines below it that belong to it."""

    name: str
    value: str
    lines: list[str] = field(default_factory=list)
    parts: dict[int, str] = field(default_factory=dict)  # Key[n]: value


def entities(class_id: int, text: str) -> list[Told]:
    """All instances of a class in an answer to ``omcicli mib get CLASS``; none when there is only its banner.

    Raises NotUnderstood where there is not even that: the program hangs or is not there.
    """
    text = text[:MOST_TEXT].replace("\u00a0", " ")
    blocks = list(_blocks(text))
    if not blocks and BANNER not in text:
        raise NotUnderstood("the program printed neither a class nor an instance of it")
    return [_told(class_id, block) for block in blocks]


def levels(text: str) -> dict[str, tuple[float, str]]:
    """Values with their units by name, of ``diag pon get transceiver …``: {"Rx Power": (-17.95, "dBm")}."""
    return {name: (float(value), unit) for name, value, unit in _LEVEL.findall(text[:MOST_TEXT])}


def onu_state(text: str) -> str | None:
    """The activation state, "O5", of ``diag gpon get onu-state``."""
    found = _STATE.findall(text[:MOST_TEXT])
    return f"O{found[-1][0] or found[-1][1]}" if found else None


def pon_alarms(text: str) -> dict[str, bool]:
    """The alarms of ``diag gpon get alarm-status``: whatever is not clear is active, since that has several words."""
    return {name: status.lower() != "clear" for name, status in _ALARM.findall(text[:MOST_TEXT])}


def _blocks(text: str) -> Iterator[list[_Key]]:
    """What stands between two rules. One that begins before the last one ended begins anew."""
    block: list[_Key] | None = None
    for line in text.splitlines():
        if line.strip() == RULE:
            if block:
                yield block
                block = None
            else:
                block = []
        elif block is not None:
            _take(block, line)


def _take(block: list[_Key], line: str) -> None:
    if found := _KEY.match(line):
        name, part, value = found[1], found[2], found[3].strip(" ")
        if part is not None and block and block[-1].name == name:
            block[-1].parts[int(part)] = value
        else:
            block.append(_Key(name, value, parts={} if part is None else {int(part): value}))
    elif found := _BARE_KEY.match(line):
        block.append(_Key(found[1], ""))
    elif block:
        block[-1].lines.append(line)


def _told(class_id: int, block: list[_Key]) -> Told:
    known = entity(class_id)
    told = Told(class_id, 0)
    after = 0
    for key in block:
        if key.name.lower() == "entityid":
            told.instance = int(key.value, 0) & 0xFFFF if re.fullmatch(r"0[xX][0-9a-fA-F]+|\d+", key.value) else 0
            continue
        attribute = attribute_of(known, key.name, after) if known else None
        octets = _octets(attribute, key) if attribute else None
        if attribute and octets is not None:
            told.octets[attribute.index] = octets
            after = attribute.index
        else:
            told.other[key.name] = key.value
    return told


def _octets(attribute: Attribute, key: _Key) -> bytes | None:
    if key.parts:
        return _tags(attribute, key.parts)
    if attribute.is_table:
        return _vlan_table(key.lines)
    rows = [found[1] for line in key.lines if (found := _ROW.match(line.strip()))]
    if rows and not key.value:
        octets = bytes.fromhex("".join(rows)) if all(len(row) % 2 == 0 for row in rows) else b""
        return octets if len(octets) == attribute.size else None
    if not key.value and any(line.strip() for line in key.lines):
        return None  # told in words of its own
    return octets_of(attribute, key.value)


def _tags(attribute: Attribute, parts: dict[int, str]) -> bytes | None:
    """VLAN tags, each where its octet says: ``FilterTbl[2]: PRI 0,CFI 0, VID 821``."""
    octets = bytearray(attribute.size)
    for at, text in parts.items():
        found = _TAG.search(text)
        if not found or at + 2 > len(octets):
            return None
        priority, drop, vlan = (int(each or 0) for each in found.groups())
        octets[at : at + 2] = (priority << 13 & 0xE000 | (drop & 1) << 12 | vlan & 0xFFF).to_bytes(2)
    return bytes(octets)


def _vlan_table(lines: list[str]) -> bytes | None:
    """Rows of extended VLAN tagging, printed field by field; sixteen octets each (G.988, 9.3.13)."""
    rows: list[dict[str, dict[str, int]]] = []
    for line in lines:
        if _INDEX.match(line.strip()):
            rows.append({})
        elif rows and (found := _VLAN_ROW.search(line)):
            rows[-1][" ".join(found[1].lower().split())] = {
                name: int(value, 0) for name, value in _NUMBER.findall(found[2])
            }
    try:
        return b"".join(map(_vlan_row, rows))
    except (KeyError, OverflowError):
        return None


def _vlan_row(row: dict[str, dict[str, int]]) -> bytes:
    outer, inner = row["filter outer"], row["filter inner"]
    to_outer, to_inner = row["treatment outer"], row["treatment inner"]
    words = (
        outer["PRI"] << 28 | outer["VID"] << 15 | outer["TPID"] << 12,
        inner["PRI"] << 28 | inner["VID"] << 15 | inner["TPID"] << 12 | inner["EthType"],
        to_outer["RemoveTags"] << 30 | to_outer["PRI"] << 16 | to_outer["VID"] << 3 | to_outer["TPID"],
        to_inner["PRI"] << 16 | to_inner["VID"] << 3 | to_inner["TPID"],
    )
    return b"".join(word.to_bytes(4) for word in words)
