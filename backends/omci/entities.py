"""Managed entities as tables: which attributes there are, how long each is, its value from bytes and to them. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

Value = int | str | bytes
"""A number, a text without the padding, or octets where an attribute is neither (or its text is none)."""

TABLE_SIZE: Final = 4
"""What Get, AVC and MIB upload tell of a table: how many octets it has."""
NUMBERS: Final = ("uint", "enum", "pointer", "bits", "counter")
NULL: Final = 0xFFFF
"""The pointer to nothing."""


class WrongValue(Exception):
    """A value that an attribute cannot have; the message says why."""


SECRETS: Final = frozenset({(148, 3), (256, 10), (256, 11), (332, 6), (332, 7), (332, 11)})
"""Class and index of what nobody is shown unless they ask for it: passwords, the registration that an ONU is let in by,
answers that a shared key can be guessed from, and keys.
"""
SECRETIVE: Final = frozenset(number for number, _ in SECRETS)
HIDDEN: Final = "********"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute. ``index`` from 1; ``size`` in octets, of a table those of a row (0: not known).

    ``access``: letters of R, W and S (set when made). ``step``: what one is in ``unit``; ``policy``: the number that
    means "the ONU's own".
    """

    index: int
    name: str
    size: int
    kind: str
    access: str
    is_optional: bool = False
    is_told: bool = False  # by AVC, as far as is known
    is_deprecated: bool = False
    unit: str = ""
    step: float = 1.0
    policy: int | None = None
    words: Mapping[int, str] = field(default_factory=dict)

    @property
    def mask(self) -> int:
        """Its bit in an attribute mask."""
        return 0x10000 >> self.index

    @property
    def is_table(self) -> bool:
        """Whether it is read by Get Next."""
        return self.kind == "table"

    @property
    def is_readable(self) -> bool:
        """Whether Get may ask for it."""
        return "R" in self.access

    def value(self, octets: bytes) -> Value:
        """What its octets say."""
        kind = self.kind
        if kind in NUMBERS or (kind == "table" and len(octets) == TABLE_SIZE):
            return int.from_bytes(octets)
        if kind == "sint":
            return int.from_bytes(octets, signed=True)
        if kind == "string":
            text = octets.rstrip(b"\0")
            return text.decode("ascii") if _is_plain(text) else octets
        if kind == "serial" and octets[:4].isalnum():  # of bytes, letters and digits are ASCII's
            return octets[:4].decode("ascii") + octets[4:].hex().upper()
        return octets

    def octets(self, value: Value) -> bytes:
        """The octets of a value, padded. Raises WrongValue. A row of a table is octets."""
        value = self._from_text(value) if isinstance(value, str) else value
        if isinstance(value, bytes):
            if self.size and len(value) != self.size and not self.is_table:
                raise WrongValue(f"{self.name} has {self.size} octets; these are {len(value)}")
            return value
        size = TABLE_SIZE if self.is_table else self.size
        try:
            return value.to_bytes(size, signed=self.kind == "sint")
        except OverflowError:
            raise WrongValue(f"{self.name} has {size} octets; {value} does not fit into them") from None

    def _from_text(self, text: str) -> int | bytes:
        """A text attribute's own text; else a number, or octets as hexadecimal digits."""
        if self.kind == "string" and not _is_hexadecimal(text, self.size):
            try:
                return text.encode("ascii").ljust(self.size, b"\0")
            except UnicodeEncodeError:
                raise WrongValue(f"{self.name} is ASCII") from None
        if self.kind == "serial" and len(text) == 12 and text[:4].isascii():
            return text[:4].encode("ascii") + _hexadecimal(self.name, text[4:])
        if self.kind in NUMBERS or self.kind == "sint":
            numbers = {word: number for number, word in self.words.items()}
            try:
                return numbers[text] if text in numbers else int(text, 0)
            except ValueError:
                raise WrongValue(f"{self.name} is a number; {text!r} is none") from None
        return _hexadecimal(self.name, text)

    def told(self, value: Value) -> str:
        """A value for people: with its unit, or what its number means."""
        if isinstance(value, bytes):
            return value.hex()
        if isinstance(value, str):
            return value
        if self.is_table:
            return f"{value} octets"
        if value == self.policy:
            return f"{value} (the ONU's own)"
        if word := self.words.get(value):
            return f"{value} ({word})"
        if not self.unit:
            return str(value)
        return f"{value} {self.unit}" if self.step == 1 else f"{value} ({value * self.step:.3f} {self.unit})"


@dataclass(frozen=True, slots=True)
class Cut:
    """Values cut out of a message, by attribute's index; and what could not be cut, of which the mask tells."""

    octets: dict[int, bytes]
    mask: int  # attributes whose octets are somewhere in ``rest``
    rest: bytes  # all that is left, padding included


