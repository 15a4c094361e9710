"""A preset: what an integrator gives a device for its first start, read from TOML or JSON and checked. Pure."""

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple

from agent import settings_checks as check
from agent.discovery.identity import SAMPLE, Who, expanded
from agent.discovery.offer import Offer, Source
from agent.toml_places import DEEPEST, lines_of, too_deep

LARGEST: Final = 262_144
"""Bytes of a preset."""
MOST: Final = 1000
"""Values, and as many attributes."""
MOST_SHOWN: Final = 20
"""Problems of one preset that are told."""
LONGEST: Final = 300
"""Letters of a problem."""
LEVELS: Final = ("off", "passive", "active")
"""Notification levels, by number."""

# What has a word of its own, and the setting that says it; the value is not to be said twice.
_ELSEWHERE: Final[Mapping[str, str]] = {
    "ManagementServer.URL": "acs.url",
    "ManagementServer.Username": "acs.username",
    "ManagementServer.Password": "acs.password",
    "ManagementServer.PeriodicInformEnable": "inform.enable",
    "ManagementServer.PeriodicInformInterval": "inform.interval",
    "ManagementServer.ConnectionRequestUsername": "connection_request.username",
    "ManagementServer.ConnectionRequestPassword": "connection_request.password",
}
_PARAMETER: Final = re.compile(
    r"[A-Za-z_][\w-]*(?:\.(?:[A-Za-z_][\w-]*|[1-9][0-9]{0,9}|\[[A-Za-z][\w.:@/-]{0,63}\]))+", re.ASCII
)
_ITEM: Final = re.compile(r"[, \t\r\n]|%(?=2C|20|09|0D|0A|25)", re.IGNORECASE)  # encoded in a list (TR-106 §3.2.3)
_UNSPOKEN: Final = ("acs.url", "acs.password", "connection_request.password")


class Problem(NamedTuple):
    """What is wrong with a preset, on which line (0: none is known), and what to do about it."""

    line: int
    what: str
    next: str


class NotUsable(Exception):
    """A text that is no preset. ``problems`` in the order of their lines; none repeats a password.

    ``rest`` is what of it is right, for whoever looks for more problems; None where nothing could be read.
    """

    def __init__(self, problems: tuple[Problem, ...], rest: "Preset | None" = None) -> None:
        super().__init__("; ".join(f"line {one.line}: {one.what}" for one in problems))
        self.problems = problems
        self.rest = rest


