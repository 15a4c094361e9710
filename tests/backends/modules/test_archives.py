"""The document of what is installed: also one that somebody else has written."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backends.errors import MechanismError
from backends.files import replace_file
from backends.modules.archives import DOCUMENT, Archives
from backends.modules.environment import ModuleError
from backends.modules.runner import OwnRunner
from backends.versions import is_older
from tests.backends.modules.making import archive, verify


def opened(place: Path) -> Archives:
    return Archives(place / "archives", OwnRunner(place / "units"), verify, is_older)


def having(place: Path) -> dict[str, Any]:
    """The document once a module is installed."""
    environment = opened(place)
    environment.install(environment.inspect(archive(place / "a")))
    found: dict[str, Any] = json.loads((place / "archives" / DOCUMENT).read_text())
    return found


def test_an_uninstall_makes_the_room_that_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "archives" / having(tmp_path)["greeter"]["folder"]

    def replaced(path: Path, content: bytes, mode: int) -> None:
        if folder.exists():
            raise MechanismError("no space left", "ENOSPC")
        replace_file(path, content, mode)

    monkeypatch.setattr("backends.modules.archives.replace_file", replaced)
    opened(tmp_path).uninstall("greeter")
    assert opened(tmp_path).installed() == {}


def test_what_cannot_be_written_for_another_reason_is_not_uninstalled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    having(tmp_path)

    def refused(*_: object) -> None:
        raise MechanismError("/a/place: read-only", "EROFS")

    monkeypatch.setattr("backends.modules.archives.replace_file", refused)
    with pytest.raises(ModuleError, match=r"^it could not be uninstalled: Read-only file system$"):
        opened(tmp_path).uninstall("greeter")
    assert not opened(tmp_path).installed()["greeter"].is_broken


def test_a_disk_that_is_full_after_the_trial_is_told_without_the_name_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    having(tmp_path)
    environment = opened(tmp_path)
    package = environment.inspect(archive(tmp_path / "b", version="2.0"))

    def full(path: Path, *_: object) -> None:
        raise MechanismError(f"{path}: No space left on device", "ENOSPC")

    def trial() -> None:
        monkeypatch.setattr("backends.modules.archives.replace_file", full)

    with pytest.raises(ModuleError, match=r"^it could not be installed: No space left on device$"):
        environment.install(package, trial)
    assert opened(tmp_path).installed()["greeter"].version == "1.0"


def with_unit(**values: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda every: with_entry(units=[{**every["greeter"]["units"][0], **values}])(every)


def with_entry(**values: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda every: {"greeter": {**every["greeter"], **values}}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: 5, lambda _: [], lambda _: None, lambda _: {"greeter": 5}, lambda _: {"greeter": {}},
        lambda _: {"greeter": []}, with_entry(folder=5), with_entry(version=None), with_entry(requires=5),
        with_entry(requires=[5]), with_entry(size="5"), with_entry(units=5), with_entry(units=[{}]),
        with_entry(units=[{"name": 5}]), with_entry(former=5), with_entry(former={}),
        *(with_entry(folder=one) for one in ("x" * 400, "a\0b", "", ".", "..", "greeter-1/..", "parrot-1")),
        with_entry(version="\ud800"), with_entry(vendor="\ud800"), with_entry(description="\n"),
        with_entry(requires=["\ud800"]), with_entry(size=-1), with_entry(size=1 << 60),
        with_unit(name="\ud800"), with_unit(name="../a"), with_unit(arguments=[]), with_unit(arguments=["a\0b"]),
        lambda every: {"..": every["greeter"]},
        lambda every: with_entry(units=every["greeter"]["units"] * 2)(every),
        lambda every: with_entry(former={**every["greeter"], "folder": ""})(every),
    ],
)  # fmt: skip
def test_a_document_of_another_shape_is_an_error_and_nothing_is_swept_away(
    tmp_path: Path, spoil: Callable[[dict[str, Any]], Any]
) -> None:
    every = having(tmp_path)
    (tmp_path / "archives" / DOCUMENT).write_text(json.dumps(spoil(every)))
    environment = opened(tmp_path)
    assert environment.installed() == {}
    for act in (environment.recover, lambda: environment.uninstall("greeter")):
        with pytest.raises(ModuleError, match=r"installed\.json cannot be read"):
            act()
    assert (tmp_path / "archives" / every["greeter"]["folder"] / "bin/greet").is_file()
