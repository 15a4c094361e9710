"""The environment of signed archives: a directory for each version, and one document that says which are installed.

Replacing the document is the one step that counts: what a crash leaves beside it is swept away at the next start.
"""

import json
import logging
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from backends.errors import MechanismError
from backends.files import make_directory, names_in, read_text, replace_file
from backends.modules import archive_file
from backends.modules.environment import (
    KIB,
    Cause,
    Installed,
    ModuleError,
    Package,
    Resources,
    Running,
    UnitFacts,
    Verify,
    is_resolved,
    reason_of,
)
from backends.modules.runner import Runner

log = logging.getLogger(__name__)

DOCUMENT: Final = "installed.json"
FORMER: Final = "former"
MARGIN: Final = 1 << 20
"""Bytes that are to be left free on the medium."""
FULL: Final = ("ENOSPC", "EDQUOT")
UNUSABLE: Final = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What a document that somebody else wrote, or the medium spoilt, is found to be by."""
UNIT_TYPES: Final = {name: list if name == "arguments" else type(one) for name, one in asdict(UnitFacts("")).items()}
LAST_SECONDS: Final = 2
"""For a unit to end by itself where nobody has said how long it may take."""


class Archives:
    """See backends.modules.environment.Environment."""

    name = "archives"
    kind = "X_CPEAGENT signed archive 1"
    vendor = "cpe-agent"
    is_signed_inside = True

    def __init__(
        self,
        directory: Path,
        runner: Runner,
        verify: Verify | None,
        is_older: Callable[[str, str], bool],
        version: str = "",
        machine: Callable[[], str] = lambda: os.uname().machine,
    ) -> None:
        """``directory`` is for this alone and survives boots. ``verify`` None: archives need no signature."""
        self.version = version
        self._directory = directory
        self._runner = runner
        self._verify = verify
        self._is_older = is_older
        self._machine = machine
        self._found: dict[str, dict[str, Any]] | None = None
        self._on_trial = ""

    def installed(self) -> Mapping[str, Installed]:
        """See Environment."""
        try:
            every = self._read()
        except ModuleError:
            return {}
        versions = {name: one["version"] for name, one in every.items()}
        return {
            name: Installed(
                identifier=name,
                name=name,
                vendor=one["vendor"],
                version=one["version"],
                description=one["description"],
                units=_units(one),
                is_resolved=is_resolved(one["requires"], versions, self._is_older),
                is_broken=not (self._directory / one["folder"]).is_dir(),
                size=one["size"],
            )
            for name, one in every.items()
        }

    def trouble(self) -> str:
        """See Environment."""
        try:
            self._read()
        except ModuleError as unreadable:
            return unreadable.reason
        return ""

    def inspect(self, file: Path) -> Package:
        """See Environment."""
        archive = archive_file.read(file, self._verify)
        if archive.architecture not in (archive_file.ANY, self._machine()):
            raise ModuleError(Cause.MISMATCH, f"the archive is for {archive.architecture}")
        return archive.package

    def is_older(self, one: str, than: str) -> bool:
        """See Environment."""
        return self._is_older(one, than)

    def install(self, package: Package, trial: Callable[[], object] | None = None) -> str:
        """See Environment. While the trial lasts, the entry has the former one in it: a crash goes back to that."""
        self._make_room(package)
        every = self._read()
        former = every.get(package.name)
        folder = self._new_folder(package, {one["folder"] for one in every.values()})
        new = {**_facts(package), "folder": folder}
        try:
            (self._directory / folder).mkdir(mode=0o755)
            archive_file.unpack(package.file, self._verify, self._directory / folder)
            if former is not None:
                self._end(package.name, _units(former))  # also what a unit left behind that runs no more
            if former is not None and trial is not None:
                self._on_trial = package.name
                self._write({**every, package.name: {**new, FORMER: former}})
                trial()
            self._write({**every, package.name: new})
        except (MechanismError, OSError) as failure:
            with suppress(MechanismError):
                self.recover()
            shutil.rmtree(self._directory / folder, ignore_errors=True)
            if isinstance(failure, ModuleError):
                raise
            raise ModuleError(Cause.RESOURCES, f"it could not be installed: {reason_of(failure)}") from failure
        if former is not None:
            kept = [unit["name"] for unit in new["units"]]
            self._forget(package.name, (unit for unit in _units(former) if unit.name not in kept))
        self._sweep()
        return package.name

    def uninstall(self, identifier: str) -> None:
        """See Environment. Where the disk is full its files go first, to make room for the document without it."""
        every = self._read()
        if identifier in every:
            one = every[identifier]
            self._end(identifier, _units(one))
            others = {name: other for name, other in every.items() if name != identifier}
            try:
                self._write_in_any_case(others, self._directory / one["folder"])
            except MechanismError as failure:
                text = f"it could not be uninstalled: {reason_of(failure)}"
                raise ModuleError(Cause.RESOURCES, text) from failure
            self._forget(identifier, _units(one))
        self._sweep()

    def empty(self) -> None:
        """End what runs, and remove everything, as a factory reset wants it; what does not end is said in the log."""
        for identifier, one in self.installed().items():
            self._end(identifier, one.units)
            self._forget(identifier, one.units)
        if not self._directory.parent.is_symlink():  # what lies elsewhere is not the agent's to remove
            shutil.rmtree(self._directory, ignore_errors=True)
        self._found = None

    def recover(self) -> None:
        """See Environment."""
        self._on_trial = ""
        self._found = None
        tried = {name: one for name, one in self._stored().items() if FORMER in one}
        for name, one in tried.items():
            self._end(name, _units(one))
        if tried:
            self._write(self._read())
        self._sweep()

    def start(self, identifier: str, unit: UnitFacts) -> None:
        """See Environment."""
        one = self._read().get(identifier)
        if one is None or not self.installed()[identifier].is_resolved:
            raise MechanismError(f"{identifier} is not there, or lacks what it requires")
        folder = self._directory / one["folder"]
        self._runner.start(_key(identifier, unit), unit.arguments, folder, is_privileged=unit.is_privileged)

    def stop(self, identifier: str, unit: UnitFacts, seconds: int) -> None:
        """See Environment."""
        self._runner.stop(_key(identifier, unit), seconds)

    def running(self, identifier: str, unit: UnitFacts) -> Running | None:
        """See Environment."""
        return self._runner.running(_key(identifier, unit))

    def last_words(self, identifier: str, unit: UnitFacts) -> str:
        """See Environment."""
        self._end(identifier, (unit,))
        return self._runner.last_words(_key(identifier, unit))

    def starts_units(self) -> bool:
        """See Environment."""
        return True

    def keep_started(self, identifier: str, unit: UnitFacts, wanted: bool) -> None:
        """The agent itself starts them."""

    def resources(self) -> Resources:
        """What the file system has, or will have where the directory is not made yet; memory is the machine's."""
        try:
            found = os.statvfs(next(filter(Path.is_dir, (self._directory, *self._directory.parents))))
        except OSError:
            return Resources()
        return Resources(disk=found.f_bavail * found.f_frsize // KIB)

    def stamp(self) -> object:
        """See Environment."""
        try:
            return (self._directory / DOCUMENT).stat().st_mtime_ns
        except OSError:
            return 0

    def forget(self) -> None:
        """See Environment."""
        self._found = None

    def _end(self, identifier: str, units: Iterable[UnitFacts]) -> None:
        """Stop what runs of it; what does not end is said in the log."""
        for unit in units:
            try:
                self.stop(identifier, unit, LAST_SECONDS)
            except MechanismError as failure:
                log.error("%s could not be stopped: %s", _key(identifier, unit), failure.reason)

    def _forget(self, identifier: str, units: Iterable[UnitFacts]) -> None:
        for unit in units:
            self._runner.forget(_key(identifier, unit))

    def _make_room(self, package: Package) -> None:
        try:
            make_directory(self._directory, 0o755)
            self._directory.chmod(0o755)  # what is not privileged runs as somebody else
            found = os.statvfs(self._directory)
        except (MechanismError, OSError) as error:
            raise ModuleError(Cause.RESOURCES, f"no place for modules: {reason_of(error)}") from error
        if found.f_bavail * found.f_frsize < package.size + MARGIN:
            raise ModuleError(Cause.RESOURCES, f"{package.size} bytes are needed, and the file system has them not")

    def _new_folder(self, package: Package, taken: set[str]) -> str:
        number = 1
        while (folder := f"{package.name}-{number}") in taken:
            number += 1
        shutil.rmtree(self._directory / folder, ignore_errors=True)
        return folder

    def _sweep(self) -> None:
        """Remove what the document does not name."""
        kept = {one["folder"] for one in self._read().values()} | {DOCUMENT}
        for name in names_in(self._directory):
            place = self._directory / name
            if name not in kept and place.is_dir() and not place.is_symlink():
                shutil.rmtree(place, ignore_errors=True)
            elif name not in kept:
                with suppress(OSError):
                    place.unlink()

    def _read(self) -> dict[str, dict[str, Any]]:
        """The modules; of one whose trial a crash broke off, the former version."""
        found = self._found  # the other thread may let it be forgotten
        if found is None:
            every = self._stored()
            found = {name: one if name == self._on_trial else one.get(FORMER, one) for name, one in every.items()}
            self._found = found
        return found

    def _stored(self) -> dict[str, dict[str, Any]]:
        document = self._directory / DOCUMENT
        if not document.exists():
            return {}
        try:
            return {name: _checked(name, one) for name, one in json.loads(read_text(document) or "").items()}
        except UNUSABLE as broken:
            raise ModuleError(Cause.WRONG_STATE, f"{document} cannot be read") from broken

    def _write_in_any_case(self, every: dict[str, dict[str, Any]], dispensable: Path) -> None:
        try:
            self._write(every)
        except MechanismError as failure:
            if failure.code not in FULL:
                raise
            shutil.rmtree(dispensable, ignore_errors=True)
            self._write(every)

    def _write(self, every: dict[str, dict[str, Any]]) -> None:
        text = json.dumps(every, separators=(",", ":"))
        replace_file(self._directory / DOCUMENT, text.encode(), 0o600)
        self._found = every


def _checked(name: str, told: Any) -> dict[str, Any]:
    """An entry of the document, if it is one that an archive can have led to; raises one of UNUSABLE."""
    size, folder = told["size"], told["folder"]
    if type(size) is not int or not 0 <= size <= archive_file.MOST_BYTES:
        raise ValueError("a size is none")
    units = [_as_in_manifest(unit) for unit in told["units"]]
    archive_file.package_of({**told, "name": name, "description": told["description"], "units": units}, size)
    if not re.fullmatch(rf"{re.escape(name)}-[1-9][0-9]{{0,8}}", folder, re.ASCII):
        raise ValueError("a folder is none")
    if FORMER in told:
        _checked(name, told[FORMER])
    found: dict[str, Any] = told
    return found


def _as_in_manifest(unit: Mapping[str, Any]) -> dict[str, Any]:
    if {name: type(value) for name, value in unit.items()} != UNIT_TYPES:
        raise TypeError("a unit is none")
    return {name: unit[name] for name in ("name", "description", "arguments")}


def _facts(package: Package) -> dict[str, Any]:
    every = asdict(replace(package, file=Path()))
    return {name: value for name, value in every.items() if name not in ("file", "name")}


def _units(told: Mapping[str, Any]) -> tuple[UnitFacts, ...]:
    return tuple(UnitFacts(**{**unit, "arguments": tuple(unit["arguments"])}) for unit in told["units"])


def _key(identifier: str, unit: UnitFacts) -> str:
    return f"{identifier}.{unit.name}"
