"""Device.LEDs. over lamps of every kind."""

from pathlib import Path
from typing import Any

from agent.model.coverage import Reasons, coverage
from agent.model.own_values import OwnValues
from backends.leds import Leds
from backends.system import System
from backends.tr181.absent import reasons
from backends.tr181.leds import lamps, leds
from backends.tr181.mechanisms import Mechanisms
from tests.backends.led_tree import led_tree
from tests.backends.small_device import SmallDevice

LED = "Device.LEDs.LED."


def given(root: Path, found: Leds | None = None) -> Mechanisms:
    nothing: Any = None
    return Mechanisms(
        nothing, nothing, nothing, nothing, System(root), nothing, OwnValues({}, {}), links=nothing, leds=found
    )


def device(tmp_path: Path) -> SmallDevice:
    found = Leds(led_tree(tmp_path))
    return SmallDevice(leds(given(tmp_path, found)), forget=[found.forget])


def test_what_the_profile_lacks_is_what_no_kernel_tells(tmp_path: Path) -> None:
    made = device(tmp_path)
    [found] = coverage(made.model.tree, ["LEDBasic:1"], Reasons(reasons(given(tmp_path, Leds(tmp_path)))).of)
    assert {one.path.rpartition("}.")[2]: bool(one.reason) for one in found.missing} == {
        "Location": True, "RelativeXPosition": True, "RelativeYPosition": True, "CurrentCycleElement.Duration": True,
    }  # fmt: skip


def test_each_lamp_says_what_it_shows_and_why(tmp_path: Path) -> None:
    made = device(tmp_path)
    shown = {}
    for name in ("ACT", "board:green:wlan", "board:red:power", "rgb:status", "spare"):
        row = made.find(LED, Name=name)
        shown[name] = [made.get(row + one) for one in ("Status", "Reason", "CurrentCycleElement.Color")]
    assert shown == {
        "ACT": ["InUse", "mmc0", ""],
        "board:green:wlan": ["InUse", "timer", "00FF00"],
        "board:red:power": ["Disabled", "", "000000"],
        "rgb:status": ["InUse", "", "FF0080"],
        "spare": ["Error", "", "000000"],
    }


def test_a_lamp_that_blinks_has_its_phases_as_rows(tmp_path: Path) -> None:
    made = device(tmp_path)
    row = made.find(LED, Name="board:green:wlan")
    elements = [
        [made.get(f"{row}CycleElement.{number}.{one}") for one in ("Order", "Color", "Duration")] for number in (1, 2)
    ]
    assert elements == [["1", "00FF00", "200"], ["2", "000000", "800"]]
    assert made.get(f"{row}CurrentCycleElement.CycleElementReference") == f"{row}CycleElement.1"


def test_a_machine_without_lamps_has_no_such_object(tmp_path: Path) -> None:
    assert lamps(given(tmp_path)) is None
    assert leds(given(tmp_path)) == []
    led_tree(tmp_path / "sys")
    part = lamps(given(tmp_path))
    assert part is not None
    assert len(part.provides["leds"].leds()) == 5
