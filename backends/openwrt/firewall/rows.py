"""Sections of /etc/config/firewall as rows, and back; what has no option there is kept beside.

A section that lists what a row has one of (both TCP and UDP, three ports) is as many rows. It stays one section as long
as they differ in nothing else; then each gets a section of its own, with all that the first one had besides.

What is kept beside counts as long as it still says what the section says: of what a person has changed since, only what
they cannot say (leases, dates) is taken from there.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Generic

from backends.desired_state import Pointer, R, Record
from backends.openwrt.firewall.firewall_sections import BESIDE, OF, FirewallSections, beside_name
from backends.openwrt.sections import Told, truth
from backends.uci import Section, Value

AS: Final = "as"
"""In a section of ours: of which kind a rule is a row that by itself would be one of another."""
ALWAYS: Final = frozenset(
    {"lease_duration", "ends_boot", "ends_uptime", "ends_wall", "creation_date", "expiry_date"},
)  # fmt: skip
MOST_ROWS: Final = 32
NONE: Final = "-"


@dataclass(frozen=True)
class Form(Generic[R]):
    """How a kind of record is said. ``read`` gives the rows of a section ([]: what no row can say), ``say`` its
    options; ``is_one`` whether a section is of this kind by what it says. ``kept`` are fields that may be kept beside,
    ``apart`` the options, with their fields, in which the rows of one section differ.
    """

    kind: type[R]
    type: str
    read: Callable[[FirewallSections, Section], list[R]]
    say: Callable[[FirewallSections, Section, R], dict[str, Value]]
    is_one: Callable[[FirewallSections, Section], bool]
    kept: frozenset[str]
    apart: Mapping[str, tuple[str, ...]]

    def rows(self, sections: FirewallSections) -> dict[str, R]:
        """The rows there are by key, in the order of their sections."""
        return {
            row: self._with_kept(sections, row, sections.section(key), record, is_alone)
            for row, (key, record, is_alone) in self._found(sections).items()
        }

    def places(self, sections: FirewallSections) -> dict[str, str]:
        """The identity of the section of each row."""
        return {row: key for row, (key, _, _) in self._found(sections).items()}

    def document(self, sections: FirewallSections, records: Mapping[str, R], only: Collection[str]) -> dict[str, Told]:
        """What is said of the sections of ``only`` these rows, and of those beside."""
        found, told = self._found(sections), dict[str, Told]()
        groups: dict[str, list[str]] = {}
        for row, (key, _, _) in found.items():
            groups.setdefault(key, []).append(row)
        changed = {found[row][0] if row in found else row for row in only}
        for row, record in records.items():
            key, _, _ = found.get(row, (row, None, True))
            if key not in changed:
                continue
            group = groups.get(key, [row])
            if len(group) > 1 and self._is_one_section(found, records, group):
                if row == group[0]:
                    said = self.say(sections, sections.section(key), record)
                    told[key] = Told(self.type, {name: value for name, value in said.items() if name not in self.apart})
                natural = self.read(sections, merged(sections.section(key), told[key].options))[group.index(row)]
                told |= self._beside(row, self._shown(record, natural), "")
                continue
            base = sections.section(key)
            said = self.say(sections, base, record)
            if row != key:
                said = {**{name: value for name, value in base.options.items() if name not in said}, **said}
            told[row] = Told(self.type, said)
            after = merged(Section(self.type, row, row, base.options), said)
            natural_after = self.read(sections, after)
            extras = self._shown(record, natural_after[0]) if len(natural_after) == 1 else {}
            told |= self._beside(row, extras, "" if self.is_one(sections, after) else self.kind.__name__)
        return told

    # -- inside -------------------------------------------------------------------------------------------------------

    def _found(self, sections: FirewallSections) -> dict[str, tuple[str, R, bool]]:
        """By row: its section, what that says, and whether it is the only row of it."""
        if self.kind not in sections.memory:
            sections.memory[self.kind] = self._find(sections)
        found: dict[str, tuple[str, R, bool]] = sections.memory[self.kind]
        return found

    def _find(self, sections: FirewallSections) -> dict[str, tuple[str, R, bool]]:
        found: dict[str, tuple[str, R, bool]] = {}
        for key, section in sections.of(self.type).items():
            kept = sections.beside.get(key, {}).get(AS)
            if kept != self.kind.__name__ and (kept or not self.is_one(sections, section)):
                continue
            records = self.read(sections, section)
            for number, record in enumerate(records[:MOST_ROWS], 1):
                row = key if number == 1 else f"{key}_{number}"
                while row in found or (number > 1 and row in sections.all):
                    row += "_"
                found[row] = key, record, len(records) == 1
        return found

    def _with_kept(self, sections: FirewallSections, row: str, section: Section, natural: R, is_alone: bool) -> R:
        kept = _read_kept(self.kind, sections.beside.get(row, {}), self.kept)
        if section.text("name"):
            kept.pop("description", None)  # a person has named it since
        if not kept:
            return natural
        candidate = replace(natural, **kept)
        if not is_alone or _is_inert(section):
            return candidate
        again = self.read(sections, merged(section, self.say(sections, section, candidate)))
        return candidate if again == [natural] else replace(natural, **{n: v for n, v in kept.items() if n in ALWAYS})

    def _is_one_section(
        self, found: Mapping[str, tuple[str, R, bool]], records: Mapping[str, R], group: list[str]
    ) -> bool:
        if not all(row in records for row in group):
            return False
        differing = {name for names in self.apart.values() for name in names}
        first = records[group[0]]
        return all(
            (name in differing and getattr(records[row], name) == getattr(found[row][1], name))
            or (name not in differing and _same(name, first, records[row], place))
            for place, row in enumerate(group)
            for name in (one.name for one in fields(self.kind))
        )

    def _shown(self, record: R, natural: R) -> dict[str, Any]:
        return {name: getattr(record, name) for name in self.kept if getattr(record, name) != getattr(natural, name)}

    def _beside(self, row: str, extras: Mapping[str, Any], kind: str) -> dict[str, Told]:
        if not extras and not kind:
            return {}
        said: dict[str, Value] = {OF: row, AS: kind, **{name: _said(extras[name]) for name in sorted(extras)}}
        return {beside_name(row): Told(BESIDE, said)}


def merged(section: Section, said: Mapping[str, Value]) -> Section:
    """The section as it will be."""
    options = {name: value for name, value in {**section.options, **said}.items() if value}
    return replace(section, options=options)


def kept(section: Section, option: str, is_same: bool, word: Value) -> Value:
    """What an option says already, if that is the same; else the word for it."""
    return section.options.get(option, "") if is_same else word


def switched(section: Section, is_on: bool) -> Value:
    """``enabled``, which is on by itself."""
    return kept(section, "enabled", truth(section, "enabled", True) == is_on, "" if is_on else "0")


def _same(name: str, first: Record, other: Record, place: int) -> bool:
    if name == "order":
        return bool(getattr(other, name) == getattr(first, name) + place)
    return bool(getattr(other, name) == getattr(first, name))


def _is_inert(section: Section) -> bool:
    """Switched off and without a place: nothing that was told of it can be wrong."""
    return not truth(section, "enabled", True) and not section.text("src")


def _said(value: Any) -> str:
    match value:
        case None | "":
            return NONE
        case bool():
            return "1" if value else "0"
        case Pointer():
            return " ".join((value.table, *value.keys))
        case tuple():
            return " ".join(map(str, value)) or NONE
    return f" {value}" if value == NONE else str(value)


def _read_kept(kind: type[Record], told: Mapping[str, str], names: frozenset[str]) -> dict[str, Any]:
    blank, found = kind(), dict[str, Any]()
    for name in names & told.keys():
        try:
            found[name] = _value(name, getattr(blank, name), told[name])
        except ValueError:  # somebody has written it by hand
            continue
    return found


def _value(name: str, default: Any, text: str) -> Any:
    if name.endswith("interface"):
        table, *keys = text.split(" ")
        return None if text == NONE else Pointer(table, tuple(keys))
    if isinstance(default, bool):
        return text == "1"
    if isinstance(default, int) or default is None:
        return None if text == NONE else int(text)
    if isinstance(default, tuple):
        return tuple(_items(default, text))
    return "" if text == NONE else NONE if text == f" {NONE}" else text


def _items(default: tuple[Any, ...], text: str) -> Iterator[Any]:
    for word in text.split() if text != NONE else ():
        yield int(word) if default and isinstance(default[0], int) else word
