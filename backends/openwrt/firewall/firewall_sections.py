"""/etc/config/firewall as it is read: sections by identity, zones by their links, and what is kept beside them.

fw4 warns of every option that it does not know. So what has no option there is kept in a section of a type of our own,
``cpe_row``, which names the row that it belongs to.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_address, ip_network
from typing import Any, Final

from backends.desired_state import Pointer
from backends.openwrt.interfaces import Interface
from backends.openwrt.sections import OURS, Sections, truth
from backends.uci import Section

FIREWALL: Final = "firewall"
BESIDE: Final = "cpe_row"
OF: Final = "of"


@dataclass(frozen=True, slots=True)
class Zone:
    """``links``: those that its networks and devices are, in their order."""

    key: str
    name: str
    links: tuple[str, ...]
    section: Section

    @property
    def masquerades(self) -> bool:
        """Whether packets that leave by it get our address."""
        return truth(self.section, "masq", False)

    @property
    def is_outer(self) -> bool:
        """Whether strangers are behind it, also while nothing is translated."""
        return self.name.startswith("wan") or bool(self.section.text("masq") or self.section.text("masq6"))


@dataclass(frozen=True)
class FirewallSections(Sections):
    """``row_of`` is the IP interface of a link, ``link_of`` the link of a row, ``subnets`` what a link's addresses
    are in. ``memory`` is for what is made of it, once.
    """

    interfaces: Mapping[str, Interface]
    row_of: Callable[[str], Pointer | None]
    link_of: Callable[[Pointer | None], str | None]
    subnets: Callable[[str], tuple[str, ...]]
    memory: dict[Any, Any] = field(default_factory=dict)

    @cached_property
    def zones(self) -> Mapping[str, Zone]:
        """By name; the first where two have the same, and none that is switched off."""
        found: dict[str, Zone] = {}
        for key, section in self.of("zone").items():
            name = section.text("name")
            if name and truth(section, "enabled", True):
                found.setdefault(name, Zone(key, name, tuple(dict.fromkeys(self._links(section))), section))
        return found

    @cached_property
    def beside(self) -> Mapping[str, Mapping[str, str]]:
        """What is kept of rows, by their keys."""
        return {
            section.text(OF): {name: section.text(name) for name in section.options if name != OF}
            for section in self.of(BESIDE).values()
        }

    # -- zones and interfaces -----------------------------------------------------------------------------------------

    def zone_on(self, link: str | None) -> Zone | None:
        """The zone that a link is in."""
        return next((zone for zone in self.zones.values() if link and link in zone.links), None)

    def zone_of(self, pointer: Pointer | None) -> Zone | None:
        """The zone that a row's link is in."""
        return self.zone_on(self.link_of(pointer))

    def zone_told(self, section: Section, option: str, pointer: Pointer | None) -> Zone | None:
        """The zone that an option says for a row, or shall say; what it says stays also while no link is up."""
        now = self.zones.get(section.text(option))
        return now if now is not None and self.pointer(now) == pointer else self.zone_of(pointer)

    def pointer(self, zone: Zone | None) -> Pointer | None:
        """The row that stands for a zone: that of the first link that has one."""
        if zone is None:
            return None
        if zone.name not in self.memory:
            self.memory[zone.name] = next((row for row in map(self.row_of, zone.links) if row), None)
        found: Pointer | None = self.memory[zone.name]
        return found

    def outside(self) -> list[Zone]:
        """The zones behind which strangers are: where addresses are translated."""
        return [zone for zone in self.zones.values() if zone.masquerades]

    def zone_with(self, host: str) -> Zone | None:
        """The zone in whose networks an address is."""
        try:
            address = ip_address(host)
        except ValueError:
            return None
        for zone in self.zones.values():
            if any(address in ip_network(subnet, strict=False) for link in zone.links for subnet in self._nets(link)):
                return zone
        return None

    def _nets(self, link: str) -> Iterator[str]:
        yield from (str(one.address) for one in self.interfaces.values() if one.link == link and one.address)
        yield from self.subnets(link)

    def _links(self, section: Section) -> Iterator[str]:
        for name in section.items("network"):
            found = self.interfaces.get(name)
            if found and found.link:
                yield found.link
        yield from (name for name in section.items("device") if not name.startswith("!") and not name.endswith("+"))


def beside_name(key: str) -> str:
    """What the section is called that keeps what belongs to a row."""
    return f"{OURS}row_{key}"
