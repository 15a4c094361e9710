"""Archives as whoever builds modules makes them; the verb is tried in tests/cli/test_modules.py."""

import os
from pathlib import Path
from typing import Any

import pytest

from agent.modules import packaging
from tests.backends.signing import Signer

SIGNER = Signer()
TOLD = {"name": "greeter", "vendor": "example.com", "version": "2.0"}
UNIT = {"name": "main", "arguments": ["bin/greet"]}


def tree(place: Path) -> Path:
    (place / "bin").mkdir(parents=True)
    (place / "bin/greet").write_bytes(b"#!/bin/sh\nexec sleep 600\n")
    (place / "bin/greet").chmod(0o755)
    (place / "data").write_bytes(b"hello")
    return place


def packed(place: Path, folder: Path, **told: Any) -> Path:
    text, signature, to = place / "m.json", place / "m.sig", place / "made"
    text.write_bytes(packaging.manifest(folder, {**TOLD, "units": [UNIT], **told}))
    signature.write_bytes(SIGNER.usign(text.read_bytes()))
    packaging.pack(folder, text, signature, to)
    return to


def test_the_same_directory_makes_the_same_archive_and_it_is_believed(tmp_path: Path) -> None:
    made = packed(tmp_path, tree(tmp_path / "tree"))
    found = packaging.look(made, SIGNER.trusted_in(tmp_path / "keys"))
    assert {name: facts.is_program for name, facts in found.files.items()} == {"bin/greet": True, "data": False}
    before = made.read_bytes()
    os.utime(tmp_path / "tree/data", (1, 1))
    assert packed(tmp_path, tmp_path / "tree").read_bytes() == before


@pytest.mark.parametrize(
    "told",
    [{"version": ""}, {"name": "two words"}, {"units": [{"name": "main", "arguments": ["data"]}]}, {"requires": ["?"]}],
)
def test_what_no_device_would_take_is_refused_before_it_is_signed(tmp_path: Path, told: dict[str, Any]) -> None:
    with pytest.raises(packaging.Refused):
        packaging.manifest(tree(tmp_path / "tree"), {**TOLD, **told})


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tree(tmp_path / "tree") / "link").symlink_to("data")
    with pytest.raises(packaging.Refused, match="nothing else"):
        packaging.manifest(tmp_path / "tree", TOLD)
    with pytest.raises(packaging.Refused, match="no directory"):
        packaging.manifest(tmp_path / "none", TOLD)


def test_another_directory_under_the_same_manifest_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    made = packed(tmp_path, tree(tmp_path / "tree"))
    (tmp_path / "tree/data").write_bytes(b"hellO")
    with pytest.raises(packaging.Refused, match="not what the manifest says"):
        packaging.pack(tmp_path / "tree", tmp_path / "m.json", tmp_path / "m.sig", made)
    assert not made.exists()
