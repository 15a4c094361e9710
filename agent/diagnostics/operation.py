"""The diagnostics as long work beside the core: whose turn it is, what came of it, and who is told (TR-181, TR-143)."""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

from agent.cwmp.event_queue import EventQueue
from agent.diagnostics.engine import CANCELED, COMPLETE, INTERNAL, Ended, Engine, Job, work
from agent.model.errors import InvalidValue
from agent.model.schema_entries import ParameterEntry
from agent.model.values import parse
from agent.runtime.actions import Action, Begin
from agent.runtime.control import error
from agent.runtime.events import Moment
from agent.runtime.operations import Broke, Tell
from backends.diagnostics.failures import DiagnosticFailed

log = logging.getLogger(__name__)

NAME: Final = "diagnostics"
TOPICS: Final = frozenset({"diagnostics"})
COMPLETE_EVENT: Final = "8 DIAGNOSTICS COMPLETE"
SHORTEST: Final = 3
"""Letters of a part of a name that stands for it."""
_LINK: Final = re.compile(r"[^\s/\x00]{1,15}")
_COUNT: Final = re.compile(r"[1-9][0-9]{0,8}")
_NO_LETTER: Final = re.compile(r"[^a-z0-9]")

Line = dict[str, Any]


class Book(Protocol):
    """What is asked for and what came of it; see backends.tr181.diagnostics.DiagnosticTables."""

    def requested(self) -> tuple[str, int] | None:
        """The diagnostic to run next, and its request's number."""

    def is_requested(self, name: str, number: int) -> bool:
        """Whether this request still stands."""

    def request(self, name: str, settings: Mapping[str, Any] | None = None, link: str = "") -> Any:
        """What the diagnostic is given; raises DiagnosticFailed."""

    def place_of(self, name: str) -> str:
        """Where it is loaded from."""

    def state_of(self, name: str) -> str:
        """The parameter that tells its state."""

    def ended(self, name: str, number: int, state: str, result: Mapping[str, Any] | None, text: str) -> bool:
        """Note what came of a request; whether it stood until now."""

    def agent_started(self, is_boot: bool) -> list[str]:
        """At a start; the diagnostics that were given up."""

    def inputs_of(self, name: str) -> Mapping[str, tuple[str, Any]]:
        """By name, what a person may say of a run: the parameter's template and its default; KeyError."""

    def told(self) -> Mapping[str, Mapping[str, Any]]:
        """By diagnostic, ``state``, ``text`` and ``result`` of what the management server asked for."""


class Surroundings(NamedTuple):
    """What the diagnostics need of the agent."""

    events: EventQueue
    save: Callable[[], None]
    """Makes the events durable, then the book."""
    entry: Callable[[str], ParameterEntry | None]
    """What the schema says of a parameter."""
    changed: Callable[[frozenset[str]], None]
    """Takes topics of which values differ."""
    ask: Callable[[Callable[[], Any]], Any]
    """Has something done in the owner's thread, for those who are not; TimeoutError."""
    note: Callable[..., object] = lambda *_told, **_fields: None
    """Takes what belongs into the history of what happened."""


class _Refused(Exception):
    """A person's request cannot be served; ``document`` says why."""

    def __init__(self, code: str, message: str, next_step: str) -> None:
        super().__init__()
        self.document = error(code, message, next_step)


