"""What an optical module measures of itself (SFF-8472), as the kernel's SFP driver tells it: for a stick in a cage."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from backends.files import names_in, read_number, read_text

_LINE: Final = 64
_POWERS: Final = {"rx_power": "Rx Power", "tx_power": "Tx Power"}
_INPUTS: Final = {"temp1_input": ("Temperature", "C", 1000), "in0_input": ("Voltage", "mV", 1)}
_BIAS: Final = {"curr1_input": ("Bias", "mA", 1)}


def levels(root: Path = Path("/sys")) -> Mapping[str, tuple[float, str]]:
    """Value and unit by name, of the one module that measures; nothing where there is none, or more than one.

    A memory that is left empty reads as nothing but zeros.
    """
    found = [told for folder in _monitors(root) if (told := _measured(folder))]
    return found[0] if len(found) == 1 else {}


def _monitors(root: Path) -> list[Path]:
    place = root / "class/hwmon"
    return [place / name for name in names_in(place) if any(_powers(place / name))]


def _powers(folder: Path) -> dict[str, Path]:
    """By name of a level, the file that has it in microwatts."""
    labels = [name for name in names_in(folder) if name.startswith("power") and name.endswith("_label")]
    said = {name: (read_text(folder / name, _LINE) or "").lower() for name in labels}
    return {
        _POWERS[label]: folder / name.replace("_label", "_input") for name, label in said.items() if label in _POWERS
    }


def _measured(folder: Path) -> dict[str, tuple[float, str]]:
    read = {name: read_number(folder / name) for name in (*_INPUTS, *_BIAS)}
    powers = {name: read_number(file) for name, file in _powers(folder).items()}
    if not any(read.values()) and not any(powers.values()):
        return {}
    told = {
        name: (number / scale, unit)
        for file, (name, unit, scale) in {**_INPUTS, **_BIAS}.items()
        if (number := read[file]) is not None
    }
    light = {name: (10 * math.log10(number / 1000), "dBm") for name, number in powers.items() if number}
    return {**told, **light}
