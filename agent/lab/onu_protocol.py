"""The lab ONU's side of OMCI: a frame in, frames out. No I/O; time is an argument."""

import struct
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from agent.lab import onu_frames as omci
from agent.lab.onu_frames import Message
from agent.lab.onu_mib import ALARM_OCTETS, Mib, Refused

GET_ROOM: Final = 25
NEXT_ROOM: Final = 29
UPLOAD_ROOM: Final = 26
EXTENDED_ROOM: Final = 1900
REMEMBERED: Final = 16
AK: Final = 0x20
AR: Final = 0x40

Answerer = Callable[[Message, float], bytes]


class Protocol:
    """Answers commands from its MIB. A command that is repeated gets the answer that it got."""

    def __init__(self, mib: Mib) -> None:
        """Nothing was asked."""
        self.mib = mib
        self.set_by_others: Callable[[int, int, int], None] = lambda *_: None
        """Is told what a Set has changed: class, instance, mask."""
        self._sequence = 0
        self._answered: OrderedDict[bytes, bytes] = OrderedDict()
        self._uploads: dict[bool, list[bytes]] = {}
        self._alarms: dict[bool, list[bytes]] = {}
        self._by_type: dict[int, Answerer] = {
            omci.CREATE: self._create, omci.DELETE: self._delete, omci.SET: self._set, omci.GET: self._get,
            omci.CURRENT: self._get, omci.GET_NEXT: self._get_next, omci.UPLOAD: self._upload,
            omci.UPLOAD_NEXT: self._upload_next, omci.RESET: self._reset, omci.ALL_ALARMS: self._all_alarms,
            omci.ALL_ALARMS_NEXT: self._all_alarms_next, omci.REBOOT: self._reboot,
            omci.SYNC_TIME: lambda *_: b"\0\0",
        }  # fmt: skip

    def answer(self, message: Message, now: float) -> Message | None:
        """The answer; None to what wants none."""
        if not message.flags & AR or message.flags & AK:
            return None
        asked = message.octets("none")
        body = self._answered.get(asked)
        if body is None:
            body = self._body(message, now)
            self._answered[asked] = body
            if len(self._answered) > REMEMBERED:
                self._answered.popitem(last=False)
        return Message(
            message.tci, message.type, message.number, message.instance, body, AK, message.is_extended
        )  # fmt: skip

    def _body(self, message: Message, now: float) -> bytes:
        answerer = self._by_type.get(message.type)
        if answerer is None:
            return b"\x02"
        try:
            return answerer(message, now)
        except (Refused, struct.error) as wrong:
            result = bytes([wrong.result if isinstance(wrong, Refused) else 3])
            is_get = message.type in (omci.GET, omci.CURRENT)
            return result.ljust(7, b"\0") if is_get and message.is_extended else result

    def avc(self, number: int, instance: int, mask: int, now: float) -> Message:
        """The notification that attributes have changed: as many of them as fit."""
        values = b""
        told = 0
        for each in self.mib.kind(number).of(mask):
            octets = self.mib.told(number, instance, each, now, is_current=False)
            if len(values) + len(octets) <= 30:
                values += octets
                told |= each.bit
        return Message(0, omci.AVC, number, instance, struct.pack(">H", told) + values)

    def alarm(self, number: int, instance: int, bitmap: bytes) -> Message:
        """The notification of an entity's alarms; numbered 1 to 255 and from 1 again."""
        self._sequence = self._sequence % 255 + 1
        body = bitmap.ljust(ALARM_OCTETS, b"\0") + bytes(3) + bytes([self._sequence])
        return Message(0, omci.ALARM, number, instance, body)

    def _create(self, message: Message, _: float) -> bytes:
        self.mib.create(message.number, message.instance, message.body)
        return b"\0"

    def _delete(self, message: Message, _: float) -> bytes:
        self.mib.delete(message.number, message.instance)
        return b"\0"

    def _set(self, message: Message, _: float) -> bytes:
        (mask,) = struct.unpack_from(">H", message.body)
        changed = self.mib.set(message.number, message.instance, mask, message.body[2:])
        if changed:
            self.set_by_others(message.number, message.instance, changed)
        return b"\0"

    def _get(self, message: Message, now: float) -> bytes:
        """Masks of what failed stand behind the values in baseline, before them in extended."""
        (mask,) = struct.unpack_from(">H", message.body)
        kind, _ = self.mib.kind(message.number), self.mib.entity(message.number, message.instance)
        room = EXTENDED_ROOM if message.is_extended else GET_ROOM
        values, told = b"", 0
        is_current = message.type == omci.CURRENT
        if is_current and (message.number, message.instance) not in self.mib.counts:
            return b"\x02"
        for each in kind.of(mask):
            octets = self.mib.told(message.number, message.instance, each, now, is_current=is_current)
            if len(values) + len(octets) > room:
                break
            values, told = values + octets, told | each.bit
        unsupported = mask & ~kind.known
        did_not_fit = mask & ~told & ~unsupported
        result = 9 if unsupported else 3 if did_not_fit else 0
        if message.is_extended:
            return struct.pack(">BHHH", result, told, unsupported, did_not_fit) + values
        return struct.pack(">BH", result, told) + values.ljust(GET_ROOM, b"\0") + struct.pack(">HH", unsupported, 0)

    def _get_next(self, message: Message, _: float) -> bytes:
        mask, sequence = struct.unpack_from(">HH", message.body)
        self.mib.entity(message.number, message.instance)
        tables = [each for each in self.mib.kind(message.number).of(mask) if each.is_table]
        if len(tables) != 1 or mask.bit_count() != 1:
            raise Refused(3)
        room = EXTENDED_ROOM if message.is_extended else NEXT_ROOM
        rows = self.mib.table(message.number, message.instance, tables[0].index)
        part = rows[sequence * room : (sequence + 1) * room]
        if not part:
            raise Refused(3)
        return struct.pack(">BH", 0, mask) + part

    def _upload(self, message: Message, _: float) -> bytes:
        """A picture is taken; baseline tells an entity in each answer, extended as many as fit."""
        if not message.is_extended:
            pieces = [struct.pack(">HHH", *piece[:3]) + piece[3] for piece in self.mib.uploaded(UPLOAD_ROOM)]
        else:
            pieces = [b""]
            for number, instance, mask, values in self.mib.uploaded(EXTENDED_ROOM):
                told = struct.pack(">HHHH", len(values), number, instance, mask) + values
                if len(pieces[-1]) + len(told) > EXTENDED_ROOM:
                    pieces.append(b"")
                pieces[-1] += told
        self._uploads[message.is_extended] = pieces
        return struct.pack(">H", len(pieces))

    def _upload_next(self, message: Message, _: float) -> bytes:
        return _piece(self._uploads.get(message.is_extended, []), message)

    def _all_alarms(self, message: Message, _: float) -> bytes:
        told = [struct.pack(">HH", *key) + bitmap for key, bitmap in sorted(self.mib.alarms.items())]
        self._alarms[message.is_extended] = told
        return struct.pack(">H", len(told))

    def _all_alarms_next(self, message: Message, _: float) -> bytes:
        return _piece(self._alarms.get(message.is_extended, []), message)

    def _reset(self, *_: object) -> bytes:
        self.mib.reset()
        return b"\0"

    def _reboot(self, _: Message, now: float) -> bytes:
        self.mib.reboot(now)
        self._sequence = 0
        return b"\0"


def _piece(pieces: list[bytes], message: Message) -> bytes:
    """One answer of several; past the end nothing, which in baseline is zeros."""
    (number,) = struct.unpack_from(">H", message.body)
    return pieces[number] if number < len(pieces) else b""
