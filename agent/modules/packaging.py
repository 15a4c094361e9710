"""How a directory becomes a module that devices believe: its manifest is signed elsewhere, and put before its files."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from backends.errors import MechanismError
from backends.modules import archive_file
from backends.modules.archive_file import FILES, MANIFEST, SIGNATURE, Archive
from backends.trusted_keys import TrustedKeys

Refused = MechanismError
"""What the functions below raise, with a reason for people."""


def manifest(folder: Path, told: Mapping[str, Any]) -> bytes:
    """The text to be signed. ``told``: its fields but ``files``, as backends.modules.archive_file reads them; what is
    empty is left out. A file's program flag is whether somebody may run it.
    """
    files = {name: _facts(file) for name, file in _files(folder)}
    said = {name: value for name, value in told.items() if value not in ("", [])}
    text = json.dumps({**said, "files": files}, indent=1).encode() + b"\n"
    with TemporaryDirectory() as place:
        draft = Path(place, "draft")
        _write(draft, text, b"", ())
        archive_file.read(draft, None)
    return text


def pack(folder: Path, manifest_file: Path, signature_file: Path, to: Path) -> None:
    """One file of all three. The signature is not judged here: ``look`` does, with the key."""
    try:
        text, signature = manifest_file.read_bytes(), signature_file.read_bytes()
        _write(to, text, signature, _files(folder))
        look(to, None)
    except OSError as error:
        raise MechanismError(f"{error.filename}: {error.strerror}") from error
    except MechanismError:
        to.unlink(missing_ok=True)
        raise


def look(file: Path, key: Path | None) -> Archive:
    """What an archive says of itself, if it is whole and, with a key, signed by it."""
    with TemporaryDirectory() as place:
        return archive_file.unpack(file, TrustedKeys(key).verify if key else None, Path(place))


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    if not folder.is_dir():
        raise MechanismError(f"{folder} is no directory")
    for file in sorted(folder.rglob("*")):
        if file.is_symlink() or not (file.is_file() or file.is_dir()):
            raise MechanismError(f"{file} is neither a file nor a directory: a module has nothing else in it")
        if file.is_file():
            yield file.relative_to(folder).as_posix(), file


def _facts(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        facts = file.stat()
    except OSError as error:
        raise MechanismError(f"{error.filename}: {error.strerror}") from error
    is_program = {"program": True} if facts.st_mode & 0o111 else {}
    return {"size": facts.st_size, "sha256": digest, **is_program}


def _write(to: Path, text: bytes, signature: bytes, files: Any) -> None:
    """The same content makes the same file: no times, no owners."""
    with (
        to.open("wb") as out,
        gzip.GzipFile("", "wb", 9, out, 0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as made,
    ):
        _add(made, MANIFEST, len(text), io.BytesIO(text))
        _add(made, SIGNATURE, len(signature), io.BytesIO(signature))
        for name, file in files:
            with file.open("rb") as content:
                _add(made, f"{FILES}{name}", file.stat().st_size, content)


def _add(made: tarfile.TarFile, name: str, size: int, content: BinaryIO) -> None:
    member = tarfile.TarInfo(name)
    member.size = size
    try:
        made.addfile(member, content)
    except ValueError as wrong:
        raise MechanismError(f"{name}: {wrong}") from wrong
