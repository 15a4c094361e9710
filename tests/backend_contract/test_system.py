"""What backends.system promises, of this machine and of one made of files. Nothing here reboots or renames anything."""

import ctypes
import errno
import os
import re
import socket
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backends.errors import MechanismError
from backends.netlink import Link
from backends.sysfs import Machine
from backends.system import Command, Release, System, identity
from tests.fakes.machine import FakeMachine
from tests.netlab.namespace import Namespace


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path)


@pytest.fixture(params=["real", "fake"])
def system(request: pytest.FixtureRequest, machine: FakeMachine) -> System:
    return System() if request.param == "real" else machine.system()


# --- what it tells


def test_the_clock_is_the_wall_s_in_utc(system: System) -> None:
    assert abs((system.clock() - datetime.now(UTC)).total_seconds()) < 5
    assert system.clock().tzinfo is UTC


def test_whether_the_clock_is_right_is_known_or_not_told(system: System) -> None:
    assert system.is_synchronised() in {True, False, None}


def test_where_the_kernel_may_not_be_asked_timesyncd_tells_whether_the_clock_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(ctypes, "CDLL", forbidden)
    folder = tmp_path / "run/systemd/timesync"
    assert System(tmp_path).is_synchronised() is None
    folder.mkdir(parents=True)
    assert System(tmp_path).is_synchronised() is False
    (folder / "synchronized").touch()
    assert System(tmp_path).is_synchronised() is True


def test_the_clock_is_right_after_2038_too(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: (2**31 + 5) * 1_000_000_000 + 7_000)
    assert system.clock() == datetime(2038, 1, 19, 3, 14, 13, 7, tzinfo=UTC)


def test_the_release_and_the_kernel_have_names(system: System) -> None:
    assert system.release().name
    assert re.match(r"Linux \d+\.\d+", system.kernel())
    assert system.architecture()


def test_storage_is_in_kilobytes(system: System) -> None:
    storage = system.storage()
    assert 0 <= storage.free <= storage.total


def test_the_host_name_is_the_kernel_s(system: System) -> None:
    assert system.host_name() == socket.gethostname()


def test_os_release_is_read_with_the_shell_s_quotes(machine: FakeMachine) -> None:
    assert machine.system().release() == Release("Example Linux", "1.2", "Example Linux 1.2", "r7")
    machine.put("etc/os-release", "NAME='It'\\''s'\nVERSION_ID=7\n# no\nBUILD_ID=\"open\nPRETTY_NAME=plain\n=x\n")
    assert machine.system().release() == Release("It's", "7", "plain", "")


def test_without_os_release_nothing_is_told(tmp_path: Path) -> None:
    assert System(tmp_path).release() == Release()


def test_the_machine_s_number_is_not_its_secret_machine_id(machine: FakeMachine, tmp_path: Path) -> None:
    number = machine.system().machine_id()
    assert re.fullmatch(r"[0-9A-F]{16}", number)
    assert number.lower() not in "0123456789abcdef0123456789abcdef"
    assert System(tmp_path / "nothing").machine_id() == ""


# --- restart and reset


def commanded(command: Command, machine: FakeMachine) -> System:
    return System(machine.root, reboot_command=command, factory_reset_command=command, restart=machine.restart)


@pytest.mark.parametrize("act", [System.reboot, System.factory_reset])
def test_restart_calls_back(act: object, machine: FakeMachine) -> None:
    act(commanded("restart", machine))  # type: ignore[operator]
    assert machine.restarts == 1


def test_a_command_is_run_as_a_list_and_no_shell_sees_it(machine: FakeMachine, tmp_path: Path) -> None:
    left = tmp_path / "a file; touch $HOME"
    commanded([sys.executable, "-c", "import sys; open(sys.argv[1], 'w').close()", str(left)], machine).reboot()
    assert left.exists()
    assert machine.restarts == 0


@pytest.mark.parametrize(
    ("files", "reboots", "resets"),
    [
        (["run/systemd/system/x"], ["systemctl", "reboot"], None),
        (["etc/openwrt_release"], ["reboot"], ["firstboot", "-y", "-r"]),
        ([], ["reboot"], None),
    ],
)
def test_auto_is_what_this_kind_of_system_has(
    files: list[str],
    reboots: list[str],
    resets: list[str] | None,
    machine: FakeMachine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = tmp_path / "asked"
    for name in ("systemctl", "reboot", "firstboot"):
        script = tmp_path / "bin" / name
        script.parent.mkdir(exist_ok=True)
        script.write_text(f"#!/bin/sh\necho {name} $* >> {asked}\n")
        script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr("os.defpath", "")
    for file in files:
        (machine.root / file).parent.mkdir(parents=True, exist_ok=True)
        (machine.root / file).touch()
    commanded("auto", machine).reboot()
    assert asked.read_text().split() == reboots
    asked.unlink()
    commanded("auto", machine).factory_reset()
    if resets is None:
        assert machine.restarts == 1
        assert not asked.exists()
    else:
        assert asked.read_text().split() == resets


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["/no/such/program"], "No such file"),
        (["/bin/sh", "-c", "exit 3"], "status 3"),
        ([], "no command"),
        (["a\0b"], "null byte"),
    ],
)
def test_a_command_that_fails_says_so(command: list[str], reason: str, machine: FakeMachine) -> None:
    with pytest.raises(MechanismError, match=reason):
        commanded(command, machine).factory_reset()


