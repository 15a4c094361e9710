"""What the contents of each OMCI message are: one table of fields, read and written by it. Pure.

Values of attributes stay bytes here; entities.py knows where one ends and what it means.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from backends.omci.frames import CONTENTS, Action, Frame, NotAFrame, Result

Fields = dict[str, int | bytes]
"""A message's fields by name. ``rest`` is there only when more than padding stood behind the others."""

TABLE: Final[dict[tuple[Action, bool], tuple[str, str]]] = {
    (Action.CREATE, False): ("values:*", ""),
    (Action.CREATE, True): ("result:B execution_mask:H", "result:B execution_mask:H?"),
    (Action.DELETE, False): ("", ""),
    (Action.DELETE, True): ("result:B", ""),
    (Action.SET, False): ("mask:H values:*", ""),
    (Action.SET, True): ("result:B unsupported:H failed:H", "result:B unsupported:H? failed:H?"),
    (Action.GET, False): ("mask:H", ""),
    (Action.GET, True): ("result:B mask:H values:*", "result:B mask:H unsupported:H failed:H values:*"),
    (Action.GET_ALL_ALARMS, False): ("mode:B", ""),
    (Action.GET_ALL_ALARMS, True): ("commands:H", ""),
    (Action.GET_ALL_ALARMS_NEXT, False): ("sequence:H", ""),
    (Action.GET_ALL_ALARMS_NEXT, True): ("entities:*", ""),
    (Action.MIB_UPLOAD, False): ("", ""),
    (Action.MIB_UPLOAD, True): ("commands:H", ""),
    (Action.MIB_UPLOAD_NEXT, False): ("sequence:H", ""),
    (Action.MIB_UPLOAD_NEXT, True): ("entities:*", ""),
    (Action.MIB_RESET, False): ("", ""),
    (Action.MIB_RESET, True): ("result:B", ""),
    (Action.ALARM, False): ("bitmap:28s padding:3s sequence:B", "bitmap:28s sequence:B"),
    (Action.AVC, False): ("mask:H values:*", ""),
    (Action.TEST, False): ("select:B parameters:*", ""),
    (Action.TEST, True): ("result:B", ""),
    (Action.START_DOWNLOAD, False): ("window:B size:I count:B images:*", ""),
    (Action.START_DOWNLOAD, True): ("result:B window:B count:B results:*", "result:B window:B? count:B? results:*"),
    (Action.DOWNLOAD_SECTION, False): ("section:B octets:*", ""),
    (Action.DOWNLOAD_SECTION, True): ("result:B section:B", ""),
    (Action.END_DOWNLOAD, False): ("crc:I size:I count:B images:*", ""),
    (Action.END_DOWNLOAD, True): ("result:B count:B results:*", "result:B count:B? results:*"),
    (Action.ACTIVATE, False): ("flags:B", ""),
    (Action.ACTIVATE, True): ("result:B", ""),
    (Action.COMMIT, False): ("", ""),
    (Action.COMMIT, True): ("result:B", ""),
    (Action.SYNCHRONIZE_TIME, False): ("year:H month:B day:B hour:B minute:B second:B", ""),
    (Action.SYNCHRONIZE_TIME, True): ("result:B success:B", "result:B success:B?"),
    (Action.REBOOT, False): ("condition:B", "condition:B?"),
    (Action.REBOOT, True): ("result:B", ""),
    (Action.GET_NEXT, False): ("mask:H sequence:H", ""),
    (Action.GET_NEXT, True): ("result:B mask:H octets:*", ""),
    (Action.TEST_RESULT, False): ("octets:*", ""),
    (Action.GET_CURRENT, False): ("mask:H", ""),
    (Action.GET_CURRENT, True): ("result:B mask:H values:*", "result:B mask:H unsupported:H failed:H values:*"),
    (Action.SET_TABLE, False): ("mask:H values:*", ""),
    (Action.SET_TABLE, True): ("result:B", ""),
}
"""By message and direction (True: the ONU's answer): the fields in baseline, and in extended where they differ.

A letter is ``struct``'s; ``*`` is all that is left; ``?`` may be missing at the end of an extended message.
"""

