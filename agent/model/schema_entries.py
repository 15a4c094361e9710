"""What the schema says of one parameter, object, profile, command or event; made from a schema document's facts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from agent.model.schema_text import Facts

BASE_TYPES: Final = frozenset(
    ["base64", "boolean", "dateTime", "decimal", "hexBinary", "int", "long", "string", "unsignedInt", "unsignedLong"]
)
PLACEHOLDER: Final = "{i}."
_WIRE_TYPES: Final = {"decimal": "string", "base64": "base64Binary"}  # XML Schema has no type "base64"


@dataclass(frozen=True, slots=True)
class Size:
    """How long a string (characters), a binary (bytes before encoding) or a list's text may be; None: no limit."""

    minimum: int = 0
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from ``minimum`` to ``maximum``, both included, in steps from there; None: the type's own limit."""

    minimum: int | None = None
    maximum: int | None = None
    step: int | None = None


@dataclass(frozen=True, slots=True)
class EnumerationValue:
    """A word that the value may be. ``optional``: a device need not know it; ``writable``: it may be set."""

    text: str
    optional: bool = False
    writable: bool = True
    status: str = "current"
    version: str = ""


@dataclass(frozen=True, slots=True)
class ListFacet:
    """The value is a comma-separated list. ``inner`` says that each item is a list itself, in brackets."""

    min_items: int = 0
    max_items: int | None = None
    sizes: tuple[Size, ...] = ()
    nested_brackets: str = "legacy"
    inner: "ListFacet | None" = None


@dataclass(frozen=True, slots=True)
class Default:
    """A value as text, and when it is had.

    ``kind``: "object" when a row is made or the device starts, "factory", "implementation" (the device's choice may be
    another), "parameter" when an argument is left out.
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """The value is a path. ``targets`` are templates of the rows or objects it may name; empty: any.

    ``strong``: it becomes empty when what it names is deleted. ``kind``: row, single, object, table, parameter, any.
    """

    targets: tuple[str, ...] = ()
    strong: bool = True
    kind: str = "row"


@dataclass(frozen=True, slots=True)
class EnumerationReference:
    """The value is an item of another parameter's list, or ``null`` for none of them."""

    parameter: str
    null: str | None = None


@dataclass(frozen=True, slots=True)
class ParameterEntry:
    """All that the schema says of a parameter. ``path`` is its template ("Device.IP.Interface.{i}.Enable").

    ``type`` is the base type of the value or of a list's items; ``named_type`` what the model calls it ("IPAddress").
    Of several ``sizes``, ``ranges`` or ``patterns`` one has to hold.
    """

    path: str
    type: str
    named_type: str | None = None
    access: str = "readOnly"
    list: ListFacet | None = None
    sizes: tuple[Size, ...] = ()
    ranges: tuple[Range, ...] = ()
    patterns: tuple[str, ...] = ()
    enumeration: tuple[EnumerationValue, ...] = ()
    units: str = ""
    reference: Reference | None = None
    enumeration_ref: EnumerationReference | None = None
    mandatory: bool = False
    forced_inform: bool = False
    active_notify: str = "normal"
    hidden: bool = False
    secured: bool = False
    command: bool = False
    default: Default | None = None
    status: str = "current"
    version: str = ""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]

    @property
    def writable(self) -> bool:
        """Whether the schema lets a value be set at all (readWrite, or writeOnceReadOnly at creation)."""
        return self.access != "readOnly"

    @property
    def is_secret(self) -> bool:
        """Whether the value is never shown: it reads as empty, and traces mask it."""
        return self.hidden or self.secured

    @property
    def wire_type(self) -> str:
        """The XSD type a value is declared with in CWMP: lists and decimals are strings there."""
        return "string" if self.list is not None else _WIRE_TYPES.get(self.type, self.type)


@dataclass(frozen=True, slots=True)
class UniqueKey:
    """Parameters whose values together name a row; ``functional``: only among rows that are enabled."""

    parameters: tuple[str, ...]
    functional: bool


