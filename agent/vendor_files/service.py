"""The configuration as a file: made, looked at, and put in force as a whole; what cannot be is refused by parameter."""

import json
import logging
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from agent.model.configuration import BROKEN, Configuration, Difference, configured
from agent.model.data_model import Caller, DataModel
from agent.model.errors import InvalidArguments, InvalidValue, ModelError, Refusals
from agent.model.transaction import Transaction
from agent.vendor_files.document import Backup, NotUsable, read, written
from agent.vendor_files.sealing import CannotOpen, Seal, seal_named, seal_of_device, seal_of_passphrase
from agent.vendor_files.secret_places import SEALED, Fates, put_back, taken_out

log = logging.getLogger(__name__)

WAYS: Final = ("sealed", "omitted", "plain")
MACHINE_ONLY: Final[Mapping[str, Collection[str]]] = {"network": ("originals", "lost", "boot")}
"""What a backend remembers of this machine, and nobody has configured."""
NOT_CONFIGURED: Final = ("diagnostics", "modules")
"""Backends whose state is no configuration: a test, or a module, that was asked for is not asked for again."""
OWN: Final = "own"
UCI: Final = "uci"
"""The backend of OpenWrt's packages that no other one configures: they can have programs in them, and so whoever is
not the owner has to have had them from this device, or with its passphrase.
"""
MOST_TOLD: Final = 500
"""Differences in one answer."""
MOST_NAMED: Final = 5
LONGEST_NAME: Final = 64
"""Of what is not known, in one line."""

_SERVER: Final = "ManagementServer."
_URL: Final = f"{_SERVER}URL"


class BadFile(InvalidValue):
    """The file is damaged, or none of this agent's."""


class NotOpened(InvalidValue):
    """Secrets of the file are sealed by a key that this device does not have."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the service needs of the daemon. ``stay``: own values that belong to this device, not to its configuration.

    ``check`` raises ValueError for state of another form; ``backup`` is how secrets are dealt with, and the passphrase.
    """

    model: DataModel
    state_directory: Path
    is_secret: Callable[[str], bool]
    check: Callable[[Mapping[str, Any]], None]
    backup: Callable[[], tuple[str, str]]
    about: Callable[[], Mapping[str, Any]]
    stay: Collection[str]
    changed: Callable[[], None] = lambda: None
    """After what is configured has become another."""
    left_alone: Callable[[], Collection[str]] = tuple
    """Backends that the owner has not given to the agent: what a file says of them counts as little as it tells."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of a file, or would. ``status`` as of SetParameterValues; ``missing`` are places of secrets that nobody
    has given.
    """

    status: int
    differences: tuple[Difference, ...]
    about: Mapping[str, Any]
    fates: Fates
    packages: Sequence[str] = ()
    """Of OpenWrt's configuration, those that no parameter shows and that differ."""
    unknown: Sequence[str] = ()
    """Places of what this agent does not know; it is left out."""


