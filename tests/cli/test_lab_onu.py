"""The verbs lab onu and lab onu-do, as a person types them."""

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.cli import main
from agent.lab.onu import LabOnu
from agent.lab.onu_door import ask
from agent.lab.onu_frames import CODECS
from tests.lab.onus import lab_onu
from tests.waiting import PATIENCE


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    status = main.run(["lab", *arguments])
    captured = capsys.readouterr()
    return status, captured.out + captured.err


@pytest.fixture
def onu(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "agent", "lab", "onu", "--pty", str(tmp_path / "tty"), "--console", "realtek"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        yield process
        process.kill()


def test_it_says_where_it_is_takes_orders_from_standard_input_and_ends(
    onu: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert onu.stdin
    assert onu.stdout
    first = onu.stdout.readline()
    assert str(tmp_path / "tty") in first
    assert f"cpe-agent onu info --device {tmp_path / 'tty'} --driver realtek" in first
    onu.stdin.write("light -20\ndance\n")
    onu.stdin.flush()
    assert onu.stdout.readline() == "receives -20.00 dBm, sends 2.10 dBm\n"
    assert "there is no order dance" in onu.stdout.readline()
    onu.send_signal(signal.SIGINT)
    assert onu.wait(PATIENCE) == 0
    assert not (tmp_path / "tty").is_symlink()


SHELL = """
import fcntl, subprocess, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
sys.exit(subprocess.run(sys.argv[1:], process_group=0).returncode)
"""
"""As a shell starts a job in the background of its terminal."""


def test_in_the_background_of_a_terminal_it_goes_on_whatever_is_typed(tmp_path: Path) -> None:
    link, (terminal, its_end) = str(tmp_path / "tty"), os.openpty()
    command = [sys.executable, "-c", SHELL, sys.executable, "-m", "agent", "lab", "onu", "--pty", link]
    with subprocess.Popen(command, stdin=its_end, stdout=subprocess.PIPE, text=True, start_new_session=True) as shell:
        try:
            assert shell.stdout
            assert link in shell.stdout.readline()
            os.write(terminal, b"echo a\n")
            for _ in range(10):
                assert ask(Path(link), "light -20") == "receives -20.00 dBm, sends 2.10 dBm"
                time.sleep(0.05)
            ask(Path(link), "quit")
            assert shell.wait(PATIENCE) == 0
        finally:
            shell.kill()  # a job that was stopped is hung up with its terminal's leader
    os.close(its_end)
    os.close(terminal)


def test_a_running_one_takes_orders(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with lab_onu(tmp_path / "tty") as onu:
        assert said(capsys, "onu-do", "--onu", onu.device, "drift", "off") == (0, "levels stay\n")
        status, text = said(capsys, "onu-do", "--json", "--onu", onu.device, "light", "-27.5")
        assert (status, json.loads(text)["done"]) == (0, "receives -27.50 dBm, sends 2.10 dBm")
        status, text = said(capsys, "onu-do", "acs", "http://acs.example/", "--user", "lab", "--onu", onu.device)
        assert (status, "provisioned http://acs.example/" in text) == (0, True)
        status, text = said(capsys, "onu-do", "--onu", onu.device, "dance")
        assert (status, "there is no order dance" in text) == (1, True)


def test_without_an_order_or_an_onu_it_says_what_to_do(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, text = said(capsys, "onu-do", "--onu", str(tmp_path / "none"), "show")
    assert (status, "start one with cpe-agent lab onu" in text) == (1, True)
    status, text = said(capsys, "onu-do")
    assert (status, "an order is missing" in text) == (2, True)
    status, text = said(capsys, "onu", "--pty", str(tmp_path / "no" / "where"))
    assert (status, "cannot be at" in text) == (1, True)
    status, text = said(capsys, "onu", "--console", "realtek", "--password-file", str(tmp_path / "none"))
    assert (status, "has no first line" in text) == (2, True)


@pytest.mark.parametrize("make", [Path.touch, Path.mkdir])
def test_what_stands_at_its_path_is_left_alone(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "tty")
    status, text = said(capsys, "onu", "--pty", str(tmp_path / "tty"))
    assert (status, "is left alone" in text, "name another path" in text) == (1, True, True), text
    assert os.listdir(tmp_path) == ["tty"]


def test_a_second_one_at_the_same_path_is_refused_and_the_first_goes_on(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with lab_onu(tmp_path / "tty") as onu:
        for order in ("drift off", "unplug", "plug"):
            status, text = said(capsys, "onu", "--pty", onu.device)
            assert (status, "a lab ONU is there already" in text, f"--onu {onu.device} quit" in text) == (1, True, True)
            assert said(capsys, "onu-do", "--onu", onu.device, *order.split())[0] == 0
        assert os.readlink(onu.device) == onu.line.device
        (tmp_path / "tty").unlink()
        onu.order("unplug")
        (tmp_path / "tty").mkdir()
        status, text = said(capsys, "onu-do", "--onu", onu.device, "plug")
        assert (status, "a directory is there" in text) == (1, True)


@pytest.mark.slow
def test_what_a_killed_one_left_is_taken_over(onu: subprocess.Popen[str], tmp_path: Path) -> None:
    assert onu.stdout
    onu.stdout.readline()
    onu.kill()
    onu.wait(PATIENCE)
    assert {"tty", "tty.do"} <= set(os.listdir(tmp_path))
    with lab_onu(tmp_path / "tty") as another:
        assert os.readlink(tmp_path / "tty") == another.line.device


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("--codec slip --trailer zero", "slip has no check of its own: its frames need the trailer crc32"),
        ("--codec raw48 --trailer none", "raw48 has no check"),
        ("--console lantiq --codec slip", "--codec is of frames"),
        ("--console lantiq --trailer zero", "leave --trailer away"),
        ("--console lantiq --mirror", "--mirror is of frames"),
        ("--noise 4", "--noise is of a console"),
        ("--user root", "name one with --console"),
    ],
)
def test_what_does_not_go_together_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, given: str, why: str
) -> None:
    status, text = said(capsys, "onu", "--pty", str(tmp_path / "tty"), *given.split())
    assert (status, why in text) == (2, True), text


ACCEPTED = [
    *(f"--codec {codec}" for codec in CODECS),
    *(f"--codec {codec} --trailer {trailer}" for codec in ("hdlc", "hexline") for trailer in ("zero", "none")),
    "--console realtek --user root --password-file {secret}",
]


@pytest.mark.parametrize("given", ACCEPTED)
def test_the_command_that_it_names_speaks_to_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: str
) -> None:
    secret = tmp_path / "a secret"
    secret.write_text("geheim\n")
    serve = LabOnu.serve

    def speak(onu: LabOnu, _orders: object) -> None:
        named = shlex.split(capsys.readouterr().out.partition("next: cpe-agent ")[2].partition("; Ctrl-C")[0])
        serving = threading.Thread(target=serve, args=(onu,))
        serving.start()
        main.run(named)
        onu.quit()
        serving.join(PATIENCE)

    monkeypatch.setattr(LabOnu, "serve", speak)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr("backends.omci.consoles.console._QUIET", 0.05)
    words = [word.format(secret=secret) for word in given.split()]
    status, text = said(capsys, "onu", "--pty", str(tmp_path / "a tty"), *words)
    assert (status, "Lab ONU 2500" in text) == (0, True), text


def test_of_a_mirror_it_names_the_command_that_listens(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(LabOnu, "serve", lambda *_: None)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    text = said(capsys, "onu", "--mirror", "--codec", "slip", "--pty", str(tmp_path / "tty"))[1]
    assert f"next: cpe-agent onu watch --listen --device {tmp_path / 'tty'} --codec slip;" in text


def test_its_help_has_the_orders(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("onu", "onu-do"):
        with pytest.raises(SystemExit):
            main.run(["lab", verb, "--help"])
        assert "spoil KIND" in capsys.readouterr().out