@dataclass(frozen=True, slots=True)
class ObjectEntry:
    """All that the schema says of an object or a table's rows. ``path`` is the template ("Device.IP.Interface.{i}.").

    ``max_entries`` None: any number. ``entries_parameter`` is the whole path of the …NumberOfEntries parameter;
    ``enable_parameter`` and ``discriminator_parameter`` are names, of this object and of its parent.
    """

    path: str
    access: str = "readOnly"
    min_entries: int = 1
    max_entries: int | None = 1
    entries_parameter: str | None = None
    unique_keys: tuple[UniqueKey, ...] = ()
    enable_parameter: str | None = None
    discriminator_parameter: str | None = None
    status: str = "current"
    version: str = ""

    @property
    def is_table(self) -> bool:
        """Whether it has numbered rows."""
        return self.path.endswith(PLACEHOLDER)

    @property
    def addable_and_deletable(self) -> bool:
        """Whether a management server may add and delete rows."""
        return self.is_table and self.access == "readWrite"


@dataclass(frozen=True, slots=True)
class Arguments:
    """Arguments of a command or an event, by their path below it ("Result.{i}.PHYRate")."""

    parameters: Mapping[str, ParameterEntry] = field(default_factory=dict)
    objects: Mapping[str, ObjectEntry] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """A command of USP. ``path`` ends in "()"."""

    path: str
    is_async: bool
    input: Arguments
    output: Arguments
    status: str = "current"
    version: str = ""


@dataclass(frozen=True, slots=True)
class EventEntry:
    """An event of USP. ``path`` ends in "!"."""

    path: str
    arguments: Arguments
    status: str = "current"
    version: str = ""


@dataclass(frozen=True, slots=True)
class ProfileObject:
    """What a profile demands of an object: that it is there ("present", "createDelete", "notSpecified"), and with what.

    ``parameters`` maps names to the access demanded; commands and events map names to the arguments demanded.
    """

    requirement: str
    parameters: Mapping[str, str]
    commands: Mapping[str, tuple[str, ...]]
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile with all that it inherits already in it. ``objects`` is by template."""

    name: str
    objects: Mapping[str, ProfileObject]
    status: str = "current"
    version: str = ""


TypeLookup = Callable[[str], Facts]


def parameter_entry(
    path: str, facts: Facts | str, owner: Facts, types: TypeLookup, mount: Callable[[str], str]
) -> ParameterEntry:
    """The entry of a parameter; ``owner`` are its object's facts, which its version and status follow.

    ``types`` gives the facts of a named type, ``mount`` the final place of a path that the facts mention.
    """
    if isinstance(facts, str):
        facts = {"type": facts}
    chain = _type_chain(facts, types)
    listed = [_list_facet(level["list"]) for level in chain if "list" in level]
    reference = facts.get("reference")
    values = facts.get("enumerationRef")
    default = facts.get("default")
    return ParameterEntry(
        path=path,
        type=chain[-1]["type"],
        named_type=facts["type"] if facts["type"] not in BASE_TYPES else None,
        access=facts.get("access", "readOnly"),
        list=_nested(listed),
        sizes=_first(chain, _sizes),
        ranges=_first(chain, _ranges),
        patterns=_first(chain, lambda level: tuple(level.get("patterns", ()))),
        enumeration=_first(
            chain, lambda level: tuple(_enumeration_value(value) for value in level.get("enumeration", ()))
        ),
        units=next((level["units"] for level in chain if "units" in level), ""),
        reference=None if reference is None else _reference(reference, mount),
        enumeration_ref=None
        if values is None
        else EnumerationReference(mount(values["parameter"]), values.get("nullValue")),
        mandatory=facts.get("mandatory", False),
        forced_inform=facts.get("forcedInform", False),
        active_notify=facts.get("activeNotify", "normal"),
        hidden=facts.get("hidden", False),
        secured=facts.get("secured", False),
        command=facts.get("command", False),
        default=None if default is None else Default(facts.get("defaultType", "object"), default),
        status=facts.get("status") or owner.get("status", "current"),
        version=facts.get("version") or owner.get("version", ""),
    )


def object_entry(path: str, facts: Facts) -> ObjectEntry:
    """The entry of an object."""
    is_table = path.endswith(PLACEHOLDER)
    counter = facts.get("entriesParameter")
    keys = [UniqueKey(tuple(names), True) for names in facts.get("uniqueKeys", ())]
    keys += [UniqueKey(tuple(names), False) for names in facts.get("nonFunctionalKeys", ())]
    return ObjectEntry(
        path=path,
        access=facts.get("access", "readOnly"),
        min_entries=facts.get("minEntries", 0 if is_table else 1),
        max_entries=facts.get("maxEntries", None if is_table else 1),
        entries_parameter=None if counter is None else parent_of(path) + counter,
        unique_keys=tuple(keys),
        enable_parameter=facts.get("enableParameter"),
        discriminator_parameter=facts.get("discriminatorParameter"),
        status=facts.get("status", "current"),
        version=facts.get("version", ""),
    )


def arguments(path: str, facts: Facts, types: TypeLookup, mount: Callable[[str], str]) -> Arguments:
    """The arguments below a command's direction or an event, those of inner objects included."""
    parameters = {
        name: parameter_entry(path + name, body, {}, types, mount) for name, body in facts.get("parameters", {}).items()
    }
    objects: dict[str, ObjectEntry] = {}
    for below, inner in facts.get("objects", {}).items():
        objects[below] = object_entry(below, inner)
        for name, body in inner.get("parameters", {}).items():
            parameters[below + name] = parameter_entry(path + below + name, body, inner, types, mount)
    return Arguments(parameters, objects)


