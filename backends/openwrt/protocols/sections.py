"""/etc/config/network as protocols are read from it: interfaces by name, their links, and rows of the data model."""

import secrets
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from backends.desired_state import NotOurs, Pointer, Record, Wanted
from backends.openwrt.configured import Read
from backends.openwrt.differences import Difference
from backends.openwrt.interfaces import Interface, interfaces
from backends.openwrt.sections import OURS, Document, Sections, Told, is_ours, truth, write
from backends.uci import Edits, Section, Value

NETWORK: Final = "network"
INTERFACE: Final = "interface"
STAYS: Final = ("device", "ifname", "disabled", "auto")
"""What stays of a person's interface whose protocol is taken away, beside its name, zone and unknown options."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the machine says: ``row_of`` the row of a table that a link is, ``link_of`` the link of a row,
    ``may_change`` whether the link is given to the agent, ``present`` the links that netifd has made of its
    interfaces, ``on_the_way`` the links that lead to the management server; ``around`` all that rows follow from.
    """

    row_of: Callable[[str, str], Pointer | None]
    link_of: Callable[[Pointer | None], str | None]
    may_change: Callable[[str], bool]
    present: Callable[[], Mapping[str, str]]
    on_the_way: Callable[[], Collection[str]]
    around: Callable[[], Hashable]

    def surroundings(self) -> Hashable:
        """See backends.openwrt.configured.Mapping."""
        return tuple(sorted(self.present().items())), self.around()

    def crosses(self, links: Iterable[str | None]) -> bool:
        """Whether the way to the management server leads over one of these links."""
        return not {link for link in links if link}.isdisjoint(self.on_the_way())

    def check(self, link: str | None, kind: type[Record], key: str, fields: Collection[str]) -> None:
        """NotOurs for a link that is not given to the agent."""
        if link is not None and not self.may_change(link):
            reason = f"{link} is not given to the agent: [network] manage, or cpe-agent setup --manage {link}"
            raise NotOurs(reason, kind, key, fields)


@dataclass(frozen=True)
class NetworkSections(Sections):
    """The package with what netifd has made of it."""

    ground: Ground

    @classmethod
    def of_package(cls, read: Read, ground: Ground) -> "NetworkSections":
        """As it is read now."""
        return cls(read(NETWORK), ground)

    @cached_property
    def interfaces(self) -> Mapping[str, Interface]:
        """With the links that netifd has made of them, where it runs."""
        return interfaces(self.package, self.ground.present())

    @cached_property
    def _configured(self) -> Mapping[str, Interface]:
        return interfaces(self.package, {})

    def speaking(self, *protos: str) -> dict[str, Section]:
        """The interfaces of these protocols, by name."""
        return {
            key: section
            for key, section in self.all.items()
            if section.type == INTERFACE and section.name and section.text("proto") in protos
        }

    def link(self, name: str) -> str:
        """The link that an interface is; "" where nobody knows."""
        found = self.interfaces.get(name)
        return found.link if found else ""

    def device(self, name: str) -> str:
        """The link below an interface, as it is configured; of another interface ("@wan") the link that that is."""
        text = self.section(name).text("device", self.section(name).text("ifname"))
        if text.startswith("@"):
            return self.link(text[1:])
        found = self._configured.get(name)
        return found.link if found else ""

    def row(self, link: str, *tables: str) -> Pointer | None:
        """The row of the first of these tables that a link is in."""
        rows = (self.ground.row_of(link, table) for table in tables if link)
        return next((row for row in rows if row is not None), None)

    def named(self, pointer: Pointer | None) -> str:
        """The interface of /etc/config/network that a row's link is; "" for none."""
        link = self.ground.link_of(pointer)
        return next((name for name, one in self.interfaces.items() if link and one.link == link), "")


def short(taken: Collection[str]) -> str:
    """A name for a new interface: links are named after it, with up to six characters before, in fifteen in all."""
    while (name := f"{OURS}{secrets.token_hex(3)[:5]}") in taken:
        pass
    return name


def is_on(section: Section) -> bool:
    """Whether netifd brings an interface up."""
    return not truth(section, "disabled", False) and truth(section, "auto", True)


def switch(section: Section, enable: bool) -> dict[str, Value]:
    """What is said of that; as it stands already where it is so."""
    if section.id and section.options and is_on(section) == enable:
        return {name: section.text(name) for name in ("disabled", "auto")}
    return {"disabled": "", "auto": ""} if enable else {"disabled": "1", "auto": section.text("auto")}


def both_on(section: Section, option: str) -> tuple[bool, bool]:
    """Whether a whole is on, and whether its part is, where netifd has one switch for both; ``option`` of ours says
    which of them keeps it off.
    """
    kept = section.text(option)
    is_up = not truth(section, "disabled", False)
    return (is_up, is_up) if is_up or kept not in ("01", "10") else (kept[0] == "1", kept[1] == "1")


def switch_both(section: Section, option: str, whole: bool, part: bool) -> dict[str, Value]:
    """What is said of that; as it stands already where it is so."""
    is_up = whole and part
    return {
        "disabled": standing(section, "disabled", all(both_on(section, option)) == is_up, "" if is_up else "1"),
        option: "" if whole == part else f"{int(whole)}{int(part)}",
    }


def standing(section: Section, option: str, is_so: bool, otherwise: str) -> str:
    """An option as it stands where it says what is wanted."""
    return section.text(option) if is_so and section.options else otherwise


def placed(section: Section, link: str | None) -> dict[str, Value]:
    """The link below an interface, in the option in which releases have it."""
    is_old = "ifname" in section.options and "device" not in section.options
    return {"ifname" if is_old else "device": link or ""}


def in_form(section: Section, option: str, items: Iterable[str]) -> Value:
    """A list as the section has it: as a text where it has none yet, which every release understands."""
    wanted = tuple(items)
    return wanted if isinstance(section.options.get(option), tuple) else " ".join(wanted)


def bring(edits: Edits, before: Document, after: Document) -> None:
    """Stage the difference; a person's interface that has gone is left without a protocol."""
    gone = {
        key: Told(INTERFACE, {"proto": "none", **{name: told.options.get(name, "") for name in STAYS}})
        for key, told in before.items()
        if key not in after and told.type == INTERFACE and not is_ours(key)
    }
    write(edits, NETWORK, before, {**after, **gone})


def changed_rows(before: Wanted, after: Wanted) -> dict[str, set[str]]:
    """The names of records' fields that differ, by the record's key or that of its parent."""
    difference = Difference.between(before, after)
    found: dict[str, set[str]] = {}
    for kind, key in difference.rows():
        record: Any = after.of(kind).get(key) or before.of(kind)[key]
        names = difference.fields_of(kind, key)
        found.setdefault(record.parent or key, set()).update(names)
    return found
