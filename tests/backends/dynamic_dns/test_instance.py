"""One ddclient of ours: how it is known, what is kept of it, and what when it does not run."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.dynamic_dns.instance import Folders, Instance, keys_started
from backends.errors import MechanismError

CACHE = "## ddclient-3.10.0\natime={0},ip={1},mtime={0},status={2} a.b\n"


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    for name in ("run", "caches"):
        (tmp_path / name).mkdir()
    return Folders(str(tmp_path / "run"), str(tmp_path / "caches"))


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """In ddclient's place: a program that does what a test wrote into it."""
    place = tmp_path / "bin" / "ddclient"
    place.parent.mkdir()
    monkeypatch.setenv("PATH", f"{place.parent}:{os.environ['PATH']}")
    yield place
    (tmp_path / "stop").touch()


def says(program: Path, text: str) -> None:
    program.write_text(f"#!/usr/bin/perl\n$| = 1;\n{text}\n")
    program.chmod(0o755)


def write_cache(folders: Folders, *values: object) -> Path:
    [path] = Path(folders.caches).iterdir()
    path.write_text(CACHE.format(*values))
    return path


AWAKE = '$0 = "ddclient - sleeping for 9 seconds"; sleep 60;'


def test_it_is_started_with_files_of_its_own_and_ended(folders: Folders, program: Path) -> None:
    says(program, AWAKE)
    one = Instance(folders, "+7", "account")
    one.start("daemon=60\n", ["a.b"])
    try:
        assert one.is_running
        assert one.is_told("daemon=60\n")
        assert not one.is_told("daemon=61\n")
        assert one.doing() == "sleeping for 9 seconds"
        assert keys_started(folders) == ["+7"]
        assert Instance(folders, "+7", "account").is_running
    finally:
        one.stop()
    assert not one.is_running
    assert not one.has_died
    one.remove()
    assert keys_started(folders) == []
    assert list(Path(folders.run).iterdir()) == list(Path(folders.caches).iterdir()) == []


def test_one_that_ends_at_once_tells_why_without_its_words(folders: Folders, program: Path) -> None:
    says(program, 'print STDERR "FATAL:    no such thing, geheim\\n"; exit 1;')
    one = Instance(folders, "+7", "account")
    with pytest.raises(MechanismError) as failed:
        one.start("password='geheim'\n", ["a.b"])
    assert "geheim" not in failed.value.reason
    assert failed.value.__suppress_context__
    assert one.error() == "MISCONFIGURATION_ERROR"
    assert one.has_died
    assert (Path(folders.run) / "ddclient-7.log").read_bytes() == b""


def test_failures_in_a_row_are_counted_for_one_address(folders: Folders, program: Path) -> None:
    says(program, AWAKE)
    one = Instance(folders, "+7", "account")
    one.start("x\n", ["a.b"])
    try:
        for tried, failures in ((5, 1), (5, 1), (6, 2)):
            write_cache(folders, tried, "", "badauth")
            one.observe(["a.b", "c.d"], "192.0.2.1")
            assert (one.failures(), one.error()) == (failures, "AUTHENTICATION_ERROR")
        again = Instance(folders, "+7", "account")
        assert again.failures() == 2
        again.observe(["a.b"], "192.0.2.2")
        assert again.failures() == 0
        write_cache(folders, 7, "192.0.2.2", "good")
        again.observe(["a.b"], "192.0.2.2")
        assert (again.failures(), again.error()) == (0, "")
    finally:
        one.stop()


def test_what_was_published_for_another_account_is_not_remembered(folders: Folders, program: Path) -> None:
    says(program, AWAKE)
    one = Instance(folders, "+7", "account")
    one.start("x\n", ["a.b"])
    write_cache(folders, 7, "192.0.2.2", "good")
    assert one.told()["a.b"].address == "192.0.2.2"
    one.start("y\n", ["a.b", "c.d"])
    assert one.told()["a.b"].address == "192.0.2.2"
    other = Instance(folders, "+7", "other account")
    other.start("z\n", ["a.b"])
    other.stop()
    assert dict(other.told()) == {}
    assert len(list(Path(folders.caches).iterdir())) == 1


@pytest.mark.parametrize("text", ["", "[]", "{", '{"tried": 1'])
def test_notes_that_were_cut_off_are_none(folders: Folders, text: str) -> None:
    (Path(folders.run) / "ddclient-7.json").write_text(text)
    assert Instance(folders, "+7", "account").failures() == 0


def test_notes_hold_no_more_than_how_it_went(folders: Folders, program: Path) -> None:
    says(program, AWAKE)
    one = Instance(folders, "+7", "geheim")
    one.start("password='geheim'\n", ["a.b"])
    one.stop()
    notes = (Path(folders.run) / "ddclient-7.json").read_text()
    assert set(json.loads(notes)) == {"address", "failures", "tried", "error", "said", "started", "stopped"}
    assert "geheim" not in notes
