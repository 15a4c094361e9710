"""The page's side of the verb setup: a one-time code for its first visit, and forgetting its password."""

import argparse

from agent.cli.client import OK, ask
from agent.cli.output import printable, show_json


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to the verb."""
    page = parser.add_argument_group("the page", "asked of the running agent; for nobody but this machine's owner")
    what = page.add_mutually_exclusive_group()
    what.add_argument(
        "--code", action="store_true", help="make a one-time code for the first visit, good for 15 minutes"
    )
    what.add_argument("--forget-password", action="store_true", help="end every log-in; the next visit needs a code")


def is_asked(options: argparse.Namespace) -> bool:
    """Whether one of them was given."""
    return bool(options.code or options.forget_password)


def run(options: argparse.Namespace) -> int:
    """Do it. Raises Failure."""
    if options.forget_password:
        answer = ask(options, "page_forget")
        said = ["the page's password is forgotten" if answer["forgotten"] else "the page had no password"]
        said.append("  next: cpe-agent setup --code")
    else:
        answer = ask(options, "page_code")
        said = [f"{answer['code']}  (once, within {answer['seconds'] / 60:.0f} minutes)", *map(str, answer["urls"])]
        left_out = answer.get("left_out", {})
        said += [f"not on {link}: {why}" for link, why in left_out.items()]
        said += ["  next: [web] interfaces in the settings file names the links where it is to be served"] * bool(
            left_out
        )
    if options.json:
        show_json(answer)
        return OK
    for line in said:
        print(printable(line))
    return OK
