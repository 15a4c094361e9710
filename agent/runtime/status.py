"""How the agent is, for people and programs: the verbs status, queue, inform and version."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agent.cwmp import soap
from agent.cwmp.event_queue import PERIODIC
from agent.cwmp.management_server import ENABLE_CWMP
from agent.cwmp.session import Later, Session
from agent.model.errors import ModelError
from agent.runtime.clock import iso
from agent.runtime.control import error
from agent.runtime.core import Core, Parts, Policy
from agent.runtime.endpoint import shown_url
from agent.runtime.events import Moment
from agent.runtime.redactor import Redactor
from agent.runtime.verbs import BadArgument, ModelVerbs, refused, switch
from agent.version import VERSION

Reply = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Device:
    """Who the device says it is, where the ACS can reach it, and how the transfers of files are."""

    facts: Callable[[], Mapping[str, str]]
    connection_request: Callable[[], Mapping[str, Any]]
    transfers: Callable[[], Mapping[str, Any]] = dict


class Verbs:
    """Every verb that the owner answers; a verb that does not exist gets an error document."""

    def __init__(
        self,
        parts: Callable[[], Parts],
        model: ModelVerbs,
        device: Device,
        examine: Callable[[Reply], Reply],
        redactor: Redactor,
        more: Mapping[str, Callable[[Mapping[str, Any]], Reply]] = {},
    ) -> None:
        """``examine`` is the doctor, who is told the status; ``more`` are verbs that need nothing of the core."""
        self._parts = parts
        self._model = model
        self._device = device
        self._examine = examine
        self._redactor = redactor
        self._more = more

    def answer(self, core: Core, verb: str, arguments: Mapping[str, Any], now: Moment) -> Reply:
        """Serve a verb."""
        match verb:
            case "status":
                return self._status(core, now)
            case "doctor":
                return self._examine(self._status(core, now))
            case "queue":
                return self._queue(now)
            case "inform":
                return self._inform(core, arguments, now)
            case "version":
                return {"version": VERSION}
            case _ if verb in self._model.table:
                return self._model.answer(verb, arguments)
            case _ if verb in self._more:
                return self._more[verb](arguments)
        return error("unknown_verb", f"the agent knows no {verb!r}", "`cpe-agent --help` lists the verbs")

    def _status(self, core: Core, now: Moment) -> Reply:
        parts = self._parts()
        policy = parts.policy()
        due = core.session_wanted(now)
        return {
            "acs": {
                "url": shown_url(policy.acs),
                "state": self._state(core, policy),
                "last_session": iso(core.last_ended.wall) if core.last_ended else None,
                "since_seconds": round(now.monotonic - core.last_ended.monotonic) if core.last_ended else None,
                "last_outcome": self._redactor.text(core.last_outcome),
                "failed_attempts": parts.retries.count,
                "next_session_seconds": _seconds_until(due, now),
            },
            "connection_request": dict(self._device.connection_request()),
            "device": dict(self._device.facts()),
            "transfers": dict(self._device.transfers()),
            "pending": {
                "events": [event.code for event in parts.events.pending],
                "scheduled_informs": len(parts.calendar.scheduled),
                "unconfirmed_change": _unconfirmed(parts),
                "taken_back_seconds": _seconds_until(parts.commit_confirm.deadline, now),
                "write_side": parts.model.read_only_reason or "on",
            },
        }

    def _state(self, core: Core, policy: Policy) -> str:
        if not policy.acs:
            return "no ACS configured"
        if core.session_number is not None:
            return "in session"
        if not policy.is_enabled:
            return "CWMP is disabled"
        if core.last_ended is None:
            return "not contacted yet"
        return "reachable" if not self._parts().retries.is_retrying else "last session failed"

    def _queue(self, now: Moment) -> Reply:
        parts = self._parts()
        return {
            "events": [{"code": event.code, "command_key": event.command_key} for event in parts.events.pending],
            "changed": list(parts.events.changed_paths),
            "scheduled": [
                {"command_key": command_key, "seconds": round(seconds)}
                for command_key, seconds in parts.calendar.scheduled.waiting(now.monotonic)
            ],
        }

    def _inform(self, core: Core, arguments: Mapping[str, Any], now: Moment) -> Reply:
        parts = self._parts()
        try:
            is_dry_run = switch(arguments, "dry_run")
        except BadArgument as wrong:
            return error("invalid_arguments", str(wrong), "see the verb's --help")
        if is_dry_run:
            return self._dry_run(parts, now)
        policy = parts.policy()
        if not policy.acs:
            return error("no_acs", "no ACS is configured", "`cpe-agent discover` says what each source names")
        if not policy.is_enabled:
            path = f"{parts.model.root}{ENABLE_CWMP}"
            return error("disabled", "CWMP is disabled", f"`cpe-agent set {path}=true` enables it")
        core.inform_now()
        return {"started": True}

    def _dry_run(self, parts: Parts, now: Moment) -> Reply:
        """The first envelope of the session that this verb would start."""
        events = parts.events.checkpoint()
        events.occurred(PERIODIC)
        try:
            inform = parts.inform(events.for_inform(), parts.retries.count, now)
        except ModelError as refusal:
            return refused(refusal)
        envelope = Session(inform, lambda _: Later(), lambda: None, lambda *_: None).start().envelope
        return {"xml": self._redactor.xml(soap.render(envelope).decode()) if envelope else ""}


def _seconds_until(due: float | None, now: Moment) -> int | None:
    return None if due is None else max(0, round(due - now.monotonic))


def _unconfirmed(parts: Parts) -> str | None:
    if parts.model.awaits_application:
        return "waits for the end of the session"
    return "made; it is taken back unless the ACS is reached" if parts.model.awaits_confirmation else None
