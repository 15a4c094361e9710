"""The verb status: how the agent is, on one screen."""

import argparse
from collections.abc import Iterator, Mapping
from typing import Any, Final

from agent.cli.client import OK, ask
from agent.cli.options import Verbs, add_verb
from agent.cli.output import paint, printable, show_json

SECONDS: Final = "_seconds"
"""How the keys of durations end; people read the unit behind the number."""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    add_verb(verbs, "status", _status, "Show how the agent is.", "cpe-agent status\ncpe-agent status --json")


def _status(options: argparse.Namespace) -> int:
    answer = ask(options, "status")
    if options.json:
        show_json(answer)
    else:
        for line in lines(answer):
            print(line)
    return OK


def lines(status: Mapping[str, Any]) -> Iterator[str]:
    """Render a status document: a heading for each part, its facts aligned below; parts it does not know as well."""
    parts = {name: part for name, part in status.items() if isinstance(part, Mapping)}
    width = max((len(_words(key)) for part in parts.values() for key in part), default=0)
    for name, part in parts.items():
        yield paint(_words(name), "bold")
        for key, value in part.items():
            unit = " s" if key.endswith(SECONDS) and value is not None else ""
            yield f"  {_words(key).ljust(width)}  {_shown(value)}{unit}"


def _words(key: str) -> str:
    return key.removesuffix(SECONDS).replace("_", " ")


def _shown(value: Any) -> str:
    match value:
        case None | "":
            return paint("-", "dim")
        case list() | Mapping() if not value:
            return paint("-", "dim")
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(_shown(each) for each in value)
        case Mapping():
            return ", ".join(f"{key.replace('_', ' ')} {_shown(each)}" for key, each in value.items())
        case _:
            return printable(value)
