"""The verbs onu info, get and dump: what an ONT is and knows, in tables for people and as JSON."""

import argparse
import re
import time
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from agent.cli.client import OK, USAGE, Failure
from agent.cli.onu_line import Access, access
from agent.cli.output import paint, printable, show_json, show_table

if TYPE_CHECKING:
    from backends.omci.entities import Attribute, Entity

Json = dict[str, Any]

IMAGE, UNI, ONU_G, ONU2_G, ANI, VEIP, SERVER = 7, 11, 256, 257, 263, 329, 340
ASKED: Final[Mapping[int, int]] = {
    ONU_G: 0xE300, ONU2_G: 0xC040, IMAGE: 0xF000, ANI: 0x0677, UNI: 0x0E00, VEIP: 0xE000,
}  # fmt: skip
"""Attributes that info asks for."""
SPEEDS: Final = {1: "10", 2: "100", 3: "1000", 4: "10000", 5: "2500", 6: "5000", 7: "25000", 8: "40000"}


def info(options: argparse.Namespace) -> int:
    """The verb info."""
    with access(options) as line:
        begun = time.monotonic()
        document = told(line)
        document["seconds"] = round(time.monotonic() - begun, 3)
        if line.recorder:
            document["frames_sent"] = line.recorder.sent
        if options.json:
            show_json(document)
        else:
            _show(document)
    return OK


def told(line: Access) -> Json:
    """What info tells."""
    found = {
        number: [(instance, _read(line, number, instance, mask)) for instance in line.ont.instances(number)]
        for number, mask in ASKED.items()
    }
    onu = next((values for _, values in found[ONU_G]), {})
    more = next((values for _, values in found[ONU2_G]), {})
    ticks = more.get("Sysuptime")
    document: Json = {
        "device": line.device,
        "onu": {
            "vendor": onu.get("VendorId"), "version": onu.get("Version"), "serial_number": _serial(onu),
            "equipment": more.get("EquipmentId"), "enabled": _zero(onu, "AdministrativeState"),
            "operational": _zero(onu, "OperationalState"),
            "omcc_version": more.get("OpticalNetworkUnitManagementAndControlChannelOmccVersion"),
            "uptime": None if not isinstance(ticks, int) else ticks / 100, "activation": line.ont.state(),
        },
        "images": [
            {"instance": instance, "version": image.get("Version"), "active": _is(image, "IsActive"),
             "committed": _is(image, "IsCommitted"), "valid": _is(image, "IsValid")}
            for instance, image in found[IMAGE]
        ],
        "optical": [
            {"instance": instance, "receive_dbm": _dbm(ani.get("OpticalSignalLevel")),
             "transmit_dbm": _dbm(ani.get("TransmitOpticalLevel")),
             "signal_fail": ani.get("SignalFailThreshold"), "signal_degrade": ani.get("SignalDegradeThreshold")}
            for instance, ani in found[ANI]
        ],
        "levels": {name: {"value": value, "unit": unit} for name, (value, unit) in line.ont.levels().items()},
        "ports": [
            {"class": number, "instance": instance, "enabled": _zero(port, "AdministrativeState"),
             "up": _zero(port, "OperationalState"), "speed": SPEEDS.get(port.get("ConfigurationInd", 0) & 0x0F),
             "name": port.get("InterdomainName")}
            for number in (UNI, VEIP) for instance, port in found[number]
        ],
        "acs": [_acs(line, instance) for instance, _ in found[VEIP]],
    }  # fmt: skip
    return document


def _acs(line: Access, instance: int) -> Json:
    """What the OLT says of the ACS; of a password, only whether there is one."""
    from backends.omci.acs_chain import AcsNamed, follow

    named = follow(line.ont.get, instance)
    if not isinstance(named, AcsNamed):
        return {"instance": instance, "url": None, "reason": named.reason}
    return {
        "instance": instance, "url": named.url, "username": named.username, "has_password": bool(named.password),
        "scheme": named.scheme, "realm": named.realm, "vlan": named.tag and named.tag.vlan,
        "priority": named.tag and named.tag.priority,
    }  # fmt: skip


def _read(line: Access, number: int, instance: int, mask: int) -> Json:
    """Attributes by name; what the ONT does not have is missing."""
    from backends.omci.entities import entity
    from backends.omci.queries import NoEntity, Refused

    known = entity(number)
    try:
        got = line.ont.get(number, instance, mask)
    except (NoEntity, Refused):
        return {}
    return _named(known, got.octets) if known else {}


