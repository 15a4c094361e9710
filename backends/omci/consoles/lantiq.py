"""What Lantiq's, Intel's and MaxLinear's programs print: omci_pipe.sh (meg, md), onu, pon. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from backends.omci.consoles.told import MOST_TEXT, NotUnderstood, Told, fields
from backends.omci.entities import Attribute, Entity, entity

NAME_SHOWN: Final = 25
"""Characters of an attribute's name that are printed."""
STATES: Final = range(1, 10)
PON_ALARMS: Final = {
    "LOS": "loss_of_signal",
    "LOF": "loss_of_gtc_frame",
    "SF": "sig_fail",
    "SD": "sig_degrade",
    "PEE": "physical_equipment_error",
}
"""By its name in TR-181, what the program calls an alarm."""

_CLASS: Final = re.compile(r"^Class ID\s*=\s*(\d{1,5})\b")
_INSTANCE: Final = re.compile(r"^Instance ID\s*=\s*(\d{1,5})\b")
_ALARMS: Final = re.compile(r"^Alarms\s*=\s*(.*)")
_ATTRIBUTE: Final = re.compile(r"^\s*(\d{1,2})\s+(\S.*?)\s+(\d{1,5})b\s+(\S+)\s+([RWSAOUTPNEVY-]{9,12})\s*$")
_NUMBER: Final = re.compile(r"^\s+(0x[0-9a-fA-F]{1,16}|-?\d{1,20})\s+\((-?\d{1,20})\)\s*$")
_OCTETS: Final = re.compile(r"^\s+((?:0x[0-9a-fA-F]{2}\s+)*0x[0-9a-fA-F]{2})\s*$")
_LISTED: Final = re.compile(r"^\|\s*(\d{1,5})\s*\|\s*(\d{1,5})\s*\|?", re.MULTILINE)
_ERROR: Final = re.compile(r"^errorcode=(-?\d{1,6})\b", re.MULTILINE)


@dataclass(slots=True)
class _Printed:
    """An attribute as it was printed: its number, name and size, and the octets of its lines."""

    number: int
    name: str
    size: int
    is_table: bool
    octets: bytes = b""
    is_complete: bool = False


@dataclass(slots=True)
class _Block:
    class_id: int
    instance: int = 0
    alarms: bytes | None = None
    attributes: list[_Printed] = field(default_factory=list)


def entities(text: str) -> list[Told]:
    """The entities of an answer to ``meg`` or ``mda``. Raises NotUnderstood where there is none.

    Attributes are numbered from 0 by old daemons and from 1 by new ones: the numbers of one answer tell.
    """
    blocks = list(_blocks(text[:MOST_TEXT]))
    if not blocks:
        code = error_code(text)
        raise NotUnderstood("the program printed no entity" if code is None else f"the program says errorcode={code}")
    first = 0 if any(each.number == 0 for block in blocks for each in block.attributes) else 1
    return [_told(block, first) for block in blocks]


def error_code(text: str) -> int | None:
    """The last errorcode of an answer: 0 is good, others are negative or not; None: it was cut off."""
    codes = _ERROR.findall(text)
    return int(codes[-1]) if codes else None


def instances(text: str) -> list[tuple[int, int]]:
    """Class and instance of each line of ``md``."""
    return [(int(class_id), int(instance)) for class_id, instance in _LISTED.findall(text[:MOST_TEXT])]


def onu_state(text: str) -> str | None:
    """The activation state, "O5", of ``onu ploamsg`` (curr_state) or ``pon psg`` (current: its tens)."""
    for line in reversed(text.splitlines()):
        said = fields(line)
        for name, digits in (("curr_state", 1), ("current", 2)):
            number = said.get(name, "")
            if number.isascii() and number.isdigit() and len(number) == digits and int(number[0]) in STATES:
                return f"O{number[0]}"
    return None


def pon_alarms(text: str) -> dict[str, bool]:
    """The alarms of ``onu gtcag`` (gtc_alarm_get), those that it tells."""
    said = {name: value for line in text.splitlines() for name, value in fields(line).items()}
    return {name: said[its] != "0" for name, its in PON_ALARMS.items() if said.get(its, "").isdecimal()}


def serial_number(text: str) -> str | None:
    """The serial number, "GPONABCD1234", of ``onu gtcsng``: eight decimal octets."""
    for line in text.splitlines():
        octets = fields(line).get("serial_number", "").split()
        if len(octets) == 8 and all(each.isascii() and each.isdigit() and int(each) < 256 for each in octets):
            number = bytes(map(int, octets))
            return number[:4].decode("latin-1") + number[4:].hex().upper() if number[:4].isalnum() else number.hex()
    return None


def _blocks(text: str) -> Iterator[_Block]:
    block: _Block | None = None
    for line in text.splitlines():
        if found := _CLASS.match(line):
            if block:
                yield block
            block = _Block(int(found[1]))
        elif block:
            _take(block, line)
    if block:
        yield block


def _take(block: _Block, line: str) -> None:
    if found := _INSTANCE.match(line):
        block.instance = int(found[1])
    elif found := _ALARMS.match(line):
        block.alarms = b"" if found[1].strip() == "-" else _octets(found[1])
    elif found := _ATTRIBUTE.match(line):
        number, name, size, kind, flags = found.groups()
        block.attributes.append(_Printed(int(number), name, int(size), "T" in flags or kind.startswith("T")))
    elif block.attributes:
        _take_value(block.attributes[-1], line)


def _take_value(printed: _Printed, line: str) -> None:
    """A number with its decimal form, or octets: of a table row by row, of a text once."""
    if printed.is_complete:
        return
    if found := _NUMBER.match(line):
        number = int(found[1], 0)
        if -(1 << 63) <= number < 1 << 64 and 0 < printed.size <= 8:
            printed.octets = (number % (1 << 64)).to_bytes(8)[-printed.size :]
        printed.is_complete = not printed.is_table
    elif found := _OCTETS.match(line):
        printed.octets += _octets(found[1]) or b""
        printed.is_complete = not printed.is_table


def _octets(text: str) -> bytes | None:
    try:
        return bytes(int(each, 16) for each in text.split())
    except ValueError:
        return None


def _told(block: _Block, first: int) -> Told:
    told = Told(block.class_id, block.instance, alarms=block.alarms)
    known = entity(block.class_id)
    for printed in block.attributes:
        index = _index(known, printed, first)
        if index is not None and (printed.is_table or len(printed.octets) == printed.size):
            told.octets[index] = printed.octets
        else:
            told.other[printed.name] = printed.octets.hex()
    return told


def _index(known: Entity | None, printed: _Printed, first: int) -> int | None:
    """By number where the size agrees, else by name and size; of an unknown class by number alone."""
    index = printed.number + 1 - first
    if known is None:
        return index if 1 <= index <= 16 else None
    by_number = known.attribute(index)
    if by_number and _fits(by_number, printed):
        return index
    name = _letters(printed.name[:NAME_SHOWN])
    named = (each for each in known.attributes if _letters(each.name).startswith(name) and _fits(each, printed))
    found = next(named, None)
    return found.index if found else None


def _fits(attribute: Attribute, printed: _Printed) -> bool:
    return attribute.is_table or printed.is_table or attribute.size == printed.size


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))
