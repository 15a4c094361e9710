"""What is asked of an ONU over raw frames: attributes, tables, all of its entities, alarms."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from backends.errors import MechanismError, Missing
from backends.omci.entities import Entity, entity
from backends.omci.exchange import Exchange
from backends.omci.frames import Action, Frame, Result
from backends.omci.messages import Fields, contents, read
from backends.omci.mib import GET_ROOM, Mib, Table, alarm_reports, cut, reports

BUSY_TRIES: Final = 5
BUSY_PAUSE: Final = 0.2
MOST_TABLE: Final = 65536
"""Octets of a table that are read at most."""
MOST_ENTITIES: Final = 4096
"""Entities of an upload that are kept at most."""
MOST_UPLOADED: Final = 4 * MOST_ENTITIES
"""Commands of an upload at most: an entity may take several."""
MOST_ALARMS: Final = 4096
"""Entities with alarms that are asked for at most."""
ALL_ALARMS: Final = 0
"""Mode of Get All Alarms: also those that are under alarm reporting control."""


class Refused(MechanismError):
    """The ONU said no; ``result`` is its reason."""

    def __init__(self, reason: str, result: int) -> None:
        super().__init__(reason)
        self.result = result


class NoEntity(Missing):
    """The ONU has no such class, or no such instance of it."""


@dataclass(slots=True)
class Got:
    """Attributes by index, those of tables whole; and the mask of what the ONU does not have or could not tell."""

    octets: dict[int, bytes] = field(default_factory=dict)
    refused: int = 0


def command(action: Action, class_id: int, instance: int, **fields: int | bytes) -> Frame:
    """A baseline command."""
    return Frame(0, action, class_id, instance, contents(action, fields), asks=True)


class Queries:
    """One ONU, asked over an exchange. Raises NoEntity, Refused, NotAFrame and what the exchange raises."""

    def __init__(self, exchange: Exchange, pause: Callable[[float], None] = time.sleep) -> None:
        """``pause``: waits while the ONU is busy."""
        self._exchange = exchange
        self._pause = pause

    def get(self, class_id: int, instance: int, mask: int | None = None, *, is_current: bool = False) -> Got:
        """Attributes of an entity: those of the mask, or all that can be read.

        ``is_current``: of a history, the interval that runs (Get Current Data) instead of the one that ended last.
        """
        known = entity(class_id)
        if known is None and mask is None:
            raise NoEntity(f"class {class_id} is not known here: name its attributes by a mask")
        asked = known.readable() if mask is None and known else mask or 0
        action = Action.GET_CURRENT if is_current else Action.GET
        got = Got()
        for part in known.get_masks(asked, GET_ROOM) if known else _single(asked):
            self._get_part(command(action, class_id, instance, mask=part), known, got)
        for each in known.of_mask(asked) if known else ():
            if each.is_table and each.index in got.octets:
                size = int.from_bytes(got.octets[each.index])
                got.octets[each.index] = self._table(class_id, instance, each.mask, size)
        return got

    def _get_part(self, question: Frame, known: Entity | None, got: Got) -> None:
        """One Get; what did not fit its answer although it should have is asked for alone."""
        asked = _number(read(question), "mask")
        fields = self._answered(question, may_lack=True)
        values = fields.get("values", b"")
        parts = cut(known, _number(fields, "mask"), values if isinstance(values, bytes) else b"")
        found = {index: octets for index, octets in parts.octets.items() if 0x10000 >> index & asked}
        if parts.mask == asked and asked.bit_count() == 1 and parts.rest:  # of what length, nobody knows here
            found = {17 - asked.bit_length(): parts.rest}
        got.octets |= found
        refused = (_number(fields, "unsupported") | _number(fields, "failed")) & asked
        left = asked & ~refused & ~sum(0x10000 >> index for index in found)
        if left == asked:
            refused |= left
        else:
            for bit in _single(left):
                alone = command(Action(question.action), question.class_id, question.instance, mask=bit)
                self._get_part(alone, known, got)
        got.refused |= refused

    def _table(self, class_id: int, instance: int, mask: int, size: int) -> bytes:
        """All of a table, whose size an answer to Get told just now."""
        if size > MOST_TABLE:
            raise Refused(f"a table of {size} octets is not read; {MOST_TABLE} are the most", Result.PARAMETER_ERROR)
        table = Table(size)
        for sequence in range(table.asks):
            answer = self._answered(command(Action.GET_NEXT, class_id, instance, mask=mask, sequence=sequence))
            if (whole := table.take(answer)) is not None:
                return whole
        return b""

    def upload(self) -> Mib:
        """All that the ONU uploads. It keeps one picture for this, which the OLT may be reading: only on request."""
        mib = Mib()
        for frame in self._several(Action.MIB_UPLOAD, Action.MIB_UPLOAD_NEXT, MOST_UPLOADED):
            if not (found := reports(frame)) or len(mib.entities) >= MOST_ENTITIES:
                break  # past the end, whatever it said that there would be; or without one
            for report in found:
                mib.take(report)
        return mib

    def alarms(self, between: Callable[[], None] = lambda: None) -> dict[tuple[int, int], bytes]:
        """Which alarms are active: bitmaps by class and instance. ``between`` is called while there is more to ask."""
        told: dict[tuple[int, int], bytes] = {}
        for frame in self._several(Action.GET_ALL_ALARMS, Action.GET_ALL_ALARMS_NEXT, MOST_ALARMS, mode=ALL_ALARMS):
            if not (found := alarm_reports(frame)):
                break
            told.update({(class_id, instance): bits for class_id, instance, bits in found})
            between()
        return told

    def _several(self, first: Action, following: Action, most: int, **fields: int | bytes) -> Iterator[Frame]:
        """The answers to a command that says how many others follow it."""
        count = _number(read(self._exchange.ask(command(first, 2, 0, **fields))), "commands")
        for sequence in range(min(count, most)):
            yield self._exchange.ask(command(following, 2, 0, sequence=sequence))

    def _answered(self, question: Frame, *, may_lack: bool = False) -> Fields:
        """The fields of the answer; a busy ONU is asked again. ``may_lack``: some attributes may be missing in it."""
        for _ in range(BUSY_TRIES):
            fields = read(self._exchange.ask(question))
            if fields.get("result") != Result.BUSY:
                break
            self._pause(BUSY_PAUSE)
        result = _number(fields, "result")
        if result in (Result.UNKNOWN_ENTITY, Result.UNKNOWN_INSTANCE):
            raise NoEntity(f"the ONU has no {_what(question)}")
        # Some say "parameter error" of what did not fit, and tell the rest all the same.
        if result == Result.OK or (may_lack and result in (Result.ATTRIBUTES_FAILED, Result.PARAMETER_ERROR)):
            return fields
        raise Refused(f"the ONU refused {_what(question)} with result {result}", result)


def _what(question: Frame) -> str:
    known = entity(question.class_id)
    return f"{known.name if known else 'class'} ({question.class_id}) {question.instance}"


def _number(fields: Fields, name: str) -> int:
    value = fields.get(name, 0)
    return value if isinstance(value, int) else 0


def _single(mask: int) -> list[int]:
    return [bit for bit in (0x8000 >> at for at in range(16)) if mask & bit]
