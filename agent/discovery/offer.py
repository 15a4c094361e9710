"""What one source says of the ACS: the words that every source is translated into and that the policy weighs."""

from enum import StrEnum
from typing import NamedTuple


class Source(StrEnum):
    """Where an ACS can come from."""

    ACS = "acs"
    PERSON = "person"  # the page, the wizard, the command line
    FILE = "file"  # the settings file
    PRESET = "preset"
    OMCI = "omci"
    DHCPV4 = "dhcpv4"
    DHCPV6 = "dhcpv6"


class Neighbour(NamedTuple):
    """Who stands at the other end of the lease: a gateway, or a device behind one (TR-069 Annex F)."""

    oui: str = ""
    serial_number: str = ""
    product_class: str = ""


class Offer(NamedTuple):
    """What a source says; ``None`` where it says nothing.

    ``interface`` is the link that a lease is on, ``told_by`` the client or file that handed it over, for people.
    ``retry_minimum_wait`` is seconds, ``retry_multiplier`` thousandths (TR-069 §3.2.1.1). ``refused`` are sentences on
    what was there and could not be taken; they never repeat a password. ``advice`` is what a person should do about
    the rest of what it says.
    """

    source: Source
    told_by: str = ""
    interface: str = ""
    url: str = ""
    username: str | None = None
    password: str | None = None
    provisioning_code: str | None = None
    retry_minimum_wait: int | None = None
    retry_multiplier: int | None = None
    vlan: int | None = None
    vlan_priority: int | None = None
    neighbour: Neighbour | None = None
    refused: tuple[str, ...] = ()
    advice: str = ""

    @property
    def is_silent(self) -> bool:
        """Whether it says nothing at all: a lease without a word for us."""
        return self == Offer(self.source, self.told_by, self.interface)

    def __repr__(self) -> str:
        """The same without the password."""
        shown = self if self.password is None else self._replace(password=None)
        return f"Offer{tuple(shown)!r}"
