"""A signed archive: a gzipped tar whose first members are manifest.json and its signature, and whose files it names.

The signature is over the manifest; the manifest has size, mode and SHA-256 of every file. So nothing is unpacked that
nobody trusted has signed, and nothing that is not named.
"""

import gzip
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final, cast

from backends.errors import MechanismError
from backends.firmware_manifest import once
from backends.modules.environment import Cause, ModuleError, Package, UnitFacts, Verify
from backends.modules.tar import BadArchive, Member, members, safe_name

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.json.sig"
FILES: Final = "files/"
MOST_FILES: Final = 4096
MOST_BYTES: Final = 512 << 20
LONGEST_MANIFEST: Final = 1 << 20
LONGEST_SIGNATURE: Final = 4096
MOST_UNITS: Final = 32
MOST_ARGUMENTS: Final = 64
LONGEST_ARGUMENT: Final = 1024
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]{0,31}")
UNIT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,15}")
VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+~:_-]{0,31}")
REQUIREMENT: Final = re.compile(rf"({NAME.pattern})(\s*>=\s*{VERSION.pattern})?")
DIGEST: Final = re.compile(r"[0-9a-f]{64}")
KNOWN: Final = frozenset(("name", "vendor", "version", "description", "architecture", "requires", "units", "files"))
ANY: Final = "any"


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file as the manifest has it; of its mode only whether it can be run counts."""

    size: int
    digest: str
    is_program: bool


@dataclass(frozen=True, slots=True)
class Archive:
    """What an archive's manifest says; ``architecture`` is as uname(2) spells it, or "any"."""

    package: Package
    architecture: str
    files: Mapping[str, FileFacts]


def read(file: Path, verify: Verify | None) -> Archive:
    """The manifest of an archive; ``verify`` None: its signature is not asked for. CORRUPTED, NOT_GENUINE."""
    with _opened(file) as stream:
        return _manifest(file, _members(stream), verify)


def unpack(file: Path, verify: Verify | None, into: Path) -> Archive:
    """Unpack into a new, empty directory of the caller's; everything is on the medium when it returns. ModuleError."""
    with _opened(file) as stream:
        every = _members(stream)
        archive = _manifest(file, every, verify)
        left = dict(archive.files)
        for member, content in every:
            name = _name_of(member)
            if name and not member.is_directory:
                if name not in left:
                    raise BadArchive(f"{name!a} is not in the manifest, or is there twice")
                facts = left.pop(name)
                if member.size != facts.size:
                    raise BadArchive(f"{name!a} is not as long as the manifest says")
                _write(into / name, content, facts)
            elif name and not any(one.startswith(f"{name}/") for one in archive.files):
                raise BadArchive(f"the directory {name!a} has no file of the manifest")
        if left:
            raise BadArchive(f"{min(left)!a} is missing")
    for directory, _, _ in os.walk(into):
        _sync(directory)
    return archive


def package_of(told: Mapping[str, Any], size: int, file: Path = Path()) -> Package:
    """The module that a manifest tells of, and its units. ValueError, TypeError or KeyError where it is none."""
    units = tuple(_unit(_object(one)) for one in _list(told.get("units", [])))
    if len(units) > MOST_UNITS or len({unit.name for unit in units}) < len(units):
        raise ValueError("too many units, or two of one name")
    return Package(
        name=_text(told["name"], 32, NAME),
        vendor=_text(told["vendor"], 128),
        version=_text(told["version"], 32, VERSION),
        description=_text(told.get("description", ""), 256),
        requires=tuple(_text(one, 80, REQUIREMENT) for one in _list(told.get("requires", []))),
        units=units,
        size=size,
        file=file,
    )


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        with gzip.open(file) as stream:
            yield cast("BinaryIO", stream)
    except BadArchive as wrong:
        raise ModuleError(Cause.CORRUPTED, f"the archive cannot be used: {wrong}") from wrong
    except OSError as error:
        cause = Cause.RESOURCES if error.errno else Cause.CORRUPTED
        raise ModuleError(cause, f"the archive cannot be unpacked: {error.strerror or error}") from error


def _members(stream: BinaryIO) -> Iterator[tuple[Member, Iterator[bytes]]]:
    return members(stream, MOST_FILES + 2, MOST_BYTES)