class Diagnostics:
    """An Operation. The management server's request goes before a person's run, which ends for it."""

    name = NAME
    holds_sessions = False
    holds_reboots = False

    def __init__(self, book: Book, around: Surroundings) -> None:
        self._book = book
        self._around = around
        self._engine = Engine()
        self._asked: tuple[str, int] | None = None  # whose request the job under way serves; None: a person's
        self._to_begin: tuple[Job, Any] | None = None
        self._last: dict[str, Line] = {}
        self._elsewhere: list[tuple[str, str]] = []

    def started(self, *, is_boot: bool) -> None:
        """At a start, once the book is there."""
        for name in self._book.agent_started(is_boot):
            log.error("%s is given up: the agent ended whenever it ran", name)
            self._around.events.occurred(COMPLETE_EVENT)
        self._around.save()

    # -- an Operation -------------------------------------------------------------------------------------------------

    def due(self, now: Moment, in_session: bool) -> float | None:
        """See Operation."""
        is_next = self._engine.job is None and not in_session and self._book.requested() is not None
        return now.monotonic if is_next or self._to_begin is not None or self._elsewhere else None

    def act(self, now: Moment, in_session: bool) -> Sequence[Action]:  # noqa: ARG002 - as every Operation
        """See Operation."""
        self._tell_of_those_elsewhere()
        self._cancel_what_does_not_stand(in_session)
        if self._engine.job is None and not in_session:
            self._take_request()
        if self._to_begin is None:
            return ()
        (job, request), self._to_begin = self._to_begin, None
        return (Begin(NAME, partial(_tell, job, self._book.place_of(job.name), request, self._word_of(job.name))),)

    def heard(self, told: object, now: Moment) -> None:  # noqa: ARG002 - as every Operation
        """See Operation."""
        job = self._engine.job
        if isinstance(told, Broke) and job is not None:
            told = Ended(job.number, job.name, self._word_of(job.name)(INTERNAL), text="the diagnostic broke")
        if not isinstance(told, Ended) or not self._engine.over(told):
            return
        asked, self._asked = self._asked, None
        if asked is None:
            self._last[told.name] = _line(told)
        else:
            self._concluded(asked, told)

    def ended_elsewhere(self, name: str, state: str) -> None:
        """A diagnostic that runs by itself, in the owner's thread, has ended; the ACS is told at the next turn."""
        self._elsewhere.append((name, state))

    def _tell_of_those_elsewhere(self) -> None:
        if not self._elsewhere:
            return
        for name, state in self._elsewhere:
            log.info("%s: %s", name, state)
            self._around.events.occurred(COMPLETE_EVENT)
            self._around.note(NAME, name, "it is complete" if state == COMPLETE else "it failed", state=state)
        self._elsewhere.clear()
        self._around.save()

    def forget(self) -> None:
        """See Operation: the book is the data model's, and forgets with it."""
        self._last.clear()
        if self._engine.job is not None:
            self._engine.job.cancel("factory reset")

    def _cancel_what_does_not_stand(self, in_session: bool) -> None:
        job = self._engine.job
        if job is None or job.is_cancelled():
            return
        if self._asked is None:
            if not in_session and self._book.requested() is not None:
                job.cancel("the ACS asks for a diagnostic")
        elif not self._book.is_requested(*self._asked):
            job.cancel("the ACS does not want it any more")

    def _take_request(self) -> None:
        asked = self._book.requested()
        if asked is None:
            return
        try:
            request = self._book.request(asked[0])
        except DiagnosticFailed as failure:
            self._concluded(asked, Ended(0, asked[0], self._word_of(asked[0])(failure.state), text=failure.text))
            return
        except Exception:
            log.exception("%s could not be begun", asked[0])
            self._concluded(asked, Ended(0, asked[0], self._word_of(asked[0])(INTERNAL), text="it could not be begun"))
            return
        self._asked, self._to_begin = asked, (self._engine.begin(asked[0], is_watched=False), request)
        log.info("%s begins", asked[0])

    def _word_of(self, name: str) -> Callable[[str], str]:
        return partial(word_for, self._around.entry(self._book.state_of(name)))

    def _concluded(self, asked: tuple[str, int], ended: Ended) -> None:
        """What came of the management server's request; nobody is told of what was cancelled (TR-181)."""
        name, number = asked
        if ended.state == CANCELED:
            log.info("%s: %s", name, ended.text)
            return
        if not self._book.ended(name, number, ended.state, ended.result, ended.text):
            return
        log.info("%s: %s%s", name, ended.state, f" ({ended.text})" if ended.text else "")
        self._around.events.occurred(COMPLETE_EVENT)
        self._around.save()
        self._around.note(NAME, name, ended.text or "it is complete", state=ended.state)
        self._around.changed(TOPICS)

    # -- people -------------------------------------------------------------------------------------------------------

    def listed(self, _arguments: Mapping[str, Any]) -> Line:
        """The verb ``diagnostics``: each with what may be said of a run, and what the last ones came to."""
        job = self._engine.job
        return {
            "running": job.name if job else None,
            "diagnostics": [
                {"name": name, **told, "last": self._last.get(name), "inputs": self._inputs(name)}
                for name, told in self._book.told().items()
            ],
        }

    def stream(self, arguments: Mapping[str, Any]) -> Iterator[Line | None]:
        """The verb ``diagnose``, in the control socket's thread: ``name``, and ``settings``, texts by name.

        Lines: ``begun``, ``progress`` as often as there is some, ``ended`` with ``state``, ``text`` and ``result``.
        It is cancelled when nobody looks any more.
        """
        try:
            job: Job = self._around.ask(lambda: self._begin_for_person(arguments))
        except _Refused as refused:
            yield refused.document
            return
        except TimeoutError:
            yield error("timeout", "the agent is too busy for a diagnostic", "try again in a minute")
            return
        try:
            yield {"begun": job.name}
            while job.ended is None:
                line = job.next_line()
                yield None if line is None else {"progress": line}
            while (line := job.next_line()) is not None:
                yield {"progress": line}
            yield {"ended": _line(job.ended)}
        finally:
            job.cancel()

    def _begin_for_person(self, arguments: Mapping[str, Any]) -> Job:
        name = self._named(arguments.get("name"))
        settings, link = self._settings(name, arguments.get("settings") or {})
        if self._engine.job is not None or self._book.requested() is not None:
            busy = self._engine.job.name if self._engine.job else "one that the ACS asked for"
            raise _Refused("busy", f"another diagnostic is under way: {busy}", "try again when it has ended")
        try:
            request = self._book.request(name, settings, link)
        except DiagnosticFailed as failure:
            raise _Refused("invalid_arguments", failure.text, "`cpe-agent diag` lists what may be set") from None
        job = self._engine.begin(name)
        self._to_begin = (job, request)
        return job

    def _named(self, name: object) -> str:
        known = list(self._book.told())
        if not isinstance(name, str):
            raise _Refused("invalid_arguments", "name has to be that of a diagnostic", "`cpe-agent diag` lists them")
        found = _meant(name, known)
        if len(found) != 1:
            said = f"{name!r} may be {' or '.join(found)}" if found else f"there is no diagnostic {name!r}"
            raise _Refused("unknown_diagnostic", said, f"these there are: {', '.join(known)}")
        return found[0]

    def _settings(self, name: str, given: object) -> tuple[dict[str, Any], str]:
        """Values by name, and the link; raises _Refused."""
        if not isinstance(given, Mapping):
            raise _Refused(
                "invalid_arguments", "settings have to be texts by name", "`cpe-agent diag` lists what may be set"
            )
        inputs, values, link = self._book.inputs_of(name), dict[str, Any](), ""
        for key, text in given.items():
            word = _which(str(key), inputs, name)
            if not isinstance(text, str):
                raise _Refused(
                    "invalid_arguments", f"{word} has to be a text", "`cpe-agent diag` lists what may be set"
                )
            if word == "Interface":
                link = text
                if not _LINK.fullmatch(link):
                    raise _Refused("invalid_arguments", "Interface has to be a link's name, such as eth0", "`ip link`")
                continue
            path, otherwise = inputs[word]
            try:
                values[word] = self._value(path, otherwise, text)
            except (InvalidValue, ValueError) as wrong:
                reason = getattr(wrong, "reason", "") or str(wrong)
                raise _Refused(
                    "invalid_arguments", f"{word}: {reason}", "`cpe-agent diag` lists what may be set"
                ) from None
        return values, link

    def _value(self, path: str, otherwise: Any, text: str) -> Any:
        entry = self._around.entry(path) if path else None
        if entry is not None:
            return parse(entry, text)
        if isinstance(otherwise, bool):
            if text not in ("true", "false", "1", "0"):
                raise ValueError("has to be true or false")
            return text in ("true", "1")
        if isinstance(otherwise, int) and not _COUNT.fullmatch(text):
            raise ValueError("has to be a whole number from 1 on")
        return int(text) if isinstance(otherwise, int) else text

    def _inputs(self, name: str) -> list[Line]:
        inputs = []
        for word, (path, otherwise) in self._book.inputs_of(name).items():
            entry = self._around.entry(path) if path else None
            told: Line = {"name": word, "default": _shown(otherwise)}
            if entry is not None:
                told |= {"words": [one.text for one in entry.enumeration], "unit": entry.units}
            inputs.append(told)
        return inputs