def _named(known: "Entity", octets: Mapping[int, bytes]) -> Json:
    values = {}
    for index, each in sorted(octets.items()):
        if attribute := known.attribute(index):
            value = attribute.value(each)
            values[attribute.name] = value.hex() if isinstance(value, bytes) else value
    return values


def _serial(onu: Json) -> str | None:
    """Four letters and eight digits, as it stands on the label."""
    from backends.omci.entities import entity

    text = onu.get("SerialNumber")
    known = entity(ONU_G)
    attribute = known.named("SerialNumber") if known else None
    if attribute is None or not isinstance(text, str) or len(text) != 16:
        return text
    value = attribute.value(bytes.fromhex(text))
    return text if isinstance(value, bytes) else str(value)


def _dbm(level: object) -> float | None:
    return round(level * 0.002, 3) if isinstance(level, int) else None


def _zero(values: Json, name: str) -> bool | None:
    """OMCI's states: 0 is unlocked, and enabled."""
    return values[name] == 0 if name in values else None


def _is(values: Json, name: str) -> bool | None:
    return bool(values[name]) if name in values else None


def _show(document: Json) -> None:
    onu = document["onu"]
    up = onu["uptime"]
    rows = [
        ("ONT", f"{onu['equipment'] or ''}  {onu['vendor'] or ''} {onu['version'] or ''}".strip()),
        ("serial number", onu["serial_number"]),
        ("state", _words(onu["activation"], _either(onu["enabled"], "unlocked", "locked"),
                         _either(onu["operational"], "operational", "not operational"))),
        ("up for", None if not up else f"{up:.0f} s"),
    ]  # fmt: skip
    for image in document["images"]:
        which = _words(*(word for word in ("active", "committed", "valid") if image[word]))
        rows.append((f"image {image['instance']}", f"{image['version']}  {which}"))
    for ani in document["optical"]:
        levels = _words(_level("receives", ani["receive_dbm"]), _level("sends", ani["transmit_dbm"]))
        rows.append((f"light 0x{ani['instance']:04x}", levels or "not measured"))
    rows += [(name, f"{level['value']} {level['unit']}") for name, level in document["levels"].items()]
    for port in document["ports"]:
        kind = "Ethernet" if port["class"] == UNI else "virtual"
        speed = f"{port['speed']} Mbit/s" if port["speed"] and port["up"] else None
        state = (_either(port["up"], "up", "down"), _either(port["enabled"], None, "locked"), speed, port["name"])
        rows.append((f"port 0x{port['instance']:04x}", f"{kind}  {_words(*state)}"))
    for acs in document["acs"]:
        rows.append((f"ACS 0x{acs['instance']:04x}", acs["url"] or f"none: {acs['reason']}"))
        if acs["url"]:
            vlan = None if acs["vlan"] is None else f"VLAN {acs['vlan']}, priority {acs['priority']}"
            who = (
                f"{acs['username']}, with {'a' if acs['has_password'] else 'no'} password" if acs["username"] else None
            )
            rows.append(("", _words(who, acs["scheme"] or None, vlan)))
    show_table([row for row in rows if row[1]])


def _words(*words: str | None) -> str:
    return ", ".join(word for word in words if word)


def _either(value: bool | None, yes: str | None, no: str | None) -> str | None:
    return None if value is None else yes if value else no


def _level(what: str, dbm: float | None) -> str | None:
    return None if dbm is None else f"{what} {dbm:.2f} dBm"


# --- get and dump


def get(options: argparse.Namespace) -> int:
    """The verb get."""
    from backends.omci.consoles.told import NotUnderstood
    from backends.omci.queries import NoEntity, Refused

    number, known = _class(options.entity)
    instance = _number("the instance", options.instance)
    mask = _mask(options.attributes, known)
    with access(options) as line:
        try:
            if options.current:
                found = line.ont.running(number, instance, mask)
                if found is None:
                    raise Refused("the ONT tells no interval that is still running of it", 2)
            else:
                found = line.ont.get(number, instance, mask)
        except NotUnderstood:  # consoles say nothing, or something else, of a class that they do not have
            why = f"the console tells nothing of a class {number}"
            raise Failure("not_there", why, "cpe-agent onu dump lists what there is") from None
        except (NoEntity, Refused) as error:
            raise Failure("not_there", str(error), "cpe-agent onu dump lists what there is") from None
        document = _entity(number, known, instance, found.octets, has_secrets=options.secrets)
        document["not_told"] = [_name(known, index) for index in range(1, 17) if 0x10000 >> index & found.refused]
        if options.json:
            show_json(document)
        else:
            _show_entity(document, known)
            if document["not_told"]:
                print(paint(f"not told: {', '.join(document['not_told'])}", "dim"))
    return OK


