"""A preset's first values and notifications: made in one transaction, once, and again when the firmware's differ."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

from agent.discovery.preset import Preset, named_rows
from agent.model.data_model import Caller, DataModel
from agent.model.errors import ModelError, Refusals, UnknownPath
from agent.model.own_values import OwnValues
from agent.model.transaction import Transaction

log = logging.getLogger(__name__)

APPLIED: Final = "Preset.Applied"
"""What was made of presets: digests by path of "values" and "attributes", and "kept": what somebody has set since."""
OWN_VALUES: Final[dict[str, Any]] = {APPLIED: {}}
_ATTRIBUTES: Final = "attributes of "
_EVERYTHING: Final = "everything"


class Outcome(NamedTuple):
    """What became of a preset at this start: edits made, those left to whoever has set them, and every refusal."""

    made: Sequence[str] = ()
    kept: Sequence[str] = ()
    refused: Sequence[str] = ()


class InitialValues:
    """Applies one preset to the model; what it has made is part of the same change, and goes with a factory reset."""

    def __init__(self, model: DataModel, own: OwnValues, preset: Preset) -> None:
        self._model = model
        self._own = own
        self._preset = preset
        self.outcome = Outcome()

    def apply(self) -> Outcome:
        """Make what is new in the preset and nobody else has set; all of it or, where one part is refused, nothing.

        What was refused is tried again by the next start.
        """
        before = self._applied()
        wanted = dict(_edits(self._preset))
        kept = [edit for edit in wanted if edit in before["kept"]]
        made = [edit for edit in wanted if edit not in kept and before["made"].get(edit) != _digest(wanted[edit])]
        self.outcome = Outcome(kept=kept)
        if not made:
            return self.outcome
        try:
            self._make({edit: wanted[edit] for edit in made}, {edit: _digest(wanted[edit]) for edit in wanted}, kept)
        except ModelError as refusal:
            refusals = refusal.refusals if isinstance(refusal, Refusals) else (refusal,)
            self.outcome = Outcome(kept=kept, refused=[str(one) for one in refusals])
            for one in self.outcome.refused:
                log.error("the preset %s: %s", self._preset.file, one)
            log.error("the preset %s: none of its values is made; the agent goes on without them", self._preset.file)
        else:
            self.outcome = Outcome(made, kept)
            log.info("the preset %s: %d values and notifications are made", self._preset.file, len(made))
        return self.outcome

    def _make(self, wanted: Mapping[str, str | int], digests: Mapping[str, str], kept: Sequence[str]) -> None:
        change = self._model.transaction(Caller.PRESET, {"source": "preset", "told_by": self._preset.file})
        try:
            for edit, value in wanted.items():
                path = edit.removeprefix(_ATTRIBUTES)
                if isinstance(value, int):
                    change.set_attributes(path, value, None)
                else:
                    self._add_rows_above(change, path)
                    change.set(path, value)
            change.set_own(APPLIED, {"made": {**digests}, "kept": list(kept)})
            change.commit()
        finally:
            change.abandon()

    def _add_rows_above(self, change: Transaction, path: str) -> None:
        """A row that is named by an alias and is not there is added: "Device.X.[alias].Y"."""
        for row in named_rows(path):
            try:
                self._model.names(row, True, Caller.PRESET)
            except UnknownPath:
                change.add(row)

    def changed(self, caller: str, done: Sequence[str]) -> None:
        """Somebody has changed the model: what they set, or deleted, is theirs from now on, whatever presets say."""
        if caller == Caller.PRESET.value:
            return
        applied = self._applied()
        mine = [edit for edit, _ in _edits(self._preset) if edit not in applied["kept"]]
        theirs = [edit for edit in mine if self._is_touched(edit, done, was_made=edit in applied["made"])]
        if not theirs:
            return
        self._own.begin()
        self._own.stage(APPLIED, {**applied, "kept": [*applied["kept"], *theirs]}, {"source": "preset"})
        self._own.commit()
        try:
            self._model.save()
        except OSError as failure:
            log.debug("whose values are no longer the preset's could not be saved: %s", failure)

    def _is_touched(self, edit: str, done: Sequence[str], was_made: bool) -> bool:
        path = edit.removeprefix(_ATTRIBUTES)
        if "[" in path:
            found = next(iter(self._model.peek([path])), "")
            if not found:
                return was_made  # its row is gone
            depth = len(path.removesuffix(".").split("."))
            path = ".".join(found.split(".")[:depth]) + "." * path.endswith(".")
        return any(_concerns(one, path, is_attribute=edit.startswith(_ATTRIBUTES)) for one in done)

    def _applied(self) -> dict[str, Any]:
        stored = self._own.get(APPLIED)
        made, kept = stored.get("made"), stored.get("kept")
        return {
            "made": made if isinstance(made, dict) else {},
            "kept": kept if isinstance(kept, list) else [],
        }


def _edits(preset: Preset) -> Iterator[tuple[str, str | int]]:
    """By what the model calls each edit of a preset, without "set": its value or notification level."""
    yield from preset.values.items()
    for path, level in preset.attributes.items():
        yield f"{_ATTRIBUTES}{path}", level


def _digest(value: str | int) -> str:
    """Of a value that may be secret, and short: it is kept where only the agent's user reads."""
    return sha256(f"{type(value).__name__} {value}".encode()).hexdigest()[:16]


def _concerns(done: str, path: str, is_attribute: bool) -> bool:
    """Whether one of the model's edits ("set P", "delete P.", "attributes of P") is about a path."""
    verb, _, target = done.partition(" ")
    if verb == "delete":
        return path.startswith(target)
    if verb == "set":
        return not is_attribute and target == path
    if not is_attribute or not done.startswith(_ATTRIBUTES):
        return False
    changed = done.removeprefix(_ATTRIBUTES).partition(" (")[0]
    is_below = changed.endswith(".") and path.startswith(changed)
    return changed in (_EVERYTHING, path) or is_below or (path.endswith(".") and changed.startswith(path))
