"""/etc/config/sqm: each section ``queue`` shapes what leaves one link, and what comes in by it, and makes its queues.

A section is a shaper: ``upload`` in kbit/s is its rate, 0 no limit. What leaves is all that TR-181 shapes, so that
``download`` stays a person's; sections of the agent's have it 0. The queues below follow from the script; they are
rows to look at, with the DSCPs by which a script that tells kinds of traffic apart does so.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from backends.desired_state import Pointer
from backends.openwrt.qos.schemes import Place, Scheme, of_sqm
from backends.openwrt.sections import Told, sections_of
from backends.qos.records import UNSET, Classification, Queue, Shaper
from backends.uci import Package, Section, Value

SQM: Final = "sqm"
TYPE: Final = "queue"
WANTED, POINTER = "cpe_enable", "cpe_interface"
"""Options of ours: that a shaper is wanted though it has no link yet, and which row it was given, where a link is
several."""
NEW: Final = {"download": "0", "qdisc": "cake", "script": "piece_of_cake.qos", "linklayer": "none"}
"""What a section of the agent's is told beside; the simplest script that there is."""
USUAL_UPLOAD: Final = 2302
"""kbit/s where nothing is said."""
KILO: Final = 1000


@dataclass(frozen=True)
class SqmSections:
    """``row_of`` is the row of a link, ``link_of`` the link of a row."""

    package: Package
    row_of: Callable[[str], Pointer | None]
    link_of: Callable[[Pointer | None], str | None]

    @cached_property
    def all(self) -> Mapping[str, Section]:
        """By identity."""
        return sections_of(self.package, TYPE)

    def section(self, key: str) -> Section:
        """One by its identity; without any option where it is not there yet."""
        return self.all.get(key) or Section(TYPE, "", "")

    def pointer(self, section: Section) -> Pointer | None:
        """The row that a section shapes: the one that was named, as long as it is the link's."""
        link, named = section.text("interface"), pointer_in(section.text(POINTER))
        if named is not None and (not link or self.link_of(named) == link):
            return named
        return self.row_of(link) if link else None


def shapers(here: SqmSections) -> dict[str, Shaper]:
    """By identity."""
    return {
        key: Shaper(
            enable=is_on(section) or section.text(WANTED) == "1",
            interface=here.pointer(section),
            rate=upload(section) * KILO or UNSET,
        )
        for key, section in here.all.items()
    }


def places(here: SqmSections) -> Iterator[tuple[str, str, Place, Scheme]]:
    """The queues: the key and the section of each, and what it is."""
    for key, section in here.all.items():
        scheme = scheme_of(section) if upload(section) else None
        if scheme is not None:
            yield from ((f"{key}:{place.name}", key, place, scheme) for place in scheme.places)


def queues(here: SqmSections) -> dict[str, Queue]:
    """By key."""
    return {
        queue: queue_of(place, scheme, is_on(here.all[key]), here.pointer(here.all[key]))
        for queue, key, place, scheme in places(here)
    }


def queue_of(place: Place, scheme: Scheme, enable: bool, interface: Pointer | None) -> Queue:
    """What is told of one."""
    return Queue(
        enable=enable,
        interface=interface,
        traffic_classes=(place.traffic_class,),
        precedence=place.precedence,
        drop=scheme.drop,
        scheduler=scheme.scheduler,
    )


def classifications(here: SqmSections) -> dict[str, Classification]:
    """The DSCPs that matter, as long as all links are shaped alike; where they are not, no one answer is true."""
    told = [(is_on(one), scheme.codepoints) for one in here.all.values() if (scheme := scheme_of(one)) and upload(one)]
    active = [points for is_active, points in told if is_active] or [points for _, points in told]
    if not active or any(points != active[0] for points in active):
        return {}
    return {
        f"dscp {point}": Classification(
            enable=any(is_active for is_active, _ in told),
            order=order,
            all_interfaces=True,
            dscp=point,
            traffic_class=traffic_class,
        )
        for order, (point, traffic_class) in enumerate(active[0].items(), 1)
    }


def document(here: SqmSections, key: str, record: Shaper) -> Told:
    """What is said of one shaper."""
    section = here.section(key)
    link, named = section.text("interface"), section.text(POINTER)
    if here.pointer(section) != record.interface:
        link = here.link_of(record.interface) or ""
        is_plain = record.interface is None or (link and here.row_of(link) == record.interface)
        named = "" if is_plain else text_of(record.interface)
    options: dict[str, Value] = {
        "enabled": "1" if record.enable and link else "0",
        WANTED: "1" if record.enable and not link else "",
        "interface": link,
        POINTER: named,
        "upload": section.text("upload") if record.rate == (upload(section) * KILO or UNSET) else kilobits(record.rate),
    }
    if key not in here.all:
        options |= {**NEW, "upload": kilobits(record.rate)}
    return Told(TYPE, options)


def is_on(section: Section) -> bool:
    """As the script compares it."""
    return section.text("enabled") == "1"


def upload(section: Section) -> int:
    """kbit/s; 0 for no limit."""
    text = section.text("upload")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else USUAL_UPLOAD


def kilobits(rate: int) -> str:
    """What a rate in bit/s is there."""
    return str(rate // KILO) if rate > 0 else "0"


def scheme_of(section: Section) -> Scheme | None:
    """The queues that its script makes."""
    return of_sqm(section.text("script"), section.text("qdisc", "fq_codel"), section.text("eqdisc_opts"))


def text_of(pointer: Pointer | None) -> str:
    """A row as it is kept."""
    return " ".join((pointer.table, *pointer.keys)) if pointer else ""


def pointer_in(text: str) -> Pointer | None:
    """A row as it was kept."""
    table, *keys = text.split(" ")
    return Pointer(table, tuple(keys)) if keys and len(keys) == table.count("{i}") else None
