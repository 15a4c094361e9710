"""What records come to in a package's sections, written by difference: whatever is not ours to say stays as it is."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from backends.uci import Edits, Package, Section, Value, identified

OURS: Final = "cpe_"
"""What the names begin with of sections, and of options without a meaning to OpenWrt, that are the agent's own.

What has no option of OpenWrt's own is kept in the section that it belongs to, and not in a package of the agent's: so
it is committed, copied, renamed, kept over an upgrade and taken away together with that section, and none is left
behind for another one. OpenWrt's daemons and pages read the options that they know, and leave all others alone; fw4
tells of them at every start, so that in /etc/config/firewall what is ours goes into sections of a type of ours.
"""
TRUE: Final = frozenset({"1", "on", "true", "yes", "enabled"})
FALSE: Final = frozenset({"0", "off", "false", "no", "disabled"})


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of one section: "" and () say that there is no such option."""

    type: str
    options: Mapping[str, Value] = field(default_factory=dict)


Document = Mapping[str, Told]
"""Of one package, by identity (backends.uci.identity), what is said of its sections."""


@dataclass(frozen=True)
class Sections:
    """A package as it is read now; what a service makes of its sections, each once, is added below it."""

    package: Package

    @cached_property
    def all(self) -> Mapping[str, Section]:
        """By identity (backends.uci.identity)."""
        return identified(self.package)

    @cached_property
    def _by_type(self) -> Mapping[str, dict[str, Section]]:
        found: dict[str, dict[str, Section]] = {}
        for key, section in self.all.items():
            found.setdefault(section.type, {})[key] = section
        return found

    def of(self, kind: str) -> Mapping[str, Section]:
        """Those of a type, in their order."""
        return self._by_type.get(kind, {})

    def section(self, key: str) -> Section:
        """One by its identity; without any option where it is not there yet."""
        return self.all.get(key) or Section("", key, key)


def fresh(taken: Collection[str] = ()) -> str:
    """A name that no section has; a new row is known by it before and after it is written."""
    while (name := f"{OURS}{secrets.token_hex(4)}") in taken:
        pass
    return name


def is_ours(name: str) -> bool:
    """Whether the agent has made the section."""
    return name.startswith(OURS)


def truth(section: Section, option: str, default: bool) -> bool:
    """A switch, as OpenWrt's scripts read it."""
    text = section.text(option).lower()
    return True if text in TRUE else False if text in FALSE else default


def sections_of(package: Package, kind: str) -> dict[str, Section]:
    """The sections of a type by identity, in their order."""
    return {key: section for key, section in identified(package).items() if section.type == kind}


def write(edits: Edits, package: str, before: Document, after: Document, orders: Sequence[Sequence[str]] = ()) -> None:
    """Stage what ``after`` says otherwise than ``before`` said. Of a list only the items that come or go are touched.

    ``orders``: identities of sections that are to stand in this order.
    """
    ids = {key: section.id for key, section in identified(edits.read(package)).items()}
    changed = [key for key in dict.fromkeys([*before, *after]) if before.get(key) != after.get(key)]
    for key in changed:
        if key in ids:
            edits.identify(package, ids[key])
    for key in changed:
        if key not in after:
            if key in ids:
                edits.delete(package, key)
            continue
        if key in ids and edits.read(package).by_id[key].type != after[key].type:
            edits.delete(package, key)
            del ids[key]
        if key not in ids:
            edits.add(package, after[key].type, key)
        was = before[key].options if key in ids and key in before else {}
        _write_options(edits, package, key, was, after[key].options)
    for order in orders:
        _arrange(edits, package, order)


def _write_options(
    edits: Edits, package: str, key: str, before: Mapping[str, Value], after: Mapping[str, Value]
) -> None:
    for option in dict.fromkeys([*before, *after]):
        was, wanted = before.get(option, ""), after.get(option, "")
        if (was or "") == (wanted or ""):
            continue
        if isinstance(wanted, tuple) or isinstance(was, tuple):
            section = edits.read(package).get(key)
            present = section.items(option) if section else ()
            wanted = items_changed(present, was or (), wanted or ())
        edits.set(package, key, option, wanted)


def items_changed(present: Sequence[str], before: Value, after: Value) -> tuple[str, ...]:
    """A list in which the items of ``after``, in their order, have taken the places of those of ``before``; others
    keep theirs. What there is no place for comes behind the last one.
    """
    gone, come = list(_items(before)), list(_items(after))
    result: list[str] = []
    end: int | None = None
    for item in present:
        if item not in gone:
            result.append(item)
            continue
        gone.remove(item)
        if come:
            result.append(come.pop(0))
            end = len(result)
    place = len(result) if end is None else end
    return (*result[:place], *come, *result[place:])


def _items(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else tuple(value.split())


def _arrange(edits: Edits, package: str, order: Sequence[str]) -> None:
    present = [key for key in identified(edits.read(package)) if key in order]
    wanted = [key for key in order if key in present]
    if present == wanted:
        return
    for key, section in identified(edits.read(package)).items():
        if key in order:
            edits.identify(package, section.id)
    for place, key in enumerate(wanted):
        found = list(identified(edits.read(package)))
        slot = sorted(found.index(one) for one in wanted)[place]
        if found.index(key) != slot:
            edits.reorder(package, key, slot)
