"""The verb config: all that is configured as one file, what a file would change, and putting it in force."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any, Final

from agent.cli.client import OK, PROBLEM, USAGE, Failure, ask
from agent.cli.options import Verbs, add_verb, described
from agent.cli.output import paint, printable, show_json

LARGEST: Final = 1_048_000
"""Bytes of a file as it is asked about: a question on the control socket has at most a megabyte."""
LARGEST_SENT: Final = 1_048_576
"""Bytes of a file that comes by Download (agent.vendor_files.document)."""
SHOWN: Final = 200


def register(verbs: Verbs) -> None:
    """Add the verb, with one below it for each thing it does."""
    about = "All that the ACS and people have configured, as one file: make it, look what it would change, restore it."
    examples = [f"cpe-agent config {action} router.json" for action in ("backup", "preview", "restore")]
    parser = described(verbs, "config", about, "\n".join(examples))
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    backup = add_verb(
        actions,
        "backup",
        _backup,
        "Write all that is configured into a file (or to standard output). Secrets are sealed, as [backup] says.",
        "cpe-agent config backup router.json\ncpe-agent config backup --secrets omitted > router.json",
        help="write all that is configured into a file",
    )
    backup.add_argument("file", metavar="FILE", nargs="?", default="-", help="where to; - is standard output")
    ways = ("sealed", "omitted", "plain")
    backup.add_argument("--secrets", choices=ways, default="", help="what becomes of secrets, for this file")
    for name, what in (("preview", "Show what a file would change"), ("restore", "Put a file in force as a whole")):
        action = add_verb(
            actions,
            name,
            _preview if name == "preview" else _restore,
            f"{what}, or each reason why it cannot be. The credentials of connection requests stay as they are.\n"
            "Exit codes: 0 done, 4 refused and nothing changed.",
            f"cpe-agent config {name} router.json\ncpe-agent config {name} router.json --json",
            help=f"{what[0].lower()}{what[1:]}",
        )
        action.add_argument(
            "file", metavar="FILE", help="a file of `config backup`, or an upload's; - is standard input"
        )
        action.add_argument("--without-secrets", action="store_true", help="do without secrets that nobody can open")


def _backup(options: argparse.Namespace) -> int:
    content = ask(options, "config", action="backup", secrets=options.secrets)["content"]
    if options.file == "-":
        sys.stdout.write(content)
        return OK
    place = Path(options.file)
    try:
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
    except OSError as error:
        raise Failure("unwritable", f"{place}: {error.strerror}", "name a file that can be written", PROBLEM) from None
    size = len(content.encode())
    if options.json:
        show_json({"file": str(place), "bytes": size})
    else:
        print(f"{printable(place)}: {size} bytes")
        print(f"next: cpe-agent config preview {printable(place)} shows what it would change")
    return OK


def _preview(options: argparse.Namespace) -> int:
    told = _asked(options, "preview")
    if options.json:
        show_json(told)
        return OK
    _show(told)
    if told["changes"]:
        when = " when no session runs" if told["status"] else ""
        print(f"next: cpe-agent config restore {printable(options.file)} makes it so{when}")
    return OK


def _restore(options: argparse.Namespace) -> int:
    told = _asked(options, "restore")
    if options.json:
        show_json(told)
        return OK
    _show(told)
    if told["status"]:
        print(
            "it cuts the way to the ACS: it is made when no session runs, and taken back unless the ACS is reached then"
        )
    elif told["changes"]:
        print(paint("it is in force", "green"))
    return OK


def _asked(options: argparse.Namespace, action: str) -> dict[str, Any]:
    try:
        content = sys.stdin.buffer.read() if options.file == "-" else Path(options.file).read_bytes()
    except OSError as error:
        raise Failure(
            "unreadable", f"{options.file}: {error.strerror}", "name a file that can be read", USAGE
        ) from None
    try:
        text = content.decode()
        size = len(json.dumps(text, ensure_ascii=False).encode())
    except UnicodeDecodeError:
        raise Failure("invalid_value", f"{options.file} is no text", "name a configuration file", USAGE) from None
    if size > LARGEST:
        said = f"{options.file} takes {size} bytes on the control socket, which has room for {LARGEST}"
        step = f"have the ACS send it: Download of a 3 Vendor Configuration File takes {LARGEST_SENT} bytes"
        if len(content) > LARGEST_SENT:
            step = f"name a file that `config backup` made: none has more than {LARGEST_SENT} bytes"
        raise Failure("too_large", said, step, USAGE)
    return ask(options, "config", action=action, content=text, without_secrets=options.without_secrets)


def _show(told: dict[str, Any]) -> None:
    about, secrets = told["about"], told["secrets"]
    made = " ".join(printable(about[name]) for name in ("made", "product_class", "serial_number") if about.get(name))
    print(paint(f"configuration of {made}", "dim"))
    for one in told["changes"][:SHOWN]:
        before, after = (_value(one, name) for name in ("before", "after"))
        print(f"{printable(one['path'])}  {paint(before, 'red')} → {paint(after, 'green')}")
    more = told["more_changes"] + max(0, len(told["changes"]) - SHOWN)
    if more:
        print(f"and {more} more; --json lists them")
    for name in told.get("packages", ()):
        print(f"/etc/config/{printable(name)}  differs")
    if not told["changes"] and not told.get("packages"):
        print("all but secrets is as the file says" if secrets["kept"] else "everything is as the file says")
    if secrets["kept"]:
        said = "secrets of the file are left out of it, or sealed by another device: those of this one stay"
        print(paint(f"{secrets['kept']} {said}", "yellow"))
        print(paint("what is sealed with [backup] passphrase opens on every device that has the same", "dim"))
    for place in told.get("unknown", ()):
        print(paint(f"not known here, left out: {printable(place)}", "yellow"))
    for place in secrets["missing"]:
        print(paint(f"without its secret: {printable(place)}", "yellow"))


def _value(one: dict[str, Any], name: str) -> str:
    if "secret" in one:
        return "******" if name == "before" else f"****** ({printable(one['secret'])})"
    value = one[name]
    return "–" if value is None else printable(value) or '""'