_FAILING_GET: Final = "result:B mask:H values:25s unsupported:H failed:H"
"""An answer with result 9 ends with two masks. With any other, a few vendors fill those four octets with values."""

NAMES: Final = {
    Action.CREATE: "Create",
    Action.DELETE: "Delete",
    Action.SET: "Set",
    Action.GET: "Get",
    Action.GET_ALL_ALARMS: "Get All Alarms",
    Action.GET_ALL_ALARMS_NEXT: "Get All Alarms Next",
    Action.MIB_UPLOAD: "MIB Upload",
    Action.MIB_UPLOAD_NEXT: "MIB Upload Next",
    Action.MIB_RESET: "MIB Reset",
    Action.ALARM: "Alarm Notification",
    Action.AVC: "Attribute Value Change",
    Action.TEST: "Test",
    Action.START_DOWNLOAD: "Start Software Download",
    Action.DOWNLOAD_SECTION: "Download Section",
    Action.END_DOWNLOAD: "End Software Download",
    Action.ACTIVATE: "Activate Software",
    Action.COMMIT: "Commit Software",
    Action.SYNCHRONIZE_TIME: "Synchronize Time",
    Action.REBOOT: "Reboot",
    Action.GET_NEXT: "Get Next",
    Action.TEST_RESULT: "Test Result",
    Action.GET_CURRENT: "Get Current Data",
    Action.SET_TABLE: "Set Table",
}


@dataclass(frozen=True, slots=True)
class _Layout:
    """Fields of fixed size, of which the last ``may_lack`` need not be there, and the name of what comes behind."""

    head: struct.Struct
    names: tuple[str, ...]
    formats: tuple[str, ...]
    tail: str
    may_lack: int

    def read(self, contents: bytes) -> tuple[Fields, bytes]:
        """Raises NotAFrame where a field is missing that has to be there."""
        head, names = self.head, self.names
        if len(contents) < head.size:
            head, names = self._shorter(len(contents))
        return dict(zip(names, head.unpack_from(contents), strict=True)), contents[head.size :]

    def _shorter(self, size: int) -> tuple[struct.Struct, tuple[str, ...]]:
        for count in range(len(self.formats) - 1, len(self.formats) - 1 - self.may_lack, -1):
            head = struct.Struct(">" + "".join(self.formats[:count]))
            if head.size <= size:
                return head, self.names[:count]
        raise NotAFrame(f"its contents are {size} octets; {', '.join(self.names)} take {self.head.size}")

    def write(self, fields: Mapping[str, int | bytes]) -> bytes:
        """What is not said is zero, or not written where it may be missing."""
        last = len(self.names)
        while last > len(self.names) - self.may_lack and self.names[last - 1] not in fields:
            last -= 1
        names, formats = self.names[:last], self.formats[:last]
        packed = (_packed(name, kind, fields) for name, kind in zip(names, formats, strict=True))
        return b"".join(packed) + _octets(fields, self.tail)


def _layout(text: str) -> _Layout:
    fields = [field.split(":") for field in text.split()]
    tail = fields.pop()[0] if fields and fields[-1][1] == "*" else "rest"
    formats = tuple(kind.rstrip("?") for _, kind in fields)
    may_lack = sum(kind.endswith("?") for _, kind in fields)
    return _Layout(struct.Struct(">" + "".join(formats)), tuple(name for name, _ in fields), formats, tail, may_lack)


_BASELINE: Final[dict[tuple[int, bool], _Layout]] = {message: _layout(texts[0]) for message, texts in TABLE.items()}
_EXTENDED: Final[dict[tuple[int, bool], _Layout]] = {
    message: _layout(texts[1] or texts[0]) for message, texts in TABLE.items()
}
OCTETS: Final = frozenset(
    name
    for layout in (*_BASELINE.values(), *_EXTENDED.values())
    for name, kind in (*zip(layout.names, layout.formats, strict=True), (layout.tail, "s"))
    if kind.endswith("s")
)
"""The fields that are octets; the others are numbers."""
_FAILING: Final = _layout(_FAILING_GET)
_FAILABLE: Final = _BASELINE[Action.GET, True]
_BASELINE[Action.GET_CURRENT, True] = _FAILABLE


