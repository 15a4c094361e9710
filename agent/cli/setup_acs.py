"""Sets by which ACS, with which credentials and through which interface: in the running agent, else in its settings."""

import argparse
import os
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from agent import settings_checks as check
from agent.cli import settings_file
from agent.cli.client import NOT_RUNNING, OK, PROBLEM, USAGE, Failure, ask, stream
from agent.cli.output import paint, printable, show_json

SERVER: Final = "Device.ManagementServer."

# What can be set: the settings file's key, and the parameter of a running agent; without one it is the file's alone.
PARAMETERS: Final[Mapping[str, str]] = {
    "acs.url": f"{SERVER}URL",
    "acs.username": f"{SERVER}Username",
    "acs.password": f"{SERVER}Password",
    "inform.interval": f"{SERVER}PeriodicInformInterval",
    "connection_request.username": f"{SERVER}ConnectionRequestUsername",
    "connection_request.password": f"{SERVER}ConnectionRequestPassword",
    "network.management_interface": "",
    "acs.ca_file": "",
    "web.interfaces": "",
}
CHECKS: Final[Mapping[str, check.Check]] = {
    "acs.url": check.http_url,
    "acs.username": check.text(256),
    "acs.password": check.text(256),
    "inform.interval": check.number(1, 2**32 - 1),
    "connection_request.username": check.text(256),
    "connection_request.password": check.text(256),
    "network.management_interface": check.interface,
    "acs.ca_file": check.file_path,
}
CREDENTIALS: Final = ("acs.username", "acs.password")
SECRET: Final = ("acs.password", "connection_request.password")
NO_UTF_8: Final = "what was given has bytes that are no UTF-8"
# What the connection test takes, by key.
_TESTED: Final[Mapping[str, str]] = {
    "acs.url": "url",
    "acs.username": "username",
    "acs.password": "password",
    "acs.ca_file": "ca_file",
    "network.management_interface": "interface",
}

Values = dict[str, Any]


class Place(NamedTuple):
    """Where to set: the settings file, and whether an agent runs that is asked."""

    options: argparse.Namespace
    file: Path
    is_running: bool

    @property
    def is_image(self) -> bool:
        """Whether it is a machine that does not run."""
        return Path(self.options.root) != Path("/")


def place_of(options: argparse.Namespace, file: Path) -> Place:
    """Find out whether an agent runs; one that does but may not be asked is a Failure."""
    if Path(options.root) != Path("/"):
        return Place(options, file, is_running=False)
    try:
        ask(options, "version")
    except Failure as failure:
        if failure.status == NOT_RUNNING:
            return Place(options, file, is_running=False)
        raise
    return Place(options, file, is_running=True)


def from_options(options: argparse.Namespace) -> Values:
    """What the command line gives; the password comes by standard input. Raises Failure for what cannot be."""
    given: Values = {
        "acs.url": options.url,
        "acs.username": options.username,
        "inform.interval": options.interval,
        "network.management_interface": options.interface,
        "acs.ca_file": os.path.abspath(options.ca_file) if options.ca_file else options.ca_file,
    }
    if options.password_stdin:
        given["acs.password"] = _line_of_stdin()
        if not given["acs.password"]:
            step = f"pipe the password in; `cpe-agent set {SERVER}Password=` takes one away"
            raise Failure("usage", "--password-stdin: standard input has none", step, USAGE)
    values = {key: value for key, value in given.items() if value is not None}
    for key, value in values.items():
        if problem := problem_of(key, value):
            shown = "" if key in SECRET else f" {value!r}"
            raise Failure("usage", f"{key}{shown}: {problem}", "see cpe-agent setup --help", USAGE)
    return values


def _line_of_stdin() -> str:
    try:
        text = sys.stdin.readline().rstrip("\r\n")
        text.encode()  # half characters stand for bytes that could not be read
    except UnicodeError:
        raise Failure("usage", f"--password-stdin: {NO_UTF_8}", "give it as UTF-8 (iconv -t UTF-8)", USAGE) from None
    return text


def problem_of(key: str, value: Any) -> str:
    """Why a value cannot be; "": it can."""
    try:
        CHECKS[key](value)
    except ValueError as wrong:
        return check.plain(wrong)
    if key != "acs.ca_file" or not value:
        return ""
    from agent.pem_files import why_no_certificates

    return "it is no file that can be read" if not os.access(value, os.R_OK) else why_no_certificates(value)


def known(place: Place) -> Values:
    """What is in force now, without secrets: of the running agent, else of the settings file."""
    tables = settings_file.document(place.file)
    found: Values = {}
    for key in PARAMETERS:
        table, _, name = key.partition(".")
        if key not in SECRET and isinstance(tables.get(table), dict) and name in tables[table]:
            found[key] = tables[table][name]
    if place.is_running:
        wanted = {path: key for key, path in PARAMETERS.items() if path and key not in SECRET}
        for one in ask(place.options, "get", paths=list(wanted))["parameters"]:
            key = wanted[one["path"]]
            found[key] = int(one["value"]) if key == "inform.interval" else one["value"]
    return found


def of_missing_link(place: Place, values: Mapping[str, Any]) -> list[str]:
    """What to say where the interface is not there. It may come to be: a VLAN, a modem, an image's own."""
    name = values.get("network.management_interface", "")
    there = [one for _, one in socket.if_nameindex() if one != "lo"]
    if not name or place.is_image or name in there:
        return []
    shown = f"there are {', '.join(there)}" if there else "there is none"
    return [f"there is no interface {name} now ({shown}): until there is, the ACS is not reached"]


