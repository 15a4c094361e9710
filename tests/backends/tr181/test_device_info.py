"""DeviceInfo tells what the machine is and how it is doing: of a machine made of files, and of this one."""

import os
import time
from pathlib import Path

import pytest

from backends.procfs import Procfs
from backends.system import System
from backends.tr181.device_info import device_identity
from backends.tr181.mechanisms import Identity
from tests.backends.whole_device import WholeDevice, device_in_memory, device_on_linux
from tests.fakes.machine import FakeMachine
from tests.fakes.netlink import FakeKernel

INFO = "Device.DeviceInfo."


@pytest.fixture
def kernel() -> FakeKernel:
    kernel = FakeKernel()
    kernel.add_link("eth0", mac="00:0d:b9:12:34:56")
    return kernel


@pytest.fixture
def made(kernel: FakeKernel, tmp_path: Path) -> tuple[WholeDevice, FakeMachine]:
    return device_in_memory(tmp_path, kernel)


@pytest.fixture
def device(made: tuple[WholeDevice, FakeMachine]) -> WholeDevice:
    return made[0]


@pytest.fixture
def machine(made: tuple[WholeDevice, FakeMachine]) -> FakeMachine:
    return made[1]


# --- who it is


def test_a_machine_without_a_maker_s_words_is_its_system_and_its_first_port(device: WholeDevice) -> None:
    told = device.tree(INFO)
    assert (told["Manufacturer"], told["ModelName"], told["ProductClass"]) == (
        "Example Linux",
        "Example Linux",
        "Example-Linux",
    )
    assert (told["ManufacturerOUI"], told["SerialNumber"]) == ("000DB9", "000DB9123456")
    assert told["SoftwareVersion"] == "1.2 r7"
    assert told["Description"] == "Example Linux, Example Linux 1.2"
    assert told["AdditionalSoftwareVersion"] == System().kernel().replace(" ", "/"), "a blank in a list would read %20"


def test_the_maker_s_words_are_told(kernel: FakeKernel, tmp_path: Path) -> None:
    device, machine = device_in_memory(tmp_path, kernel)
    machine.put("sys/firmware/devicetree/base/model", b"Raspberry Pi 4 Model B Rev 1.4\0")
    machine.put("sys/firmware/devicetree/base/serial-number", b"10000000abcdef01\0")
    told = device.tree(INFO)
    assert (told["Manufacturer"], told["ModelName"]) == ("Raspberry Pi", "Raspberry Pi 4 Model B")
    assert (told["HardwareVersion"], told["SerialNumber"]) == ("1.4", "10000000abcdef01")


def test_the_settings_words_win(kernel: FakeKernel, tmp_path: Path) -> None:
    ours = Identity(manufacturer="Example Networks", oui="00D09E", product_class="GW", serial_number="S1")
    device, _ = device_in_memory(tmp_path, kernel, identity=ours)
    told = device.tree(INFO)
    assert (told["Manufacturer"], told["ManufacturerOUI"], told["ProductClass"], told["SerialNumber"]) == (
        "Example Networks", "00D09E", "GW", "S1",
    )  # fmt: skip
    assert device_identity(device.mechanisms).serial_number == "S1"


def test_who_it_is_stays_while_it_runs(device: WholeDevice, kernel: FakeKernel) -> None:
    before = device.get(f"{INFO}SerialNumber")
    del kernel.links["eth0"]
    assert device.get(f"{INFO}SerialNumber") == before


def test_the_provisioning_code_is_kept(device: WholeDevice) -> None:
    assert device.get(f"{INFO}ProvisioningCode") == ""
    device.set({f"{INFO}ProvisioningCode": "TLCO.GRP2"})
    assert device.get(f"{INFO}ProvisioningCode") == "TLCO.GRP2"


# --- the host name


def test_the_host_name_changes_only_where_that_is_allowed(device: WholeDevice, machine: FakeMachine) -> None:
    assert device.refusal(f"{INFO}HostName", "router") == "Denied"
    assert machine.host_names == []


def test_the_host_name_is_set_and_a_bad_one_refused(kernel: FakeKernel, tmp_path: Path) -> None:
    device, machine = device_in_memory(tmp_path, kernel, may_change_system=True)
    assert device.refusal(f"{INFO}HostName", "no name") == "InvalidValue"
    assert device.set({f"{INFO}HostName": "router"}) == 0
    assert machine.host_names == ["router"]
    assert (tmp_path / "etc/hostname").read_text() == "router\n"


# --- how it is doing