class ConfigurationFile:
    """Called by the owner's thread only."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    # -- making -------------------------------------------------------------------------------------------------------

    def content(self, secrets: str = "") -> bytes:
        """The file as of now; ``secrets`` as [backup] says where it is ""."""
        return written(self.backup(secrets))

    def backup(self, secrets: str = "") -> Backup:
        """What the file says."""
        around = self._around
        way, passphrase = around.backup()
        way = secrets or way
        if way not in WAYS:
            raise InvalidArguments("", f"secrets are one of {', '.join(WAYS)}")
        seal = self._seal(passphrase) if way == "sealed" else None
        now = configured(around.model)
        kept = {name: self._kept(name, state) for name, state in now.backends.items() if name not in self._left_out()}
        uci = kept.pop(UCI, None)
        if way != "plain":
            kept = {name: taken_out(state, around.is_secret, seal, f"/{name}") for name, state in kept.items()}
        return Backup(
            replace(now, backends=kept), {**around.about()}, way, seal.name if seal else None, self._uci(uci, way, seal)
        )

    def _uci(self, packages: Any, way: str, seal: Seal | None) -> dict[str, Any]:
        if not packages:
            return {}
        if seal is not None:
            return {SEALED: seal.sealed(json.dumps(packages), f"/{UCI}")}
        return dict(packages if way == "plain" else taken_out(packages, self._around.is_secret, None, f"/{UCI}"))

    def _left_out(self) -> Collection[str]:
        return {*NOT_CONFIGURED, *self._around.left_alone()}

    def _kept(self, name: str, state: Any) -> Any:
        if name == OWN:
            return {value: entry for value, entry in state.items() if value not in self._around.stay}
        leave = MACHINE_ONLY.get(name, ())
        return {part: said for part, said in state.items() if part not in leave} if isinstance(state, dict) else state

    def _seal(self, passphrase: str) -> Seal:
        return seal_of_passphrase(passphrase) if passphrase else self._of_device()

    def _of_device(self) -> Seal:
        return seal_of_device(self._around.state_directory)

    # -- putting in force ---------------------------------------------------------------------------------------------

    def preview(self, content: bytes | Backup, caller: Caller, *, without_secrets: bool = False) -> Restored:
        """What would become of it; nothing is changed. Raises what ``restore`` raises."""
        return self._done(content, caller, without_secrets, Transaction.preview)

    def restore(
        self,
        content: bytes | Backup,
        caller: Caller,
        *,
        without_secrets: bool = False,
        author: Caller | None = None,
    ) -> Restored:
        """Put it in force as a whole. Raises BadFile, NotOpened, Refusals; nothing is changed then.

        ``without_secrets``: what has lost its secrets is set up without them. ``author``: who has asked for the change,
        where that is not the ``caller`` whom the file is trusted like.
        """
        restored = self._done(content, caller, without_secrets, lambda change: change.commit().status, author)
        if restored.differences or restored.packages:
            self._around.changed()
        return restored

    def _done(
        self,
        content: bytes | Backup,
        caller: Caller,
        without_secrets: bool,
        end: Callable[[Transaction], int],
        author: Caller | None = None,
    ) -> Restored:
        backup = content if isinstance(content, Backup) else checked(content)
        self._check_made_for(backup)
        configuration, fates = self._opened(backup, caller)
        if fates.missing and not without_secrets:
            raise Refusals(tuple(self._lost(place, backup) for place in fates.missing))
        now = configured(self._around.model).backends.get(UCI, {})
        packages = [name for name, said in configuration.backends.get(UCI, {}).items() if now.get(name) != said]
        with self._change(author or caller) as change:
            differences = change.bring_back(configuration, self._around.stay)
            own = backup.configuration.backends.get(OWN, {})
            unknown = [f"{OWN}/{name}" for name in sorted(own) if not self._around.model.own.knows(name)]
            return Restored(end(change), differences, backup.about, fates, packages, unknown)

    def _check_made_for(self, backup: Backup) -> None:
        here, there = self._around.about().get("system"), backup.about.get("system")
        if here != there:
            raise BadFile("", f"it was made on a system of the kind {str(there)[:40]!r}, and this one is {here!r}")

    def _opened(self, backup: Backup, caller: Caller) -> tuple[Configuration, Fates]:
        around, fates = self._around, Fates()
        seal: Seal | None = None
        try:
            if backup.sealed_by is not None:
                seal = seal_named(backup.sealed_by, around.backup()[1], self._of_device)
            present = dict(configured(around.model).backends)
            is_same = self._is_same_server(backup, present)
            if not is_same:
                present[OWN] = {name: one for name, one in present[OWN].items() if not name.startswith(_SERVER)}
            left_out = self._left_out()
            there = backup.configuration.backends
            said = {name: self._kept(name, one) for name, one in there.items() if name not in left_out}
            opened = {name: put_back(one, present.get(name), seal, fates, f"/{name}") for name, one in said.items()}
            if fates.unfit:
                reason = "it has a character that is not allowed in XML"
                raise Refusals(tuple(BadFile(_spoken(place), reason) for place in fates.unfit))
            if backup.uci:
                opened[UCI] = self._opened_uci(backup, caller, present.get(UCI), seal, fates)
            opened[OWN] = _own(opened.get(OWN, {}), is_same_server=is_same)
            own = {name: {**entry, "file": None} for name, entry in opened[OWN].items()}
            found = replace(backup.configuration, backends=opened)
            around.check(
                {"backends": {**opened, OWN: own}, "instances": found.instances, "attributes": found.attributes}
            )
        except BROKEN as broken:
            log.info("the configuration file cannot be used: %r", broken)
            raise BadFile("", "it has another form than this agent writes") from broken
        return found, fates

    def _opened_uci(
        self, backup: Backup, caller: Caller, present: Any, seal: Seal | None, fates: Fates
    ) -> dict[str, Any]:
        if backup.uci.keys() == {SEALED}:
            try:
                if seal is None:
                    raise CannotOpen
                return dict(json.loads(seal.opened(str(backup.uci[SEALED]), f"/{UCI}")))
            except CannotOpen:
                fates.missing.append("packages of UCI")
                return {}
        if caller is not Caller.LOCAL:
            log.warning("packages of UCI that stand in the file as they are come into force by its owner's hand only")
            return {}
        return dict(put_back(backup.uci, present, seal, fates, f"/{UCI}"))

    @staticmethod
    def _is_same_server(backup: Backup, present: Mapping[str, Any]) -> bool:
        """What another management server was given is none of this one's business."""
        there = backup.configuration.backends.get(OWN, {}).get(_URL, {}).get("value")
        return bool(there == present.get(OWN, {}).get(_URL, {}).get("value"))

    def _lost(self, place: str, backup: Backup) -> ModelError:
        if backup.sealed_by == self._of_device().name:
            return BadFile(_spoken(place), "its sealed secret is damaged")
        if backup.secrets == "sealed":
            whose = "another device" if (backup.sealed_by or {}).get("by") == "device" else "another passphrase"
            return NotOpened(_spoken(place), f"its secret is sealed by {whose}")
        return BadFile(_spoken(place), "its secret is not in the file")

    @contextmanager
    def _change(self, caller: Caller) -> Iterator[Transaction]:
        change = self._around.model.transaction(caller)
        try:
            yield change
        finally:
            change.abandon()


