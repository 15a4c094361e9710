"""Tunnels brought to what is wanted: links, WireGuard's keys and peers, addresses and routes; links of ours only."""

from functools import partial
from typing import Final

from backends.desired_state import NotOurs, Wanted, make_each
from backends.errors import MechanismError
from backends.tunnels.checks import check
from backends.tunnels.links import ToldLink, TunnelLinks
from backends.tunnels.names import ResolvedNames
from backends.tunnels.options import TunnelLink
from backends.tunnels.wishes import Kernel, Place, Wish, Wishes, questions
from backends.wireguard import WireGuard

WAY_FIELDS: Final = ("enable", "setting_enable", "lower")


class Tunnels:
    """A service of desired_state. Reads are kept until ``forget``."""

    def __init__(
        self, links: TunnelLinks, wireguard: WireGuard, kernel: Kernel, place: Place, names: ResolvedNames
    ) -> None:
        self.links = links
        self.wireguard = wireguard
        self.names = names
        self.place = place
        self._kernel = kernel
        self._wishes: tuple[Wanted, dict[str, Wish]] | None = None
        self._is_clean = False

    def forget(self) -> None:
        """Read everything anew from now on."""
        self.links.forget()
        self.wireguard.forget()
        self._wishes = None

    def link(self, name: str) -> ToldLink | None:
        """A link of ours, if it is there."""
        told = self.links.told().get(name)
        return told if told is not None and told.is_ours else None

    def is_there(self, name: str) -> bool:
        """Whether there is such a link of ours."""
        return self.link(name) is not None

    def is_up(self, name: str) -> bool:
        """Whether packets can go through it."""
        told = self.link(name)
        return told is not None and told.is_up

    def remote(self, wanted: Wanted, name: str) -> str:
        """The address that packets of a tunnel go to, "" where it is not known."""
        wish = self.wish(wanted, name)
        return wish.remote if wish else ""

    def relay_name(self) -> str:
        """The DS-Lite relay that DHCPv6 told, "" for none."""
        return self.place.aftr_name()

    def wish(self, wanted: Wanted, name: str) -> Wish | None:
        """What a link is to be, as the network is now; once for a request."""
        if self._wishes is None or self._wishes[0] is not wanted:
            self._wishes = (wanted, self._wished(wanted))
        return self._wishes[1].get(name)

    def carriers(self, wanted: Wanted, name: str) -> frozenset[str]:
        """The links by which packets of a tunnel leave: as it is, or as it will be."""
        told = self.link(name)
        there = {one for one, link in self.links.told().items() if told and link.index == told.carrier}
        if there:
            return frozenset(there)
        wish = self.wish(wanted, name)
        return wish.carriers if wish else frozenset()

    # -- the service --------------------------------------------------------------------------------------------------

    def check(self, wanted: Wanted) -> None:
        """See desired_state.Service."""
        check(wanted)
        for name, wish in self._wished(wanted).items():
            told = self.links.told().get(name)
            if told is not None and not told.is_ours:
                raise NotOurs(f"{name} is there already, and not the agent's: rename it", wish.kind, wish.key)
            for carrier in sorted(wish.carriers):
                if not self._is_given(name, carrier):
                    reason = f"{carrier} is not given to the agent ([network] manage)"
                    raise NotOurs(reason, wish.kind, wish.key, WAY_FIELDS)

    def cuts(self, wanted: Wanted) -> bool:
        """Whether the tunnel by which the management server is reached would go, or change."""
        path = self.place.management_path()
        told = self.link(path.interface) if path else None
        if path is None or told is None:
            return False
        wish = self._wished(wanted).get(path.interface)
        if wish is None or (wish.link is not None and not told.is_as(wish.link)):
            return True
        return wish.device is not None and self.wireguard.differs(path.interface, wish.device)

    def apply(self, wanted: Wanted) -> bool:
        """See desired_state.Service; a tunnel whose way is not known is made when it is."""
        if self._is_clean and not wanted.by_kind:
            return False
        self.forget()
        self._kernel.forget()
        self.names.want(questions(wanted, self.place.aftr_name()))
        wished = {
            name: wish
            for name, wish in self._wished(wanted).items()
            if all(self._is_given(name, carrier) for carrier in wish.carriers)
        }
        gone = [name for name, told in self.links.told().items() if told.is_ours and name not in wished]
        acts = [partial(self._delete, name) for name in gone]
        acts += [partial(self._make, name, wish) for name, wish in wished.items()]
        self._is_clean = False
        try:
            changed = make_each(acts)
        finally:
            self.forget()
        self._is_clean = not wanted.by_kind
        return changed

    # -- inside -------------------------------------------------------------------------------------------------------

    def _wished(self, wanted: Wanted) -> dict[str, Wish]:
        told = self.links.told()
        ours = [name for name, link in told.items() if link.is_ours]

        def index(name: str) -> int | None:
            return told[name].index if name in told else None

        return Wishes(self._kernel, self.place, self.names, index, ours).all(wanted)

    def _is_given(self, name: str, carrier: str) -> bool:
        return self.place.may_change(carrier) or self.place.may_change(name)

    def _delete(self, name: str) -> bool:
        self.links.delete(name)
        return True

    def _make(self, name: str, wish: Wish) -> bool:
        told = self.links.told().get(name)
        if wish.link is None or (wish.device and not wish.carriers and told is None):
            return False
        if told is not None and not told.is_ours:
            raise MechanismError(f"{name} is there already, and not the agent's", "EEXIST")
        before = self.links.writes + self.wireguard.writes
        if told is None:
            self._begin(name, wish, wish.link)
        elif self._is_outdated(name, wish) or not (told.is_as(wish.link) or self.links.change(name, wish.link)):
            self.links.delete(name)
            self._begin(name, wish, wish.link)
        elif wish.device is not None:
            self.wireguard.bring_to(name, wish.device)
        return self._equip(name, wish) or self.links.writes + self.wireguard.writes != before

    def _begin(self, name: str, wish: Wish, link: TunnelLink) -> None:
        """All or nothing: a link that cannot be what it is to be is not left behind."""
        self.links.make(name, link)
        try:
            if wish.device is not None:
                self.wireguard.bring_to(name, wish.device)
            self.links.set_up(name)
        except MechanismError:
            self.links.delete(name)
            raise

    def _is_outdated(self, name: str, wish: Wish) -> bool:
        """Whether it has an address that followed from other settings."""
        own = [one for one in self._kernel.addresses() if one.interface == name and one.scope == "global"]
        there = {(one.address, one.prefix_length) for one in own}
        return bool(wish.addresses) and bool(there) and not there >= set(wish.addresses)

    def _equip(self, name: str, wish: Wish) -> bool:
        """Give it its addresses and routes; those that it has beside them are left alone."""
        if not wish.addresses:
            return False
        self._kernel.forget()
        there = {(one.address, one.prefix_length) for one in self._kernel.addresses() if one.interface == name}
        routes = {(one.destination, one.metric) for one in self._kernel.routes() if one.interface == name}
        addresses = [one for one in wish.addresses if one not in there]
        missing = [one for one in wish.routes if (one.destination, one.metric) not in routes]
        for address, length in addresses:
            self._kernel.add_address(name, address, length)
        for route in missing:
            self._kernel.add_route(route)
        return bool(addresses or missing)
