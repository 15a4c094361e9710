"""The verb history: what happened to this device, and as it happens."""

import argparse
from typing import Any, Final

from agent.cli.client import OK, stream
from agent.cli.options import Verbs, add_verb, count
from agent.cli.output import paint, printable, show_json

SHOWN: Final = 100
COLOURS: Final = {"Critical": "red", "Major": "red", "Minor": "yellow", "Warning": "yellow", "Cleared": "green"}


def register(verbs: Verbs) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs,
        "history",
        _history,
        "Show what happened, the newest at the bottom: every write, refused log-ins and connection requests,\n"
        "transfers, firmware, modules, reboots, lost links, diagnostics. Never a value, never a secret.",
        "cpe-agent history\ncpe-agent history -f\ncpe-agent history --kind transfer --json",
    )
    parser.add_argument("-f", "--follow", action="store_true", help="go on showing what happens, until Ctrl-C")
    parser.add_argument("--kind", metavar="KIND", help="only this kind: configured, refused, link, reboot, transfer …")
    parser.add_argument("-n", "--lines", metavar="N", type=count, default=SHOWN, help=f"at most so many ({SHOWN})")


def _history(options: argparse.Namespace) -> int:
    asked = {"most": options.lines, "follow": options.follow}
    for answer in stream(options, "history", **asked, **({"kind": options.kind} if options.kind else {})):
        if options.json:
            show_json(answer)
        elif "events" in answer:
            for event in reversed(answer["events"]):
                _show(event)
            if not answer["events"] and options.lines and not options.follow:
                print("nothing was noted yet" if not options.kind else f"nothing of the kind {printable(options.kind)}")
        else:
            _show(answer["event"])
    return OK


def _show(event: dict[str, Any]) -> None:
    when = str(event.get("at") or "").partition(".")[0].removesuffix("Z").replace("T", " ") or "-".ljust(19)
    colour = COLOURS.get(str(event.get("severity")), "")
    text = printable(event.get("text", ""))
    source = printable(event.get("source", ""))
    about = paint(f"  {source}", "dim") if source and source not in text else ""
    fields = "  ".join(f"{printable(name)}={printable(value)}" for name, value in event.get("fields", {}).items())
    line = f"{when}  {printable(event.get('kind', '')).ljust(11)}  {paint(text, colour) if colour else text}{about}"
    print(f"{line}  {paint(fields, 'dim')}" if fields else line, flush=True)
