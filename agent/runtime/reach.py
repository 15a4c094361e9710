"""Which way leads to the ACS, and at which address of ours it can reach us."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Generic, Protocol, TypeVar
from urllib.parse import urlsplit

UNUSABLE: Final = frozenset({"tentative", "dadfailed"})
FADING: Final = frozenset({"deprecated", "temporary"})
ANYWHERE: Final = ("198.51.100.1", "2001:db8::1")
"""Addresses of nobody (RFC 5737, RFC 3849): the way to them is the way out, before the ACS's own is known."""


class Route(Protocol):
    """The way to an address, as the kernel tells it."""

    @property
    def source(self) -> str:
        """The address of ours that it comes from."""


class OwnAddress(Protocol):
    """An address of ours, as the kernel tells it."""

    @property
    def interface(self) -> str:
        """The name of the link that it is on."""

    @property
    def address(self) -> str:
        """The address itself."""

    @property
    def scope(self) -> str:
        """ "global", "link", "host" …"""

    @property
    def flags(self) -> frozenset[str]:
        """What the kernel says of it: "deprecated", "tentative" …"""


Way = TypeVar("Way", bound=Route)


@dataclass(slots=True)
class Reach(Generic[Way]):
    """Asks the kernel; nothing is resolved here. ``acs_address`` is where the last session went, once there was one."""

    route_to: Callable[[str], Way | None]
    url: Callable[[], str]
    addresses: Callable[[], Iterable[OwnAddress]] = tuple
    acs_address: str = ""
    _of_url: str = ""

    def met(self, address: str) -> None:
        """A session has reached the ACS at this address."""
        self.acs_address, self._of_url = address, self.url()

    def route(self) -> Way | None:
        """The way to the ACS as it is configured; without an ACS, or before its address is known, the way out."""
        for address in self._candidates():
            with suppress(OSError):
                route = self.route_to(address)
                if route is not None:
                    return route
        return None

    def own_address(self) -> str:
        """The address at which the ACS can reach us, "" when there is no way to it."""
        route = self.route()
        return route.source if route else ""

    def connection_request_url(self, port: int, path: str, interface: str = "") -> str:
        """The URL for connection requests: one path segment, never https (TR-069 §3.2.2); "" when unreachable.

        ``interface``: the only one that is listened on, and so the one whose address it has.
        """
        address = self.address_on(interface) if interface else self.own_address()
        if not address or not port:
            return ""
        host = f"[{address}]" if ":" in address else address
        return f"http://{host}:{port}/{path}"

    def address_on(self, interface: str) -> str:
        """The address of an interface to reach us at, "" without any: the one that the way to the ACS comes from, else
        one of its family, else IPv4.
        """
        preferred = self.own_address()
        found: list[OwnAddress] = []
        with suppress(OSError):
            found += [one for one in self.addresses() if one.interface == interface and not UNUSABLE & one.flags]
        reachable = [one for one in found if ":" not in one.address or one.scope != "link"]

        def rank(one: OwnAddress) -> tuple[bool, bool, bool]:
            is_v6 = ":" in one.address
            return one.address != preferred, is_v6 != (":" in preferred), bool(FADING & one.flags)

        return min(reachable, key=rank).address if reachable else ""

    def _candidates(self) -> tuple[str, ...]:
        url = self.url()
        with suppress(ValueError):
            host = urlsplit(url).hostname or ""
            return (str(ip_address(host)),)
        return (self.acs_address,) if self.acs_address and self._of_url == url else ANYWHERE
