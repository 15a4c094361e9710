"""A package while it is edited: every edit means what ``uci``'s command of the same name means."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from backends.errors import Missing
from backends.uci.identity import identities
from backends.uci.reading import anonymous_id
from backends.uci.types import NotUci, Package, Section, Value, check_name, check_type, check_value

LONGEST_LIST: Final = 4096


class Command(NamedTuple):
    """One command of ``uci``; ``value`` None where it has none."""

    word: str
    section: str
    option: str = ""
    value: str | None = None


@dataclass(slots=True, eq=False)
class _Section:
    section: Section
    origin: int | None
    options: dict[str, Value] = field(default_factory=dict)


class Draft:
    """The sections of one package with edits in them, and the commands that make these edits.

    A section is named by its id as of the reading, or as ``add`` and ``rename`` say. Missing for one that is not there.
    """

    def __init__(self, base: Package) -> None:
        self.base = base
        self.commands: list[Command] = []
        self._sections = [
            _Section(section, place, dict(section.options)) for place, section in enumerate(base.sections)
        ]
        self._made = len(self._sections)

    def package(self) -> Package:
        """The package as it would be; ids are those of the reading, so that one edit can follow another."""
        made = (Section(each.section.type, each.section.name, each.section.id, dict(each.options))
                for each in self._sections)  # fmt: skip
        return Package(self.base.name, tuple(made))

    def origins(self) -> tuple[int | None, ...]:
        """For each section its place in the base; None for a new one."""
        return tuple(each.origin for each in self._sections)

    @property
    def changed(self) -> bool:
        """Whether anything would be different."""
        return self.package().says() != self.base.says()

    def set(self, section: str, option: str, value: Value) -> None:
        """Let an option have a value; "" and () delete it, because UCI keeps no empty ones."""
        options = self._find(section).options
        check_name(option, "an option")
        if isinstance(value, str):
            check_value(value)
        else:
            value = tuple(map(check_value, _short_enough(value)))
        if not value:
            self.delete_option(section, option)
        elif options.get(option) == value:
            return
        elif isinstance(value, str):
            options[option] = value
            self.commands.append(Command("set", section, option, value))
        else:
            if option in options:
                self.commands.append(Command("delete", section, option))
            self.commands += [Command("add_list", section, option, item) for item in value]
            options[option] = value

    def add(self, kind: str, name: str = "") -> str:
        """A new section behind all others; its id, which is its name if it has one."""
        check_type(kind)
        if name and self._has(check_name(name)):
            raise NotUci(f"{self.base.name} has a section {name} already")
        self._made += 1
        made = Section(kind, name, name or anonymous_id(self._made, kind))
        if name:
            self.commands.append(Command("set", name, "", kind))
        else:
            self.commands.append(Command("add", made.id, "", kind))
        self._sections.append(_Section(made, None))
        return made.id

    def delete(self, section: str) -> None:
        """Without the section."""
        self._sections.remove(self._find(section))
        self.commands.append(Command("delete", section))

    def delete_option(self, section: str, option: str) -> None:
        """Without the option, if it is there."""
        if self._find(section).options.pop(check_name(option, "an option"), None) is not None:
            self.commands.append(Command("delete", section, option))

    def rename(self, section: str, name: str) -> None:
        """Give a section a name, or another one."""
        found = self._find(section)
        if found.section.name == name:
            return
        if self._has(check_name(name)):
            raise NotUci(f"{self.base.name} has a section {name} already")
        found.section = Section(found.section.type, name, name)
        self.commands.append(Command("rename", section, "", name))

    def rename_option(self, section: str, option: str, name: str) -> None:
        """Give an option another name."""
        options = self._find(section).options
        if option not in options:
            raise Missing(f"{self.base.name}.{section} has no option {option}")
        if check_name(name, "an option") == option:
            return
        if name in options:
            raise NotUci(f"{self.base.name}.{section} has an option {name} already")
        options[name] = options.pop(option)
        self.commands.append(Command("rename", section, option, name))

    def reorder(self, section: str, position: int) -> None:
        """Let a section be the one at a position, counted from 0 over all sections; a large one is the end."""
        found = self._find(section)
        place = self._sections.index(found)
        if position < 0:
            raise NotUci("positions are counted from 0")
        del self._sections[place]
        self._sections.insert(position, found)
        if self._sections.index(found) != place:
            self.commands.append(Command("reorder", section, "", str(position)))

    def add_to_list(self, section: str, option: str, item: str) -> None:
        """One item more; an option that was a text becomes a list with it as its first item."""
        options = self._find(section).options
        before = options.get(check_name(option, "an option"), ())
        items = (before,) if isinstance(before, str) else before
        options[option] = _short_enough((*items, check_value(item)))
        self.commands.append(Command("add_list", section, option, item))

    def remove_from_list(self, section: str, option: str, item: str) -> None:
        """Without any item of this text; nothing where the option is no list. An empty list is no option."""
        options = self._find(section).options
        before = options.get(option)
        if isinstance(before, tuple) and item in before:
            self.set(section, option, tuple(each for each in before if each != item))

    def identify(self, section: str) -> str:
        """Make a section's identity (backends.uci.identity) its name; of equal ones, all get theirs."""
        found = self._find(section)
        if found.section.name:
            return found.section.name
        known = identities(self.package())
        twins = [
            each for each in self._sections
            if not each.section.name and each.section.type == found.section.type and each.options == found.options
        ]  # fmt: skip
        own = known[found.section.id]
        for each in twins:
            self.rename(each.section.id, known[each.section.id])
        return own

    def _find(self, section: str) -> _Section:
        for each in self._sections:
            if each.section.id == section:
                return each
        raise Missing(f"{self.base.name} has no section {section[:40]!r}")

    def _has(self, section: str) -> bool:
        return any(each.section.id == section for each in self._sections)


def _short_enough(items: Sequence[str]) -> tuple[str, ...]:
    if len(items) > LONGEST_LIST:
        raise NotUci(f"a list of {len(items)} items is too long to be kept in UCI")
    return tuple(items)
