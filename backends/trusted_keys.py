"""Whose signatures this device believes: public keys of usign, signify or minisign in a file, or in a directory."""

import mmap
from collections.abc import Callable
from pathlib import Path
from typing import Final

from backends.ed25519 import Checker, PublicKey, checker, is_signed, public_key
from backends.ed25519 import signature as read_signature
from backends.errors import MechanismError
from backends.files import names_in, read_text

LARGEST_KEY_FILE: Final = 4096
LARGEST_SIGNATURE: Final = 4096


class NotSigned(MechanismError):
    """Nobody who is trusted has signed it."""


class TrustedKeys:
    """Read anew for each question: a key that was taken away is believed no more."""

    def __init__(
        self, place: Path | None, find: Callable[[], Checker] = checker, named: str = "[firmware] public_keys"
    ) -> None:
        """``place``: a file, or a directory of files; None, or none there: nobody is believed. ``named``: its name."""
        self._place = place
        self._find = find
        self._named = named

    def keys(self) -> list[PublicKey]:
        """All of them; a file that has none counts for nothing."""
        place = self._place
        if place is None:
            return []
        found = []
        for file in [place / name for name in names_in(place)] if place.is_dir() else [place]:
            try:
                found.append(public_key(read_text(file, LARGEST_KEY_FILE) or ""))
            except MechanismError:
                continue
        return found

    def verify(self, message: bytes | Path, signature: bytes) -> None:
        """Return if one of the keys has signed the message, or the file; else NotSigned. ``signature``: the text that
        ``usign -S`` or ``minisign -S`` writes. MechanismError where nothing can check, or the file cannot be read.
        """
        keys = self.keys()
        if not keys:
            raise NotSigned(f"there is no key to check a signature by: put the maker's into {self._named}")
        try:
            told = read_signature(signature[:LARGEST_SIGNATURE].decode("ascii"))
        except (MechanismError, UnicodeDecodeError):
            raise NotSigned("it has no signature: sign it with usign, signify or minisign") from None
        if isinstance(message, Path):
            message = _content(message)
        if not is_signed(message, told, keys, self._find()):
            raise NotSigned(f"its signature is by no key of {self._named}: sign it with the key of one of these")


def _content(file: Path) -> bytes:
    """A file's content, of which the memory is the kernel's."""
    try:
        with file.open("rb") as opened:
            if not file.stat().st_size:
                return b""
            return mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)  # type: ignore[return-value] # bytes-like
    except OSError as error:
        raise MechanismError(f"{file.name} cannot be read: {error.strerror}") from error
