"""Device.LEDs.: what the machine's lamps show. Who works them is left as it is, but where the system has a say."""

from dataclasses import dataclass
from typing import Any, Final, Protocol

from agent.model.object import Backend, Object, Parameter, Target
from backends.leds import Led, Leds, Phase
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part

LED: Final = "Device.LEDs.LED.{i}."
ELEMENT: Final = f"{LED}CycleElement.{{i}}."
SOURCE: Final = "/sys/class/leds"
FOR_EVER: Final = -1


class Settable(Backend, Protocol):
    """The system's say in what lamps show; a lamp is its name."""

    def is_enabled(self, name: str) -> bool:
        """Whether it shows what it is for, rather than nothing."""

    def enable(self, name: str, enable: bool) -> None:
        """Stage whether it does."""

    def duration(self, name: str, order: int) -> int | None:
        """Milliseconds of one phase of what blinks, as it was set; None where that is not set."""

    def last(self, name: str, order: int, milliseconds: int) -> None:
        """Stage them."""


@dataclass(frozen=True, slots=True)
class _Element:
    led: str
    phase: Phase


def lamps(given: Mechanisms) -> Part | None:
    """The lamps, where the kernel has any."""
    leds = Leds(given.system.root / "sys")
    return Part("leds", {"leds": leds}, forget=[leds.forget], follows=frozenset()) if leds.are_there() else None


def leds(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Each lamp, the phases of one that blinks, and the phase that it is in."""
    lamps = mechanisms.leds
    if lamps is None:
        return []
    settable = mechanisms.lamps
    whole: Object[Any] = Object("Device.LEDs.", lambda: [()], lambda row: row, [])
    itself: Object[Led] = Object(
        path=LED,
        rows=lamps.leds,
        keys=lambda led: (led.name,),
        parameters=[
            Parameter("Name", lambda led: led.name),
            Parameter("Status", lambda led: _status(led, settable)),
            *_enable(settable),
            Parameter("Reason", lambda led: led.trigger),
            Parameter("CyclePeriodRepetitions", lambda _: FOR_EVER),
            Parameter("MaxBrightness", lambda led: led.most),
        ],
        backend=settable,
        source=lambda _: SOURCE,
    )
    current: Object[Led] = Object(
        path=f"{LED}CurrentCycleElement.",
        rows=lamps.leds,
        keys=lambda led: (led.name,),
        parameters=[
            Parameter("CycleElementReference", _current),
            Parameter("Color", lambda led: bytes.fromhex(led.shown)),
        ],
        source=lambda _: SOURCE,
    )
    return [whole, itself, _elements(lamps, settable), current]


def _enable(settable: Settable | None) -> list[Parameter[Led, Any]]:
    if settable is None:
        return []
    return [
        Parameter(
            "Enable", lambda led: settable.is_enabled(led.name), lambda led, enable: settable.enable(led.name, enable)
        )
    ]


def _elements(lamps: Leds, settable: Settable | None) -> Object[_Element]:
    def duration(row: _Element) -> int:
        told = settable.duration(row.led, row.phase.order) if settable else None
        return row.phase.milliseconds if told is None else told

    def set_duration(row: _Element, milliseconds: int) -> None:
        if settable:
            settable.last(row.led, row.phase.order, milliseconds)

    return Object(
        path=ELEMENT,
        rows=lambda: [_Element(led.name, phase) for led in lamps.leds() for phase in led.phases],
        keys=lambda row: (row.led, str(row.phase.order)),
        parameters=[
            Parameter("Enable", lambda _: True),
            Parameter("Order", lambda row: row.phase.order),
            Parameter("Color", lambda row: bytes.fromhex(row.phase.colour)),
            Parameter("Duration", duration, set_duration if settable else None),
            Parameter("FadeInterval", lambda _: 0),  # the kernel's timer switches, it does not dim
        ],
        backend=settable,
        source=lambda _: SOURCE,
    )


def _status(led: Led, settable: Settable | None) -> str:
    if settable and not settable.is_enabled(led.name):
        return "Disabled"
    if led.brightness is None:
        return "Error"
    return "InUse" if led.trigger or led.brightness else "Disabled"


def _current(led: Led) -> Target | None:
    return Target(ELEMENT, (led.name, str(led.phase.order))) if led.phase else None
