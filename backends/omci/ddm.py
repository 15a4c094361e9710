"""What this machine reads of an ONT that is a module in a cage of its own: who made it, and what it measures (DDM).

The module's memory comes first: one reading tells who it is, and what it measures at that moment. Where the kernel does
not give it (no such driver, no permission), its SFP driver may tell the same readings as a monitor (hwmon).
"""

import math
from pathlib import Path
from typing import Final

from backends.files import names_in, read_number, read_text
from backends.omci import sff8472
from backends.omci.module_memory import Memories, ModuleMemories
from backends.omci.picture import Levels, Reading

_LINE: Final = 64
_POWERS: Final = {"rx_power": "Rx Power", "tx_power": "Tx Power"}
_INPUTS: Final = {"temp1_input": ("Temperature", "C", 1000), "in0_input": ("Voltage", "mV", 1)}
_BIAS: Final = {"curr1_input": ("Bias", "mA", 1)}


def reading(link: str = "", memories: Memories | None = None, root: Path = Path("/sys")) -> Reading:
    """The module behind ``link``, or the only one there is; of two nobody knows which is the ONT."""
    found = []
    for memory in (memories or ModuleMemories()).all(link):
        module = sff8472.identity(memory.a0, memory.link)
        if module is not None:
            found.append(Reading(module, sff8472.measured(memory.a0, memory.a2)))
    if len(found) > 1:
        return Reading()
    told = found[0] if found else Reading()
    return told if told.levels else Reading(told.module, levels(root))


def levels(root: Path = Path("/sys")) -> Levels:
    """Value and unit by name, of the one monitor that measures light; nothing where there is none, or more than one.

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


def _measured(folder: Path) -> Levels:
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
