"""What is in a signed archive, and what makes it none."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from backends.modules.archive_file import read, unpack
from backends.modules.environment import Cause, ModuleError
from tests.backends.modules.making import archive, manifest, signature, tar, verify


def cause_of(file: Path, into: Path) -> Cause:
    into.mkdir(exist_ok=True)
    with pytest.raises(ModuleError) as refused:
        unpack(file, verify, into)
    return refused.value.cause


def written(path: Path, members: list[tuple[str, bytes]]) -> Path:
    path.write_bytes(gzip.compress(tar(members), 1))
    return path


def test_files_are_unpacked_with_the_mode_that_the_manifest_gives(tmp_path: Path) -> None:
    into = tmp_path / "into"
    into.mkdir()
    told = unpack(archive(tmp_path / "a", {"bin/x": b"1", "deep/er/y": b"22"}), verify, into)
    assert told.package.size == 3
    assert (into / "deep/er/y").read_bytes() == b"22"
    assert (into / "bin/x").stat().st_mode & 0o7777 == 0o755


def test_who_asks_for_no_signature_gets_none(tmp_path: Path) -> None:
    file = archive(tmp_path / "a", sign=lambda _: b"")
    with pytest.raises(ModuleError):
        read(file, verify)
    assert read(file, None).package.name == "greeter"


@pytest.mark.parametrize(
    "told",
    [
        {"name": "../x"}, {"name": ""}, {"name": "x" * 33}, {"version": "1 0"}, {"version": 1}, {"vendor": "a\nb"},
        {"units": [{"name": "main", "arguments": []}]}, {"units": [{"name": "main", "arguments": ["bin/none"]}]},
        {"units": [{"name": "a b", "arguments": ["/bin/true"]}]}, {"units": [{"name": "m", "arguments": "/bin/true"}]},
        {"units": [{"name": "m", "arguments": ["/bin/true"], "shell": True}]},
        {"units": [{"name": "m", "arguments": ["/bin/true"]}] * 2}, {"units": {}}, {"files": {"../x": {"size": 1}}},
        {"files": {"x": {"size": -1, "sha256": "0" * 64}}}, {"files": {"x": {"size": 1, "sha256": "00"}}},
        {"requires": ["a b"]}, {"requires": "abc def"}, {"unknown": 1}, {"architecture": "x/y"},
    ],
)  # fmt: skip
def test_a_manifest_that_says_what_it_may_not_say_is_refused(tmp_path: Path, told: dict[str, Any]) -> None:
    assert cause_of(archive(tmp_path / "a", **told), tmp_path / "into") is Cause.CORRUPTED


@pytest.mark.parametrize(("text", "why"), [
    (b"[1]", "an object is needed"), (b"{}", "its manifest has no 'name'"),
    (b'{"units": ["main"]}', "an object is needed"), (b'{"files": ["x"]}', "an object is needed"),
    (b'{"files": {"x": 5}}', "an object is needed"), (b'{"units": [{}]}', "its manifest has no 'arguments'"),
])  # fmt: skip
def test_a_manifest_of_another_shape_is_refused_in_words(tmp_path: Path, text: bytes, why: str) -> None:
    file = written(tmp_path / "a", [("manifest.json", text), ("manifest.json.sig", signature(text))])
    with pytest.raises(ModuleError, match=why):
        read(file, verify)


def test_a_manifest_that_says_something_twice_is_refused(tmp_path: Path) -> None:
    for text in (b'{"name":"trusted",%s', b'%s,"units":[]}', b'%s,"files":{"x":{"size":1,"size":2}}}'):
        whole = json.dumps({**manifest({}), "units": []}).encode()
        text %= whole[1:] if text.startswith(b'{"name') else whole[:-1]
        file = written(tmp_path / "a", [("manifest.json", text), ("manifest.json.sig", signature(text))])
        with pytest.raises(ModuleError, match="twice") as refused:
            read(file, verify)
        assert refused.value.cause is Cause.CORRUPTED


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b", "a"), ("a", "a.b", "a/b/c")])
def test_a_file_that_is_a_directory_too_is_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    assert cause_of(archive(tmp_path / "a", dict.fromkeys(names, b"1")), tmp_path / "into") is Cause.CORRUPTED


def test_files_that_are_missing_too_many_different_or_elsewhere_are_refused(tmp_path: Path) -> None:
    text = json.dumps(manifest({"x": b"1"})).encode()
    head = [("manifest.json", text), ("manifest.json.sig", signature(text))]
    for number, members in enumerate(
        [
            head,
            [*head, ("files/x", b"1"), ("files/y", b"2")],
            [*head, ("files/x", b"1"), ("files/x", b"1")],
            [*head, ("files/x", b"2")],
            [*head, ("files/x", b"11")],
            [*head, ("elsewhere/x", b"1")],
            [*head, ("files/x", b"1"), ("files/d/", b"")],
            [head[1], head[0], ("files/x", b"1")],
            head[:1],
            [],
        ]
    ):
        file = written(tmp_path / "a", members)  # type: ignore[arg-type]
        assert cause_of(file, tmp_path / f"into-{number}") is Cause.CORRUPTED, number


def test_of_a_file_that_is_longer_than_the_manifest_says_nothing_is_written(tmp_path: Path) -> None:
    file = archive(tmp_path / "a", {"x": b"1"}, content={"x": bytes(1_000_000)})
    assert cause_of(file, tmp_path / "into") is Cause.CORRUPTED
    assert not [*(tmp_path / "into").iterdir()]


def test_no_cut_and_no_flipped_bit_gets_through(tmp_path: Path) -> None:
    good = archive(tmp_path / "a", {"x": bytes(range(256)) * 20}).read_bytes()
    for number, place in enumerate(range(10, len(good), max(1, len(good) // 60))):
        bad = bytearray(good)
        bad[place] ^= 4
        (tmp_path / "b").write_bytes(bad)
        assert cause_of(tmp_path / "b", tmp_path / f"flip-{number}") in (Cause.CORRUPTED, Cause.NOT_GENUINE)
        (tmp_path / "b").write_bytes(good[:place])
        assert cause_of(tmp_path / "b", tmp_path / f"cut-{number}") is Cause.CORRUPTED