def test_memory_and_uptime_are_the_kernel_s(device: WholeDevice) -> None:
    told = device.tree(f"{INFO}MemoryStatus.")
    assert (told["Total"], told["Free"]) == ("262144", "131072"), "free is what a program could get"
    assert int(told["FreePersistent"]) <= int(told["TotalPersistent"])
    assert device.get(f"{INFO}UpTime") == "4711"


def test_processes_are_told_without_their_arguments(device: WholeDevice, machine: FakeMachine) -> None:
    machine.process(77, "a) b", state="Z", started=500, ticks=5 * os.sysconf("SC_CLK_TCK"))
    machine.put("proc/77/cmdline", "a\0--password=secret\0")
    rows = device.table(f"{INFO}ProcessStatus.Process.", "PID")
    process = rows["77"]
    assert (process["Command"], process["State"], process["CPUTime"], process["Priority"]) == (
        "a) b",
        "Zombie",
        "5000",
        "20",
    )
    assert int(process["Size"]) == 250 * os.sysconf("SC_PAGE_SIZE") // 1024
    assert "secret" not in repr(rows)
    assert device.get(f"{INFO}ProcessStatus.ProcessNumberOfEntries") == str(len(rows))


def test_a_process_number_that_is_used_again_is_another_process(device: WholeDevice, machine: FakeMachine) -> None:
    def row_of(pid: str) -> str:
        told = device.tree(f"{INFO}ProcessStatus.Process.")
        return next(name.partition(".")[0] for name, text in told.items() if name.endswith(".PID") and text == pid)

    machine.process(77, "old", started=500)
    before = row_of("77")
    assert row_of("77") == before
    machine.process(77, "new", started=900)
    assert row_of("77") != before


def test_the_use_of_each_processor_adds_up(device: WholeDevice) -> None:
    rows = device.table(f"{INFO}ProcessStatus.CPU.", "Name")
    assert set(rows) == {"cpu0", "cpu1"}
    for row in rows.values():
        assert int(row["CPUUtilization"]) + int(row["IdleModeUtilization"]) == 100
    assert device.get(f"{INFO}ProcessStatus.CPUUsage") == "10"
    assert int(rows["cpu0"]["CPUUtilization"]) > int(rows["cpu1"]["CPUUtilization"])


def test_sensors_tell_degrees_or_that_there_is_no_reading(device: WholeDevice, machine: FakeMachine) -> None:
    machine.thermal_zone(0, "cpu-thermal", 51540)
    machine.thermal_zone(1, "gpu-thermal", None)
    rows = device.table(f"{INFO}TemperatureStatus.TemperatureSensor.", "Name")
    assert (rows["cpu-thermal"]["Value"], rows["cpu-thermal"]["Status"]) == ("52", "Enabled")
    assert (rows["gpu-thermal"]["Value"], rows["gpu-thermal"]["Status"]) == ("-274", "Error")
    assert rows["gpu-thermal"]["LastUpdate"] == "0001-01-01T00:00:00Z"


def test_a_sensor_keeps_its_number_when_another_appears_before_it(device: WholeDevice, machine: FakeMachine) -> None:
    machine.thermal_zone(1, "gpu-thermal", 40000)
    table = f"{INFO}TemperatureStatus.TemperatureSensor."
    assert device.get(f"{table}1.Name") == "gpu-thermal"
    machine.thermal_zone(0, "cpu-thermal", 50000)
    assert device.get(f"{table}1.Name") == "gpu-thermal"
    assert device.get(f"{table}2.Name") == "cpu-thermal"


def test_the_network_properties_are_the_kernel_s(device: WholeDevice, machine: FakeMachine) -> None:
    assert device.get(f"{INFO}NetworkProperties.MaxTCPWindowSize") == "6291456"
    assert device.get(f"{INFO}NetworkProperties.TCPImplementation") == "New%20Reno", (
        "TR-106: blanks in lists are encoded"
    )
    machine.put("proc/sys/net/ipv4/tcp_congestion_control", "vegas\n")
    assert device.get(f"{INFO}NetworkProperties.TCPImplementation") == "Vegas"


# --- this machine


def test_this_machine_tells_what_its_kernel_tells() -> None:
    device = device_on_linux()
    told = device.tree(INFO)
    assert int(told["MemoryStatus.Total"]) == Procfs().memory().total
    assert abs(int(told["UpTime"]) - time.clock_gettime(time.CLOCK_BOOTTIME)) < 5
    own = device.table(f"{INFO}ProcessStatus.Process.", "PID")[str(os.getpid())]
    assert (own["State"], int(own["Size"]) > 1000) == ("Running", True)
    assert told["ManufacturerOUI"]
    assert told["SerialNumber"]
    assert len(device.table(f"{INFO}ProcessStatus.CPU.", "Name")) == os.cpu_count()
