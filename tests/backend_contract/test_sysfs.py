"""What backends.sysfs promises, of this machine's /sys, of a namespace's and of the fake's."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backends.sysfs import Machine, NetDevice, Sysfs
from tests.fakes.machine import FakeMachine
from tests.netlab.namespace import Namespace


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path)


@pytest.fixture(params=["real", "fake"])
def sysfs(request: pytest.FixtureRequest, machine: FakeMachine) -> Sysfs:
    return Sysfs() if request.param == "real" else machine.sysfs()


def test_the_loopback_has_no_hardware_and_no_speed(sysfs: Sysfs) -> None:
    assert sysfs.net_device("lo") == NetDevice(None, "", has_device=False, is_wireless=False, driver="")


@pytest.mark.parametrize("name", ["no-such-link", "", "..", "../../etc", "a/b", "a\0b", "x" * 5000])
def test_a_link_that_is_not_there_is_one_without_hardware(sysfs: Sysfs, name: str) -> None:
    assert sysfs.net_device(name) == NetDevice(None, "", has_device=False, is_wireless=False, driver="")


def test_sensors_and_machine_can_always_be_read(sysfs: Sysfs) -> None:
    assert len({row.key for row in sysfs.sensors()}) == len(sysfs.sensors())
    assert isinstance(sysfs.machine().model, str)


def test_a_veth_has_a_speed_only_while_it_runs(lab: Namespace) -> None:
    sysfs = Sysfs(lab.sysfs)
    lab.ip("link add name a type veth peer name b")
    assert sysfs.net_device("a").speed is None
    lab.ip("link set dev a up")
    lab.ip("link set dev b up")
    assert sysfs.net_device("a").speed is None  # read once a request
    sysfs.forget()
    assert (sysfs.net_device("a").speed, sysfs.net_device("a").duplex) == (10000, "full")
    assert sysfs.net_device("a").has_device is False


def test_a_card_has_a_driver_and_a_speed(machine: FakeMachine) -> None:
    folder = machine.put("sys/class/net/eth0/speed", "1000\n").parent
    machine.put("sys/class/net/eth0/duplex", "full\n")
    (folder / "device").mkdir()
    (folder / "device/driver").symlink_to("/sys/bus/pci/drivers/e1000e")
    assert machine.sysfs().net_device("eth0") == NetDevice(
        1000, "full", has_device=True, is_wireless=False, driver="e1000e"
    )


@pytest.mark.parametrize("speed", ["-1", "4294967295", "0", "fast", "", "1e3"])
def test_a_speed_that_is_none_is_unknown(machine: FakeMachine, speed: str) -> None:
    machine.put("sys/class/net/eth0/speed", speed)
    assert machine.sysfs().net_device("eth0").speed is None


def test_a_radio_is_told_from_a_port(machine: FakeMachine) -> None:
    machine.put("sys/class/net/wlan0/phy80211/name", "phy0\n")
    assert machine.sysfs().net_device("wlan0").is_wireless


def test_sensors_are_zones_then_monitors_that_are_not_zones_again(machine: FakeMachine) -> None:
    machine.thermal_zone(10, "gpu-thermal", 40000)
    machine.thermal_zone(2, "cpu-thermal", 51540)
    machine.monitor(0, "cpu_thermal", "virtual/thermal/thermal_zone2", 51540)
    machine.monitor(1, "nvme", "nvme0", 38850, "Composite")
    found = machine.sysfs().sensors()
    assert [(row.name, row.temperature) for row in found] == [
        ("cpu-thermal", 51.54),
        ("gpu-thermal", 40.0),
        ("nvme Composite", 38.85),
    ]


def test_a_monitor_keeps_its_key_when_it_is_counted_differently(machine: FakeMachine, tmp_path: Path) -> None:
    machine.monitor(3, "nvme", "nvme0", 38850)
    other = FakeMachine(tmp_path / "next-boot")
    other.monitor(0, "nvme", "nvme0", 40000)
    assert machine.sysfs().sensors()[0].key == other.sysfs().sensors()[0].key


def test_a_sensor_without_a_reading_stays_in_the_list(machine: FakeMachine) -> None:
    machine.thermal_zone(0, "cpu", None)
    machine.thermal_zone(1, "broken", -400_000)
    assert [row.temperature for row in machine.sysfs().sensors()] == [None, None]


def test_a_raspberry_is_known_by_its_device_tree(machine: FakeMachine) -> None:
    machine.put("sys/firmware/devicetree/base/model", b"Raspberry Pi 4 Model B Rev 1.4\0")
    machine.put("sys/firmware/devicetree/base/serial-number", b"10000000abcdef01\0")
    machine.put("sys/class/dmi/id/sys_vendor", "not asked\n")
    assert machine.sysfs().machine() == Machine("Raspberry Pi", "Raspberry Pi 4 Model B", "1.4", "10000000abcdef01")


def test_a_pc_is_known_by_dmi_without_what_its_maker_left_in_the_form(machine: FakeMachine) -> None:
    for name, text in {
        "sys_vendor": "PC Engines",
        "product_name": "APU2",
        "product_version": "To be filled by O.E.M.",
        "product_serial": "Default string",
    }.items():
        machine.put(f"sys/class/dmi/id/{name}", f"{text}\n")
    assert machine.sysfs().machine() == Machine("PC Engines", "APU2", "", "")


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_files_full_of_nonsense_raise_nothing(tmp_path: Path, content: bytes) -> None:
    machine = FakeMachine(tmp_path)
    for name in (
        "class/thermal/thermal_zone0/temp", "class/thermal/thermal_zone0/type", "class/hwmon/hwmon0/temp1_input",
        "class/hwmon/hwmon0/name", "class/net/eth0/speed", "class/net/eth0/duplex", "class/dmi/id/product_name",
        "firmware/devicetree/base/model",
    ):  # fmt: skip
        machine.put(f"sys/{name}", content)
    sysfs = machine.sysfs()
    sysfs.sensors()
    sysfs.net_device("eth0")
    sysfs.machine()


def test_a_board_has_the_names_of_its_device_tree_or_of_dmi(machine: FakeMachine) -> None:
    machine.put("sys/firmware/devicetree/base/compatible", "acme,router-1\0vendor,chip\0")
    assert machine.sysfs().boards() == ("acme,router-1", "vendor,chip")
    machine.put("sys/class/dmi/id/board_name", "X1\n")
    machine.put("sys/class/dmi/id/product_name", "Default string\n")
    assert machine.sysfs().boards() == ("acme,router-1", "vendor,chip", "X1")


def test_this_machines_board_can_always_be_read(sysfs: Sysfs) -> None:
    assert all(isinstance(one, str) and one for one in sysfs.boards())
