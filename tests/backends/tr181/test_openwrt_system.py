"""Host name and time zone over /etc/config/system, as an ACS sees and changes them."""

from pathlib import Path

import pytest

from backends.time_zone import compiled
from tests.backends.openwrt.system.device import SYSTEM, OpenWrtDevice

pytestmark = pytest.mark.slow

NAME = "Device.DeviceInfo.HostName"
ZONE = "Device.Time.LocalTimeZone"
NEW_YORK = "EST5EDT,M3.2.0,M11.1.0"


@pytest.fixture
def device(tmp_path: Path) -> OpenWrtDevice:
    return OpenWrtDevice(tmp_path)


def test_a_name_is_kept_in_uci_and_made_by_openwrt(device: OpenWrtDevice) -> None:
    assert device.get(NAME) == "OpenWrt"
    device.set({NAME: "gateway-7"})
    assert device.get(NAME) == "gateway-7"
    assert device.text("system") == SYSTEM.replace("'OpenWrt'", "'gateway-7'").replace(
        "config system\n", "config system 'system_061e016c36'\n"
    )
    assert ("/etc/init.d/system", "reload") in device.told.calls
    assert not (device.root / "etc/localtime").exists()
    assert (device.root / "etc/hostname").read_text() == "gateway\n", "OpenWrt has no such file: it is left alone"


def test_a_zone_of_another_rule_has_not_the_old_one_s_name(device: OpenWrtDevice) -> None:
    assert device.get(ZONE) == "CET-1CEST,M3.5.0,M10.5.0/3"
    device.set({ZONE: NEW_YORK})
    assert device.get(ZONE) == NEW_YORK
    assert "zonename" not in device.text("system")
    assert f"option timezone '{NEW_YORK}'" in device.text("system")
    assert device.get("Device.Time.CurrentLocalTime")[-6:] in ("-05:00", "-04:00")
    assert not (device.root / "etc/localtime").exists()


def test_the_same_rule_again_keeps_the_zone_s_name(device: OpenWrtDevice) -> None:
    device.set({ZONE: "CET-1CEST,M3.5.0,M10.5.0/3"})
    assert device.text("system") == SYSTEM


def test_where_zones_are_installed_the_name_counts(device: OpenWrtDevice) -> None:
    zones = device.root / "usr/share/zoneinfo/America"
    zones.mkdir(parents=True)
    (zones / "New_York").write_bytes(compiled(NEW_YORK))
    device.write("system", SYSTEM.replace("Europe/Berlin", "America/New York"))
    assert device.get(ZONE) == NEW_YORK
    device.set({ZONE: "CET-1CEST,M3.5.0,M10.5.0/3"})
    assert device.get(ZONE) == "CET-1CEST,M3.5.0,M10.5.0/3"
    assert "New York" not in device.text("system")


def test_a_rule_that_openwrt_would_take_for_a_zone_s_name_is_refused(device: OpenWrtDevice) -> None:
    zones = device.root / "usr/share/zoneinfo"
    zones.mkdir(parents=True)
    (zones / "EST5EDT").write_bytes(compiled(NEW_YORK))
    assert device.refused({ZONE: "EST5EDT,M4.1.0,M10.5.0"}) == {ZONE: "InvalidValue"}
    assert device.text("system") == SYSTEM


HOSTILE = ("a b", "a\nb", "$(id)", "`id`", "it's", 'a"b', "-x", "\u4e2d", "a;reboot", "x" * 10_000, "", "..", "a\0b")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_refused_and_nothing_is_written(device: OpenWrtDevice, text: str) -> None:
    for path in (NAME, ZONE):
        assert device.refused({path: text}) == {path: "InvalidValue"}
    assert device.text("system") == SYSTEM
    assert device.told.calls == []


def test_both_are_one_commit_and_one_reload(device: OpenWrtDevice) -> None:
    device.set({NAME: "one", ZONE: NEW_YORK, "Device.Time.NTPServer1": "ntp.example"})
    assert device.told.calls.count(("/etc/init.d/system", "reload")) == 1
    assert device.refused({NAME: "two", ZONE: "nonsense"}) == {ZONE: "InvalidValue"}
    assert device.get(NAME) == "one"


def test_a_machine_that_is_not_the_agent_s_keeps_its_name(tmp_path: Path) -> None:
    device = OpenWrtDevice(tmp_path, may_change=False)
    assert device.refused({NAME: "other", ZONE: NEW_YORK}) == {NAME: "Denied", ZONE: "Denied"}


def test_what_a_person_writes_is_told_at_once(device: OpenWrtDevice) -> None:
    assert device.get(NAME) == "OpenWrt"
    device.write("system", SYSTEM.replace("'OpenWrt'", "'attic'").replace("'Europe/Berlin'", "'UTC'"))
    assert device.get(NAME) == "attic"
    assert device.model.changed_by(NAME) == ("system",)
    assert "system" in device.model.changed_by(ZONE)
    assert device.parts["system"].watch is not None


def test_a_broken_package_keeps_what_was_said_last(device: OpenWrtDevice, caplog: pytest.LogCaptureFixture) -> None:
    before = device.tree("Device.Time.")["NTPServer1"], device.get(NAME), device.get(ZONE)
    device.write("system", "config system 'x\n")
    assert (device.get("Device.Time.NTPServer1"), device.get(NAME), device.get(ZONE)) == before
    assert caplog.text.count("what it said last is taken") == 2, "once by each service"
    assert device.refused({NAME: "two"}) == {NAME: "Unavailable"}


def test_a_machine_without_a_section_is_given_one(tmp_path: Path) -> None:
    device = OpenWrtDevice(tmp_path, {"system": "# empty\n"})
    assert (device.get(NAME), device.get(ZONE)) == ("OpenWrt", "UTC0")
    device.set({NAME: "gateway"})
    assert "config system 'cpe_system'\n\toption hostname 'gateway'\n" in device.text("system")
    assert device.get(NAME) == "gateway"


def test_the_settings_are_a_package_and_the_log_is_a_file_where_it_is_told_to_be(tmp_path: Path) -> None:
    log = SYSTEM.replace("log_size '128'", "log_file '/tmp/log.txt'\n\toption log_size '64'")
    device = OpenWrtDevice(tmp_path, {"cpe-agent": "", "system": log})
    assert device.get("Device.DeviceInfo.VendorConfigFile.1.Name") == "cpe-agent"
    (tmp_path / "tmp/log.txt").touch()
    assert device.get("Device.DeviceInfo.VendorLogFile.1.Name") == "/tmp/log.txt"
    assert device.get("Device.DeviceInfo.VendorLogFile.1.MaximumSize") == "65536"