def _name_of(member: Member) -> str:
    if member.is_directory and f"{member.name}/" == FILES:
        return ""
    if not member.name.startswith(FILES):
        raise BadArchive(f"{member.name!a} is not below {FILES}")
    return member.name.removeprefix(FILES)


def _manifest(file: Path, every: Iterator[tuple[Member, Iterator[bytes]]], verify: Verify | None) -> Archive:
    text = _small(every, MANIFEST, LONGEST_MANIFEST)
    signature = _small(every, SIGNATURE, LONGEST_SIGNATURE)
    if verify is not None:
        try:
            verify(text, signature)
        except MechanismError as untrusted:
            raise ModuleError(Cause.NOT_GENUINE, f"the archive is not trusted: {untrusted.reason}") from untrusted
    try:
        return _archive(file, _object(json.loads(text, object_pairs_hook=once)))
    except KeyError as missing:
        raise BadArchive(f"its manifest has no {missing}") from missing
    except (ValueError, TypeError, RecursionError) as wrong:
        raise BadArchive(f"its manifest: {wrong}") from wrong


def _small(every: Iterator[tuple[Member, Iterator[bytes]]], name: str, longest: int) -> bytes:
    member, content = next(every, (None, iter(())))
    if member is None or member.name != name or member.is_directory or member.size > longest:
        raise BadArchive(f"{name} has to come first")
    return b"".join(content)


def _archive(file: Path, told: Mapping[str, Any]) -> Archive:
    unknown = set(told) - KNOWN
    if unknown:
        raise ValueError(f"unknown: {min(unknown)!a}")
    files = {_file_name(name): _facts(_object(facts)) for name, facts in _object(told.get("files", {})).items()}
    if len(files) > MOST_FILES:
        raise ValueError(f"more than {MOST_FILES} files")
    if not files.keys().isdisjoint(str(folder) for name in files for folder in PurePosixPath(name).parents):
        raise ValueError("a file is a directory too")
    package = package_of(told, sum(one.size for one in files.values()), file)
    for program in (unit.arguments[0] for unit in package.units):
        facts = files.get(program)
        if not program.startswith("/") and (facts is None or not facts.is_program):
            raise ValueError(f"{program!a} is neither a program of the archive nor an absolute path")
    return Archive(package, _text(told.get("architecture", ANY), 32, NAME), files)


def _unit(told: Mapping[str, Any]) -> UnitFacts:
    arguments = tuple(_text(one, LONGEST_ARGUMENT) for one in _list(told["arguments"]))
    unknown = set(told) - {"name", "description", "arguments", "privileged", "auto_start"}
    if unknown or not 0 < len(arguments) <= MOST_ARGUMENTS:
        raise ValueError(f"a unit has {min(unknown)!a}" if unknown else "a unit has no arguments, or too many")
    return UnitFacts(
        name=_text(told["name"], 16, UNIT),
        description=_text(told.get("description", ""), 256),
        arguments=arguments,
        is_privileged=_switch(told.get("privileged", False)),
        starts_by_itself=_switch(told.get("auto_start", True)),
    )


def _facts(told: Mapping[str, Any]) -> FileFacts:
    size, digest = told["size"], told["sha256"]
    if type(size) is not int or size < 0:
        raise ValueError("the size of a file is none")
    return FileFacts(size, _text(digest, 64, DIGEST), _switch(told.get("program", False)))


def _file_name(name: str) -> str:
    if safe_name(name) != name or not name or len(name) > 200:
        raise ValueError(f"the name {name[:80]!a} is not allowed")
    return name


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("an object is needed")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("a list is needed")
    return value


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false is needed")
    return value


def _text(value: Any, longest: int, form: re.Pattern[str] | None = None) -> str:
    if not isinstance(value, str) or len(value) > longest or not all(one.isprintable() for one in value):
        raise ValueError(f"a text of at most {longest} printable characters is needed")
    if form is not None and not form.fullmatch(value):
        raise ValueError(f"{value!a} is not of the form that it has to have")
    return value


def _write(file: Path, content: Iterator[bytes], facts: FileFacts) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    digest = hashlib.sha256()
    mode = 0o755 if facts.is_program else 0o644
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as out:
        os.fchmod(descriptor, mode)
        for piece in content:
            digest.update(piece)
            out.write(piece)
        out.flush()
        os.fsync(descriptor)
    if digest.hexdigest() != facts.digest:
        raise BadArchive(f"{file.name!a} is not what the manifest says")


def _sync(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
