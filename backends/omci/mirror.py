"""What an OLT and an ONU say to each other, heard on a mirror of their line: only what the ONU confirms is so. Pure."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from backends.omci.entities import Entity, entity
from backends.omci.frames import Action, Frame, Result
from backends.omci.messages import Fields, read
from backends.omci.mib import alarm_reports, cut, reports
from backends.omci.picture import Key
from backends.omci.queries import Got, NoEntity

MOST_ENTITIES: Final = 4096
MOST_QUESTIONS: Final = 64
"""Commands whose answers are waited for; older ones were not answered, or their answer was not heard."""
MADE_BY_OLT: Final = "OLT"

_Question = tuple[int, int, int, int]


class Mirror:
    """What is known by listening. ``counts`` holds what ended of histories, ``running`` what of them runs."""

    def __init__(self) -> None:
        """Nothing was heard."""
        self.entities: dict[Key, dict[int, bytes]] = {}
        self.alarms: dict[Key, bytes] = {}
        self.running: dict[Key, dict[int, bytes]] = {}
        self._asked: OrderedDict[_Question, Frame] = OrderedDict()

    def hear(self, frame: Frame) -> set[Key]:
        """Take a frame of either side; the entities of which something else is known now. Raises NotAFrame."""
        fields = read(frame)
        key = (frame.class_id, frame.instance)
        if frame.action == Action.ALARM:
            return self._note_alarms(key, _octets(fields, "bitmap"))
        if frame.action == Action.AVC:
            return self._note(key, cut(entity(key[0]), _number(fields, "mask"), _octets(fields, "values")).octets)
        name = (frame.tci, frame.action, *key)
        if not frame.answers:
            if frame.asks:
                self._asked[name] = frame
                self._asked.move_to_end(name)
                if len(self._asked) > MOST_QUESTIONS:
                    self._asked.popitem(last=False)
            return set()
        asked = self._asked.pop(name, None)
        return self._answered(frame, fields, asked)

    def interrupted(self) -> None:
        """The line was away: what was asked before is not answered any more."""
        self._asked.clear()

    def instances(self, class_id: int) -> list[int]:
        """Of a class, those that were heard of, in order."""
        return sorted(instance for number, instance in self.entities if number == class_id)

    def get(self, class_id: int, instance: int, mask: int) -> Got:
        """What was heard of an entity, as a question would be answered. Raises NoEntity."""
        octets = self.entities.get((class_id, instance))
        if octets is None:
            raise NoEntity(f"nothing was heard of {class_id} {instance}")
        found = {index: each for index, each in octets.items() if 0x10000 >> index & mask}
        return Got(found, mask & ~sum(0x10000 >> index for index in found))

    def _answered(self, frame: Frame, fields: Fields, asked: Frame | None) -> set[Key]:
        key = (frame.class_id, frame.instance)
        match frame.action:
            case Action.MIB_UPLOAD_NEXT:
                return {
                    each
                    for report in reports(frame)
                    for each in self._note((report.class_id, report.instance), report.cut().octets)
                }
            case Action.GET_ALL_ALARMS_NEXT:
                told = alarm_reports(frame)
                return {
                    each for class_id, instance, bits in told for each in self._note_alarms((class_id, instance), bits)
                }
            case Action.GET | Action.GET_CURRENT:
                return self._got(frame, fields, key)
        if fields.get("result") != Result.OK or asked is None:
            return set()
        match frame.action:
            case Action.MIB_RESET:
                return self._reset()
            case Action.DELETE:
                return self._forget(key)
            case Action.CREATE:
                known = entity(key[0])
                return self._note(key, _cut(known, known.made_with() if known else 0, read(asked)), is_new=True)
            case Action.SET:
                said = read(asked)
                return self._note(key, _cut(entity(key[0]), _number(said, "mask"), said))
        return set()

    def _got(self, frame: Frame, fields: Fields, key: Key) -> set[Key]:
        if fields.get("result") not in (Result.OK, Result.ATTRIBUTES_FAILED):
            missing = fields.get("result") in (Result.UNKNOWN_ENTITY, Result.UNKNOWN_INSTANCE)
            return self._forget(key) if missing else set()
        octets = cut(entity(key[0]), _number(fields, "mask"), _octets(fields, "values")).octets
        if frame.action == Action.GET_CURRENT:
            self.running.setdefault(key, {}).update(octets)
            return {key}
        if 1 in octets and octets[1] != self.entities.get(key, {}).get(1):
            self.running.pop(key, None)  # of a history: another interval has ended
        return self._note(key, octets)

    def _note(self, key: Key, octets: Mapping[int, bytes], *, is_new: bool = False) -> set[Key]:
        if key not in self.entities and len(self.entities) >= MOST_ENTITIES:
            return set()
        held = {} if is_new else self.entities.get(key, {})
        now = {**held, **octets}
        if key in self.entities and now == self.entities[key]:
            return set()
        self.entities[key] = now
        return {key}

    def _note_alarms(self, key: Key, bitmap: bytes) -> set[Key]:
        """What is heard of an entity for the first time is news also if none is active: one may have stood before."""
        if self.alarms.get(key) == bitmap or (key not in self.alarms and len(self.alarms) >= MOST_ENTITIES):
            return set()
        self.alarms[key] = bitmap
        return {key}

    def _forget(self, key: Key) -> set[Key]:
        self.alarms.pop(key, None)
        self.running.pop(key, None)
        return {key} if self.entities.pop(key, None) is not None else set()

    def _reset(self) -> set[Key]:
        """What the OLT had made is gone, and the management server is locked as when it came from the factory."""
        gone: set[Key] = set()
        for key in list(self.entities):
            known = entity(key[0])
            if known is not None and known.made_by == MADE_BY_OLT:
                gone |= self._forget(key)
            elif key[0] == 340:
                gone |= self._note(key, {1: b"\1", 2: b"\xff\xff", 3: b"\xff\xff"})
        return gone


def _cut(known: Entity | None, mask: int, fields: Fields) -> dict[int, bytes]:
    return cut(known, mask, _octets(fields, "values"), tables_by_size=False).octets


def _number(fields: Fields, name: str) -> int:
    value = fields.get(name, 0)
    return value if isinstance(value, int) else 0


def _octets(fields: Fields, name: str) -> bytes:
    value = fields.get(name, b"")
    return value if isinstance(value, bytes) else b""
