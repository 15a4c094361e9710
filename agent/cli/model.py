"""The verbs that read and change the data model: get, set, add, delete, names, attributes."""

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final

from agent.cli.client import OK, PROBLEM, USAGE, Failure, ask
from agent.cli.options import Verbs, add_verb
from agent.cli.output import paint, printable, show_json, show_table

NOTIFICATIONS: Final = ("off", "passive", "active")


def register(verbs: Verbs) -> None:
    """Add the verbs of this group."""
    _register_get(verbs)
    _register_set(verbs)
    add = add_verb(
        verbs, "add", _add, "Make a new, disabled instance in a table.", "cpe-agent add Device.IP.Interface."
    )
    add.add_argument("path", metavar="PATH", help="the table, ending in a dot")
    delete = add_verb(verbs, "delete", _delete, "Remove an instance.", "cpe-agent delete Device.IP.Interface.3.")
    delete.add_argument("path", metavar="PATH", help="the instance, ending in a dot")
    names = add_verb(
        verbs,
        "names",
        _names,
        "List parameters and objects; w marks what can be changed.",
        "cpe-agent names Device.IP. --next-level",
    )
    names.add_argument("path", metavar="PATH", nargs="?", default="", help="where to begin; without it: the whole tree")
    names.add_argument("--next-level", action="store_true", help="only what is directly below it")
    attributes = add_verb(
        verbs,
        "attributes",
        _attributes,
        "Show, or change, which parameters the ACS is told of when they change.",
        "cpe-agent attributes Device.DeviceInfo.\n"
        "cpe-agent attributes Device.IP.Interface.1.Status --notification active",
    )
    attributes.add_argument("path", metavar="PATH", help="a parameter, or an object ending in a dot")
    attributes.add_argument(
        "--notification", metavar="N", type=_notification, help="0 or off, 1 or passive, 2 or active", default=None
    )


def _register_get(verbs: Verbs) -> None:
    get = add_verb(
        verbs,
        "get",
        _get,
        "Read parameters.",
        "cpe-agent get Device.DeviceInfo.UpTime Device.IP.\ncpe-agent get 'Device.*.Stats.BytesReceived' --explain",
    )
    get.add_argument(
        "paths", metavar="PATH", nargs="+", help="a parameter, an object ending in a dot, or a glob with * and ?"
    )
    get.add_argument("--explain", action="store_true", help="also say where in the system each value comes from")


def _register_set(verbs: Verbs) -> None:
    set_ = add_verb(
        verbs,
        "set",
        _set,
        "Change parameters: all of them, or none when one is refused.",
        "cpe-agent set Device.IP.Interface.2.Enable=true Device.IP.Interface.2.MaxMTUSize=1400",
    )
    set_.add_argument("assignments", metavar="PATH=VALUE", nargs="+", help="a parameter and its new value")


def _get(options: argparse.Namespace) -> int:
    answer = ask(options, "get", paths=options.paths, explain=options.explain)
    parameters: list[dict[str, Any]] = answer["parameters"]
    if not parameters and any(mark in path for path in options.paths for mark in "*?"):
        raise Failure(
            "no_match", "no parameter fits", "`cpe-agent names` lists what there is; quote globs for the shell", PROBLEM
        )
    if options.json:
        show_json(answer)
    else:
        columns = ("path", "value", "source") if options.explain else ("path", "value")
        show_table([[each.get(column, "") for column in columns] for each in parameters])
    return OK


def _set(options: argparse.Namespace) -> int:
    wanted = dict(_assignments(options.assignments))
    answer = ask(options, "set", values=wanted)
    if any(path.endswith("ManagementServer.URL") and value.startswith("http:") for path, value in wanted.items()):
        print("warning: with http:// anybody on the way to the ACS can read and change what is said", file=sys.stderr)
    return _show_outcome(options, answer, "changed")


def _assignments(texts: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Split at the first equals sign that is not inside an alias ("[a=b]")."""
    seen = set()
    for text in texts:
        found = re.fullmatch(r"((?:\[[^\]]*\]|[^=\[])+)=(.*)", text, re.DOTALL)
        if not found:
            raise Failure("usage", f"{text!r} is no PATH=VALUE", "see cpe-agent set --help", USAGE)
        if found[1] in seen:
            raise Failure("usage", f"{found[1]} is given twice", "give each parameter one value", USAGE)
        seen.add(found[1])
        yield found[1], found[2]


def _add(options: argparse.Namespace) -> int:
    answer = ask(options, "add", path=options.path)
    if options.json:
        show_json(answer)
    else:
        print(printable(answer["path"]))
    return OK


def _delete(options: argparse.Namespace) -> int:
    return _show_outcome(options, ask(options, "delete", path=options.path), "deleted")


def _show_outcome(options: argparse.Namespace, answer: dict[str, Any], done: str) -> int:
    if options.json:
        show_json(answer)
    elif answer.get("status"):
        print("accepted; it takes effect when no session needs the connection, and is undone if the ACS is lost by it")
    else:
        print(paint(done, "green"))
    return OK


def _names(options: argparse.Namespace) -> int:
    answer = ask(options, "names", path=options.path, next_level=options.next_level)
    if options.json:
        show_json(answer)
    else:
        show_table([("w" if name["writable"] else "-", name["path"]) for name in answer["names"]])
    return OK


def _notification(text: str) -> int:
    if text in NOTIFICATIONS:
        return NOTIFICATIONS.index(text)
    if text in map(str, range(len(NOTIFICATIONS))):
        return int(text)
    raise argparse.ArgumentTypeError("0 or off, 1 or passive, 2 or active")


def _attributes(options: argparse.Namespace) -> int:
    more = {} if options.notification is None else {"notification": options.notification}
    answer = ask(options, "attributes", path=options.path, **more)
    if options.json:
        show_json(answer)
    else:
        show_table([_attribute_row(each) for each in answer["attributes"]], headers=("notification", "access", "path"))
    return OK


def _attribute_row(attribute: dict[str, Any]) -> tuple[str, str, str]:
    level = attribute["notification"]
    word = NOTIFICATIONS[level] if level in range(len(NOTIFICATIONS)) else str(level)
    return word, ",".join(attribute["access_list"]) or "-", attribute["path"]
