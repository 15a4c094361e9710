"""Firmware images from download to verdict: verified, installed, started on trial, confirmed or taken back."""

import logging
import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from agent.firmware import trial as trials
from agent.firmware.trial import Stage, Step, Trial
from agent.firmware.verification import Device, Verification, Verified
from agent.transfers.failures import Cause, TransferFailed
from agent.transfers.file_types import Outcome, Taken
from agent.transfers.orders import FileOrder, Received
from backends.errors import MechanismError
from backends.firmware import Told
from backends.firmware_manifest import file_digest
from backends.installers.installer import Installer

log = logging.getLogger(__name__)

DOCUMENT: Final = "firmware"
AWAITS: Final = "firmware"
FAULT: Final = "firmware"
"""The kind of event in the device's history."""
SPARE_ROOM: Final = 1 << 20
OTHERWISE: Final = 300.0
"""Seconds after which a restart that has not come is begun here."""
SETTLING: Final = 5.0

Answer = TypeVar("Answer")


class Store(Protocol):
    """Where the document is kept; ``write`` raises OSError."""

    def read(self, name: str) -> Any:
        """The document, None where there is none."""

    def write(self, name: str, document: Any) -> None:
        """Replace it."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the daemon lends. ``ask`` does something in the owner's thread for a worker and waits for it.

    ``restart`` begins a restart of the machine when no session runs, and answers whether it did; ``reboot`` is the
    system's own, ``stay`` has it be one into the image that runs. ``within`` is [firmware] confirm_within. ``note`` is
    for the history of the device. ``has_windows``: the transfer of that number has some to restart in.
    """

    ask: Callable[[Callable[[], Any]], Any]
    restart: Callable[[], bool]
    reboot: Callable[[], None]
    within: Callable[[], float]
    now: Callable[[], float]
    boards: Callable[[], Collection[str]]
    version: Callable[[], str]
    directory: Path
    note: Callable[..., object] = lambda *_told, **_fields: None
    is_downloading: Callable[[], bool] = lambda: False
    stay: Callable[[], None] = lambda: None
    has_windows: Callable[[str], bool] = lambda _number: False


