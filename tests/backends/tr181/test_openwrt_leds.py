"""Device.LEDs. on OpenWrt: what is set is kept for every boot, what is shown is the kernel's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.model.object import Object
from backends.tr181.leds import leds
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_leds import openwrt_leds
from tests.backends.led_tree import led_tree
from tests.backends.openwrt.system.device import SYSTEM, OpenWrtDevice

pytestmark = pytest.mark.slow

LED = "Device.LEDs.LED."


class Lamps(OpenWrtDevice):
    PARTS = (openwrt_leds,)

    def declared(self) -> list[Callable[[Mechanisms], list[Object[Any]]]]:
        return [leds]


@pytest.fixture
def device(tmp_path: Path) -> Lamps:
    led_tree(tmp_path / "sys")
    return Lamps(tmp_path)


def test_a_lamp_is_switched_off_and_on_for_good(device: Lamps) -> None:
    row = device.find(LED, Name="ACT")
    assert [device.get(row + name) for name in ("Enable", "Status", "Reason")] == ["true", "InUse", "mmc0"]
    device.set({f"{row}Enable": "0"})
    assert [device.get(row + name) for name in ("Enable", "Status")] == ["false", "Disabled"]
    assert "option sysfs 'ACT'" in device.text("system")
    assert device.told.calls == [("/etc/init.d/led", "restart")], (
        "procd knows of no trigger of it, and nobody else cares"
    )
    device.set({f"{row}Enable": "1"})
    assert device.text("system").strip() == SYSTEM.strip()


def test_how_long_it_blinks_is_set_where_openwrt_lets_it_blink(tmp_path: Path) -> None:
    led_tree(tmp_path / "sys")
    text = "config led 'wlan'\n\toption sysfs 'board:green:wlan'\n\toption trigger 'timer'\n\toption delayon '200'\n"
    device = Lamps(tmp_path, {"system": text})
    row = device.find(LED, Name="board:green:wlan")
    assert [device.get(f"{row}CycleElement.{number}.Duration") for number in (1, 2)] == ["200", "800"]
    device.set({f"{row}CycleElement.1.Duration": "300", f"{row}CycleElement.2.Duration": "700"})
    assert device.text("system").endswith("option delayon '300'\n\toption delayoff '700'\n")
    assert device.get(f"{row}CycleElement.1.Duration") == "300"
    path = f"{row}CycleElement.1.Duration"
    assert device.refused({path: str(2**31)}) == {f"{row}CycleElement.1.Duration": "InvalidValue"}


def test_what_blinks_by_itself_is_not_set(device: Lamps) -> None:
    path = f"{device.find(LED, Name='board:green:wlan')}CycleElement.1.Duration"
    assert device.refused({path: "300"}) == {path: "InvalidValue"}
    assert device.text("system") == SYSTEM


def test_a_machine_that_is_not_the_agent_s_keeps_its_lamps(tmp_path: Path) -> None:
    led_tree(tmp_path / "sys")
    device = Lamps(tmp_path, may_change=False)
    path = f"{device.find(LED, Name='ACT')}Enable"
    assert device.refused({path: "0"}) == {path: "Denied"}


def test_without_lamps_or_without_the_package(tmp_path: Path) -> None:
    device = Lamps(tmp_path)
    assert openwrt_leds(device.mechanisms, device.surface) is None
    led_tree(tmp_path / "sys")
    (device.places.config / "system").unlink()
    part = openwrt_leds(device.mechanisms, device.surface)
    assert part is not None
    assert part.backend is None
