"""A console over a real pty: log-in, echo, colours, the kernel in between, programs that hang, lost prompts."""

import re
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backends.errors import TimedOut
from backends.omci.consoles.console import SHELL, Console, Dialect, LogIn, LogInRefused, cleaned
from backends.omci.link import Line, LineLost
from tests.backends.omci.consoles.pty_console import Reply, Scripted, scripted, shell

MARKS = Dialect(SHELL)
PROMPT = Dialect(re.compile(r"(?:^|\n)#ONT[\w/]*> ?$"), has_marks=False, shells=((re.compile(r"\nONT> ?$"), "enable"),))


@contextmanager
def typing(
    reply: Reply, dialect: Dialect = PROMPT, log_in: LogIn | None = None, *, echoes: bool = True
) -> Iterator[tuple[Console, Scripted]]:
    with scripted(reply, echoes=echoes) as far:
        line = Line(far.device)
        try:
            yield Console(line, dialect, log_in), far
        finally:
            line.close()


@contextmanager
def at_shell(folder: Path, programs: dict[str, str], **more: object) -> Iterator[Console]:
    with shell(folder, programs, **more) as far:  # type: ignore[arg-type]
        line = Line(far.device)
        try:
            yield Console(line, MARKS)
        finally:
            line.close()


def test_a_real_shell_s_answer_is_what_the_program_printed_and_nothing_else(tmp_path: Path) -> None:
    with at_shell(tmp_path, {"onu": 'printf "%s\\n" "errorcode=0 curr_state=5" "$*"', "silent": ":"}) as console:
        assert console.run("onu ploamsg") == "errorcode=0 curr_state=5\nploamsg\n"
        assert console.run("silent") == ""
        assert "not found" in console.run("nobody")


def test_what_the_kernel_says_in_the_middle_of_a_line_is_not_in_it(tmp_path: Path) -> None:
    def among(octets: bytes) -> bytes:
        return octets.replace(b"curr_state=5", b"curr_st[ 1234.567890] eth0: link up\r\nate=5")

    with at_shell(tmp_path, {"onu": "echo errorcode=0 curr_state=5"}, spoil=among) as console:
        assert console.run("onu ploamsg") == "errorcode=0 curr_state=5\n"


def test_a_program_that_hangs_is_interrupted_and_the_next_answer_is_its_own(tmp_path: Path) -> None:
    once = "if [ -e hung ]; then echo good; else : > hung; sleep 60; echo bad; fi"
    with at_shell(tmp_path, {"omcicli": once}) as console:
        assert console.run("omcicli mib get 2", within=0.5) == "good\n"
        assert console.run("echo next") == "next\n"


def test_a_program_that_always_hangs_is_given_up_and_the_console_stays_usable(tmp_path: Path) -> None:
    with at_shell(tmp_path, {"omcicli": "sleep 60"}) as console:
        with pytest.raises(TimedOut, match="answer to omcicli"):
            console.run("omcicli mib get 2", within=0.3)
        assert console.run("echo alive") == "alive\n"


def test_an_answer_without_end_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.omci.consoles.console.MOST_ANSWER", 20_000)
    with at_shell(tmp_path, {"flood": "while :; do echo 0123456789; done"}) as console:
        with pytest.raises(TimedOut):
            console.run("flood", within=3)
        assert console.run("echo alive") == "alive\n"


def ont(line: str) -> str:
    return {"show 256": "Table Ontg, Ont-g, total 0 instances\n\n"}.get(line, "") + "#ONT>"


def test_a_minishell_s_answer_ends_at_its_prompt() -> None:
    with typing(ont) as (console, far):
        assert console.run("show 256") == "Table Ontg, Ont-g, total 0 instances\n\n"
        assert console.run("nothing") == ""
    assert far.typed == ["", "show 256", "nothing"]


def test_a_vendor_s_shell_is_left_by_what_leads_on() -> None:
    state = {"prompt": "\nONT> "}

    def entered(line: str) -> str:
        if line == "enable":
            state["prompt"] = "\n#ONT>"
        return state["prompt"]

    with typing(entered) as (console, far):
        assert console.run("show").strip() == ""
    assert far.typed == ["", "enable", "show"]