class Upgrade:
    """The destination of "1 Firmware Upgrade Image", and a chore. Its state belongs to the owner's thread.

    ``room`` and ``take`` are called in the transfers' thread, and ask the owner for what they save.
    """

    def __init__(self, installer: Installer, verification: Verification, store: Store, around: Surroundings) -> None:
        self.installer = installer
        self._verification = verification
        self._store = store
        self._around = around
        self._trial: Trial | None = None
        self._minimum = {"": ""}
        self._restart_at: float | None = None
        self.phase = ""
        """What is done with an image just now, as FirmwareImage.{i}.Status has it; "" nothing."""
        self._read()

    # -- the owner's thread -----------------------------------------------------------------------------------------

    @property
    def trial(self) -> Trial | None:
        """The last image that came, and what became of it."""
        return self._trial

    def begin(self, *, is_boot: bool) -> None:
        """At a start of the agent, which the machine's may have been: find out where the trial is."""
        trial = self._trial
        if trial is None or trial.is_over:
            return
        now = self._around.now()
        following, step = trials.started(trial, is_running=self._is_running(trial), is_boot=is_boot, now=now)
        self._become(following)
        self._do(step)

    @property
    def has_changed(self) -> bool:
        """Before ``begin``, where the machine has started: whether that was with another image."""
        trial = self._trial
        return trial is not None and trial.awaits_restart and self._is_running(trial) != bool(self.returns_because)

    def _is_running(self, trial: Trial) -> bool:
        try:
            return bool(trial.installed) and self.installer.is_running(trial.installed)
        except MechanismError as silent:
            log.error("which image runs cannot be told, it is on trial all the same: %s", silent.reason)
            return trial.stage is not Stage.INSTALLING

    def session_finished(self) -> None:
        """A session with the ACS came to its end."""
        if self._trial is not None and trials.session_finished(self._trial) is Step.CONFIRM:
            self._do(Step.CONFIRM)

    def restart(self) -> None:
        """Restart the machine, with what waits to be started where something does. MechanismError."""
        trial = self._trial
        if trial is None or not trial.awaits_restart:
            if boot := getattr(self.installer, "boot", None):  # the laboratory's, which is its own bootloader
                boot()
            self._around.reboot()
            return
        self._become(trials.restarting(trial))
        self._restart_at = self._around.now() + OTHERWISE
        try:
            self.installer.start(self._around.reboot)
        except MechanismError as refused:
            if trial.stage is not Stage.RETURNING:
                self._become(trial.over(trials.FAILED, f"the image could not be started: {refused.reason}"))
            raise

    @property
    def is_restarting(self) -> bool:
        """Whether the restart that is to come is for an image."""
        return self._trial is not None and self._trial.awaits_restart

    @property
    def returns_because(self) -> str:
        """Why the former image comes back with it; "" where it does not."""
        trial = self._trial
        return trial.text if trial and trial.stage is Stage.RETURNING else ""

    def outcome(self, order: FileOrder) -> Outcome | None:
        """What became of the image of a transfer; None while it is on trial (``FileTypes.register_awaited``)."""
        trial = self._trial
        if trial is None or trial.transfer != order.id:
            return Outcome(trials.FAILED, "what became of the image is not known")
        return Outcome(trial.code, trial.text) if trial.is_over else None

    def transfer_ended(self, number: str, code: int, text: str) -> None:
        """A transfer of an image has come to its end without one that could be installed, or was given up."""
        trial = self._trial
        if not code or (trial is not None and trial.transfer == number and trial.is_over):
            return
        if trial is None or trial.is_over:
            self._become(trials.refused(number, code, text, trials.DOWNLOAD, self._written))
        elif trial.transfer == number and trial.stage in (Stage.INSTALLED, Stage.STARTING):
            self._give_up(trial, code, text)

    def take_back(self, number: str) -> Taken | None:
        """The window of its transfer is over: no later restart is to start the image, which is installed anew in the
        next one. What runs already, or has failed, is Taken.
        """
        trial = self._trial
        if trial is None or trial.transfer != number:
            return None
        if trial.stage in (Stage.INSTALLED, Stage.STARTING):
            self._give_up(trial, trials.OUT_OF_WINDOW, trials.LATE)
        elif not _is_to_begin_anew(trial):
            return Taken(False, AWAITS)
        elif trial.failure == trials.INSTALLATION:  # interrupted, perhaps when all of it was written
            self._stay()
        return None

    def _give_up(self, trial: Trial, code: int, text: str) -> None:
        self._stay()
        self._become(trial.over(code, text))

    def _stay(self) -> None:
        try:
            self._around.stay()
        except MechanismError as refused:
            log.error("an image that was given up may be started with the next restart: %s", refused.reason)

    def told(self) -> Told:
        """What FirmwareImage tells of the image that was replaced, or is to be."""
        trial = self._trial
        written = self._written
        if written and written.spare:
            return Told("Available", *written.spare)
        is_lost = written is not None
        if self.phase or self._around.is_downloading():
            return Told(self.phase or "Downloading", is_lost=is_lost)
        if trial is None or not trial.failure:
            return Told(is_lost=is_lost)
        log_of_it = trial.text if trial.failure == trials.ACTIVATION else ""
        return Told(trial.failure, trial.name, trial.version, log_of_it, is_lost)

    def due(self, _now: float) -> float | None:
        """When a restart or the deadline is to be seen to (Chore)."""
        if self._trial is None or self._trial.is_over:
            return None
        if self._trial.awaits_restart:
            return self._restart_at
        return trials.deadline(self._trial, self._around.within())

    def act(self, now: float) -> frozenset[str]:
        """See to it (Chore)."""
        trial = self._trial
        if trial is None:
            return frozenset()
        if trial.awaits_restart:
            if self._restart_at is not None and now >= self._restart_at:
                is_waiting = trial.stage is not Stage.RETURNING and self._around.has_windows(trial.transfer)
                self._restart_at = now + (OTHERWISE if is_waiting or self._around.restart() else SETTLING)
            return frozenset()
        following, step = trials.time_passed(trial, self._around.within(), now)
        self._become(following)
        self._do(step)
        return frozenset({FAULT})

    def _do(self, step: Step) -> None:
        trial = self._trial
        if trial is None:
            return
        match step:
            case Step.RESTART:
                self._restart_at = self._around.now() + OTHERWISE
            case Step.CONFIRM:
                self._confirm(trial)
            case Step.GO_BACK:
                self._go_back(trial)
            case Step.NOTHING:
                pass

    def _confirm(self, trial: Trial) -> None:
        try:
            self.installer.confirm()
        except MechanismError as refused:
            log.error("the image could not be confirmed, it is tried again after the next session: %s", refused.reason)
            return
        if trial.version:
            self._minimum[trial.package] = trial.version
        self._become(trials.confirmed(trial))

    def _go_back(self, trial: Trial) -> None:
        try:
            if trial.restarts >= trials.MOST_RESTARTS:
                raise MechanismError("the machine does not start the former image")
            self.installer.go_back()
        except MechanismError as refused:
            log.error("the former image cannot come back: %s", refused.reason)
            self._become(trials.cannot_return(trial, refused.reason))
            return
        self._restart_at = self._around.now()

    @property
    def _written(self) -> Trial | None:
        return self._trial and self._trial.written

    def _become(self, trial: Trial) -> None:
        """Saved before anything follows from it; where that cannot be, it follows all the same, and is logged."""
        if trial == self._trial:
            return
        before, self._trial = self._trial, trial
        try:
            self._save()
        except OSError as failure:
            log.error("the trial of the image could not be saved: %s", failure)
        self._tell(trial, before)

    def _tell(self, trial: Trial, before: Trial | None) -> None:
        is_known = before is not None and (before.transfer, before.stage) == (trial.transfer, trial.stage)
        if is_known or trial.stage is Stage.VALIDATING:
            return
        what = f"firmware {trial.version}".strip()
        text = f"{what}: {trial.text or ('confirmed' if trial.is_over else trial.stage.value)}"
        self._around.note(FAULT, trial.version, text, stage=trial.stage.value, code=trial.code)

    def _save(self) -> None:
        packages = {**self._minimum}
        said = {"version": 1, "trial": trials.dump(self._trial), "minimum": packages.pop(""), "packages": packages}
        self._store.write(DOCUMENT, said)

    def _read(self) -> None:
        document = self._store.read(DOCUMENT)
        if not isinstance(document, dict):
            return
        try:
            self._minimum = {**document.get("packages", {}), "": str(document.get("minimum", ""))}
            self._trial = trials.load(document.get("trial"))
        except (ValueError, TypeError, KeyError) as broken:
            log.error("what was saved of the trial of an image cannot be used: %s", broken)

    # -- the transfers' thread --------------------------------------------------------------------------------------

    def room(self, size: int) -> Path:
        """Where the image is to lie; TransferFailed where it has no room, or where another image is on trial."""
        trial = self._ask(lambda: self._trial)
        if trial is not None and trial.stage in (Stage.TRYING, Stage.RETURNING):
            raise TransferFailed(Cause.NOT_READY, "another image has not yet proved itself")
        place = self.installer.room() or self._around.directory
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = os.statvfs(place)
        except OSError as error:
            raise TransferFailed(Cause.INTERNAL, f"no place for the image: {error.strerror}") from error
        free = found.f_bavail * found.f_frsize
        if (wanted := size + SPARE_ROOM) > free:
            raise TransferFailed(Cause.NO_ROOM, f"the image needs {wanted} bytes, {free} are free")
        return place

    def take(self, received: Received, order: FileOrder) -> Taken:
        """Verify and install; the machine has to restart then. What was interrupted goes on where it can."""
        trial = self._ask(lambda: self._trial)
        if trial is not None and trial.transfer == order.id and not _is_to_begin_anew(trial):
            return Taken(trial.awaits_restart, AWAITS)
        try:
            return self._install(received.path, order, _known(trial, received.path, order))
        except TransferFailed as refused:
            code, text = refused.code, refused.text
            self._ask(lambda: self._become(trials.refused(order.id, code, text, before=self._written)))
            raise
        finally:
            self._phase("")

    def _install(self, image: Path, order: FileOrder, known: Verified | None) -> Taken:
        self._phase("Validating")
        device = self._ask(lambda: Device(self._around.boards(), self._around.version(), {**self._minimum}))
        found = known or self._verification.verify(image, device)
        written = self._ask(lambda: self._written)
        begun = trials.begun(order.id, found.version, found.name, found.digest, device.version, written)
        self._ask(lambda: self._keep(begun))  # before its manifest is cut off
        found = self._verification.test(image, found, device)
        begun = replace(trials.writing(begun), version=found.version, name=found.name, package=found.package)
        try:
            begun = replace(begun, installed=self.installer.intended(image))
            self._ask(lambda: self._keep(begun))
            where = self.installer.install(image)
            if label := getattr(self.installer, "label", None):  # the laboratory's, which runs no image
                label(where, begun.name, begun.version)
        except MechanismError as refused:
            text = f"the image could not be installed: {refused.reason}"
            failed = begun.over(trials.FAILED, text, trials.INSTALLATION)
            self._ask(lambda: self._become(failed))
            return Taken(False, AWAITS)
        done = trials.installed(begun, where, has_former=self.installer.keeps_former)
        self._ask(lambda: self._keep(done))
        return Taken(True, AWAITS)

    def _keep(self, trial: Trial) -> None:
        """Like ``_become``, of what must not go on unsaved. TransferFailed."""
        before, self._trial = self._trial, trial
        try:
            self._save()
        except OSError as failure:
            self._trial = before
            raise TransferFailed(Cause.INTERNAL, f"nothing can be saved: {failure.strerror}") from failure
        self._restart_at = self._around.now() + OTHERWISE  # whoever took it asks for a restart sooner
        self._tell(trial, before)

    def _phase(self, name: str) -> None:
        self.phase = name  # one reference: it is read by the owner at any time

    def _ask(self, work: Callable[[], Answer]) -> Answer:
        answer: Answer = self._around.ask(work)
        return answer


def _is_to_begin_anew(trial: Trial) -> bool:
    return trial.stage in (Stage.VALIDATING, Stage.INSTALLING) or (
        trial.is_over and trial.text in (trials.INTERRUPTED, trials.LATE)
    )


def _known(trial: Trial | None, image: Path, order: FileOrder) -> Verified | None:
    """An image that was verified before a crash, if it is still that image and nothing stands behind it any more."""
    if trial is None or trial.transfer != order.id or not trial.digest or file_digest(image) != trial.digest:
        return None
    return Verified(trial.version, trial.name, trial.digest)