def parent_of(path: str) -> str:
    """The template of the object or table that an object stands in; "" above a root."""
    above, _, _ = path.removesuffix(PLACEHOLDER).removesuffix(".").rpartition(".")
    return above + "." if above else ""


def _type_chain(facts: Facts, types: TypeLookup) -> list[Facts]:
    """The parameter's own facts, then those of its named type, then of what that is based on."""
    chain = [facts]
    while chain[-1]["type"] not in BASE_TYPES:
        chain.append(types(chain[-1]["type"]))
    return chain


def _first(chain: list[Facts], read: Callable[[Facts], Any]) -> Any:
    """A facet of a kind replaces those of the same kind further down."""
    return next((found for found in map(read, chain) if found), ())


def _sizes(facts: Facts) -> tuple[Size, ...]:
    several = facts.get("sizes", [facts] if "minLength" in facts or "maxLength" in facts else ())
    return tuple(Size(one.get("minLength", 0), one.get("maxLength")) for one in several)


def _ranges(facts: Facts) -> tuple[Range, ...]:
    several = facts.get("ranges", [facts] if facts.keys() & {"min", "max", "step"} else ())
    return tuple(Range(one.get("min"), one.get("max"), one.get("step")) for one in several)


def _list_facet(facts: Facts) -> ListFacet:
    return ListFacet(
        facts.get("minItems", 0), facts.get("maxItems"), _sizes(facts), facts.get("nestedBrackets", "legacy")
    )


def _nested(listed: list[ListFacet]) -> ListFacet | None:
    if not listed:
        return None
    outer = listed[0]
    return ListFacet(outer.min_items, outer.max_items, outer.sizes, outer.nested_brackets, _nested(listed[1:]))


def _enumeration_value(facts: Facts | str) -> EnumerationValue:
    if isinstance(facts, str):
        return EnumerationValue(facts)
    return EnumerationValue(
        facts["value"],
        facts.get("optional", False),
        facts.get("access", "readWrite") != "readOnly",
        facts.get("status", "current"),
        facts.get("version", ""),
    )


def _reference(facts: Facts, mount: Callable[[str], str]) -> Reference:
    targets = tuple(mount(target) for target in facts.get("targets", ()))
    return Reference(targets, facts.get("refType", "strong") == "strong", facts.get("targetType", "row"))
