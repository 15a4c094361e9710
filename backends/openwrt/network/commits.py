"""A telling committed to /etc/config/network, from what it says then; and taken back.

The same promises as of backends.openwrt.configured.
"""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass

from backends.errors import MechanismError
from backends.network.errors import Conflict, HandMade
from backends.network.plan import Attributes, Change, Ident
from backends.openwrt.network.document import NETWORK, Document, Links
from backends.openwrt.network.planning import THINGS
from backends.openwrt.network.said import Said
from backends.openwrt.network.sheet import KINDS_WITH_ROWS, Sheet
from backends.openwrt.network.telling import Telling, tell
from backends.openwrt.staged import Others, committed, conflict, named
from backends.uci import ChangedMeanwhile, Edits, NotUci, Uci

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Made:
    """What was committed, to be taken back."""

    edits: Edits
    telling: Telling


class Commits:
    """``said`` reads a document in the plan's words; ``committed`` is told of the packages that were written."""

    def __init__(
        self, uci: Uci, links: Links, said: Callable[[Document], Said], committed: Callable[[Collection[str]], None]
    ) -> None:
        self._uci = uci
        self._links = links
        self._said = said
        self._committed = committed
        self._others = Others()

    def try_out(self, telling: Telling) -> None:
        """Make sure that it can be made. Refused, MechanismError."""
        if not telling.changes:
            return
        edits = self._staged(telling, must_hold=True)
        try:
            edits.prepare()
        finally:
            edits.revert()

    def make(self, telling: Telling, *, must_hold: bool = True) -> Made | None:
        """Commit it; None where nothing was to be done. Without ``must_hold`` what somebody else has changed since
        stays. Refused, MechanismError; nothing is made then.
        """
        if not telling.changes:
            return None
        edits, packages = committed(lambda: self._staged(telling, must_hold))
        if not packages:
            return None
        self._committed(packages)
        return Made(edits, telling)

    def take_back(self, made: Made) -> None:
        """Let the package be as it was, comments included; what somebody else has changed since stays."""
        try:
            self._committed(made.edits.undo())
        except ChangedMeanwhile:
            self.make(made.telling.reversed(), must_hold=False)

    def _staged(self, telling: Telling, must_hold: bool) -> Edits:
        self._uci.forget()
        edits = self._uci.edit()
        sheet = Sheet(edits, self._links)
        before = self._said(sheet.document)
        if not must_hold:
            telling = _left_alone(telling, before)
        else:
            _check_untouched(telling, before)
        try:
            tell(sheet, telling)
        except NotUci as error:
            raise Conflict(error.reason) from error
        if must_hold:
            _check_said(telling, self._said(sheet.document))
        self._beside_others(edits)
        return edits

    def _beside_others(self, edits: Edits) -> None:
        staged = [one for one in self._uci.staged_by_others() if one.package in edits.changed()]
        self._others.tell(staged)
        lost = conflict(staged, self._uci.read(NETWORK), edits.read(NETWORK)) if staged else None
        if lost is not None:
            edits.revert()
            what = f"{named(lost)} is staged in {lost.where} and would be lost"
            raise HandMade(f"{what}: uci commit {NETWORK}, or uci revert {NETWORK}, and try again")


def _check_untouched(telling: Telling, now: Said) -> None:
    """Nobody has changed meanwhile what is to be changed."""
    for change in telling.changes:
        if not _is_as(change.ident, change.before, now):
            raise MechanismError(f"{' '.join(change.ident)} was changed by somebody else meanwhile: look at it again")


def _is_as(ident: Ident, wanted: Attributes | None, now: Said) -> bool:
    there = now.get(ident)
    if there is None and ident[0] not in THINGS:
        there = {}
    if wanted is None or there is None:
        return wanted is there
    return all(there.get(name) == value for name, value in wanted.items())


def _left_alone(telling: Telling, now: Said) -> Telling:
    """Without what somebody else has changed."""
    left = []
    for change in telling.changes:
        if _is_as(change.ident, change.before, now):
            left.append(change)
        else:
            log.warning("%s stays as somebody else has set it", " ".join(change.ident))
    return Telling(tuple(left), telling.moves, telling.kept, telling.bridges, telling.supported)


def _check_said(telling: Telling, after: Said) -> None:
    """What is not read as it was written could not be said."""
    for change in telling.changes:
        if not _holds(change, after):
            raise Conflict(f"OpenWrt's configuration cannot say this: {change}", _blamed(change.ident))


def _holds(change: Change, after: Said) -> bool:
    there = after.get(change.ident)
    if change.after is None:
        return there is None
    if change.ident[0] in ("address", "route", "rule"):
        return there is not None
    told = {name: value for name, value in change.after.items() if value is not None}  # the rest is left to others
    return not told or (there is not None and all(there.get(name) == value for name, value in told.items()))


def _blamed(ident: Ident) -> Ident | None:
    return ident if ident[0] in KINDS_WITH_ROWS else None
