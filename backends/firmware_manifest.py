"""What a firmware image is: a manifest behind it, signed, with its version, its boards, its size and its SHA-256.

    image | manifest (JSON) | signature (usign, signify or minisign, of the manifest) | foot: magic, both lengths

The image itself stays as it is and comes first, so that it can be written as it stands once the rest is cut off. What
stands behind it is small: one pass over the image, and nothing of it in memory.
"""

import hashlib
import json
import os
import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from backends.errors import MechanismError
from backends.files import unwritable
from backends.trusted_keys import TrustedKeys

MAGIC: Final = b"CPE-FW\x00\x01"
FOOT: Final = struct.Struct(">8sII")
LONGEST: Final = 65_536  # bytes of a manifest, or of a signature
PIECE: Final = 1 << 18
MARK: Final = "cpe-agent-firmware"
"""A field that no other signed document has."""
LONGEST_TEXT: Final = 64
MOST_BOARDS: Final = 64


class ImageRefused(MechanismError):
    """The image is not to be installed: it is corrupted, for another board, or too old."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What whoever built the image says of it. ``boards`` empty: any; ``sha256`` in lower case."""

    version: str
    boards: tuple[str, ...]
    sha256: str
    size: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An image with something behind it."""

    manifest: bytes
    signature: bytes
    size: int  # of the image itself


def seal(manifest: bytes, signature: bytes) -> bytes:
    """What comes behind an image."""
    return manifest + signature + FOOT.pack(MAGIC, len(manifest), len(signature))


def manifest_of(image: Path, version: str, boards: Sequence[str], name: str = "") -> bytes:
    """The manifest of an image, for who signs it. MechanismError when it cannot be read."""
    try:
        with image.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            digest = _sha256(file, size)
    except OSError as error:
        raise MechanismError(f"{image}: {error.strerror}") from error
    said = {MARK: 1, "version": version, "boards": list(boards), "size": size, "sha256": digest, "name": name}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def sealed(image: Path) -> Sealed | None:
    """What stands behind an image, None where it is one without a manifest. ImageRefused when it is cut off."""
    try:
        with image.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            if end < FOOT.size:
                return None
            file.seek(end - FOOT.size)
            magic, manifest, signature = FOOT.unpack(file.read(FOOT.size))
            if magic != MAGIC:
                return None
            size = end - FOOT.size - manifest - signature
            if manifest > LONGEST or signature > LONGEST or size < 0:
                raise ImageRefused("the image is corrupted: what stands behind it has no such length")
            file.seek(size)
            return Sealed(file.read(manifest), file.read(signature), size)
    except OSError as error:
        raise MechanismError(f"the image cannot be read: {error.strerror}") from error


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON's object whose names are there once: which of two counts is not left to who reads. ValueError."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("it says something twice")
    return dict(pairs)


def parsed(text: bytes) -> Manifest:
    """A manifest, whose signature holds. ImageRefused for what is none."""
    try:
        said = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise ImageRefused("its manifest is no JSON") from None
    match said:
        case {"version": str(version), "boards": list(boards), "size": int(size), "sha256": str(digest)} if (
            said.get(MARK) == 1
            and 0 < len(version) <= LONGEST_TEXT
            and version.isprintable()
            and len(boards) <= MOST_BOARDS
            and all(isinstance(board, str) and board.isprintable() for board in boards)
            and size >= 0
            and re.fullmatch(r"[0-9a-f]{64}", digest)
        ):
            name = said.get("name", "")
            name = name[:LONGEST_TEXT] if isinstance(name, str) and name.isprintable() else ""
            return Manifest(version, tuple(boards), digest, size, name)
    raise ImageRefused("its manifest lacks what has to be in one")


def checked(
    image: Path,
    seal: Sealed,
    trusted: TrustedKeys,
    cancelled: Callable[[], bool] = lambda: False,
) -> Manifest:
    """The manifest of an image that is as who signed it has built it. trusted_keys.NotSigned, ImageRefused."""
    trusted.verify(seal.manifest, seal.signature)
    return whole(image, seal, cancelled)


def whole(image: Path, seal: Sealed, cancelled: Callable[[], bool] = lambda: False) -> Manifest:
    """The manifest of an image that is as the manifest says, whoever wrote it."""
    manifest = parsed(seal.manifest)
    if manifest.size != seal.size:
        raise ImageRefused(f"the image has {seal.size} bytes, its manifest says {manifest.size}")
    try:
        with image.open("rb") as file:
            digest = _sha256(file, seal.size, cancelled)
    except OSError as error:
        raise MechanismError(f"the image cannot be read: {error.strerror}") from error
    if digest != manifest.sha256:
        raise ImageRefused("the image is corrupted: its SHA-256 is not what its manifest says")
    return manifest


def cut(image: Path, seal: Sealed) -> None:
    """Leave the image alone in its file: what stood behind it has done its duty."""
    try:
        os.truncate(image, seal.size)
    except OSError as error:
        raise unwritable(image, error) from error


def file_digest(image: Path) -> str:
    """The SHA-256 of a file as it stands; "" where it cannot be read."""
    try:
        with image.open("rb") as file:
            return _sha256(file, os.fstat(file.fileno()).st_size)
    except OSError:
        return ""


def _sha256(file: Any, size: int, cancelled: Callable[[], bool] = lambda: False) -> str:
    digest = hashlib.sha256()
    buffer = bytearray(PIECE)
    view = memoryview(buffer)
    while size > 0 and (read := file.readinto(view[: min(size, PIECE)])):
        digest.update(view[:read])
        size -= read
        if cancelled():
            raise MechanismError("it was called off")
    return digest.hexdigest()
