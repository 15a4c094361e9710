"""The wizard of the verb setup: asks step by step, tests the connection, and sets what a person has agreed to."""

import argparse
import getpass
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from agent.cli import setup_acs
from agent.cli.client import OK, PROBLEM, Failure, ask
from agent.cli.output import paint, printable
from agent.cli.setup_acs import Place, Values

KEEP: Final = "Enter keeps what is in brackets, - makes it empty."
CALLS: Final = ("connection_request.username", "connection_request.password")
NOBODY_CAN_CALL: Final = (
    "without a user name and a password nothing listens: the ACS cannot ask for a session, and waits for the reports"
)
HEADING: Final = "The ACS for this device"


def run(options: argparse.Namespace, file: Path) -> int:
    """Ask, test, and set; 1 when it ends with a connection that does not work."""
    place = setup_acs.place_of(options, file)
    print(paint(HEADING, "bold"))
    if place.is_running:
        _show_what_was_found(options)
    elif not place.is_image:
        print(f"No agent runs: what is said here is written to {place.file}.")
    print(f"{KEEP} Ctrl-C ends it, and nothing is changed.\n")
    try:
        return _asked(place)
    except EOFError:
        raise Failure("ended", "the answers ended before the questions", "begin anew; nothing was changed") from None


def _asked(place: Place) -> int:
    known = setup_acs.known(place)
    values: Values = {}
    while True:
        values = _questions(place, known, values)
        works = True
        if place.is_running and values.get("acs.url", known.get("acs.url")):
            print("\nThe connection is tested:")
            works = _works(place, values, known.get("acs.ca_file", ""))
        if works or _agreed("It does not work yet. Save it all the same?", default=False):
            break
        if not _agreed("Change the answers?", default=True):
            print("Nothing was changed.")
            return PROBLEM
        print()
    print()
    for line in setup_acs.apply(place, values) or ["nothing had to be changed"]:
        print(printable(line))
    if place.is_running:
        print("  next: cpe-agent status")
    else:
        print(f"  {setup_acs.next_step(place)}")
    return OK if works else PROBLEM


def _works(place: Place, values: Values, ca_file: str) -> bool:
    """Test the connection; while the ACS's authority is not trusted, ask for its file, put it into ``values``, and
    test again.
    """
    while True:
        steps = _tested(place, values)
        last = steps[-1] if steps else {}
        was_of_no_use = last.get("step") == "tls" and not last.get("ok") and "acs.ca_file" in values
        if not (was_of_no_use or last.get("details", {}).get("lacks_authority")):
            return setup_acs.is_good(steps)
        before = values.get("acs.ca_file", ca_file)
        answer = _answer("acs.ca_file", "PEM file of the authority that has issued it (empty: none)", before)
        if answer == before:
            return False
        values["acs.ca_file"] = answer


def _questions(place: Place, known: Values, earlier: Values) -> Values:
    """What is to be other than it is ``known``. ``earlier`` are the answers of the last round."""
    values: Values = {key: value for key, value in earlier.items() if key == "acs.ca_file"}  # asked by the test alone

    def put(key: str, question: str, default: Any = "") -> None:
        before = known.get(key, default)
        answer = _answer(key, question, earlier.get(key, before))
        if answer != before:
            values[key] = answer

    def put_secret(key: str, question: str, may_keep: bool) -> None:
        secret = _secret(key, question, may_keep or key in earlier)
        if secret is not None:
            values[key] = secret
        elif key in earlier:
            values[key] = earlier[key]

    put("acs.url", "URL of the ACS, https://…")
    without = setup_acs.without_old_credentials(known, values)
    is_another = without != values
    if is_another:
        for line in setup_acs.of_dropped_credentials(values, without):
            print(f"  {line}")
        values, known = without, {**known, "acs.username": ""}
    put("acs.username", "User name for it (empty: OUI-ProductClass-SerialNumber)")
    put_secret("acs.password", "Password for it", may_keep=not is_another)
    put("network.management_interface", f"Interface to reach it by (empty: any; there are {_shown_interfaces()})")
    for line in setup_acs.of_missing_link(place, values):
        print(f"  {line}")
    put("inform.interval", "Seconds between periodic reports", 3600)
    while True:
        when_empty = "nobody may ask" if place.is_running else "made up"
        put("connection_request.username", f"User name by which the ACS asks for a session (empty: {when_empty})")
        put_secret("connection_request.password", "Password for that", may_keep=True)
        if not place.is_running or "" not in (values.get(key) for key in CALLS):
            break
        print(f"  {NOBODY_CAN_CALL}")
        if _agreed("Take it away all the same?", default=False):
            break
        values, earlier = ({key: one[key] for key in one if key not in CALLS} for one in (values, earlier))
    values |= _page_too(place, known)
    return values