def test_name_and_password_are_typed_where_they_are_asked_for() -> None:
    def asking(line: str) -> str:
        return {"": "ont login: ", "admin": "Password: ", "s3cret": "\nwelcome\n#ONT>"}.get(line, "#ONT>")

    with typing(asking, log_in=LogIn("admin", "s3cret")) as (console, far):
        assert console.run("show") == ""
    assert far.typed == ["", "admin", "s3cret", "show"]
    assert "s3cret" not in repr(LogIn("admin", "s3cret"))


@pytest.mark.parametrize(("log_in", "why"), [(None, "asks for a name"), (LogIn("admin", "wrong"), "did not accept")])
def test_who_may_not_log_in_is_told_so_and_does_not_try_again(log_in: LogIn | None, why: str) -> None:
    def asking(line: str) -> str:
        return {"admin": "Password: ", "wrong": "\nLogin incorrect\nont login: "}.get(line, "ont login: ")

    with typing(asking, log_in=log_in) as (console, far):
        with pytest.raises(LogInRefused, match=why) as refused:
            console.run("show")
        assert "wrong" not in str(refused.value)
    assert far.typed.count("wrong") <= 1


def test_a_console_that_shows_no_prompt_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.omci.consoles.console.LOG_IN_WITHIN", 0.5)
    with typing(lambda _: "booting…\n") as (console, _), pytest.raises(TimedOut, match="no prompt"):
        console.run("show")


class Flood:
    """A line that is never silent, at which time passes quickly; and what of it was dropped unread."""

    def __init__(self) -> None:
        self.now, self.dropped = 0.0, 0

    def write(self, octets: bytes) -> None:
        """Nobody hears it."""

    def read(self, seconds: float) -> bytes:
        self.now += 0.005
        return b"booting, and booting again\n" * 100

    def forget(self) -> None:
        self.dropped += 1


def test_a_console_that_never_stops_talking_costs_no_memory_while_its_prompt_is_waited_for() -> None:
    flood = Flood()
    console = Console(flood, PROMPT, clock=lambda: flood.now)
    tracemalloc.start()
    try:
        with pytest.raises(TimedOut, match="no prompt"):
            console.run("show")
        assert tracemalloc.get_traced_memory()[1] < 500_000  # of 16 million octets
    finally:
        tracemalloc.stop()


def test_what_never_ends_is_not_read_to_its_end_before_a_command_is_typed() -> None:
    class AtPrompt(Flood):
        def read(self, seconds: float) -> bytes:
            self.now += 0.5
            return b"\n#ONT>" if self.now < 1 else b"" if self.now < 3 else super().read(seconds)

    line = AtPrompt()
    with pytest.raises(TimedOut):
        Console(line, PROMPT, clock=lambda: line.now).run("show")
    assert line.dropped == 1


def test_a_prompt_that_got_lost_is_asked_for_again() -> None:
    answers = iter(["#ONT>", "half an ans", "\n#ONT>", "#ONT>", "whole\n#ONT>", "#ONT>"])
    with typing(lambda _: next(answers, "#ONT>")) as (console, _):
        assert console.run("show", within=0.3) == "whole\n"


def test_colours_and_the_kernel_s_lines_are_no_part_of_an_answer() -> None:
    text = (
        "\x1b[1;32mroot\x1b[0m\r\n[   12.345678] usb 1-1: new\r\n<6>[   12.345679] eth0\r\nSta[1.000000] x\r\nte: 5\r\n"
    )
    assert cleaned(text) == "root\nState: 5\n"
    assert cleaned("OpState: [0]\n") == "OpState: [0]\n"


def test_leaving_ends_the_session_once() -> None:
    with typing(ont) as (console, far):
        console.leave()
        console.run("show 256")
        console.leave()
        console.leave()
        assert console.run("show 256")
    assert far.typed.count("exit") == 1


def test_a_line_that_goes_away_is_told() -> None:
    with scripted(ont) as far:
        line = Line(far.device)
        console = Console(line, PROMPT)
        console.run("show 256")
        line.device = "/dev/ttyNONE"
        line.close()
        with pytest.raises(LineLost):
            console.run("show 256")
