"""What a console tells of an entity: attributes as octets, whatever the program calls them and however it prints them.

Pure. Programs print names of their own ("TranOpticLevel"), numbers as 0x… or decimal, texts as they are or as octets.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from backends.omci.entities import NUMBERS, Attribute, Entity

MOST_TEXT: Final = 1 << 20
"""Characters of an answer that are looked at."""


class NotUnderstood(Exception):
    """The console's answer is none to what was asked; the message says what is missing."""


@dataclass(slots=True)
class Told:
    """One entity: octets by attribute's index; by the program's own names what is no attribute or not understood.

    ``alarms``: the bitmap of those that are active, b"" where there are none; None where they are not told.
    """

    class_id: int
    instance: int
    octets: dict[int, bytes] = field(default_factory=dict)
    other: dict[str, str] = field(default_factory=dict)
    alarms: bytes | None = None


_ALIASES: Final = {
    "autodectectcfg": "autodetectionconfiguration",
    "duplexind": "configurationind",
    "iansassignport": "ianaassignedport",
    "authstate": "credentialsstatus",
    "filtertbl": "vlanfilterlist",
    "omccversion": "opticalnetworkunitmanagementandcontrolchannelomccversion",
    "ontresptime": "onuresponsetime",
}
_FIELD: Final = re.compile(r'(\w+)=(?:"([^"]*)"|(\S*))')


def attribute_of(entity: Entity, key: str, after: int = 0) -> Attribute | None:
    """The attribute that a program's name means: the same name, a known other one, or the next that it abbreviates.

    ``after``: the index of the attribute before it, since programs keep to the standard's order.
    """
    wanted = _letters(key)
    wanted = _ALIASES.get(wanted, wanted)
    if not wanted:
        return None
    for each in entity.attributes:
        if _letters(each.name) == wanted:
            return each
    behind = (each for each in entity.attributes if each.index > after)
    return next((each for each in behind if _abbreviates(wanted, _letters(each.name))), None)


def octets_of(attribute: Attribute, text: str) -> bytes | None:
    """The octets that a printed value means: 0x…, decimal, octets with blanks, "quoted" or plain; None: nonsense."""
    size = attribute.size
    if re.fullmatch(r"(?:[0-9A-Fa-f]{2} )+[0-9A-Fa-f]{2} ?", text) and len(octets := bytes.fromhex(text)) == size:
        return octets
    if re.fullmatch(r"0[xX][0-9A-Fa-f]+", text.strip()):
        return _number(int(text, 16), size)
    if attribute.kind in NUMBERS or attribute.kind == "sint":
        return _number(int(text), size) if re.fullmatch(r" *-?[0-9]{1,20} *", text) else None
    quoted = re.fullmatch(r'"(.*)"', text.strip())
    plain = quoted[1] if quoted else text.rstrip()
    if not plain.isascii() or len(plain) > size or attribute.kind not in ("string", "octets"):
        return None
    return plain.encode("ascii").ljust(size, b"\0")


def fields(line: str) -> dict[str, str]:
    """The fields of a line like ``errorcode=0 curr_state=5 serial_number="71 80"``: which there are varies."""
    return {name: quoted or plain for name, quoted, plain in _FIELD.findall(line)}


def _number(number: int, size: int) -> bytes | None:
    """A number in so many octets, signed or not: programs print a signed one either way."""
    if not -(1 << 8 * size - 1) <= number < 1 << 8 * size:
        return None
    return (number % (1 << 8 * size)).to_bytes(size)


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))


def _abbreviates(short: str, name: str) -> bool:
    """Whether its letters stand in the name in this order, and are a quarter of it at least."""
    letters = iter(name)
    return 4 * len(short) >= len(name) and all(letter in letters for letter in short)
