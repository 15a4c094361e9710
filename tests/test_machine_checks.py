"""The checks that need no daemon: on trees of files, on this machine, and in a namespace where things are missing."""

import json
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from agent import machine_checks
from agent.machine_checks import Check, Way, default_routes, resources, way_out
from tests.netlab.fixtures import make_namespace
from tests.netlab.namespace import Namespace, veth

__all__ = ["make_namespace"]

PROGRAM = """
import json, sys
from agent.machine_checks import way_out
print(json.dumps(way_out(*sys.argv[1:])))
"""


def hexadecimal(address: str) -> str:
    """An IPv4 address as /proc/net/route has it."""
    return f"{struct.unpack('=I', socket.inet_aton(address))[0]:08X}"


def checks(inside: Namespace, *arguments: str) -> list[Check]:
    return [Check(*one) for one in inside.python(PROGRAM, *arguments)]


def test_link_address_and_route_are_looked_at_in_order_up_to_the_first_that_fails(
    make_namespace: Callable[[], Namespace],
) -> None:
    home, away = make_namespace(), make_namespace()
    assert checks(home) == [Check("link", False, "this machine has no network link", "plug in a network adapter")]
    veth(home, "wan", away, "acs")
    away.ip("link set acs down")
    home.ip("link set wan down")
    assert checks(home)[0].what == "no link is up: wan"
    assert checks(home, "wan")[0].what == "wan is switched off"
    home.ip("link set wan up")
    assert checks(home, "wan")[0].what == "wan has no carrier"
    away.ip("link set acs up")
    assert checks(home, "nosuch")[0].what == "there is no link nosuch"
    (_, address) = checks(home, "wan")
    assert address[:3] == ("address", False, "wan has no address")
    home.ip("address add 169.254.9.9/16 dev wan")
    assert "no DHCP server has answered" in checks(home, "wan")[1].what
    home.ip("address del 169.254.9.9/16 dev wan")
    home.ip("address add 192.0.2.2/24 dev wan")
    found = checks(home)
    assert (found[0].what, found[1].what) == ("wan up; no default route chooses one", "192.0.2.2")
    assert found[2][:3] == ("route", False, "no route leads out")
    assert checks(home, "", "192.0.2.1")[2].what == "to 192.0.2.1 from 192.0.2.2"
    home.ip("route add default via 192.0.2.1")
    assert checks(home)[2].what == "out from 192.0.2.2, default by wan via 192.0.2.1"
    bound = checks(home, "wan")[2]
    assert bound.ok
    assert "by wan" in bound.what or "only root" in bound.what


def test_a_way_out_that_has_lost_its_address_is_not_taken_for_whole_because_another_link_has_one(
    make_namespace: Callable[[], Namespace],
) -> None:
    home, away = make_namespace(), make_namespace()
    veth(home, "wan", away, "acs")
    veth(home, "lan", away, "host")
    home.ip("address add 192.168.8.1/24 dev lan")

    def seen(acs: str) -> list[Check]:
        program = "import json, sys; from agent.machine_checks import way_out; "
        program += "print(json.dumps(way_out('', sys.argv[1], known=['gone', 'wan', 'lan'])))"
        return [Check(*one) for one in home.python(program, acs)]

    assert [(one.name, one.ok, one.what) for one in seen("acs.example")] == [
        ("link", True, "wan is up"), ("address", False, "wan has no address"),
    ]  # fmt: skip
    assert all(one.ok for one in seen("192.168.8.7")), "the ACS is at home"
    home.ip("address add 192.0.2.2/24 dev wan")
    home.ip("route add default via 192.0.2.1")
    assert all(one.ok for one in seen("acs.example"))


def test_default_routes_are_read_as_the_kernel_writes_them(tmp_path: Path) -> None:
    net = tmp_path / "proc/net"
    net.mkdir(parents=True)
    gateway = hexadecimal("192.0.2.1")
    (net / "route").write_text(
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
        f"eth0\t00000000\t{gateway}\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
        "ppp0\t00000000\t00000000\t0001\t0\t0\t20\t00000000\t0\t0\t0\n"
        f"eth0\t{hexadecimal('192.0.2.0')}\t00000000\t0001\t0\t0\t0\t{hexadecimal('255.255.255.0')}\t0\t0\t0\n"
        f"eth1\t00000000\t{gateway}\t0200\t0\t0\t1\t00000000\t0\t0\t0\n"
    )
    zero, one = "0" * 32, "20010db8" + "0" * 23 + "1"
    (net / "ipv6_route").write_text(
        f"{zero} 00 {zero} 00 {one} 00000400 00000001 00000000 00000003     eth0\n"
        f"{zero} 00 {zero} 00 {zero} ffffffff 00000001 00000000 00200200       lo\n"
    )
    assert list(default_routes(str(tmp_path))) == [
        Way("eth0", "192.0.2.1", 600),
        Way("ppp0", "", 20),
        Way("eth0", "2001:db8::1", 1024),
    ]


@pytest.mark.parametrize(("available", "ok"), [("4096", False), ("409600", True)])
def test_little_memory_is_told(available: str, ok: bool, tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text(f"MemTotal: 819200 kB\nMemFree: 1 kB\nMemAvailable: {available} kB\n")
    memory = resources("/", str(tmp_path))[0]
    assert memory.ok == ok
    assert memory.what == f"{int(available) // 1024} MB of 800 MB available"
    assert bool(memory.next) != ok


def test_the_disk_is_that_of_the_state_directory_even_before_it_is_made(tmp_path: Path) -> None:
    disk = resources(str(tmp_path / "not/yet"))[1]
    assert disk.ok
    assert disk.what.endswith(f"free at {tmp_path}")


def test_a_disk_that_is_full_or_can_only_be_read_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = os.statvfs(tmp_path)

    def with_facts(**facts: int) -> Check:
        names = ("f_bsize", "f_frsize", "f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree", "f_favail", "f_flag")
        values = [facts.get(name, getattr(real, name)) for name in names]
        monkeypatch.setattr(os, "statvfs", lambda _place: os.statvfs_result([*values, real.f_namemax]))
        return resources(str(tmp_path))[1]

    assert with_facts(f_bavail=1, f_frsize=4096)[1:] == (False, f"0 MB free at {tmp_path}", "make room")
    assert "only be read" in with_facts(f_flag=os.ST_RDONLY).what
    assert "no room for another file" in with_facts(f_files=10, f_favail=0).what


def test_missing_libraries_are_a_fault_and_missing_programs_are_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(machine_checks, "_PLACES", ())
    told = resources("/")[2]
    assert told.ok
    assert "hostapd (Wi-Fi)" in told.what
    monkeypatch.setattr(machine_checks, "LIBRARIES", ("requests", "nosuchlibrary"))
    told = resources("/")[2]
    assert (told.ok, told.what) == (False, "missing: nosuchlibrary")


def test_this_machine_can_be_looked_at_and_the_result_is_json() -> None:
    found = [*way_out(), *resources("/var/lib/cpe-agent")]
    assert json.loads(json.dumps(machine_checks.document(found)))[0]["name"] == "link"
