"""The verb doctor: what is wrong with this device's management, and what to do about it; also from the ACS's side."""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from agent.cli.client import NOT_RUNNING, OK, PROBLEM, Failure, ask, stream
from agent.cli.options import Verbs, add_verb
from agent.cli.output import paint, printable, show_json

STEPS: Final = {
    "dns": "DNS",
    "tcp": "TCP",
    "tls": "TLS",
    "http": "HTTP",
    "authentication": "authentication",
    "inform": "Inform accepted",
}
"""The steps of the connection test, in their order, as people call them."""
FIRST: Final = ("link", "address", "route")
BEFORE_TCP: Final = ("clock",)
CALLED: Final = "connection request"
EARLIEST_CLOCK: Final = 1_704_067_200  # 2024-01-01: a clock before it has not been set
CALL_WITHIN: Final = 5.0

Check = dict[str, Any]


def register(verbs: Verbs) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs,
        "doctor",
        _doctor,
        "Look for what is wrong with this device's management, by a connection to the ACS and an Inform as well.\n"
        "1 when something is wrong; without a running agent what can be seen without one, and 3.",
        "cpe-agent doctor\ncpe-agent doctor --quick --json\ncpe-agent doctor --acs-side",
    )
    parser.add_argument("--quick", action="store_true", help="connect to nobody: only what the agent knows")
    parser.add_argument(
        "--acs-side",
        action="store_true",
        help="how the ACS calls this device: URL, user, a line to try, who has called",
    )


def _doctor(options: argparse.Namespace) -> int:
    if options.acs_side:
        return _acs_side(options)
    progress = _Progress(is_shown=not options.json and sys.stderr.isatty())
    found: list[Check] = []
    status = OK
    for check in _checks(options, progress):
        found.append(check)
        if check["name"] == "agent":
            status = NOT_RUNNING
        progress.clear()
        if not options.json:
            _show(check)
    progress.clear()
    if options.json:
        show_json({"checks": found})
    return status or (OK if all(check["ok"] for check in found) else PROBLEM)


def _show(check: Check) -> None:
    mark = paint("✘", "red")
    if check["ok"]:
        mark = paint("!", "yellow") if check["next"] else paint("✔", "green")
    print(f"{mark} {printable(check['name'])}: {printable(check['what'])}", flush=True)
    for each in check.get("details", {}).get("chain", ()):
        lasts = f"{each['not_before'][:10]} … {each['not_after'][:10]}"
        line = f"    {each['subject']}, from {each['issuer']}, {lasts}, names: {', '.join(each['names']) or 'none'}"
        print(paint(printable(line), "dim"))
    if check["next"]:
        print(f"  next: {printable(check['next'])}", flush=True)


def _checks(options: argparse.Namespace, progress: "_Progress") -> Iterator[Check]:
    """Every check, in order, as it is made."""
    progress.show("the agent")
    try:
        known: list[Check] = ask(options, "doctor")["checks"]
    except Failure as failure:
        if failure.status != NOT_RUNNING and failure.document["error"]["code"] != "settings":
            raise
        yield from _without_agent(options, failure)
        return
    yield from (check for check in known if check["name"] in FIRST)
    clock = [check for check in known if check["name"] in BEFORE_TCP]
    for step in () if options.quick else _test(options, progress):
        if step["name"] != STEPS["dns"]:
            yield from clock
            clock = []
        yield step
    yield from clock
    for check in known:
        if check["name"] not in (*FIRST, *BEFORE_TCP):
            yield check
        if check["name"] == CALLED and check["ok"] and not options.quick:
            yield from _called_from_here(options, progress)


def _test(options: argparse.Namespace, progress: "_Progress") -> Iterator[Check]:
    """A connection to the ACS as it is configured, step by step; nothing where there is none."""
    waiting = list(STEPS)
    progress.show(STEPS[waiting[0]])
    try:
        for line in stream(options, "test"):
            name = str(line.get("step", ""))
            details = line.get("details") or {}
            yield _check(STEPS.get(name, name), bool(line.get("ok")), line.get("what"), line.get("next"), details)
            if name in waiting[:-1]:
                waiting = waiting[waiting.index(name) + 1 :]
                progress.show(STEPS[waiting[0]])
    except Failure as failure:
        if failure.document["error"]["code"] != "no_acs":
            yield _check("connection test", True, f"not made: {failure.message}", failure.next_step)


