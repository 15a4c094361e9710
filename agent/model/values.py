"""Values and their text on the wire (TR-106 §3.2): each base type both ways, facets checked, lists and their items."""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from agent.model import patterns
from agent.model.dates import date_text, read_date
from agent.model.errors import InvalidValue
from agent.model.schema_entries import ListFacet, ParameterEntry, Range, Size

if TYPE_CHECKING:
    from decimal import Decimal

_INTEGERS: Final = {
    "int": (-(2**31), 2**31 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "long": (-(2**63), 2**63 - 1),
    "unsignedLong": (0, 2**64 - 1),
}
_SPACE: Final = " \t\r\n"
_SPACES: Final = re.compile(f"[{_SPACE}]+")
_INTEGER: Final = re.compile(r"([+-]?)0*([0-9]{1,20})")
_DECIMAL: Final = re.compile(r"[+-]?(?=\.?[0-9])[0-9]{0,20}(\.[0-9]{0,20})?")
_HEX: Final = re.compile(r"([0-9A-Fa-f]{2})*")
ILLEGAL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 §2.2, Char

# Inside a list item, commas and white space are percent-encoded (TR-106 §3.2.3), and what would read as such a code.
_ENCODED: Final = re.compile(r"[, \t\r\n]|%(?=2C|20|09|0D|0A|25)", re.IGNORECASE)
_CODE: Final = re.compile(r"%(2C|20|09|0D|0A|25)", re.IGNORECASE)

# What a value may be declared as besides its own type: management servers vary in integers, and know no decimal.
_ANY_TYPE: Final = frozenset(["string", "anySimpleType", "anyType"])
_INTEGER_TYPES: Final = _INTEGERS.keys() | {"integer", "short", "byte", "unsignedShort", "unsignedByte"}
_DECLARED: Final = {
    "base64": {"base64", "base64Binary"},
    "decimal": _INTEGER_TYPES | {"decimal", "float", "double"},
    **dict.fromkeys(_INTEGERS, _INTEGER_TYPES),
}


def type_matches(entry: ParameterEntry, xsi_type: str | None) -> bool:
    """Whether a value declared as ``xsi_type`` (with or without a prefix; None: not declared) suits the entry."""
    if xsi_type is None:
        return True
    name = xsi_type.rpartition(":")[2].strip()
    if name in _ANY_TYPE:
        return True
    return entry.list is None and name in _DECLARED.get(entry.type, (entry.type,))


def parse(entry: ParameterEntry, text: str) -> Any:
    """The value that a text stands for; raises InvalidValue (with no path) when it is not legal for the entry.

    bool, int, str, bytes, Decimal; a dateTime is an aware datetime in UTC, a timedelta since boot, or None for the
    Unknown Time; a list is a tuple. A writable entry refuses words that only the device may say.
    """
    if entry.list is not None:
        return _parse_list(entry, entry.list, text)
    return _parse_item(entry, text)


def render(entry: ParameterEntry, value: Any) -> str:
    """The text of a value as ``parse`` gives it; None is empty text, or the Unknown Time.

    Facets are not checked: what the system says is told as it is, but characters that XML cannot carry become U+FFFD.
    Raises TypeError for a value of another type.
    """
    if entry.list is None:
        return _render_item(entry, value)
    if value is None:
        return ""
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        raise _not_of_type(entry, value)
    return _render_list(entry, entry.list, value)


# --- lists ----------------------------------------------------------------------------------------------------------


def _parse_list(entry: ParameterEntry, facet: ListFacet, text: str) -> tuple[Any, ...]:
    _check_size(facet.sizes, len(text), "characters")
    text = text.strip(_SPACE)
    if facet.nested_brackets == "required":
        items = _bracketed(text)
    else:
        items = [item.strip(_SPACE) for item in text.split(",")] if text else []
    if len(items) < facet.min_items or (facet.max_items is not None and len(items) > facet.max_items):
        wanted = f"{facet.min_items} to {'any number' if facet.max_items is None else facet.max_items}"
        raise InvalidValue("", f"{len(items)} items; {wanted} are allowed")
    if facet.inner is not None:
        inner = facet.inner
        return tuple(_parse_list(entry, inner, item) for item in items)
    if facet.nested_brackets == "required":
        return tuple(_parse_item(entry, item) for item in items)
    return tuple(_parse_item(entry, _CODE.sub(_decoded, item)) for item in items)


def _bracketed(text: str) -> list[str]:
    """The items of ``[a,b],[c,d]``, without their brackets."""
    items: list[str] = []
    position = 0
    while position < len(text):
        end = text.find("]", position)
        if text[position] != "[" or end < 0:
            raise InvalidValue("", "each item stands in brackets: [a,b],[c,d]")
        items.append(text[position + 1 : end])
        rest = text[end + 1 :].lstrip(_SPACE)
        if rest and (rest[0] != "," or not rest[1:].strip(_SPACE)):
            raise InvalidValue("", "a comma stands between items, and only there")
        position = len(text) - len(rest[1:].lstrip(_SPACE))
    return items


def _decoded(code: re.Match[str]) -> str:
    return chr(int(code.group(1), 16))


def _render_list(entry: ParameterEntry, facet: ListFacet, value: Sequence[Any]) -> str:
    if facet.inner is not None:
        inner = facet.inner
        items = [_render_list(entry, inner, item) for item in value]
    else:
        items = [_render_item(entry, item) for item in value]
        if facet.nested_brackets != "required":
            items = [_ENCODED.sub(lambda found: f"%{ord(found.group()):02X}", item) for item in items]
    return ",".join(f"[{item}]" for item in items) if facet.nested_brackets == "required" else ",".join(items)


# --- single values --------------------------------------------------------------------------------------------------


def _parse_item(entry: ParameterEntry, text: str) -> Any:
    return _PARSERS[entry.type](entry, text)


def _boolean(_entry: ParameterEntry, text: str) -> bool:
    word = text.strip(_SPACE)
    if word not in ("0", "1", "true", "false"):
        raise InvalidValue("", f"{_shown(text)} is no boolean; allowed: true, false, 1, 0")
    return word in ("1", "true")


def _integer(entry: ParameterEntry, text: str) -> int:
    found = _INTEGER.fullmatch(text.strip(_SPACE))
    if not found:
        raise InvalidValue("", f"{_shown(text)} is no {entry.type}")
    number = int(found.group(1) + found.group(2))
    lowest, highest = _INTEGERS[entry.type]
    if not lowest <= number <= highest:
        if entry.ranges:
            raise InvalidValue("", f"{number} is out of range; allowed: {_spans(entry.ranges, lowest, highest)}")
        raise InvalidValue("", f"{number} is no {entry.type}; allowed: {lowest} to {highest}")
    _check_ranges(entry, number)
    return number


def _decimal(entry: ParameterEntry, text: str) -> "Decimal":
    from decimal import Decimal  # few devices have a parameter of this type

    word = text.strip(_SPACE)
    if not _DECIMAL.fullmatch(word):
        raise InvalidValue("", f"{_shown(text)} is no decimal number")
    number = Decimal(word)
    _check_ranges(entry, number)
    return number


def _check_ranges(entry: ParameterEntry, number: "int | Decimal") -> None:
    if entry.ranges and not any(_is_within(one, number) for one in entry.ranges):
        raise InvalidValue("", f"{number} is out of range; allowed: {_spans(entry.ranges)}")


def _spans(ranges: Sequence[Range], lowest: object = "…", highest: object = "…") -> str:
    return ", ".join(
        f"{lowest if one.minimum is None else one.minimum} to {highest if one.maximum is None else one.maximum}"
        + (f" in steps of {one.step}" if one.step else "")
        for one in ranges
    )


def _is_within(one: Range, number: "int | Decimal") -> bool:
    is_within = (one.minimum is None or number >= one.minimum) and (one.maximum is None or number <= one.maximum)
    return is_within and (one.step is None or (number - (one.minimum or 0)) % one.step == 0)


def _string(entry: ParameterEntry, text: str) -> str:
    illegal = ILLEGAL.search(text)
    if illegal:
        raise InvalidValue("", f"the character U+{ord(illegal.group()):04X} is not allowed in XML")
    _check_size(entry.sizes, len(text), "characters")
    if entry.enumeration:
        words = [word.text for word in entry.enumeration if _may_be_said(entry, word.status, word.writable)]
        if text not in words:
            raise InvalidValue("", f"{_shown(text)} is none of: {', '.join(words)}")
    if entry.patterns and not any(patterns.compiled(pattern).fullmatch(text) for pattern in entry.patterns):
        raise InvalidValue("", f"{_shown(text)} does not match {' or '.join(map(repr, entry.patterns))}")
    return text


def _may_be_said(entry: ParameterEntry, status: str, writable: bool) -> bool:
    return status != "deleted" and (writable or not entry.writable)


def _date_time(_entry: ParameterEntry, text: str) -> datetime | timedelta | None:
    return read_date(text.strip(_SPACE))


def _base64(entry: ParameterEntry, text: str) -> bytes:
    try:
        value = base64.b64decode(_SPACES.sub("", text).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise InvalidValue("", f"{_shown(text)} is no base64") from error
    _check_size(entry.sizes, len(value), "bytes")
    return value


def _hex_binary(entry: ParameterEntry, text: str) -> bytes:
    word = text.strip(_SPACE)
    if not _HEX.fullmatch(word):
        raise InvalidValue("", f"{_shown(text)} is no sequence of pairs of hexadecimal digits")
    value = bytes.fromhex(word)
    _check_size(entry.sizes, len(value), "bytes")
    return value


def unfit(entry: ParameterEntry) -> str:
    """Why a secret cannot be the parameter's value, without a word of it."""
    what = "characters" if entry.type == "string" else "bytes"
    return f"the value does not fit; allowed: {_sizes(entry.sizes)} {what}" if entry.sizes else "the value does not fit"


def _check_size(sizes: Sequence[Size], length: int, what: str) -> None:
    if not sizes or any(size.minimum <= length <= (length if size.maximum is None else size.maximum) for size in sizes):
        return
    raise InvalidValue("", f"{length} {what}; allowed: {_sizes(sizes)}")


def _sizes(sizes: Sequence[Size]) -> str:
    return ", ".join(f"{size.minimum} to {'any number' if size.maximum is None else size.maximum}" for size in sizes)


def _shown(text: str) -> str:
    return ascii(text if len(text) <= 40 else text[:40] + "…")


_PARSERS: Final[dict[str, Callable[[ParameterEntry, str], Any]]] = {
    **dict.fromkeys(_INTEGERS, _integer),
    "base64": _base64,
    "boolean": _boolean,
    "dateTime": _date_time,
    "decimal": _decimal,
    "hexBinary": _hex_binary,
    "string": _string,
}


def _render_item(entry: ParameterEntry, value: Any) -> str:
    match entry.type, value:
        case "boolean", bool():
            return "true" if value else "false"
        case "int" | "unsignedInt" | "long" | "unsignedLong", int() if not isinstance(value, bool):
            return str(value)
        case "string", str():
            return ILLEGAL.sub("\ufffd", value)
        case "dateTime", None | datetime() | timedelta():
            return date_text(value)
        case "decimal", int() if not isinstance(value, bool):
            return str(value)
        case "decimal", _ if _is_finite_decimal(value):
            return format(value, "f")
        case "base64", bytes():
            return base64.b64encode(value).decode("ascii")
        case "hexBinary", bytes():
            return value.hex().upper()
        case "string" | "base64" | "hexBinary", None:
            return ""
    raise _not_of_type(entry, value)


def _is_finite_decimal(value: Any) -> bool:
    from decimal import Decimal

    return isinstance(value, Decimal) and value.is_finite()


def _not_of_type(entry: ParameterEntry, value: Any) -> TypeError:
    kind = f"list of {entry.type}" if entry.list is not None else entry.type
    return TypeError(f"{entry.path}: {type(value).__name__} {_shown(repr(value))} is no {kind}")
