"""What every verb's command line has in common."""

import argparse
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Verbs = argparse._SubParsersAction[Any]
else:
    Verbs = Any
"""What ``register`` of each group gets: its ``add_parser`` adds a verb."""


def add_verb(
    verbs: Verbs, name: str, run: Callable[[argparse.Namespace], int], description: str, example: str, **more: Any
) -> argparse.ArgumentParser:
    """Add a verb that asks the running agent. ``run`` gets the parsed options and returns the exit code."""
    parser = described(verbs, name, description, example, **more)
    parser.add_argument("--json", action="store_true", help='one JSON document with "schema": 1')
    parser.add_argument("--config", metavar="FILE", help="the agent's settings file; tells where its socket is")
    parser.add_argument("--socket", metavar="PATH", help="the agent's control socket (or CPE_AGENT_SOCKET)")
    parser.set_defaults(run=run)
    return parser


def described(verbs: Verbs, name: str, description: str, example: str, **more: Any) -> argparse.ArgumentParser:
    """Add a verb whose help ends with an example; ``more`` is argparse's."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        name,
        description=description,
        epilog="example:\n" + "\n".join(f"  {line}" for line in example.splitlines()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        **more,
    )
    return parser


def count(text: str) -> int:
    """A whole number from 0, as ``type=`` of an option; for anything else argparse says what was wrong."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0")
    return int(text)


def seconds(text: str) -> float:
    """A time from 0, below a year, as ``type=`` of an option."""
    with suppress(ValueError):
        if 0 <= float(text) < 365 * 86_400:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
