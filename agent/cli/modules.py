"""The verb modules: which software modules there are, what of them runs, what the ACS has ordered; and making one."""

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

from agent.cli.client import OK, PROBLEM, USAGE, Failure, ask
from agent.cli.options import Verbs, add_verb
from agent.cli.output import paint, printable, show_json, show_table

MAKING = """\
cpe-agent modules manifest tree/ --name greeter --vendor example.com --version 2.0 --unit 'main=bin/greet -v' > m.json
usign -S -m m.json -s vendor.sec -x m.sig
cpe-agent modules pack tree/ m.json m.sig -o greeter-2.0.module
cpe-agent modules check greeter-2.0.module --key vendor.pub"""


def register(verbs: Verbs) -> None:
    """Add the verb, with one below it for each thing that needs no agent."""
    about = "Show the software modules: environments, deployment units, execution units, and the ACS's orders."
    parser = add_verb(
        verbs,
        "modules",
        _modules,
        f"{about}\nBelow it: make a signed archive of a directory, and look at one.",
        f"cpe-agent modules\ncpe-agent modules --json\n{MAKING}",
    )
    actions = parser.add_subparsers(metavar="ACTION")
    making = add_verb(
        actions,
        "manifest",
        _manifest,
        "Print what is to be signed of a directory, with usign, signify or minisign.",
        MAKING.splitlines()[0],
        help="what is to be signed of a directory",
    )
    making.add_argument("folder", metavar="DIR", type=Path)
    for name, what in (("name", "what the module is called"), ("vendor", "whose it is, such as example.com"),
                       ("version", "what devices compare with the one that they have")):  # fmt: skip
        making.add_argument(f"--{name}", required=True, help=what)
    making.add_argument("--description", default="", help="what it does, for people")
    making.add_argument("--architecture", default="", help="of `uname -m`; without it, any")
    making.add_argument("--requires", action="append", default=[], metavar="NAME[>=VERSION]", help="another module")
    making.add_argument(
        "--unit", action="append", default=[], metavar="NAME=PROGRAM …", help="what runs of it, and how"
    )
    making.add_argument("--privileged", action="append", default=[], metavar="NAME", help="a unit that runs as root")
    making.add_argument("--by-hand", action="append", default=[], metavar="NAME", help="one that does not start itself")
    packing = add_verb(
        actions,
        "pack",
        _pack,
        "Put the directory, its manifest and the signature of that into one file for the ACS to send.",
        MAKING.splitlines()[2],
        help="directory, manifest and signature as one file",
    )
    for name, metavar in (("folder", "DIR"), ("manifest", "MANIFEST"), ("signature", "SIGNATURE")):
        packing.add_argument(name, metavar=metavar, type=Path)
    packing.add_argument("-o", "--output", metavar="FILE", type=Path, required=True)
    checking = add_verb(
        actions,
        "check",
        _check,
        "Tell what an archive says of itself. Exit codes: 0 it is whole, and signed by the key; 1 it is not.",
        MAKING.splitlines()[3],
        help="whether a device with that key would believe an archive",
    )
    checking.add_argument("file", metavar="FILE", type=Path)
    checking.add_argument("--key", metavar="FILE", type=Path, help="a public key, or a directory of some")


def _manifest(options: argparse.Namespace) -> int:
    from agent.modules import packaging

    told = {name: getattr(options, name) for name in ("name", "vendor", "version", "description", "architecture")}
    units = [_unit(one, options) for one in options.unit]
    for name in sorted({*options.privileged, *options.by_hand} - {unit["name"] for unit in units}):
        raise Failure("usage", f"no --unit is called {name!r}", "name each unit by --unit NAME=PROGRAM", USAGE)
    try:
        made = packaging.manifest(options.folder, {**told, "requires": options.requires, "units": units})
    except packaging.Refused as refused:
        return _refused(refused)
    sys.stdout.write(made.decode())
    return OK


def _unit(text: str, options: argparse.Namespace) -> dict[str, Any]:
    name, _, words = text.partition("=")
    try:
        arguments = shlex.split(words)
    except ValueError as wrong:
        raise Failure("usage", f"--unit {text!r}: {wrong}", "close the quotes", USAGE) from None
    unit: dict[str, Any] = {"name": name, "arguments": arguments}
    if name in options.privileged:
        unit["privileged"] = True
    if name in options.by_hand:
        unit["auto_start"] = False
    return unit


def _pack(options: argparse.Namespace) -> int:
    from agent.modules import packaging

    try:
        packaging.pack(options.folder, options.manifest, options.signature, options.output)
    except packaging.Refused as refused:
        return _refused(refused)
    return OK


def _check(options: argparse.Namespace) -> int:
    from agent.modules import packaging

    try:
        found = packaging.look(options.file, options.key)
    except packaging.Refused as refused:
        return _refused(refused)
    package = found.package
    units = {unit.name: list(unit.arguments) for unit in package.units}
    if options.json:
        show_json(
            {"name": package.name, "vendor": package.vendor, "version": package.version,
             "architecture": found.architecture, "requires": list(package.requires), "units": units,
             "files": len(found.files), "size": package.size, "is_signed": bool(options.key)}
        )  # fmt: skip
        return OK
    rows = [
        ("module", f"{package.name} {package.version} of {package.vendor}"),
        ("runs on", found.architecture),
        ("requires", ", ".join(package.requires) or "nothing"),
        *((f"unit {name}", shlex.join(words)) for name, words in units.items()),
        ("files", f"{len(found.files)}, {package.size} bytes"),
        ("signed", "by a key that is given" if options.key else "not looked at: give --key"),
    ]
    for label, value in rows:
        print(f"{printable(label):12} {printable(value)}")
    return OK


def _refused(refused: Exception) -> int:
    print(f"cpe-agent: {printable(str(refused))}", file=sys.stderr)
    return PROBLEM


def _modules(options: argparse.Namespace) -> int:
    told = ask(options, "modules")
    if options.json:
        show_json(told)
        return OK
    show_table(
        [(one["name"], one["status"], _size(one["disk_kib"]), one["type"]) for one in told["environments"]],
        ("ENVIRONMENT", "STATUS", "FREE", "TYPE"),
    )
    if told["deployment_units"]:
        print()
        show_table(
            [
                (one["name"], one["version"], one["status"] if one["resolved"] else f"{one['status']}, unresolved",
                 one["environment"], one["uuid"])
                for one in told["deployment_units"]
            ],
            ("MODULE", "VERSION", "STATUS", "ENVIRONMENT", "UUID"),
        )  # fmt: skip
    if told["execution_units"]:
        print()
        show_table(
            [
                (one["euid"], one["status"], "yes" if one["auto_start"] else "no",
                 f"{one['fault']}: {one['message']}" if one["message"] else "")
                for one in told["execution_units"]
            ],
            ("UNIT", "STATUS", "AUTOSTART", "FAULT"),
        )  # fmt: skip
    for order in told["orders"]:
        print()
        print(paint(f"ordered by the ACS {printable(order['command_key'])!r}", "bold"))
        show_table(
            [
                (one["operation"], one["uuid"], one["state"], str(one["code"]) if one["code"] else "")
                for one in order["operations"]
            ]
        )
    if not told["deployment_units"] and not told["orders"]:
        print(paint("no module is deployed, and nothing is ordered", "dim"))
    return OK


def _size(kib: int) -> str:
    return "-" if kib < 0 else f"{kib // 1024} MiB" if kib >= 1024 else f"{kib} KiB"
