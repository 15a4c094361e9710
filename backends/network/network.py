"""The network of this machine as something that can be changed, all or nothing: records, the plan, and the way back."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any, Final

from backends.errors import MechanismError
from backends.netlink import Netlink
from backends.netlink_types import Address, Link, Route, RouteTo
from backends.network import rows as tables
from backends.network.contradictions import contradictions, cuts_path
from backends.network.desired import address_ident as wanted_address
from backends.network.desired import claims, route_ident, settle
from backends.network.errors import Conflict, NotManaged
from backends.network.kernel import Kernel, address_ident
from backends.network.plan import (
    Attributes,
    Change,
    Ident,
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
from backends.network.records import (
    Bridge,
    BridgePort,
    IpAddress,
    IpInterface,
    IpRoute,
    R,
    Record,
    Records,
    Reference,
)
from backends.network.rows import Row
from backends.network.topology import LONGEST_NAME, Topology, is_managed
from backends.procfs import Procfs

log = logging.getLogger(__name__)

ROUNDS: Final = 3
"""How often the kernel is compared again after a change of ours made it drop something else."""
MOST_LOST: Final = 256
MOST_BRIDGES: Final = 256


class Unmade(MechanismError):
    """A change that the kernel refused; everything made before it was taken back."""


class Network:
    """Desired state over netlink and sysctls. Rows show staged edits; see ``agent.model.object.Backend`` for the verbs.

    ``manage``: globs of the interfaces that may be changed. ``management_path`` tells how the management server is
    reached at present, None when nobody knows.
    """

    name = "network"

    def __init__(
        self,
        netlink: Netlink,
        procfs: Procfs,
        manage: Sequence[str] = (),
        management_path: Callable[[], RouteTo | None] = lambda: None,
    ) -> None:
        self._netlink = netlink
        self._kernel = Kernel(netlink, procfs)
        self._manage = tuple(manage)
        self._management_path = management_path
        self._records = Records()
        self._before: Records | None = None
        self._applied = Records()
        self._step: _Step | None = None
        self._made: Wish | None = None
        self._topology: tuple[Records, Sequence[Link], Topology] | None = None

    def manage_only(self, manage: Sequence[str]) -> None:
        """The owner named other interfaces: what is configured on those no longer named is left as it is."""
        self._manage = tuple(manage)

    # -- rows -------------------------------------------------------------------------------------------------------

    @property
    def topology(self) -> Topology:
        """Records and links as they are now, staged edits included."""
        links = self._netlink.links()
        if self._topology is None or self._topology[0] is not self._records or self._topology[1] is not links:
            self._topology = (self._records, links, Topology(self._records, links))
        return self._topology[2]

    def ip_rows(self) -> list[Row[IpInterface]]:
        """The rows of IP interfaces."""
        return tables.ip_interfaces(self.topology)

    def addresses(self, family: int) -> list[Row[IpAddress]]:
        """The address rows of a family."""
        return tables.addresses(self.topology, family, self._netlink.addresses())

    def routes(self, family: int) -> list[Row[IpRoute]]:
        """The route rows of a family."""
        return tables.routes(self.topology, family, self._netlink.routes(), self.address_idents())

    def record(self, row: Row[R]) -> R:
        """What is configured of a row; a blank record when nothing is."""
        return self._records.of(row.kind).get(row.key, row.blank)

    def link_name(self, row: Row[Any]) -> str | None:
        """The link that a row stands for, there or not yet."""
        return self.topology.link_of(row.reference)

    def link(self, row: Row[Any]) -> Link | None:
        """The link that a row stands for, when the kernel has it."""
        return self.topology.links.get(self.link_name(row) or "")

    def address_idents(self) -> list[Ident]:
        """The identities of all addresses that are there: whose subnets a gateway may be in."""
        return [address_ident(address) for address in self._netlink.addresses()]

    def was_up(self, name: str, now: bool) -> bool:
        """Whether a link is up but for what another row of it asks."""
        return bool((self._records.originals.get(("link", name)) or {}).get("up", now))

    def ipv6_enabled(self, name: str) -> bool | None:
        """Whether a link speaks IPv6; None when the kernel does not."""
        return self._kernel.ipv6_enabled(name)

    def state_age(self, name: str) -> int:
        """Seconds since a link's operational state was seen to change."""
        return self._netlink.state_age(name)

    def address_of(self, row: Row[IpAddress]) -> Address | None:
        """The address of a row, when the kernel has it."""
        ident = self.address_ident(row)
        return next((one for one in self._netlink.addresses() if address_ident(one) == ident), None)

    def address_ident(self, row: Row[IpAddress]) -> Ident | None:
        """Where an address row belongs in the kernel; None while something is missing."""
        return wanted_address(self.record(row), row.key, self.topology)

    def find_routes(self) -> Sequence[Route]:
        """The routes that the kernel has."""
        return self._netlink.routes()

    def route_ident(self, row: Row[IpRoute]) -> Ident | None:
        """Where a route row belongs in the kernel."""
        return route_ident(self.record(row), row.key, self.topology, self.address_idents())

    # -- edits ------------------------------------------------------------------------------------------------------

    def edit(self, row: Row[Any], **values: Any) -> None:
        """Stage values of a row. Raises NotManaged where the owner did not give the interface to the agent."""
        if row.kind is not Bridge or not row.is_own:
            self._must_manage(row)
        staged = self._records.with_record(row.key, replace(self.record(row), **values))
        before, self._records = self._records, staged
        try:
            self._must_manage(row)
        except NotManaged:
            self._records = before
            raise

    def add(self, record: Record) -> str:
        """Stage a new row; its key. What it belongs to has to be managed."""
        parent = {IpAddress: ("ip", "ip"), BridgePort: ("bridge", "bridge")}.get(type(record))
        if parent is not None:
            name = self.topology.link_of(Reference(parent[0], getattr(record, parent[1])))
            self._must_manage_link(name)
        self._records, key = self._records.added(record)
        return key

    def add_bridge(self) -> str:
        """Stage a new bridge under a name that ``manage`` admits; its key."""
        links = self.topology.links
        taken = {*links, *(bridge.name for bridge in self._records.of(Bridge).values())}
        others = [name for name, link in links.items() if link.kind != "bridge"]
        free = [glob for glob in self._manage if "*" in glob and not any(fnmatchcase(name, glob) for name in others)]
        for number in range(MOST_BRIDGES):
            for pattern in ("br*", "br-*", "br-lan*", "bridge*", *free):
                name = pattern.replace("*", str(number))
                if name not in taken and len(name) <= LONGEST_NAME and self.may_change(name):
                    return self.add(Bridge(enable=False, name=name))
        raise self._not_managed("a new bridge", "has no name that")

    def remove(self, row: Row[Any]) -> None:
        """Stage the removal of a row and of what belongs to it."""
        self._must_manage(row)
        if row.kind is IpInterface:
            for address in [*self.addresses(4), *self.addresses(6)]:
                if address.parent == row.key and self._goes_with_interface(address, row):
                    self.remove(address)
        if row.kind is Bridge:
            for key, port in self._records.of(BridgePort).items():
                if port.bridge == row.key:
                    self._records = self._records.without(BridgePort, key)
        if row.is_own:
            self._records = self._records.without(row.kind, row.key)
        else:
            self._records = self._records.with_record(row.key, replace(self.record(row), deleted=True))

    def may_change(self, name: str) -> bool:
        """Whether the owner gave a link to the agent."""
        return is_managed(name, self._manage, self.topology)

    # -- the transaction --------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Start a staged copy; what the last transaction made can no longer be taken back by ``rollback``."""
        self._before, self._made, self._step = self._records, None, None

    def prepare(self) -> bool:
        """Plan. Raises Conflict or NotManaged; True when the plan cuts the way to the management server."""
        self._step = self._plan()
        self._records = replace(self._records, originals=self._step.originals, lost=self._step.lost)
        return cuts_path(self._step.changes, self._management_path(), self.topology)

    def undo_record(self) -> Any:
        """See ``agent.model.object.Backend``: the wish that takes the plan back."""
        return to_json(self._step.undo) if self._step is not None and self._step.changes else None

    def commit(self) -> None:
        """Make the plan. Raises Unmade, naming the edit, when the kernel refuses; then all is as it was."""
        step = self._step or self._plan()
        self._made = step.undo
        try:
            self._make(step)
        except MechanismError:
            self._take_back(step.undo)
            self._made = None
            raise
        self._applied, self._before = self._records, None

    def postpone(self) -> None:
        """What is staged is wanted from now on, and made by a later commit."""
        self._before, self._step = None, None

    def rollback(self) -> None:
        """Forget what is staged; take back what was made."""
        if self._made is not None:
            self._take_back(self._made)
            self._made = None
        if self._before is not None:
            self._records, self._before = self._before, None
        self._step = None

    def recover(self, record: Any, same_boot: bool) -> None:
        """Take back by the undo record; after a reboot the kernel has forgotten by itself."""
        if record and same_boot:
            self._take_back(from_json(record))

    def state(self) -> Any:
        """The durable part, staged edits included."""
        return self._records.to_json()

    def restore(self, state: Any) -> None:
        """Take the durable part over. Within a transaction (factory reset) what we made in the kernel stays known, so
        that the commit takes it back.
        """
        taken = Records.from_json(state)
        if self._before is None:
            self._records = self._applied = taken
        else:
            self._records = replace(taken, originals=self._records.originals, lost=self._records.lost)

    def apply_at_start(self) -> None:
        """Bring the kernel to what is configured, as far as it goes; nothing is touched that holds already."""
        up = {link.name for link in self._netlink.links() if link.up}
        stale = {
            ident for ident in self._records.lost if link_of(ident) in up
        }  # since then somebody configured it anew
        self._records = replace(self._records, lost={i: was for i, was in self._records.lost.items() if i not in stale})
        self._applied = self._records
        step = self._plan()
        self._records = replace(self._records, originals=step.originals, lost=step.lost)
        self._make(step)
        self._applied = self._records

    # -- inside -----------------------------------------------------------------------------------------------------

    def _plan(self) -> "_Step":
        observed = self._kernel.observe()
        topology = self.topology
        claimed = claims(topology, observed)
        held = claims(Topology(self._applied, self._netlink.links()), observed)
        new = {ident for ident, wanted in claimed.items() if ident not in held or held[ident] != wanted}
        new |= held.keys() - claimed.keys()
        for reason in contradictions(topology, observed, claimed, held):
            raise Conflict(reason)
        wish, originals = settle(claimed, self._records, observed)
        allowed = {ident: wanted for ident, wanted in wish.items() if self._is_allowed(ident, wanted)}
        for ident in new:
            if ident in wish and ident not in allowed and not holds(ident, wish[ident], observed):
                raise self._not_managed(link_of(ident) or "a route without an interface")
        changes = plan(allowed, observed)
        lost = {i: was for i, was in {**self._records.lost, **disturbed(changes, observed)}.items() if i not in claimed}
        lost = {ident: was for ident, was in lost.items() if ident[0] in ("address", "route", "port")}
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
                        raise Unmade(f"{change}: {error.reason}", error.code) from error
                    log.warning("%s: %s", change, error.reason)
            changes = plan(step.wish, self._kernel.observe())
            if not changes:
                break
        self._records = replace(self._records, lost=self._give_back(step.lost, step.wish))

    def _give_back(self, lost: Mapping[Ident, Attributes], wish: Wish) -> dict[Ident, Attributes]:
        """Put back what the kernel dropped beside our changes, where it can be again; what cannot is kept for later."""
        if not lost:
            return {}
        observed = self._kernel.observe()
        missing = {ident: was for ident, was in lost.items() if ident not in observed and ident not in wish}
        for change in plan({i: was for i, was in missing.items() if can_return(i, was, observed)}, observed):
            try:
                self._kernel.make(change)
            except MechanismError as error:
                log.info("%s (dropped by the kernel): %s", change, error.reason)
        observed = self._kernel.observe()
        return {ident: was for ident, was in missing.items() if ident not in observed}

    def _take_back(self, undo: Wish) -> None:
        for _ in range(ROUNDS):
            changes = plan(undo, self._kernel.observe())
            if not changes:
                return
            for change in changes:
                try:
                    self._kernel.make(change)
                except MechanismError as error:
                    log.warning("taking back, %s: %s", change, error.reason)

    def _is_allowed(self, ident: Ident, wanted: Attributes | None) -> bool:
        names = [link_of(ident) or "lo"]
        if ident[0] == "port" and wanted is not None and "bridge" in wanted:
            names.append(wanted["bridge"])
        return all(self.may_change(name) for name in names)

    def _goes_with_interface(self, address: Row[IpAddress], interface: Row[Any]) -> bool:
        """An address that was added; of the machine's own interface also those that an administrator gave it."""
        if address.is_own:
            return True
        found = self.address_of(address)
        is_given = found is not None and "permanent" in found.flags and not found.protocol.startswith("kernel")
        return is_given and not interface.is_own

    def _must_manage(self, row: Row[Any]) -> None:
        names: list[str | None]
        if row.kind is IpRoute:
            ident = self.route_ident(row)
            names = [link_of(ident) or "lo"] if ident else []
        elif row.kind is IpAddress:
            names = [self.topology.link_of(Reference("ip", self.record(row).ip))]
        else:
            record = self.record(row)
            names = [self.link_name(row), self.topology.link_of(getattr(record, "lower", None))]
            if row.kind is BridgePort:
                names.append(self.topology.link_of(Reference("bridge", record.bridge)))
        for name in names:
            self._must_manage_link(name)

    def _must_manage_link(self, name: str | None) -> None:
        if name is not None and not self.may_change(name):
            raise self._not_managed(name)

    @staticmethod
    def _not_managed(name: str, verb: str = "is not in") -> NotManaged:
        reason = f"{name} {verb} [network] manage" + ("" if verb == "is not in" else " admits")
        log.warning("refused: %s", reason)
        return NotManaged(reason)


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