def without_old_credentials(known: Mapping[str, Any], values: Values) -> Values:
    """Another host gets none of the credentials that were meant for the one before, unless they are given with it."""
    before = _host(str(known.get("acs.url", "")))
    if "acs.url" not in values or _host(values["acs.url"]) == before or not before:
        return values
    return {**dict.fromkeys(CREDENTIALS, ""), **values}


def of_dropped_credentials(given: Values, made: Values) -> list[str]:
    """What to say where ``without_old_credentials`` has added to what was ``given``."""
    if made == given:
        return []
    if not made["acs.url"]:
        return ["its user name and password are forgotten with it"]
    words = " and ".join(key.removeprefix("acs.") for key in CREDENTIALS if key not in given)
    return [f"{words} of the ACS before are not for another host"]


def apply(place: Place, values: Values) -> list[str]:
    """Set the values; what was done, for people, without secrets. All of it, or Failure where one part is refused."""
    if place.is_running and values.get("acs.url") == "":  # the agent takes its credentials away with it
        values = {key: value for key, value in values.items() if value or key not in CREDENTIALS}
    to_ask = {path: str(values[key]) for key, path in PARAMETERS.items() if path and key in values}
    to_write = {key: value for key, value in values.items() if not (place.is_running and PARAMETERS[key])}
    if place.is_running:
        return [*_set(place, to_ask), *_write_by_agent(place, to_write)]
    tables = settings_file.document(place.file)
    to_write = {key: value for key, value in to_write.items() if _said(tables, key) != value}
    if not to_write:
        return []
    settings_file.write(place.file, settings_file.changed(place.file, to_write))
    done = [f"{place.file}: {', '.join(to_write)}"]
    if any(key in SECRET for key in to_write) and place.file.stat().st_mode & 0o044:
        done.append(f"{place.file} has a password and others can read it: chmod 600 {place.file}")
    return done


def _set(place: Place, values: Mapping[str, str]) -> list[str]:
    if not values:
        return []
    ask(place.options, "set", values=dict(values))
    done = []
    for word, is_empty in (("set", False), ("emptied", True)):
        names = [path.removeprefix(SERVER) for path, value in values.items() if (value == "") is is_empty]
        done += [f"{word} in the running agent: {', '.join(names)}"] if names else []
    return done


def _write_by_agent(place: Place, values: Mapping[str, Any]) -> list[str]:
    """The agent changes its file and takes it over; where it may not write there, this program does."""
    if not values:
        return []
    try:
        told = ask(place.options, "settings", values=dict(values))
    except Failure as refused:
        if "file system" not in refused.message and "denied" not in refused.message:
            raise
        settings_file.write(place.file, settings_file.changed(place.file, values))
        return [f"{place.file}: {', '.join(values)}", "next: systemctl reload cpe-agent"]
    written = told.get("written", [])
    return [f"written to the agent's settings, which it has read again: {', '.join(written)}"] if written else []


def test(place: Place, values: Values, show: Callable[[dict[str, Any]], None]) -> list[dict[str, Any]]:
    """Have the running agent try the connection with these values; its steps, shown as they come."""
    arguments = {name: str(values[key]) for key, name in _TESTED.items() if key in values}
    steps = []
    for line in stream(place.options, "test", **arguments):
        step = {key: value for key, value in line.items() if key != "schema"}
        steps.append(step)
        show(step)
    return steps


def show_step(step: Mapping[str, Any]) -> None:
    """One step of the connection test, with what to do where it failed."""
    mark = paint("✔", "green") if step.get("ok") else paint("✘", "red")
    print(f"{mark} {step.get('step')}: {printable(step.get('what', ''))}", flush=True)
    if step.get("next") and not step.get("ok"):
        print(f"  next: {printable(step['next'])}", flush=True)


def is_good(steps: list[dict[str, Any]]) -> bool:
    """Whether every step of the connection test was."""
    return bool(steps) and all(step.get("ok") for step in steps)


def run(options: argparse.Namespace, file: Path) -> int:
    """Set what the command line gives, then test it; 1 when the test fails."""
    place = place_of(options, file)
    given = values = from_options(options)
    if "acs.url" in values:
        values = without_old_credentials(known(place), values)
    done = [*apply(place, values), *of_dropped_credentials(given, values), *of_missing_link(place, values)]
    if not options.json:
        for line in done or ["nothing had to be changed"]:
            print(printable(line))
    steps: list[dict[str, Any]] | None = None
    is_forgotten = values.get("acs.url") == ""
    if place.is_running and not options.no_test and not is_forgotten:
        steps = test(place, {}, (lambda _: None) if options.json else show_step)
    if options.json:
        show_json({"values": sorted(values), "done": done, "running": place.is_running, "test": steps})
    elif not place.is_running:
        print(f"  {next_step(place)}")
    elif is_forgotten:
        print("  next: cpe-agent discover")
    return OK if steps is None or is_good(steps) else PROBLEM


def next_step(place: Place) -> str:
    """What brings it into force where no agent runs."""
    if place.is_image:
        return "the image's agent reads it at its next start"
    return "next: start the agent (systemctl start cpe-agent), then look: cpe-agent doctor"


def _said(tables: Mapping[str, Any], key: str) -> Any:
    table, _, name = key.partition(".")
    found = tables.get(table)
    return found.get(name) if isinstance(found, dict) else None


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
