"""Frames as documents: names instead of numbers, attributes instead of octets. Pure; composing.py is the way back."""

import struct
from typing import Any, Final

from backends.omci.entities import (
    HIDDEN,
    SECRETIVE,
    SECRETS,
    Entity,
    Value,
    alarm_numbers,
    entity,
)
from backends.omci.frames import LENGTH_FIELD, NOTIFICATIONS, Action, Frame, NotAFrame, parse
from backends.omci.messages import name_of, read
from backends.omci.mib import Report, alarm_reports, cut, reports
from backends.omci.trailers import Cmac, kind

Document = dict[str, Any]

MASKS: Final = ("unsupported", "failed", "execution_mask")
BY_SIZE: Final = (Action.GET, Action.GET_CURRENT, Action.AVC, Action.MIB_UPLOAD_NEXT)
"""Messages in which a table stands for how long it is."""
IMAGE: Final = struct.Struct(">H")
IMAGE_RESULT: Final = struct.Struct(">HB")
DEVICES: Final = ("baseline", "extended")


def decoded(octets: bytes, cmac: Cmac | None = None) -> Document:
    """A frame's document. What cannot be decoded has "error", and whatever else could be told of it."""
    document: Document = {}
    try:
        frame = parse(octets)
        known = entity(frame.class_id)
        document |= {
            "tci": frame.tci,
            "type": name_of(frame),
            "device": DEVICES[frame.is_extended],
            "class": frame.class_id,
            "class_name": known.name if known else None,
            "instance": frame.instance,
            "attributes": {},
            "trailer": kind(frame, cmac),
        }
        if not _is_told_by_kind(frame, document["trailer"]):
            document["trailer_octets"] = frame.trailer.hex()
        document |= _told(frame, known)
    except NotAFrame as error:
        document |= {"error": str(error), "octets": octets.hex()}
    return document


def masked(document: Document) -> Document:
    """The same without passwords and keys; nor are there octets that may have them."""
    number = document.get("class")
    names = {} if number is None else {name: _is_secret(number, name) for name in document.get("attributes", {})}
    hidden = {
        "attributes": {
            name: HIDDEN if names[name] and _is_something(value) else value
            for name, value in document.get("attributes", {}).items()
        },
        "entities": [masked(one) for one in document.get("entities", [])],
        **(dict.fromkeys(("rest", "octets"), HIDDEN) if number in SECRETIVE else {}),
    }
    return document | {name: value for name, value in hidden.items() if name in document}


def _is_secret(number: int, name: str) -> bool:
    known = entity(number)
    attribute = known.named(name) if known else None
    return number in SECRETIVE if attribute is None else (number, attribute.index) in SECRETS


def _is_something(value: Any) -> bool:
    return bool(value.strip("0") if isinstance(value, str) else value)


def _is_told_by_kind(frame: Frame, its_kind: str) -> bool:
    return its_kind != "other" and (frame.is_extended or frame.trailer[:4] == LENGTH_FIELD)


def _told(frame: Frame, known: Entity | None) -> Document:
    """What a frame's contents say, by names."""
    fields: Document = dict(read(frame))
    told: Document = {}
    if frame.is_reserved_set:
        told["is_reserved_set"] = True
    if not frame.asks and not frame.answers and frame.action not in NOTIFICATIONS:
        told["is_acknowledged"] = False
    if frame.action == Action.CREATE and not frame.answers and known:
        fields["mask"] = known.made_with()
    if "mask" in fields:
        told |= _attributes(frame, known, fields)
    for name in MASKS:
        if name in fields and (mask := fields.pop(name)):
            told[name] = _names(known, mask)
    if "bitmap" in fields:
        told["alarms"] = _alarms(known, fields.pop("bitmap"))
        if not any(fields.get("padding", b"")):
            fields.pop("padding", None)
    if "entities" in fields:
        told |= _entities(frame, fields.pop("entities"))
    told |= _images(fields, is_extended=frame.is_extended)
    return told | {name: value.hex() if isinstance(value, bytes) else value for name, value in fields.items()}


