"""What backends.procfs promises, of this machine's /proc and of the fake's."""

import json
import os
import re
import socket
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backends.errors import MechanismError
from backends.procfs import Process, Procfs
from tests.fakes.machine import FakeMachine
from tests.netlab.namespace import Namespace


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path)


@pytest.fixture(params=["real", "fake"])
def procfs(request: pytest.FixtureRequest, machine: FakeMachine) -> Procfs:
    return Procfs() if request.param == "real" else machine.procfs()


def test_memory_is_in_kilobytes_and_more_is_available_than_free(procfs: Procfs) -> None:
    memory = procfs.memory()
    assert 0 < memory.available <= memory.total
    assert 0 < memory.free <= memory.total
    assert 0 <= memory.swap_free <= memory.swap_total or memory.swap_total == 0


def test_uptime_is_whole_seconds(procfs: Procfs) -> None:
    assert 0 < procfs.uptime() < 10**9


def test_a_boot_has_a_name(procfs: Procfs) -> None:
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", procfs.boot_id())
    assert procfs.boot_id() == procfs.boot_id()


def test_the_load_has_three_averages(procfs: Procfs) -> None:
    load = procfs.load()
    assert min(load.one, load.five, load.fifteen) >= 0


def test_this_process_is_among_the_processes(procfs: Procfs) -> None:
    (own,) = [row for row in procfs.processes() if row.pid == os.getpid()]
    assert own.command
    assert own.size > 0
    assert own.cpu_time >= 0
    assert own.state in {"running", "sleeping"}
    assert procfs.processes() is procfs.processes()


def test_the_list_of_processes_stays_until_it_is_forgotten(procfs: Procfs) -> None:
    before = procfs.processes()
    procfs.forget()
    assert procfs.processes() is not before


def test_the_use_of_the_processors_is_per_cent_and_never_waits(procfs: Procfs) -> None:
    first = procfs.cpu_usage()
    assert 0 <= first <= 100
    assert procfs.cpu_usage() == first, "within a second nothing new is measured"


def test_each_processor_has_its_share(procfs: Procfs) -> None:
    rows = procfs.processors()
    assert [row.name for row in rows] == [f"cpu{number}" for number in range(len(rows))]
    for row in rows:
        assert 99 <= row.user + row.system + row.idle <= 101


def test_a_setting_is_read_by_its_path(procfs: Procfs) -> None:
    assert procfs.setting("net/ipv4/ip_forward") in {"0", "1"}
    assert procfs.setting("net/ipv4/no_such_setting") is None


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "/etc/passwd", "net//ipv4", "net/..", "a\0b", "net/ipv4/x y"])
def test_a_setting_s_name_leads_nowhere_else(procfs: Procfs, name: str) -> None:
    with pytest.raises(MechanismError):
        procfs.setting(name)


@pytest.mark.parametrize(
    "name", ["kernel/core_pattern", "net/ipv4/tcp_rmem", "net/ipv4/conf/../ip_forward", "vm/panic"]
)
def test_what_is_not_on_the_list_is_not_written(procfs: Procfs, name: str) -> None:
    with pytest.raises(MechanismError) as caught:
        procfs.change_setting(name, "1")
    assert caught.value.code in {"EACCES", "EINVAL"}


def test_a_listening_port_is_seen(machine: FakeMachine) -> None:
    with (
        socket.socket() as listening,
        socket.socket(socket.AF_INET6) as six,
        socket.socket(type=socket.SOCK_DGRAM) as udp,
    ):
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        six.bind(("::1", 0))
        six.listen()
        udp.bind(("127.0.0.1", 0))
        port, port_six, port_udp = listening.getsockname()[1], six.getsockname()[1], udp.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as near:
            found = {(row.protocol, row.local_address, row.local_port, row.state): row for row in Procfs().ports()}
            there = found["tcp", "127.0.0.1", near.getsockname()[1], "established"]
    assert (there.remote_address, there.remote_port) == ("127.0.0.1", port)
    assert ("tcp", "127.0.0.1", port, "listen") in found
    assert ("tcp", "::1", port_six, "listen") in found
    assert ("udp", "127.0.0.1", port_udp, "listen") in found
    assert found["tcp", "127.0.0.1", port, "listen"].remote_address == ""


def test_the_fake_s_ports_read_the_same(machine: FakeMachine) -> None:
    rows = {
        (row.protocol, row.local_address, row.local_port, row.remote_address, row.state)
        for row in machine.procfs().ports()
    }
    assert ("tcp", "127.0.0.1", 7547, "", "listen") in rows
    if sys.byteorder == "little":
        assert ("tcp", "127.0.0.1", 7547, "192.168.0.2", "established") in rows


