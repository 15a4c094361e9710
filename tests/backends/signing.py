"""Who signs images in tests: files as usign, signify and minisign write them, by keys that are made for the test."""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backends.firmware_manifest import manifest_of, seal


class Signer:
    """``seed`` chooses the key; the number is how signatures name it."""

    def __init__(self, seed: str = "vendor", number: bytes = b"\x01" * 8) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())
        self.number = number

    @property
    def raw(self) -> bytes:
        return self._key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    def public(self) -> str:
        return f"untrusted comment: of the test\n{_text(b'Ed' + self.number + self.raw)}\n"

    def usign(self, message: bytes) -> bytes:
        return f"untrusted comment: of the test\n{_text(b'Ed' + self.number + self.sign(message))}\n".encode()

    def minisign(self, message: bytes, *, is_of_hash: bool = True, comment: str = "timestamp:1") -> bytes:
        signed = self.sign(hashlib.blake2b(message).digest() if is_of_hash else message)
        kind = b"ED" if is_of_hash else b"Ed"
        of_all = self.sign(signed + comment.encode())
        lines = (
            "untrusted comment: x",
            _text(kind + self.number + signed),
            f"trusted comment: {comment}",
            _text(of_all),
        )
        return "".join(f"{line}\n" for line in lines).encode()

    def trusted_in(self, folder: Path, name: str = "vendor.pub") -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(self.public())
        return folder


def sealed_image(
    file: Path, content: bytes, signer: Signer, version: str = "2.0", boards: Sequence[str] = ("acme,router",)
) -> Path:
    """An image with its signed manifest behind it."""
    file.write_bytes(content)
    manifest = manifest_of(file, version, boards, f"Acme {version}")
    file.write_bytes(content + seal(manifest, signer.usign(manifest)))
    return file


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
