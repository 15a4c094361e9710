"""The verb modules: which software modules there are, what of them runs, and what the ACS has ordered."""

import argparse

from agent.cli.client import OK, ask
from agent.cli.options import Verbs, add_verb
from agent.cli.output import paint, printable, show_json, show_table


def register(verbs: Verbs) -> None:
    """Add the verb."""
    add_verb(
        verbs,
        "modules",
        _modules,
        "Show the software modules: environments, deployment units, execution units, and the ACS's orders.",
        "cpe-agent modules\ncpe-agent modules --json",
    )


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
