"""/etc/config/dhcp as it is read: its sections by identity, and what its interfaces are to the data model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from backends.desired_state import Pointer
from backends.openwrt.interfaces import Interface
from backends.openwrt.sections import Sections, truth

DHCP: Final = "dhcp"
"""The package, and the type of the sections that serve an interface."""
ENABLED: Final = "cpe_enable"
"""An option of ours: a row that is wanted though OpenWrt is told not to serve it, since it is not complete, or the
service as a whole is off."""


@dataclass(frozen=True)
class DhcpSections(Sections):
    """``row_of`` is the row of a link, ``link_of`` the link of a row."""

    interfaces: Mapping[str, Interface]
    row_of: Callable[[str], Pointer | None]
    link_of: Callable[[Pointer | None], str | None]

    @cached_property
    def home(self) -> str:
        """Where what is said of the service as a whole is kept: the first server's section; "" without one."""
        return next(iter([*self.of("dnsmasq"), *self.of("odhcpd")]), "")

    def is_switched_off(self, option: str) -> bool:
        """Whether a service as a whole is said to be off."""
        return not truth(self.section(self.home), option, True)

    def pointer(self, name: str) -> Pointer | None:
        """The row of an interface of /etc/config/network."""
        found = self.interfaces.get(name)
        return self.row_of(found.link) if found and found.link else None

    def interface_of(self, pointer: Pointer | None) -> Interface | None:
        """The interface of a row: of several on one link the first that has an address, else the first."""
        link = self.link_of(pointer)
        found = [one for one in self.interfaces.values() if link and one.link == link]
        return next((one for one in found if one.address), next(iter(found), None))
