"""The verb doctor: what is wrong, and what to do about it."""

import argparse
from typing import Any

from agent.cli.client import OK, PROBLEM, ask
from agent.cli.options import Verbs, add_verb
from agent.cli.output import paint, printable, show_json


def register(verbs: Verbs) -> None:
    """Add the verb."""
    add_verb(
        verbs,
        "doctor",
        _doctor,
        "Look for what is wrong with this device's management; 1 when something is.",
        "cpe-agent doctor\ncpe-agent doctor --json",
    )


def _doctor(options: argparse.Namespace) -> int:
    answer = ask(options, "doctor")
    checks: list[dict[str, Any]] = answer["checks"]
    if options.json:
        show_json({"checks": checks})
    else:
        for check in checks:
            mark = paint("✔", "green") if check["ok"] else paint("✘", "red")
            print(f"{mark} {check['name']}: {printable(check['what'])}")
            if check["next"]:
                print(f"  next: {printable(check['next'])}")
    return OK if all(check["ok"] for check in checks) else PROBLEM
