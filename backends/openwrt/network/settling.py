"""The kernel as it will be once netifd has taken down what UCI says no longer: netifd makes it a moment later."""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final, TypeVar

from backends.netlink import MAIN_TABLE, Address, BridgeVlan, Link, Netlink, Route, Rule
from backends.network.kernel import address_ident, route_ident
from backends.network.plan import Ident

T = TypeVar("T")

PATIENCE: Final = 30.0
"""Seconds after which what is still there is no longer taken for what goes."""


class SettlingNetlink(Netlink):
    """What a view reads of a kernel, without what is leaving; the same objects as long as nothing is different."""

    def __init__(self, netlink: Netlink, now: Callable[[], float] = time.monotonic) -> None:
        self._kernel = netlink
        self._now = now
        self._leaving: dict[Ident, float] = {}
        self._known: dict[str, tuple[Any, frozenset[Ident], Any]] = {}

    def leave(self, gone: Iterable[Ident], come: Collection[Ident]) -> None:
        """UCI says the first no longer, and the others now."""
        self._leaving.update(dict.fromkeys(gone, self._now() + PATIENCE))
        for ident in come:
            self._leaving.pop(ident, None)

    def forget(self) -> None:
        """Read anew."""
        self._kernel.forget()

    def links(self) -> Sequence[Link]:
        """See NetlinkReader."""
        return self._left("links", self._kernel.links(), ("vlan", "bridge"), lambda one: (one.kind, one.name))

    def addresses(self) -> Sequence[Address]:
        """See NetlinkReader."""
        return self._left("addresses", self._kernel.addresses(), ("address",), address_ident)

    def routes(self, table: int = MAIN_TABLE) -> Sequence[Route]:
        """See NetlinkReader."""
        return self._left(f"routes {table}", self._kernel.routes(table), ("route",), route_ident)

    def rules(self) -> Sequence[Rule]:
        """See NetlinkReader."""
        return self._kernel.rules()

    def bridge_vlans(self) -> Sequence[BridgeVlan]:
        """See NetlinkReader."""
        return self._left(
            "bridge vlans",
            self._kernel.bridge_vlans(),
            ("bridge_vlan",),
            lambda one: ("bridge_vlan", one.interface, str(one.vlan_id)),
        )

    def state_age(self, name: str) -> int:
        """See NetlinkReader."""
        return self._kernel.state_age(name)

    def _left(self, what: str, found: Sequence[T], kinds: tuple[str, ...], ident: Callable[[T], Ident]) -> Sequence[T]:
        if not self._leaving:
            return found
        leaving = frozenset(one for one in self._leaving if one[0] in kinds)
        known = self._known.get(what)
        if known is None or known[0] is not found or known[1] != leaving:
            idents = {ident(one) for one in found}
            for one in leaving:
                if one not in idents or self._leaving[one] < self._now():
                    del self._leaving[one]
            leaving = frozenset(one for one in self._leaving if one[0] in kinds)
            left = tuple(one for one in found if ident(one) not in leaving) if leaving else found
            known = self._known[what] = (found, leaving, left)
        left_over: Sequence[T] = known[2]
        return left_over
