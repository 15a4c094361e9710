"""The verb firmware: from an image to one that a device believes."""

import json
from pathlib import Path

import pytest

from agent.cli.main import run
from tests.backends.signing import Signer

SIGNER = Signer()


def test_an_image_becomes_one_that_a_device_believes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image, manifest, signature, made = (tmp_path / name for name in ("image", "m.json", "m.sig", "signed"))
    image.write_bytes(b"image" * 1000)
    key = SIGNER.trusted_in(tmp_path / "keys")
    assert run(["firmware", "manifest", str(image), "--version", "2.0", "--board", "acme,router"]) == 0
    manifest.write_text(capsys.readouterr().out)
    signature.write_bytes(SIGNER.usign(manifest.read_bytes()))
    assert run(["firmware", "join", str(image), str(manifest), str(signature), "-o", str(made)]) == 0
    assert run(["firmware", "check", str(made), "--key", str(key), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["version"], told["boards"], told["size"], told["is_signed"]) == ("2.0", ["acme,router"], 5000, True)
    assert run(["firmware", "check", str(made)]) == 0
    assert "not looked at" in capsys.readouterr().out
    Signer("another", b"\x09" * 8).trusted_in(tmp_path / "others")
    assert run(["firmware", "check", str(made), "--key", str(tmp_path / "others")]) == 1
    assert "by no key of --key" in capsys.readouterr().err


def test_what_cannot_be_made_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = tmp_path / "image"
    image.write_bytes(b"image")
    assert run(["firmware", "check", str(image)]) == 1
    assert "no manifest" in capsys.readouterr().err
    assert run(["firmware", "manifest", str(tmp_path / "none"), "--version", "1"]) == 1
    assert "No such file" in capsys.readouterr().err
    assert run(["firmware", "join", str(image), str(image), str(tmp_path / "none"), "-o", str(tmp_path / "x")]) == 1
    assert "No such file" in capsys.readouterr().err
    assert run(["firmware", "join", str(image), str(image), str(image), "-o", str(tmp_path / "x")]) == 1
    assert "no JSON" in capsys.readouterr().err
