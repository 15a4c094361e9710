"""What an execution environment is: it knows packages, installs them all or not at all, and runs what is in them."""

import errno
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final, Protocol

from backends.errors import MechanismError

LONGEST_LABEL: Final = 64
"""Characters of EUID and ExecEnvLabel (TR-181)."""
KIB: Final = 1024

Verify = Callable[[bytes | Path, bytes], None]
"""Message or file, and its signature; MechanismError where no trusted key has made it."""


class Cause(Enum):
    """Why an operation on a module failed."""

    DENIED = "denied"
    ARGUMENTS = "arguments"
    CORRUPTED = "corrupted"
    NOT_GENUINE = "not genuine"
    BAD_UUID = "bad UUID"
    UNKNOWN_ENVIRONMENT = "unknown environment"
    DISABLED_ENVIRONMENT = "disabled environment"
    MISMATCH = "mismatch"
    DUPLICATE = "duplicate"
    RESOURCES = "resources"
    UNKNOWN_MODULE = "unknown module"
    WRONG_STATE = "wrong state"
    DOWNGRADE = "downgrade"
    VERSION_MISSING = "version missing"
    VERSION_EXISTS = "version exists"
    NOT_AUTHENTICATED = "not authenticated"
    PROTOCOL = "protocol"
    NO_CONTACT = "no contact"
    NO_ACCESS = "no access"
    INCOMPLETE = "incomplete"


class ModuleError(MechanismError):
    """An operation on a module failed, and everything is as it was."""

    def __init__(self, cause: Cause, reason: str) -> None:
        super().__init__(reason)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What can be run, as its package says: an argument list, or ``service``, what the system calls it."""

    name: str
    description: str = ""
    arguments: tuple[str, ...] = ()
    service: str = ""
    is_privileged: bool = False
    starts_by_itself: bool = True


@dataclass(frozen=True, slots=True)
class Package:
    """What a file says of the module in it. ``size``: bytes that it takes when it is installed."""

    name: str
    vendor: str
    version: str
    description: str = ""
    requires: tuple[str, ...] = ()
    units: tuple[UnitFacts, ...] = ()
    size: int = 0
    file: Path = Path()


@dataclass(frozen=True, slots=True)
class Installed:
    """A module as its environment has it. ``is_broken``: it was left half installed, by whomever."""

    identifier: str
    name: str
    vendor: str
    version: str
    description: str = ""
    units: tuple[UnitFacts, ...] = ()
    is_resolved: bool = True
    is_broken: bool = False
    size: int = 0


@dataclass(frozen=True, slots=True)
class Running:
    """What runs of a unit: process ids, resident memory in KiB (-1: not known), seconds since it was started."""

    processes: tuple[int, ...] = ()
    memory: int = -1
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Resources:
    """Disk and memory in KiB, allocated to an environment and available in it; -1: not applicable."""

    disk: int = -1
    memory: int = -1
    allocated_disk: int = -1
    allocated_memory: int = -1


class Environment(Protocol):
    """One execution environment. What takes time is called in the modules' own thread only."""

    name: str
    kind: str
    """Its type and version of its specification, for ExecEnv.Type."""
    vendor: str
    version: str
    is_signed_inside: bool
    """A package has its signature in it; else the file beside it, with the suffix ".sig", is that."""

    def installed(self) -> Mapping[str, Installed]:
        """The modules by identifier; of a package manager those that were added to the system. Quick; never raises."""

    def trouble(self) -> str:
        """Why it cannot be known what is installed, so ``installed`` has nothing; "" where it can. Never raises."""

    def inspect(self, file: Path) -> Package:
        """What a package says, as far as it is this environment's. ModuleError: CORRUPTED where it is no package of
        this kind or not whole, MISMATCH where it is one that cannot run here, NOT_GENUINE without the
        signature of somebody who is trusted.
        """

    def is_older(self, one: str, than: str) -> bool:
        """Whether one version is older than another."""

    def install(self, package: Package, trial: Callable[[], object] | None = None) -> str:
        """Install it, or let it take the place of another version of the same module; its identifier.

        ``trial`` is called once it is there, and before the other version is given up: it leaves nothing running that
        it refuses. All or nothing: after ModuleError, the trial's as well, everything is as it was.
        """

    def uninstall(self, identifier: str) -> None:
        """Remove a module with what it brought; all or nothing. One that is not there is no error."""

    def recover(self) -> None:
        """Undo what was left half made by a crash."""

    def start(self, identifier: str, unit: UnitFacts) -> None:
        """Run it. MechanismError."""

    def stop(self, identifier: str, unit: UnitFacts, seconds: int) -> None:
        """End it, with force after so many seconds. MechanismError."""

    def running(self, identifier: str, unit: UnitFacts) -> Running | None:
        """What runs of it; None: nothing does. Quick; never raises."""

    def last_words(self, identifier: str, unit: UnitFacts) -> str:
        """The end of what one printed that has ended by itself; what it left behind is ended for that. "" where nobody
        has kept it; never raises.
        """

    def starts_units(self) -> bool:
        """Whether the agent starts units after a boot; else the system does, as ``keep_started`` has told it."""

    def keep_started(self, identifier: str, unit: UnitFacts, wanted: bool) -> None:
        """Tell the system whether to start it at a boot. MechanismError."""

    def resources(self) -> Resources:
        """What there is for modules."""

    def stamp(self) -> object:
        """Another one whenever what is installed may have changed, by whomever. Quick; never raises."""

    def forget(self) -> None:
        """Look again at the next question."""


def reason_of(error: MechanismError | OSError) -> str:
    """The system's words for it where it gave a number: the ACS is told of no file of the device."""
    number = error.errno if isinstance(error, OSError) else getattr(errno, error.code, None)
    return os.strerror(number) if number else str(error)


def label(*parts: str) -> str:
    """The parts as one text of at most 64 characters, another one for each."""
    text = "/".join(parts)
    if len(text) <= LONGEST_LABEL:
        return text
    return f"{text[:47]}~{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def is_resolved(requires: Sequence[str], versions: Mapping[str, str], is_older: Callable[[str, str], bool]) -> bool:
    """Whether modules of these names and versions are all that is required ("name", or "name>=version")."""
    for one in requires:
        name, wants_version, version = (part.strip() for part in one.partition(">="))
        if name not in versions or (wants_version and is_older(versions[name], version)):
            return False
    return True
