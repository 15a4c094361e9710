"""The shape of a schema document: which keys there are and what may stand in each, told in words when it is not so."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from agent.model import patterns
from agent.model.schema_entries import BASE_TYPES

VERSION: Final = 1

_OBJECT_PATH: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*\.(\{i\}\.)?)+")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_TYPE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Check = Callable[[Any], str | None]  # what is allowed instead, or None when it is right


class SchemaError(Exception):
    """A schema document out of shape, or at odds with another; the message says where, and what is allowed."""


def check_document(document: Mapping[str, Any], source: str) -> None:
    """Raises SchemaError for a document's own keys, version and types; its members have checks of their own."""
    _keys(document, _DOCUMENT, source)
    if document.get("schema") != VERSION:
        raise SchemaError(f"{source}: schema: this program reads version {VERSION}, not {document.get('schema')!r}")
    if "objects" not in document:
        raise SchemaError(f"{source}: objects: missing")
    for name, facts in document.get("types", {}).items():
        where = f"{source}: types: {name}"
        if not _TYPE_NAME.fullmatch(name) or name in BASE_TYPES:
            raise SchemaError(f"{where}: a name of letters, digits and _, not that of a base type")
        _body(facts, _TYPE, where)


def check_object(path: str, facts: Any, source: str) -> None:
    """Raises SchemaError when an object, with its parameters, commands and events, is not shaped as it should be."""
    where = f"{source}: {path or 'objects'}"
    if path and not _OBJECT_PATH.fullmatch(path):
        raise SchemaError(
            f'{where}: an object\'s path is names with a dot after each, and "{{i}}." after that of a table'
        )
    _keys(facts, _OBJECT, where)
    if not path.endswith("{i}.") and facts.get("access", "readOnly") != "readOnly":
        raise SchemaError(f"{where}: access: only a table, whose path ends in {{i}}., can be readWrite")
    _arguments(facts, where, separator="")
    for name, command in facts.get("commands", {}).items():
        _named(name, "()", where)
        _keys(command, _COMMAND, f"{where}{name}")
        for direction in ("input", "output"):
            _keys(command.get(direction, {}), _ARGUMENTS, f"{where}{name}: {direction}")
            _arguments(command.get(direction, {}), f"{where}{name}: {direction}")
    for name, event in facts.get("events", {}).items():
        _named(name, "!", where)
        _keys(event, _EVENT, f"{where}{name}")
        _arguments(event, f"{where}{name}")


def check_profile(name: str, facts: Any, source: str) -> None:
    """Raises SchemaError when a profile is not shaped as it should be."""
    where = f"{source}: profile {name}"
    _keys(facts, _PROFILE, where)
    for path, members in facts.get("objects", {}).items():
        _keys(members, _PROFILE_OBJECT, f"{where}: {path}")


def _arguments(facts: Mapping[str, Any], where: str, separator: str = ": ") -> None:
    for name, body in facts.get("parameters", {}).items():
        _named(name, "", where)
        _body(body, _PARAMETER, f"{where}{separator}{name}")
    for path, inner in facts.get("objects", {}).items():
        _keys(inner, _OBJECT, f"{where}{separator}{path}")
        _arguments(inner, f"{where}{separator}{path}", separator="")


def _named(name: str, ending: str, where: str) -> None:
    if not name.endswith(ending) or not _NAME.fullmatch(name.removesuffix(ending)):
        raise SchemaError(
            f"{where}: {name!r}: a name of letters, digits, _ and -{', then ' + ending if ending else ''}"
        )


def _body(facts: Any, shape: Mapping[str, Check], where: str) -> None:
    """A parameter or a named type: facts, or only the name of a type."""
    if isinstance(facts, str):
        facts = {"type": facts}
    _keys(facts, shape, where)
    if "type" not in facts:
        raise SchemaError(f"{where}: type: missing; allowed: {_types()} or a named type")
    if "defaultType" in facts and "default" not in facts:
        raise SchemaError(f"{where}: defaultType: there is no default")


def _keys(facts: Any, shape: Mapping[str, Check], where: str) -> None:
    if not isinstance(facts, Mapping):
        raise SchemaError(f"{where}: an object with some of: {', '.join(shape)}")
    for key, value in facts.items():
        check = shape.get(key)
        if check is None:
            raise SchemaError(f"{where}: {key}: not known; allowed: {', '.join(shape)}")
        allowed = check(value)
        if allowed is not None:
            raise SchemaError(f"{where}: {key}: {value!r} is not right; allowed: {allowed}")


# --- what may stand behind a key ------------------------------------------------------------------------------------


def _types() -> str:
    return ", ".join(sorted(BASE_TYPES))


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) else "a text"


def _flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else "true or false"


def _integer(value: Any) -> str | None:
    return None if isinstance(value, int) and not isinstance(value, bool) else "an integer"


def _count(value: Any) -> str | None:
    return None if _integer(value) is None and value >= 0 else "an integer, 0 or more"


def _mapping(value: Any) -> str | None:
    return None if isinstance(value, Mapping) else "an object"


def _texts(value: Any) -> str | None:
    is_right = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return None if is_right else "a list of texts"


