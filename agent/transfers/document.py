"""Transfers as JSON, for the durable document."""

from dataclasses import asdict
from typing import Any

from agent.transfers.file_types import Outcome
from agent.transfers.orders import FileOrder
from agent.transfers.queue import Asked, State, Transfer
from agent.transfers.windows import Window

_KINDS: dict[str, type | tuple[type, ...]] = {
    "delay": int,
    "window": int,
    "tries": int,
    "not_before": (int, float),
    "is_confirmed": bool,
    "takes": int,
    "needs_reboot": str,
    "awaits": str,
    "start": (int, float, type(None)),
    "complete": (int, float, type(None)),
    "method": str,
}
_ORDER: dict[str, type] = {
    "url": str,
    "username": str,
    "password": str,
    "file_type": str,
    "file_size": int,
    "target_file_name": str,
    "is_upload": bool,
    "command_key": str,
    "largest": int,
    "id": str,
}
_LEAST = {"max_retries": -1}
_WINDOW: dict[str, type] = {"start": int, "end": int, "mode": str, "user_message": str, "max_retries": int}


def dumped(transfer: Transfer) -> dict[str, Any]:
    """A transfer as JSON."""
    return asdict(transfer) | {
        "state": transfer.state.value,
        "arrived": list(transfer.arrived) if transfer.arrived else None,
        "windows": [asdict(window) for window in transfer.windows],
        "wanted": list(transfer.wanted),
    }


def read(item: Any) -> Transfer:
    """The transfer that ``dumped`` wrote; raises ValueError for what it cannot have written."""
    match item:
        case {
            "order": dict(order),
            "asked": {"boot": str(boot), "now": int() | float() as now, "wall": int() | float() | None as wall},
            "windows": list(windows),
            "state": str(state),
            "arrived": None | [str(), int(), str()] as arrived,
            "outcome": {"code": int(code), "text": str(text)},
        }:
            wanted = item.get("wanted", [])
        case _:
            raise ValueError("no transfer")
    if wanted not in ([], *([one, two] for one in (False, True) for two in (False, True))):
        raise ValueError("no transfer")
    return Transfer(
        order=FileOrder(**_fields(order, _ORDER)),
        asked=Asked(boot, now, wall),
        windows=tuple(Window(**_fields(window, _WINDOW)) for window in windows),
        state=State(state),
        arrived=tuple(arrived) if arrived else None,
        outcome=Outcome(code, text),
        wanted=tuple(wanted),
        **_fields(item, _KINDS),
    )


def _fields(item: Any, kinds: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise ValueError("no record")
    for name, kind in kinds.items():
        if not isinstance(item.get(name), kind) or (isinstance(item[name], bool) and kind is not bool):
            raise ValueError(f"{name} of a transfer is {item.get(name)!r:.60}")
        if kind is int and item[name] < _LEAST.get(name, 0):
            raise ValueError(f"{name} of a transfer is {item[name]}")
    return {name: item[name] for name in kinds}
