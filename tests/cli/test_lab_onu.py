"""The verbs lab onu and lab onu-do, as a person types them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.cli import main
from tests.lab.onus import lab_onu

PATIENCE = 30.0


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
    status, text = said(capsys, "onu", "--password-file", str(tmp_path / "none"))
    assert (status, "has no first line" in text) == (2, True)


def test_its_help_has_the_orders(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("onu", "onu-do"):
        with pytest.raises(SystemExit):
            main.run(["lab", verb, "--help"])
        assert "spoil KIND" in capsys.readouterr().out