def _page_too(place: Place, known: Values) -> Values:
    """Where to serve the page beside loopback: a machine of one interface has nowhere else."""
    only = _interfaces()
    if len(only) != 1 or place.is_image or known.get("web.interfaces", []) == only:
        return {}
    question = f"{only[0]} is the only interface. Serve this device's page there too, for whoever is on that network?"
    return {"web.interfaces": only} if _agreed(question, default=False) else {}


def _tested(place: Place, values: Values) -> list[dict[str, Any]]:
    try:
        return setup_acs.test(place, values, setup_acs.show_step)
    except Failure as failure:
        print(f"{paint('✘', 'red')} {printable(failure.message)}")
        if failure.next_step:
            print(f"  next: {printable(failure.next_step)}")
        return []


def _answer(key: str, question: str, before: Any) -> Any:
    """One answer that can be taken; it is asked for until there is one."""
    shown = f" [{printable(before)}]" if before not in ("", None) else ""
    while True:
        text = _typed(input, f"{question}{shown}: ").strip()
        if not text:
            return before
        if text == "-" and not isinstance(before, int):
            text = ""
        value: Any = int(text) if key == "inform.interval" and text.isascii() and text.isdigit() else text
        if key == "acs.ca_file" and text:
            value = os.path.abspath(text)
        problem = setup_acs.problem_of(key, value)
        if not problem:
            return value
        print(f"  {printable(text)}: {problem}")


def _secret(key: str, question: str, may_keep: bool) -> str | None:
    """A password that is not shown; None keeps the one that there is."""
    hint = " (Enter: as it is, -: none)" if may_keep else " (Enter: none)"
    while True:
        text = _typed(getpass.getpass, f"{question}{hint}: ")
        if not text:
            return None if may_keep else ""
        text = "" if text == "-" and may_keep else text
        problem = setup_acs.problem_of(key, text)
        if not problem:
            return text
        print(f"  {problem}")


def _typed(read: Callable[[str], str], prompt: str) -> str:
    """A line; a terminal may be of another encoding than this program."""
    while True:
        with suppress(UnicodeError):
            text = read(prompt)
            text.encode()  # half characters stand for bytes that could not be read
            return text
        print(f"  {setup_acs.NO_UTF_8}")


def _agreed(question: str, default: bool) -> bool:
    while True:
        answer = _typed(input, f"{question} [{'Y/n' if default else 'y/N'}]: ").strip().lower()
        if not answer:
            return default
        if answer in ("y", "yes", "n", "no"):
            return answer[0] == "y"
        print("  y or n")


def _show_what_was_found(options: argparse.Namespace) -> None:
    """What every source says of the ACS, where the agent can tell."""
    try:
        found = ask(options, "discover")
    except Failure:
        return
    for one in found.get("sources", []):
        if one.get("url") or one.get("verdict") == "in force":
            url = one.get("url") or found.get("acs", {}).get("url", "")
            print(
                f"  {printable(one['name'])}: {printable(url)}  ({printable(one['verdict'])}: {printable(one['why'])})"
            )


def _interfaces() -> list[str]:
    try:
        return sorted(name for name in os.listdir("/sys/class/net") if name != "lo" and _is_port(name))
    except OSError:
        return []


def _is_port(name: str) -> bool:
    """An Ethernet or Wi-Fi link that is no bridge, bond or other upper part of one."""
    place = f"/sys/class/net/{name}"
    try:
        with open(f"{place}/type") as kind:
            is_ethernet = kind.read().strip() == "1"
    except OSError:
        return False
    return is_ethernet and not any(os.path.exists(f"{place}/{part}") for part in ("bridge", "bonding", "tun_flags"))


def _shown_interfaces() -> str:
    return ", ".join(_interfaces()) or "none"