def _tell(job: Job, place: str, request: Any, word: Callable[[str], str], tell: Tell) -> None:
    tell(work(job, place, request, word))


def word_for(entry: ParameterEntry | None, state: str) -> str:
    """The state, or what stands for it where DiagnosticsState has no such word."""
    words = [one.text for one in entry.enumeration] if entry is not None else []
    return next((one for one in (state, "Error_Other", "Error") if one in words), state)


def _line(ended: Ended) -> Line:
    return {"name": ended.name, "state": ended.state, "text": ended.text, "result": ended.result}


def _which(key: str, inputs: Mapping[str, Any], name: str) -> str:
    """The input that a person means: its name, or a part of one name only. Raises _Refused."""
    found = _meant(key, inputs)
    if len(found) != 1:
        said = f"{key!r} may be {' or '.join(found)}" if found else f"{name} has no {key!r}"
        raise _Refused("invalid_arguments", said, f"these there are: {', '.join(inputs)}")
    return found[0]


def _meant(text: str, names: Iterable[str]) -> list[str]:
    """Those of the names that a text may mean: the one that it is, else those that it is a part of."""
    asked, by_letters = _letters(text), {_letters(one): one for one in names}
    if asked in by_letters:
        return [by_letters[asked]]
    return [one for letters, one in by_letters.items() if len(asked) >= SHORTEST and asked in letters]


def _letters(text: str) -> str:
    return _NO_LETTER.sub("", text.lower())


def _shown(value: Any) -> Any:
    if isinstance(value, tuple):
        return ",".join(str(one) for one in value)
    return value if isinstance(value, bool | int | str) else ""
