"""Vendor objects come from a directory that nobody else can write to; a broken one fails alone."""

import json
import logging
import os
from pathlib import Path

import pytest

from agent.extensions import Extended, load
from agent.model.data_model import Caller, DataModel
from agent.model.object import Object
from agent.model.own_values import OwnValues
from tests.fakes.documents import Documents
from tests.model.device import Machine, Memory
from tests.schemas import shipped_schema

SCHEMA = {
    "schema": 1,
    "model": "X_000001",
    "objects": {"Device.X_000001_Fan.": {"parameters": {"Name": "string"}}},
}
GOOD = """
from __future__ import annotations

from dataclasses import dataclass

from agent.model.object import Object, Parameter


@dataclass(frozen=True, slots=True)
class Fan:
    name: str


def objects(mechanisms):
    fan = Fan("cpu")
    parameters = [Parameter("CurrentLanguage", lambda row: row.name)]
    return [Object("Device.UserInterface.", lambda: [fan], lambda row: (), parameters)]
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "extensions"
    made.mkdir(mode=0o755)
    return made


def write(directory: Path, name: str, text: str) -> Path:
    path = directory / name
    path.write_text(text)
    path.chmod(0o644)
    return path


def loaded(directory: Path | None) -> Extended:
    return load(directory, shipped_schema(), [], object())


def test_without_a_directory_there_are_none() -> None:
    assert loaded(None) == Extended(shipped_schema(), (), {})


def test_a_good_one_works(directory: Path) -> None:
    write(directory, "fan.py", GOOD)
    extended = loaded(directory)

    assert extended.refused == {}
    model = DataModel(extended.schema, extended.objects, OwnValues({}, {}), [], Documents(), clock=lambda: 0.0)
    assert model.get(["Device.UserInterface.CurrentLanguage"], Caller.ACS)[0].text == "cpu"


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("broken.json", "{", "Expecting"),
        ("wrong.json", "[1]", ""),
        ("syntax.py", "def objects(:", "invalid syntax"),
        ("empty.py", "", "objects"),
        ("raises.py", "raise RuntimeError('no fan here')", "no fan here"),
        ("exits.py", "raise SystemExit(3)", "3"),
        (
            "unknown.py",
            GOOD.replace("CurrentLanguage", "CurrentSpeed"),
            "no such parameter",
        ),
        ("nothing.py", "def objects(mechanisms):\n    return None", "iterable"),
        ("imports.py", "import no_such_module", "no_such_module"),
    ],
)
def test_a_broken_one_fails_alone_with_its_reason(directory: Path, name: str, text: str, reason: str) -> None:
    write(directory, name, text)
    write(directory, "zz_fan.py", GOOD)
    extended = loaded(directory)

    assert list(extended.refused) == [name]
    assert reason in extended.refused[name]
    assert [declared.path for declared in extended.objects] == ["Device.UserInterface."]


def test_a_broken_one_is_one_line_of_the_log_with_the_place_and_the_rest_is_for_debugging(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(directory, "fan.py", "def objects(mechanisms):\n    return {}['cpu']\n")
    write(directory, "syntax.py", "\ndef objects(:\n")
    with caplog.at_level(logging.DEBUG):
        loaded(directory)

    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert [record.exc_info for record in warnings] == [None, None]
    assert [record.getMessage() for record in warnings] == [
        f"the extension {directory}/fan.py is left out: line 2: KeyError: 'cpu'",
        f"the extension {directory}/syntax.py is left out: line 2: invalid syntax",
    ]
    assert len([record for record in caplog.records if record.exc_info and record.levelno == logging.DEBUG]) == 2


def test_what_is_declared_twice_is_refused_the_second_time(directory: Path) -> None:
    write(directory, "a.py", GOOD)
    write(directory, "b.py", GOOD)

    assert list(loaded(directory).refused) == ["b.py"]


def test_a_backend_needs_a_name_of_its_own(directory: Path) -> None:
    text = GOOD.replace("parameters)]", "parameters, backend=Other())]").replace(
        "def objects", "class Other:\n    name = 'ports'\n\n\ndef objects"
    )
    write(directory, "fan.py", text)
    ports = Object("Device.Ethernet.Interface.{i}.", list, lambda row: row, [], backend=Memory("ports", Machine(), []))

    extended = load(directory, shipped_schema(), [ports], object())
    assert "ports" in extended.refused["fan.py"]
    assert loaded(directory).refused == {}


@pytest.mark.parametrize("mode", [0o664, 0o646])
def test_a_file_that_others_can_write_is_not_even_read(directory: Path, mode: int) -> None:
    write(directory, "fan.py", "raise AssertionError('was run')").chmod(mode)

    assert "writable by others" in loaded(directory).refused["fan.py"]


def test_a_directory_that_others_can_write_is_not_looked_into(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(directory, "fan.py", GOOD)
    directory.chmod(0o777)
    with caplog.at_level(logging.WARNING):
        extended = loaded(directory)

    assert extended.objects == ()
    assert "writable by others" in extended.refused["extensions"]
    assert "no extensions are loaded" in caplog.text


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert list(loaded(tmp_path / "nowhere").refused) == ["nowhere"]


def test_a_file_of_another_user_is_not_run(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(directory, "fan.py", GOOD)
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)
        assert "belongs to user 65534" in loaded(directory).refused["fan.py"]
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 65534)
        assert "belongs to user" in loaded(directory).refused["extensions"]


def test_a_link_counts_as_what_it_leads_to(directory: Path, tmp_path: Path) -> None:
    target = tmp_path / "fan.py"
    target.write_text(GOOD)
    target.chmod(0o666)
    (directory / "fan.py").symlink_to(target)

    assert "writable by others" in loaded(directory).refused["fan.py"]


def test_a_vendors_schema_adds_entries_that_its_objects_use(directory: Path) -> None:
    compiled = shipped_schema()
    assert "Device.X_000001_Fan." not in compiled.objects
    write(directory, "fan.json", json.dumps(SCHEMA))
    write(
        directory,
        "fan.py",
        GOOD.replace("Device.UserInterface.", "Device.X_000001_Fan.").replace("CurrentLanguage", "Name"),
    )
    extended = loaded(directory)

    assert extended.refused == {}
    assert "Device.X_000001_Fan.Name" in extended.schema.parameters


TYPES = """
class Menu:
    def room(self, size): ...
    def take(self, received, order): ...


class Statistics:
    def open(self, order): ...


def file_types(mechanisms):
    return {"downloads": {"X 0019A0 Menu": Menu()}, "uploads": {"X 0019A0 Statistics": Statistics()}}
"""


def test_an_extension_may_have_file_types_of_its_own(directory: Path) -> None:
    write(directory, "types.py", TYPES)
    extended = loaded(directory)
    assert extended.refused == {}
    assert [(name, is_upload) for name, _, is_upload in extended.file_types["types.py"]] == [
        ("X 0019A0 Menu", False),
        ("X 0019A0 Statistics", True),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "neither objects(mechanisms) nor file_types(mechanisms)"),
        ("def file_types(mechanisms): return {'files': {}}", "downloads and uploads, and no files"),
        ("def file_types(mechanisms): return {'downloads': {'X a b': 1}}", "X a b has no take()"),
    ],
)
def test_file_types_of_another_form_are_left_out_with_the_reason(directory: Path, text: str, reason: str) -> None:
    write(directory, "types.py", text)
    extended = loaded(directory)
    assert reason in extended.refused["types.py"]
    assert extended.file_types == {}
