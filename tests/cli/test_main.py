"""The command line as a whole: verbs, help, exit codes, and how a mistake is told."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.cli.main import VERBS, parser_for, run
from tests.cli.scripted_agent import scripted_agent
from tests.waiting import HANGS

ROOT = Path(__file__).parent.parent.parent
REFUSED = {"error": {"code": "not_writable", "message": "A.B: it is read-only", "next": "look elsewhere"}}
TWICE_REFUSED = {
    "error": {
        "code": "not_writable",
        "message": "A.B: it is read-only; A.C: no number",
        "next": "look elsewhere",
        "refusals": [
            {"code": "not_writable", "message": "A.B: it is read-only", "next": ""},
            {"code": "invalid_value", "message": "A.C: no number", "next": ""},
        ],
    }
}


def test_the_command_is_the_module_and_the_console_script() -> None:
    command = [sys.executable, "-m", "agent", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=HANGS)
    assert done.stdout.startswith("usage: cpe-agent ")


@pytest.mark.parametrize("argument", ["A=\udc80", "\udcff", "--socket=\udc80"])
def test_an_argument_that_is_no_text_ends_with_2_and_is_shown(
    argument: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["set", argument])
    assert ended.value.code == 2
    assert f"the argument {argument!a} is not UTF-8 text" in capsys.readouterr().err


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_help_with_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run([verb, "--help"])
    assert ended.value.code == 0
    assert "\nexample:\n  cpe-agent " in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["history", "-n", "-5"],
        ["history", "-n", "ten"],
        ["onu", "watch", "--count", "-1"],
        ["onu", "watch", "--every", "nan"],
        ["onu", "info", "--baud", "-9600"],
        ["lab", "onu", "--noise", "-1"],
        ["lab", "get", "-", "Device.", "--wait", "-1"],
    ],
)
def test_a_count_or_a_time_below_zero_is_a_mistake_and_said_to_be_one(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(arguments)
    assert ended.value.code == 2
    assert f"{arguments[-1]!r} is no " in capsys.readouterr().err


def below(parser: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, argparse.ArgumentParser, bool]]:
    """Every parser under one, with its full name, and whether the one above lists it with a line about it."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            listed = {one.dest: one.help for one in action._choices_actions}
            for word, each in action.choices.items():
                yield f"{name} {word}", each, bool(listed.get(word))
                yield from below(each, f"{name} {word}")


def test_every_parser_has_an_example_and_is_listed_by_the_one_above_it() -> None:
    assert "\nexample:\n  cpe-agent " in parser_for([]).format_help()
    seen = 0
    for verb in VERBS:
        [parser] = [each for name, each, _ in below(parser_for([verb]), "") if name == f" {verb}"]
        for name, each, is_listed in below(parser, verb):
            assert "\nexample:\n  cpe-agent " in each.format_help(), name
            assert is_listed, name
            seen += 1
    assert seen > 8


@pytest.mark.parametrize(
    "arguments",
    [
        ["status"],
        ["get", "A."],
        ["set", "A=1"],
        ["add", "A."],
        ["delete", "A."],
        ["names"],
        ["attributes", "A."],
        ["inform"],
        ["sessions"],
        ["queue"],
        ["version"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_each_question_takes_json_config_and_socket(arguments: list[str]) -> None:
    options = parser_for(arguments).parse_args([*arguments, "--json", "--config", "f", "--socket", "s"])
    assert (options.json, options.config, options.socket) == (True, "f", "s")


def test_without_a_verb_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert "VERB" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["fly"], ["get"], ["status", "--colour"], ["attributes", "A.", "--notification", "loud"]]
)
def test_a_wrong_command_line_ends_with_2_and_the_next_step(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(arguments)
    assert ended.value.code == 2
    assert "next: see cpe-agent" in capsys.readouterr().err


def test_a_wrong_command_line_is_json_when_json_was_asked_for() -> None:
    command = [sys.executable, "-m", "agent", "get", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=HANGS)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "usage"
    assert done.stderr == ""


def test_an_agent_that_does_not_run_is_told_with_3_and_the_next_step(
    socket: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["status"]) == 3
    told = capsys.readouterr().err
    assert f"no agent answers on {socket}" in told
    assert "next: start one" in told


def test_an_agent_that_does_not_run_is_json_too(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status", "--json"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    assert set(document["error"]) == {"code", "message", "next"}
    assert document["error"]["code"] == "not_running"


def test_a_refusal_ends_with_4_and_says_what_and_what_next(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"set": REFUSED}):
        assert run(["set", "A.B=1"]) == 4
    assert capsys.readouterr().err == "cpe-agent: A.B: it is read-only\n  next: look elsewhere\n"


def test_each_of_several_refusals_has_its_line(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"set": TWICE_REFUSED}):
        assert run(["set", "A.B=1", "A.C=x"]) == 4
    assert capsys.readouterr().err.splitlines() == [
        "cpe-agent: nothing was changed, for 2 reasons",
        "  A.B: it is read-only",
        "  A.C: no number",
        "  next: look elsewhere",
    ]


def test_a_refusal_as_json_is_the_agents_own_document(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"set": TWICE_REFUSED}):
        assert run(["set", "A.B=1", "--json"]) == 4
    assert json.loads(capsys.readouterr().out) == {"schema": 1, **TWICE_REFUSED}


def test_a_mechanism_that_failed_is_a_problem_and_no_refusal(socket: Path) -> None:
    failed = {"error": {"code": "unavailable", "message": "netlink did not answer", "next": "see the log"}}
    with scripted_agent(socket, {"get": failed}):
        assert run(["get", "A.B"]) == 1


def test_what_an_agent_says_cannot_move_the_cursor(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = {"parameters": [{"path": "A.B", "value": "\x1b[2Jgone\nA.C  faked", "type": "string"}]}
    with scripted_agent(socket, {"get": hostile}):
        assert run(["get", "A.B"]) == 0
    assert capsys.readouterr().out == "A.B  \\x1b[2Jgone\\nA.C  faked\n"


def test_a_pipe_that_closes_early_is_no_error(socket: Path) -> None:
    many = {"names": [{"path": f"A.{number}", "writable": False} for number in range(20_000)]}
    with scripted_agent(socket, {"names": many}):
        shell = f"{sys.executable} -m agent names | head -1"
        done = subprocess.run(
            ["bash", "-c", shell], capture_output=True, text=True, check=False, cwd=ROOT, timeout=HANGS
        )
    assert (done.stdout, done.stderr) == ("-  A.0\n", "")


def test_an_interrupt_ends_quietly(socket: Path) -> None:
    def silent(arguments: object) -> object:
        yield {"sessions": []}
        while True:
            yield None

    with scripted_agent(socket, {}, {"sessions": silent}):  # type: ignore[dict-item]
        command = [sys.executable, "-m", "agent", "sessions", "-f", "--json"]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        asking = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert asking.stdout is not None
        assert asking.stdout.readline() == '{"schema": 1, "sessions": []}\n'
        time.sleep(0.05)
        asking.send_signal(signal.SIGINT)
        _, errors = asking.communicate(timeout=HANGS)
    assert (asking.returncode, errors) == (130, "")
