"""The verb lab acs: what its options mean, what it refuses, and that it serves until it is told to end."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.cli import lab, main
from tests.lab.certificates import client_context, make_certificates
from tests.lab.cpe import Cpe, inform
from tests.thread_signal import signal_another_thread
from tests.waiting import HANGS, PATIENCE, until

ROOT = Path(__file__).resolve().parent.parent.parent


@contextmanager
def running(*options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`lab acs` as a process of its own, listening; its port."""
    command = [sys.executable, "-m", "agent", "lab", "acs", "--listen", "127.0.0.1:0", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            found = re.search(r"127\.0\.0\.1:(\d+)/", first)
            assert found is not None, first
            yield process, int(found[1])
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_shows_the_conversation_and_ends_when_told(number: signal.Signals) -> None:
    with running("--xml") as (process, port), Cpe(port) as cpe:
        cpe.post(inform("1 BOOT", parameters=[("Device.X.Password", "hunter2", "string")]))
        cpe.post()
        process.send_signal(number)
        shown, _ = process.communicate(timeout=HANGS)
    assert process.returncode == 0
    assert re.search(r"CPE \S+ Inform +\S+ k?B  1 BOOT  1 parameter: Device.X.Password=\*+", shown)
    assert "<EventCode>1 BOOT</EventCode>" in shown
    assert "hunter2" not in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_another_thread_got_ends_it_at_once(number: signal.Signals) -> None:
    with running() as (process, _):
        time.sleep(0.2)  # the main thread waits by now
        signal_another_thread(process.pid, number)
        assert process.wait(timeout=HANGS) == 0


def test_programs_get_a_document_on_each_line() -> None:
    with running("--json", "--no-provision") as (process, port), Cpe(port) as cpe:
        cpe.post(inform())
        cpe.post()
        process.terminate()
        shown, _ = process.communicate(timeout=HANGS)
    documents = [json.loads(line) for line in shown.splitlines()]
    assert [document["message"] for document in documents] == ["Inform", "InformResponse", "(empty)", "(empty)"]
    assert {document["schema"] for document in documents} == {1}


def test_what_was_said_before_the_end_is_shown() -> None:
    with running("--json", "--behave", "reply_delay=30") as (process, port), Cpe(port) as cpe:
        cpe.connection.request("POST", "/", inform())
        time.sleep(0.5)  # it has arrived, and its reply is delayed: nothing of it is shown yet
        process.terminate()
        shown, _ = process.communicate(timeout=HANGS)
    assert [json.loads(line)["message"] for line in shown.splitlines()] == ["Inform", "InformResponse"]


@pytest.mark.slow
def test_what_readme_shows_of_the_lab_works_with_a_fresh_agent(tmp_path: Path) -> None:
    section = (ROOT / "README.md").read_text().partition("## For the laboratory")[2].partition("\n## ")[0]
    shown = [line.partition("#")[0].split() for line in section.splitlines() if line.startswith("cpe-agent lab ")]
    assert len(shown) == 6
    with running("--quiet") as (_, port):
        url = f"http://127.0.0.1:{port}/"
        settings = tmp_path / "agent.toml"
        settings.write_text(
            f"[acs]\nurl = '{url}'\n[connection_request]\nport = 0\n[trace]\ndirectory = 'sessions'\n"
            "[system]\nreboot_command = 'restart'\n"
        )
        command = [
            sys.executable,
            "-m",
            "agent",
            "run",
            "--config",
            str(settings),
            "--state-dir",
            str(tmp_path / "state"),
        ]
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as agent:
            try:
                until(lambda: "ended" in ask(url, "lab", "devices").stdout)
                for _, *arguments in shown:
                    done = ask(url, *arguments)
                    assert (done.returncode, done.stderr) == (0, ""), (arguments, done)
                    assert "connection request:" not in done.stdout
            finally:
                agent.terminate()


def ask(url: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "agent", *arguments],
        cwd=ROOT,
        env={**os.environ, "CPE_AGENT_LAB": url},
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
    )


