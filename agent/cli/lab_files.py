"""The verbs of lab about files: what there is at /files/, and what devices have told of their transfers."""

import argparse
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from agent.cli.client import OK
from agent.cli.lab import add_subverb
from agent.cli.lab_client import add_device, add_server, ask_lab, device_id
from agent.cli.options import Verbs
from agent.cli.output import paint, printable, show_json, show_table

Json = dict[str, Any]


def register(verbs: Verbs) -> None:
    """Add the sub-verbs."""
    files = add_subverb(verbs, "files", _files, "List the files that a running lab ACS serves.", "cpe-agent lab files")
    transfers = add_subverb(
        verbs, "transfers", _transfers, "Show what a device has told of transfers and deployment units, and asked for.",
        "cpe-agent lab rpc - Download '{\"url\": \"/files/new.bin\", \"command_key\": \"new\"}' --now\n"
        "cpe-agent lab transfers -",
    )  # fmt: skip
    add_device(transfers)
    for parser in (files, transfers):
        add_server(parser)


def _files(options: argparse.Namespace) -> int:
    answer = ask_lab(options, "GET", "/api/files")
    if options.json:
        show_json(answer)
    elif answer["files"]:
        show_table([(one["name"], one["size"]) for one in answer["files"]], headers=("file", "bytes"))
    else:
        print("there are no files; cpe-agent lab acs --data DIR serves those of a directory")
    return OK


def _transfers(options: argparse.Namespace) -> int:
    answer = ask_lab(options, "GET", f"/api/devices/{quote(device_id(options), safe='')}/told")
    if options.json:
        show_json(answer)
        return OK
    for line in lines(answer["told"]):
        print(line)
    return OK


def lines(told: list[Json]) -> Iterator[str]:
    """A line for each thing told, and one below it for each operation on a deployment unit."""
    if not told:
        yield "it has told of no transfer"
    for one in told:
        content = one["content"]
        about = [content.get("command_key", ""), content.get("file_type", ""), content.get("transfer_url", "")]
        end = _fault(content.get("fault_struct", {})) or _times(content)
        yield "  ".join(filter(None, [f"session {one['session']}", one["method"], *map(printable, about), end]))
        for result in content.get("results", ()):
            yield f"    {_operation(result)}"


def _operation(result: Json) -> str:
    """What became of one deployment unit; an AutonomousDUStateChangeComplete also says what was done to it."""
    about = [result.get(name, "") for name in ("operation_performed", "uuid", "version", "current_state")]
    return "  ".join(filter(None, [*map(printable, about), _fault(result.get("fault", {})) or _times(result)]))


def _fault(fault: Json) -> str:
    code = fault.get("fault_code")
    return paint(f"{printable(code)} {printable(fault.get('fault_string', ''))}", "red") if code else ""


def _times(content: Json) -> str:
    start, complete = content.get("start_time", ""), content.get("complete_time", "")
    return f"{printable(start)} to {printable(complete)}" if start else ""
