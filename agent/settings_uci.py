"""The settings as OpenWrt keeps them, in UCI: a section for each table, an option or a list for each setting."""

import errno
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from agent import settings_checks as check
from agent.settings import CHECKS, Settings, SettingsError
from agent.settings_file import NotChangeable
from backends.errors import MechanismError
from backends.uci.draft import Draft
from backends.uci.files import FileUci
from backends.uci.grammar import BadLine, statements
from backends.uci.layout import rewritten
from backends.uci.places import Places
from backends.uci.reading import parsed
from backends.uci.types import BrokenPackage, NotUci, Package, Section, Value

TRUTH: Final = {
    **dict.fromkeys(("1", "on", "true", "yes", "enabled"), True),
    **dict.fromkeys(("0", "off", "false", "no", "disabled"), False),
}
"""The words that OpenWrt's own scripts take for a truth."""
NONE: Final = "none"
"""A path that there is not to be, where leaving it out means another one; UCI keeps no empty texts."""
OF_THE_PACKAGE: Final = {"openwrt": ("enabled", "user", "interfaces")}
"""What the init script reads from the same file."""
TABLES: Final = tuple(each.name for each in fields(Settings))
_TRUTH: Final = ("true or false", "1 or 0")

Refuse = Callable[[str, str], None]
Document = dict[str, dict[str, Any]]


def document(text: str, name: str, refuse: Refuse) -> Document:
    """What the text says, by table, with the types that TOML would give; ``refuse`` hears what stands in a wrong place.

    SettingsError for what is no UCI.
    """
    tables: Document = {}
    for section in _package(text, name).sections:
        table = _table_of(section)
        if table not in TABLES and table not in OF_THE_PACKAGE:
            refuse(table, f"unknown section {table!r}; sections are {', '.join((*TABLES, *OF_THE_PACKAGE))}")
        elif table in tables:
            refuse(table, f"there are two sections {table!r}; put all options into one")
        else:
            tables[table] = {key: _typed(f"{table}.{key}", value) for key, value in section.options.items()}
    for table, known in OF_THE_PACKAGE.items():
        for key in tables.pop(table, {}):
            if key not in known:
                refuse(f"{table}.{key}", f"unknown option {key!r} in {table}; allowed are {', '.join(known)}")
    return tables


def line_of(text: str, wanted: str) -> int:
    """The line where an option ("acs.url") or a section stands; that of its section, or 1, when it stands nowhere."""
    table, _, key = wanted.partition(".")
    current, found = "", 1
    try:
        for each in statements(text):
            number = 1 + text.count("\n", 0, each.start)
            if each.verb == "config":
                current = _table_of(Section(each.first, each.second, ""))
                found = number if current == table else found
                if current == table and not key:
                    break
            elif current == table and each.first == key:
                return number
    except BadLine:
        return 1
    return found


def in_words(told: str) -> str:
    """A check's sentence about TOML, for who writes UCI."""
    return check.plain(told).replace(*_TRUTH)


def changed(text: str, values: Mapping[str, Any], name: str) -> str:
    """The text with other values, by "table.key"; comments and all others stay. SettingsError, NotChangeable."""
    before = _package(text, name)
    draft = Draft(before)
    try:
        for wanted, value in values.items():
            table, _, key = wanted.partition(".")
            here = next((each.id for each in draft.package().sections if _table_of(each) == table), None)
            draft.set(here or draft.add(table, table), key, _written(wanted, value))
    except (NotUci, MechanismError) as wrong:
        raise NotChangeable([str(wrong)]) from None
    result = rewritten(text, before, draft.package(), draft.origins())
    now = document(result, name, lambda _where, _what: None)
    for wanted, value in values.items():
        table, _, key = wanted.partition(".")
        there = now.get(table, {}).get(key, _default(wanted))
        if (there or "") != ([*value] if isinstance(value, tuple) else value or ""):
            raise NotChangeable([wanted])
    return result


def replace(file: Path, before: str, after: str) -> None:
    """Write the file, if it still says ``before``, under the lock that ``uci`` takes. OSError."""
    place = Path(file).resolve()
    uci = FileUci(Places(config=place.parent, override=place.parent))
    try:
        uci.put_back(place.name, before.encode(), after.encode())
    except MechanismError as failure:
        raise OSError(errno.EBUSY, failure.reason) from failure


def _package(text: str, name: str) -> Package:
    try:
        return parsed("settings", text, Path(name))
    except BrokenPackage as broken:
        why = str(broken).partition(f"line {broken.line}: ")[2]
        raise SettingsError((f"{name}:{broken.line}: this is not UCI: {why}",)) from None


def _table_of(section: Section) -> str:
    """By its name where that is a table's, else by its type: "config acs 'acs'", "config acs"."""
    known = section.name in TABLES or section.name in OF_THE_PACKAGE
    return section.name if known else section.type


def _typed(name: str, value: Value) -> Any:
    """As TOML would give it; what cannot be is left as it stands, for the check to refuse."""
    items = value.split() if isinstance(value, str) else [each for each in value if each]
    default = _default(name)
    if CHECKS.get(name) is check.command:
        return items[0] if items in (["restart"], ["auto"]) else items
    if isinstance(default, list):
        return items
    if not isinstance(value, str):
        return items
    if isinstance(default, bool):
        return TRUTH.get(value, value)
    if isinstance(default, int):
        return int(value) if value.isascii() and value.isdecimal() and len(value) < 20 else value
    return "" if default and value == NONE and CHECKS[name] is check.file_path else value


def _written(name: str, value: Any) -> Value:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (list, tuple)):
        return tuple(str(each) for each in value)
    if value == "" and _default(name) and CHECKS[name] is check.file_path:
        return NONE
    return str(value)


def _default(name: str) -> Any:
    table, _, key = name.partition(".")
    value = getattr(getattr(Settings(), table, None), key, None)
    if isinstance(value, tuple):
        return [*value]
    return str(value) if isinstance(value, Path) else value
