"""The modules of this machine: which are installed where, what runs of them, and what is to be done with that.

What the tables show is read in the owner's thread, what takes time is done in the modules' own: a picture is replaced
as a whole, so that neither waits for the other.
"""

import logging
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from backends.desired_state import Record, Refused, Wanted
from backends.errors import MechanismError
from backends.files import read_text, write_if_different
from backends.modules.environment import Cause, Environment, Installed, ModuleError, Running, UnitFacts, label

log = logging.getLogger(__name__)

NO_FAULT: Final = ("NoFault", "")
ACTIVE, IDLE, STARTING, STOPPING = "Active", "Idle", "Starting", "Stopping"
LONGEST_MESSAGE: Final = 256
SHUTDOWN_DELAY: Final = 10
SETTLED: Final = 1.0
"""Seconds that a program of a new version has to live for the former one to be given up."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment unit. ``installed`` and ``updated`` are ISO times, "" where the clock was not set."""

    uuid: str
    environment: str
    identifier: str
    name: str
    vendor: str
    version: str
    description: str = ""
    url: str = ""
    installed: str = ""
    updated: str = ""

    @property
    def key(self) -> str:
        """What makes it the same row tomorrow."""
        return f"{self.environment}:{self.uuid}"


@dataclass(frozen=True, slots=True)
class Unit:
    """An execution unit of a deployment unit that is installed."""

    deployed: Deployed
    facts: UnitFacts

    @property
    def key(self) -> str:
        """Its EUID."""
        return label(self.deployed.environment, self.deployed.identifier, self.facts.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentSetting(Record):
    """Whether an environment may be used; its key is the environment's name."""

    enable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSetting(Record):
    """What is wanted of a unit; its key is the EUID. ``asked`` counts the requests for a state."""

    auto_start: bool | None = None
    requested: str = ""
    asked: int = 0
    shutdown_delay: int = SHUTDOWN_DELAY


@dataclass(frozen=True, slots=True)
class UnitOrder:
    """A unit is to be started or stopped, or its start at a boot is to be kept."""

    key: str
    state: str = ""
    auto_start: bool | None = None


@dataclass(frozen=True, slots=True)
class EnvironmentOrder:
    """An environment was enabled or disabled."""

    name: str
    enable: bool


Order = UnitOrder | EnvironmentOrder


class Modules:
    """See backends.desired_state.Service for the settings. ``directory`` may outlive a boot."""

    def __init__(
        self, environments: Sequence[Environment], directory: Path, boot_id: str, settled: float = SETTLED
    ) -> None:
        self.environments: Mapping[str, Environment] = {one.name: one for one in environments}
        self.deployed: Mapping[str, Deployed] = {}
        """By key; who changes it is the engine, by another mapping."""
        self.changing: Mapping[str, str] = {}
        """By key of a deployment unit, the Status that it has meanwhile."""
        self.orders: tuple[Order, ...] = ()
        """What the settings ask for, the oldest first; the engine takes them."""
        self._directory = directory
        self._boot_id = boot_id
        self._settled = settled
        self._made: Wanted | None = None
        self._wanted = Wanted()
        self._moving: Mapping[str, str] = {}
        self._faults: Mapping[str, tuple[str, str]] = {}
        self._should_run: frozenset[str] = frozenset()
        self._running: dict[str, Running | None] = {}
        self._stopped_for_update: frozenset[str] = frozenset()

    # -- what there is ------------------------------------------------------------------------------------------------

    def units(self, only: str = "") -> list[Unit]:
        """The execution units, of one deployment unit by its key, or of all."""
        found = []
        for key, one in self.deployed.items():
            if only in ("", key):
                installed = self.installed(one)
                found += [Unit(one, facts) for facts in installed.units] if installed else []
        return found

    def unit(self, key: str) -> Unit | None:
        """By EUID."""
        return next((one for one in self.units() if one.key == key), None)

    def installed(self, one: Deployed) -> Installed | None:
        """What its environment says of it; None: it has gone."""
        environment = self.environments.get(one.environment)
        return environment.installed().get(one.identifier) if environment else None

    def is_enabled(self, environment: str) -> bool:
        """Whether it may be used."""
        return self._wanted.get(EnvironmentSetting, environment).enable

    def environment_status(self, name: str) -> str:
        """Up, Error or Disabled."""
        if not self.is_enabled(name):
            return "Disabled"
        return "Error" if self.environments[name].trouble() else "Up"

    def starts_by_itself(self, unit: Unit) -> bool:
        """AutoStart."""
        wanted = self._wanted.get(UnitSetting, unit.key).auto_start
        return unit.facts.starts_by_itself if wanted is None else wanted

    def running(self, unit: Unit) -> Running | None:
        """What runs of it, asked once until ``forget``."""
        found = self._running  # the other thread may put another in its place
        if unit.key not in found:
            found[unit.key] = self._ask(unit)
        return found[unit.key]

    def status(self, unit: Unit) -> str:
        """Idle, Starting, Active or Stopping."""
        return self._moving.get(unit.key) or (ACTIVE if self.running(unit) else IDLE)

    def fault(self, unit: Unit) -> tuple[str, str]:
        """ExecutionFaultCode and its message."""
        if unit.key in self._faults:
            return self._faults[unit.key]
        if unit.key in self._should_run and self.status(unit) == IDLE:
            return "FailureWhileActive", "it ended by itself"
        return NO_FAULT

    def forget(self) -> None:
        """Look again at the next question."""
        self._running = {}

    # -- the settings -------------------------------------------------------------------------------------------------

    def check(self, wanted: Wanted) -> None:
        """Refused: a unit of a disabled environment, or one that is being stopped, takes no requests (TR-181)."""
        for key, one in wanted.of(UnitSetting).items():
            before = self._wanted.get(UnitSetting, key)
            unit = self.unit(key)
            if one.asked == before.asked or unit is None:
                continue
            if not wanted.get(EnvironmentSetting, unit.deployed.environment).enable:
                raise Refused("its execution environment is disabled", UnitSetting, key, ("requested",))
            if unit.deployed.key in self.changing or (one.requested == ACTIVE and self.status(unit) == STOPPING):
                raise Refused("it is being stopped, or changed", UnitSetting, key, ("requested",))

    def cuts(self, wanted: Wanted) -> bool:  # noqa: ARG002 - modules carry no way to the ACS
        """Never."""
        return False

    def apply(self, wanted: Wanted) -> bool:
        """Note what is to be done; it is done soon after, in the modules' own thread."""
        before, self._made, self._wanted = self._made, wanted, wanted
        if before is None or before == wanted:
            return False
        orders: list[Order] = [
            EnvironmentOrder(name, enable)
            for name in self.environments
            if (enable := wanted.get(EnvironmentSetting, name).enable) != before.get(EnvironmentSetting, name).enable
        ]
        for key, one in wanted.of(UnitSetting).items():
            was = before.get(UnitSetting, key)
            if one.auto_start != was.auto_start and one.auto_start is not None:
                orders.append(UnitOrder(key, auto_start=one.auto_start))
            if one.asked > was.asked:
                orders.append(UnitOrder(key, one.requested))
        self.orders += tuple(orders)
        return bool(orders)

    # -- what takes time: in the modules' own thread ------------------------------------------------------------------

    def begin(self, ran: Collection[str] = ()) -> None:
        """After a start of the agent: what a crash left is undone; after one of the machine, units are started.

        ``ran``: the units that ran before a change which was broken off; they run again, as TR-181 (ExecutionUnit)
        wants it of those of a change that is over. Of one that was not started for want of what its deployment unit
        requires, that is its fault once more.
        """
        for environment in self.environments.values():
            _tried(environment.recover, f"{environment.name}: what was left could not be undone")
        self.forget()
        self._should_run = frozenset(unit.key for unit in self.units() if self.running(unit))
        place = self._directory / "boot"
        if read_text(place) != self._boot_id:
            for name, environment in self.environments.items():
                if environment.starts_units():
                    self._start_all(name)
            _tried(lambda: write_if_different(place, self._boot_id), "the boot cannot be noted")
        for unit in self.units():
            is_to_run = unit.key in ran or self._lacks_what_it_requires(unit)
            if is_to_run and self.is_enabled(unit.deployed.environment) and self._ask(unit) is None:
                self.start(unit)

    def perform(self, order: Order) -> None:
        """Do what the settings ask for; a failure becomes the unit's fault."""
        match order:
            case EnvironmentOrder(name, True):
                self._start_all(name)
            case EnvironmentOrder(name, False):
                for unit in self.units():
                    if unit.deployed.environment == name:
                        self.stop(unit)
            case UnitOrder(key, state, auto_start):
                unit_or_none = self.unit(key)
                if unit_or_none is not None and auto_start is not None:
                    self._keep_started(unit_or_none, auto_start)
                elif unit_or_none is not None and state == ACTIVE and self.status(unit_or_none) == IDLE:
                    self.start(unit_or_none)
                elif unit_or_none is not None and state == IDLE:
                    self.stop(unit_or_none)

    def start(self, unit: Unit, fault: str = "FailureOnStart") -> None:
        """Run a unit; a failure becomes its fault."""
        environment = self.environments[unit.deployed.environment]
        installed = self.installed(unit.deployed)
        if installed is None or not installed.is_resolved:
            self._fault(unit, "DependencyFailure", "what its deployment unit requires is not there")
            return
        self._fault(unit, *NO_FAULT)
        self._move(unit, STARTING)
        try:
            environment.start(unit.deployed.identifier, unit.facts)
            self._should_run |= {unit.key}
        except MechanismError as failure:
            self._fault(unit, fault, failure.reason)
        finally:
            self._move(unit, "")

    def stop(self, unit: Unit) -> None:
        """End a unit; a failure becomes its fault."""
        self._should_run -= {unit.key}
        environment = self.environments[unit.deployed.environment]
        if self._ask(unit) is None:
            self._fault(unit, *NO_FAULT)
            return
        self._move(unit, STOPPING)
        try:
            seconds = self._wanted.get(UnitSetting, unit.key).shutdown_delay
            environment.stop(unit.deployed.identifier, unit.facts, seconds)
            self._fault(unit, *NO_FAULT)
        except MechanismError as failure:
            self._fault(unit, "FailureOnStop", failure.reason)
        finally:
            self._move(unit, "")

    def pause(self, key: str) -> frozenset[str]:
        """Stop what runs of a deployment unit that is to be changed; the names of the units that did."""
        running = [unit for unit in self.units(key) if self._ask(unit)]
        for unit in running:
            self.stop(unit)
        return frozenset(unit.facts.name for unit in running)

    def resume(self, one: Deployed, names: frozenset[str], *, is_new: bool) -> None:
        """After a change: the units that ran run again; those of a new module that start by themselves as well."""
        installed = self.installed(one)
        for facts in installed.units if installed else ():
            unit = Unit(one, facts)
            if facts.name in names or (is_new and self.starts_by_itself(unit)):
                if self._ask(unit) is None:
                    self.start(unit, "FailureOnAutoStart" if is_new else "FailureOnStart")
                else:
                    self._should_run |= {unit.key}

    def try_out(self, one: Deployed, names: frozenset[str]) -> None:
        """Start the units of another version that ran before it came. ModuleError with the reason, and nothing of it
        runs, where the program of one ends at once; one that lacks what it requires, or has gone, is no reason.
        """
        self.resume(one, names, is_new=False)
        units = [unit for unit in self.units(one.key) if unit.facts.name in names]
        tried = [unit for unit in units if self._faults.get(unit.key, NO_FAULT)[0] != "DependencyFailure"]
        if any(unit.key not in self._faults for unit in tried):
            time.sleep(self._settled)
        self.forget()
        failed = [unit for unit in tried if self.running(unit) is None]
        if failed:
            for unit in failed:
                self._note_end(unit)
            self.pause(one.key)
            reasons = (f"{unit.facts.name}: {self.fault(unit)[1]}" for unit in failed)
            raise ModuleError(Cause.WRONG_STATE, "; ".join(reasons))

    def troubles(self, key: str) -> str:
        """Why units of a deployment unit do not run that were to; "" where there is none."""
        faults = [(unit.facts.name, *self.fault(unit)) for unit in self.units(key)]
        return "; ".join(f"{name} does not run: {text}" for name, code, text in faults if code != NO_FAULT[0])

    def _start_all(self, environment: str) -> None:
        """Units that start by themselves."""
        for unit in self.units() if self.is_enabled(environment) else ():
            if unit.deployed.environment == environment and self.starts_by_itself(unit) and self._ask(unit) is None:
                self.start(unit, "FailureOnAutoStart")

    def _lacks_what_it_requires(self, unit: Unit) -> bool:
        """Of one that is to run, and of which nothing worse is known."""
        asked = self._wanted.get(UnitSetting, unit.key).requested
        is_wanted = asked == ACTIVE or (not asked and self.starts_by_itself(unit))
        installed = self.installed(unit.deployed)
        return is_wanted and unit.key not in self._faults and installed is not None and not installed.is_resolved

    def _ask(self, unit: Unit) -> Running | None:
        return self.environments[unit.deployed.environment].running(unit.deployed.identifier, unit.facts)

    def _keep_started(self, unit: Unit, wanted: bool) -> None:
        environment = self.environments[unit.deployed.environment]
        _tried(lambda: environment.keep_started(unit.deployed.identifier, unit.facts, wanted), unit.key)
        environment.forget()

    def _note_end(self, unit: Unit) -> None:
        """Of one that ended by itself, with its last words: the next start of a unit of this name forgets them."""
        code, message = self.fault(unit)
        words = self.environments[unit.deployed.environment].last_words(unit.deployed.identifier, unit.facts)
        if unit.key not in self._faults and words:
            self._fault(unit, code, f"{message}: {words}")

    def _move(self, unit: Unit, state: str) -> None:
        self._moving = {key: one for key, one in {**self._moving, unit.key: state}.items() if one}
        self.forget()

    def _fault(self, unit: Unit, code: str, message: str) -> None:
        if code != "NoFault":
            log.warning("%s: %s: %s", unit.key, code, message)
        told = (code, message[:LONGEST_MESSAGE])
        self._faults = {key: one for key, one in {**self._faults, unit.key: told}.items() if one != NO_FAULT}


def to_json(deployed: Mapping[str, Deployed]) -> list[dict[str, Any]]:
    """The durable form."""
    return [{one.name: getattr(unit, one.name) for one in fields(unit)} for unit in deployed.values()]


def from_json(entry: Any) -> Deployed:
    """One of them. Raises TypeError or KeyError for what ``to_json`` cannot have written."""
    return Deployed(**{one.name: _text(entry[one.name]) for one in fields(Deployed)})


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is needed")
    return value


def _tried(act: Any, otherwise: str) -> None:
    try:
        act()
    except MechanismError as failure:
        log.warning("%s: %s", otherwise, failure.reason)


def updated(one: Deployed, installed: Installed, **values: str) -> Deployed:
    """The deployment unit with what its environment says of it now."""
    return replace(one, version=installed.version, description=installed.description, **values)
