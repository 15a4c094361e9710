"""The file engine: locks, crashes, and what is read again."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from backends.errors import MechanismError, TimedOut
from backends.uci import files
from backends.uci.files import FileUci
from backends.uci.places import Places
from backends.uci.types import ChangedMeanwhile
from tests.waiting import PATIENCE

LONG = "".join(f"config t 's{number}'\n\toption x '1'\n" for number in range(400))
WRITER = """
import sys
from pathlib import Path
from backends.uci import FileUci, Places
uci = FileUci(Places.under(Path(sys.argv[1])))
print("ready", flush=True)
while True:
    for value in ("2" * 2000, "1"):
        edits = uci.edit()
        edits.set("p", "s200", "x", value)
        edits.commit()
"""


@pytest.fixture
def places(tmp_path: Path) -> Places:
    made = Places.under(tmp_path)
    made.config.mkdir(parents=True)
    (made.config / "p").write_text(LONG)
    return made


def settled(path: Path) -> None:
    """As if it was written long ago."""
    os.utime(path, (time.time() - 60, time.time() - 60))


def test_a_file_that_looks_the_same_is_not_read_again(places: Places) -> None:
    settled(places.config / "p")
    uci = FileUci(places)
    first = uci.read("p")
    uci.forget()
    assert uci.read("p") is first
    (places.config / "p").write_text(LONG.replace("'1'", "'2'"))
    uci.forget()
    assert uci.read("p").sections[0].options == {"x": "2"}


def test_a_file_that_was_just_written_is_read_again_whatever_it_looks_like(places: Places) -> None:
    uci = FileUci(places)
    uci.read("p")
    found = os.stat(places.config / "p")
    with (places.config / "p").open("r+") as file:
        file.write(LONG.replace("'1'", "'2'"))
    os.utime(places.config / "p", ns=(found.st_atime_ns, found.st_mtime_ns))
    uci.forget()
    assert uci.read("p").sections[0].options == {"x": "2"}


def test_a_commit_waits_for_the_lock_of_another(places: Places) -> None:
    edits = FileUci(places).edit()
    edits.set("p", "s0", "x", "2")
    with (places.config / "p").open("r+") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        thread = threading.Thread(target=edits.commit)
        thread.start()
        time.sleep(0.1)
        assert (places.config / "p").read_text() == LONG
    thread.join(PATIENCE)
    assert FileUci(places).read("p").sections[0].options == {"x": "2"}


@pytest.mark.parametrize("kind", [fcntl.LOCK_EX, fcntl.LOCK_SH], ids=["writer", "reader"])
def test_a_lock_that_is_never_given_back_is_an_error(
    places: Places, monkeypatch: pytest.MonkeyPatch, kind: int
) -> None:
    monkeypatch.setattr(files, "PATIENCE", 0.05)
    edits = FileUci(places).edit()
    edits.set("p", "s0", "x", "2")
    with (places.config / "p").open("r+") as other:
        fcntl.flock(other, kind)
        with pytest.raises(TimedOut, match="locked"):
            edits.commit()
    assert (places.config / "p").read_text() == LONG


def test_a_commit_that_has_the_replaced_file_open_and_waits_for_its_lock_adds_to_ours(places: Places) -> None:
    """As ``uci`` does it: it opens, waits, and does not look whether the file is still that of its name."""
    edits = FileUci(places).edit()
    edits.set("p", "s0", "x", "2")
    with (places.config / "p").open() as waiting:
        edits.commit()
        assert waiting.read() == (places.config / "p").read_text() != LONG


def test_a_file_with_a_second_name_keeps_what_it_says_there(places: Places, tmp_path: Path) -> None:
    os.link(places.config / "p", tmp_path / "backup")
    edits = FileUci(places).edit()
    edits.set("p", "s0", "x", "2")
    edits.commit()
    assert (tmp_path / "backup").read_text() == LONG


def test_a_commit_waits_until_that_of_uci_has_renamed_its_file(places: Places) -> None:
    """``uci`` gives its lock back before it renames; what is renamed then would take ours back."""
    edits = FileUci(places).edit()
    edits.set("p", "s0", "x", "2")
    new = places.config / ".p.uci-a1B2c3"
    new.write_text(LONG.replace("'1'", "'3'"))
    wrong: list[Exception] = []

    def commit() -> None:
        try:
            edits.commit()
        except ChangedMeanwhile as error:
            wrong.append(error)

    thread = threading.Thread(target=commit)
    thread.start()
    time.sleep(0.1)
    new.replace(places.config / "p")
    thread.join(PATIENCE)
    assert len(wrong) == 1
    assert (places.config / "p").read_text() == LONG.replace("'1'", "'3'")


def test_what_a_killed_uci_has_left_is_not_waited_for(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PATIENCE", 0.05)
    (places.config / ".p.uci-a1B2c3").touch()
    settled(places.config / ".p.uci-a1B2c3")
    edits = FileUci(places).edit()
    edits.set("p", "s0", "x", "2")
    assert edits.commit() == {"p"}


def test_a_link_is_followed_and_stays(places: Places) -> None:
    (places.config / "link").symlink_to("p")
    edits = FileUci(places).edit()
    edits.set("link", "s0", "x", "2")
    edits.commit()
    assert (places.config / "link").is_symlink()
    assert FileUci(places).read("p").sections[0].options == {"x": "2"}


def test_a_writer_that_is_killed_leaves_a_whole_file_and_a_free_lock(places: Places, tmp_path: Path) -> None:
    for delay in (0.001, 0.007, 0.013, 0.029):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout
            writer.stdout.readline()
            time.sleep(delay)
            writer.send_signal(signal.SIGKILL)
        found = FileUci(places).read("p")
        assert len(found.sections) == 400
        assert found.sections[200].options["x"] in ("1", "2" * 2000)
        assert FileUci(places).packages() == ("p",)
    edits = FileUci(places).edit()
    edits.set("p", "s0", "x", "2")
    assert edits.commit() == {"p"}


def test_what_is_no_file_or_too_large_is_refused(places: Places) -> None:
    os.mkfifo(places.config / "pipe")
    (places.config / "large").write_text("#" * (2 << 20))
    for name in ("pipe", "large"):
        with pytest.raises(MechanismError):
            FileUci(places).read(name)