def dump(options: argparse.Namespace) -> int:
    """The verb dump."""
    from backends.omci.entities import entity

    with access(options) as line:
        entities = [
            _entity(number, known, instance, octets, has_secrets=options.secrets, uncut=uncut)
            for number, known, instance, octets, uncut in _all(line)
        ]
        if options.json:
            show_json({"device": options.device, "entities": entities})
        else:
            for document in entities:
                _show_entity(document, entity(document["class"]))
    return OK


def _all(line: Access) -> Iterator[tuple[int, "Entity | None", int, Mapping[int, bytes], Mapping[int, bytes]]]:
    """By an upload where frames are spoken; a console is asked for class by class."""
    from backends.omci.consoles.told import NotUnderstood
    from backends.omci.entities import entity, known
    from backends.omci.queries import Queries

    if line.exchange:
        for (number, instance), held in sorted(Queries(line.exchange).upload().entities.items()):
            yield number, entity(number), instance, held.octets, held.uncut
    elif line.driver:
        for number in known():
            try:
                several = line.driver.entities(number)
            except NotUnderstood:  # it says nothing at all of a class that it does not have
                continue
            for one in several:
                yield number, entity(number), one.instance, one.octets, {}


def _entity(
    number: int,
    known: "Entity | None",
    instance: int,
    octets: Mapping[int, bytes],
    *,
    has_secrets: bool,
    uncut: Mapping[int, bytes] = MappingProxyType({}),
) -> Json:
    """``uncut``: by mask, octets of attributes whose sizes nobody here knows."""
    from backends.omci.entities import HIDDEN, SECRETIVE, SECRETS

    attributes: Json = {}
    for index, each in sorted(octets.items()):
        attribute = known.attribute(index) if known else None
        value = attribute.value(each) if attribute and not attribute.is_table else each
        is_hidden = (number, index) in SECRETS and not has_secrets and any(each)
        attributes[_name(known, index)] = HIDDEN if is_hidden else value.hex() if isinstance(value, bytes) else value
    is_told = has_secrets or number not in SECRETIVE
    attributes |= {f"0x{mask:04x}": each.hex() if is_told else HIDDEN for mask, each in uncut.items()}
    return {
        "class": number, "class_name": known.name if known else None, "instance": instance, "attributes": attributes,
    }  # fmt: skip


def _show_entity(document: Json, known: "Entity | None") -> None:
    from backends.omci.entities import HIDDEN

    head = f"{document['class_name'] or 'class'} ({document['class']}) 0x{document['instance']:04x}"
    print(paint(head, "bold"))
    rows = []
    for name, value in document["attributes"].items():
        attribute: Attribute | None = known.named(name) if known else None
        is_plain = attribute is None or attribute.is_table or value == HIDDEN
        rows.append((f"  {name}", value if is_plain or attribute is None else attribute.told(value)))
    show_table(rows)


def _name(known: "Entity | None", index: int) -> str:
    attribute = known.attribute(index) if known else None
    return attribute.name if attribute else f"0x{0x10000 >> index:04x}"


def _class(text: str) -> tuple[int, "Entity | None"]:
    from backends.omci.entities import entity, entity_named

    if named := entity_named(text):
        return named.number, named
    number = _number("a class that has no name here", text)
    return number, entity(number)


def _mask(names: list[str], known: "Entity | None") -> int:
    if not names:
        return known.readable() if known else 0xFFFF
    mask = 0
    for name in names:
        attribute = known.named(name) if known else None
        if attribute is None and re.fullmatch("0[xX][0-9A-Fa-f]{4}", name):
            mask |= int(name, 16)
        elif attribute is None and name.isdigit() and 1 <= int(name) <= 16:
            mask |= 0x10000 >> int(name)
        elif attribute is None:
            has = (
                ", ".join(each.name for each in known.attributes)
                if known
                else "only numbers, 1 to 16, and masks, as 0x8000"
            )
            raise Failure("usage", f"it has no attribute {printable(name)}", f"it has {has}", USAGE)
        else:
            mask |= attribute.mask
    return mask


def _number(what: str, text: str) -> int:
    try:
        number = int(text, 0)
    except ValueError:
        number = -1
    if not 0 <= number <= 0xFFFF:
        raise Failure("usage", f"{what} is a number of 16 bits; {printable(text)} is none", "see --help", USAGE)
    return number
