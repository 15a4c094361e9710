"""The network of this machine as something that can be changed, all or nothing: records, the plan, and the way back."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from backends.errors import MechanismError
from backends.ethtool import Ports
from backends.netlink import Netlink
from backends.netlink_types import RouteTo
from backends.network.children import handed_down, unused
from backends.network.contradictions import (
    broken_routes,
    contradictions,
    cuts_path,
    impossible_addresses,
    wrong_management_ports,
)
from backends.network.desired import Claims, claims, settle
from backends.network.edits import NetworkEdits, not_managed
from backends.network.errors import Conflict
from backends.network.kernel import address_ident
from backends.network.origins import rows_behind
from backends.network.plan import (
    Attributes,
    Change,
    Ident,
    State,
    Wish,
    can_return,
    disturbed,
    from_json,
    holds,
    link_of,
    plan,
    to_json,
    undo_of,
)
from backends.network.policies import table_of
from backends.network.records import IpRoute, Port, Records, Reference
from backends.network.sysctls import ACCEPT_RA, sysctls
from backends.network.topology import Topology
from backends.procfs import Procfs

log = logging.getLogger(__name__)

ROUNDS: Final = 3
"""How often the kernel is compared again after a change of ours made it drop something else."""
MOST_LOST: Final = 256


def _said_once(change: Change, reason: str) -> str:
    """A change and why it failed; the mechanism's reason may begin with the change already."""
    return reason if reason.startswith(f"{change}:") else f"{change}: {reason}"


class Unmade(MechanismError):
    """A change that the kernel refused; everything made before it was taken back."""

    def __init__(self, change: Change, reason: str, code: str = "") -> None:
        super().__init__(_said_once(change, reason), code)
        self.change = change


