"""Device.LEDs.: what the machine's lamps show. Who works them (the kernel's triggers, a program) is left as it is."""

from dataclasses import dataclass
from typing import Any, Final

from agent.model.object import Object, Parameter, Target
from backends.leds import Led, Leds, Phase
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part

LED: Final = "Device.LEDs.LED.{i}."
ELEMENT: Final = f"{LED}CycleElement.{{i}}."
SOURCE: Final = "/sys/class/leds"
FOR_EVER: Final = -1


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
    whole: Object[Any] = Object("Device.LEDs.", lambda: [()], lambda row: row, [])
    itself: Object[Led] = Object(
        path=LED,
        rows=lamps.leds,
        keys=lambda led: (led.name,),
        parameters=[
            Parameter("Name", lambda led: led.name),
            Parameter("Status", _status),
            Parameter("Reason", lambda led: led.trigger),
            Parameter("CyclePeriodRepetitions", lambda _: FOR_EVER),
            Parameter("MaxBrightness", lambda led: led.most),
        ],
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
    return [whole, itself, _elements(lamps), current]


def _elements(lamps: Leds) -> Object[_Element]:
    return Object(
        path=ELEMENT,
        rows=lambda: [_Element(led.name, phase) for led in lamps.leds() for phase in led.phases],
        keys=lambda row: (row.led, str(row.phase.order)),
        parameters=[
            Parameter("Enable", lambda _: True),
            Parameter("Order", lambda row: row.phase.order),
            Parameter("Color", lambda row: bytes.fromhex(row.phase.colour)),
            Parameter("Duration", lambda row: row.phase.milliseconds),
            Parameter("FadeInterval", lambda _: 0),  # the kernel's timer switches, it does not dim
        ],
        source=lambda _: SOURCE,
    )


def _status(led: Led) -> str:
    if led.brightness is None:
        return "Error"
    return "InUse" if led.trigger or led.brightness else "Disabled"


def _current(led: Led) -> Target | None:
    return Target(ELEMENT, (led.name, str(led.phase.order))) if led.phase else None
