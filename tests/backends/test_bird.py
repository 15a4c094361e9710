"""Our own BIRD is started once, told by its socket, never waited for long, and ended without a trace."""

import shutil
import socket
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.bird import Bird
from backends.errors import MechanismError, Missing, TimedOut
from tests.backends.conftest import lab, make_namespace
from tests.netlab.namespace import Namespace

__all__ = ["lab", "make_namespace"]

BASE = "log stderr { warning, error, fatal, bug };\nrouter id 0.0.0.1;\nprotocol device {}\n"
NEEDS_BIRD = pytest.mark.skipif(
    shutil.which("bird", path="/usr/sbin:/usr/bin:/sbin") is None, reason="bird is not installed"
)
PATIENT = 20.0


@pytest.fixture
def bird(tmp_path: Path, lab: Namespace) -> Iterator[Bird]:
    made = Bird(tmp_path / "run", lab.command())
    yield made
    made.program.stop()


@NEEDS_BIRD
def test_a_change_leaves_it_running_and_nothing_new_is_not_told(bird: Bird, tmp_path: Path) -> None:
    assert bird.make(BASE)
    process = bird.program.pid()
    assert not bird.make(BASE)
    assert stat.S_IMODE((tmp_path / "run/bird.conf").stat().st_mode) == 0o600
    assert bird.make(f"{BASE}protocol static spare {{ ipv4; }}\n")
    assert any(line.split()[:2] == ["spare", "Static"] for line in bird.ask("show protocols"))
    assert bird.program.pid() == process
    assert bird.make("")
    assert bird.program.pid() is None
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["bird.log"]
    assert not bird.make("")


@NEEDS_BIRD
def test_what_was_written_as_the_agent_ended_is_told_after_its_start(
    bird: Bird, tmp_path: Path, lab: Namespace
) -> None:
    bird.make(BASE)
    changed = f"{BASE}protocol static spare {{ ipv4; }}\n"
    (tmp_path / "run/bird.conf").write_text(changed)
    again = Bird(tmp_path / "run", lab.command())
    assert not again.make(changed)
    assert any("spare" in line for line in again.ask("show protocols"))


@NEEDS_BIRD
def test_what_it_cannot_read_is_an_error_with_its_words_and_the_next_is_taken(bird: Bird) -> None:
    with pytest.raises(MechanismError, match="syntax error"):
        bird.make(f"{BASE}nonsense;\n")
    bird.make(BASE)
    with pytest.raises(MechanismError, match="syntax error"):
        bird.make(f"{BASE}nonsense;\n")
    process = bird.program.pid()
    assert bird.make(BASE)
    assert bird.program.pid() == process


def test_one_that_does_not_run_speaks_nowhere(tmp_path: Path) -> None:
    bird = Bird(tmp_path)
    assert bird.speaks_rip_on() == frozenset()
    with pytest.raises(MechanismError, match="cannot be asked"):
        bird.ask("show status")


def test_a_machine_without_one_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.bird.find_program", lambda _: None)
    with pytest.raises(Missing, match="package bird2"):
        Bird(tmp_path).make(BASE)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ((b"",), "did not answer"),
        ((b"0001 BIRD 2.0.12 ready.\n", b"0002-half of an"), "did not answer"),
        ((b"0001 BIRD 2.0.12 ready.\n", None), "middle of an answer"),
        ((b"220 mail.example ESMTP\n",), "did not answer"),
        ((b"9001 what\n",), "no BIRD"),
        ((b"0001 BIRD 2.0.12 ready.\n", b"0002-" + b"x" * (1 << 19)), "no end"),
    ],
)
def test_a_socket_that_says_nothing_useful_is_not_waited_for(
    said: tuple[bytes | None, ...], error: str, tmp_path: Path
) -> None:
    ended = threading.Event()

    def answer(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            for piece in said:
                if piece is None:
                    connection.recv(100)
                    return
                try:
                    connection.sendall(piece)
                except OSError:
                    return
            ended.wait(PATIENT)

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "bird.ctl"))
        listening.listen()
        thread = threading.Thread(target=answer, args=(listening,))
        thread.start()
        begun = time.monotonic()
        try:
            with pytest.raises(MechanismError, match=error) as refused:
                Bird(tmp_path).ask("show status")
            assert isinstance(refused.value, TimedOut) == (error == "did not answer")
            assert time.monotonic() - begun < PATIENT / 2
        finally:
            ended.set()
            thread.join()
