"""Edits beside those of other people: what is staged is neither committed nor lost, what is written meanwhile stays."""

import logging
from collections.abc import Callable, Collection, Iterable
from typing import Final

from backends.uci import ChangedMeanwhile, Edits, Package, Staged

log = logging.getLogger(__name__)

TRIES: Final = 3
"""How often edits are made anew because somebody else has written the package meanwhile."""


def committed(staged: Callable[[], Edits]) -> tuple[Edits, Collection[str]]:
    """Edits that were committed, and the packages that they have changed; ``staged`` makes them of what is there now.

    MechanismError; nothing is changed then.
    """
    for _ in range(TRIES - 1):
        edits = staged()
        try:
            return edits, edits.commit()
        except ChangedMeanwhile as error:
            log.info("%s", error.reason)
    edits = staged()
    return edits, edits.commit()


class Others:
    """What the log has heard of already."""

    def __init__(self) -> None:
        self._told: set[tuple[str, str, str]] = set()

    def tell(self, staged: Iterable[Staged]) -> None:
        """Report what is staged for packages that the agent changes; no value, which may be a secret."""
        for one in staged:
            place = (one.package, one.section, one.option)
            if place not in self._told:
                self._told.add(place)
                log.warning("%s is staged in %s and not committed: it stays so", named(one), one.where)


def named(one: Staged) -> str:
    """The edit as people speak of it, without its value."""
    return f"{one.operation} {'.'.join(filter(None, (one.package, one.section, one.option)))}"


def conflict(staged: Iterable[Staged], before: Package, after: Package) -> Staged | None:
    """Of what is staged for a package, what would be lost or mean another section once ``after`` is committed.

    ids in ``after`` are those of ``before``, but for sections that were renamed.
    """
    places = {section.id: place for place, section in enumerate(before.sections)}
    new_places = {section.id: place for place, section in enumerate(after.sections)}
    for one in staged:
        section, changed = before.get(one.section), after.get(one.section)
        if one.package != before.name or section is None:
            continue
        if changed is None:
            return one
        if section.anonymous and places[section.id] != new_places[section.id]:
            return one
        ours = {
            option
            for option in {*section.options, *changed.options}
            if section.options.get(option) != changed.options.get(option)
        }
        if one.option in ours or (ours and not one.option):
            return one
    return None
