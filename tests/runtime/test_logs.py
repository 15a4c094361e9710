"""The log on standard error: times where nobody else puts them, and never a secret."""

import logging

import pytest

from agent.runtime.logs import log_to_standard_error
from agent.runtime.redactor import Redactor


@pytest.mark.parametrize(("stream", "begins_with"), [(None, "20"), ("8:1234", "WARNING ")])
def test_a_line_has_its_time_unless_the_journal_gives_it(
    stream: str | None, begins_with: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    if stream:
        monkeypatch.setenv("JOURNAL_STREAM", stream)
    log_to_standard_error("info", Redactor(known=lambda: ["correct horse"]))

    logging.getLogger("agent.test").warning("the password is correct horse")
    logging.getLogger("agent.test").debug("not said")

    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(begins_with)
    assert "correct horse" not in line
