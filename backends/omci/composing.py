"""Frames from documents as documents.py makes them; what a document leaves out has its usual value. Pure."""

import struct
from collections.abc import Mapping
from typing import Any, Final

from backends.omci.documents import BY_SIZE, DEVICES, IMAGE, IMAGE_RESULT, MASKS
from backends.omci.entities import (
    Attribute,
    Entity,
    Value,
    WrongValue,
    alarm_bitmap,
    entity,
    entity_named,
)
from backends.omci.frames import NOTIFICATIONS, Action, Frame, NotAFrame
from backends.omci.messages import NAMES, TABLE, contents
from backends.omci.trailers import Cmac, Trailer

_SHORT: Final = {"alarm": Action.ALARM, "avc": Action.AVC, "attributevaluechange": Action.AVC}
_BY_NAME: Final = {name.lower().replace(" ", ""): action for action, name in NAMES.items()} | _SHORT
_HEAD: Final = frozenset(
    {"schema", "tci", "type", "device", "class", "class_name", "instance", "attributes", "trailer", "trailer_octets"}
    | {"is_reserved_set", "is_acknowledged"}
)
_KINDS: Final[dict[str, tuple[type, ...]]] = {
    "type": (str,), "device": (str,), "class": (str, int), "instance": (int,), "tci": (int,), "attributes": (dict,),
    "trailer": (str,), "trailer_octets": (str,), "alarms": (dict, list), "entities": (list,), "images": (list,),
    "results": (list,),
}  # fmt: skip
_REPORT: Final = struct.Struct(">HHH")
_ENTITY: Final = struct.Struct(">HH")
_TABLE_PARTS: Final = {Action.GET_NEXT: "octets", Action.SET_TABLE: "values"}


def composed(document: Mapping[str, Any], cmac: Cmac | None = None) -> Frame:
    """The frame of a document: "type" and "class" at least. Raises NotAFrame, whose message says what is wrong.

    ``cmac``: the key for "trailer": "cmac". Octets are hexadecimal digits; a class may be named.
    """
    for name, kinds in _KINDS.items():
        if not isinstance(document.get(name, kinds[0]()), kinds):
            raise NotAFrame(f"its {name} is of another kind than decode tells it by")
    try:
        return _finished(_frame(document), document, cmac)
    except (TypeError, AttributeError) as error:
        raise NotAFrame("something in it is of another kind than decode tells it by") from error
    except (WrongValue, ValueError, KeyError, struct.error) as error:
        raise NotAFrame(str(error)) from error


def message(text: str) -> tuple[Action, bool]:
    """The message of a name in any spelling ("Get Request", "mib-upload-next", "avc"), and whether it is an answer."""
    name = "".join(filter(str.isalnum, text.lower()))
    answers = name.endswith("response")
    action = _BY_NAME.get(name.removesuffix("response").removesuffix("request"))
    if action is None:
        raise NotAFrame(f"there is no message {text!r}; there are {', '.join(NAMES.values())}")
    return action, answers


def _frame(document: Mapping[str, Any]) -> Frame:
    action, answers = message(document.get("type", ""))
    device = document.get("device", DEVICES[0])
    if device not in DEVICES:
        raise NotAFrame(f"a frame's device is {' or '.join(DEVICES)}; {device!r} is neither")
    is_extended = device == DEVICES[1]
    class_id = _class(document.get("class", ""))
    asks = not answers and (action, True) in TABLE and bool(document.get("is_acknowledged", True))
    fields = _fields(document, action, is_extended=is_extended, known=entity(class_id))
    return Frame(
        document.get("tci", 0 if action in NOTIFICATIONS else 1),
        action,
        class_id,
        document.get("instance", 0),
        contents(action, fields, answers=answers, is_extended=is_extended),
        asks,
        answers,
        is_extended,
        b"",
        bool(document.get("is_reserved_set", False)),
    )


def _finished(frame: Frame, document: Mapping[str, Any], cmac: Cmac | None) -> Frame:
    for name, number in (("tci", frame.tci), ("class", frame.class_id), ("instance", frame.instance)):
        if not 0 <= number <= 0xFFFF:
            raise NotAFrame(f"a frame's {name} is 0 to 65535; {number} is not")
    if "trailer_octets" in document:
        return frame.with_trailer(bytes.fromhex(document["trailer_octets"]))
    policy = document.get("trailer", "crc32")
    if policy == "cmac" and cmac is None:
        raise NotAFrame("a trailer of CMAC needs the key")
    return Trailer(policy, cmac if policy == "cmac" else None).finish(frame)


def _class(given: int | str) -> int:
    if isinstance(given, int):
        return given
    if (found := entity_named(given)) is not None:
        return found.number
    try:
        return int(given, 0)
    except ValueError:
        raise NotAFrame(f"there is no class {given!r} here; a number is always understood") from None


