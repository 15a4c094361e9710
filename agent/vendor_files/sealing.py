"""Seals secrets so that only this device, or who knows a passphrase, can open them; by HMAC-SHA256 alone.

A key stream from HMAC in counter mode, and another HMAC over nonce, place and cipher text (encrypt, then authenticate).
"""

import hashlib
import hmac
import os
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

KEY_FILE: Final = "backup.key"
BYTES: Final = 32
COST: Final = 8_192
"""scrypt's N with r = 8: 8 MB for a moment."""
MOST_COST: Final = 65_536
"""What a file may ask for: 64 MB."""
_NONCE: Final = 16
_STEP: Final = 32
"""Texts are filled up to a multiple of it, so that a sealed one does not tell how long it is."""


class CannotOpen(Exception):
    """It was sealed by another key, or is not as it was sealed."""


class Seal:
    """A key and what says which one it is (``name``: JSON for the file)."""

    def __init__(self, key: bytes, name: Mapping[str, Any]) -> None:
        self.name = dict(name)
        self._encrypt = hmac.digest(key, b"cpe-agent backup, cipher", "sha256")
        self._authenticate = hmac.digest(key, b"cpe-agent backup, authenticity", "sha256")

    def sealed(self, text: str, place: str) -> str:
        """A text as it may stand in a file, at that place only."""
        plain = text.encode("utf-8", "surrogatepass")
        plain += b"\0" * (1 + -(len(plain) + 1) % _STEP)
        nonce = os.urandom(_NONCE)
        cipher = self._mixed(plain, nonce)
        return b64encode(nonce + cipher + self._mark(nonce, cipher, place)).decode()

    def opened(self, sealed: str, place: str) -> str:
        """The text; raises CannotOpen."""
        try:
            content = b64decode(sealed, validate=True)
        except (NoBase64, ValueError) as broken:
            raise CannotOpen from broken
        nonce, cipher, mark = content[:_NONCE], content[_NONCE:-BYTES], content[-BYTES:]
        is_as_written = b64encode(content).decode() == sealed  # the last character has bits that say nothing
        if (
            not is_as_written
            or len(content) < _NONCE + BYTES
            or not hmac.compare_digest(mark, self._mark(nonce, cipher, place))
        ):
            raise CannotOpen
        return self._mixed(cipher, nonce).rstrip(b"\0").decode("utf-8", "surrogatepass")

    def _mixed(self, content: bytes, nonce: bytes) -> bytes:
        stream = b"".join(
            hmac.digest(self._encrypt, nonce + count.to_bytes(8, "big"), "sha256")
            for count in range(-(-len(content) // BYTES))
        )
        return bytes(one ^ other for one, other in zip(content, stream, strict=False))

    def _mark(self, nonce: bytes, cipher: bytes, place: str) -> bytes:
        said = place.encode("utf-8", "surrogatepass")
        return hmac.digest(self._authenticate, len(said).to_bytes(8, "big") + said + nonce + cipher, "sha256")


def seal_of_device(directory: Path) -> Seal:
    """This device's own; its key is made at first use, readable by its owner only. Raises OSError."""
    path = directory / KEY_FILE
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        key = b""
    if len(key) != BYTES:
        key = os.urandom(BYTES)
        _keep(path, key)
    return Seal(key, {"by": "device", "key": hashlib.sha256(b"name" + key).hexdigest()[:16]})


def seal_of_passphrase(passphrase: str, salt: bytes = b"", cost: int = COST) -> Seal:
    """Of whoever knows the passphrase, on any device."""
    salt = salt or os.urandom(16)
    key = hashlib.scrypt(
        passphrase.encode("utf-8", "replace"), salt=salt, n=cost, r=8, p=1, maxmem=2 * 128 * 8 * cost, dklen=BYTES
    )
    return Seal(key, {"by": "passphrase", "salt": b64encode(salt).decode(), "cost": cost})


def seal_named(name: Any, passphrase: str, of_device: Callable[[], Seal]) -> Seal | None:
    """The seal that a file names, None where this device does not have it. Raises ValueError for what is no name."""
    if not isinstance(name, dict):
        raise ValueError("sealed_by is no mapping")
    if name.get("by") == "device":
        own = of_device()
        return own if own.name == name else None
    cost, salt = name.get("cost"), b64decode(str(name.get("salt", "")), validate=True)
    if name.get("by") != "passphrase" or not isinstance(cost, int) or not 8 <= len(salt) <= 64:
        raise ValueError("sealed_by names no seal")
    if not 1 < cost <= MOST_COST or cost & (cost - 1):
        raise ValueError("sealed_by names no seal")
    return seal_of_passphrase(passphrase, salt, cost) if passphrase else None


def _keep(path: Path, key: bytes) -> None:
    temporary = path.with_name(f".{path.name}.new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        os.write(handle, key)
        os.fsync(handle)
    finally:
        os.close(handle)
    temporary.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