def _called_from_here(options: argparse.Namespace, progress: "_Progress") -> Iterator[Check]:
    """Whether something answers at the connection-request URL: asks as the ACS does first, without credentials."""
    import http.client
    from urllib.parse import urlsplit

    facts = ask(options, "status")["connection_request"]
    url, name = str(facts.get("url") or ""), "connection-request URL"
    if not url:
        return
    if link := facts.get("interface"):
        yield _check(name, True, f"{url} is listened on at {link} only: it cannot be tried from here")
        return
    progress.show(name)
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=CALL_WITHIN)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        asks = (answer.getheader("WWW-Authenticate") or "").lower().startswith("digest")
    except (OSError, http.client.HTTPException) as failure:
        said = getattr(failure, "strerror", None) or type(failure).__name__
        next_step = "look at this machine's own firewall, and at the agent's log"
        yield _check(name, False, f"{url} does not answer this device itself: {said}", next_step)
        return
    finally:
        connection.close()
    if answer.status == 401 and asks:
        yield _check(name, True, "answers this device itself, and asks for the password, as it must")
    elif answer.status == 503:
        yield _check(name, True, "answers this device itself, that it is busy")
    else:
        what = f"{url} answers {answer.status}: something else listens there"
        yield _check(name, False, what, "give [connection_request] port another number")


def _without_agent(options: argparse.Namespace, failure: Failure) -> Iterator[Check]:
    """What can be seen without a daemon."""
    from agent.machine_checks import resources, way_out

    if failure.status == NOT_RUNNING:
        yield _check("agent", False, failure.message, failure.next_step)
    else:
        yield _check("settings", False, failure.message, failure.next_step)
    acs, link, place = _settings(options)
    yield from (check._asdict() for check in way_out(link, acs))
    if time.time() < EARLIEST_CLOCK:
        next_step = "let a time daemon run (chrony, systemd-timesyncd)"
        yield _check("clock", False, "it was never set: certificates cannot be judged", next_step)
    yield from (check._asdict() for check in resources(place))


def _settings(options: argparse.Namespace) -> tuple[str, str, str]:
    """The ACS's host, the management interface, the state directory, as far as the settings can be read."""
    from pathlib import Path
    from urllib.parse import urlsplit

    from agent.settings import Settings, SettingsError, load

    try:
        settings = load(Path(options.config) if options.config else None).settings
    except SettingsError:
        settings = Settings()
    acs = urlsplit(settings.acs.url).hostname or ""
    return acs, settings.network.management_interface, str(settings.state.directory)


def _acs_side(options: argparse.Namespace) -> int:
    facts: Mapping[str, Any] = ask(options, "status")["connection_request"]
    url, user = str(facts.get("url") or ""), str(facts.get("username") or "")
    line = _line_to_try(url, user) if url else ""
    if options.json:
        keys = ("accepted", "refused", "last_refusal", "problem", "next")
        show_json({"url": url, "username": user, "try": line, **{key: facts.get(key) for key in keys}})
        return OK if url and not facts.get("problem") else PROBLEM
    if not url or facts.get("problem"):
        print(f"connection requests cannot reach this device: {printable(facts.get('problem') or 'nothing listens')}")
        print(f"  next: {printable(facts.get('next') or '`cpe-agent doctor` looks for the cause')}")
        return PROBLEM
    print(f"URL   {printable(url)}")
    print(f"user  {printable(user)}  (the password is ManagementServer.ConnectionRequestPassword; the ACS knows it)")
    print(f"try   {printable(line)}")
    print("      on the ACS's machine; curl asks for the password, and 200 or 204 is success")
    accepted, refused = facts.get("accepted", 0), facts.get("refused", 0)
    if not accepted and not refused:
        print("no request has arrived since the agent listens")
        print("  next: if the line above does not reach this device from there, look at firewalls and NAT on the way")
    else:
        print(f"requests since the agent listens: {accepted} accepted, {refused} refused")
    if facts.get("last_refusal"):
        print(f"the last refusal: {printable(facts['last_refusal'])}")
    return OK


def _line_to_try(url: str, user: str) -> str:
    """For a shell, with no password in it: curl asks for one."""
    from shlex import quote

    return f"curl -sS -o /dev/null -w '%{{http_code}}\\n' --digest --user {quote(user)} {quote(url)}"


def _check(
    name: str, ok: bool, what: object, next_step: object = "", details: Mapping[str, Any] | None = None
) -> Check:
    check = {"name": name, "ok": ok, "what": str(what or ""), "next": str(next_step or "")}
    return check | ({"details": dict(details)} if details else {})


class _Progress:
    """What is being looked at, on a line of its own that goes again; for terminals only."""

    def __init__(self, *, is_shown: bool) -> None:
        self._is_shown = is_shown

    def show(self, what: str) -> None:
        self._say(f"\r\033[K… {what}")

    def clear(self) -> None:
        self._say("\r\033[K")

    def _say(self, text: str) -> None:
        if self._is_shown:
            sys.stderr.write(text)
            sys.stderr.flush()
