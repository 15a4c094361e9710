"""The verb preset: checks presets in a build, and shows which one this device has."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.cli.client import OK, PROBLEM, USAGE, Failure, ask
from agent.cli.options import Verbs, add_verb, described
from agent.cli.output import paint, printable, show_json

if TYPE_CHECKING:
    from agent.discovery.preset import Preset, Problem
    from agent.preset_check import Report


def register(verbs: Verbs) -> None:
    """Add the verb, with one below it for each thing it does."""
    about = "Check presets of a firmware, and show which one this device has."
    parser = described(verbs, "preset", about, "cpe-agent preset check acme.toml\ncpe-agent preset show")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    checking = add_verb(
        actions,
        "check",
        _check,
        "Check presets: their form, the files that they name, each path and value by the data model.\n"
        "Exit codes: 0 usable, 1 something is wrong, 2 a file cannot be read, 3 no agent to compare with.",
        "cpe-agent preset check config/presets/*.toml\ncpe-agent preset check --root IMAGE acme.toml --json\n"
        "cpe-agent preset check --against live acme.toml",
        help="what is wrong with presets, before they go into an image",
    )
    checking.add_argument("files", metavar="FILE", nargs="+", help="*.toml, *.json, or a directory of them")
    checking.add_argument("--root", metavar="DIR", default="/", help="look for absolute files below this image")
    checking.add_argument("--against", choices=("live",), help="also ask the running agent which paths it has")
    add_verb(
        actions,
        "show",
        _show,
        "Show which presets this device has found, which one counts, and what has become of its values.",
        "cpe-agent preset show\ncpe-agent preset show --json",
        help="which ones this device has found, and which one counts",
    )


def _check(options: argparse.Namespace) -> int:
    from agent.discovery.preset import MOST_SHOWN, few
    from agent.preset_check import check
    from agent.shipped_schema import shipped_schema

    if not Path(options.root).is_dir():
        raise Failure("usage", f"--root {options.root} is no directory", "name the image's directory", USAGE)
    schema = shipped_schema()
    reports = []
    for file in [file for name in options.files for file in _presets_of(name)]:
        try:
            report = check(file, schema, options.root)
        except OSError as error:
            raise Failure(
                "unreadable", f"{file}: {error.strerror or error}", "name presets that can be read", USAGE
            ) from None
        if options.against and report.preset is not None and len(report.problems) <= MOST_SHOWN:
            report = report._replace(problems=few((*report.problems, *_missing(options, report, report.preset))))
        reports.append((file, report))
    is_good = not any(report.problems for _, report in reports)
    if options.json:
        show_json({"ok": is_good, "files": [_document(file, report) for file, report in reports]})
    else:
        for file, report in reports:
            _print(file, report)
    return OK if is_good else PROBLEM


def _presets_of(name: str) -> list[str]:
    """A file, or those of a directory that the agent would read."""
    from agent.presets import FILES

    place = Path(name)
    if not place.is_dir():
        return [name]
    found = sorted(str(file) for file in place.iterdir() if file.name.endswith(FILES) and file.name[0] != ".")
    if not found:
        raise Failure("unreadable", f"{name}: no presets are in it", "name *.toml or *.json files", USAGE)
    return found


def _missing(options: argparse.Namespace, report: "Report", preset: "Preset") -> Iterator["Problem"]:
    """What the running agent has not, or does not let be changed; rows named by an alias are added when it starts."""
    from agent.discovery.preset import Problem

    for table, paths in (("values", preset.values), ("attributes", preset.attributes)):
        for path in paths:
            line = report.line_of(table, path)
            asked = path[: path.index("[")] if "[" in path else path
            try:
                [first, *_] = ask(options, "names", path=asked, next_level=False)["names"]
            except Failure as failure:
                if failure.document["error"]["code"] != "unknown_path":
                    raise
                yield Problem(line, f"{path}: this device has no such path", "`cpe-agent coverage` says why")
                continue
            if not first["writable"] and (table == "values" or "[" in path):
                what = "adds no rows there" if "[" in path else "does not let it be changed"
                yield Problem(line, f"{path}: this device {what}", "`cpe-agent names PATH` lists what can be set")


def _document(file: str, report: "Report") -> dict[str, Any]:
    problems = [{"line": one.line, "message": one.what, "next": one.next} for one in report.problems]
    return {"file": file, "ok": not problems, "problems": problems, "warnings": list(report.warnings)}


def _print(file: str, report: "Report") -> None:
    for one in report.problems:
        place = f"{file}:{one.line}" if one.line else file
        print(f"{printable(place)}: {paint(printable(one.what), 'red')}")
        print(f"  next: {printable(one.next)}")
    for warning in report.warnings:
        print(f"{paint('warning', 'yellow')}: {printable(warning)}")
    if not report.problems:
        print(f"{paint('✔', 'green')} {printable(file)}")


def _show(options: argparse.Namespace) -> int:
    told = ask(options, "preset")
    if options.json:
        show_json({key: value for key, value in told.items() if key != "schema"})
        return OK
    for one in told["presets"]:
        mark = paint("●", "green") if one["active"] else "·"
        print(f"{mark} {printable(one['file'])}" + (f"  {printable(one['description'])}" if one["description"] else ""))
        print(f"    {'counts' if one['active'] else 'does not count'}: {printable(one['why'])}")
    for one in told["broken"]:
        print(f"{paint('✘', 'red')} {printable(one['file'])}\n    {printable(one['why'])}")
        print(f"    next: cpe-agent preset check {printable(one['file'])}")
    for file in told["changed"]:
        print(f"{paint('!', 'yellow')} {printable(file)}\n    changed since the start\n    next: restart the agent")
    if not told["presets"] and not told["broken"]:
        print("no preset; config/presets/integrator.toml of the source is a form to fill in")
    if active := told["active"]:
        print()
        for key, value in active["settings"].items():
            print(f"{key} = {printable(str(value).lower() if isinstance(value, bool) else value)}")
        print(f"{active['values']} values, {active['attributes']} notifications")
        for one in active["kept"]:
            print(f"  {printable(one)}: set by the ACS or a person since, and left to them")
        for one in active["refused"]:
            print(f"  {paint('✘', 'red')} {printable(one)}")
        if active["refused"]:
            print("  none of them is made before all can be; next: mend the preset, then restart the agent")
    return OK if not told["broken"] and not (active and active["refused"]) else PROBLEM
