"""What is wrong with this device's management, and what to do about it: ordered checks over what the agent knows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from agent.machine_checks import Check

Status = Mapping[str, Any]

DROP_IN: Final = "`cpe-agent setup --manage {name}` makes {other} leave it alone"
NO_ACS: Final = (
    "`cpe-agent setup --url URL` names one; `cpe-agent discover` shows what each source says, and why it counts"
)


@dataclass(frozen=True, slots=True)
class Interface:
    """A link: whether the owner gave it to the agent, and who else configures it ("" for nobody)."""

    name: str
    is_given: bool
    other: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the checks need to know beside the agent's status."""

    interfaces: Callable[[], Sequence[Interface]]
    manage: Callable[[], Sequence[str]]
    absent: Callable[[], Mapping[str, str]]
    """Services that this machine does not have: what is left out, and what is missing for it."""
    is_clock_right: Callable[[], bool | None]
    way_out: Callable[[], Sequence[Check]] = tuple
    """Link, address and route towards the ACS."""
    resources: Callable[[], Sequence[Check]] = tuple
    """Memory, disk, dependencies."""
    services: Callable[[], Sequence[Check]] = tuple
    """What is on, and cannot do its work here."""
    not_taken: Callable[[], tuple[str, str]] = lambda: ("", "")
    """Without an ACS: why the one that was offered is not taken, and what to do about it."""
    is_clock_set: Callable[[], bool] = lambda: True


def examine(status: Status, around: Surroundings) -> dict[str, Any]:
    """The document of the verb doctor: ``checks`` in order, each with name, ok, what and next.

    One that is ok and has a next step is a warning: nothing fails, and something is worth a look.
    """
    checks = [
        *around.way_out(),
        *_clock(around.is_clock_set(), around.is_clock_right()),
        *_acs(status, around.not_taken),
        *_connection_request(status),
        *around.resources(),
        *_write_side(status),
        *_interfaces(around.manage(), around.interfaces()),
        *around.services(),
        *(Check("services", True, f"{what} left out: {missing}") for what, missing in around.absent().items()),
    ]
    return {"checks": [check._asdict() for check in checks]}


def _acs(status: Status, not_taken: Callable[[], tuple[str, str]]) -> Iterator[Check]:
    acs = status["acs"]
    if not acs["url"]:
        why, next_step = not_taken()
        yield Check("ACS", False, f"no ACS is configured{why and '; '}{why}", next_step or NO_ACS)
    elif acs["failed_attempts"]:
        what = f"{acs['url']}: {acs['last_outcome']} ({acs['failed_attempts']} attempts)"
        yield Check("ACS", False, what, "`cpe-agent sessions last` shows the conversation")
    else:
        yield Check("ACS", True, f"{acs['url']}: {acs['state']}")


def _connection_request(status: Status) -> Iterator[Check]:
    facts = status["connection_request"]
    if not status["acs"]["url"]:
        return  # that is told already, and nobody would call
    if facts["problem"]:
        yield Check("connection request", False, facts["problem"], facts["next"])
    elif facts["url"]:
        accepted, refused = facts["accepted"], facts["refused"]
        came = f"{accepted} accepted, {refused} refused" if accepted or refused else "none has arrived yet"
        last = f"; the last refusal: {facts['last_refusal']}" if refused and facts.get("last_refusal") else ""
        wall = "" if accepted else _behind_nat(facts)
        next_step = "`cpe-agent doctor --acs-side` shows what to try from the ACS" if refused or wall else ""
        yield Check("connection request", True, f"{facts['url']}: {came}{last}{wall}", next_step)


def _behind_nat(facts: Status) -> str:
    """Where the ACS is out in the Internet, and we say that it should call a private address."""
    with suppress(ValueError):
        ours = ip_address(urlsplit(facts["url"]).hostname or "")
        theirs = ip_address(facts.get("acs_address") or "")
        if theirs.is_global and not ours.is_global:
            return (
                f"; {ours} is a private address: the ACS at {theirs} cannot call it unless the router before this "
                "device forwards the port; periodic Informs work all the same"
            )
    return ""


def _write_side(status: Status) -> Iterator[Check]:
    state = status["pending"]["write_side"]
    if state != "on":
        yield Check("write side", False, state, "mend what the log tells, then restart the agent")
    elif status["pending"]["unconfirmed_change"]:
        what = f"a change {status['pending']['unconfirmed_change']}"
        yield Check("write side", True, what)


def _clock(is_set: bool, is_right: bool | None) -> Iterator[Check]:
    next_step = "let a time daemon run (chrony, systemd-timesyncd)"
    if not is_set:
        yield Check("clock", False, "it was never set: certificates cannot be judged", next_step)
    elif is_right is False:
        what = "it is set, and nothing keeps it right: one that has gone wrong makes good certificates look bad"
        yield Check("clock", True, what, next_step)
    elif is_right:
        yield Check("clock", True, "a time daemon keeps it right")


def _interfaces(manage: Sequence[str], interfaces: Sequence[Interface]) -> Iterator[Check]:
    given = [one for one in interfaces if one.is_given]
    for one in given:
        if one.other:
            next_step = DROP_IN.format(name=one.name, other=one.other)
            yield Check("interfaces", False, f"{one.name} is given to the agent, and {one.other} has it too", next_step)
    if not manage:
        yield Check("interfaces", True, "none is given to the agent: all are readable, and refuse writes")
    elif not given:
        yield Check(
            "interfaces", False, f"nothing here fits {', '.join(manage)}", "`cpe-agent setup` shows and changes it"
        )
    kept = [f"{one.name} ({one.other})" if one.other else one.name for one in interfaces if not one.is_given]
    if kept and manage:
        yield Check("interfaces", True, f"readable only, not in [network] manage: {', '.join(kept)}")
