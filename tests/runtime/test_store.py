"""Durable documents: whole or as before, never written without news, and set aside when they cannot be used."""

import json
import os
import stat
from pathlib import Path

import pytest

from agent.runtime.store import FileStore, Unsaved


def test_a_document_is_read_as_it_was_written_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "state")
    store.write("model", {"version": 1, "name": "Zoë"})

    assert FileStore(tmp_path / "state").read("model") == {"version": 1, "name": "Zoë"}
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "state/model.json").stat().st_mode) == 0o600


def test_the_same_content_is_not_written_again(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    store.write("model", {"a": 1})
    written = (tmp_path / "model.json").stat().st_ino
    store.write("model", {"a": 1})
    again = FileStore(tmp_path)
    again.read("model")
    again.write("model", {"a": 1})

    assert (tmp_path / "model.json").stat().st_ino == written


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[" * 100_000,
        '{"version": 99}',
        "\x00\xff",
        "7",
        '{"version": "x"}',
        '{"a":1e999}',
        '{"a":NaN}',
        '{"a":-Infinity}',
        '{"a":' + "9" * 400 + "}",
        '{"a":"\\ud800"}',
        '{"a":"\\\\\\uDFFF"}',
    ],
)
def test_a_document_that_cannot_be_used_is_set_aside(tmp_path: Path, content: str) -> None:
    (tmp_path / "model.json").write_text(content, encoding="latin-1")

    assert FileStore(tmp_path).read("model") is None
    assert (tmp_path / "model.unusable").exists()
    assert not (tmp_path / "model.json").exists()


def test_what_only_looks_like_half_a_character_is_read(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text('{"a":"C:\\\\udir \\u00e9"}')
    assert FileStore(tmp_path).read("model") == {"a": "C:\\udir é"}


def test_a_document_of_another_shape_is_set_aside_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def shape(document: object, where: str) -> None:
        raise ValueError(f"{where} lacks everything")

    for name in ("model", "other"):
        (tmp_path / f"{name}.json").write_text("{}")
    store = FileStore(tmp_path, {"model": shape})

    assert store.read("model") is None
    assert (tmp_path / "model.unusable").read_text() == "{}"
    assert "model lacks everything" in caplog.text
    assert store.read("other") == {}


def test_what_is_no_file_or_cannot_be_read_is_set_aside_too(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    (tmp_path / "model.json/inside").mkdir(parents=True)
    (tmp_path / "delivery.json").symlink_to("delivery.json")  # ELOOP
    os.mkfifo(tmp_path / "starts.json")  # reading it would wait for ever
    (tmp_path / "acs.json").symlink_to("/proc/self/mem")  # EIO
    for name in ("model", "delivery", "starts", "acs"):
        assert store.read(name) is None
        store.write(name, {"a": 1})
        assert FileStore(tmp_path).read(name) == {"a": 1}
    assert (tmp_path / "model.unusable/inside").is_dir()


def test_a_directory_in_the_way_of_setting_aside_makes_another_name(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    (tmp_path / "model.unusable/inside").mkdir(parents=True)
    for number in range(12):
        (tmp_path / "model.json").write_text(f"broken {number}")
        assert store.read("model") is None
    assert (tmp_path / "model.unusable-2").read_text() == "broken 11"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["model.unusable", "model.unusable-2"]


def test_a_failed_write_leaves_the_old_document(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    store.write("model", {"a": 1})
    (tmp_path / ".model.new").mkdir()

    with pytest.raises(IsADirectoryError):
        store.write("model", {"a": 2})
    assert json.loads((tmp_path / "model.json").read_text()) == {"a": 1}
    (tmp_path / ".model.new").rmdir()
    store.write("model", {"a": 1})
    assert json.loads((tmp_path / "model.json").read_text()) == {"a": 1}


def test_a_removed_document_is_gone_and_removing_twice_is_no_mistake(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    store.write("journal", {"a": 1})
    store.remove("journal")
    store.remove("journal")

    assert store.read("journal") is None


def test_what_may_not_be_saved_changes_nothing(tmp_path: Path) -> None:
    FileStore(tmp_path).write("model", {"version": 1})
    store = Unsaved(tmp_path)
    store.write("model", {"version": 1, "more": True})
    store.write("other", {"version": 1})
    store.remove("model")
    assert store.read("model") == {"version": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["model.json"]
