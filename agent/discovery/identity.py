"""Who the device is, as presets speak of it: templates such as {oui}-{serial}, and which preset is for it. Pure."""

import fnmatch
from collections.abc import Sequence
from string import Formatter
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

if TYPE_CHECKING:
    from agent.discovery.preset import Preset


class Who(NamedTuple):
    """A device. ``mac`` has twelve upper-case hexadecimal digits; ``boards`` are the names that its maker gave it."""

    manufacturer: str = ""
    oui: str = ""
    product_class: str = ""
    serial: str = ""
    model: str = ""
    mac: str = ""
    boards: tuple[str, ...] = ()


FIELDS: Final = ("oui", "serial", "product_class", "mac", "manufacturer", "model")
"""What can stand in braces."""

SAMPLE: Final = Who("Acme", "02FC00", "Router", "02FC00000001", "Router", "02FC00000001")
"""A device to try templates with."""


class Verdict(NamedTuple):
    """What becomes of a preset on a device, and why."""

    preset: "Preset"
    is_chosen: bool
    why: str


def expanded(template: str, who: Who, in_url: bool = False) -> str:
    """The template with what the device is called, percent-encoded ``in_url``. Raises ValueError for no template.

    ``{{`` and ``}}`` stand for braces.
    """
    pieces = []
    for literal, field, form, conversion in Formatter().parse(template):
        pieces.append(literal)
        if field is None:
            continue
        if field not in FIELDS or form or conversion:
            raise ValueError(f"{{{field}}} stands for nothing; there are {', '.join(f'{{{one}}}' for one in FIELDS)}")
        value = str(getattr(who, field))
        if not value:
            raise ValueError(f"this device has no {{{field}}}")
        pieces.append(quote(value, safe="") if in_url else value)
    return "".join(pieces)


def choose(places: Sequence[Sequence["Preset"]], who: Who) -> list[Verdict]:
    """Which one preset a device has. ``places`` in the order of their precedence, each with its presets in order.

    Of the first place that has a preset for the device, the most particular wins: one for its board, then one for its
    product class, then one for its OUI, then one for all; of equal ones the first.
    """
    verdicts: list[Verdict] = []
    winner = ""
    for place in places:
        fitting = [preset for preset in place if not preset.example and not _against(preset, who)]
        best = max(fitting, key=_particularity, default=None) if not winner else None
        for preset in place:
            if preset is best:
                verdicts.append(Verdict(preset, True, _because(preset)))
            elif preset.example:
                verdicts.append(Verdict(preset, False, "an example; without the line `example = true` it would count"))
            else:
                why = _against(preset, who) or f"{winner or (best.file if best else '')} comes first"
                verdicts.append(Verdict(preset, False, why))
        winner = winner or (best.file if best else "")
    return verdicts


def _particularity(preset: "Preset") -> tuple[bool, ...]:
    return tuple(bool(condition) for condition in preset.match)


def _because(preset: "Preset") -> str:
    held = [name.replace("_", " ") for name, wanted in preset.match._asdict().items() if wanted]
    return f"it is for this {' and '.join(held)}" if held else "it is for every device"


def _against(preset: "Preset", who: Who) -> str:
    """Why a preset is not for the device; "": it is."""
    has = {"board": who.boards, "product_class": (who.product_class,), "oui": (who.oui,)}
    for name, wanted in preset.match._asdict().items():
        if wanted and not any(fnmatch.fnmatchcase(one, glob) for one in has[name] for glob in wanted):
            told = " or ".join(map(repr, has[name])) or "not known"
            return f"it is for another {name.replace('_', ' ')}; here it is {told}"
    return ""
