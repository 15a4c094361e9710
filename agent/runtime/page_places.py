"""On which interfaces the page is served: those named, else loopback and all that lead to no other network."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from ipaddress import ip_address
from typing import Any, Final, Protocol

log = logging.getLogger(__name__)

DOCUMENT: Final = "ways_out"
MOST: Final = 32
FAMILIES: Final = (4, 6)


class Link(Protocol):
    """A network interface."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def loopback(self) -> bool:
        """Whether it is lo."""

    @property
    def up(self) -> bool:
        """Whether it is to be up."""

    @property
    def lower(self) -> str | None:
        """The link below it."""

    @property
    def master(self) -> str | None:
        """The bridge that it is a port of."""


class Route(Protocol):
    """A route."""

    @property
    def family(self) -> int:
        """4 or 6."""

    @property
    def destination(self) -> str:
        """A prefix; "" is the default route."""

    @property
    def interface(self) -> str | None:
        """The link that it leads through."""


class Address(Protocol):
    """An address of an interface."""

    @property
    def interface(self) -> str:
        """The link that has it."""

    @property
    def address(self) -> str:
        """The address as text."""


class PagePlaces:
    """Remembers which interfaces led out last: one that has lost its default route for a while is none of the home's.

    ``read`` and ``write`` keep one document, so that the same holds from the start on.
    """

    def __init__(self, read: Callable[[], Any], write: Callable[[Mapping[str, Any]], None]) -> None:
        kept = read() or {}
        self._out: dict[int, frozenset[str]] = {one: frozenset(kept.get(str(one), ())) for one in FAMILIES}
        self._write = write

    def interfaces(
        self,
        named: Sequence[str],
        never: Iterable[str],
        links: Sequence[Link],
        routes: Iterable[Route],
        addresses: Iterable[Address],
    ) -> tuple[str, ...]:
        """The names, loopback first. ``never`` are interfaces that lead out whatever the routes say."""
        loopback = [link.name for link in links if link.loopback][:1]
        self._remember(routes)
        if named:
            return tuple(dict.fromkeys([*loopback, *named]))[:MOST]
        others = [link for link in links if not link.loopback]
        if len(others) < 2:
            return tuple(loopback)
        out = self._leading_out(never, links)
        reachable = {one.interface for one in addresses if not ip_address(one.address).is_link_local}
        inside = [one.name for one in others if one.up and not one.master and one.name in reachable - out]
        return tuple([*loopback, *inside][:MOST])

    def _remember(self, routes: Iterable[Route]) -> None:
        now: dict[int, set[str]] = {one: set() for one in FAMILIES}
        for route in routes:
            if route.destination == "" and route.interface:
                now[route.family].add(route.interface)
        known = {family: frozenset(names) or self._out[family] for family, names in now.items()}
        if known != self._out:
            self._out = known
            self._write({"version": 1, **{str(family): sorted(names) for family, names in known.items()}})

    def _leading_out(self, never: Iterable[str], links: Sequence[Link]) -> set[str]:
        """With what is below them: the port under a VLAN that leads out is the same cable."""
        below = {link.name: link.lower for link in links}
        found: set[str] = set()
        for name in {*never, *(one for names in self._out.values() for one in names)}:
            step: str | None = name
            while step and step not in found:
                found.add(step)
                step = below.get(step)
        return found
