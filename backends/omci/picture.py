"""What is known of an ONT at a moment: its entities, alarms and totals; a new picture for each change. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from backends.omci.entities import Attribute, Value, alarm_numbers, entity

Key = tuple[int, int]
"""Class and instance."""

Levels = Mapping[str, tuple[float, str]]
"""What a transceiver measures, by name: value and unit."""

_NOTHING: Final[Mapping[int, bytes]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Module:
    """An optical module as its memory has it (SFF-8472); ``link``: the port of this machine that it is in."""

    identifier: int
    connector: str
    vendor: str
    part: str
    revision: str
    serial: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What this machine itself reads of the module that the ONT is."""

    module: Module | None = None
    levels: Levels = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Picture:
    """``is_there``: whether the ONT answers, or is heard. ``state``: of its activation ("O5"), None: nobody tells.

    ``levels``: what a program of the ONT, or this machine, tells of its transceiver. ``totals``: by entity and
    attribute. ``pon_alarms``: those below OMCI, by their names in TR-181, where a console tells them.
    """

    is_there: bool = False
    entities: Mapping[Key, Mapping[int, bytes]] = field(default_factory=dict)
    alarms: Mapping[Key, bytes] = field(default_factory=dict)
    totals: Mapping[Key, Mapping[int, int]] = field(default_factory=dict)
    state: str | None = None
    levels: Levels = field(default_factory=dict)
    module: Module | None = None
    pon_alarms: Mapping[str, bool] = field(default_factory=dict)

    def instances(self, class_id: int) -> list[int]:
        """The instances of a class, in order."""
        return sorted(instance for number, instance in self.entities if number == class_id)

    def octets(self, class_id: int, instance: int, index: int) -> bytes | None:
        """An attribute as it came."""
        return self.entities.get((class_id, instance), _NOTHING).get(index)

    def number(self, class_id: int, instance: int, index: int) -> int | None:
        """An attribute that is a number without a sign."""
        octets = self.octets(class_id, instance, index)
        return None if octets is None else int.from_bytes(octets)

    def text(self, class_id: int, instance: int, index: int) -> str:
        """An attribute that is a text, "" where there is none; without what pads it, and what cannot be printed."""
        octets = (self.octets(class_id, instance, index) or b"").partition(b"\0")[0]
        try:
            text = octets.decode("utf-8")
        except UnicodeDecodeError:
            text = octets.decode("latin-1")
        return "".join(filter(str.isprintable, text)).strip()

    def total(self, class_id: int, instance: int, index: int) -> int:
        """A counter's total; 0 where the OLT has nobody count it."""
        return self.totals.get((class_id, instance), {}).get(index, 0)

    def has_alarm(self, class_id: int, instance: int, number: int) -> bool:
        """Whether an alarm is active."""
        return number in alarm_numbers(self.alarms.get((class_id, instance), b""))


def values(class_id: int, octets: Mapping[int, bytes]) -> Iterator[tuple[Attribute, Value]]:
    """The known attributes among these, and what they say."""
    known = entity(class_id)
    for index, each in octets.items():
        attribute = known.attribute(index) if known else None
        if attribute is not None:
            yield attribute, attribute.value(each)


def name_of(key: Key) -> str:
    """An entity for people: "AniG 32769"."""
    known = entity(key[0])
    return f"{known.name if known else f'class {key[0]}'} {key[1]}"


def alarm_texts(key: Key, bitmap: bytes) -> dict[str, str]:
    """The active alarms of a known class: what each is about ("AniG 32769: SF", "…: alarm 210"), and a sentence."""
    known = entity(key[0])
    texts = [text or f"alarm {number}" for number, text in known.alarms_of(bitmap).items()] if known else []
    return {f"{name_of(key)}: {text}": f"the ONT tells of {text} ({name_of(key)})" for text in texts}
