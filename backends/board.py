"""What the makers of a system image say of the board that it is for: OpenWrt does, other systems say nothing."""

import json
import re
import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from backends.files import read_text

BOARD: Final = "etc/board.json"
SYSINFO: Final = "tmp/sysinfo"
DEVICE: Final = "etc/device_info"
MADE_FOR_NOBODY: Final = "Generic"
"""DEVICE_PRODUCT of an image whose makers have not said what it is for: what stands beside it means nothing."""
MAC: Final = re.compile(r"[0-9A-F]{12}")


@dataclass(frozen=True, slots=True)
class Board:
    """Empty where nothing is said. ``name`` and ``model`` are the system's words, the three after them a vendor's.
    ``mac``: the address on the label, or else the WAN port's or the LAN's, as twelve upper-case digits.
    """

    name: str = ""
    model: str = ""
    manufacturer: str = ""
    product: str = ""
    revision: str = ""
    mac: str = ""


def board(root: Path) -> Board:
    """Of the system below ``root``."""
    told = _document(root / BOARD)
    vendor = _device(root / DEVICE)
    macs = (_text(told, *path) for path in (
        ("system", "label_macaddr"), ("network", "wan", "macaddr"), ("network", "lan", "macaddr")))  # fmt: skip
    digits = (re.sub(r"[:-]", "", mac).upper() for mac in macs)
    return Board(
        name=read_text(root / SYSINFO / "board_name", 128) or _text(told, "model", "id"),
        model=read_text(root / SYSINFO / "model", 256) or _text(told, "model", "name"),
        manufacturer=vendor.get("DEVICE_MANUFACTURER", ""),
        product=vendor.get("DEVICE_PRODUCT", ""),
        revision=vendor.get("DEVICE_REVISION", ""),
        mac=next((one for one in digits if MAC.fullmatch(one)), ""),
    )


def _document(path: Path) -> Any:
    with suppress(ValueError):
        return json.loads(read_text(path) or "{}")
    return {}


def _text(told: Any, *path: str) -> str:
    for name in path:
        told = told.get(name) if isinstance(told, dict) else None
    return told.strip() if isinstance(told, str) else ""


def _device(path: Path) -> Mapping[str, str]:
    """What a vendor has said, in a file of the shell's; nothing of an image for everybody."""
    found = {}
    for line in (read_text(path, 4096) or "").splitlines():
        name, _, value = line.partition("=")
        with suppress(ValueError):
            found[name] = "".join(shlex.split(value))[:64]
    return {} if found.get("DEVICE_PRODUCT", MADE_FOR_NOBODY) == MADE_FOR_NOBODY else found
