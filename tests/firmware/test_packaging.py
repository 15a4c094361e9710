"""Images as whoever builds them makes them; the verb is tried in tests/cli/test_firmware.py."""

from pathlib import Path

import pytest

from agent.firmware import packaging
from tests.backends.signing import Signer


def test_a_version_that_no_device_would_take_is_refused_before_it_is_signed(tmp_path: Path) -> None:
    image = tmp_path / "image"
    image.write_bytes(b"image")
    with pytest.raises(packaging.Refused):
        packaging.manifest(image, "", (), "")


def test_another_image_under_the_same_manifest_is_refused(tmp_path: Path) -> None:
    image, manifest, signature = (tmp_path / name for name in ("image", "m.json", "m.sig"))
    image.write_bytes(b"image")
    manifest.write_bytes(packaging.manifest(image, "2.0", (), "Acme"))
    signature.write_bytes(Signer().usign(manifest.read_bytes()))
    image.write_bytes(b"imagE")
    with pytest.raises(packaging.Refused, match="corrupted"):
        packaging.join(image, manifest, signature, tmp_path / "made")
