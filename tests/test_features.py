"""Parts that an installation may be without are named, never imported; what is missing is left out and said."""

import importlib
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from agent import features as registry
from agent.features import FEATURES, Feature, features, units_of

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT / "openwrt"))
import pack  # noqa: E402


@pytest.mark.parametrize("name", FEATURES)
def test_each_says_what_it_adds_to_the_agent(name: str) -> None:
    assert callable(importlib.import_module(name).feature)


def test_one_that_is_not_installed_is_left_out_and_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(registry, "FEATURES", ("agent.not_here.feature",))
    ground: Any = None  # nobody asks for it
    assert features(ground) == []
    assert "this installation is without not_here" in caplog.text


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import a_library_that_nobody_has", "a_library_that_nobody_has"),
        ("from os import no_such_name", "this release"),
    ],
)
def test_a_part_that_does_not_fit_is_left_out_with_an_error_and_the_agent_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture, code: str, told: str
) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "broken.py").write_text(f"{code}\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "FEATURES", ("parts.broken",))
    ground: Any = None
    assert features(ground) == []
    assert "broken is left out" in caplog.text
    assert told in caplog.text
    del sys.modules["parts"]


def test_the_first_that_handles_deployment_units_does() -> None:
    units: Any = object()
    assert units_of([Feature(), Feature(units=units)]) is units
    assert units_of([Feature()]) is None


@pytest.mark.slow
def test_nothing_outside_of_a_part_imports_it() -> None:
    imports = re.compile(r"^\s*(?:from|import) ([\w.]+)(?: import (.*))?", re.MULTILINE)
    sources = pack.modules()
    for inside in pack.PARTS.values():
        modules = {
            re.sub(r"(/__init__)?\.py$", "", path.relative_to(PROJECT).as_posix()).replace("/", ".")
            for top in ("agent", "backends")
            for path in (PROJECT / top).rglob("*.py")
            if path.relative_to(PROJECT).as_posix().startswith(inside)
        }
        for name, text in sources.items():
            if name.startswith(inside):
                continue
            found = {
                whole
                for place, names in imports.findall(text)
                for whole in (place, *(f"{place}.{each.strip(' ()')}" for each in names.split(",")))
            }
            assert not found & modules, f"{name} imports {found & modules}"
