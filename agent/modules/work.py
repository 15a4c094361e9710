"""Does one operation on modules, in their own thread: judges it, fetches the file, and lets the environment do it."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Final, Protocol
from urllib.parse import urlsplit, urlunsplit

from agent.modules.faults import CODES, of_transfer
from agent.modules.orders import INSTALL, UNINSTALL, UPDATE, Asked, Done, Result
from agent.modules.uuids import NOBODY, is_uuid, uuid_of
from agent.transfers.failures import TransferFailed
from backends.errors import MechanismError
from backends.modules.environment import Cause, Environment, ModuleError, Package
from backends.modules.inventory import Deployed, Modules, updated

log = logging.getLogger(__name__)

LONGEST_TEXT: Final = 200
MOST_DEPLOYED: Final = 128


class Fetch(Protocol):
    """How a file comes here. TransferFailed; what has come of it stays for another try."""

    def __call__(self, url: str, username: str, password: str, to: Path) -> None:
        """Have the whole file at ``to``."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What work is done with. ``directory`` is for files that are fetched; it survives boots."""

    modules: Modules
    fetch: Fetch
    directory: Path
    clock: Callable[[], float | None]
    """Unix time; None while it is not set."""


class Work:
    """One operation. Repeated after a crash, it finds what was done already, and goes on."""

    def __init__(self, tools: Tools, asked: Asked, name: str) -> None:
        """``name``: by which the file that it fetches is known, also to another try."""
        self._tools = tools
        self._modules = tools.modules
        self._asked = asked
        self._name = name

    def do(self) -> Done:
        """What it has come to; every failure is in it."""
        start = self._tools.clock()
        try:
            found = [*self._each(start)]
        finally:
            self._modules.changing = {}
        changed: dict[str, Deployed | None] = {}
        for one in found:
            changed.update(one.changed)
        return Done(tuple(result for one in found for result in one.results), changed)

    def running(self) -> tuple[str, ...]:
        """The EUIDs of what runs of the modules that it changes: a crash amid it leaves that stopped. Quick."""
        modules = self._modules
        try:
            concerned = [] if self._asked.kind == INSTALL else self._concerned()
        except ModuleError:
            return ()
        modules.forget()
        return tuple(unit.key for one in concerned for unit in modules.units(one.key) if modules.running(unit))

    def _each(self, start: float | None) -> Iterator[Done]:
        """For each deployment unit that is concerned."""
        asked = self._asked
        try:
            self._check()
            if asked.kind == INSTALL:
                yield self._guarded(None, start, self._install)
                return
            concerned = self._concerned()
        except ModuleError as failure:
            yield self._failed(None, failure, start)
            return
        act = self._update if asked.kind == UPDATE else self._uninstall
        for one in concerned:
            yield self._guarded(one, start, act)

    def _guarded(self, one: Deployed | None, start: float | None, act: Callable[..., Done]) -> Done:
        try:
            return act(one, start)
        except TransferFailed as failed:
            return self._failed(one, of_transfer(failed), start)
        except ModuleError as failure:
            return self._failed(one, failure, start)
        except MechanismError as failure:
            return self._failed(one, ModuleError(Cause.RESOURCES, failure.reason), start)

    def _check(self) -> None:
        """What is wrong with the operation itself."""
        asked = self._asked
        if asked.uuid and not is_uuid(asked.uuid):
            raise ModuleError(Cause.BAD_UUID, "it is not of the form 8-4-4-4-12 hexadecimal digits")
        if asked.kind == UNINSTALL and not asked.uuid:
            raise ModuleError(Cause.BAD_UUID, "there is none")
        if asked.environment is None:
            raise ModuleError(Cause.UNKNOWN_ENVIRONMENT, "ExecutionEnvRef names no row of ExecEnv")
        if asked.environment:
            self._usable(asked.environment)

    def _usable(self, name: str) -> Environment:
        environment = self._modules.environments.get(name)
        if environment is None:
            raise ModuleError(Cause.UNKNOWN_ENVIRONMENT, "it has gone")
        if not self._modules.is_enabled(name):
            raise ModuleError(Cause.DISABLED_ENVIRONMENT, f"it is disabled: {name}")
        if trouble := environment.trouble():
            raise ModuleError(Cause.WRONG_STATE, trouble)
        return environment

    def _concerned(self) -> list[Deployed]:
        """The deployment units that an Update or an Uninstall is about."""
        asked, every = self._asked, list(self._modules.deployed.values())
        if asked.uuid:
            found = [one for one in every if one.uuid == asked.uuid.lower()]
        elif asked.url:
            found = [one for one in every if one.url == asked.url]
        else:
            return every
        if asked.environment:
            found = [one for one in found if one.environment == asked.environment]
        if asked.version:
            found = [one for one in found if one.version == asked.version]
        elif asked.kind == UPDATE and len({one.version for one in found}) > 1:
            raise ModuleError(Cause.VERSION_MISSING, "several versions are installed: which one is it?")
        if not found:
            raise ModuleError(Cause.UNKNOWN_MODULE, "no deployment unit that is installed is this one")
        return found

    # -- install ------------------------------------------------------------------------------------------------------

    def _install(self, _one: None, start: float | None) -> Done:
        """A new module stays where a unit of it does not start: there is nothing to go back to. It is no fault, but
        its result says why, for the history; the ACS has it in the unit's ExecutionFaultCode.
        """
        asked, modules = self._asked, self._modules
        if not asked.url:
            raise ModuleError(Cause.ARGUMENTS, "a URL is needed")
        if asked.uuid:
            self._check_new(asked.uuid.lower(), asked.environment or "")
        file = self._fetched(asked.url)
        environment, package = self._inspected(file, asked.environment or "")
        identifier = asked.uuid.lower() or uuid_of(package.vendor, package.name)
        self._check_new(identifier, environment.name)
        if any(one.environment == environment.name and one.name == package.name for one in modules.deployed.values()):
            raise ModuleError(Cause.DUPLICATE, f"{package.name} is installed under another UUID")
        if len(modules.deployed) >= MOST_DEPLOYED:
            raise ModuleError(Cause.RESOURCES, f"{MOST_DEPLOYED} deployment units are the most")
        there = environment.installed().get(package.name)
        if there is None or there.version != package.version or there.is_broken:
            place = environment.install(package)
        else:
            place = there.identifier  # it was made before a crash, or was there before it was ours
        environment.forget()
        new = Deployed(
            identifier, environment.name, place, package.name, package.vendor, package.version, package.description,
            asked.url, self._time(),
        )  # fmt: skip
        modules.deployed = {**modules.deployed, new.key: new}
        modules.resume(new, frozenset(), is_new=True)
        result = replace(self._result(new, start, "Installed"), text=modules.troubles(new.key)[:LONGEST_TEXT])
        return Done((result,), {new.key: new})

    def _check_new(self, identifier: str, environment: str) -> None:
        for one in self._modules.deployed.values():
            if one.uuid == identifier and environment in ("", one.environment):
                raise ModuleError(Cause.DUPLICATE, f"{one.name} {one.version} has this UUID: update that")

    def _inspected(self, file: Path, environment: str) -> tuple[Environment, Package]:
        """The environment that the file is for, and what it says."""
        refusals: list[ModuleError] = []
        names = [environment] if environment else list(self._modules.environments)
        for name in names:
            try:
                found = self._usable(name)
                return found, self._read_by(found, file, self._asked.url)
            except ModuleError as refusal:
                refusals.append(refusal)
        if not refusals:
            raise ModuleError(Cause.UNKNOWN_ENVIRONMENT, "this device has none")
        if environment and refusals[0].cause is Cause.CORRUPTED and self._is_for_another(file, environment):
            raise ModuleError(Cause.MISMATCH, f"it is no package of {environment}")
        # What was refused for another reason than that it is of another kind is what people have to know.
        raise next((one for one in refusals if one.cause is not Cause.CORRUPTED), refusals[0])

    def _is_for_another(self, file: Path, environment: str) -> bool:
        for name, other in self._modules.environments.items():
            if name != environment:
                try:
                    other.inspect(file)
                except ModuleError as refusal:
                    if refusal.cause is Cause.CORRUPTED:
                        continue
                return True
        return False

    # -- update -------------------------------------------------------------------------------------------------------

    def _update(self, one: Deployed, start: float | None) -> Done:
        """The former version comes back where a unit ran, and the new version's program of it ends at once."""
        modules, url = self._modules, self._asked.url or one.url
        environment = self._usable(one.environment)
        self._check_whole(environment, one)
        if not url:
            raise ModuleError(Cause.ARGUMENTS, "no URL is known for it")
        file = self._fetched(url)
        package = self._read_by(environment, file, url)
        if package.name != one.name or package.vendor != one.vendor:
            found = f"{package.name} of {package.vendor}"
            raise ModuleError(Cause.MISMATCH, f"it is {found}, not {one.name} of {one.vendor}")
        if package.version == one.version:
            raise ModuleError(Cause.VERSION_EXISTS, f"{one.version} is installed already")
        if environment.is_older(package.version, one.version):
            raise ModuleError(Cause.DOWNGRADE, f"{package.version} is older than {one.version}")
        there = environment.installed().get(one.identifier)
        if there is None or there.version != package.version:
            with self._paused(one, "Updating") as running:
                environment.install(package, lambda: self._try_out(one, package, running))
                environment.forget()
        installed = environment.installed().get(one.identifier)
        if installed is None:
            raise ModuleError(Cause.WRONG_STATE, "it is not there after the update")
        new = updated(one, installed, url=url, updated=self._time())
        modules.deployed = {**modules.deployed, new.key: new}
        return Done((self._result(new, start, "Installed"),), {new.key: new})

    def _try_out(self, one: Deployed, package: Package, running: frozenset[str]) -> None:
        self._modules.environments[one.environment].forget()
        try:
            self._modules.try_out(one, running)
        except ModuleError as failed:
            text = f"{package.version} does not run, {one.version} is back: {failed.reason}"
            raise ModuleError(failed.cause, text) from failed

    # -- uninstall ----------------------------------------------------------------------------------------------------

    def _uninstall(self, one: Deployed, start: float | None) -> Done:
        environment = self._usable(one.environment)
        before = self._result(one, start, "Uninstalled")
        if one.identifier in environment.installed():
            with self._paused(one, "Uninstalling"):
                environment.uninstall(one.identifier)
                environment.forget()
        modules = self._modules
        modules.deployed = {key: other for key, other in modules.deployed.items() if key != one.key}
        modules.forget()
        return Done((replace(before, is_resolved=False, complete=self._tools.clock()),), {one.key: None})

    # -- shared -------------------------------------------------------------------------------------------------------

    def _check_whole(self, environment: Environment, one: Deployed) -> None:
        found = environment.installed().get(one.identifier)
        if found is None or found.is_broken:
            raise ModuleError(Cause.WRONG_STATE, f"{one.name} is not whole: uninstall it, and install it again")

    @contextmanager
    def _paused(self, one: Deployed, status: str) -> Iterator[frozenset[str]]:
        """Its units are stopped meanwhile; those that ran, which it gives, run again (TR-181, ExecutionUnit)."""
        modules = self._modules
        modules.changing = {**modules.changing, one.key: status}
        running = modules.pause(one.key)
        try:
            yield running
        finally:
            modules.environments[one.environment].forget()
            modules.changing = {key: status for key, status in modules.changing.items() if key != one.key}
            modules.resume(one, running, is_new=False)

    def _fetched(self, url: str) -> Path:
        """The file, which stays until all of the operation is known (see ``swept``)."""
        file = self._place(url)
        if not file.is_file():
            self._tools.fetch(url, self._asked.username, self._asked.password, file)
        return file

    def _read_by(self, environment: Environment, file: Path, url: str) -> Package:
        """What it says, once its signature has come too. Where that has not, this is the reason to tell."""
        missing = self._fetch_signature(environment, url)
        try:
            return environment.inspect(file)
        except ModuleError as refusal:
            if missing is None or refusal.cause is not Cause.NOT_GENUINE:
                raise
            name = f"{PurePosixPath(urlsplit(url).path).name}.sig"
            text = f"its signature could not be fetched: {missing.reason}; put {name} beside it on the server"
            raise ModuleError(missing.cause, text) from refusal

    def _fetch_signature(self, environment: Environment, url: str) -> ModuleError | None:
        """Beside a package whose environment has no signatures in it; why it could not be."""
        beside = self._place(url).with_name(f"{self._place(url).name}.sig")
        if environment.is_signed_inside or beside.is_file():
            return None
        parts = urlsplit(url)
        try:
            where = urlunsplit(parts._replace(path=f"{parts.path}.sig"))
            self._tools.fetch(where, self._asked.username, self._asked.password, beside)
        except TransferFailed as failed:
            log.info("no signature beside the package: %s", failed.text)
            return of_transfer(failed)
        return None

    def _place(self, url: str) -> Path:
        return self._tools.directory / f"{self._name}{sha256(url.encode()).hexdigest()[:16]}"

    def _time(self) -> str:
        now = self._tools.clock()
        return "" if now is None else datetime.fromtimestamp(int(now), UTC).isoformat()

    def _result(self, one: Deployed, start: float | None, state: str) -> Result:
        installed = self._modules.installed(one)
        return Result(
            kind=self._asked.kind,
            uuid=one.uuid,
            name=one.name,
            version=one.version,
            state=state,
            is_resolved=installed is not None and installed.is_resolved,
            reference=one.key,
            units=tuple(unit.key for unit in self._modules.units(one.key)),
            start=start,
            complete=self._tools.clock(),
        )

    def _failed(self, one: Deployed | None, failure: ModuleError, start: float | None) -> Done:
        code = CODES[failure.cause]
        if one is None:
            known = self._asked.uuid.lower() if is_uuid(self._asked.uuid) else NOBODY
            result = Result(self._asked.kind, known, self._asked.version, start=start, complete=self._tools.clock())
        else:
            result = self._result(one, start, "Installed")  # it is as it was
        return Done((replace(result, code=code, text=failure.reason[:LONGEST_TEXT]),))


def swept(directory: Path, kept: Iterable[str]) -> None:
    """Remove what was fetched for operations that are over."""
    wanted = tuple(kept)
    for file in directory.iterdir() if directory.is_dir() else ():
        if not file.name.startswith(wanted):
            with suppress(OSError):
                file.unlink()
