"""The zone that OpenWrt's init script would make of a section."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from backends.openwrt.system.zone import UciTimeZone, has_zones, in_force, posix_of, rule_of
from backends.time_zone import compiled
from backends.uci import Section

BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"


def section(**options: str) -> Section:
    return Section("system", "", "cfg01e48a", options)


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"timezone": BERLIN, "zonename": "Europe/Berlin"}, BERLIN),
        ({"timezone": "UTC"}, "UTC0"),
        ({"timezone": "GMT0"}, "GMT0"),
        ({}, "UTC0"),
        ({"timezone": "Europe/Berlin"}, "UTC0"),
        ({"timezone": "CET-1", "zonename": "../../etc/passwd"}, "CET-1"),
    ],
)
def test_without_files_of_zones_the_rule_counts(tmp_path: Path, options: dict[str, str], rule: str) -> None:
    assert not has_zones(tmp_path)
    assert rule_of(in_force(section(**options), tmp_path)) == rule


def test_with_them_the_name_counts_and_then_what_stands_in_the_rule_s_place(tmp_path: Path) -> None:
    (tmp_path / "usr/share/zoneinfo/Europe").mkdir(parents=True)
    (tmp_path / "usr/share/zoneinfo/Europe/Berlin").write_bytes(compiled(BERLIN))
    assert has_zones(tmp_path)
    assert rule_of(in_force(section(timezone="CET-1", zonename="Europe/Berlin"), tmp_path)) == BERLIN
    assert rule_of(in_force(section(timezone="Europe/Berlin"), tmp_path)) == BERLIN
    assert rule_of(in_force(section(timezone="EST5", zonename="Europe"), tmp_path)) == "EST5", "a folder is no zone"
    assert posix_of("nonsense") == "UTC0"


def test_local_time_is_reckoned_by_it_until_it_is_forgotten() -> None:
    told = [compiled(BERLIN), compiled("EST5")]
    zone = UciTimeZone(lambda: told.pop(0))
    moment = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert moment.astimezone(zone.zone()).hour == 14
    assert zone.posix(moment) == BERLIN
    zone.forget()
    assert zone.posix(moment) == "EST5"
    assert moment.astimezone(zone.zone()).hour == 7
