"""The verb version."""

import argparse
import platform
from typing import Any

from agent.cli.client import OK, Failure, ask
from agent.cli.options import Verbs, add_verb
from agent.cli.output import show_json, show_table
from agent.version import VERSION


def register(verbs: Verbs) -> None:
    """Add the verb."""
    add_verb(
        verbs,
        "version",
        _version,
        "Show the version of this program and of the running agent.",
        "cpe-agent version --json",
    )


def _version(options: argparse.Namespace) -> int:
    document: dict[str, Any] = {"version": VERSION, "python": platform.python_version()}
    try:
        document["running"] = ask(options, "version").get("version")
    except Failure as failure:
        document["running"] = None
        why = failure.message
    if options.json:
        show_json(document)
    else:
        running = document["running"] or f"none ({why})"
        show_table([("cpe-agent", VERSION), ("Python", document["python"]), ("running agent", running)])
    return OK
