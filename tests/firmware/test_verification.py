"""Whether an image may be installed."""

from pathlib import Path
from typing import Any

import pytest

from agent.firmware.verification import Device, Rules, Verification, Verified
from agent.transfers.failures import TransferFailed
from backends.errors import MechanismError
from backends.installers.installer import Tested as Found
from backends.trusted_keys import TrustedKeys
from tests.backends.signing import Signer, sealed_image

SIGNER = Signer()
HERE = Device(("acme,router", "Router"), "1.5")


class Machine:
    """An installer that says what it is told to say of an image."""

    def __init__(self, told: Found | MechanismError) -> None:
        self.told = told
        self.is_signed_inside = False
        self.tested: bytes | None = None

    def test(self, image: Path) -> Found:
        self.tested = image.read_bytes()
        if isinstance(self.told, MechanismError):
            raise self.told
        return self.told


def verification(tmp_path: Path, told: Found | MechanismError, rules: Rules | None = None) -> tuple[Verification, Any]:
    machine: Any = Machine(told)
    keys = TrustedKeys(SIGNER.trusted_in(tmp_path / "keys"))
    return Verification(machine, keys, lambda: rules or Rules()), machine


def test_the_manifest_s_words_count_and_the_installer_sees_the_image_alone(tmp_path: Path) -> None:
    one, machine = verification(tmp_path, Found("9", "of the installer"))
    image = sealed_image(tmp_path / "image", b"image", SIGNER)
    found = one.verify(image, HERE)
    assert found.version == "2.0"
    assert one.test(image, found, HERE).name == "Acme 2.0"
    assert machine.tested == b"image"


def test_a_bundle_that_its_installer_has_checked_needs_no_manifest(tmp_path: Path) -> None:
    one, machine = verification(tmp_path, Found("2.0", "Acme"))
    machine.is_signed_inside = True
    image = tmp_path / "image"
    image.write_bytes(b"bundle")
    found = one.verify(image, HERE)
    assert found == Verified()
    assert one.test(image, found, HERE) == Verified("2.0", "Acme")


def test_a_package_is_compared_with_the_package_that_it_replaces(tmp_path: Path) -> None:
    one, _ = verification(tmp_path, Found(replaces="0.3"))
    image = sealed_image(tmp_path / "image", b"image", SIGNER, "0.4")
    assert one.test(image, one.verify(image, HERE), HERE).version == "0.4"


def test_an_unsigned_image_does_not_reach_an_installer_that_checks_no_signature(tmp_path: Path) -> None:
    one, machine = verification(tmp_path, Found("2.0"))
    image = tmp_path / "image"
    image.write_bytes(b"image")
    with pytest.raises(TransferFailed, match="no signed manifest, or was cut off") as refused:
        one.verify(image, HERE)
    assert refused.value.code == 9019
    machine.is_signed_inside = True
    spoilt = sealed_image(image, b"image", Signer("thief"))  # who signs beside it as well has to be believed
    with pytest.raises(TransferFailed, match="by no key"):
        one.verify(spoilt, HERE)


@pytest.mark.parametrize("version", ["rc1", "0.1"])
def test_a_package_that_replaces_nothing_may_have_any_version(tmp_path: Path, version: str) -> None:
    one, _ = verification(tmp_path, Found(name="new", replaces=""))
    image = sealed_image(tmp_path / "image", b"image", SIGNER, version)
    assert one.test(image, one.verify(image, HERE), HERE).package == "new"


def test_an_installer_that_refuses_is_quoted(tmp_path: Path) -> None:
    one, _ = verification(tmp_path, MechanismError("Image check failed"))
    image = sealed_image(tmp_path / "image", b"image", SIGNER)
    with pytest.raises(TransferFailed, match="Image check failed") as refused:
        one.test(image, one.verify(image, HERE), HERE)
    assert refused.value.code == 9018


@pytest.mark.parametrize("boards", [("Router",), ("x", "acme,router"), ()])
def test_a_board_that_the_manifest_names_or_none_at_all_is_this_one(tmp_path: Path, boards: tuple[str, ...]) -> None:
    one, _ = verification(tmp_path, Found())
    assert one.verify(sealed_image(tmp_path / "image", b"image", SIGNER, boards=boards), HERE).version == "2.0"


def test_without_the_signature_s_rule_the_image_still_has_to_be_whole(tmp_path: Path) -> None:
    one, _ = verification(tmp_path, Found(), Rules(require_signature=False))
    image = sealed_image(tmp_path / "image", b"image", Signer("anybody"))
    found = one.verify(image, HERE)
    assert found.version == "2.0"
    content = image.read_bytes()
    image.write_bytes(b"i" + b"M" + content[2:])
    with pytest.raises(TransferFailed, match="corrupted"):
        one.verify(image, HERE)
