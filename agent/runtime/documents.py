"""The shape of each durable document: what is not so was not written by the agent, and is not believed at all."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from agent.cwmp.planned_reboot import SCHEDULE_REBOOT
from agent.model.own_values import has_type_of

Shape = Callable[[Any, str], None]
"""Takes a value and where it stands; raises ValueError for one that cannot stand there."""

HIGHEST_LEVEL: Final = 6


PARAMETER: Final = re.compile(r"[A-Za-z_][\w-]*(?:\.[\w-]+)+")
"""The path of one parameter: names and numbers with dots between them."""


def shapes(own_defaults: Mapping[str, Any], acs_values: tuple[str, ...]) -> Mapping[str, Shape]:
    """By the document's name. ``own_defaults`` are the agent's own values, ``acs_values`` those that reach the ACS."""
    backends = _mapping(_anything, own=_own_values(own_defaults))
    parts = {"backends": backends, "instances": _mapping(_TABLE), "attributes": _ATTRIBUTES}
    held = _record(
        {
            "before": _record({"backends": backends}, parts),
            "applied": _flag,
            "undo": _mapping(_anything),
            "boot": _text,
        },
    )
    numbered: dict[str, Shape] = {"version": _whole(1)}
    return {
        "model": _record(
            {**numbered, **parts, "transaction": _whole(0), "unconfirmed": _nullable(held)}, {"taken_back": _flag}
        ),
        "journal": _record({"transaction": _whole(0), "boot": _text, "undo": _mapping(_anything)}),
        "delivery": _record(
            {**numbered, "boot": _text, "events": _anything, "known": _anything, "scheduled": _anything},
            {"going_down": _flag, "transfers": _anything},
        ),
        "firmware": _record({**numbered, "minimum": _text, "trial": _anything}, {"packages": _mapping(_text)}),
        "starts": _record({**numbered, "boot": _text, "unclean": _listed(_number)}),
        "page": _record({**numbered, "password": _text}),
        "page_places": _record({**numbered, **dict.fromkeys(("out", "cables"), _listed(_text))}),
        "acs": _record({**numbered, **dict.fromkeys(acs_values, _text)}, {"address": _text}),
    }


def _own_values(defaults: Mapping[str, Any]) -> Shape:
    def check(value: Any, where: str) -> None:
        _mapping(_record({"value": _anything, "file": _anything}))(value, where)
        for name, stored in value.items():
            said = [stored["value"], *([] if stored["file"] is None else [stored["file"]])]
            if name in defaults and not all(has_type_of(one, defaults[name]) for one in said):
                raise ValueError(f"{where}.{name} is of another type")
            if name in _OWN:
                _OWN[name](stored["value"], f"{where}.{name}")

    return check


# --- what shapes are made of -----------------------------------------------------------------------------------------


def _anything(_value: Any, _where: str) -> None:
    """A part whose owner judges it alone, and starts anew without it."""


def _flag(value: Any, where: str) -> None:
    if not isinstance(value, bool):
        raise ValueError(f"{where} is neither true nor false")


def _text(value: Any, where: str) -> None:
    if not isinstance(value, str):
        raise ValueError(f"{where} is no text")


def _number(value: Any, where: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{where} is no number")


def _whole(least: int, most: int = 2**63) -> Shape:
    def check(value: Any, where: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"{where} is no whole number from {least} to {most}")

    return check


def _time(value: Any, where: str) -> None:
    """ISO text; "" is no time."""
    _text(value, where)
    if value and datetime.fromisoformat(value).tzinfo is None:
        raise ValueError(f"{where} has no time zone")


def _nullable(shape: Shape) -> Shape:
    return lambda value, where: None if value is None else shape(value, where)


def _listed(shape: Shape) -> Shape:
    def check(value: Any, where: str) -> None:
        if not isinstance(value, list):
            raise ValueError(f"{where} is no list")
        for place, one in enumerate(value):
            shape(one, f"{where}[{place}]")

    return check


def _mapping(shape: Shape, **needed: Shape) -> Shape:
    """Of one shape, but for those that are ``needed``."""

    def check(value: Any, where: str) -> None:
        _record(needed)(value, where)
        for name, one in value.items():
            if name not in needed:
                shape(one, f"{where}.{name}")

    return check


def _record(needed: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """What else there is was added since, and is not looked at."""

    def check(value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise ValueError(f"{where} is no mapping")
        for name, shape in {**needed, **(optional or {})}.items():
            if name in value:
                shape(value[name], f"{where}.{name}")
            elif name in needed:
                raise ValueError(f"{where} lacks {name}")

    return check


def _of_parameters(shape: Shape) -> Shape:
    """A mapping whose names are parameters, not objects or what is no path at all."""

    def check(value: Any, where: str) -> None:
        shape(value, where)
        for name in value:
            if not PARAMETER.fullmatch(name):
                raise ValueError(f"{where} has {name[:100]!r}, which is no parameter")

    return check


def _row(value: Any, where: str) -> None:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"{where} is no number with an alias")
    _whole(1)(value[0], where)
    _nullable(_text)(value[1], where)


_TABLE: Final = _record({"next": _whole(1), "rows": _mapping(_row)})
_ATTRIBUTES: Final = _record(
    {
        "notification": _of_parameters(_mapping(_whole(0, HIGHEST_LEVEL))),
        "access": _of_parameters(_mapping(_listed(_text))),
    }
)
_INFORM_PARAMETER: Final = _record({"key": _text, "enable": _flag, "name": _text, "events": _listed(_text)})
_INTERVAL: Final = _whole(1, 2**32 - 1)
# Own values by which the agent itself goes: other ones than these would keep it from speaking to its ACS at all.
_OWN: Final[Mapping[str, Shape]] = {
    "ManagementServer.PeriodicInformInterval": _INTERVAL,
    "ManagementServer.PeriodicInformTime": _time,
    "ManagementServer.HeartbeatPolicy.ReportingInterval": _INTERVAL,
    "ManagementServer.HeartbeatPolicy.InitiationTime": _time,
    "ManagementServer.DefaultActiveNotificationThrottle": _whole(0, 2**32 - 1),
    "ManagementServer.CWMPRetryMinimumWaitInterval": _whole(1, 65_535),
    "ManagementServer.CWMPRetryIntervalMultiplier": _whole(1_000, 65_535),
    "ManagementServer.InformParameter": _listed(_INFORM_PARAMETER),
    SCHEDULE_REBOOT: _time,
}
