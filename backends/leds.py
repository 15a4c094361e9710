"""The lamps that the kernel knows (/sys/class/leds): what each shows, why, and in which colour."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.files import names_in, read_number, read_text

LINE: Final = 256
TRIGGERS: Final = 65_536
"""Bytes of the list of triggers at most: one for each kind and CPU."""
CHOSEN: Final = re.compile(r"\[([^\]]*)\]")
NO_TRIGGER: Final = "none"
COLOURS: Final = {
    "white": "FFFFFF", "red": "FF0000", "green": "00FF00", "blue": "0000FF", "amber": "FFBF00", "violet": "8F00FF",
    "yellow": "FFFF00", "purple": "800080", "orange": "FFA500", "pink": "FFC0CB", "cyan": "00FFFF", "lime": "BFFF00",
}  # fmt: skip
"""What the kernel calls colours (include/dt-bindings/leds/common.h), as RGB."""
DARK: Final = "000000"


@dataclass(frozen=True, slots=True)
class Phase:
    """One part of what is shown over and over: a colour (RGB, "" where it is not known) for so many milliseconds."""

    order: int
    colour: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Led:
    """A lamp. ``trigger``: what in the kernel works it, "" for nothing; ``brightness`` None where it cannot be read."""

    name: str
    trigger: str
    brightness: int | None
    most: int
    colour: str
    phases: tuple[Phase, ...] = ()

    @property
    def shown(self) -> str:
        """The colour at this moment."""
        return self.colour if self.brightness else DARK

    @property
    def phase(self) -> Phase | None:
        """The phase at this moment."""
        return next((one for one in self.phases if (one.order == 1) == bool(self.brightness)), None)


class Leds:
    """Reads below ``root``, once for each request."""

    def __init__(self, root: str | Path = "/sys") -> None:
        self._folder = Path(root) / "class/leds"
        self._leds: Sequence[Led] | None = None

    def are_there(self) -> bool:
        """Whether the kernel has lamps at present."""
        return bool(names_in(self._folder))

    def forget(self) -> None:
        """Read again for the next request."""
        self._leds = None

    def leds(self) -> Sequence[Led]:
        """Every lamp, by name."""
        if self._leds is None:
            self._leds = [self._led(name, self._folder / name) for name in names_in(self._folder)]
        return self._leds

    def _led(self, name: str, folder: Path) -> Led:
        chosen = CHOSEN.search(read_text(folder / "trigger", TRIGGERS) or "")
        trigger = chosen[1] if chosen and chosen[1] != NO_TRIGGER else ""
        colour = _mixed(folder) or _named(name)
        phases: tuple[Phase, ...] = ()
        if trigger == "timer":
            times = (read_number(folder / "delay_on"), read_number(folder / "delay_off"))
            phases = tuple(
                Phase(order, shown, time)
                for order, shown, time in ((1, colour, times[0]), (2, DARK, times[1]))
                if time is not None
            )
        brightness, most = read_number(folder / "brightness"), read_number(folder / "max_brightness")
        return Led(name, trigger, brightness, most or 0, colour, phases)


def _named(name: str) -> str:
    """The colour in ``device:colour:function``; "" where the name has none."""
    return next((COLOURS[part] for part in name.split(":") if part in COLOURS), "")


def _mixed(folder: Path) -> str:
    """The colour of a lamp of several colours; "" where it has one only."""
    parts = (read_text(folder / "multi_index", LINE) or "").split()
    strengths = (read_text(folder / "multi_intensity", LINE) or "").split()
    mixed = {part: int(strength) for part, strength in zip(parts, strengths, strict=False) if strength.isdecimal()}
    strongest = max(mixed.values(), default=0)
    if not {"red", "green", "blue"} <= mixed.keys() or not strongest:
        return ""
    most = max(read_number(folder / "max_brightness") or strongest, strongest)
    return "".join(f"{mixed[part] * 255 // most:02X}" for part in ("red", "green", "blue"))