def _fields(
    document: Mapping[str, Any], action: Action, *, is_extended: bool, known: Entity | None
) -> dict[str, int | bytes]:
    fields: dict[str, int | bytes] = {
        name: _hexadecimal(name, value) if isinstance(value, str) else value
        for name, value in document.items()
        if name not in _HEAD and isinstance(value, (int, str))
    }
    for name in MASKS:
        if isinstance(document.get(name), list):
            fields[name] = sum(_mask(known, each) for each in document[name])
    if "alarms" in document:
        fields["bitmap"] = alarm_bitmap(int(number) for number in document["alarms"])
    if "entities" in document:
        fields["entities"] = b"".join(_entity(each, is_extended=is_extended) for each in document["entities"])
    for name, shape in (("images", IMAGE), ("results", IMAGE_RESULT)):
        if name in document:
            made = (shape.pack(*([one] if isinstance(one, int) else one)) for one in document[name])
            fields |= {"count": len(document[name]), name: b"".join(made)}
    if attributes := document.get("attributes"):
        fields |= _attributes(attributes, action, known=known)
    return fields


def _hexadecimal(name: str, text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise NotAFrame(f"its {name} would be octets in hexadecimal digits; {text!r} is not") from None


def _attributes(given: Mapping[str, Any], action: Action, *, known: Entity | None) -> dict[str, int | bytes]:
    """Mask and values as the message has them."""
    given = {_by_name(known, name): value for name, value in given.items()}
    if action in _TABLE_PARTS:
        if len(given) != 1:
            raise NotAFrame(f"{NAMES[action]} is of one table")
        ((name, octets),) = given.items()
        part = {} if octets is None else {_TABLE_PARTS[action]: bytes.fromhex(octets)}
        return {"mask": _mask(known, name), **part}
    if action == Action.CREATE and known:
        made_with = {each.name: 0 for each in known.of_mask(known.made_with())}
        if strange := [name for name in given if name not in made_with and not name.startswith("0x")]:
            usual = ", ".join(made_with) or "no attribute"
            raise NotAFrame(f"{known.name} is not made with {', '.join(strange)}; it is with {usual}")
        zeros = {name: bytes(_attribute(known, name).size) for name in made_with if not _in_masks(known, name, given)}
        return {"values": _values(known, zeros | dict(given), tables_by_size=False)[1]}
    mask, values = _values(known, given, tables_by_size=action in BY_SIZE)
    if all(value is None for value in given.values()):
        return {"mask": mask}
    return {"mask": mask, "values": values}


def _by_name(known: Entity | None, name: str) -> str:
    """An attribute's name where its number is given, or its mask where nobody here knows it."""
    if not name.isdecimal() or not 1 <= int(name) <= 16:
        return name
    attribute = known.attribute(int(name)) if known else None
    return attribute.name if attribute else f"0x{0x10000 >> int(name):04x}"


def _in_masks(known: Entity, name: str, given: Mapping[str, Any]) -> bool:
    """Whether an attribute is among those whose octets are given by their mask."""
    bit = _attribute(known, name).mask
    return any(each.startswith("0x") and int(each, 16) & bit for each in given)


def _values(known: Entity | None, given: Mapping[str, Any], *, tables_by_size: bool) -> tuple[int, bytes]:
    """The mask, and the octets in the order of it; those that are given by a mask come last."""
    mask = 0
    found: dict[int, bytes] = {}
    for name, value in given.items():
        mask |= (bits := _mask(known, name))
        if value is None:
            continue
        if name.startswith("0x"):
            found[0x10000 | bits] = bytes.fromhex(value)
        else:
            found[0x10000 - bits] = _octets(_attribute(known, name), value, tables_by_size=tables_by_size)
    return mask, b"".join(octets for _, octets in sorted(found.items()))


def _octets(attribute: Attribute, value: Value, *, tables_by_size: bool) -> bytes:
    if attribute.is_table and not tables_by_size and isinstance(value, int):
        raise NotAFrame(f"{attribute.name} is a table: give a row as octets")
    return attribute.octets(value)


def _mask(known: Entity | None, name: str) -> int:
    return int(name, 16) if name.startswith("0x") else _attribute(known, name).mask


def _attribute(known: Entity | None, name: str) -> Attribute:
    found = known.named(name) if known else None
    if found is None:
        has = (
            ", ".join(each.name for each in known.attributes) if known else "none that is known: give a mask, as 0x8000"
        )
        raise NotAFrame(f"the class has no attribute {name!r}; it has {has}")
    return found


def _entity(document: Mapping[str, Any], *, is_extended: bool) -> bytes:
    class_id, instance = _class(document["class"]), document.get("instance", 0)
    if "alarms" in document:
        return _ENTITY.pack(class_id, instance) + alarm_bitmap(int(number) for number in document["alarms"])
    mask, values = _values(entity(class_id), document.get("attributes", {}), tables_by_size=True)
    values += bytes.fromhex(document.get("rest", ""))
    length = len(values).to_bytes(2) if is_extended else b""
    return length + _REPORT.pack(class_id, instance, mask) + values
