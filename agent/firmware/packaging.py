"""How an image becomes one that devices believe: its manifest is signed elsewhere, and put behind it."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from backends.errors import MechanismError
from backends.firmware_manifest import Manifest, checked, manifest_of, parsed, seal, sealed, whole
from backends.trusted_keys import TrustedKeys

Refused = MechanismError
"""What the functions below raise, with a reason for people."""


def manifest(image: Path, version: str, boards: Sequence[str], name: str) -> bytes:
    """The text to be signed."""
    made = manifest_of(image, version, boards, name)
    parsed(made)
    return made


def join(image: Path, manifest_file: Path, signature_file: Path, to: Path) -> None:
    """The image with both behind it. The signature is not judged here: ``look`` does, with the key."""
    try:
        behind = seal(manifest_file.read_bytes(), signature_file.read_bytes())
        with image.open("rb") as source, to.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
            target.write(behind)
    except OSError as error:
        raise MechanismError(f"{error.filename}: {error.strerror}") from error
    found = sealed(to)
    if found is None:
        raise MechanismError("what was written is no image with a manifest")
    whole(to, found)


def look(image: Path, key: Path | None) -> Manifest:
    """What an image says of itself, if it is whole and, with a key, signed by it."""
    found = sealed(image)
    if found is None:
        raise MechanismError("it has no manifest behind it, or was cut off")
    return whole(image, found) if key is None else checked(image, found, TrustedKeys(key, named="--key"))
