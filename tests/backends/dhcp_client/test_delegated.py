"""Delegated prefixes from the packets that dhcpcd keeps, and how long they last by a clock that is set meanwhile."""

import ipaddress
import os
import struct
import time
from pathlib import Path

import pytest

from backends.dhcp_client.delegated import DelegatedPrefixes
from backends.dhcp_client.instance import Folders, Instance

PREFERRED, VALID = 1800, 3600
FOR_EVER = 0xFFFFFFFF


def option(tag: int, value: bytes) -> bytes:
    return struct.pack("!HH", tag, len(value)) + value


def client(folder: Path, *prefixes: tuple[str, int, int], age: float = 0, family: int = 6) -> Instance:
    """A client of c0 that got these prefixes, with what each lives, some seconds ago by the machine's clock."""
    folders = Folders(folder / "run", folder / "leases")
    for one in (folders.run, folders.leases):
        one.mkdir(exist_ok=True)
    inside = b""
    for text, preferred, valid in prefixes:
        network = ipaddress.IPv6Network(text)
        lives = struct.pack("!IIB", preferred, valid, network.prefixlen)
        inside += option(26, lives + network.network_address.packed)
    made = Instance(folders, "c0", family)
    made.lease_file().write_bytes(b"\x07abc" + option(25, bytes(12) + inside))
    written = time.time() - age
    os.utime(made.lease_file(), (written, written))
    return made


def test_a_prefix_ends_when_the_server_said_from_when_it_answered(tmp_path: Path) -> None:
    one = client(tmp_path, ("2001:db8:100::/56", PREFERRED, VALID), age=100)
    [given] = DelegatedPrefixes().of([one])
    assert (given.link, given.number, given.prefix) == ("c0", 1, "2001:db8:100::/56")
    assert given.valid_until == pytest.approx(time.time() - 100 + VALID, abs=3)
    assert given.preferred_until == pytest.approx(time.time() - 100 + PREFERRED, abs=3)


def test_one_for_ever_has_no_end(tmp_path: Path) -> None:
    [given] = DelegatedPrefixes().of([client(tmp_path, ("2001:db8:100::/56", FOR_EVER, FOR_EVER))])
    assert (given.preferred_until, given.valid_until) == (0, 0)


def test_what_a_server_withdraws_comes_behind_what_it_gives_instead(tmp_path: Path) -> None:
    one = client(tmp_path, ("2001:db8:100::/56", 0, VALID), ("2001:db8:200::/56", PREFERRED, VALID))
    assert [given.prefix for given in DelegatedPrefixes().of([one])] == ["2001:db8:200::/56", "2001:db8:100::/56"]


def test_a_lease_that_ran_out_while_its_client_was_dead_is_over(tmp_path: Path) -> None:
    assert DelegatedPrefixes().of([client(tmp_path, ("2001:db8:100::/56", PREFERRED, VALID), age=VALID + 1)]) == ()


def test_a_clock_that_is_set_meanwhile_ends_no_lease(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = DelegatedPrefixes()
    one = client(tmp_path, ("2001:db8:100::/56", PREFERRED, VALID))
    [before] = known.of([one])
    now, years = time.time, 10 * 365 * 86400
    monkeypatch.setattr(time, "time", lambda: now() + years)
    [after] = known.of([one])
    assert after.valid_until - before.valid_until == pytest.approx(years, abs=3)


def test_a_lease_of_the_future_has_just_come(tmp_path: Path) -> None:
    [given] = DelegatedPrefixes().of([client(tmp_path, ("2001:db8:100::/56", PREFERRED, VALID), age=-86400)])
    assert given.valid_until == pytest.approx(time.time() + VALID, abs=3)


def test_who_has_no_lease_of_prefixes_has_none(tmp_path: Path) -> None:
    assert DelegatedPrefixes().of([client(tmp_path)]) == ()
    assert DelegatedPrefixes().of([client(tmp_path, ("2001:db8:100::/56", 1, 2), family=4)]) == ()
    nothing = Instance(Folders(tmp_path, tmp_path), "c9", 6)
    assert DelegatedPrefixes().of([nothing]) == ()
