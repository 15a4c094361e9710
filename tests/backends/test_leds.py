"""Lamps are read as the kernel shows them."""

from pathlib import Path

from backends.leds import DARK, Leds, Phase
from tests.backends.led_tree import lamp, led_tree


def test_a_machine_without_lamps_has_none(tmp_path: Path) -> None:
    assert not Leds(tmp_path).are_there()
    assert Leds(tmp_path).leds() == []


def test_what_works_a_lamp_and_what_it_shows_are_told(tmp_path: Path) -> None:
    leds = {led.name: led for led in Leds(led_tree(tmp_path)).leds()}
    assert (leds["ACT"].trigger, leds["ACT"].colour, leds["ACT"].shown) == ("mmc0", "", "")
    assert (leds["board:red:power"].trigger, leds["board:red:power"].shown) == ("", DARK)
    assert leds["rgb:status"].shown == "FF0080"
    assert leds["spare"].brightness is None


def test_a_lamp_that_blinks_has_two_phases_and_is_in_one(tmp_path: Path) -> None:
    leds = Leds(led_tree(tmp_path))
    [blinking] = [led for led in leds.leds() if led.phases]
    assert blinking.phases == (Phase(1, "00FF00", 200), Phase(2, DARK, 800))
    assert blinking.phase == blinking.phases[0]
    (tmp_path / "class/leds/board:green:wlan/brightness").write_text("0\n")
    assert [led.phase for led in leds.leds() if led.phases] == [blinking.phases[0]], "read once for a request"
    leds.forget()
    assert [led.phase for led in leds.leds() if led.phases] == [blinking.phases[1]]


def test_what_cannot_be_understood_is_left_out(tmp_path: Path) -> None:
    lamp(tmp_path, "x", trigger="[timer]", delay_on="soon", multi_index="red", multi_intensity="x y", brightness="?")
    [led] = Leds(tmp_path).leds()
    assert (led.phases, led.colour, led.brightness) == ((), "", None)
    lamp(tmp_path, "y", multi_index="red green blue", multi_intensity="0 0 0")
    assert Leds(tmp_path).leds()[1].colour == ""
