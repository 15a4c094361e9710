"""What a machine's lamps are to show, in UCI: sections of type led of /etc/config/system, which a boot makes so."""

import hashlib
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Final

from backends.desired_state import SINGLE, NotOurs, Record, Refused, Wanted
from backends.openwrt.configured import Read
from backends.openwrt.sections import OURS, Told, is_ours, sections_of, truth, write
from backends.openwrt.system.host import SYSTEM
from backends.uci import Edits, Section

LED: Final = "led"
"""The sections' type, and the init script that makes what they say."""
OFF: Final = f"{OURS}off"
"""Of our own: the lamp is dark because it was disabled, whatever it showed before (the two options below)."""
TRIGGER, DEFAULT = f"{OURS}trigger", f"{OURS}default"
NO_TRIGGER: Final = "none"
BLINKING: Final = "timer"
MOST: Final = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp(Record):
    """A lamp by its name; ``on`` and ``off`` are milliseconds, None where it does not blink by a time that was set."""

    enable: bool = True
    on: int | None = None
    off: int | None = None


class LampMapping:
    """See backends.openwrt.configured.Mapping. ``names`` are those of the lamps that the kernel has."""

    packages = (SYSTEM,)
    kinds = (Lamp,)

    def __init__(self, names: Callable[[], Sequence[str]], may_change: bool) -> None:
        self._names = names
        self._may_change = may_change

    def surroundings(self) -> Hashable:
        """See Mapping."""
        return tuple(self._names())

    def read(self, read: Read) -> Wanted:
        """See Mapping."""
        sections = _sections(read)
        return Wanted(1, {Lamp: {name: _lamp(sections.get(name, ("", None))[1]) for name in self._names()}})

    def check(self, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        for name, lamp in after.of(Lamp).items():
            was = before.get(Lamp, name)
            if lamp == was:
                continue
            if not self._may_change:
                raise NotOurs("the system's settings are not given to the agent: [system] manage", Lamp, name)
            for field, time in (("on", lamp.on), ("off", lamp.off)):
                if time is not None and time > MOST:
                    raise Refused("that long nothing blinks", Lamp, name, (field,))
            if (lamp.on != was.on or lamp.off != was.off) and was.on is None and was.off is None:
                raise Refused("it does not blink by a time of OpenWrt's", Lamp, name, ("on", "off"))

    def write(self, edits: Edits, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        write(edits, SYSTEM, _document(edits.read, before), _document(edits.read, after))

    def cuts(self, before: Wanted, after: Wanted) -> bool:  # noqa: ARG002 - see Mapping
        """Never."""
        return False

    def key_for(self, record: Record, taken: Collection[str]) -> str:  # noqa: ARG002 - nobody adds a lamp
        """See Mapping."""
        return SINGLE


def _sections(read: Read) -> dict[str, tuple[str, Section]]:
    """By the lamp's name; of several the last, which is made last."""
    found = sections_of(read(SYSTEM), LED)
    return {section.text("sysfs"): (key, section) for key, section in found.items() if section.text("sysfs")}


def _lamp(section: Section | None) -> Lamp:
    if section is None:
        return Lamp()
    if _is_off(section):
        is_blinking, enable = section.text(TRIGGER) == BLINKING, False
    else:
        is_blinking, enable = section.text("trigger") == BLINKING, True
    times = [_number(section.text(option)) if is_blinking else None for option in ("delayon", "delayoff")]
    return Lamp(enable=enable, on=times[0], off=times[1])


def _is_off(section: Section) -> bool:
    """Who has given it something to show since has enabled it."""
    is_dark = section.text("trigger", NO_TRIGGER) == NO_TRIGGER and not truth(section, "default", False)
    return truth(section, OFF, False) and is_dark


def _document(read: Read, wanted: Wanted) -> dict[str, Told]:
    sections, told = _sections(read), dict[str, Told]()
    for name, lamp in wanted.of(Lamp).items():
        key, section = sections.get(name, (_key(name), None))
        if section is None or (is_ours(key) and lamp.enable):
            if not lamp.enable:
                told[key] = Told(LED, {"name": name, "sysfs": name, "trigger": NO_TRIGGER, "default": "0", OFF: "1"})
        else:
            told[key] = _told(section, lamp)
    return told


def _told(section: Section, lamp: Lamp) -> Told:
    shown = {"trigger": section.text("trigger"), "default": section.text("default")}
    kept = {OFF: "", TRIGGER: "", DEFAULT: ""}
    if lamp.enable and _is_off(section):
        shown = {"trigger": section.text(TRIGGER), "default": section.text(DEFAULT)}
    elif not lamp.enable:
        before = {TRIGGER: TRIGGER, DEFAULT: DEFAULT} if _is_off(section) else {TRIGGER: "trigger", DEFAULT: "default"}
        kept = {OFF: "1", **{option: section.text(other) for option, other in before.items()}}
        shown = {"trigger": NO_TRIGGER, "default": "0"}
    elif truth(section, OFF, False):  # somebody has enabled it: what is left of ours is not in the way
        kept = {option: section.text(option) for option in kept}
    times = {
        option: section.text(option) if time is None or time == _number(section.text(option)) else str(time)
        for option, time in (("delayon", lamp.on), ("delayoff", lamp.off))
    }
    return Told(LED, {**shown, **kept, **times})


def _key(name: str) -> str:
    return f"{OURS}led_{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 11 else 0
