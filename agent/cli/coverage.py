"""The verb coverage: how much of each TR-181 profile this device answers, and why not the rest."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from agent.cli.client import OK, PROBLEM, Failure, ask
from agent.cli.options import Verbs, add_verb
from agent.cli.output import paint, printable, show_json

Profile = Mapping[str, Any]
NO_REASON: Final = "not supported"
MOST_NAMED: Final = 3


def register(verbs: Verbs) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs,
        "coverage",
        _coverage,
        "Show how much of each TR-181 profile this device answers, and why not the rest.",
        "cpe-agent coverage\ncpe-agent coverage --profile NAT:1\ncpe-agent coverage --all --json",
    )
    parser.add_argument("--profile", metavar="NAME", help="one profile, with every parameter that is missing")
    parser.add_argument("--all", action="store_true", help="every profile of the data model, not a gateway's only")


def _coverage(options: argparse.Namespace) -> int:
    answer = ask(options, "coverage", profile=options.profile or "", all=options.all)
    profiles: list[Profile] = answer["profiles"]
    if options.profile and not profiles:
        raise Failure(
            "no_match",
            f"the data model has no profile {options.profile}",
            "`cpe-agent coverage --all` lists them",
            PROBLEM,
        )
    if options.json:
        show_json({"profiles": profiles})
        return OK
    groups = [] if options.profile or options.all else answer["groups"]
    for line in one(profiles[0]) if options.profile else table(profiles, groups):
        print(line)
    return OK


def one(profile: Profile) -> Iterator[str]:
    """A profile and each parameter that it misses."""
    yield f"{profile['name']}: {profile['bound']} of {profile['required']} parameters"
    for missing in profile["missing"]:
        yield f"  {printable(missing['path'])}: {printable(missing['reason']) or NO_REASON}"


def table(profiles: Sequence[Profile], groups: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A line for each profile under its group's heading, reasons for what is missing behind it, and the sum."""
    by_name = {profile["name"]: profile for profile in profiles}
    width = max((len(name) for name in by_name), default=0)
    headed = [(group["name"], group["profiles"]) for group in groups] or [("", list(by_name))]
    for heading, names in headed:
        shown = [by_name[name] for name in names if name in by_name]
        if heading and shown:
            yield paint(f"{heading}  {_share(shown)}", "bold")
        for profile in shown:
            yield from _line(profile, width)
    whole = sum(profile["bound"] == profile["required"] for profile in profiles)
    yield paint(f"{whole} of {len(profiles)} profiles whole, {_share(profiles)}", "bold")


def _line(profile: Profile, width: int) -> Iterator[str]:
    bound, required = profile["bound"], profile["required"]
    count = f"{bound:>3}/{required:<3}"
    yield f"  {profile['name'].ljust(width)}  {count if bound == required else paint(count, 'yellow')}"
    by_reason: dict[str, list[str]] = {}
    for missing in profile["missing"]:
        by_reason.setdefault(missing["reason"] or NO_REASON, []).append(missing["path"])
    for reason, paths in by_reason.items():
        names = ", ".join(path.rpartition(".")[2] for path in paths[:MOST_NAMED])
        more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
        yield paint(f"  {' ' * width}  {printable(reason)}: {printable(names)}{more}", "dim")


def _share(profiles: Sequence[Profile]) -> str:
    bound, required = (sum(profile[key] for profile in profiles) for key in ("bound", "required"))
    return f"{bound} of {required} parameters ({100 * bound // max(required, 1)} %)"
