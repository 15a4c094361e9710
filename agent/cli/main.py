"""Builds the command line: finds the verb, imports only its group, turns what went wrong into text and an exit code."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, Final, NoReturn

from agent.cli.client import OK, USAGE, Failure
from agent.cli.output import paint, printable, show_json

VERBS: Final[dict[str, tuple[str, str]]] = {
    "run": ("run", "be the agent, in the foreground"),
    "status": ("status", "how the agent is: ACS, last and next session, pending changes"),
    "discover": ("discover", "what every source says of the ACS, which one wins, and why"),
    "preset": ("preset", "check a firmware's presets, and show which one this device has"),
    "doctor": ("doctor", "what is wrong, and what to do about it"),
    "support-bundle": ("support_bundle", "one archive for whoever helps, without secrets and names"),
    "setup": ("setup", "set the ACS step by step and test it; give interfaces to the agent, or take them back"),
    "dhcp-event": ("dhcp_event", "what a DHCP client's hook calls: hand over what the server said"),
    "get": ("model", "read parameters; several paths, partial paths and globs"),
    "set": ("model", "change parameters, all or none"),
    "add": ("model", "make a new instance in a table"),
    "delete": ("model", "remove an instance"),
    "names": ("model", "list which parameters and objects there are"),
    "attributes": ("model", "show or change what is notified"),
    "config": ("config", "all that is configured as one file: backup, preview, restore"),
    "coverage": ("coverage", "how much of each TR-181 profile is answered, and why not the rest"),
    "inform": ("sessions", "start a session now, or show the Inform it would begin with"),
    "sessions": ("sessions", "the last sessions, each as a readable conversation"),
    "diag": ("diag", "ping, trace route and the other diagnostics of TR-181, from this machine"),
    "history": ("history", "what happened: writes, refusals, transfers, reboots, links, diagnostics"),
    "queue": ("sessions", "events that the ACS has not acknowledged, and what is scheduled"),
    "transfers": ("transfers", "files that the ACS has sent for: how far they are, what they wait for"),
    "modules": ("modules", "the software modules, what of them runs, and what the ACS has ordered"),
    "firmware": ("firmware", "make firmware images that devices believe, and look at them"),
    "version": ("version", "the version of this program and of the running agent"),
    "lab": ("lab", "a small ACS and an ONT for benches and tests"),
    "demo": ("demo", "a lab ACS and the agent on this machine, and a tour of what they do"),
    "schema": ("schema", "compile data models from Broadband Forum XML"),
    "onu": ("onu", "an ONT on a serial line: info, watch; its frames"),
}
"""Each verb, the module of ``agent.cli`` whose ``register`` adds it, and one line about it."""
PARTS: Final[dict[str, str]] = {
    "diag": "the package cpe-agent-diagnostics",
    "modules": "the package cpe-agent-modules",
    "onu": "the package cpe-agent-omci",
    "support-bundle": "the package cpe-agent-support",
}
"""Where verbs are for which OpenWrt has packages of their own."""


class Parser(argparse.ArgumentParser):
    """Reports a wrong command line as JSON when JSON was asked for."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and exit with 2."""
        if "--json" in sys.argv:
            show_json({"error": {"code": "usage", "message": message, "next": f"see {self.prog} --help"}})
            self.exit(USAGE)
        self.exit(USAGE, f"{self.prog}: {message}\n  next: see {self.prog} --help\n")


def parser_for(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Build a parser that knows every verb's name, and in full the one that these arguments use."""
    parser = Parser(
        prog="cpe-agent",
        description="Makes this machine remotely manageable: TR-181 on the real system, TR-069/CWMP to its ACS.",
        epilog="example:\n  cpe-agent setup\n  cpe-agent doctor\n  cpe-agent get Device.DeviceInfo.\n\n"
        "Exit codes: 0 ok, 1 problem, 2 usage, 3 the agent is not running, 4 refused. VERB --help has examples.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="the same as the verb version")
    verbs = parser.add_subparsers(metavar="VERB", parser_class=Parser)
    chosen = next((argument for argument in arguments if not argument.startswith("-")), "")
    module = VERBS.get(chosen, ("", ""))[0]
    for verb, (its_module, summary) in VERBS.items():
        if its_module != module:
            verbs.add_parser(verb, help=summary, add_help=False)
        elif verb == chosen:
            try:
                importlib.import_module(f"agent.cli.{module}").register(verbs)
            except ModuleNotFoundError as missing:
                if missing.name != f"agent.cli.{module}":
                    raise
                where = PARTS.get(verb, "the source tree, and in Debian's package")
                parser.error(f"this installation is without {verb}; it is in {where}")
    return parser


def run(arguments: Sequence[str]) -> int:
    """Do what the command line says; returns the exit code."""
    try:
        status = _run(arguments)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return 130  # 128 + SIGINT, as shells report it
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the flush at exit must not fail again
        return OK


def _run(arguments: Sequence[str]) -> int:
    if list(arguments) == ["--version"]:
        arguments = ["version"]
    parser = parser_for(arguments)
    for argument in arguments:
        if any("\ud800" <= letter <= "\udfff" for letter in argument):  # how Python shows bytes that are no UTF-8
            parser.error(f"the argument {argument!a} is not UTF-8 text")
    options = parser.parse_args(arguments)
    if not hasattr(options, "run"):
        parser.print_help()
        return USAGE
    del parser  # whoever runs for months does not need it
    try:
        return int(options.run(options))
    except Failure as failure:
        _report(failure, wants_json=getattr(options, "json", False))
        return failure.status


def _report(failure: Failure, *, wants_json: bool) -> None:
    if wants_json:
        show_json(failure.document)
        return
    refusals: list[dict[str, Any]] = failure.document["error"].get("refusals", [])
    what = f"nothing was changed, for {len(refusals)} reasons" if refusals else failure.message
    for line in what.splitlines():
        print(f"cpe-agent: {paint(printable(line), 'red', sys.stderr)}", file=sys.stderr)
    for refusal in refusals:
        print(f"  {printable(refusal.get('message', ''))}", file=sys.stderr)
    if failure.next_step:
        print(f"  next: {failure.next_step}", file=sys.stderr)
