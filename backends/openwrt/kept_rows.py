"""Rows that OpenWrt keeps as the items of a list: an item has no name, so that ours are kept in a list beside it.

An entry of that list is ``KEY 1 …`` for a row whose item is in OpenWrt's own list, ``KEY 0 …`` for one that is not,
followed by what the row says. An item without an entry is a person's: its key is made of what it says.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

Said = TypeVar("Said")


class KeptRows(Generic[Said]):
    """``say`` and ``read`` turn what a row says into an entry's words and back (None: no such), ``item`` into an item
    of OpenWrt's list (None: it has none yet), ``read_item`` an item into what it says (None: it is none of the rows).
    """

    def __init__(
        self,
        say: Callable[[Said], str],
        read: Callable[[str], Said | None],
        read_item: Callable[[str], Said | None],
        begin: str = "",
    ) -> None:
        self._say, self._read, self._read_item, self._begin = say, read, read_item, begin

    def rows(self, place: str, items: Iterable[str], entries: Iterable[str]) -> dict[str, tuple[Said, bool]]:
        """What there is by key, and whether it is in OpenWrt's list; ``place`` is where the lists are."""
        waiting, found = dict[str, tuple[Said, bool]](), dict[str, tuple[Said, bool]]()
        for entry in entries:
            key, _, rest = entry.partition(" ")
            state, _, text = rest.partition(" ")
            said = self._read(text)
            if said is not None and state in ("0", "1"):
                waiting[key] = said, state == "1"
        taken: set[str] = set()
        listed: dict[str, tuple[Said, bool]] = {}
        for item in items:
            said = self._read_item(item)
            if said is None:
                continue
            known = (key for key, one in waiting.items() if one == (said, True) and key not in taken)
            key = next(known, "") or self._key(place, item, taken)
            taken.add(key)
            listed[key] = said, True
        for key, (said, is_listed) in waiting.items():
            if key in listed or not is_listed:
                found[key] = listed.get(key, (said, False))
        return {**{key: one for key, one in listed.items() if key not in found}, **found}

    def entries(self, rows: Mapping[str, tuple[Said, bool]], place: str, items: Sequence[str]) -> tuple[str, ...]:
        """The list to be kept beside: nothing for rows that are as a person's items say."""
        theirs = self.rows(place, items, ())
        return tuple(
            f"{key} {1 if is_listed else 0} {self._say(said)}"
            for key, (said, is_listed) in rows.items()
            if theirs.get(key) != (said, is_listed)
        )

    def _key(self, place: str, item: str, taken: set[str]) -> str:
        digest = f"{self._begin}{hashlib.sha256(f'{place} {item}'.encode()).hexdigest()[:10]}"
        key, count = digest, 1
        while key in taken:
            count += 1
            key = f"{digest}_{count}"
        return key