class Network(NetworkEdits):
    """Desired state over netlink and sysctls. Rows show staged edits; see ``agent.model.object.Backend`` for the verbs.

    ``management_path`` tells how the management server is reached at present, None when nobody knows.
    """

    name = "network"

    def __init__(
        self,
        netlink: Netlink,
        procfs: Procfs,
        manage: Sequence[str] = (),
        management_path: Callable[[], RouteTo | None] = lambda: None,
        ports: Ports | None = None,
    ) -> None:
        super().__init__(netlink, procfs, manage, ports)
        self._boot = procfs.boot_id()
        self._management_path = management_path
        self._before: Records | None = None
        self._replaced: Records | None = None  # what the last commit took the place of, until the next begin
        self._applied = Records()
        self._step: _Step | None = None
        self._made: Wish | None = None
        self._was_recovered = False  # the kernel is as it was, the records are not yet
        self._seen_links: frozenset[tuple[str, int]] = frozenset()
        self._seen_up: frozenset[tuple[str, int]] = frozenset()
        self._seen_addresses: frozenset[Ident] = frozenset()
        self._handed_down: Mapping[Ident, Attributes] = {}
        self._seen_ways: frozenset[str] | None = None

    # -- the transaction --------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Start a staged copy; what the last transaction made can no longer be taken back by ``rollback``."""
        self._before, self._replaced, self._made, self._step = self._records, None, None, None

    def prepare(self) -> bool:
        """Plan. Raises Conflict or NotManaged; True when the plan cuts the way to the management server."""
        self._step = self._plan()
        self._remember(self._step)
        path = self._management_path()
        return cuts_path([*self._step.changes, *map(going_down, self._restarts)], path, self.topology)

    def undo_record(self) -> Any:
        """See ``agent.model.object.Backend``: the wish that takes the plan back."""
        return to_json(self._step.undo) if self._step is not None and self._step.changes else None

    def commit(self) -> None:
        """Make the plan. Raises Unmade, naming the edit, when the kernel refuses; then all is as it was."""
        step = self._step or self._plan()
        self._made = step.undo
        try:
            self._make(step)
            for name in sorted(self._restarts):
                self._restart(name)
        except MechanismError:
            self._take_back(step.undo)
            self._made = None
            raise
        self._has_been_made()

    def _has_been_made(self) -> None:
        """What was staged is so now."""
        self._applied, self._replaced, self._before = self._records, self._before, None
        self._all_is_given()
        for name in self._resets:
            if link := self.topology.links.get(name):
                self._baselines.reset(link, self._traffic(link))
        self._resets = self._restarts = frozenset()

    def postpone(self) -> None:
        """What is staged is wanted from now on, and made by a later commit: until then what is ours stays known."""
        if self._before is not None:
            self._records = replace(self._records, originals=self._before.originals, lost=self._before.lost)
        self._before, self._step = None, None

    def rollback(self) -> None:
        """Forget what is staged; take back what was made."""
        if self._made is not None:
            self._take_back(self._made)
            self._made = None
        if self._replaced is not None:
            self._records = self._applied = self._replaced
        elif self._before is not None:
            self._records = self._before
        self._before, self._replaced, self._step = None, None, None
        self._resets = self._restarts = frozenset()

    def recover(self, record: Any, same_boot: bool) -> None:
        """Take back by the undo record; after a reboot the kernel has forgotten by itself."""
        if record and same_boot:
            self._made = from_json(record)
            self._take_back(self._made)
            self._made = None
            self._was_recovered = True

    def state(self) -> Any:
        """The durable part, staged edits included."""
        return self._records.to_json()

    def restore(self, state: Any) -> None:
        """Take the durable part over. Within a transaction (factory reset) what we made in the kernel stays known, so
        that the commit takes it back; after ``recover`` it is known as it was then.
        """
        taken = Records.from_json(state)
        if self._before is None:
            self._records = self._applied = taken
        elif self._was_recovered:
            self._records, self._was_recovered = taken, False
        else:
            self._records = replace(taken, originals=self._records.originals, lost=self._records.lost)

    def apply_at_start(self) -> None:
        """Bring the kernel to what is configured, as far as it goes; nothing is touched that holds already."""
        self._was_recovered = False
        if self._records.boot != self._boot:
            self._records = replace(self._records, lost={}, boot="")
        self._applied = self._records
        step = self._plan(checked=False)
        self._remember(step)
        self._make(step)
        self._applied = self._records
        self._all_is_given()

    def kernel_changed(self) -> bool:
        """A link came up or came to be: give it what is configured for it. An address came: make the routes that it
        makes possible. A prefix was delegated, or is no longer: hand it on. See ``ways_changed`` as well. Whether
        ``state`` has news thereby.

        One that came to be is brought up where that is configured; one that somebody took down stays down.
        """
        self.kernel_seen()
        if self._before is not None or self._records is not self._applied:
            return False
        links, up, addresses = self._links(), self._links(up=True), self._addresses_there()
        made, self._seen_links = {name for name, _ in links - self._seen_links}, links
        risen, self._seen_up = {name for name, _ in up - self._seen_up}, up
        come, self._seen_addresses = addresses - self._seen_addresses, addresses
        handed = dict(handed_down(self.topology))
        is_moved, self._handed_down = handed != self._handed_down, handed
        is_turned = self.ways_changed()
        if not (made or risen or come or is_moved) or not (self._records.by_kind or is_moved):
            return is_turned
        step = self._plan(checked=False)
        over = {i for i, wanted in step.wish.items() if wanted is None and self._records.is_by_us_alone(i)}
        risen |= {name for name in made if (step.wish.get(("link", name)) or {}).get("up")}
        risen |= {name for name, _ in links if self.topology.below(name) & risen}
        reached = {ident[1] for ident in come}

        def concerns(ident: Ident) -> bool:
            is_reached = ident[0] == "route" and link_of(ident) in reached
            return link_of(ident) in risen or is_reached or (is_moved and (ident in handed or ident in over))

        return self._make_some(step, concerns) or is_turned

    def ways_changed(self) -> bool:
        """A link leads outside, or no longer does: only on those that do other routers are heeded. The answer is as
        that of ``kernel_changed``.
        """
        is_busy = self._before is not None or self._records is not self._applied
        ways = self.ways_out()
        if is_busy or self._seen_ways in (None, ways):  # None: nothing was made yet
            return False
        self._seen_ways = ways
        return self._make_some(self._plan(checked=False), lambda ident: ident[2:] == (ACCEPT_RA,))

    def settings_given(self) -> bool:
        """While a change waits to be confirmed: a link that came to be is given its settings (sysctls), and nothing
        that taking the change back would have to know of. Whether ``state`` has news thereby. See ``kernel_seen``.
        """
        self.kernel_seen()
        if self._before is not None or self._records is not self._applied or not self._records.by_kind:
            return False
        come = {name for name, _ in self._links() - self._seen_links}
        return bool(come) and self._make_some(
            self._plan(checked=False), lambda ident: ident[0] == "sysctl" and ident[1] in come
        )

    def kernel_seen(self) -> None:
        """While nothing may be made: what is away now is given what is its own when ``kernel_changed`` finds it back,
        and so is what came meanwhile.
        """
        self._seen_links &= self._links()
        self._seen_up &= self._links(up=True)
        self._seen_addresses &= self._addresses_there()

    def rows_behind(self, ident: Ident) -> list[Reference]:
        """The rows that ask for something in the kernel, or asked for it before what is staged."""
        before = self._topology_before()
        return list(dict.fromkeys([*rows_behind(ident, self.topology, self.near()), *rows_behind(ident, before, [])]))

    @property
    def _is_waiting(self) -> bool:
        return self._records is not self._applied

    # -- inside -----------------------------------------------------------------------------------------------------

    def _topology_before(self) -> Topology:
        """As it was before what is staged."""
        links = self._netlink.links()
        return Topology(self._applied, links, self.other_layers, self._manage, delegated=self.delegations())

    def _all_is_given(self) -> None:
        """A whole plan was made: what is there now needs nothing more, though no event has told of it yet."""
        self._seen_links, self._seen_up, self._seen_addresses = (
            self._links(),
            self._links(up=True),
            self._addresses_there(),
        )
        self._handed_down, self._seen_ways = dict(handed_down(self.topology)), self.ways_out()

    def _links(self, up: bool = False) -> frozenset[tuple[str, int]]:
        """With their indexes: a link that was made anew between two looks is another one. ``up``: only those."""
        return frozenset((link.name, link.index) for link in self._netlink.links() if link.up or not up)

    def _addresses_there(self) -> frozenset[Ident]:
        return frozenset(map(address_ident, self._netlink.addresses()))

    def _make_some(self, step: "_Step", concerns: Callable[[Ident], bool]) -> bool:
        """Make what of a plan concerns; whether that is anything."""
        step.wish = {ident: wanted for ident, wanted in step.wish.items() if concerns(ident)}
        step.changes = [change for change in step.changes if concerns(change.ident)]
        if not step.changes:
            return False
        self._remember(step)
        self._make(step)
        self._applied = self._records
        return True

    def _observe(self) -> State:
        """The kernel's state; ports' link modes and sysctls are read one by one, and only where they matter."""
        concerned = [self._records.originals, self._made or {}, self._step.undo if self._step else {}]
        known = [ident for wish in concerned for ident in wish]
        known += [ident for ident, _ in sysctls(self.topology, self.ways_out())]
        with_phys = bool(self._records.of(Port)) or any(ident[0] == "phy" for ident in known)
        told = {record.policy for record in self._records.of(IpRoute).values()}
        tables = {int(ident[7]) for ident in known if ident[0] == "route" and len(ident) > 7}
        tables |= {int(table) for policy in told for table in table_of(policy)}
        return self._kernel.observe([one for one in known if one[0] == "sysctl"], tables, with_phys=with_phys)

    def _claims(self, topology: Topology, observed: State) -> Claims:
        """What records ask for."""
        return claims(topology, observed, self.ways_out())

    def _check(self, topology: Topology, observed: State, claimed: Claims, held: Claims) -> None:
        """Refused for what cannot be; ``held`` is what was asked for before."""
        before = self._topology_before()
        if found := next(contradictions(topology, observed, claimed, held), None):
            raise found
        if broken := next(broken_routes(before, topology, observed), None):
            key, field, reason = broken
            raise Conflict(reason, row=Reference("route", key), field=field)
        if wrong := next(wrong_management_ports(before, topology), None):
            key, field, reason = wrong
            raise Conflict(reason, row=Reference("bridge_port", key), field=field)
        if impossible := next(impossible_addresses(before, topology), None):
            key, field, reason = impossible
            raise Conflict(reason, row=Reference("address", key), field=field)

    def _plan(self, checked: bool = True) -> "_Step":
        observed = self._observe()
        topology = self.topology
        claimed = self._claims(topology, observed)
        held = self._claims(self._topology_before(), observed)
        new = news(claimed, held)
        if checked:
            self._check(topology, observed, claimed, held)
        wish, originals = settle(claimed, self._records, observed)
        for ident, _ in handed_down(topology):  # nobody else's, also where a crash came before it was written down
            originals[ident] = self._records.originals.get(ident)
        allowed = {ident: wanted for ident, wanted in wish.items() if self._is_allowed(ident, wanted)}
        for ident in new:
            if ident in wish and ident not in allowed and not holds(ident, wish[ident], observed):
                raise not_managed(link_of(ident) or "a route without an interface", ident)
        changes = plan(allowed, observed)
        lost = {i: was for i, was in {**self._records.lost, **disturbed(changes, observed)}.items() if i not in claimed}
        lost = {ident: was for ident, was in lost.items() if ident[0] in ("address", "route", "port", "bridge_vlan")}
        return _Step(
            allowed, changes, undo_of(changes, observed), originals, dict(list(lost.items())[-MOST_LOST:]), new
        )

    def _make(self, step: "_Step") -> None:
        changes = step.changes
        for _ in range(ROUNDS):
            for change in changes:
                try:
                    self._kernel.make(change)
                except MechanismError as error:
                    if change.ident in step.required:
                        raise Unmade(change, error.reason, error.code) from error
                    log.warning("%s", _said_once(change, error.reason))
            observed = self._observe()
            changes = plan(step.wish, observed)
            if not changes:
                break
        for change in changes:
            if change.after is None and change.ident in step.required:
                raise Unmade(change, "the kernel keeps it")
        if step.lost and self._give_back(step, observed):
            observed = self._observe()
            step.lost = {ident: was for ident, was in step.lost.items() if ident not in observed}
            for change in plan(step.wish, observed):  # what only now can be: a route's gateway is back
                self._make_if_it_can_be(change)
        self._remember(step)

    def _restart(self, name: str) -> None:
        """Take a link down and up; what the kernel drops thereby comes back."""
        observed = self._observe()
        if not observed.get(("link", name), {}).get("up"):
            return
        down = going_down(name)
        lost = disturbed([down], observed)
        self._kernel.make(down)
        self._kernel.make(Change(down.ident, down.after, {"up": True}))
        step = self._plan(checked=False)
        step.lost = {**step.lost, **{i: was for i, was in lost.items() if i[0] in ("address", "route")}}
        self._make(step)

    def _remember(self, step: "_Step") -> None:
        boot = self._boot if step.lost else ""
        self._records = replace(self._records, originals=step.originals, lost=step.lost, boot=boot)

    def _give_back(self, step: "_Step", observed: State) -> bool:
        """Put back what the kernel dropped beside our changes, where it can be again; what cannot is kept for later.
        Whether anything was.
        """
        step.lost = {ident: was for ident, was in step.lost.items() if ident not in observed and ident not in step.wish}
        changes = plan({i: was for i, was in step.lost.items() if can_return(i, was, observed)}, observed)
        for change in changes:
            self._make_if_it_can_be(change)
        return bool(changes)

    def _make_if_it_can_be(self, change: Change) -> None:
        try:
            self._kernel.make(change)
        except MechanismError as error:
            log.info("%s", _said_once(change, error.reason))

    def _take_back(self, undo: Wish) -> None:
        # A driver that stops a radio for the same change has the kernel's lock for longer than a read may take.
        with self._netlink.patiently():
            self._make_up_for(undo)

    def _make_up_for(self, undo: Wish) -> None:
        for _ in range(ROUNDS):
            changes = plan(undo, self._observe())
            if not changes:
                return
            for change in changes:
                try:
                    self._kernel.make(change)
                except MechanismError as error:
                    log.warning("taking back, %s", _said_once(change, error.reason))

    def _is_allowed(self, ident: Ident, wanted: Attributes | None) -> bool:
        if ident[0] == "rule":  # it says nothing but with its routes
            return True
        if any(ident == unused(one) for one in self.delegations()):  # over a link of the owner's
            return True
        if ident[6:] == ("unreachable",) and self._records.is_by_us_alone(ident):
            return True
        names = [link_of(ident) or "lo"]
        if ident[0] == "port" and wanted is not None and "bridge" in wanted:
            names.append(wanted["bridge"])
        return all(self.may_change(name) for name in names)


def news(claimed: Claims, held: Claims) -> set[Ident]:
    """What is asked for otherwise than before, or no longer."""
    new = {ident for ident, wanted in claimed.items() if ident not in held or held[ident] != wanted}
    return new | (held.keys() - claimed.keys())


def going_down(name: str) -> Change:
    """A link that is up goes down."""
    return Change(("link", name), {"up": True}, {"up": False})


class _Step:
    """A plan and all that belongs to it."""

    def __init__(
        self,
        wish: Wish,
        changes: list[Change],
        undo: Wish,
        originals: Mapping[Ident, Attributes | None],
        lost: Mapping[Ident, Attributes],
        required: set[Ident],
    ) -> None:
        self.wish = wish
        self.changes = changes
        self.undo = undo
        self.originals = originals
        self.lost = lost
        self.required = required
