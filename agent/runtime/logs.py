"""Where the log goes: standard error, the journal or syslog, and the last lines in memory; without secrets."""

import logging
import os
import sys
from collections import deque
from typing import Any, Final

from agent.runtime.redactor import RedactingFilter, Redactor

KEPT: Final = 500
"""Lines of the log that stay in memory."""
LONGEST: Final = 2000
"""Characters of a line that stay in memory; a traceback is longer."""

SAID: Final = frozenset({"configured", "diagnostics", "module", "refused"})
"""Kinds of events that have a line of their own."""

_Kept = tuple[int, float, str, str, str]


class LogRing(logging.Handler):
    """The last lines of the log. Read from any thread: what has come in meanwhile is simply there or not."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: deque[_Kept] = deque(maxlen=KEPT)
        self._number = 0
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self._number += 1
        text = self.format(record)
        text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
        self._kept.append((self._number, record.created, record.levelname.lower(), record.name, text))

    def lines(self, after: int = 0) -> list[dict[str, Any]]:
        """Those with a number above ``after``, oldest first: n, at (Unix time), level, logger, text."""
        kept = self._kept.copy()
        names = ("n", "at", "level", "logger", "text")
        return [dict(zip(names, one, strict=True)) for one in kept if one[0] > after]


class ForeseenFilter(logging.Filter):
    """For handlers: a failure that says of itself that it was foreseen, as those of mechanisms do, is told in the same
    line; its traceback would say nothing of what is wrong. An accident keeps it.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten; every record passes."""
        failure = record.exc_info[1] if record.exc_info else None
        if getattr(failure, "is_foreseen", False) is True:
            record.msg, record.args = "%s: %s", (record.getMessage(), " ".join(str(failure).split()))
            record.exc_info = record.exc_text = None
        return True


class SteadyFilter(logging.Filter):
    """For handlers: what came from elsewhere makes up no line of its own, and steers no terminal.

    A message is one line; the lines of a traceback are indented. What passed once passes again unchanged.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Escape; every record passes."""
        record.msg, record.args = _printable(" | ".join(record.getMessage().strip().split("\n"))), ()
        if record.exc_text:
            lines = map(_printable, record.exc_text.split("\n"))
            record.exc_text = "\n".join(line if line.startswith("  ") else f"  {line}" for line in lines)
        return True


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def is_line(record: logging.LogRecord) -> bool:
    """For handlers that show lines: an event as far as the level lets it, unless it is in the log already, in the words
    of whoever noted it.
    """
    event = getattr(record, "event", None)
    return event is None or (event["kind"] not in SAID and record.levelno >= logging.getLogger().level)


def log_to(target: str, level: str, redactor: Redactor) -> LogRing:
    """From now on; ``level`` is "debug", "info", "warning" or "error". The last lines can be read again.

    ``target``: "stderr", "journal" or "syslog"; "auto" is the journal where standard error is the journal's, so that
    it gets the fields as well.
    """
    from agent.runtime import log_targets as targets

    kept = LogRing()
    shown: logging.Handler
    if target == "journal" or (target == "auto" and targets.is_shown_by_journal()):
        shown = targets.JournalHandler()
    elif target == "syslog":
        shown = targets.SyslogHandler()
    else:
        shown = logging.StreamHandler(sys.stderr)
        what = "%(levelname)s %(message)s"
        shown.setFormatter(logging.Formatter(what if "JOURNAL_STREAM" in os.environ else f"%(asctime)s {what}"))
        shown.addFilter(is_line)
    kept.addFilter(is_line)
    for handler in (shown, kept):
        handler.addFilter(ForeseenFilter())
        handler.addFilter(RedactingFilter(redactor))
        handler.addFilter(SteadyFilter())
    logging.basicConfig(level=level.upper(), handlers=[shown, kept], force=True)
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    logging.getLogger("cpe-agent.event").setLevel(logging.INFO)  # an event is told whatever lines are not
    return kept
