"""The environment of a system's package manager: what was added to the system is a module, its services are units.

The package manager itself is not all or nothing: what it is about to change is copied before, and put back when it
fails, or when a crash came between.
"""

import logging
import os
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from backends.commands import Run
from backends.errors import MechanismError
from backends.files import make_directory, names_in, read_text, write_if_different
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
    reason_of,
)
from backends.modules.snapshot import Snapshot

log = logging.getLogger(__name__)

INIT_SCRIPTS: Final = "etc/init.d/"
RC: Final = "etc/rc.d"
SECONDS: Final = 600.0
"""For a package with its dependencies over a slow line."""
SERVICE_SECONDS: Final = 30.0
MARGIN: Final = 256 << 10
LAST_WORDS: Final = 6


@dataclass(frozen=True, slots=True)
class Known:
    """A package as the manager's database has it. ``is_asked_for``: not only there since another needs it."""

    name: str
    version: str
    description: str = ""
    requires: tuple[str, ...] = ()
    is_asked_for: bool = True
    is_whole: bool = True
    files: tuple[str, ...] = ()
    size: int = 0


class Manager(Protocol):
    """One package manager's words and files; paths are below the root."""

    name: str
    kind: str
    suffix: str
    """How the name of a file has to end for the manager to take it as a package."""

    def known(self, root: Path) -> Mapping[str, Known]:
        """Every package of the system below that root. MechanismError where the database cannot be read."""

    def files_of(self, root: Path, name: str) -> Sequence[str]:
        """The files of a package."""

    def recognises(self, file: Path) -> bool:
        """Whether it looks like a package of this manager, by its first bytes."""

    def inspect(self, file: Path) -> tuple[Package, str]:
        """What a package says, and its architecture. ModuleError CORRUPTED."""

    def kept_as_they_are(self, root: Path, name: str) -> Sequence[str]:
        """The files of a package in which what a person has changed stays."""

    def contents(self, file: Path) -> Mapping[str, int]:
        """The files that a package brings, with their sizes, where the manager itself does not see to them."""

    def stamp(self, root: Path) -> object:
        """Another one whenever the database may have changed."""

    def architectures(self) -> Sequence[str]:
        """What runs here; empty: the manager itself judges."""

    def install(self, file: Path) -> Sequence[str]:
        """The command that installs a package, or another version of one."""

    def remove(self, name: str) -> Sequence[str]:
        """The command that removes a package and what only it needed."""

    def database(self, names: Iterable[str]) -> Sequence[str]:
        """The manager's own files about these packages."""


class Services(Protocol):
    """The system's services by name: OpenWrt's procd."""

    def running(self, name: str) -> Running | None:
        """What runs of it."""


