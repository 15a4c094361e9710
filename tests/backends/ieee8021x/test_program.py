"""The wpa_supplicant of one link, as a real process on a cable to nobody."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.ieee8021x.configuration import Credentials, text, times
from backends.ieee8021x.program import WiredProgram
from backends.ieee8021x.records import Supplicant
from tests.backends.ieee8021x.conftest import lab, make_namespace, port
from tests.backends.ieee8021x.port import Port, program

__all__ = ["lab", "make_namespace", "port"]

RECORD = Supplicant(identity="me", md5=True, secret="canary-4711", held_period=7, max_start=9)


@pytest.fixture
def wired(port: Port) -> Iterator[WiredProgram]:
    made = WiredProgram("c0", port.folder / "run" / "c0", [program("wpa_supplicant")])
    yield made
    made.stop()


def said(port: Port, record: Supplicant = RECORD) -> str:
    return text(record, Credentials(), port.folder / "run" / "c0")


def test_it_runs_once_and_is_told_only_what_is_new(wired: WiredProgram, port: Port) -> None:
    assert wired.run(said(port), None)
    process = wired.pid()
    assert not wired.run(said(port), None)
    assert wired.holds(said(port), None)
    other = said(port, Supplicant(identity="you", md5=True, secret="s"))
    assert not wired.holds(other, None)
    assert wired.run(other, None)
    assert wired.pid() == process
    assert wired.control.network("identity") == '"you"'


def test_its_secrets_are_for_root_alone_and_go_with_it(wired: WiredProgram, port: Port) -> None:
    wired.run(said(port), None)
    folder = port.folder / "run" / "c0"
    assert [oct(path.stat().st_mode & 0o777) for path in (folder, folder / "network.conf")] == ["0o700", "0o600"]
    wired.stop()
    assert not wired.exists()
    secret = RECORD.secret.encode()
    left = [path for path in folder.rglob("*") if path.is_file()]
    assert [path for path in left if secret in path.read_bytes() or secret.hex().encode() in path.read_bytes()] == []


def test_what_it_was_not_told_before_a_crash_it_is_told_after(wired: WiredProgram, port: Port) -> None:
    wired.run(said(port), None)
    other = said(port, Supplicant(identity="you", md5=True, secret="s"))
    (port.folder / "run" / "c0" / "telling").write_text("")  # the agent was killed as it had written both files
    (port.folder / "run" / "c0" / "network.conf").write_text(other)
    assert wired.control.network("identity") == '"me"'
    assert wired.run(other, None)
    assert wired.control.network("identity") == '"you"'
    assert not wired.run(other, None)


def test_its_periods_are_set_where_they_differ(wired: WiredProgram, port: Port) -> None:
    wired.run(said(port), None)
    assert wired.keep_times(times(RECORD))
    told = port.told("mib")
    assert [told[f"dot1xSupp{name}"] for name in ("HeldPeriod", "MaxStart", "StartPeriod")] == ["7", "9", "30"]
    assert not wired.keep_times(times(RECORD))


def test_a_port_of_a_bridge_hears_what_comes_in_there(wired: WiredProgram, port: Port) -> None:
    wired.run(said(port), None)
    process = wired.pid()
    port.home.ip("link add br0 type bridge")
    port.home.ip("link set br0 up")
    port.home.ip("link set c0 master br0")
    assert not wired.holds(said(port), "br0")
    assert wired.run(said(port), "br0")
    assert wired.pid() != process
    assert wired.holds(said(port), "br0")


def test_a_cable_that_was_out_is_a_reason_to_begin_anew(wired: WiredProgram, port: Port, tmp_path: Path) -> None:
    wired.run(said(port), None)
    assert not wired.follow(2)
    assert not wired.follow(2)
    assert wired.follow(4)
    again = WiredProgram("c0", tmp_path / "run" / "c0", [program("wpa_supplicant")])  # the agent after a restart
    assert not again.follow(4)
    assert again.follow(6)