def checked(content: bytes) -> Backup:
    """What a file says; raises BadFile. In any thread: a large one takes some time."""
    try:
        return read(content)
    except NotUsable as wrong:
        raise BadFile("", str(wrong)) from wrong


def told(restored: Restored) -> dict[str, Any]:
    """For people and programs: no secret is in it."""
    differences = restored.differences
    return {
        "status": restored.status,
        "about": dict(restored.about),
        "changes": [_told(one) for one in differences[:MOST_TOLD]],
        "more_changes": max(0, len(differences) - MOST_TOLD),
        "packages": list(restored.packages),
        "unknown": [_spoken(place) for place in restored.unknown[:MOST_TOLD]],
        "secrets": {
            "opened": len(restored.fates.opened),
            "kept": len(restored.fates.kept),
            "missing": [_spoken(place) for place in restored.fates.missing],
        },
    }


def summed_up(refusal: ModelError, most: int = 3) -> str:
    """A refusal in one line: the first reasons, by parameter and each once, and how many more there are."""
    refusals: Sequence[ModelError] = refusal.refusals if isinstance(refusal, Refusals) else (refusal,)
    reasons = list(dict.fromkeys(map(_as_sentence, refusals)))
    more = f", and {len(reasons) - most} more" if len(reasons) > most else ""
    return "; ".join(reasons[:most]) + more


def left_out(unknown: Sequence[str]) -> str:
    """In one line, without what a terminal would obey."""
    names = ", ".join(f"{_spoken(place)[:LONGEST_NAME]!a}" for place in unknown[:MOST_NAMED])
    more = f", and {len(unknown) - MOST_NAMED} more" if len(unknown) > MOST_NAMED else ""
    return f"left out of the configuration file, as not known here: {names}{more}"


def _as_sentence(refusal: ModelError) -> str:
    """Without the colon behind which, where a parameter is a password, logs have a secret."""
    return f"{refusal.path} ({refusal.reason})" if refusal.path and refusal.reason else str(refusal)


def _told(one: Difference) -> dict[str, Any]:
    if not one.is_secret:
        return {"path": one.path, "before": one.before, "after": one.after}
    fate = "none" if one.after is None else "emptied" if one.after == "" else "new"
    return {"path": one.path, "before": None, "after": None, "secret": fate}


def _own(own: Any, *, is_same_server: bool) -> dict[str, Any]:
    """Without those whose secret was missing. Another server is not sent what the settings file has for the first."""
    found = {name: entry for name, entry in own.items() if not isinstance(entry, dict) or "value" in entry}
    if not is_same_server and _URL in found:
        found = {**{f"{_SERVER}{name}": {"value": ""} for name in ("Username", "Password")}, **found}
    return found


def _spoken(place: str) -> str:
    """A place in the file as people read it: "wifi AccessPoint +1 passphrase"."""
    return re.sub(r"[/ ]+", " ", place.replace("/records/", " ").removesuffix("/value"))
