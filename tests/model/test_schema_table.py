"""The whole table of every model at once: nothing in it that the agent could not keep to."""

from collections.abc import Iterator
from functools import cache

import pytest

from agent.model import patterns, values
from agent.model.errors import InvalidValue
from agent.model.schema import Schema
from agent.model.schema_entries import ParameterEntry
from tests.schemas import MODELS, document, shipped_schema

SHIPPED = "shipped"

# Defaults that a server could not set: kept as the XML has them, and why each is so.
UNSETTABLE_DEFAULTS = {
    # None is what only the device says:
    "InternetGatewayDevice.WANDevice.{i}.WANConnectionDevice.{i}.WANATMF5LoopbackDiagnostics.DiagnosticsState",
    # The mistake of an empty dateTime:
    "InternetGatewayDevice.PeriodicStatistics.SampleSet.{i}.ReportStartTime",
    "InternetGatewayDevice.PeriodicStatistics.SampleSet.{i}.ReportEndTime",
}

# What references name that is in no model: InternetGatewayDevice:1 has its hosts below each LANDevice only, and a
# service's model names its neighbours below the root that it is mounted at.
OUTSIDE = ("InternetGatewayDevice.Hosts.Host.{i}.", "^.Services.")


@cache
def schema(name: str) -> Schema:
    return shipped_schema() if name == SHIPPED else Schema.from_document(document(name), name)


def everything(name: str) -> Iterator[ParameterEntry]:
    known = schema(name)
    yield from known.parameters.values()
    for command in known.commands.values():
        yield from command.input.parameters.values()
        yield from command.output.parameters.values()
    for event in known.events.values():
        yield from event.arguments.parameters.values()


pytestmark = pytest.mark.parametrize("name", [SHIPPED, *MODELS])


@pytest.mark.slow
def test_every_pattern_compiles(name: str) -> None:
    assert [entry.path for entry in everything(name) if not all(map(patterns.compiled, entry.patterns))] == []


def test_every_default_is_a_legal_value(name: str) -> None:
    illegal = set()
    for entry in everything(name):
        if entry.default is not None:
            try:
                values.parse(entry, entry.default.text)
            except InvalidValue:
                illegal.add(entry.path)
    assert illegal == {path for path in UNSETTABLE_DEFAULTS if path in schema(name).parameters}


def test_every_reference_names_an_object_of_the_schema(name: str) -> None:
    known = schema(name)
    missing = [
        (entry.path, target)
        for entry in everything(name)
        if entry.reference is not None
        for target in entry.reference.targets
        if target not in known.objects and not target.startswith(OUTSIDE)
    ]
    assert missing == []


def test_every_enumeration_reference_names_a_list_of_the_schema(name: str) -> None:
    lists = {entry.path for entry in everything(name) if entry.list is not None}
    wanted = {entry.enumeration_ref.parameter for entry in everything(name) if entry.enumeration_ref is not None}
    assert wanted - lists == set()


def test_every_object_has_its_parent_counter_switch_and_keys(name: str) -> None:
    known = schema(name)
    missing = []
    for path, entry in known.objects.items():
        names = known.parameter_names(path)
        counter = entry.entries_parameter
        if counter is not None:
            missing += [counter] if counter not in known.parameters or known.table_counted_by(counter) != path else []
        switch = [entry.enable_parameter] if entry.enable_parameter else []
        own = [*switch, *(key for keys in entry.unique_keys for key in keys.parameters)]
        missing += [path + each for each in own if each not in names]
        if path:
            missing += [path] if path not in _children_of_parent(known, path) else []
    assert missing == []


def test_every_profile_names_what_the_schema_has(name: str) -> None:
    known = schema(name)
    missing = []
    for profile in known.profiles.values():
        for path, demands in profile.objects.items():
            members = {*known.parameter_names(path), *known.command_names(path), *known.event_names(path)}
            wanted = {*demands.parameters, *demands.commands, *demands.events}
            missing += [] if path in known.objects or path == "" else [(profile.name, path)]
            missing += [(profile.name, path + each) for each in wanted - members]
    assert missing == []


def test_every_entry_renders_what_it_parses(name: str) -> None:
    samples = {"boolean": "true", "dateTime": "2024-05-01T12:00:00Z", "base64": "", "hexBinary": "", "string": ""}
    for entry in everything(name):
        text = entry.default.text if entry.default is not None else samples.get(entry.type, "1")
        try:
            value = values.parse(entry, text)
        except InvalidValue:
            continue
        assert values.parse(entry, values.render(entry, value)) == value, entry.path


def _children_of_parent(known: Schema, path: str) -> tuple[str, ...]:
    above = path.removesuffix("{i}.").removesuffix(".").rpartition(".")[0]
    return known.children_of(above + "." if above else "")
