"""Ed25519 signatures as usign, signify and minisign write them, checked by a library or by a program of the system."""

import base64
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from backends.commands import Run, run
from backends.errors import MechanismError, Missing, TimedOut
from backends.programs import find_program

PLAIN, HASHED = b"Ed", b"ED"
"""Of the message, or (minisign's own) of its BLAKE2b."""
NUMBER, KEY, SIGNATURE = 8, 32, 64
SUBJECT_PUBLIC_KEY: Final = bytes.fromhex("302a300506032b6570032100")
"""What stands before an Ed25519 key in DER (RFC 8410)."""
PROGRAM_SECONDS: Final = 10.0
TRUSTED: Final = "trusted comment: "


@dataclass(frozen=True, slots=True)
class PublicKey:
    """``number`` is by which signatures name it."""

    number: bytes
    key: bytes


@dataclass(frozen=True, slots=True)
class Signature:
    """``comment`` and ``of_all`` (a signature of signature and comment) are minisign's, None in usign's."""

    number: bytes
    signature: bytes
    is_of_hash: bool = False
    comment: bytes | None = None
    of_all: bytes = b""


class Checker(Protocol):
    """Tells a genuine signature; ``name`` is for the log. MechanismError where it cannot work at all."""

    name: str

    def is_genuine(self, key: bytes, message: bytes, signature: bytes) -> bool:
        """Whether the 64 bytes are the signature of the message by the key of 32 bytes (RFC 8032, pure Ed25519)."""


def public_key(text: str) -> PublicKey:
    """A public key's file. MechanismError for what is none."""
    found = _decoded(_lines(text)[:1], NUMBER + KEY, (PLAIN,), "no public key of usign, signify or minisign")
    return PublicKey(found[2 : 2 + NUMBER], found[2 + NUMBER :])


def signature(text: str) -> Signature:
    """A signature's file. MechanismError for what is none."""
    what = "no signature of usign, signify or minisign"
    lines = _lines(text)
    found = _decoded(lines[:1], NUMBER + SIGNATURE, (PLAIN, HASHED), what)
    number, raw, is_of_hash = found[2 : 2 + NUMBER], found[2 + NUMBER :], found[:2] == HASHED
    if len(lines) == 1 and not is_of_hash:
        return Signature(number, raw)
    if len(lines) != 3 or not lines[1].startswith(TRUSTED):
        raise MechanismError(what)
    of_all = _base64(lines[2], what)
    if len(of_all) != SIGNATURE:
        raise MechanismError(what)
    return Signature(number, raw, is_of_hash, lines[1].removeprefix(TRUSTED).encode(), of_all)


def is_signed(message: bytes, told: Signature, keys: Sequence[PublicKey], checker: Checker) -> bool:
    """Whether one of the keys has signed the message: the one that the signature names, and no other."""
    signed = hashlib.blake2b(message).digest() if told.is_of_hash else message
    return any(
        checker.is_genuine(one.key, signed, told.signature)
        and (told.comment is None or checker.is_genuine(one.key, told.signature + told.comment, told.of_all))
        for one in keys
        if one.number == told.number
    )


class Openssl:
    """By openssl(1), of release 3 or newer."""

    name = "openssl"

    def __init__(self, start: Run = run) -> None:
        self._start = start

    def is_genuine(self, key: bytes, message: bytes, signature: bytes) -> bool:
        """See Checker."""
        with _files(key=SUBJECT_PUBLIC_KEY + key, message=message, signature=signature) as at:
            return _succeeds(
                self._start,
                ("openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", at("key"), "-rawin", "-in",
                 at("message"), "-sigfile", at("signature")),
            )  # fmt: skip


class Usign:
    """By OpenWrt's usign."""

    name = "usign"

    def __init__(self, start: Run = run) -> None:
        self._start = start

    def is_genuine(self, key: bytes, message: bytes, signature: bytes) -> bool:
        """See Checker."""
        with _files(key=_file(key), message=message, signature=_file(signature)) as at:
            return _succeeds(
                self._start, ("usign", "-V", "-q", "-m", at("message"), "-p", at("key"), "-x", at("signature"))
            )


class Signify:
    """By OpenBSD's signify, which Debian calls signify-openbsd."""

    name = "signify-openbsd"

    def __init__(self, start: Run = run) -> None:
        self._start = start

    def is_genuine(self, key: bytes, message: bytes, signature: bytes) -> bool:
        """See Checker."""
        with _files(key=_file(key), message=message, signature=_file(signature)) as at:
            return _succeeds(
                self._start, (self.name, "-V", "-q", "-m", at("message"), "-p", at("key"), "-x", at("signature"))
            )


PROGRAMS: Final[tuple[Callable[[], Checker], ...]] = (Usign, Openssl, Signify)
"""What stands for the library, in the order in which it is looked for."""


def checkers() -> Iterator[Checker]:
    """Everything on this machine that can check, the best first."""
    from backends import ed25519_library  # a large library: for who has something to check

    if ed25519_library.is_installed():
        yield ed25519_library.Library()
    for make in PROGRAMS:
        made = make()
        if find_program(made.name) is not None:
            yield made


def checker() -> Checker:
    """The best on this machine. Missing where there is none."""
    found = next(checkers(), None)
    if found is None:
        raise Missing("nothing can check a signature here: python3-cryptography, usign or openssl has to be installed")
    return found


def _lines(text: str) -> list[str]:
    """What stands in the file but for its comment, which nothing vouches for."""
    lines = [line.rstrip("\r") for line in text.strip().split("\n")]
    return lines[1:] if lines[0].startswith("untrusted comment:") else lines


def _decoded(lines: list[str], length: int, kinds: tuple[bytes, ...], what: str) -> bytes:
    found = _base64("".join(lines), what)
    if len(found) != len(PLAIN) + length or not found.startswith(kinds):
        raise MechanismError(what)
    return found


def _base64(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise MechanismError(what) from None


def _file(content: bytes) -> bytes:
    """A key or a signature under the number that is nobody's."""
    return b"untrusted comment: cpe-agent\n" + base64.b64encode(PLAIN + bytes(NUMBER) + content) + b"\n"


@contextmanager
def _files(**contents: bytes) -> Iterator[Callable[[str], str]]:
    """These as files for a program; the function says where each is."""
    folder = ""
    try:
        try:
            folder = tempfile.mkdtemp(prefix="cpe-agent-")
            for name, content in contents.items():
                (Path(folder) / name).write_bytes(content)
        except OSError as error:
            raise MechanismError(f"no room for a signature: {error.strerror}") from error
        yield lambda name: os.path.join(folder, name)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _succeeds(start: Run, arguments: Sequence[str]) -> bool:
    try:
        start(arguments, seconds=PROGRAM_SECONDS)
    except (Missing, TimedOut):
        raise
    except MechanismError:
        return False
    return True
