"""What is asked of the diagnostics and what came of them: settings, DiagnosticsState, results (TR-181, TR-143)."""

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Final

from agent.model.errors import InvalidValue
from agent.model.object import Object, Parameter, Target
from backends.desired_state import Pointer, Record, Refused, Wanted
from backends.diagnostics.failures import DiagnosticFailed
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.record_table import Keys, RecordTable, field_of
from backends.tr181.service import TableService, pointer_of, target_of

log = logging.getLogger(__name__)

NONE: Final = "None"
REQUESTED: Final = "Requested"
CANCELED: Final = "Canceled"
INTERNAL: Final = "Error_Internal"
STATE: Final = "DiagnosticsState"
TOPIC: Final = "diagnostics"
HOSTS: Final = frozenset({"host", "host_name", "host_list", "dns_server"})
"""Fields of settings that name hosts."""
LONGEST: Final = 3600
"""Seconds that what is asked for may take: there is one diagnostic at a time."""
LONGEST_TIMEOUT: Final = 60_000
"""Milliseconds for one answer."""
MOST_RESTARTS: Final = 2
"""How often a diagnostic that the agent's end has cut off is begun again."""

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_BLANK: Final = re.compile(r"\s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Record):
    """The last run of a diagnostic: its record's key is the diagnostic's name. ``result`` is JSON, "" for none.

    ``number`` is higher for each later request; ``restarts`` counts the starts of the agent that found it requested.
    """

    state: str = NONE
    number: int = 0
    result: str = ""
    text: str = ""
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """A table of results, a row for each item of the result's ``field``; ``defaults`` as of ``Test.results``."""

    path: str
    field: str
    defaults: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Test:
    """A diagnostic. ``settings`` has a field for each of ``inputs`` (``field_of``), its default the factory's.

    ``results`` are the read-only parameters and what they read as before there is a result: each is the field of its
    name in the result. ``place`` ("module:Class") is imported in the thread that runs it. ``request`` makes what it is
    given of the settings and of the link of their Interface, "" for none. ``check`` raises Refused for settings that
    cannot be run, and names fields of them. ``more`` are parameters that are neither. A result that reads as None
    before there is one is a time.
    """

    name: str
    path: str
    settings: type[Record]
    place: str
    request: Callable[[Any, str], Any]
    inputs: Sequence[str] = ()
    results: Mapping[str, Any] = field(default_factory=dict)
    rows: Sequence[Rows] = ()
    check: Callable[[Any], None] = lambda _settings: None
    more: "Callable[[DiagnosticTables], Sequence[Parameter[Keys, Any]]]" = lambda _tables: ()
    needs: Sequence[str] = ()
    """Fields of its request that the agent fills in, as things are when it begins (``DiagnosticTables.provided``)."""
    needs_of_acs: Sequence[str] = ()
    """Those that it fills in only where the management server asks: a person at home may look around there."""
    is_elsewhere: bool = False
    """Its object is declared by what runs it for the management server: here people run it."""


class DiagnosticTables(TableService):
    """The backend of all diagnostics' objects, and the book that whoever runs them reads and writes.

    What is asked for is in force with the transaction that asks for it; ``requested`` says it, the runtime runs it.
    """

    def __init__(self, tests: Sequence[Test], link_of: Callable[[Any], str | None]) -> None:
        self.tests: Final = {test.name: test for test in tests}
        self.provided: dict[str, Callable[[], Any]] = {}
        """By field of requests, what the agent has for it; called in the owner's thread."""
        self.elsewhere: dict[str, Callable[[], str]] = {}
        """The states of those that run elsewhere."""
        self._link_of = link_of
        self._read: dict[str, tuple[str, Mapping[str, Any] | None]] = {}
        tables = {test.settings: test.path for test in tests}
        words = {field_of(word): (word,) for test in tests for word in test.inputs}
        super().__init__("diagnostics", (Run, *tables), _Nothing(self.tests), tables, words)

    # -- what the management server sets ------------------------------------------------------------------------------

    def set_state(self, name: str, state: str) -> None:
        """Stage what DiagnosticsState was set to. Who cancels what does not run leaves its results alone."""
        if state == REQUESTED:
            number = max((run.number for run in self.wanted.of(Run).values()), default=0) + 1
            self.put(name, Run(state=REQUESTED, number=number))
        elif self.wanted.get(Run, name).state == REQUESTED:
            self.edit(Run, name, state=NONE)

    def settings_changed(self, name: str) -> None:
        """A setting was staged: without a request in the same transaction, there is nothing to be had any more."""
        before = self._before.get(Run, name).number if self._before is not None else 0
        run = self.wanted.get(Run, name)
        if run.number == before and run.state != NONE:
            self.edit(Run, name, state=NONE)

    def run_of(self, name: str) -> Run:
        """The last run, as it is told."""
        return self.wanted.get(Run, name)

    def result_of(self, name: str) -> Mapping[str, Any]:
        """The last result by field; empty where there is none."""
        return self._result(name, self.wanted.get(Run, name)) or {}

    # -- what the runtime reads and writes -----------------------------------------------------------------------------

    def requested(self) -> tuple[str, int] | None:
        """The diagnostic to run next, and its request's number: the one asked for first."""
        runs = [(run.number, name) for name, run in self.in_force.of(Run).items() if run.state == REQUESTED]
        number, name = min(runs, default=(0, ""))
        return (name, number) if name in self.tests else None

    def is_requested(self, name: str, number: int) -> bool:
        """Whether this request still stands."""
        run = self.in_force.get(Run, name)
        return run.state == REQUESTED and run.number == number

    def request(self, name: str, settings: Mapping[str, Any] | None = None, link: str = "") -> Any:
        """What the diagnostic is given: by its settings in force, or by the factory's but for these, on this link.

        Raises DiagnosticFailed.
        """
        test = self.tests[name]
        if settings is None:
            kept = self.in_force.get(test.settings)
            asked = test.request(kept, self._link(kept))
            return self._provided_with((*test.needs, *test.needs_of_acs), asked)
        given = replace(test.settings(), **{field_of(word): value for word, value in settings.items()})
        try:
            check(test, given)
        except Refused as refused:
            raise DiagnosticFailed("Error_Other", self._reason_of(refused)) from None
        return self._provided_with(test.needs, test.request(given, link))

    def _provided_with(self, needs: Sequence[str], request: Any) -> Any:
        there = {name: self.provided[name]() for name in needs if name in self.provided}
        return replace(request, **there) if there else request

    def place_of(self, name: str) -> str:
        """Where the diagnostic itself is loaded from, when it runs: "module:Class"."""
        return self.tests[name].place

    def state_of(self, name: str) -> str:
        """The parameter that tells its state."""
        return f"{self.tests[name].path}{STATE}"

    def inputs_of(self, name: str) -> dict[str, tuple[str, Any]]:
        """By name, what a person may say of a run: the parameter's template, "" where TR-181 has none, and its default.

        KeyError for no diagnostic of ours.
        """
        test = self.tests[name]
        blank = test.settings()
        known = {field_of(word): (f"{test.path}{word}", word) for word in test.inputs}
        others = {one.name: ("", one.name) for one in fields(blank) if one.name not in ("parent", *known)}
        return {word: (path, getattr(blank, kept)) for kept, (path, word) in {**known, **others}.items()}

    def ended(self, name: str, number: int, state: str, result: Mapping[str, Any] | None, text: str) -> bool:
        """Note what came of a request; whether it stood until now. To be saved by the caller."""
        if not self.is_requested(name, number):
            return False
        said = "" if result is None else json.dumps(result, separators=(",", ":"), ensure_ascii=False)
        self._note(name, state=state, result=said, text=text)
        return True

    def agent_started(self, is_boot: bool) -> list[str]:
        """At a start: what was under way is begun again, and ends where that has happened too often; those names.

        After a reboot nothing is requested any more, and results are gone.
        """
        given_up = []
        for name, run in self.in_force.of(Run).items():
            if is_boot:
                self._note(name, state=NONE, result="", text="", restarts=0)
            elif run.state == REQUESTED and run.restarts >= MOST_RESTARTS:
                self._note(name, state=INTERNAL, text="the agent ended whenever it ran")
                given_up.append(name)
            elif run.state == REQUESTED:
                self._note(name, restarts=run.restarts + 1)
        return given_up

    def told(self) -> dict[str, dict[str, Any]]:
        """By diagnostic: ``state``, ``text`` and ``result`` of what was asked for through the data model."""
        runs = {name: self.in_force.get(Run, name) for name in self.tests}
        told = {
            name: {"state": run.state, "text": run.text, "result": self._result(name, run)}
            for name, run in runs.items()
        }
        for name, state in self.elsewhere.items():
            told[name]["state"] = state()
        return told

    def _result(self, name: str, run: Run) -> Mapping[str, Any] | None:
        """What came of a run; a damaged result is none, and the log hears of it once."""
        if not run.result:
            return None
        kept, found = self._read.get(name, ("", None))
        if kept != run.result:
            found = _read(self.tests[name], run.result)
            self._read[name] = (run.result, found)
            if found is None:
                log.warning("the saved result of %s is damaged, and counts as none", name)
        return found

    def _note(self, name: str, **values: Any) -> None:
        """Outside of any transaction: what is staged or waits has it as well."""
        is_same = self.wanted is self._applied
        self._applied = self._applied.with_record(name, replace(self._applied.get(Run, name), **values))
        self.wanted = (
            self._applied if is_same else self.wanted.with_record(name, replace(self.wanted.get(Run, name), **values))
        )

    def _link(self, settings: Record) -> str:
        pointer = getattr(settings, "interface", None)
        if pointer is None:
            return ""
        link = self._link_of(pointer)
        if not link:
            raise DiagnosticFailed("Error_Other", "the interface it is to use is not there")
        return link


def _read(test: Test, kept: str) -> Mapping[str, Any] | None:
    """The result by field; None for what no run of the diagnostic can have come to."""
    try:
        found = json.loads(kept)
    except ValueError:
        return None
    if not _is_result(found, test.results):
        return None
    tables = [(found.get(rows.field, []), rows.defaults) for rows in test.rows]
    is_whole = all(isinstance(some, list) and all(_is_result(row, names) for row in some) for some, names in tables)
    return found if is_whole else None


def _is_result(found: Any, defaults: Mapping[str, Any]) -> bool:
    """Whether it is values by field, and each is like its default."""
    if not isinstance(found, dict):
        return False
    return all(_is_like(otherwise, found.get(field_of(name), otherwise)) for name, otherwise in defaults.items())


def _is_like(otherwise: Any, value: Any) -> bool:
    if isinstance(otherwise, tuple):
        return value == otherwise or (isinstance(value, list) and all(isinstance(one, str | int) for one in value))
    if otherwise is not None or value is None:
        return type(value) is type(otherwise)
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


class _Nothing:
    """The system behind the records: to want a diagnostic changes nothing; that it can be run is looked at here."""

    def __init__(self, tests: Mapping[str, Test]) -> None:
        self._tests = tests

    def check(self, wanted: Wanted) -> None:
        """Settings that are to be run must make sense (TR-181: any inconsistency is detected with the request)."""
        for name, test in self._tests.items():
            if wanted.get(Run, name).state == REQUESTED:
                check(test, wanted.get(test.settings))
            else:
                _check_letters(test, wanted.get(test.settings))

    def cuts(self, _wanted: Wanted) -> bool:
        return False

    def apply(self, _wanted: Wanted) -> bool:
        return False


def check(test: Test, settings: Record) -> None:
    """Whether the settings can be run; raises Refused."""
    _check_letters(test, settings)
    test.check(settings)


def _check_letters(test: Test, settings: Record) -> None:
    """What no text of a diagnostic's has: who reads it next, a server or a log, would take it for something else."""
    for one in fields(settings):
        value = getattr(settings, one.name)
        texts = value if isinstance(value, tuple) else (value,)
        refused = [text for text in texts if isinstance(text, str) and _CONTROL.search(text)]
        if refused:
            raise Refused(f"{{{one.name}}} has a control character", test.settings, fields=[one.name])
        if one.name in HOSTS and any(_BLANK.search(text) for text in texts):
            raise Refused(f"{{{one.name}}} has a blank, which no host's name has", test.settings, fields=[one.name])


def needed(kind: type[Record], settings: Record, *names: str) -> None:
    """A check: none of these fields is empty. Raises Refused."""
    for name in names:
        if not getattr(settings, name):
            raise Refused(f"{{{name}}} is not set", kind, fields=[name])


def at_most(kind: type[Record], settings: Record, **limits: int) -> None:
    """A check: none of these fields is higher. Raises Refused."""
    for name, limit in limits.items():
        if getattr(settings, name) > limit:
            raise Refused(f"{{{name}}} is at most {limit}", kind, fields=[name])


def ends(kind: type[Record], milliseconds: int, *names: str) -> None:
    """A check: what these fields make it last is LONGEST at most. Raises Refused."""
    if milliseconds > LONGEST * 1000:
        raise Refused(f"{{{names[0]}}}: that would take more than {LONGEST} s", kind, fields=list(names))


def objects_of(tables: DiagnosticTables, test: Test) -> list[Object[Any]]:
    """The declarations of a diagnostic."""
    table = RecordTable(tables, test.settings, test.path)
    parameters: list[Parameter[Keys, Any]] = [
        Parameter(STATE, lambda _: tables.run_of(test.name).state, lambda _, value: tables.set_state(test.name, value)),
        *(_input(tables, test, table, name) for name in test.inputs),
        *(_result(tables, test.name, name, otherwise) for name, otherwise in test.results.items()),
        *test.more(tables),
    ]
    return [
        table.object(parameters, "a diagnostic of the agent's", (TOPIC,)),
        *(_rows(tables, test.name, rows) for rows in test.rows),
    ]


def _input(tables: DiagnosticTables, test: Test, table: RecordTable[Any], name: str) -> Parameter[Keys, Any]:
    is_reference = name == "Interface"
    plain = table.field(name, read=target_of, write=_row) if is_reference else table.field(name)

    def set_input(row: Keys, value: Any) -> None:
        before = table.record(row)
        if plain.set is not None:
            plain.set(row, value)
        if table.record(row) != before:
            tables.settings_changed(test.name)

    return Parameter(name, plain.get, set_input)


def _row(target: Target | None) -> Pointer | None:
    """What a reference is kept as: it points to a row, or nowhere."""
    if target is not None and not target.keys:
        raise InvalidValue("", "the path of a row is needed")
    return pointer_of(target)


def _result(tables: DiagnosticTables, test: str, name: str, otherwise: Any) -> Parameter[Keys, Any]:
    return Parameter(name, lambda _: _value(tables.result_of(test), name, otherwise))


def _value(result: Mapping[str, Any], name: str, otherwise: Any) -> Any:
    found = result.get(field_of(name), otherwise)
    return datetime.fromisoformat(found) if otherwise is None and found is not None else found


def _rows(tables: DiagnosticTables, test: str, rows: Rows) -> Object[Any]:
    def one(name: str, otherwise: Any) -> Parameter[tuple[int, Mapping[str, Any]], Any]:
        return Parameter(name, lambda row: _value(row[1], name, otherwise))

    return Object(
        path=rows.path,
        rows=lambda: list(enumerate(tables.result_of(test).get(rows.field, ()), 1)),
        keys=lambda row: (str(row[0]),),
        parameters=[one(name, otherwise) for name, otherwise in rows.defaults.items()],
        changed_by=(TOPIC,),
        durable=False,
        source=lambda _: "a diagnostic of the agent's",
    )


def diagnostic_tables(given: Mechanisms) -> Part:
    """Every machine can run them."""
    from backends.tr181.diagnostic_tests import tests

    tables = DiagnosticTables(tests(given), given.links.link_of)
    return Part("diagnostics", {"diagnostics": tables}, tables, follows=frozenset())


def book_of(mechanisms: Mechanisms) -> DiagnosticTables:
    """What whoever runs them reads and writes."""
    if mechanisms.diagnostics is None:
        raise LookupError("this machine was built without diagnostics")
    return mechanisms.diagnostics


def diagnostics(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Their objects, and which of them are supported."""
    tables = mechanisms.diagnostics
    if tables is None:
        return []
    from backends.tr181.diagnostics_ip import supported

    here = [test for test in tables.tests.values() if not test.is_elsewhere]
    return [supported(tables), *(one for test in here for one in objects_of(tables, test))]
