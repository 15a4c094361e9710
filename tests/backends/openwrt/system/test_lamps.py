"""Sections of lamps, read and written again."""

from pathlib import Path

import pytest

from backends.openwrt.configured import Configured
from backends.openwrt.desired import UciDesired
from backends.openwrt.system.lamps import Lamp, LampMapping
from backends.uci import BrokenPackage, FileUci, Places
from tests.backends.openwrt.system.device import SYSTEM
from tests.backends.uci.boards import CORPUS, mutated

pytestmark = pytest.mark.slow

NAMES = ("green:wan", "green:status", "red:alarm")
BLINKS = "config led 'a'\n\toption sysfs 'red:alarm'\n\toption trigger 'timer'\n\toption delayon '100'\n"


class Machine:
    def __init__(self, directory: Path, text: str) -> None:
        self.places = Places.under(directory)
        self.places.config.mkdir(parents=True, exist_ok=True)
        (self.places.config / "system").write_bytes(text.encode("utf-8", "surrogateescape"))
        self.uci, self.mapping = FileUci(self.places), LampMapping(lambda: NAMES, may_change=True)
        self.desired = UciDesired("leds", (Lamp,), Configured(self.uci, self.mapping, lambda _: None))

    def set(self, name: str, **values: object) -> str:
        """One transaction; the text that comes of it."""
        self.desired.begin()
        self.desired.edit(Lamp, name, **values)
        self.desired.prepare()
        self.desired.commit()
        return self.text

    @property
    def text(self) -> str:
        return (self.places.config / "system").read_text()


def test_what_is_read_and_written_again_is_as_it_was(tmp_path: Path) -> None:
    texts = [path.read_text(encoding="utf-8", errors="surrogateescape") for path in sorted(CORPUS.glob("*/system"))]
    leds = [
        f"{text}\nconfig led\n\toption sysfs 'green:wan'\n\toption {option}\n"
        for text in mutated(13, 60)
        for option in ("cpe_off '1'", "trigger 'timer'", "default 'on'")
    ]
    read = 0
    for text in [*texts, SYSTEM, BLINKS, *leds]:
        machine = Machine(tmp_path, text)
        try:
            edits = machine.uci.edit()
            now = machine.mapping.read(edits.read)
        except BrokenPackage:
            continue
        machine.mapping.write(edits, now, now)
        assert not edits.changed()
        read += 1
    assert read > 20


def test_a_lamp_that_is_disabled_remembers_what_it_showed(tmp_path: Path) -> None:
    machine = Machine(tmp_path, SYSTEM)
    text = machine.set("green:wan", enable=False)
    for line in ("trigger 'none'", "default '0'", "cpe_off '1'", "cpe_trigger 'netdev'", "mode 'link tx rx'"):
        assert f"option {line}\n" in text
    assert machine.set("green:wan", enable=True) == SYSTEM


def test_a_lamp_without_a_section_is_given_one_while_it_is_dark(tmp_path: Path) -> None:
    machine = Machine(tmp_path, SYSTEM)
    text = machine.set("green:status", enable=False)
    assert "option sysfs 'green:status'\n\toption trigger 'none'\n" in text
    assert machine.set("green:status", enable=True).strip() == SYSTEM.strip()


def test_who_gives_it_something_to_show_has_enabled_it(tmp_path: Path) -> None:
    machine = Machine(tmp_path, SYSTEM)
    text = machine.set("green:wan", enable=False)
    (machine.places.config / "system").write_text(text.replace("trigger 'none'", "trigger 'heartbeat'"))
    machine.desired.forget()
    assert machine.desired.wanted.get(Lamp, "green:wan").enable
    assert "'heartbeat'" in machine.set("red:alarm", enable=False)
    assert "cpe_trigger 'heartbeat'" in machine.set("green:wan", enable=False)


def test_how_long_a_lamp_blinks_is_kept_while_it_is_dark(tmp_path: Path) -> None:
    machine = Machine(tmp_path, BLINKS)
    assert machine.desired.wanted.get(Lamp, "red:alarm") == Lamp(on=100, off=0)
    machine.set("red:alarm", enable=False, off=900)
    assert machine.desired.wanted.get(Lamp, "red:alarm") == Lamp(enable=False, on=100, off=900)
    assert machine.set("red:alarm", enable=True) == BLINKS.rstrip("\n") + "\n\toption delayoff '900'\n"
