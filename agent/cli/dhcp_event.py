"""The verb dhcp-event: a DHCP client's hook hands its environment to the agent, or leaves it for the agent's start."""

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from agent.cli.client import DEFAULT_SOCKET, OK, USAGE, Failure, socket_path
from agent.cli.options import Verbs, add_verb
from agent.cli.output import printable, show_json
from agent.control_connection import connected
from agent.discovery.handed_over import CLIENTS, MOST_NAMES, MOST_TEXT, family_of

TOLD_WITHIN: Final = 2.0
"""Seconds that a client waits for us at most: an address matters more to it."""
FOLDER: Final = "dhcp-events"
LONGEST_ANSWER: Final = 65_536
LONGEST_LINK: Final = 64
"""Characters of what is told as a link's name, with the word for it: more than any has."""
HOOKED: Final = ("udhcpc", "odhcp6c", "dhclient", "dhcpcd", "networkmanager")
OF_DHCPCD: Final = ("protocol", "interface_order", "ifcarrier")
"""What dhcpcd tells its hooks beside what dhclient does."""
_NO_LINK: Final = re.compile(r"[^!-.0-~]")
"""What no link's name has; a file's name may not have it everywhere either."""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs,
        "dhcp-event",
        _dhcp_event,
        "Hand what a DHCP client tells its hooks to the agent; the hooks that `cpe-agent setup --dhcp-hooks` installs\n"
        "call this. The client's variables are taken from the environment. Where no agent answers within 2 s, the\n"
        f"event is left for its start, in {FOLDER}/ beside its socket. 0 in any case but a wrong command line: a DHCP\n"
        "client is never kept from its work.",
        "cpe-agent dhcp-event --client udhcpc bound\ncpe-agent dhcp-event --socket /run/a/control.sock eth1 bound",
    )
    parser.add_argument("--client", choices=HOOKED, help="whose hook this is (default: told from what it hands over)")
    parser.add_argument("words", nargs="*", metavar="ARG", help="the hook's own arguments")


def _dhcp_event(options: argparse.Namespace) -> int:
    client = options.client or client_of(options.words, os.environ)
    if client is None:
        raise Failure("usage", "nothing here says which DHCP client calls", "name it with --client", USAGE)
    event = event_of(client, options.words, os.environ)
    family = family_of(client, event["reason"])
    what = f"{client}: {event['reason'] or 'no reason'}"
    if family is None:
        return _say(options, "nothing", f"{what}, nothing of a lease")
    try:
        path = socket_path(options)
    except Failure:  # settings that cannot be read must not lose the lease
        path = DEFAULT_SOCKET
    link = next((event["environment"].get(name) for name in CLIENTS[client].interfaces), None) or "unknown"
    left = path.parent / FOLDER / f"{_NO_LINK.sub('_', link)[:15]}-{client}-{family}.json"
    for name, size in event.get("left_out", {}).items():
        print(f"cpe-agent: {name} has {size} characters, which is more than is told; it is left out", file=sys.stderr)
    is_left = leave(left, event)  # first: an agent that starts at this moment finds it, or is told
    answer = tell(path, event)
    if answer is not None:
        with suppress(OSError):
            left.unlink()
        return _say(options, "told", f"{what}: {answer.get('why') or 'the agent knows'}")
    return _say(options, "left" if is_left else "lost", f"{what}: no agent answers; {left}")


def _say(options: argparse.Namespace, outcome: str, what: str) -> int:
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    what = printable(what).encode(encoding, "backslashreplace").decode(encoding)  # a boot has no locale
    with suppress(OSError):  # whoever called may have closed its ears
        if options.json:
            show_json({"outcome": outcome, "what": what})
        else:
            print(f"{outcome}: {what}", flush=True)
    return OK


def client_of(words: Sequence[str], environment: Mapping[str, str]) -> str | None:
    """Which client calls with these arguments and variables; None where that cannot be told."""
    if "NM_DISPATCHER_ACTION" in environment:
        return "networkmanager"
    if "reason" in environment:
        return "dhcpcd" if any(name in environment for name in OF_DHCPCD) else "dhclient"
    if "interface" in environment and words and family_of("udhcpc", words[0]):
        return "udhcpc"
    return "odhcp6c" if len(words) > 1 and family_of("odhcp6c", words[1]) else None


def event_of(client: str, words: Sequence[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """The event: of a client's variables those that matter, as far as there is room for them; the shortest first.

    ``left_out`` tells how many characters each of the others had.
    """
    kept: dict[str, str] = {}
    left_out: dict[str, int] = {}
    room = MOST_TEXT - LONGEST_LINK
    told = {
        name: environment[name].encode(errors="surrogateescape").decode(errors="replace")
        for name in sorted(CLIENTS[client].variables)
        if name in environment
    }
    for name, value in sorted(told.items(), key=lambda one: len(one[1])):
        if len(kept) < MOST_NAMES and len(name) + len(value) <= room:
            kept[name] = value
            room -= len(name) + len(value)
        else:
            left_out[name] = len(value)
    match client:
        case "odhcp6c":
            link, reason = (*words[:2], "", "")[:2]
            kept["interface"] = link[:LONGEST_LINK]
        case "udhcpc":
            reason = words[0] if words else ""
        case "networkmanager":
            reason = environment.get("NM_DISPATCHER_ACTION", "")
        case _:
            reason = environment.get("reason", "")
    event = {"client": client, "reason": reason[:40], "environment": kept}
    return event | ({"left_out": left_out} if left_out else {})


def leave(file: Path, event: Mapping[str, Any]) -> bool:
    """Write the event where the agent looks at its start; whether that could be done."""
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as out:
            json.dump(event, out)
        os.replace(new, file)
    except (OSError, UnicodeError) as error:
        print(f"cpe-agent: {file}: {getattr(error, 'strerror', None) or error}", file=sys.stderr)
        return False
    return True


def tell(path: Path, event: Mapping[str, Any]) -> dict[str, Any] | None:
    """Hand the event to the agent on this socket; its answer, None without one in time."""
    deadline = time.monotonic() + TOLD_WITHIN
    request = json.dumps({"verb": "dhcp_event", "arguments": {"event": event}}).encode() + b"\n"
    try:
        with connected(path, TOLD_WITHIN, patience=0) as agent:
            agent.sendall(request)
            said = b""
            while b"\n" not in said and len(said) < LONGEST_ANSWER:
                agent.settimeout(max(0.01, deadline - time.monotonic()))
                piece = agent.recv(4096)
                if not piece:
                    return None
                said += piece
        answer = json.loads(said)
    except (OSError, ValueError):
        return None
    return answer if isinstance(answer, dict) and "error" not in answer else None
