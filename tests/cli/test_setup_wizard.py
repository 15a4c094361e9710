"""The wizard at a real terminal: what it asks, what it does with the answers, and that no password is ever shown."""

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from agent.cli.setup_wizard import HEADING
from agent.settings import load
from tests.cli.scripted_agent import scripted_agent
from tests.runtime.certificates import Authority
from tests.waiting import HANGS, PATIENCE

ROOT = Path(__file__).parent.parent.parent
SERVER = "Device.ManagementServer."
VALUES = {
    "URL": "https://old.example/",
    "Username": "cpe",
    "PeriodicInformInterval": "60",
    "ConnectionRequestUsername": "x",
}
ANSWERS: dict[str, Any] = {
    "version": {"version": "1"},
    "get": {"parameters": [{"path": SERVER + name, "value": value} for name, value in VALUES.items()]},
    "set": {"status": 0},
    "settings": {"written": ["network.management_interface"]},
    "discover": {
        "acs": {"url": "https://old.example/"},
        "sources": [
            {
                "name": "DHCPv4",
                "url": "https://dhcp.example/",
                "verdict": "stands by",
                "why": "a person has set another",
            },
            {"name": "the preset", "url": "", "verdict": "silent", "why": "none"},
        ],
    },
}
CANARY = "canary-4711"


def _own() -> None:
    """Have the terminal as one's own, so that its Ctrl-C is heard."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """The command line at a pseudo terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        command = [sys.executable, "-m", "agent", "setup", *arguments]
        environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=environment, preexec_fn=_own
        )
        os.close(slave)
        self.said = ""
        self.seen = 0

    def until(self, words: str) -> str:
        """Read until the words have come, after what was waited for before; everything said since then."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.said[self.seen :]:
            assert time.monotonic() < deadline, f"{words!r} did not come: {self.said!r}"
            if not self._read():
                raise AssertionError(f"it ended before {words!r}: {self.said!r}")
        start, self.seen = self.seen, self.said.index(words, self.seen) + len(words)
        return self.said[start : self.seen]

    def answer(self, question: str, text: str = "") -> None:
        """Wait for a question, which ends in a colon and a blank, and answer it."""
        self.until(question)
        self.until(": ")
        os.write(self.master, f"{text}\n".encode())

    def decline(self, words: str) -> None:
        """Say no to a question that comes on some machines only; the end, or a test, comes on all."""
        deadline = time.monotonic() + PATIENCE
        while not re.search(rf"{words}.*: |next: |is tested", self.said[self.seen :]):
            assert time.monotonic() < deadline, self.said
            if not self._read():
                return
        if words in self.said[self.seen :]:
            os.write(self.master, b"n\n")

    def ended(self) -> int:
        deadline = time.monotonic() + PATIENCE
        while self._read():
            assert time.monotonic() < deadline, f"it does not end: {self.said!r}"
        return self.process.wait(PATIENCE)

    def interrupted(self, key: bytes) -> int:
        """Press a key until it is heard: between its prompt and its reading Python waits on, whatever was pressed."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < deadline:
            os.write(self.master, key)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(2.0)
        return self.ended()

    def _read(self) -> bool:
        if not select.select([self.master], [], [], 0.5)[0]:
            return True
        try:
            piece = os.read(self.master, 4096)
        except OSError:  # nobody has the other end any more
            return False
        self.said += piece.decode(errors="replace")
        return bool(piece)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        os.close(self.master)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "agent.toml"
    made.write_text("# mine\n[acs]\nurl = ''  # none yet\n")
    made.chmod(0o600)
    return made


@pytest.fixture
def terminal(file: Path, socket: Path) -> Iterator[Terminal]:
    made = Terminal("--config", str(file), "--socket", str(socket))
    yield made
    made.close()


