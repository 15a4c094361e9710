"""What an ONU tells of its managed entities, put together from many messages: uploads, tables, alarms. Pure."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from backends.omci.entities import Cut, Entity, entity
from backends.omci.frames import Action, Frame, NotAFrame
from backends.omci.messages import Fields, read

GET_ROOM: Final = 25
"""Octets of values that a baseline answer to Get has room for when attributes may fail."""
GET_EXTENDED_ROOM: Final = 1959
NEXT_ROOM: Final = 29
"""Octets of a table in a baseline answer to Get Next."""

_REPORT: Final = struct.Struct(">HHH")
_EXTENDED_REPORT: Final = struct.Struct(">HHHH")
_ALARMS: Final = struct.Struct(">HH28s")


@dataclass(frozen=True, slots=True)
class Report:
    """What one message says of one entity: attributes of its mask."""

    class_id: int
    instance: int
    mask: int
    values: bytes

    def cut(self) -> Cut:
        """The values by attribute."""
        return cut(entity(self.class_id), self.mask, self.values)


def cut(known: Entity | None, mask: int, values: bytes, *, tables_by_size: bool = True) -> Cut:
    """Cut values by their mask; of a class that is not known all stays bytes."""
    return known.cut(mask, values, tables_by_size=tables_by_size) if known else Cut({}, mask, values)


def reports(frame: Frame) -> list[Report]:
    """The entities in an answer to MIB Upload Next; none past the end. Raises NotAFrame.

    In baseline it is one; a simulator that is in use puts a second behind it, which is recognised by its class.
    """
    fields = read(frame)
    told = fields.get("entities")
    if frame.action != Action.MIB_UPLOAD_NEXT or not isinstance(told, bytes):
        raise NotAFrame("it is no answer to MIB Upload Next")
    return list(_extended_reports(told) if frame.is_extended else _baseline_reports(told))


def _baseline_reports(told: bytes) -> Iterator[Report]:
    report = _report(told)
    while report.class_id or report.instance:
        left = report.cut()
        if left.mask or len(left.rest) <= _REPORT.size or not any(left.rest):
            yield report
            return
        behind = _report(left.rest)
        if entity(behind.class_id) is None or behind.cut().mask:
            yield report  # not a second one: something that this ONU leaves in its buffer
            return
        yield Report(report.class_id, report.instance, report.mask, report.values[: -len(left.rest)])
        report = behind


def _report(told: bytes) -> Report:
    class_id, instance, mask = _REPORT.unpack_from(told)
    return Report(class_id, instance, mask, told[_REPORT.size :])


def _extended_reports(told: bytes) -> Iterator[Report]:
    while told:
        if len(told) < _EXTENDED_REPORT.size:
            raise NotAFrame(f"{len(told)} octets are left behind its last entity")
        length, class_id, instance, mask = _EXTENDED_REPORT.unpack_from(told)
        end = _EXTENDED_REPORT.size + length
        if end > len(told):
            raise NotAFrame(f"an entity of it would have {length} octets of values, more than there are")
        yield Report(class_id, instance, mask, told[_EXTENDED_REPORT.size : end])
        told = told[end:]


def alarm_reports(frame: Frame) -> list[tuple[int, int, bytes]]:
    """Class, instance and bitmap of each entity in an answer to Get All Alarms Next. Raises NotAFrame."""
    told = read(frame).get("entities")
    if frame.action != Action.GET_ALL_ALARMS_NEXT or not isinstance(told, bytes):
        raise NotAFrame("it is no answer to Get All Alarms Next")
    if len(told) % _ALARMS.size:
        raise NotAFrame(f"{len(told)} octets are no whole number of entities with their alarms")
    return [(class_id, instance, bits) for class_id, instance, bits in _ALARMS.iter_unpack(told) if class_id]


@dataclass(slots=True)
class Held:
    """What is known of one entity: octets by attribute's index, and by mask what could not be cut."""

    octets: dict[int, bytes] = field(default_factory=dict)
    uncut: dict[int, bytes] = field(default_factory=dict)


class Mib:
    """Entities by class and instance, each put together from all that was told of it."""

    def __init__(self) -> None:
        """Nothing is known."""
        self.entities: dict[tuple[int, int], Held] = {}

    def take(self, report: Report) -> None:
        """Add what a message says; what it says anew counts."""
        held = self.entities.setdefault((report.class_id, report.instance), Held())
        new = report.cut()
        held.octets.update(new.octets)
        if new.mask:
            held.uncut[new.mask] = new.rest


@dataclass(slots=True)
class Table:
    """A table that is read by Get Next: ``size`` is what Get said of it, in octets."""

    size: int
    room: int = NEXT_ROOM
    _octets: bytearray = field(default_factory=bytearray)

    @property
    def asks(self) -> int:
        """How many Get Nexts it takes."""
        return -(-self.size // self.room)

    def take(self, fields: Fields) -> bytes | None:
        """Add the next answer, in the order of sequence numbers; the table once it is complete. Raises NotAFrame."""
        octets = fields.get("octets")
        if not isinstance(octets, bytes) or not octets:
            raise NotAFrame("it is no part of a table")
        self._octets += octets[: self.size - len(self._octets)]
        return bytes(self._octets) if len(self._octets) >= self.size else None
