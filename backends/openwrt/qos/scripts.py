"""/etc/config/qos, of qos-scripts: a section ``interface`` shapes what leaves one of netifd's, and has classes.

Its rate is a shaper's, to be changed; its classes are queues, and rules that TR-181 can say are classifications, both
to look at. Such a section is called as its interface is, so that no row can be added or led to another interface.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_network
from typing import Any, Final

from backends.desired_state import Pointer
from backends.openwrt.interfaces import Interface
from backends.openwrt.qos.schemes import Place, Scheme, of_qos_scripts
from backends.openwrt.qos.sqm import KILO, kilobits, queue_of
from backends.openwrt.sections import Told, sections_of, truth
from backends.qos.records import UNSET, Classification, Queue, Shaper
from backends.uci import Package, Section

QOS: Final = "qos"
BEGIN: Final = "qos:"
"""What the keys of its rows begin with."""
USUAL_UPLOAD: Final = 128
PROTOCOLS: Final = {"": UNSET, "icmp": 1, "tcp": 6, "udp": 17, "gre": 47, "esp": 50, "ah": 51}
SAID: Final = frozenset({"target", "proto", "srchost", "dsthost", "srcports", "dstports", "dscp", "comment"})
"""Options of a rule that a classification can say."""
PORTS: Final = re.compile(r"(\d{1,5})(?:[-:](\d{1,5}))?")
CLASSES_BEGIN: Final = {"EF": 46, "BE": 0}


@dataclass(frozen=True)
class QosSections:
    """``row_of`` is the row of a link."""

    package: Package
    interfaces: Mapping[str, Interface]
    row_of: Callable[[str], Pointer | None]

    @cached_property
    def all(self) -> Mapping[str, Section]:
        """Those of interfaces, by the keys of their shapers."""
        return {f"{BEGIN}{key}": section for key, section in sections_of(self.package, "interface").items()}

    def link(self, section: Section) -> str:
        """The link that it shapes."""
        found = self.interfaces.get(section.name)
        return section.text("device") or (found.link if found else "")

    def pointer(self, section: Section) -> Pointer | None:
        """Its row."""
        link = self.link(section)
        return self.row_of(link) if link else None

    def scheme(self, section: Section) -> Scheme:
        """The queues of its classes."""
        group = self.package.get(section.text("classgroup", "Default"))
        return of_qos_scripts(list(group.items("classes")) if group else [])


def shapers(here: QosSections) -> dict[str, Shaper]:
    """By key."""
    return {
        key: Shaper(enable=truth(one, "enabled", True), interface=here.pointer(one), rate=upload(one) * KILO or UNSET)
        for key, one in here.all.items()
    }


def places(here: QosSections) -> Iterator[tuple[str, str, Place, Scheme]]:
    """The queues: the key and the shaper of each, and what it is."""
    for key, section in here.all.items():
        scheme = here.scheme(section)
        for place in scheme.places:
            yield f"{key}:{place.name}", key, place, scheme


def queues(here: QosSections) -> dict[str, Queue]:
    """By key."""
    return {
        queue: queue_of(place, scheme, truth(here.all[key], "enabled", True), here.pointer(here.all[key]))
        for queue, key, place, scheme in places(here)
    }


def classifications(here: QosSections, first: int) -> dict[str, Classification]:
    """The rules that can be said; the class of each is known where all interfaces have the same ones."""
    groups = {tuple(place.name for place in here.scheme(one).places) for one in here.all.values()}
    numbers = {name: number for number, name in enumerate(next(iter(groups)), 1)} if len(groups) == 1 else {}
    found: dict[str, Classification] = {}
    for key, section in sections_of(here.package, "classify").items():
        said = _classification(section, numbers)
        if said is not None:
            found[f"{BEGIN}{key}"] = Classification(
                enable=any(truth(one, "enabled", True) for one in here.all.values()),
                order=first + len(found),
                all_interfaces=True,
                **said,
            )
    return found


def document(here: QosSections, key: str, record: Shaper) -> Told:
    """What is said of one shaper."""
    section = here.all[key]
    same = record.rate == (upload(section) * KILO or UNSET)
    options = {
        "enabled": "1" if record.enable else "0",
        "upload": section.text("upload") if same else kilobits(record.rate),
    }
    return Told("interface", options)


def upload(section: Section) -> int:
    """kbit/s."""
    text = section.text("upload")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else USUAL_UPLOAD


def _classification(section: Section, numbers: Mapping[str, int]) -> dict[str, Any] | None:
    """The fields of a rule; None for one that cannot be said."""
    if not {*section.options} <= SAID or section.text("target") not in numbers:
        return None
    found: dict[str, Any] = {"traffic_class": numbers[section.text("target")]}
    try:
        found["protocol"] = PROTOCOLS[section.text("proto").lower()]
        found["dscp"] = _codepoint(section.text("dscp"))
        for end, hosts, ports in (("source", "srchost", "srcports"), ("dest", "dsthost", "dstports")):
            found[f"{end}_ip"], found[f"{end}_mask"] = _network(section.text(hosts))
            found[f"{end}_port"], found[f"{end}_port_range_max"] = _ports(section.text(ports))
    except (ValueError, KeyError):
        return None
    return found


def _network(text: str) -> tuple[str, str]:
    """An address and its mask; ValueError for what iptables has to look up, or takes the other way round."""
    if not text:
        return "", ""
    found = ip_network(text, strict=False)
    return str(found.network_address), str(found.netmask) if "/" in text else ""


def _ports(text: str) -> tuple[int, int]:
    if not text:
        return UNSET, UNSET
    found = PORTS.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return int(found[1]), int(found[2] or UNSET)


def _codepoint(text: str) -> int:
    """A DSCP as iptables takes it: a number or a class."""
    if not text:
        return UNSET
    kind, digits = text[:2].upper(), text[2:]
    if kind in ("EF", "BE") and not digits:
        return CLASSES_BEGIN[kind]
    if kind == "CS":
        return 8 * int(digits)
    if kind == "AF" and re.fullmatch(r"[1-4][1-3]", digits):
        return 8 * int(digits[0]) + 2 * int(digits[1])
    return int(text, 0)
