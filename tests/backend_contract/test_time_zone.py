"""What backends.time_zone promises, tried on the zones of this machine and on files of its own."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.errors import MechanismError
from backends.time_zone import TimeZone, compiled

WINTER, SUMMER = datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC)
ZONES = [
    ("CET-1CEST,M3.5.0,M10.5.0/3", 1, 2),
    ("UTC0", 0, 0),
    ("EST5EDT,M3.2.0,M11.1.0", -5, -4),
    ("<-03>3", -3, -3),
    ("<+0330>-3:30", 3.5, 3.5),
    ("IST-1GMT0,M10.5.0,M3.5.0/1", 0, 1),
    ("NZST-12NZDT,M9.5.0,M4.1.0/3", 13, 12),
    ("XXX-2<+01>-1,0/0,J365/23", 1, 1),
    ("EET-2EEST,M3.4.4/50,M10.4.4/50", 2, 3),
]


@pytest.fixture
def zone(tmp_path: Path) -> TimeZone:
    (tmp_path / "etc").mkdir()
    return TimeZone(tmp_path)


def hours(zone: TimeZone, moment: datetime) -> float:
    offset = moment.astimezone(zone.zone()).utcoffset()
    assert offset is not None
    return offset.total_seconds() / 3600


@pytest.mark.parametrize(("posix", "winter", "summer"), ZONES, ids=[posix for posix, _, _ in ZONES])
def test_a_zone_reads_back_and_reckons(zone: TimeZone, posix: str, winter: float, summer: float) -> None:
    zone.set(posix)
    assert zone.posix(WINTER) == posix
    assert (hours(zone, WINTER), hours(zone, SUMMER)) == (winter, summer)


@pytest.mark.parametrize(("posix", "winter", "summer"), ZONES, ids=[posix for posix, _, _ in ZONES])
def test_the_c_library_reckons_the_same(
    zone: TimeZone, tmp_path: Path, posix: str, winter: float, summer: float
) -> None:
    zone.set(posix)
    said = [
        subprocess.run(
            ["date", "-d", f"@{int(moment.timestamp())}", "+%z"],
            env={**os.environ, "TZ": f":{tmp_path}/etc/localtime"}, capture_output=True, text=True, check=True,
        ).stdout.strip()
        for moment in (WINTER, SUMMER)
    ]  # fmt: skip
    assert [int(text[:3]) + int(text[0] + text[3:]) / 60 for text in said] == [winter, summer]


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Africa/Casablanca"])
def test_the_system_s_own_zones_are_understood(tmp_path: Path, name: str) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/localtime").symlink_to(f"/usr/share/zoneinfo/{name}")
    zone = TimeZone(tmp_path)
    posix = zone.posix(SUMMER)
    zone.check(posix)
    assert SUMMER.astimezone(zone.zone()).utcoffset() == SUMMER.astimezone(ZoneInfo(name)).utcoffset()


def test_a_machine_without_the_file_lives_in_utc(zone: TimeZone) -> None:
    assert zone.posix(WINTER) == "UTC0"
    assert zone.zone() is UTC


@pytest.mark.parametrize("content", [b"", b"TZif", b"TZif2" + b"\0" * 60, b"x" * 5000, b"TZif2\0\nnot a zone\n"])
def test_a_damaged_file_is_utc(zone: TimeZone, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "etc/localtime").write_bytes(content)
    assert zone.posix(WINTER) == "UTC0"


def test_somebody_else_s_file_of_a_day_s_offset_is_utc(zone: TimeZone, tmp_path: Path) -> None:
    (tmp_path / "etc/localtime").write_bytes(compiled("CET-1").replace(b"CET-1", b"CET-24"))
    assert zone.posix(WINTER) == "UTC0"


def test_an_old_file_without_a_rule_tells_its_present_offset(zone: TimeZone, tmp_path: Path) -> None:
    second = compiled("CET-1").index(b"TZif2", 5)
    one = bytearray(compiled("CET-1")[:second])
    one[4:5] = b"\0"
    (tmp_path / "etc/localtime").write_bytes(bytes(one))
    assert zone.posix(WINTER) == "CET-1"


@pytest.mark.parametrize(
    "posix",
    ["", "CET", "Europe/Berlin", "CET-1CEST", "CET-24", "CET-16",
     "CET-1CEST-16,0,1", "CE-1", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.5.0",
     "CET-1\n", "CET-1;reboot", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J366,J1", "CET-1CEST,366,1", ":CET", "<é>1"],
)  # fmt: skip
def test_what_is_no_zone_is_refused_and_nothing_changes(zone: TimeZone, posix: str) -> None:
    zone.set("UTC0")
    with pytest.raises(MechanismError) as caught:
        zone.set(posix)
    assert caught.value.code == "EINVAL"
    assert zone.posix(WINTER) == "UTC0"


@given(
    st.from_regex(
        r"[A-Z]{3}-?[0-9]{1,2}(:[0-9]{2})?([A-Z]{3},(M[0-9]{1,2}\.[0-9]\.[0-9](/[0-9]{1,3})?,?){2})?", fullmatch=True
    )
)
def test_what_is_accepted_can_be_reckoned_with(posix: str) -> None:
    import io

    try:
        content = compiled(posix)
    except MechanismError:
        return
    zone = ZoneInfo.from_file(io.BytesIO(content))
    for moment in (WINTER, SUMMER):
        moment.astimezone(zone).utcoffset()


@pytest.mark.parametrize("before", ["link", "file", "nothing"])
def test_what_was_there_comes_back(zone: TimeZone, tmp_path: Path, before: str) -> None:
    path = tmp_path / "etc/localtime"
    if before == "link":
        path.symlink_to("/usr/share/zoneinfo/UTC")
    elif before == "file":
        path.write_bytes(compiled("IST-5:30"))
    saved = zone.saved()
    zone.set("CET-1")
    zone.restore(saved)
    zone.restore(saved)
    if before == "link":
        assert os.readlink(path) == "/usr/share/zoneinfo/UTC"
    elif before == "file":
        assert path.read_bytes() == compiled("IST-5:30")
    else:
        assert not path.exists()