def test_without_an_agent_the_answers_become_settings(terminal: Terminal, file: Path) -> None:
    terminal.until(HEADING)
    terminal.until("No agent runs: what is said here is written to")
    terminal.answer("URL of the ACS", "ftp://acs/")
    terminal.until("it must be")
    terminal.answer("URL of the ACS", "https://acs.example/")
    terminal.answer("User name for it", "cpe")
    terminal.answer("Password for it", CANARY)
    terminal.answer("Interface to reach it by")
    terminal.answer("Seconds between periodic reports [3600]", "soon")
    terminal.answer("Seconds between periodic reports [3600]", "300")
    terminal.answer("User name by which the ACS asks", "acs")
    terminal.answer("Password for that", f"{CANARY}-2")
    terminal.decline("only interface")
    assert terminal.ended() == 0
    assert "systemctl start cpe-agent" in terminal.said
    assert CANARY not in terminal.said
    made = load(file).settings
    assert (made.acs.url, made.acs.username, made.acs.password) == ("https://acs.example/", "cpe", CANARY)
    assert (made.inform.interval, made.connection_request.username) == (300, "acs")
    assert made.connection_request.password == f"{CANARY}-2"
    assert file.read_text().startswith("# mine\n[acs]\n")
    assert '"https://acs.example/"  # none yet' in file.read_text()


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])  # as the locale has it
def test_bytes_that_are_no_utf_8_are_asked_for_anew(
    file: Path, socket: Path, monkeypatch: pytest.MonkeyPatch, errors: str
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", f"utf-8:{errors}")
    terminal = Terminal("--config", str(file), "--socket", str(socket))
    try:
        terminal.answer("URL of the ACS", "https://acs.example/")
        for question, right in (("User name for it", "cpe"), ("Password for it", CANARY)):
            terminal.until(question)
            terminal.until(": ")
            os.write(terminal.master, b"p\xe4ss\n")
            terminal.until("no UTF-8")
            terminal.answer(question, right)
        terminal.answer("Interface to reach it by", "eth99")
        terminal.until("there is no interface eth99 now")
        for question in ("Seconds between", "User name by which", "Password for that"):
            terminal.answer(question)
        terminal.decline("only interface")
        assert terminal.ended() == 0
    finally:
        terminal.close()
    assert "Traceback" not in terminal.said
    made = load(file).settings
    assert (made.acs.username, made.acs.password, made.network.management_interface) == ("cpe", CANARY, "eth99")


def _confirm_all(terminal: Terminal, url: str = "", password: str = "") -> None:
    terminal.answer("URL of the ACS", url)
    terminal.answer("User name for it")
    terminal.answer("Password for it", password)
    for question in ("Interface to reach it by", "Seconds between", "User name by which", "Password for that"):
        terminal.answer(question)
    terminal.decline("only interface")


def test_a_running_agent_tells_what_it_found_and_tests_before_anything_is_set(file: Path, socket: Path) -> None:
    steps: list[dict[str, Any]] = []

    def test(arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
        steps.append(arguments)
        is_good = arguments.get("password") == CANARY
        yield {"step": "dns", "ok": True, "what": "acs.example is 192.0.2.1", "next": ""}
        what = "the ACS knows the password" if is_good else "the ACS refuses the password"
        yield {"step": "authentication", "ok": is_good, "what": what, "next": "ask the operator for it"}

    with scripted_agent(socket, ANSWERS, {"test": test}) as asked:
        terminal = Terminal("--config", str(file), "--socket", str(socket))
        try:
            terminal.until("DHCPv4: https://dhcp.example/  (stands by: a person has set another)")
            _confirm_all(terminal, "https://acs.example/", "wrong-4711")
            terminal.until("✔ dns: acs.example is 192.0.2.1")
            terminal.until("✘ authentication: the ACS refuses the password")
            terminal.until("next: ask the operator for it")
            terminal.answer("Save it all the same? [y/N]")
            assert all(verb != "set" for verb, _ in asked)
            terminal.answer("Change the answers? [Y/n]")
            _confirm_all(terminal, "", CANARY)
            terminal.until("the ACS knows the password")
            assert terminal.ended() == 0
        finally:
            terminal.close()
    [values] = [arguments["values"] for verb, arguments in asked if verb == "set"]
    assert values == {
        f"{SERVER}URL": "https://acs.example/",
        f"{SERVER}Username": "",
        f"{SERVER}Password": CANARY,
    }
    assert steps[-1] == {"url": "https://acs.example/", "username": "", "password": CANARY}
    assert "4711" not in terminal.said
    assert "https://acs.example" not in file.read_text()


def test_who_takes_the_password_of_the_acs_away_hears_that_nothing_will_listen(file: Path, socket: Path) -> None:
    with scripted_agent(socket, ANSWERS, {}):
        terminal = Terminal("--config", str(file), "--socket", str(socket))
        try:
            terminal.answer("URL of the ACS", "-")
            for question in ("User name for it", "Password for it", "Interface to reach", "Seconds between"):
                terminal.answer(question)
            terminal.answer("User name by which")
            terminal.answer("Password for that", "-")
            terminal.until("nothing listens: the ACS cannot ask for a session")
            terminal.answer("Take it away all the same? [y/N]")
            terminal.answer("User name by which")
            terminal.answer("Password for that")
            terminal.decline("only interface")
            assert terminal.ended() == 0
        finally:
            terminal.close()


def test_where_the_authority_is_not_trusted_its_file_is_asked_for(file: Path, socket: Path, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca").pair.certificate

    def test(arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
        is_good = arguments.get("ca_file") == str(authority)
        yield {"step": "tls", "ok": is_good, "what": "", "next": "", "details": {"lacks_authority": not is_good}}

    with scripted_agent(socket, ANSWERS, {"test": test}) as asked:
        terminal = Terminal("--config", str(file), "--socket", str(socket))
        try:
            _confirm_all(terminal, "https://acs.example/")
            terminal.answer("PEM file of the authority")
            terminal.answer("Save it all the same? [y/N]")
            terminal.answer("Change the answers? [Y/n]")
            _confirm_all(terminal)
            terminal.answer("PEM file of the authority", str(tmp_path / "absent.pem"))
            terminal.until("no file that can be read")
            terminal.answer("PEM file of the authority", str(file))
            terminal.until("there is no certificate in it")
            terminal.answer("PEM file of the authority", str(authority))
            assert terminal.ended() == 0
        finally:
            terminal.close()
    [values] = [arguments["values"] for verb, arguments in asked if verb == "settings"]
    assert values == {"acs.ca_file": str(authority)}


def test_who_changes_nothing_sees_whether_it_works(file: Path, socket: Path) -> None:
    def test(_arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield {"step": "inform", "ok": True, "what": "accepted as it is", "next": ""}

    with scripted_agent(socket, ANSWERS, {"test": test}) as asked:
        terminal = Terminal("--config", str(file), "--socket", str(socket))
        try:
            _confirm_all(terminal)
            terminal.until("✔ inform: accepted as it is")
            terminal.until("nothing had to be changed")
            assert terminal.ended() == 0
        finally:
            terminal.close()
    assert not [verb for verb, _ in asked if verb == "set"]


def test_ctrl_c_and_the_end_of_input_change_nothing(file: Path, socket: Path) -> None:
    before = file.read_text()
    for end, status in ((b"\x03", 130), (b"\x04", 1)):
        terminal = Terminal("--config", str(file), "--socket", str(socket))
        try:
            terminal.answer("URL of the ACS", "https://acs.example/")
            terminal.until("User name for it")
            assert terminal.interrupted(end) == status
        finally:
            terminal.close()
    assert file.read_text() == before


def test_what_is_no_terminal_sees_what_is_given(file: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "agent", "setup", "--config", str(file)],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=HANGS, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.stdout == "given to the agent: none\n"
