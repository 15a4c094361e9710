"""The log on standard error: times where nobody else puts them, and never a secret."""

import logging
from collections.abc import Iterator

import pytest

from agent.runtime.logs import KEPT, LONGEST, LogRing, log_to
from agent.runtime.redactor import Redactor
from backends.errors import MechanismError, TimedOut


@pytest.mark.parametrize(("stream", "begins_with"), [(None, "20"), ("8:1234", "WARNING ")])
def test_a_line_has_its_time_unless_the_journal_gives_it(
    stream: str | None, begins_with: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    if stream:
        monkeypatch.setenv("JOURNAL_STREAM", stream)
    log_to("stderr", "info", Redactor(known=lambda: ["correct horse"]))

    logging.getLogger("agent.test").warning("the password is correct horse")
    logging.getLogger("agent.test").debug("not said")

    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(begins_with)
    assert "correct horse" not in line


@pytest.fixture
def ring() -> Iterator[LogRing]:
    yield log_to("stderr", "info", Redactor(known=lambda: ["correct horse"]))
    logging.basicConfig(force=True)


def test_the_last_lines_stay_readable_without_their_secrets(ring: LogRing) -> None:
    try:
        raise ValueError("correct horse")
    except ValueError:
        logging.getLogger("agent.test").exception("said %s", "correct horse")
    [line] = ring.lines()
    assert (line["n"], line["level"], line["logger"]) == (1, "error", "agent.test")
    assert line["text"].startswith("said ******\n  Traceback")
    assert "correct horse" not in line["text"]


def failed(failure: Exception, because: Exception | None = None) -> None:
    try:
        raise failure from because
    except Exception:
        logging.getLogger("agent.test").exception("%s could not make the change", "lan")


def test_what_a_mechanism_foresaw_is_one_line(ring: LogRing) -> None:
    failed(MechanismError("dnsmasq ended at once:\nbad option, 100 %s wrong: correct horse\n"), OSError(30, "no"))
    failed(TimedOut("no answer"))
    said = [
        "lan could not make the change: dnsmasq ended at once: bad option, 100 %s wrong: ******",
        "lan could not make the change: no answer",
    ]
    assert [line["text"] for line in ring.lines()] == said


def test_nobody_makes_up_a_line_or_steers_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    ring = log_to("stderr", "info", Redactor())
    try:
        raise ValueError("bad\n2026-11-23 ERROR made up")
    except ValueError:
        logging.getLogger("agent.test").exception("refused: %s", "8003\n2026-11-23 ERROR \x1b[2J\x9b\u202e\r\0é")
    [told] = ring.lines()
    for text in (capsys.readouterr().err, told["text"]):
        first, *others = text.splitlines()
        assert first.endswith(r"refused: 8003 | 2026-11-23 ERROR \x1b[2J\x9b\u202e\r\x00é")
        assert others
        assert all(line.startswith("  ") for line in others)
    logging.basicConfig(force=True)


def test_an_accident_comes_with_the_place_where_it_happened(ring: LogRing) -> None:
    failed(OSError(30, "Read-only file system"))
    failed(KeyError("x"), MechanismError("no answer"))
    assert all("\n  Traceback" in line["text"] or ", in failed" in line["text"] for line in ring.lines())


def test_only_the_last_ones_are_kept_and_no_line_is_long(ring: LogRing) -> None:
    for number in range(KEPT + 20):
        logging.getLogger("agent.test").info("line %d", number)
    logging.getLogger("agent.test").info("x" * 10_000)
    lines = ring.lines()
    assert len(lines) == KEPT
    assert lines[0]["n"] == 22
    assert len(lines[-1]["text"]) == LONGEST


def test_who_follows_gets_what_is_new(ring: LogRing) -> None:
    logging.getLogger("agent.test").info("first")
    seen = ring.lines()[-1]["n"]
    logging.getLogger("agent.test").info("second")
    assert [line["text"] for line in ring.lines(seen)] == ["second"]