def test_a_setting_changes_in_a_namespace(lab: Namespace) -> None:
    code = """
import json
from backends.procfs import Procfs
procfs = Procfs()
procfs.change_setting("net/ipv4/conf/lo/forwarding", "1")
print(json.dumps([procfs.setting("net/ipv4/conf/lo/forwarding")]))
"""
    assert lab.python(code) == ["1"]


def test_settings_stay_until_they_are_forgotten_or_one_is_changed(machine: FakeMachine) -> None:
    procfs = machine.procfs()
    assert procfs.setting("net/ipv6/conf/eth1/accept_ra") is None
    machine.put("proc/sys/net/ipv6/conf/eth1/accept_ra", "1\n")
    assert procfs.setting("net/ipv6/conf/eth1/accept_ra") == "1"
    machine.put("proc/sys/net/ipv6/conf/eth1/accept_ra", "2\n")
    assert procfs.setting("net/ipv6/conf/eth1/accept_ra") == "1"
    procfs.change_setting("net/ipv6/conf/eth0/disable_ipv6", "1")
    assert procfs.setting("net/ipv6/conf/eth1/accept_ra") == "2"
    machine.put("proc/sys/net/ipv6/conf/eth1/accept_ra", "0\n")
    procfs.forget()
    assert procfs.setting("net/ipv6/conf/eth1/accept_ra") == "0"


def test_a_setting_that_is_not_there_is_not_made(machine: FakeMachine) -> None:
    procfs = machine.procfs()
    procfs.change_setting("net/ipv6/conf/eth0/disable_ipv6", "1")
    assert procfs.setting("net/ipv6/conf/eth0/disable_ipv6") == "1"
    with pytest.raises(MechanismError) as caught:
        procfs.change_setting("net/ipv6/conf/eth9/disable_ipv6", "1")
    assert caught.value.code == "ENOENT"


def test_a_name_with_blanks_and_brackets_is_whole(machine: FakeMachine) -> None:
    machine.process(77, "a) S 1 (b c", ticks=250)
    (row,) = [row for row in machine.procfs().processes() if row.pid == 77]
    assert row == Process(77, 100, "a) S 1 (b c", row.size, 20, row.cpu_time, "sleeping")


def test_a_process_that_ends_meanwhile_is_left_out(machine: FakeMachine) -> None:
    (machine.root / "proc/99").mkdir()
    machine.put("proc/98/stat", "98 (half")
    assert {98, 99}.isdisjoint(row.pid for row in machine.procfs().processes())


def test_the_use_is_measured_between_calls_at_least_a_second_apart(machine: FakeMachine) -> None:
    now = [100.0]
    procfs = Procfs(machine.root / "proc", lambda: now[0])
    assert procfs.cpu_usage() == 10, "since the boot"
    machine.cpu(busy=1090, idle=9010)
    now[0] = 100.5
    assert procfs.cpu_usage() == 10
    now[0] = 101.0
    assert procfs.cpu_usage() == 90
    assert {row.name for row in procfs.processors()} == {"cpu0", "cpu1"}
    machine.cpu(busy=1090, idle=9110)
    now[0] = 500.0
    assert procfs.cpu_usage() == 0


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(
        ["meminfo", "uptime", "loadavg", "stat", "1/stat", "net/tcp", "net/tcp6", "sys/kernel/random/boot_id"]
    ),
    st.binary(max_size=300),
)
def test_files_full_of_nonsense_raise_nothing_but_mechanism_errors(tmp_path: Path, name: str, content: bytes) -> None:
    machine = FakeMachine(tmp_path)
    machine.put(f"proc/{name}", content)
    procfs = machine.procfs()
    for read in (
        procfs.memory,
        procfs.uptime,
        procfs.load,
        procfs.cpu_usage,
        procfs.processors,
        procfs.processes,
        procfs.ports,
    ):
        try:
            read()
        except MechanismError:
            continue
    procfs.boot_id()


def test_no_proc_at_all_is_a_mechanism_error(tmp_path: Path) -> None:
    procfs = Procfs(tmp_path)
    for read in (procfs.memory, procfs.uptime, procfs.load, procfs.cpu_usage):
        with pytest.raises(MechanismError):
            read()
    assert (procfs.boot_id(), procfs.processes(), procfs.ports()) == ("", (), ())
    json.dumps(procfs.setting("net/ipv4/ip_forward"))