def name_of(frame: Frame) -> str:
    """The message's name: "Get Request", "MIB Upload Next Response", "Alarm Notification"; an unknown one's number."""
    try:
        action = Action(frame.action)
    except ValueError:
        return f"Unknown {frame.action}"
    if (action, True) not in TABLE:
        return NAMES[action]
    return f"{NAMES[action]} {'Response' if frame.answers else 'Request'}"


def read(frame: Frame) -> Fields:
    """The fields of a frame's contents. Raises NotAFrame for a type that no message has, and for too short contents."""
    layout = _layout_of(frame.action, answers=frame.answers, is_extended=frame.is_extended)
    if frame.asks and (frame.answers or (frame.action, True) not in TABLE):
        raise NotAFrame("it asks for an answer, which its kind of message cannot")
    if layout is _FAILABLE and frame.contents[0] == Result.ATTRIBUTES_FAILED:
        layout = _FAILING
    fields, rest = layout.read(frame.contents)
    if layout.tail != "rest" or (rest if frame.is_extended else any(rest)):
        fields[layout.tail] = rest
    return fields


def contents(
    action: Action, fields: Mapping[str, int | bytes], *, answers: bool = False, is_extended: bool = False
) -> bytes:
    """The contents of a message with these fields. Raises NotAFrame where they do not fit.

    A ``rest`` stands behind the values where the message has some, else behind its last field.
    """
    layout = _layout_of(action, answers=answers, is_extended=is_extended)
    if layout is _FAILABLE and fields.get("result") == Result.ATTRIBUTES_FAILED:
        layout = _FAILING
    if ("rest" in fields and layout.tail != "rest") or layout is _FAILING:
        fields = _with_rest_behind(fields, "values" if layout is _FAILING else layout.tail)
    if strange := set(fields) - {*layout.names, layout.tail}:
        has = ", ".join((*layout.names, layout.tail)).removesuffix("rest").rstrip(", ") or "nothing"
        raise NotAFrame(f"{NAMES[action]} has no {', '.join(sorted(strange))}; it has {has}")
    written = layout.write(fields)
    if is_extended:
        return written
    if len(written) > CONTENTS:
        raise NotAFrame(f"its contents would be {len(written)} octets; a baseline frame has {CONTENTS}")
    return written.ljust(CONTENTS, b"\0")


def _with_rest_behind(fields: Mapping[str, int | bytes], name: str) -> Fields:
    together = {name: _octets(fields, name) + _octets(fields, "rest")}
    return {other: value for other, value in fields.items() if other != "rest"} | together


def _layout_of(action: int, *, answers: bool, is_extended: bool) -> _Layout:
    layout = (_EXTENDED if is_extended else _BASELINE).get((action, answers))
    if layout is None or (action == Action.SET_TABLE and not is_extended):
        what = f"{'an extended' if is_extended else 'a baseline'} {'answer' if answers else 'request'}"
        raise NotAFrame(f"there is no message of type {action} that is {what}")
    return layout


def _packed(name: str, kind: str, fields: Mapping[str, int | bytes]) -> bytes:
    size = struct.calcsize(">" + kind)
    if kind.endswith("s"):
        octets = _octets(fields, name)
        if len(octets) > size:
            raise NotAFrame(f"its {name} has {size} octets at most; these are {len(octets)}")
        return octets.ljust(size, b"\0")
    most = (1 << 8 * size) - 1
    number = fields.get(name, 0)
    if not isinstance(number, int) or not 0 <= number <= most:
        raise NotAFrame(f"its {name} is a number from 0 to {most}; {number!r} is not")
    return number.to_bytes(size)


def _octets(fields: Mapping[str, int | bytes], name: str) -> bytes:
    given = fields.get(name, b"")
    if isinstance(given, int):
        raise NotAFrame(f"{name} has to be octets")
    return given