def test_under_tls_the_next_command_is_told_with_what_it_has_to_trust(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    options = ["--cert", str(certificates.server), "--key", str(certificates.server_key)]
    command = [sys.executable, "-m", "agent", "lab", "acs", "--listen", "127.0.0.1:0", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = re.search(r"next: cpe-agent (lab devices .*);", process.stdout.readline())
            assert told is not None
            done = ask("", *shlex.split(told[1]))
        finally:
            process.kill()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("no device has sent an Inform yet; next: ")


def test_quiet_shows_where_it_listens_and_no_more() -> None:
    with running("--quiet", "--behave", "faulted_informs=1") as (process, port), Cpe(port) as cpe:
        assert "8005" in cpe.post(inform()).text
        process.terminate()
        assert process.communicate(timeout=HANGS)[0] == ""


def test_it_ends_when_nobody_reads_the_conversation_any_more() -> None:
    with running() as (process, port), Cpe(port) as cpe:
        assert process.stdout is not None
        process.stdout.close()
        assert cpe.post(inform()).status == 200
        assert process.wait(PATIENCE) == 0


def test_it_asks_for_credentials_and_serves_tls_and_files(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    (tmp_path / "password").write_text("secret\nsecond line\n")
    (tmp_path / "fw.bin").write_text("firmware")
    options = [
        "--auth", "basic", "--user", "cpe", "--password-file", str(tmp_path / "password"),
        "--cert", str(certificates.server), "--key", str(certificates.server_key), "--data", str(tmp_path),
    ]  # fmt: skip
    with running(*options) as (_, port), Cpe(port, client_context(certificates)) as cpe:
        assert cpe.post(inform()).status == 401
        assert cpe.post(inform(), Authorization="Basic Y3BlOnNlY3JldA==").status == 200
        assert cpe.request("GET", "/files/fw.bin", Authorization="Basic Y3BlOnNlY3JldA==").text == "firmware"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--listen", "7557"], "--listen is HOST:PORT"),
        (["--listen", "::1:7557"], "--listen is HOST:PORT"),
        (["--listen", "h:99999"], "--listen is HOST:PORT"),
        (["--auth", "digest"], "--auth digest needs --user and --password-file"),
        (["--auth", "basic", "--user", "u", "--password-file", "/nonexistent"], "cannot be read"),
        (["--auth", "basic", "--user", "u", "--password-file", "/dev/null"], "is empty"),
        (["--user", "u"], "need --auth"),
        (["--key", "k"], "need --cert"),
        (["--client-ca", "k"], "need --cert"),
        (["--cert", "/nonexistent"], "cannot be used"),
        (["--data", "/nonexistent"], "is no directory"),
        (["--behave", "nicely"], "unknown behaviour 'nicely'"),
    ],
)
def test_options_that_do_not_fit_are_refused_before_anything_listens(
    options: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["lab", "acs", *options]) == 2
    captured = capsys.readouterr()
    assert reason in captured.err
    assert "next: see cpe-agent lab acs --help" in captured.err


def test_an_address_that_is_taken_is_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    with running("--quiet") as (_, port):
        command = [sys.executable, "-m", "agent", "lab", "acs", "--json", "--listen", f"127.0.0.1:{port}"]
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=HANGS, check=False)
    assert second.returncode == 1
    assert json.loads(second.stdout)["error"]["code"] == "cannot_listen"


def test_a_verb_is_needed_and_each_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.run(["lab"])
    assert ended.value.code == 2
    capsys.readouterr()
    for verb in ("acs", "devices", "rpc", "get", "set", "result", "connect", "sessions"):
        with pytest.raises(SystemExit) as ended:
            main.run(["lab", verb, "--help"])
        shown = capsys.readouterr().out
        assert ended.value.code == 0
        assert f"example:\n  cpe-agent lab {verb}" in shown
        assert "--json" in shown


def test_the_help_names_every_behaviour() -> None:
    from agent.lab.behaviour import Behaviour

    assert [name for name in Behaviour.__slots__ if name not in lab._BEHAVIOURS] == []