@dataclass(frozen=True, slots=True)
class Entity:
    """A class of managed entities: ``attributes`` by index from 1 on, ``alarms`` by number."""

    number: int
    name: str
    made_by: str
    actions: frozenset[str]
    attributes: tuple[Attribute, ...]
    alarms: Mapping[int, str]

    def attribute(self, index: int) -> Attribute | None:
        """The attribute of an index, if there is one."""
        return self.attributes[index - 1] if 0 < index <= len(self.attributes) else None

    def named(self, name: str) -> Attribute | None:
        """The attribute of a name, whatever its case."""
        name = name.lower()
        return next((each for each in self.attributes if each.name.lower() == name), None)

    def of_mask(self, mask: int) -> list[Attribute]:
        """The known attributes of a mask, in order."""
        return [each for each in self.attributes if 0x10000 >> each.index & mask]

    def cut(self, mask: int, octets: bytes, *, tables_by_size: bool = True) -> Cut:
        """Cut values by their mask. At what is not known, or does not fit any more, it ends.

        ``tables_by_size``: a table stands for its number of octets (Get, AVC, MIB upload), else for a row (Set).
        """
        found: dict[int, bytes] = {}
        at = 0
        for each in self.attributes:
            bit = 0x10000 >> each.index
            if mask & bit:
                end = at + (TABLE_SIZE if tables_by_size and each.kind == "table" else each.size)
                if end == at or end > len(octets):
                    break
                found[each.index] = octets[at:end]
                mask ^= bit
                at = end
        return Cut(found, mask, octets[at:])

    def made_with(self) -> int:
        """The mask of what Create carries: all that is set when made."""
        return sum(each.mask for each in self.attributes if "S" in each.access)

    def get_masks(self, mask: int, room: int) -> list[int]:
        """The Gets that together ask for these attributes, each with an answer that fits ``room``.

        Attributes that are not known have a Get of their own, since their sizes are not.
        """
        masks: list[int] = []
        free = 0
        for each in self.of_mask(mask):
            size = TABLE_SIZE if each.is_table else each.size
            if not masks or size > free or not size:
                masks.append(0)
                free = room
            masks[-1] |= each.mask
            free -= size or room
        unknown = mask & (0xFFFF >> len(self.attributes))
        return [*masks, *_bits(unknown)]

    def readable(self) -> int:
        """The mask of all that Get may ask for, without what is deprecated."""
        return sum(each.mask for each in self.attributes if each.is_readable and not each.is_deprecated)

    def alarms_of(self, bitmap: bytes) -> dict[int, str]:
        """The alarms that are active: number and text ("" where it is not known)."""
        return {number: self.alarms.get(number, "") for number in alarm_numbers(bitmap)}


def alarm_numbers(bitmap: bytes) -> list[int]:
    """The numbers whose bits are set; number 0 is the first octet's most significant bit."""
    return [at * 8 + bit for at, octet in enumerate(bitmap) if octet for bit in range(8) if octet & 0x80 >> bit]


def alarm_bitmap(numbers: Iterable[int]) -> bytes:
    """The 28 octets of these alarms. Raises WrongValue."""
    value = 0
    for number in numbers:
        if not 0 <= number < 224:
            raise WrongValue(f"there is no alarm {number}: they are numbered 0 to 223")
        value |= 1 << 223 - number
    return value.to_bytes(28)


def entity(number: int) -> Entity | None:
    """What is known of a class; None where nothing is."""
    text = _texts().get(number)
    return _entity(text) if text else None


def entity_named(name: str) -> Entity | None:
    """The class of a name, whatever its case."""
    start = f" {name.lower()} "
    number = next((number for number, text in _texts().items() if start in text.partition("\n")[0].lower()), None)
    return None if number is None else entity(number)


def known() -> list[int]:
    """The classes that are known."""
    return list(_texts())


@cache
def _texts() -> dict[int, str]:
    from backends.omci.entity_facts import FACTS

    texts = FACTS.strip().split("\n\n")
    return {int(text.partition(" ")[0]): text for text in texts}


@cache
def _entity(text: str) -> Entity:
    head, *lines = text.splitlines()
    number, name, made_by, actions = head.split(" ")
    alarms = dict(_alarm(line) for line in lines if line.startswith(" ! "))
    rows = [line for line in lines if not line.startswith(" ! ")]
    attributes = tuple(_attribute(index, row) for index, row in enumerate(rows, 1))
    return Entity(int(number), name, made_by, frozenset(actions.split(",")), attributes, alarms)


def _alarm(line: str) -> tuple[int, str]:
    number, _, text = line.removeprefix(" ! ").partition(" ")
    return int(number), text


def _attribute(index: int, row: str) -> Attribute:
    name, size, kind, access, flags, *more = row.split()
    told = dict(each.split("=", 1) for each in more)
    words = (word.split(":", 1) for word in told["words"].split(",")) if "words" in told else ()
    return Attribute(
        index,
        name,
        int(size),
        kind,
        access,
        "o" in flags,
        "a" in flags,
        "d" in flags,
        told.get("unit", ""),
        float(told.get("step", 1)),
        int(told["policy"]) if "policy" in told else None,
        {int(number): word for number, word in words},
    )


def _bits(mask: int) -> Iterator[int]:
    return (bit for bit in (0x8000 >> at for at in range(16)) if mask & bit)


def _is_plain(text: bytes) -> bool:
    return text.isascii() and text.decode("ascii").isprintable()


def _is_hexadecimal(text: str, size: int) -> bool:
    """Whether a text is octets of exactly this size: twice as long as any text that fits."""
    try:
        return len(bytes.fromhex(text.removeprefix("0x"))) == size and len(text) >= 2 * size
    except ValueError:
        return False


def _hexadecimal(name: str, text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raise WrongValue(f"{name} is octets, written as hexadecimal digits") from None