class Packages:
    """See backends.modules.environment.Environment."""

    vendor = "OpenWrt"
    is_signed_inside = False

    def __init__(
        self,
        manager: Manager,
        directory: Path,
        services: Services,
        is_older: Callable[[str, str], bool],
        verify: Verify | None,
        start: Run,
        root: Path = Path("/"),
        version: str = "",
    ) -> None:
        self.name = manager.name
        self.kind = manager.kind
        self.version = version
        self._manager = manager
        self._services = services
        self._is_older = is_older
        self._verify = verify
        self._start = start
        self._root = root
        self._directory = directory
        self._snapshot = Snapshot(directory / "before", root)
        self._baseline: frozenset[str] | None = None
        self._found: Mapping[str, Installed] | None = None
        self._trouble = ""

    def installed(self) -> Mapping[str, Installed]:
        """See Environment."""
        found = self._found  # the other thread may let it be forgotten
        if found is None:
            try:
                every, base = self._manager.known(self._root), self._came_with_the_system()
                self._trouble = ""
            except MechanismError as silent:
                every, base, self._trouble = {}, frozenset(), silent.reason
            found = {
                name: self._installed(one, every)
                for name, one in every.items()
                if one.is_asked_for and name not in base
            }
            self._found = found
        return found

    def trouble(self) -> str:
        """See Environment."""
        self.installed()
        return self._trouble

    def inspect(self, file: Path) -> Package:
        """See Environment."""
        if not self._manager.recognises(file):
            raise ModuleError(Cause.CORRUPTED, f"it is no package of {self.name}")
        self._check_signature(file)
        package, architecture = self._manager.inspect(file)
        runs = self._manager.architectures()
        if runs and architecture not in runs:
            raise ModuleError(Cause.MISMATCH, f"the package is for {architecture}")
        if package.name in self._came_with_the_system():
            raise ModuleError(Cause.DENIED, f"{package.name} is part of the firmware: it changes with that")
        return replace(package, file=file)

    def is_older(self, one: str, than: str) -> bool:
        """See Environment."""
        return self._is_older(one, than)

    def install(self, package: Package, trial: Callable[[], object] | None = None) -> str:
        """See Environment."""
        self._check_room(package)
        self._changed(package.name, self._manager.install(self._called_a_package(package.file)))
        found = self._known().get(package.name)
        if found is None or found.version != package.version or not found.is_whole:
            self.recover()
            raise ModuleError(Cause.MISMATCH, f"{self.name} did not install {package.name} {package.version}")
        lacking = self._lacking(package)
        if lacking:
            self.recover()
            raise ModuleError(Cause.RESOURCES, f"/{lacking} could not be written")
        if trial is not None:
            self._stand(trial)
        self._snapshot.forget()
        return package.name

    def _stand(self, trial: Callable[[], object]) -> None:
        try:
            trial()
        except ModuleError:
            self.recover()
            raise

    def uninstall(self, identifier: str) -> None:
        """See Environment."""
        every = self._manager.known(self._root)
        if identifier not in every:
            return
        needed_by = sorted(
            name for name, one in every.items() if name != identifier and _names(one.requires) & {identifier}
        )
        if needed_by:
            raise ModuleError(Cause.WRONG_STATE, f"{identifier} is needed by {', '.join(needed_by[:5])}")
        self._changed(identifier, self._manager.remove(identifier))
        if identifier in self._known():
            self.recover()
            raise ModuleError(Cause.WRONG_STATE, f"{self.name} did not remove {identifier}")
        self._snapshot.forget()

    def recover(self) -> None:
        """See Environment."""
        self.forget()
        about = self._snapshot.pending()
        if about is None:
            self._note_baseline()
            return
        try:
            changed, before = str(about["name"]), set(about["names"])
        except (TypeError, KeyError) as broken:
            raise MechanismError("what is kept of a half change does not say what that was") from broken
        log.warning("%s: what was half changed (%s) is put back", self.name, changed)
        now = self._known()
        ours = set(self._snapshot.files())
        added = [name for name in now if name not in before]
        kept = {file for name in now if name in before and name != changed for file in self._files(name)}
        others = {file for name in (*added, changed) for file in self._files(name)} - kept - ours
        for file in sorted(others):
            if file.startswith(INIT_SCRIPTS):
                self._try_service(file.removeprefix(INIT_SCRIPTS), "stop")
        self._snapshot.go_back([*others, *self._manager.database(added)])
        self.forget()
        for file in sorted(ours):
            if file.startswith(INIT_SCRIPTS) and self._is_enabled(file.removeprefix(INIT_SCRIPTS)):
                self._try_service(file.removeprefix(INIT_SCRIPTS), "start")

    def start(self, identifier: str, unit: UnitFacts) -> None:  # noqa: ARG002 - services have names of their own
        """See Environment."""
        self._service(unit.service, "start")

    def stop(self, identifier: str, unit: UnitFacts, seconds: int) -> None:  # noqa: ARG002 - procd has times of its own
        """See Environment."""
        self._service(unit.service, "stop")

    def running(self, identifier: str, unit: UnitFacts) -> Running | None:  # noqa: ARG002
        """See Environment."""
        return self._services.running(unit.service)

    def last_words(self, identifier: str, unit: UnitFacts) -> str:  # noqa: ARG002
        """The system's log has them."""
        return ""

    def starts_units(self) -> bool:
        """The system does, by its own links."""
        return False

    def keep_started(self, identifier: str, unit: UnitFacts, wanted: bool) -> None:  # noqa: ARG002
        """See Environment."""
        if wanted != self._is_enabled(unit.service):
            self._service(unit.service, "enable" if wanted else "disable")

    def resources(self) -> Resources:
        """What the file system has that packages go to."""
        try:
            return Resources(disk=self._free() // KIB)
        except OSError:
            return Resources()

    def stamp(self) -> object:
        """See Environment."""
        return self._manager.stamp(self._root)

    def forget(self) -> None:
        """See Environment."""
        self._found = None

    # -- inside -------------------------------------------------------------------------------------------------------

    def _installed(self, one: Known, every: Mapping[str, Known]) -> Installed:
        return Installed(
            identifier=one.name,
            name=one.name,
            vendor=self.vendor.lower() + ".org",
            version=one.version,
            description=one.description,
            units=tuple(
                UnitFacts(
                    name=file.removeprefix(INIT_SCRIPTS),
                    service=file.removeprefix(INIT_SCRIPTS),
                    is_privileged=True,
                    starts_by_itself=self._is_enabled(file.removeprefix(INIT_SCRIPTS)),
                )
                for file in self._files(one.name)
                if file.startswith(INIT_SCRIPTS)
            ),
            is_resolved=all(name in every or name.startswith(("so:", "!", "/")) for name in _names(one.requires)),
            is_broken=not one.is_whole,
            size=one.size,
        )

    def _changed(self, name: str, command: Sequence[str]) -> None:
        """Let the manager change a package; ModuleError when it refuses, and then it is as it was."""
        every = self._known()
        files = [*self._files(name), *self._manager.database([name])]
        try:
            self._snapshot.take(files, {"name": name, "names": sorted(every)})
        except MechanismError as failure:
            raise ModuleError(Cause.RESOURCES, f"what is there cannot be kept: {reason_of(failure)}") from failure
        try:
            self._start(command, seconds=SECONDS, lines=LAST_WORDS, leaves_daemons=True)
        except MechanismError as failure:
            self.recover()
            raise ModuleError(_cause_of(failure.reason), failure.reason) from failure
        finally:
            self.forget()

    def _called_a_package(self, file: Path) -> Path:
        called = self._directory / f"package{self._manager.suffix}"
        try:
            make_directory(self._directory)
            called.unlink(missing_ok=True)
            called.symlink_to(file)
        except (MechanismError, OSError) as failure:
            raise ModuleError(Cause.RESOURCES, f"no place for packages: {reason_of(failure)}") from failure
        return called

    def _lacking(self, package: Package) -> str:
        """A file of the package that is not there as a whole: opkg goes on where it cannot write one."""
        own = set(self._manager.kept_as_they_are(self._root, package.name))
        for name, size in self._manager.contents(package.file).items():
            try:
                facts = (self._root / name).lstat()
            except OSError:
                return name
            if not stat.S_ISREG(facts.st_mode) or (facts.st_size != size and name not in own):
                return name
        return ""

    def _check_signature(self, file: Path) -> None:
        """By the file beside it."""
        if self._verify is None:
            return
        signature = (read_text(file.with_name(f"{file.name}.sig"), 4096) or "").encode()
        try:
            self._verify(file, signature)
        except MechanismError as untrusted:
            raise ModuleError(Cause.NOT_GENUINE, f"the package is not trusted: {untrusted.reason}") from untrusted

    def _check_room(self, package: Package) -> None:
        try:
            is_enough = self._free() >= package.size + MARGIN
        except OSError as error:
            raise ModuleError(Cause.RESOURCES, f"no place for packages: {reason_of(error)}") from error
        if not is_enough:
            raise ModuleError(Cause.RESOURCES, f"{package.size} bytes are needed, and the file system has them not")

    def _free(self) -> int:
        overlay = self._root / "overlay"
        found = os.statvfs(overlay if overlay.is_dir() else self._root)
        return found.f_bavail * found.f_frsize

    def _known(self, root: Path | None = None) -> Mapping[str, Known]:
        """What is installed, as far as that can be known."""
        try:
            return self._manager.known(root or self._root)
        except MechanismError as silent:
            log.warning("%s: %s", self.name, silent.reason)
            return {}

    def _files(self, name: str) -> Sequence[str]:
        return self._manager.files_of(self._root, name)

    def _came_with_the_system(self) -> frozenset[str]:
        """What belongs to the firmware: what its read-only part has, else what was there at the first look."""
        if self._baseline is None:
            text = read_text(self._directory / "baseline", 1 << 20)
            rom = self._root / "rom"
            if (rom / "etc").is_dir():
                self._baseline = frozenset(self._known(rom))
            elif text is not None:
                self._baseline = frozenset(text.split())
            else:
                return frozenset(self._manager.known(self._root))
        return self._baseline

    def _note_baseline(self) -> None:
        if self._baseline is None and not (self._root / "rom/etc").is_dir():
            if read_text(self._directory / "baseline") is None:
                write_if_different(self._directory / "baseline", "\n".join(sorted(self._manager.known(self._root))))
            self._came_with_the_system()

    def _is_enabled(self, service: str) -> bool:
        return any(
            name[:1] == "S" and name[1:3].isdigit() and name[3:] == service for name in names_in(self._root / RC)
        )

    def _service(self, name: str, order: str) -> None:
        script = self._root / INIT_SCRIPTS / name
        self._start((str(script), order), seconds=SERVICE_SECONDS, lines=3, leaves_daemons=True)

    def _try_service(self, name: str, order: str) -> None:
        try:
            self._service(name, order)
        except MechanismError as failure:
            log.warning("%s %s: %s", name, order, failure.reason)


def stamp_of(file: Path) -> tuple[int, int]:
    """What tells a file from its next version."""
    try:
        facts = file.stat()
    except OSError:
        return (0, 0)
    return (facts.st_mtime_ns, facts.st_size)


def _names(requires: Iterable[str]) -> set[str]:
    """The names that are required, without versions."""
    found = set()
    for one in requires:
        name = one.split("(")[0].strip()
        for mark in "<>=~":
            name = name.split(mark)[0].strip()
        found.add(name)
    return found


# What package managers say at last, in lower case: opkg, apk 3.
_MEANING: Final = (
    (Cause.RESOURCES, ("no space left", "kb available", "not enough space")),
    (Cause.MISMATCH, ("incompatible", "architecture", "cannot find dependency", "cannot satisfy", "unable to select",
                      "uninstallable", "no such package")),
    (Cause.NOT_GENUINE, ("signature", "untrusted")),
    (Cause.CORRUPTED, ("malformed", "corrupt", "integrity", "end of file", "connection abort", "inconsistent")),
)  # fmt: skip


def _cause_of(words: str) -> Cause:
    """What a package manager's last words mean."""
    lower = words.lower()
    return next((cause for cause, signs in _MEANING if any(sign in lower for sign in signs)), Cause.WRONG_STATE)