def test_a_command_that_takes_its_time_is_left_to_it(machine: FakeMachine) -> None:
    begun = time.monotonic()
    commanded(["sleep", "12"], machine).reboot()
    assert 0.9 < time.monotonic() - begun < 11


def test_nobody_to_restart_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MechanismError):
        System(tmp_path).reboot()


# --- the host name


def test_the_host_name_is_set_for_now_and_for_the_next_boot(machine: FakeMachine) -> None:
    machine.system().set_host_name("router-1.example")
    assert machine.host_names == ["router-1.example"]
    assert (machine.root / "etc/hostname").read_text() == "router-1.example\n"


def test_the_kernel_takes_the_host_name_in_a_namespace_of_it(lab: Namespace, tmp_path: Path) -> None:
    FakeMachine(tmp_path)
    code = """
import json, sys
from backends.system import System
system = System(sys.argv[1])
system.set_host_name("renamed")
print(json.dumps(system.host_name()))
"""
    before = socket.gethostname()
    assert lab.python(code, str(tmp_path)) == "renamed"
    assert (tmp_path / "etc/hostname").read_text() == "renamed\n"
    assert socket.gethostname() == before


@pytest.mark.parametrize(
    "name", ["", "-a", "a-", "a..b", ".a", "a b", "a_b", "a\n", "ä", "a" * 64 + "b", "x;reboot", "a/b", "a" * 64]
)
def test_what_is_no_host_name_is_refused(machine: FakeMachine, name: str) -> None:
    with pytest.raises(MechanismError) as caught:
        machine.system().set_host_name(name)
    assert caught.value.code == "EINVAL"
    assert machine.host_names == []
    assert (machine.root / "etc/hostname").read_text() == "gateway\n"


def test_a_name_that_cannot_be_kept_is_taken_back(machine: FakeMachine) -> None:
    (machine.root / "etc/hostname").unlink()
    (machine.root / "etc/hostname").mkdir()
    with pytest.raises(MechanismError):
        machine.system().set_host_name("router")
    assert machine.host_names == ["router", socket.gethostname()]
    assert sorted(os.listdir(machine.root / "etc")) == ["hostname", "machine-id", "os-release"]


# --- who it is

ETH = Link(2, "eth0", mac="02:fc:00:00:00:01", permanent_mac="00:0d:b9:12:34:56")


def test_the_maker_s_words_come_first() -> None:
    found = identity(Machine("PC Engines", "APU2 rev. D", "1.0", "SN1"), Release("Debian", "12"), [ETH], "ABC")
    assert (found.manufacturer, found.model_name, found.product_class) == ("PC Engines", "APU2 rev. D", "APU2-rev.-D")
    assert (found.serial_number, found.hardware_version, found.software_version) == ("SN1", "1.0", "12")
    assert found.oui == "000DB9"


def test_the_first_port_s_burnt_in_address_stands_in() -> None:
    others = [Link(1, "lo", type=772), Link(3, "br0", "bridge", mac="02:00:00:00:00:09")]
    found = identity(Machine(), Release("Debian", "12", build="7"), [*others, ETH], "ABC")
    assert (found.oui, found.serial_number, found.software_version) == ("000DB9", "000DB9123456", "12 7")


def test_without_a_port_the_installation_s_number_stands_in() -> None:
    found = identity(Machine(), Release(), [], "ABC")
    assert (found.oui, found.serial_number, found.manufacturer) == ("000000", "ABC", "Linux")


def test_a_veth_s_address_which_is_another_one_at_each_start_names_no_device() -> None:
    veth = Link(2, "eth0", "veth", mac="b6:a0:4e:5e:30:43")
    found = identity(Machine(), Release(), [veth], "ABC")
    assert (found.oui, found.serial_number) == ("000000", "ABC")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_files_full_of_nonsense_raise_nothing(tmp_path: Path, content: bytes) -> None:
    machine = FakeMachine(tmp_path)
    for name in ("etc/os-release", "etc/machine-id", "etc/localtime"):
        machine.put(name, content)
    system = machine.system()
    system.release()
    system.machine_id()
    system.time_zone.posix(system.clock())
