"""What the rules depend on beside the records, at one moment; and what the records as a whole amount to then. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from backends.desired_state import Pointer, Wanted
from backends.firewall.leases import Now
from backends.firewall.records import FirewallSettings, InterfaceNat, Level

LINK: Final = re.compile(r'[^\s/"*\\]{1,15}')
"""A name that nftables takes for itself: an asterisk would stand for more than one link."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """``managed``: the links that are ours to filter; ``ways_out``: those of them that default routes lead to.

    ``own_ports``: protocol number and port of each place where the agent itself listens. ``address_of`` tells the IPv4
    address of a host by its name, None while nobody knows it. ``relayed_to``: the IPv4 addresses of the DHCP servers
    that our relay asks; ``addresses_on``: those that a link has.
    """

    now: Now
    managed: frozenset[str]
    ways_out: frozenset[str]
    own_ports: frozenset[tuple[int, int]]
    relayed_to: frozenset[str]
    link_of: Callable[[Pointer | None], str | None]
    address_of: Callable[[str], str | None]
    addresses_on: Callable[[str], frozenset[str]]

    def managed_link(self, pointer: Pointer | None) -> str | None:
        """The link behind a reference, if it is ours to filter."""
        name = self.link(pointer)
        return name if name in self.managed else None

    def link(self, pointer: Pointer | None) -> str | None:
        """The link behind a reference; None where there is none."""
        name = self.link_of(pointer)
        return name if name and LINK.fullmatch(name) else None


def translating_links(wanted: Wanted, around: Surroundings) -> frozenset[str]:
    """The links on which NAT is enabled."""
    enabled = [record.interface for record in wanted.of(InterfaceNat).values() if record.enable]
    return frozenset(name for pointer in enabled if (name := around.managed_link(pointer)))


def outside_links(wanted: Wanted, around: Surroundings) -> frozenset[str]:
    """The links behind which strangers are: where NAT is enabled, and where default routes lead."""
    return translating_links(wanted, around) | around.ways_out


def is_filtering(wanted: Wanted) -> bool:
    """Whether the firewall is on. Who chose a configuration and never said Enable wants it on (SimpleFirewall:1)."""
    settings = wanted.get(FirewallSettings)
    return settings.config is not None if settings.enable is None else settings.enable


def config_of(wanted: Wanted) -> str:
    """High, Low, Advanced or Policy."""
    return wanted.get(FirewallSettings).config or "Low"


def active_level(wanted: Wanted) -> Level | None:
    """The level in force; None where the configuration is a predefined one, or the firewall is off."""
    settings = wanted.get(FirewallSettings)
    key = {"Advanced": settings.advanced_level, "Policy": settings.policy_level}.get(config_of(wanted), "")
    return wanted.of(Level).get(key) if key and is_filtering(wanted) else None


def ports_are_mapped(wanted: Wanted) -> bool:
    """Whether the level in force lets port mappings be."""
    level = active_level(wanted)
    return level is None or level.port_mapping_enabled
