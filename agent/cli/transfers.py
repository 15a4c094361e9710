"""The verb transfers: the files that the ACS has sent for, with a progress bar while they are moved."""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from agent.cli.client import OK, PROBLEM, ask
from agent.cli.options import Verbs, add_verb
from agent.cli.output import paint, printable, show_json

EVERY: Final = 0.5
"""Seconds between two looks of ``--watch``."""
WIDTH: Final = 28
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")
_STATES: Final = {
    "waiting": "waits",
    "moving": "is on its way",
    "arrived": "is there",
    "taking": "is put in force",
    "awaiting": "is to prove itself",
    "ended": "has ended, the ACS is to hear of it",
}


def register(verbs: Verbs) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs,
        "transfers",
        _transfers,
        "Show the files that are fetched and sent, and have a say in it.",
        "cpe-agent transfers\ncpe-agent transfers -w\ncpe-agent transfers --confirm 3\n"
        'cpe-agent transfers --request "1 Firmware Upgrade Image"\n'
        "cpe-agent transfers -w --fetch https://files.example/backup.json --type '3 Vendor Configuration File'",
    )
    parser.add_argument("-w", "--watch", action="store_true", help="go on until none is left, or --fetch is over")
    change = parser.add_mutually_exclusive_group()
    change.add_argument("--cancel", metavar="NUMBER", help="give a transfer up; the ACS hears of its own")
    change.add_argument("--confirm", metavar="NUMBER", help="agree to a transfer that waits for somebody's consent")
    change.add_argument("--fetch", metavar="URL", help="fetch a file here, of the type that --type names")
    change.add_argument("--request", metavar="TYPE", help="ask the ACS to start a download of this file type")
    parser.add_argument(
        "--type", metavar="TYPE", default="1 Firmware Upgrade Image", help="with --fetch; default firmware"
    )


def _transfers(options: argparse.Namespace) -> int:
    changes = {name: getattr(options, name) for name in ("cancel", "confirm", "request", "fetch")}
    answer = ask(options, "transfers", **changes, file_type=options.type if options.fetch else None)
    if not options.watch:
        _show(answer, options.json)
        return OK
    own = answer["transfers"][-1]["id"] if options.fetch else None
    height, status, before, stood = 0, OK, set[str](), dict[str, Any]()
    while True:
        over = [one for one in answer["over"] if one["id"] in before]
        before = {one["id"] for one in answer["transfers"] if one["state"] != "ended"}
        over = [one for one in over if one["id"] not in before]
        if any(one["code"] or one["text"] for one in over if own in (None, one["id"])):
            status = PROBLEM
        stands = _timeless(answer)
        is_shown = stands != stood or sys.stdout.isatty()
        if is_shown and options.json:
            show_json(answer)
        elif is_shown:
            told = [_outcome(one) for one in over]
            left = lines(answer) if answer["transfers"] or answer["requests"] or not told else ()
            height = _again([*told, *left], height) - len(told)
        if not before or (own and own not in before):
            return status
        stood = stands
        time.sleep(EVERY)
        answer = ask(options, "transfers")


def _timeless(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What of it is no news because time passes."""
    return {**answer, "transfers": [{**one, "seconds": None, "rate": None} for one in answer["transfers"]]}


def _outcome(one: Mapping[str, Any]) -> str:
    text = printable(" ".join(str(part) for part in (one["code"], one["text"]) if part))
    return paint(f"{one['id']}  {text}", "red") if text else f"{one['id']}  is done"


def _show(answer: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(dict(answer))
        return
    for line in lines(answer):
        print(line)


def _again(shown: Sequence[str], height: int) -> int:
    """Write the lines where the ones before stood, on a terminal; elsewhere below them."""
    if height and sys.stdout.isatty():
        sys.stdout.write(f"\033[{height}A\033[J")
    print("\n".join(shown), flush=True)
    return len(shown)


def lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """The transfers for people, one or two lines each."""
    transfers, requests = answer.get("transfers", ()), answer.get("requests", ())
    for one in transfers:
        yield from _lines(one)
    for wanted in requests:
        yield f"the ACS is asked for a download: {printable(wanted)}"
    if not transfers and not requests:
        yield "no file is fetched or sent"


def _lines(one: Mapping[str, Any]) -> Iterator[str]:
    key = f"  {printable(one['command_key'])}" if one["command_key"] else ""
    head = f"{one['id']}  {one['direction']}  {printable(one['file_type'])}{key}"
    yield f"{paint(head, 'bold')}  {printable(one['url'])}"
    yield f"   {_state(one)}"
    if one["needs_confirmation"]:
        said = f": {printable(one['message'])}" if one["message"] else ""
        yield paint(f"   it waits for your consent{said}; cpe-agent transfers --confirm {one['id']}", "yellow")
    if fault := one["fault"]:
        yield paint(f"   {fault['code']} {printable(fault['text'])}", "red")


def _state(one: Mapping[str, Any]) -> str:
    words = _STATES.get(one["state"], printable(one["state"]))
    if one["state"] == "moving" and one["done"] is not None:
        return f"{bar(one['done'], one['total'])}  {size(one['rate'] or 0)}/s"
    if one["state"] == "waiting" and one["seconds"]:
        return f"{words}, {duration(one['seconds'])} to go" + (f" (try {one['tries'] + 1})" if one["tries"] else "")
    return f"{words} behind {one['behind']}" if one.get("behind") else words


def bar(done: int, total: int | None) -> str:
    """How much of it is there, as a bar and in figures; the size alone where the whole is not known."""
    if not total:
        return size(done)
    part = min(1.0, done / total)
    full = round(part * WIDTH)
    return f"[{'#' * full}{'.' * (WIDTH - full)}] {part:4.0%}  {size(done)} of {size(total)}"


def size(octets: float) -> str:
    """A size for people."""
    for unit in _UNITS[:-1]:
        if octets < 1000:
            return f"{octets:.0f} {unit}" if unit == "B" else f"{octets:.1f} {unit}"
        octets /= 1000
    return f"{octets:.1f} {_UNITS[-1]}"


def duration(seconds: float) -> str:
    """A time for people, in its largest two units."""
    for unit, length, smaller, part in (("d", 86_400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit} {seconds % length // part:.0f} {smaller}"
    return f"{seconds:.0f} s"
