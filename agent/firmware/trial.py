"""The trial of an image as a table: what was saved last and what is seen now say what to do. Pure; time comes in.

Each stage is saved before what it names is begun: a start after any kill finds out by what runs where the machine is.

    VALIDATING -> INSTALLING -> INSTALLED -> STARTING -> TRYING -> (confirmed) OVER
         |            |            |           |           | the deadline
         +-> OVER     +-> OVER     +-----------+-> OVER    +-> RETURNING -> OVER
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

MOST_BOOTS: Final = 3
"""Boots in which an image may try for its deadline: one that makes the machine restart is left for the former."""
MOST_RESTARTS: Final = 3
"""How often a restart is asked for that does not come."""
FAILED: Final = 9010
LONGEST_TEXT: Final = 256
INTERRUPTED: Final = "the installation was interrupted"
OUT_OF_WINDOW: Final = 9020
LATE: Final = "the window was over before the machine restarted"
DOWNLOAD, VALIDATION, INSTALLATION, ACTIVATION = (
    "DownloadFailed", "ValidationFailed", "InstallationFailed", "ActivationFailed"
)  # fmt: skip
"""TR-181, FirmwareImage.{i}.Status: at what an image failed."""


class Stage(StrEnum):
    """What was begun last."""

    VALIDATING = "validating"
    INSTALLING = "installing"
    INSTALLED = "installed"
    STARTING = "starting"
    TRYING = "trying"
    RETURNING = "returning"
    OVER = "over"


class Step(StrEnum):
    """What is to be done."""

    NOTHING = "nothing"
    RESTART = "restart"
    CONFIRM = "confirm"
    GO_BACK = "go back"


@dataclass(frozen=True, slots=True)
class Trial:
    """One image from its installation to the verdict. ``installed`` is the installer's word for where it is.

    ``since`` is the monotonic second at which it came up in this boot. ``code``, ``text`` and ``failure`` (a Status)
    are the verdict: 0 is success. ``transfer`` is the number of the transfer that brought it, ``digest`` the SHA-256 of
    the image alone where a manifest told it, ``replaced`` the version of what ran before, ``package`` as in Verified.
    ``before`` is the last one that was written, while nothing of this one has been.
    """

    stage: Stage
    transfer: str = ""
    version: str = ""
    name: str = ""
    digest: str = ""
    replaced: str = ""
    installed: str = ""
    has_former: bool = False
    boots: int = 0
    restarts: int = 0
    since: float = 0.0
    code: int = 0
    text: str = ""
    failure: str = ""
    package: str = ""
    before: "Trial | None" = None

    @property
    def written(self) -> "Trial | None":
        """The last image that was written, or was begun to be."""
        is_untouched = self.stage is Stage.VALIDATING or self.failure in (DOWNLOAD, VALIDATION)
        return self.before if is_untouched else self

    @property
    def spare(self) -> tuple[str, str] | None:
        """Of a written one: name and version of what can be started where the next one is written; None: nothing."""
        if self.stage in (Stage.INSTALLED, Stage.STARTING):
            return self.name, self.version
        is_former = self.has_former and not self.code and self.stage is not Stage.INSTALLING
        return ("", self.replaced) if is_former else None

    @property
    def awaits_restart(self) -> bool:
        """Whether the machine is to restart for it."""
        return self.stage in (Stage.INSTALLED, Stage.STARTING, Stage.RETURNING)

    @property
    def is_over(self) -> bool:
        """Whether there is a verdict."""
        return self.stage is Stage.OVER

    def over(self, code: int, text: str, failure: str = ACTIVATION) -> "Trial":
        """With its verdict."""
        return replace(self, stage=Stage.OVER, code=code, text=text[:LONGEST_TEXT], failure=failure if code else "")


def begun(
    transfer: str, version: str, name: str, digest: str = "", replaced: str = "", before: Trial | None = None
) -> Trial:
    """The image is whole, and who made it is known."""
    return Trial(Stage.VALIDATING, transfer, version, name, digest, replaced, before=before)


def writing(trial: Trial) -> Trial:
    """The image is being written."""
    return replace(trial, stage=Stage.INSTALLING, before=None)


def refused(transfer: str, code: int, text: str, failure: str = VALIDATION, before: Trial | None = None) -> Trial:
    """The image is none for this machine, or did not arrive at all."""
    return Trial(Stage.OVER, transfer, before=before).over(code, text, failure)


def installed(trial: Trial, where: str, *, has_former: bool) -> Trial:
    """It is written."""
    return replace(trial, stage=Stage.INSTALLED, installed=where, has_former=has_former)


def restarting(trial: Trial) -> Trial:
    """The machine is about to restart. Said before it does."""
    if trial.stage in (Stage.INSTALLED, Stage.STARTING):
        return replace(trial, stage=Stage.STARTING, restarts=trial.restarts + 1)
    if trial.stage is Stage.RETURNING:
        return replace(trial, restarts=trial.restarts + 1)
    return trial


def started(trial: Trial, *, is_running: bool, is_boot: bool, now: float) -> tuple[Trial, Step]:
    """The agent has started. ``is_running``: what was installed runs; ``is_boot``: the machine has started as well."""
    match trial.stage, is_running, is_boot:
        case Stage.OVER, _, _:
            return trial, Step.NOTHING
        case Stage.VALIDATING, _, _:
            return trial.over(FAILED, INTERRUPTED, VALIDATION), Step.NOTHING
        case Stage.INSTALLING, False, _:
            return trial.over(FAILED, INTERRUPTED, INSTALLATION), Step.NOTHING
        case Stage.INSTALLED | Stage.STARTING, False, False:
            return _restart(trial)
        case Stage.INSTALLED | Stage.STARTING, False, True:
            return trial.over(FAILED, "the machine came up with the former image"), Step.NOTHING
        case Stage.INSTALLING | Stage.INSTALLED | Stage.STARTING, True, _:
            return replace(trial, stage=Stage.TRYING, boots=1, restarts=0, since=now), Step.NOTHING
        case Stage.TRYING, True, False:
            return trial, Step.NOTHING
        case Stage.TRYING, True, True if trial.boots >= MOST_BOOTS and trial.has_former:
            return _return(trial, f"the machine started {MOST_BOOTS + 1} times without a session with the ACS")
        case Stage.TRYING, True, True:
            return replace(trial, boots=trial.boots + 1, since=now), Step.NOTHING
        case Stage.TRYING, False, _:
            return trial.over(FAILED, "the machine fell back to the former image"), Step.NOTHING
        case Stage.RETURNING, True, _:
            return trial, Step.GO_BACK
        case _:  # Stage.RETURNING, False, _
            return trial.over(FAILED, f"{trial.text}; the former image is back"), Step.NOTHING


def session_finished(trial: Trial) -> Step:
    """A session with the ACS came to its end: that is what an image has to do."""
    return Step.CONFIRM if trial.stage is Stage.TRYING else Step.NOTHING


def confirmed(trial: Trial) -> Trial:
    """What runs was made the one that is started from now on."""
    return trial.over(0, "")


def deadline(trial: Trial, within: float) -> float | None:
    """When the former image comes back; None: it does not."""
    return trial.since + within if trial.stage is Stage.TRYING and trial.has_former else None


def time_passed(trial: Trial, within: float, now: float) -> tuple[Trial, Step]:
    """Nothing else happened."""
    due = deadline(trial, within)
    if due is None or now < due:
        return trial, Step.NOTHING
    return _return(trial, f"no session with the ACS came to its end within {within:.0f} s")


def cannot_return(trial: Trial, why: str) -> Trial:
    """There is no way back after all: what runs has to go on."""
    return replace(trial, stage=Stage.TRYING, has_former=False, text=f"{trial.text}; {why}"[:LONGEST_TEXT])


def dump(trial: Trial | None) -> Any:
    """As JSON."""
    if trial is None:
        return None
    plain = {name: getattr(trial, name) for name in Trial.__slots__}
    return plain | {"stage": trial.stage.value, "before": dump(trial.before)}


def load(document: Any) -> Trial | None:
    """What ``dump`` wrote. ValueError, TypeError or KeyError for what it cannot have written."""
    if document is None:
        return None
    document = {"package": "", "before": None, **document}  # they came later than the rest
    made = {"stage": Stage(document["stage"]), "before": load(document["before"])}
    sample = Trial(Stage.OVER)
    for name in Trial.__slots__:
        kind = float if name == "since" else type(getattr(sample, name))
        value = document[name]
        if name not in made and not (type(value) is kind or (kind is float and type(value) is int)):
            raise ValueError(f"{name} is of another type")
    return Trial(**{name: document[name] for name in Trial.__slots__} | made)


def _return(trial: Trial, why: str) -> tuple[Trial, Step]:
    return replace(trial, stage=Stage.RETURNING, restarts=0, text=why), Step.GO_BACK


def _restart(trial: Trial) -> tuple[Trial, Step]:
    if trial.restarts >= MOST_RESTARTS:
        return trial.over(FAILED, "the machine does not restart"), Step.NOTHING
    return trial, Step.RESTART
