"""Where the log goes: standard error, without secrets; the journal puts the time before it by itself."""

import logging
import os
import sys

from agent.runtime.redactor import RedactingFilter, Redactor


def log_to_standard_error(level: str, redactor: Redactor) -> None:
    """From now on; ``level`` is "debug", "info", "warning" or "error"."""
    handler = logging.StreamHandler(sys.stderr)
    what = "%(levelname)s %(message)s"
    handler.setFormatter(logging.Formatter(what if "JOURNAL_STREAM" in os.environ else f"%(asctime)s {what}"))
    handler.addFilter(RedactingFilter(redactor))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("urllib3").setLevel(logging.WARNING)
