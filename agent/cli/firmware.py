"""The verb firmware: makes images that devices believe, and looks at them. No agent is asked."""

import argparse
import sys
from pathlib import Path

from agent.cli.client import OK, PROBLEM
from agent.cli.options import Verbs, add_verb, described
from agent.cli.output import printable, show_json


def register(verbs: Verbs) -> None:
    """Add the verb, with one below it for each thing it does."""
    steps = (
        "cpe-agent firmware manifest image.bin --version 2.0 --board acme,router > m.json\n"
        "usign -S -m m.json -s vendor.sec -x m.sig\n"
        "cpe-agent firmware join image.bin m.json m.sig -o signed.bin\n"
        "cpe-agent firmware check signed.bin --key vendor.pub"
    )
    about = "Make firmware images that devices believe, and look at them."
    actions = described(verbs, "firmware", about, steps).add_subparsers(metavar="ACTION", required=True)
    making = add_verb(
        actions,
        "manifest",
        _manifest,
        "Print what is to be signed, with usign, signify or minisign.",
        "cpe-agent firmware manifest image.bin --version 2.0 --board acme,router > m.json",
        help="what is to be signed of an image",
    )
    making.add_argument("image", metavar="IMAGE", type=Path)
    making.add_argument("--version", required=True, help="what devices compare with the one that they have")
    making.add_argument("--board", action="append", default=[], help="a board that it is for; none: any")
    making.add_argument("--name", default="", help="what people call it")
    joining = add_verb(
        actions,
        "join",
        _join,
        "Put the manifest and its signature behind the image: one file for the ACS to send.",
        "cpe-agent firmware join image.bin m.json m.sig -o signed.bin",
        help="image, manifest and signature as one file",
    )
    for name in ("image", "manifest", "signature"):
        joining.add_argument(name, metavar=name.upper(), type=Path)
    joining.add_argument("-o", "--output", metavar="FILE", type=Path, required=True)
    checking = add_verb(
        actions,
        "check",
        _check,
        "Tell what an image says of itself. Exit codes: 0 it is whole, and signed by the key; 1 it is not.",
        "cpe-agent firmware check signed.bin --key vendor.pub",
        help="whether a device with that key would believe an image",
    )
    checking.add_argument("image", metavar="IMAGE", type=Path)
    checking.add_argument("--key", metavar="FILE", type=Path, help="a public key, or a directory of some")


def _manifest(options: argparse.Namespace) -> int:
    from agent.firmware import packaging

    try:
        made = packaging.manifest(options.image, options.version, options.board, options.name)
    except packaging.Refused as refused:
        return _refused(refused)
    sys.stdout.write(made.decode())
    return OK


def _join(options: argparse.Namespace) -> int:
    from agent.firmware import packaging

    try:
        packaging.join(options.image, options.manifest, options.signature, options.output)
    except packaging.Refused as refused:
        return _refused(refused)
    return OK


def _check(options: argparse.Namespace) -> int:
    from agent.firmware import packaging

    try:
        found = packaging.look(options.image, options.key)
    except packaging.Refused as refused:
        return _refused(refused)
    signed = "by a key that is given" if options.key else "not looked at: give --key"
    if options.json:
        show_json(
            {"version": found.version, "boards": list(found.boards), "name": found.name, "sha256": found.sha256,
             "size": found.size, "is_signed": bool(options.key)}
        )  # fmt: skip
        return OK
    rows = (("version", found.version), ("name", found.name), ("boards", ", ".join(found.boards) or "any"),
            ("size", f"{found.size} bytes"), ("sha256", found.sha256), ("signed", signed))  # fmt: skip
    for label, value in rows:
        print(f"{label:8} {printable(value)}")
    return OK


def _refused(refused: Exception) -> int:
    print(f"cpe-agent: {printable(str(refused))}", file=sys.stderr)
    return PROBLEM