def few(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The first problems in the order of their lines, none of them long, and how many more there are."""
    found = sorted(one._replace(what=one.what[:LONGEST], next=one.next[:LONGEST]) for one in problems)
    if len(found) <= MOST_SHOWN:
        return tuple(found)
    return (*found[:MOST_SHOWN], Problem(0, f"and {len(found) - MOST_SHOWN} more", "mend these first"))


class Match(NamedTuple):
    """Which devices a preset is for: each condition that is given has to hold, by any of its globs."""

    board: tuple[str, ...] = ()
    product_class: tuple[str, ...] = ()
    oui: tuple[str, ...] = ()


class Preset(NamedTuple):
    """``settings`` by the settings file's own keys ("acs.url"), templates as written; ``values`` as on the wire."""

    file: str
    description: str = ""
    example: bool = False
    match: Match = Match()
    settings: Mapping[str, Any] = {}
    values: Mapping[str, str] = {}
    attributes: Mapping[str, int] = {}

    def __repr__(self) -> str:
        return f"Preset({self.file!r})"

    @property
    def digest(self) -> str:
        """The same for presets that say the same."""
        said = json.dumps([dict(self.settings), dict(self.values), dict(self.attributes)], sort_keys=True)
        return sha256(said.encode()).hexdigest()[:16]


def offer(preset: Preset, settings: Mapping[str, Any]) -> Offer:
    """What a preset says of the ACS, with its ``settings`` as they are for this device."""
    return Offer(
        Source.PRESET,
        told_by=preset.file,
        url=settings.get("acs.url", ""),
        username=settings.get("acs.username"),
        password=settings.get("acs.password"),
    )


def settings_for(preset: Preset, who: Who) -> dict[str, Any]:
    """The preset's settings for one device. Raises ValueError where a template gives nothing that can be used."""
    settings = dict(preset.settings)
    for key in TEMPLATES:
        if key in settings:
            try:
                settings[key] = _filled(key, settings[key], who)
            except ValueError as wrong:
                raise ValueError(f"{_named(key)}: {wrong}") from None
    return settings


def named_rows(path: str) -> Iterator[str]:
    """The rows above a path that have an alias: "Device.A.[x].B.[y].C" → "Device.A.[x].", "Device.A.[x].B.[y]."."""
    end = path.find("].")
    while end >= 0:
        yield path[: end + 2]
        end = path.find("].", end + 2)


# --- what it may say -------------------------------------------------------------------------------------------------


def _words(pattern: str, allowed: str) -> check.Check:
    form = re.compile(pattern)

    def checked(value: Any) -> tuple[str, ...]:
        words = [value] if isinstance(value, str) else value
        if not isinstance(words, list) or not words or not all(isinstance(w, str) and form.fullmatch(w) for w in words):
            raise ValueError(f"it must be {allowed}, in quotes, or a list of such")
        return tuple(words)

    return checked


def _file(value: Any) -> str:
    return str(check.required_path(value))


def _template(key: str) -> check.Check:
    def checked(value: Any) -> str:
        _filled(key, value, SAMPLE)
        return str(value)

    return checked


def _filled(key: str, value: Any, who: Who) -> str:
    """A template filled, which then has to be what the setting may be."""
    return str(TEMPLATES[key](expanded(value, who, in_url=key == "acs.url") if isinstance(value, str) else value))


TEMPLATES: Final[Mapping[str, check.Check]] = {
    "acs.url": check.http_url,
    "acs.username": check.text(256),
    "connection_request.username": check.text(256),
}
"""The settings in which {oui} and the like stand for the device's own."""

_GLOBS: Final = 'a name or a glob such as "acme,router-*"'
CHECKS: Final[Mapping[str, check.Check]] = {
    "match.board": _words(r"[^\s\0]{1,128}(?: [^\s\0]{1,128})*", _GLOBS),
    "match.product_class": _words(r"[^\s\0]{1,64}(?: [^\s\0]{1,64})*", _GLOBS),
    "match.oui": _words(r"[0-9A-F]{6}", "six upper-case hexadecimal digits"),
    **{key: _template(key) for key in TEMPLATES},
    "acs.password": check.text(256),
    "acs.ca_file": _file,
    "acs.client_certificate": _file,
    "acs.client_key": _file,
    "acs.tls_profile": check.one_of("modern", "compat"),
    "acs.dhcp_may_replace": check.switch,
    "inform.enable": check.switch,
    "inform.interval": check.number(1, 2**32 - 1),
    "connection_request.password": check.text(256),
    "network.management_interface": check.interface,
}
"""What a preset may say besides values and attributes, by table and key."""

_ROOT: Final[Mapping[str, check.Check]] = {"description": check.text(256), "example": check.switch}
_TABLES: Final = (*dict.fromkeys(key.partition(".")[0] for key in CHECKS), "values", "attributes")


def parse(content: bytes, file: str) -> Preset:
    """Read a preset; a ``file`` whose name ends in .json is JSON. Raises NotUsable with every problem."""
    is_json = file.endswith(".json")
    text, document = _document(content, is_json)
    reader = _Reader(lambda: lines_of(text, is_json))
    root = {key: document.pop(key) for key in _ROOT if key in document}
    told = reader.checked("", root, _ROOT)
    tables = {name: reader.table(name, document.pop(name, {})) for name in _TABLES}
    for key in document:
        allowed = ", ".join([*_ROOT, *(f"[{name}]" for name in _TABLES)])
        reader.refuse((key,), f"unknown table or key {key!r}", f"allowed are {allowed}")
    settings: dict[str, Any] = {}
    match: dict[str, Any] = {}
    for name in _TABLES[:-2]:
        rules = {key.partition(".")[2]: rule for key, rule in CHECKS.items() if key.startswith(f"{name}.")}
        for key, value in reader.checked(name, tables[name], rules).items():
            (match if name == "match" else settings)[key if name == "match" else f"{name}.{key}"] = value
    values = reader.values(tables["values"])
    attributes = reader.attributes(tables["attributes"])
    if settings.get("acs.client_key") and not settings.get("acs.client_certificate"):
        reader.refuse(("acs", "client_key"), "[acs] client_key is alone", "name its client_certificate beside it")
    preset = Preset(
        file, told.get("description", ""), told.get("example", False), Match(**match), settings, values, attributes
    )
    if reader.problems:
        raise NotUsable(tuple(sorted(reader.problems)), preset)
    return preset


def _document(content: bytes, is_json: bool) -> tuple[str, dict[str, Any]]:
    if len(content) > LARGEST:
        raise NotUsable((Problem(0, f"it is larger than {LARGEST} bytes", "a preset has a few values only"),))
    try:
        text = content.decode("utf-8-sig" if is_json else "utf-8")
        if not is_json and (line := too_deep(text)):
            raise NotUsable((Problem(line, f"a key has more than {DEEPEST} parts", "put a path in quotes"),))
        found = json.loads(text, object_pairs_hook=_once) if is_json else tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise NotUsable((Problem(line, "it is not UTF-8 text", "save it as UTF-8"),)) from None
    except json.JSONDecodeError as error:
        raise NotUsable((Problem(error.lineno, f"this is not JSON: {error.msg}", "mend the line"),)) from None
    except tomllib.TOMLDecodeError as error:
        where = re.search(r" \(at line (\d+), column \d+\)", str(error))
        line, reason = (int(where[1]), str(error)[: where.start()]) if where else (text.count("\n") + 1, str(error))
        raise NotUsable((Problem(line, f"this is not TOML: {reason}", "mend the line"),)) from None
    except (ValueError, RecursionError) as error:
        raise NotUsable((Problem(0, f"it cannot be read: {error}"[:200], "mend the file"),)) from None
    if not isinstance(found, dict):
        raise NotUsable((Problem(1, "it is no JSON object", "config/presets/integrator.toml shows the form"),))
    return text, found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{key!r} is there twice")
        found[key] = value
    return found


class _Reader:
    """Checks tables and collects what is wrong with them, each with its line."""

    def __init__(self, lines: Callable[[], Mapping[tuple[str, ...], int]]) -> None:
        self._read_lines = lines
        self._lines: Mapping[tuple[str, ...], int] | None = None
        self.problems: list[Problem] = []

    def refuse(self, path: tuple[str, ...], what: str, next_step: str) -> None:
        """Note a problem of the key at ``path``, or of the innermost table around it that is found."""
        if self._lines is None:
            self._lines = self._read_lines()
        above = (path[:length] for length in range(len(path), 0, -1))
        line = next((self._lines[one] for one in above if one in self._lines), 0)
        self.problems.append(Problem(line, what[:LONGEST], next_step))

    def table(self, name: str, given: Any) -> dict[str, Any]:
        if isinstance(given, dict):
            return given
        self.refuse((name,), f"{name} is a table", f"write [{name}] and its keys below it")
        return {}

    def checked(self, table: str, given: Mapping[str, Any], rules: Mapping[str, check.Check]) -> dict[str, Any]:
        """The values that their rules take."""
        taken: dict[str, Any] = {}
        allowed = ", ".join(rules)
        for key, value in given.items():
            path = (table, key) if table else (key,)
            shown = f"[{table}] {key}" if table else key
            if key not in rules:
                self.refuse(path, f"unknown key {key!r} in [{table}]", f"allowed are {allowed}")
                continue
            try:
                taken[key] = rules[key](value)
            except ValueError as wrong:
                said = " is none that can be used" if f"{table}.{key}" in _UNSPOKEN else f" is {_shown(value)}"[:200]
                self.refuse(path, f"{shown}{said}", str(wrong))
        return taken

    def values(self, given: Mapping[str, Any]) -> dict[str, str]:
        taken: dict[str, str] = {}
        for path, value in given.items():
            place = ("values", path)
            key = _ELSEWHERE.get(path.partition(".")[2])
            if not _PARAMETER.fullmatch(path):
                self._no_path(place, value)
            elif key is not None:
                self.refuse(place, f"{path} has a key of its own", f"write it as {_named(key)}")
            elif (text := _text(value)) is None:
                self.refuse(
                    place, f"{path}: that is no value", "write true, a number, a text, a time, or a list of them"
                )
            else:
                taken[path] = text
        self._count("values", given)
        return taken

    def attributes(self, given: Mapping[str, Any]) -> dict[str, int]:
        taken: dict[str, int] = {}
        for path, level in given.items():
            place = ("attributes", path)
            if not _PARAMETER.fullmatch(path.removesuffix(".")):
                self._no_path(place, level)
            elif level not in LEVELS:
                self.refuse(
                    place, f"{path}: {_shown(level)} is no notification"[:200], f"allowed are {', '.join(LEVELS)}"
                )
            else:
                taken[path] = LEVELS.index(level)
        self._count("attributes", given)
        return taken

    def _no_path(self, place: tuple[str, str], value: Any) -> None:
        if isinstance(value, dict):
            what, step = f"{place[1]!r} is a table", "put the whole path in quotes: a dot outside them makes a table"
        else:
            what, step = f"{place[1]!r} is no parameter's path"[:200], "write names, numbers and [aliases] with dots"
        self.refuse(place, what, step)

    def _count(self, table: str, given: Mapping[str, Any]) -> None:
        if len(given) > MOST:
            self.refuse((table,), f"[{table}] has {len(given)} entries", f"at most {MOST} are taken")


def _text(value: Any) -> str | None:
    """A value as it stands on the wire; None for what is none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        return value
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, list) and not any(isinstance(one, list) for one in value):
        items = [_text(one) for one in value]
        return None if None in items else ",".join(_ITEM.sub(_encoded, str(item)) for item in items)
    return None


def _shown(value: Any) -> str:
    """A value as its file has it, nearly."""
    return json.dumps(value) if value is None or isinstance(value, bool) else repr(value)


def _encoded(letter: re.Match[str]) -> str:
    return f"%{ord(letter[0]):02X}"


def _named(key: str) -> str:
    table, _, name = key.partition(".")
    return f"[{table}] {name}"
