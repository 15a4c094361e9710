"""Packages that no service configures are kept and brought back, all or nothing, beside other people's edits."""

from pathlib import Path
from typing import Any

import pytest

from backends.errors import MechanismError
from backends.openwrt.other_packages import OtherPackages
from backends.uci import FileUci, Places

LUCI = """
config core 'main'
	option lang 'auto'	# the page's
	option mediaurlbase '/luci-static/bootstrap'

config extern 'flash_keep'
	list uci '/etc/config/'
	list uci '/etc/dropbear/'
"""
CHRONY = "config pool\n\toption hostname '2.openwrt.pool.ntp.org'\n\nconfig pool\n\toption hostname 'x'\n"


class Bench:
    def __init__(self, directory: Path) -> None:
        self.places = Places.under(directory)
        for folder in (self.places.config, self.places.staged):
            folder.mkdir(parents=True, exist_ok=True)
        self.told: list[list[str]] = []
        for name, text in {"luci": LUCI, "chrony": CHRONY, "network": "config interface 'lan'\n"}.items():
            self.write(name, text)
        self.packages = OtherPackages(FileUci(self.places), lambda names: self.told.append(sorted(names)))

    def write(self, name: str, text: str) -> None:
        (self.places.config / name).write_text(text)

    def text(self, name: str) -> str:
        return (self.places.config / name).read_text()

    def bring_back(self, kept: Any) -> None:
        self.packages.begin()
        self.packages.bring_back(kept)
        assert self.packages.prepare() is False
        self.packages.commit()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_what_nobody_else_configures_is_kept(bench: Bench) -> None:
    kept = bench.packages.backup()
    assert sorted(kept) == ["chrony", "luci"]
    assert kept["luci"][1] == {
        "type": "extern",
        "name": "flash_keep",
        "options": {"uci": ["/etc/config/", "/etc/dropbear/"]},
    }


def test_options_come_back_and_comments_stay(bench: Bench) -> None:
    kept = bench.packages.backup()
    bench.write("luci", LUCI.replace("'auto'", "'de'").replace("\tlist uci '/etc/dropbear/'\n", "\toption new '1'\n"))
    bench.bring_back(kept)
    assert bench.packages.backup() == kept
    assert "# the page's" in bench.text("luci")
    assert bench.told == [["luci"]]
    bench.bring_back(kept)
    assert bench.told == [["luci"]]


def test_sections_come_back_in_their_order(bench: Bench) -> None:
    kept = bench.packages.backup()
    bench.write("chrony", "config pool\n\toption hostname 'y'\n\nconfig other 'named'\n\toption a '1'\n")
    bench.bring_back(kept)
    assert bench.packages.backup() == kept


def test_what_was_made_is_taken_back_also_after_a_crash(bench: Bench) -> None:
    kept = bench.packages.backup()
    bench.write("luci", "config core 'main'\n\toption lang 'de'\n")
    before = bench.text("luci")
    bench.packages.begin()
    bench.packages.bring_back(kept)
    record = bench.packages.undo_record()
    bench.packages.prepare()
    bench.packages.commit()
    bench.packages.rollback()
    assert bench.text("luci") == before
    bench.bring_back(kept)
    bench.packages.recover(record, same_boot=False)
    assert bench.packages.backup()["luci"] == [{"type": "core", "name": "main", "options": {"lang": "de"}}]


def test_what_waits_for_its_session_is_kept_until_it_is_made(bench: Bench) -> None:
    kept = bench.packages.backup()
    bench.write("luci", "config core 'main'\n")
    bench.packages.begin()
    bench.packages.bring_back(kept)
    bench.packages.prepare()
    bench.packages.postpone()
    again = OtherPackages(FileUci(bench.places), lambda _names: None)
    again.restore(bench.packages.state())
    again.begin()
    again.prepare()
    again.commit()
    assert again.backup() == kept
    assert again.state() == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"gone": []},
        {"../passwd": []},
        {"luci": [{"type": "core", "name": "main"}]},
        {"luci": [{"type": "co\nre", "name": "main", "options": {}}]},
        {"luci": [{"type": "core", "name": "main", "options": {"a b": "1"}}]},
        {"luci": [{"type": "core", "name": "main", "options": {"a": "\0"}}]},
        {"luci": [{"type": "core", "name": "main", "options": {"a": [1]}}]},
        {"luci": [{"type": "core", "name": "main", "options": {"a": []}}]},
        {"luci": [3]},
        [],
    ],
)
def test_what_uci_cannot_say_is_refused_and_nothing_is_staged(bench: Bench, wrong: Any) -> None:
    bench.packages.begin()
    with pytest.raises((ValueError, AttributeError, TypeError)):
        bench.packages.bring_back(wrong)
    bench.packages.rollback()
    assert bench.packages.state() == {}
    assert bench.text("luci") == LUCI


def test_what_services_configure_is_left_to_them(bench: Bench) -> None:
    bench.bring_back({"network": [{"type": "interface", "name": "evil", "options": {}}]})
    assert bench.text("network") == "config interface 'lan'\n"
    bench.packages.begin()
    bench.packages.bring_back({"luci": [{"type": "core", "name": "main", "options": {}}]})
    (bench.places.config / "luci").unlink()
    with pytest.raises(MechanismError):
        bench.packages.prepare()
