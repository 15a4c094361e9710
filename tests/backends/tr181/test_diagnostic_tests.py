"""All diagnostics of this product: what they declare is TR-181's, and what they name is there."""

import importlib
import re
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agent.diagnostics.engine import Job, work
from agent.diagnostics.operation import word_for
from agent.model.coverage import coverage
from agent.model.errors import ModelError
from agent.model.own_values import OwnValues
from backends.diagnostics.failures import DiagnosticFailed
from backends.tr181 import diagnostic_tests
from backends.tr181.diagnostics import DiagnosticTables, diagnostics
from backends.tr181.diagnostics import Test as Declared
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.record_table import field_of
from tests.backends.small_device import SmallDevice
from tests.schemas import shipped_schema

nothing: Any = None
PLAIN = Mechanisms(*[nothing] * 6, OwnValues({}, {}), links=nothing, state_directory=Path("/nowhere"))
TESTS = {test.name: test for test in diagnostic_tests.tests(PLAIN)}
OURS = ("IPPing", "TraceRoute", "ServerSelectionDiagnostics", "NSLookupDiagnostics", "SelfTestDiagnostics")


class AllDiagnostics(SmallDevice):
    def __init__(self) -> None:
        self.tables = DiagnosticTables(list(TESTS.values()), lambda _: "eth0")
        given = Mechanisms(
            *[nothing] * 6, OwnValues({}, {}), links=nothing, diagnostics=self.tables, state_directory=Path("/nowhere")
        )
        super().__init__(diagnostics(given), backends=[self.tables])


@pytest.mark.parametrize("test", TESTS.values(), ids=TESTS)
def test_each_setting_is_a_writable_parameter_with_a_legal_default(test: Declared) -> None:
    schema, blank = shipped_schema(), test.settings()
    for name in test.inputs:
        entry = schema.parameter(f"{test.path}{name}")
        assert entry is not None, name
        assert entry.writable, name
        assert field_of(name) in {one.name for one in fields(blank)}, name


@pytest.mark.parametrize("test", TESTS.values(), ids=TESTS)
def test_what_does_it_is_there_and_has_its_name(test: Declared) -> None:
    module, _, name = test.place.partition(":")
    assert getattr(importlib.import_module(module), name)().name == test.name


@pytest.mark.parametrize("name", OURS)
def test_each_result_reads_as_nothing_before_it_has_run(name: str) -> None:
    test, device = TESTS[name], AllDiagnostics()
    assert device.get(f"{test.path}DiagnosticsState") == "None"
    for one in test.results:
        assert device.get(f"{test.path}{one}") in ("", "0", "false", "0001-01-01T00:00:00Z"), one


def test_the_profiles_are_whole() -> None:
    names = ["IPPing:1", "TraceRoute:1", "NSLookupDiag:1", "SelfTestDiag:1"]
    assert [one.missing for one in coverage(AllDiagnostics().model.tree, names, lambda _: "")] == [()] * 4


STATES = sorted(
    {
        word
        for folder in ("agent/diagnostics", "backends/diagnostics", "backends/tr181")
        for file in (Path(__file__).parents[3] / folder).glob("*.py")
        for word in re.findall(r'"(Error(?:_[A-Za-z]+)?)"', file.read_text())
    }
)
"""Every word that a failure may be told with somewhere."""


@pytest.mark.parametrize("test", TESTS.values(), ids=TESTS)
def test_whatever_goes_wrong_the_state_is_one_that_the_diagnostic_has(test: Declared) -> None:
    entry = shipped_schema().parameter(f"{test.path}DiagnosticsState")
    assert entry is not None
    words = {one.text for one in entry.enumeration}
    assert {"None", "Requested", "Complete"} <= words
    assert "Error_NoRouteToHost" in STATES
    told = {
        work(Job(1, test.name), "tests.diagnostics.answering:FailingAs", one, partial(word_for, entry))
        for one in STATES
    }
    assert {one.state for one in told} <= words
    assert {one for one in STATES if one in words} <= {one.state for one in told}


@pytest.mark.parametrize("test", TESTS.values(), ids=TESTS)
def test_no_text_of_a_diagnostic_has_control_characters_and_no_host_a_blank(test: Declared) -> None:
    device, blank, schema = AllDiagnostics(), test.settings(), shipped_schema()
    for name in test.inputs:
        default, entry = getattr(blank, field_of(name)), schema.parameter(f"{test.path}{name}")
        assert entry is not None
        if entry.enumeration or not isinstance(default, str | tuple):
            continue
        for bad in ("a\nb", "a\tb", "a\x7fb", "a\x85b", *(("a b",) if "Host" in name or "Server" in name else ())):
            with pytest.raises(ModelError):
                device.set({f"{test.path}{name}": bad})
            with pytest.raises(DiagnosticFailed, match=f"(?i){name}"):
                device.tables.request(test.name, {name: (bad,) if isinstance(default, tuple) else bad})