def _attributes(frame: Frame, known: Entity | None, fields: Document) -> Document:
    """Takes mask and values out of the fields. A request for attributes has them without a value."""
    mask = fields.pop("mask")
    values = fields.pop("values", None)
    if frame.action in (Action.GET_NEXT, Action.SET_TABLE) and mask:  # one table, and octets of it
        octets = fields.pop("octets", values)
        name = _names(known, mask)[0] if mask.bit_count() == 1 else _mask_name(mask)
        return {"attributes": {name: None if octets is None else octets.hex()}}
    if values is None:
        return {"attributes": dict.fromkeys(_names(known, mask))}
    told, rest = _values(known, mask, values, tables_by_size=frame.action in BY_SIZE)
    if rest if frame.is_extended else any(rest):
        fields["rest"] = rest
    return {"attributes": told}


def _values(known: Entity | None, mask: int, values: bytes, *, tables_by_size: bool = True) -> tuple[Document, bytes]:
    """Attributes by name, what could not be cut by its mask; and what stands behind the values."""
    parts = cut(known, mask, values, tables_by_size=tables_by_size)
    told: Document = {}
    for index, octets in parts.octets.items():
        attribute = known.attributes[index - 1]  # type: ignore[union-attr]
        told[attribute.name] = _plain(attribute.value(octets))
    if not parts.mask:
        return told, parts.rest
    told[_mask_name(parts.mask)] = parts.rest.hex()
    return told, b""


def _entities(frame: Frame, octets: bytes) -> Document:
    """Several entities, each with attributes or with alarms."""
    if frame.action == Action.GET_ALL_ALARMS_NEXT:
        told = [
            {**_head(class_id, instance), "alarms": _alarms(entity(class_id), bitmap)}
            for class_id, instance, bitmap in alarm_reports(frame)
        ]
        return {"entities": told}
    found = reports(frame)
    several = [_report(report, is_extended=frame.is_extended) for report in found]
    if not found and any(octets):
        return {"entities": [], "rest": octets.hex()}
    return {"entities": several}


def _report(report: Report, *, is_extended: bool) -> Document:
    told, rest = _values(entity(report.class_id), report.mask, report.values)
    document = {**_head(report.class_id, report.instance), "attributes": told}
    return document | ({"rest": rest.hex()} if (rest if is_extended else any(rest)) else {})


def _head(class_id: int, instance: int) -> Document:
    known = entity(class_id)
    return {"class": class_id, "class_name": known.name if known else None, "instance": instance}


def _images(fields: Document, *, is_extended: bool) -> Document:
    """Images of a software download, each an instance, or an instance with its result."""
    name, shape = ("images", IMAGE) if "images" in fields else ("results", IMAGE_RESULT)
    octets = fields.pop(name, b"")
    if "count" not in fields:  # another message, or a short answer that says nothing of them
        return {}
    end = fields.pop("count") * shape.size
    if end > len(octets):
        raise NotAFrame(f"it names {end // shape.size} images, and has room for {len(octets) // shape.size}")
    if octets[end:] if is_extended else any(octets[end:]):
        fields["rest"] = octets[end:]
    told = list(shape.iter_unpack(octets[:end]))
    return {name: [one[0] for one in told] if name == "images" else [list(one) for one in told]}


def _alarms(known: Entity | None, bitmap: bytes) -> Document:
    names = known.alarms if known else {}
    return {str(number): names.get(number, "") for number in alarm_numbers(bitmap)}


def _names(known: Entity | None, mask: int) -> list[str]:
    names = [attribute.name for attribute in known.of_mask(mask)] if known else []
    unknown = mask & (0xFFFF >> len(known.attributes)) if known else mask
    return names + ([_mask_name(unknown)] if unknown else [])


def _mask_name(mask: int) -> str:
    return f"0x{mask:04x}"


def _plain(value: Value) -> int | str:
    return value.hex() if isinstance(value, bytes) else value
