"""Between messages and XML elements: reads and writes any declaration of ``messages`` by its annotations."""

import re
import types
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import UTC, datetime
from enum import Enum, auto
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from agent.cwmp.messages import UNKNOWN_TIME, Form

Declaration = Any
"""A dataclass of ``messages``. (mypy takes no ``type[Any]`` for hashable.)"""

_SPELLED = {"url": "URL", "oui": "OUI", "uuid": "UUID"}
_TO_ESCAPE = re.compile('[&<>"\r]|[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"}
_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_BOOLEANS = {"0": False, "false": False, "1": True, "true": True}


class Unreadable(Exception):
    """An element that does not say what its declaration wants; the text is a reason for people."""


@dataclass(slots=True)
class Node:
    """An element as it was read: names without prefix, attributes by local name, its own text."""

    name: str
    namespace: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    pieces: list[str] = field(default_factory=list)
    children: "list[Node]" = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text directly within the element, verbatim."""
        return "".join(self.pieces)

    def child(self, name: str) -> "Node | None":
        """The first child of this name: what repeats without leave is ignored."""
        return next((child for child in self.children if child.name == name), None)


class Kind(Enum):
    """How a field stands in XML."""

    TEXT = auto()
    INTEGER = auto()
    UNSIGNED = auto()
    BOOLEAN = auto()
    TIME = auto()
    STRUCTURE = auto()
    ARRAY = auto()
    REPEATED = auto()
    TYPE_OF_VALUE = auto()


SIMPLE: dict[Any, Kind] = {str: Kind.TEXT, bool: Kind.BOOLEAN, int: Kind.INTEGER, datetime: Kind.TIME}


@dataclass(frozen=True, slots=True)
class Item:
    """One field of a declaration: its names, its form, whether xsi:type goes with it, its default (or MISSING)."""

    attribute: str
    element: str
    kind: Kind
    members: tuple[Any, ...]
    typed: bool
    default: Any


@cache
def items(declaration: Declaration) -> tuple[Item, ...]:
    """The rows of a declaration, in the order of their elements."""
    hints = get_type_hints(declaration, include_extras=True)
    typed = Form.TYPE_OF_VALUE in get_args(hints.get("type"))
    return tuple(_item(entry, hints[entry.name], typed and entry.name == "value") for entry in fields(declaration))


def _item(entry: "Field[Any]", hint: Any, typed: bool) -> Item:
    forms: tuple[Any, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *extras = get_args(hint)
        forms = tuple(extras)
    plain = next(option for option in _options(hint) if option is not type(None))
    kind, members = _kind(plain, forms)
    return Item(entry.name, _element(entry.name), kind, members, typed, entry.default)


def _kind(plain: Any, forms: tuple[Any, ...]) -> tuple[Kind, tuple[Any, ...]]:
    if Form.TYPE_OF_VALUE in forms:
        return Kind.TYPE_OF_VALUE, ()
    if Form.UNSIGNED in forms:
        return Kind.UNSIGNED, ()
    if plain in SIMPLE:
        return SIMPLE[plain], ()
    if get_origin(plain) is Sequence:
        return Kind.REPEATED if Form.REPEATED in forms else Kind.ARRAY, _options(get_args(plain)[0])
    return Kind.STRUCTURE, (plain,)


def _options(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _element(attribute: str) -> str:
    return "".join(_SPELLED.get(word, word.capitalize()) for word in attribute.split("_"))


# --- reading ------------------------------------------------------------------------------------------------------


def read(declaration: Declaration, node: Node, lenient: bool = False) -> Any:
    """The declaration's object from its element, whatever the order and whatever else stands there.

    A missing field takes its default, else this raises ``Unreadable``. ``lenient``: so does one that cannot be read.
    """
    present: dict[str, Node] = {}
    for child in node.children:
        present.setdefault(child.name, child)
    values: dict[str, Any] = {}
    for item in items(declaration):
        try:
            if item.kind is Kind.TYPE_OF_VALUE:
                value = _type_of_value(present)
            elif item.element in present:
                value = _read_item(item, node, present[item.element])
            elif item.default is not MISSING:
                continue
            else:
                raise Unreadable(f"{node.name} lacks {item.element}")
        except Unreadable:
            if lenient and item.default is not MISSING:
                continue
            raise
        values[item.attribute] = value
    return declaration(**values)


def _type_of_value(present: dict[str, Node]) -> str | None:
    named = present["Value"].attributes.get("type") if "Value" in present else None
    return _local(named) if named else None


def _read_item(item: Item, parent: Node, node: Node) -> Any:
    match item.kind:
        case Kind.STRUCTURE:
            return read(item.members[0], node)
        case Kind.ARRAY:
            return tuple(_read_member(item, child) for child in node.children)
        case Kind.REPEATED:
            return tuple(_read_member(item, child) for child in parent.children if child.name == item.element)
        case _:
            return _read_simple(item.kind, node)


def _read_member(item: Item, node: Node) -> Any:
    """A member of an array, whatever its element is called; a choice of structures goes by xsi:type."""
    if item.members == (str,):
        return node.text
    if len(item.members) == 1:
        return read(item.members[0], node)
    named = _local(node.attributes.get("type", ""))
    for member in item.members:
        if member.__name__ == named:
            return read(member, node)
    raise Unreadable(f"{node.name} has no known xsi:type: {named!r}")


def _read_simple(kind: Kind, node: Node) -> Any:
    if kind is Kind.TEXT:
        return node.text
    text = node.text.strip()
    if kind is Kind.BOOLEAN:
        if text.lower() in _BOOLEANS:
            return _BOOLEANS[text.lower()]
        raise Unreadable(f"{node.name} is no boolean")
    if kind is Kind.TIME:
        return _read_time(node.name, text)
    lowest, highest = (0, 2**32 - 1) if kind is Kind.UNSIGNED else (-(2**31), 2**31 - 1)
    if not _INTEGER.fullmatch(text) or not lowest <= int(text) <= highest:
        raise Unreadable(f"{node.name} is no integer of {lowest} to {highest}")
    return int(text)


def _read_time(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable(f"{name} is no dateTime") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _local(qualified: str) -> str:
    return qualified.strip().rpartition(":")[2]


# --- writing ------------------------------------------------------------------------------------------------------


def escape(text: str) -> str:
    """Text as XML has it, for elements and attributes.

    Characters that XML 1.0 cannot hold at all (NUL, lone surrogates …) become U+FFFD: one SSID must not make the whole
    message unreadable. A carriage return is written as a reference, or the reader would make a line feed of it.
    """
    return _TO_ESCAPE.sub(lambda match: _ESCAPED.get(match[0], "\ufffd"), text)


def write(value: Any) -> Iterator[str]:
    """The elements of an object's fields; the members of its arrays one by one, so that a long list costs no copy."""
    declaration: Declaration = type(value)
    for item in items(declaration):
        content = getattr(value, item.attribute)
        if content is None:
            continue
        match item.kind:
            case Kind.ARRAY:
                yield _array_start(item, len(content))
                for member in content:
                    yield _member(item, member)
                yield f"</{item.element}>"
            case Kind.REPEATED:
                for member in content:
                    yield _repeated(item, member)
            case Kind.STRUCTURE:
                yield f"<{item.element}>{''.join(write(content))}</{item.element}>"
            case Kind.TYPE_OF_VALUE:
                continue
            case kind:
                yield _simple(kind, item, value, content)


def _array_start(item: Item, count: int) -> str:
    of = "xsd:string" if item.members == (str,) else f"cwmp:{item.members[0].__name__}"
    return f'<{item.element} soap-enc:arrayType="{of}[{count}]">'


def _member(item: Item, member: Any) -> str:
    if item.members == (str,):
        return f"<string>{escape(member)}</string>"
    name = item.members[0].__name__
    return f"<{name}>{''.join(write(member))}</{name}>"


def _repeated(item: Item, member: Any) -> str:
    typed = f' xsi:type="cwmp:{type(member).__name__}"' if len(item.members) > 1 else ""
    return f"<{item.element}{typed}>{''.join(write(member))}</{item.element}>"


def _simple(kind: Kind, item: Item, owner: Any, content: Any) -> str:
    if kind is Kind.TEXT:
        # The value's type is always named: GenieACS reads it by the literal prefix.
        typed = f' xsi:type="xsd:{escape(owner.type or "string")}"' if item.typed else ""
        return f"<{item.element}{typed}>{escape(content)}</{item.element}>"
    if kind is Kind.BOOLEAN:
        return f"<{item.element}>{content:d}</{item.element}>"
    if kind is Kind.TIME:
        return f"<{item.element}>{time_text(content)}</{item.element}>"
    return f"<{item.element}>{content}</{item.element}>"


def time_text(moment: datetime) -> str:
    """An aware time as xsd:dateTime, to the second; UTC is "Z"."""
    if moment == UNKNOWN_TIME:
        return "0001-01-01T00:00:00Z"
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


@cache
def prefixes(declaration: Declaration) -> frozenset[str]:
    """Which of the prefixes soap-enc, xsd, xsi an object of this class may need."""
    needed: set[str] = set()
    for item in items(declaration):
        if item.kind is Kind.ARRAY:
            needed |= {"soap-enc", "xsd"} if item.members == (str,) else {"soap-enc"}
        if item.kind is Kind.TYPE_OF_VALUE:
            needed |= {"xsd", "xsi"}
        if len(item.members) > 1:
            needed.add("xsi")
        for member in item.members:
            if member is not str:
                needed |= prefixes(member)
    return frozenset(needed)