def _keys_of_rows(value: Any) -> str | None:
    is_right = isinstance(value, list) and all(_texts(names) is None and names for names in value)
    return None if is_right else 'a list of keys, each a list of parameter names: [["Interface","VLANID"],["Name"]]'


def _one_of(*words: str) -> Check:
    return lambda value: None if value in words else ", ".join(words)


def _type(value: Any) -> str | None:
    is_right = isinstance(value, str) and _TYPE_NAME.fullmatch(value)
    return None if is_right else f"{_types()} or a named type"


def _inner(shape: Mapping[str, Check]) -> Check:
    def check(value: Any) -> str | None:
        try:
            _keys(value, shape, "")
        except SchemaError as error:
            return str(error).removeprefix(": ")
        return None

    return check


def _each(check: Check, allowed: str) -> Check:
    def check_all(value: Any) -> str | None:
        if not isinstance(value, list) or not value:
            return allowed
        return next((refusal for refusal in map(check, value) if refusal is not None), None)

    return check_all


def _pattern(value: Any) -> str | None:
    if not isinstance(value, str):
        return "a pattern of XML Schema"
    try:
        patterns.compiled(value)
    except patterns.UnsupportedPattern as error:
        return f"a pattern of XML Schema ({error})"
    return None


def _enumeration_value(value: Any) -> str | None:
    return None if isinstance(value, str) else _inner(_ENUMERATION_VALUE)(value)


_STATUS: Final = _one_of("current", "deprecated", "obsoleted", "deleted")
_LIFE: Final[dict[str, Check]] = {"version": _text, "status": _STATUS}
_SIZE: Final[dict[str, Check]] = {"minLength": _count, "maxLength": _count}
_SIZES: Final[dict[str, Check]] = _SIZE | {"sizes": _each(_inner(_SIZE), 'a list of {"minLength", "maxLength"}')}
_RANGE: Final[dict[str, Check]] = {"min": _integer, "max": _integer, "step": _integer}
_ENUMERATION_VALUE: Final[dict[str, Check]] = {
    "value": _text,
    "optional": _flag,
    "access": _one_of("readOnly", "readWrite"),
} | _LIFE
_LIST: Final[dict[str, Check]] = {
    "minItems": _count,
    "maxItems": _count,
    "nestedBrackets": _one_of("legacy", "required"),
} | _SIZES
_REFERENCE: Final[dict[str, Check]] = {
    "targets": _texts,
    "targetType": _one_of("row", "single", "object", "table", "parameter", "any"),
    "refType": _one_of("strong", "weak"),
}
_TYPE: Final[dict[str, Check]] = {
    "type": _type,
    "list": _inner(_LIST),
    "min": _integer,
    "max": _integer,
    "step": _integer,
    "ranges": _each(_inner(_RANGE), 'a list of {"min", "max", "step"}'),
    **_SIZES,
    "patterns": _each(_pattern, "a list of patterns"),
    "enumeration": _each(
        _enumeration_value, 'a list of texts, or of {"value", "optional", "access", "status", "version"}'
    ),
    "units": _text,
}
_PARAMETER: Final[dict[str, Check]] = {
    **_TYPE,
    "access": _one_of("readOnly", "readWrite", "writeOnceReadOnly"),
    "default": _text,
    "defaultType": _one_of("object", "factory", "implementation", "parameter"),
    "reference": _inner(_REFERENCE),
    "enumerationRef": _inner({"parameter": _text, "nullValue": _text}),
    "mandatory": _flag,
    "forcedInform": _flag,
    "activeNotify": _one_of("normal", "forceEnabled", "forceDefaultEnabled", "canDeny"),
    "hidden": _flag,
    "secured": _flag,
    "command": _flag,
    **_LIFE,
}
_ARGUMENTS: Final[dict[str, Check]] = {"parameters": _mapping, "objects": _mapping}
_COMMAND: Final[dict[str, Check]] = {"async": _flag, "input": _mapping, "output": _mapping} | _LIFE
_EVENT: Final[dict[str, Check]] = _ARGUMENTS | _LIFE
_OBJECT: Final[dict[str, Check]] = {
    "access": _one_of("readOnly", "readWrite"),
    "minEntries": _count,
    "maxEntries": _count,
    "entriesParameter": _text,
    "uniqueKeys": _keys_of_rows,
    "nonFunctionalKeys": _keys_of_rows,
    "enableParameter": _text,
    "discriminatorParameter": _text,
    **_LIFE,
    "parameters": _mapping,
    "commands": _mapping,
    "events": _mapping,
}
_PROFILE: Final[dict[str, Check]] = {"base": _text, "extends": _texts, "objects": _mapping} | _LIFE
_PROFILE_OBJECT: Final[dict[str, Check]] = {
    "requirement": _one_of("present", "createDelete", "notSpecified"),
    "readOnly": _texts,
    "readWrite": _texts,
    "writeOnceReadOnly": _texts,
    "commands": _mapping,
    "events": _mapping,
}
_DOCUMENT: Final[dict[str, Check]] = {
    "schema": _integer,
    "model": _text,
    "spec": _text,
    "types": _mapping,
    "objects": _mapping,
    "profiles": _mapping,
}
