"""What this machine reads of a module: its memory, or what the kernel's SFP driver tells."""

from pathlib import Path

import pytest

from backends.omci.ddm import levels, reading
from backends.omci.module_memory import Memory
from backends.omci.picture import Reading
from tests.backends.omci.module_pages import page_a0, page_a2

MODULE = {
    "temp1_input": "41600", "in0_input": "3281", "curr1_input": "12", "power1_label": "TX_power",
    "power1_input": "1600", "power2_label": "RX_power", "power2_input": "7", "name": "sfp",
}  # fmt: skip


def monitor(root: Path, number: int, files: dict[str, str]) -> None:
    folder = root / f"class/hwmon/hwmon{number}"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(f"{text}\n")


def test_a_module_that_measures_is_told_with_its_units(tmp_path: Path) -> None:
    monitor(tmp_path, 0, {"temp1_input": "50000", "name": "cpu", "power1_label": "core", "power1_input": "9"})
    monitor(tmp_path, 1, MODULE)
    told = levels(tmp_path)
    assert {name: told[name] for name in ("Temperature", "Voltage", "Bias")} == {
        "Temperature": (41.6, "C"), "Voltage": (3281, "mV"), "Bias": (12, "mA"),
    }  # fmt: skip
    assert told["Rx Power"] == (pytest.approx(-21.549, abs=0.001), "dBm")
    assert told["Tx Power"] == (pytest.approx(2.041, abs=0.001), "dBm")


def test_a_memory_that_is_left_empty_measures_nothing(tmp_path: Path) -> None:
    empty = {name: "0" if name.endswith("_input") else text for name, text in MODULE.items()}
    monitor(tmp_path, 0, empty)
    assert levels(tmp_path) == {}


def test_without_light_the_rest_is_told(tmp_path: Path) -> None:
    monitor(tmp_path, 0, {**MODULE, "power2_input": "0"})
    assert "Rx Power" not in levels(tmp_path)
    assert "Tx Power" in levels(tmp_path)


def test_of_two_modules_nobody_knows_which_is_the_ont(tmp_path: Path) -> None:
    monitor(tmp_path, 0, MODULE)
    monitor(tmp_path, 1, MODULE)
    assert levels(tmp_path) == {}


def test_a_machine_without_any_has_none(tmp_path: Path) -> None:
    assert levels(tmp_path) == {}


class Cages:
    """Memories as they were read."""

    def __init__(self, *found: Memory) -> None:
        self.found = list(found)

    def all(self, only: str = "") -> list[Memory]:
        return [each for each in self.found if only in ("", each.link)]


def test_the_memory_comes_before_the_monitor(tmp_path: Path) -> None:
    monitor(tmp_path, 0, MODULE)
    hot = Memory("eth1", page_a0(), page_a2((0x5000, 1, 1, 1, 1)))
    told = reading(memories=Cages(hot), root=tmp_path)
    assert told.levels["Temperature"] == (80, "C")
    assert (told.module and told.module.vendor, told.module and told.module.link) == ("EXAMPLE OPTICS", "eth1")


def test_the_monitor_stands_in_where_the_memory_measures_nothing_or_cannot_be_read(tmp_path: Path) -> None:
    monitor(tmp_path, 0, MODULE)
    silent = reading(memories=Cages(Memory("eth1", page_a0(), b"")), root=tmp_path)
    assert (silent.levels["Temperature"], silent.module is None) == ((41.6, "C"), False)
    assert reading(memories=Cages(), root=tmp_path) == Reading(None, levels(tmp_path))


def test_of_two_memories_the_settings_have_to_name_the_port(tmp_path: Path) -> None:
    monitor(tmp_path, 0, MODULE)
    two = Cages(Memory("eth1", page_a0(), page_a2()), Memory("eth2", page_a0(serial="B"), page_a2()))
    assert reading(memories=two, root=tmp_path) == Reading()
    named = reading("eth2", two, tmp_path)
    assert named.module is not None
    assert (named.module.serial, named.levels["Bias"]) == ("B", (12, "mA"))


def test_what_is_no_module_does_not_make_it_two(tmp_path: Path) -> None:
    told = reading(memories=Cages(Memory("eth0", bytes(128), b""), Memory("eth1", page_a0(), page_a2())), root=tmp_path)
    assert told.module is not None
    assert told.module.link == "eth1"
