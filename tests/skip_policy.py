"""Which tests may be skipped where everything has to run: those of allowed_skips.txt, each with its reason."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import pytest

ALLOWED: Final = Path(__file__).with_name("allowed_skips.txt")


def read(text: str) -> list[str]:
    """The globs of test ids in a list of "glob | reason" lines; raises ValueError for a line without a reason."""
    globs = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        glob, _, reason = (part.strip() for part in line.partition("|"))
        if not reason:
            raise ValueError(f"line {number}: a skip needs its reason: {line!r}")
        globs.append(glob)
    return globs


def not_allowed(skipped: Iterable[str], globs: Iterable[str]) -> list[str]:
    """Those of the skipped test ids that no glob names, sorted, each once."""
    allowed = tuple(globs)
    return sorted({test for test in skipped if not any(fnmatchcase(test, glob) for glob in allowed)})


class SkipPolicy:
    """Fails the run when a test was skipped, or failed as expected, without being on the list."""

    def __init__(self, globs: Iterable[str]) -> None:
        self._globs = tuple(globs)
        self._skipped: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note each skip; with xdist this is called where the reports come together."""
        if report.skipped:
            self._skipped[report.nodeid] = _reason(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a file that is skipped as a whole."""
        if report.skipped:
            self._skipped[report.nodeid] = _reason(report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn a success with unlisted skips into a failure."""
        if session.exitstatus == pytest.ExitCode.OK and not_allowed(self._skipped, self._globs):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name them."""
        wrong = not_allowed(self._skipped, self._globs)
        if wrong:
            terminalreporter.section(f"skipped without being in tests/{ALLOWED.name}", red=True)
            for test in wrong:
                terminalreporter.line(f"{test}: {self._skipped[test]}")


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(getattr(report, "wasxfail", ""))
