"""What the kernel's SFP driver tells of a module."""

from pathlib import Path

import pytest

from backends.omci.ddm import levels

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
