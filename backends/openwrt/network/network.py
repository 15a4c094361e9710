"""The network as OpenWrt has it: /etc/config/network is what is wanted, a plan is said there, and netifd makes it."""

import ipaddress
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from backends.errors import MechanismError
from backends.ethtool import Ports
from backends.netlink import Netlink
from backends.netlink_types import RouteTo
from backends.network.contradictions import cuts_path
from backends.network.desired import settle, ula_subnet
from backends.network.edits import not_managed
from backends.network.errors import Conflict, NotManaged
from backends.network.network import going_down, news
from backends.network.plan import Change, Ident, link_of
from backends.network.records import (
    IpAddress,
    IpInterface,
    IpPrefix,
    Records,
    Reference,
)
from backends.network.rows import Row
from backends.openwrt.netifd import NetifdState
from backends.openwrt.network.asked import is_assigned
from backends.openwrt.network.commits import Commits, Made
from backends.openwrt.network.document import NETWORK, Document
from backends.openwrt.network.given import not_covered, ours, together, without_twins
from backends.openwrt.network.planning import (
    bridges_of,
    changes,
    given_up,
    hops,
    is_said,
    merged,
    moves,
    places,
    switched_off,
    switched_off_rows,
)
from backends.openwrt.network.saying import UciRecords, of_ours
from backends.openwrt.network.telling import Telling
from backends.procfs import Procfs
from backends.ubus import BusError
from backends.uci import Package, Uci

log = logging.getLogger(__name__)

NOTHING: Final = Telling()


class UciNetwork(UciRecords):
    """See Network: the verbs of a transaction."""

    def __init__(
        self,
        netlink: Netlink,
        procfs: Procfs,
        manage: Sequence[str],
        management_path: Callable[[], RouteTo | None],
        ports: Ports | None,
        uci: Uci,
        netifd: NetifdState,
        committed: Callable[[Collection[str]], None],
    ) -> None:
        """``committed`` is told of the packages that were written."""
        super().__init__(netlink, procfs, manage, management_path, ports, uci, netifd)
        self._commits = Commits(uci, netifd.links, self._said_by, committed)
        self._telling = NOTHING
        self._committed: Made | None = None
        self._to_restart: frozenset[str] = frozenset()

    # -- the transaction ----------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """See Network."""
        self.look()
        self._committed, self._telling = None, NOTHING
        super().begin()

    def edit(self, row: Row[Any], **values: Any) -> None:
        """See NetworkEdits; a row that was put on a link stands for the interface that UCI has there."""
        if values.get("ula"):
            values = {**values, "ula": self._free_subnet(values["ula"])}
        if not values and isinstance(row.blank, IpAddress):  # it stays a row, also when UCI says it no longer
            values = {"enable": self.record(row).enable is not False}
        super().edit(row, **values)
        if row.kind is IpInterface and row.is_own:
            mine = ours(self._records, self._given)
            given = without_twins(mine, self._given, self.topology, [])
            self._records = together(mine, given)

    def prepare(self) -> bool:
        """See Network. Refused as well for what OpenWrt's configuration cannot say."""
        self._telling, originals = self._plan_telling()
        try:
            self._commits.try_out(self._telling)
        except MechanismError as error:
            if error.code == "EACCES":  # the agent runs as a user that only looks and reports
                raise NotManaged(error.reason) from error
            raise
        self._records = replace(self._records, originals=originals)
        downs = [going_down(name) for name in self._restarts]
        return cuts_path([*self._changes_of_links(), *downs], self._management_path(), self.topology)

    def undo_record(self) -> Any:
        """See Network."""
        return self._telling.to_json() if self._telling.changes else None

    def commit(self) -> None:
        """Say it. Refused or MechanismError; then all is as it was."""
        if not self._telling.changes and self._before is not None:
            self._telling, originals = self._plan_telling()
            self._records = replace(self._records, originals=originals)
        self._committed = self._commits.make(self._telling)
        try:
            for name in sorted(self._restarts):
                self._restart(name)
        except MechanismError:
            self._take_committed_back()
            raise
        self._leave(self._telling)
        # netifd gives a link that speaks IPv6 again none of its addresses before the interface starts anew.
        self._to_restart = frozenset(one.ident[1] for one in self._telling.changes if _is_ipv6_on(one))
        self._has_been_made()
        self._is_current = False

    def rollback(self) -> None:
        """See Network."""
        self._take_committed_back()
        super().rollback()
        self._telling, self._is_current = NOTHING, False

    def recover(self, record: Any, same_boot: bool) -> None:  # noqa: ARG002 - UCI is kept over a boot
        """See Network; what somebody else has changed since stays."""
        if record:
            telling = Telling.from_json(record).reversed()
            self._commits.make(telling, must_hold=False)
            self._leave(telling)
            self._was_recovered = True
            self._is_current = False

    def state(self) -> Any:
        """What UCI does not say."""
        mine = ours(self._records, self._given)
        return replace(mine, by_kind={kind: some for kind, some in mine.by_kind.items() if some}).to_json()

    def restore(self, state: Any) -> None:
        """See Network. Of a row that has ours on top, what was before is remembered and not given."""
        mine = ours(self._records, self._given)
        super().restore(state)
        if self._before is None:
            self._given, self._document, self._is_current = {}, Document(Package(NETWORK)), False
            return
        given = without_twins(self._records, not_covered(self._given, mine), self.topology, [])
        self._records = together(self._records, given)

    def backup(self) -> Any:
        """The rows of ours and those that UCI makes by itself; see agent.model.configuration.KeepsElsewhere."""
        self.look()
        return {name: kept for name, kept in self._records.to_json().items() if name in ("next", "records")}

    def bring_back(self, kept: Any) -> None:
        """Stage these rows; what UCI has beside them is taken away. ValueError and its like for another form."""
        taken, now = Records.from_json(kept), self._records
        records = replace(taken, originals=now.originals, lost=now.lost, boot=now.boot)
        records = replace(records, next_number=max(records.next_number, now.next_number))
        for row, record in self._given.items():
            if row.key not in records.by_kind.get(row.kind, {}):
                records = records.with_record(row.key, replace(record, deleted=True))
        self._records = records

    def apply_at_start(self) -> None:
        """OpenWrt has done it."""
        self._was_recovered = False
        self._applied = self._records
        self.look()

    def kernel_changed(self) -> bool:
        """netifd sees to it. Whether ``state`` has news by what UCI says now."""
        self._is_current = False
        return self.look()

    def settings_given(self) -> bool:
        """See Network: links have no settings of ours."""
        return False

    def kernel_seen(self) -> None:
        """Nothing is made later."""

    def ways_changed(self) -> bool:
        """Whose router advertisements are heeded is netifd's."""
        return False

    # -- inside -------------------------------------------------------------------------------------------------------

    def _plan_telling(self) -> tuple[Telling, Mapping[Ident, Any]]:
        """What is to be said, and what is to be remembered of how it was."""
        self._uci.forget()
        state = self._said_by(self._read())
        observed = merged(self._observe(), state)
        topology, before = self.topology, self._topology_before()
        claimed, held = self._claims(topology, observed), self._claims(before, observed)
        new = news(claimed, held)
        self._check(topology, observed, claimed, held)
        self._check_prefixes()
        wish, originals = settle(claimed, self._records, state)
        for ident in new & wish.keys():
            is_ours = ident[0] == "ula" or self._is_allowed(ident, wish[ident])
            if not is_ours and not is_said(ident, wish[ident], state, observed):
                raise not_managed(link_of(ident) or "a route without an interface", ident)
        near = self.near()
        was, now = places(self._applied, before, near), places(self._records, topology, near)
        reached = [*near, *hops(state)]
        off = switched_off_rows(self._applied, before, reached)
        still_off = switched_off_rows(self._records, topology, reached)
        told = list(changes(wish, new, state, observed, claimed))
        come = {change.ident for change in told if change.after is not None}
        told += [one for one in given_up(off, still_off, state) if ("route", *one.ident[1:]) not in come]
        telling = Telling(
            tuple(told),
            moves({**off, **was}, now),
            switched_off(was, self._records),
            bridges_of(self._records, topology, state),
            {ident[1]: there["supported"] for ident, there in observed.items() if ident[0] == "phy"},
        )
        given = not_covered(self._given, ours(self._records, self._given))
        known = self._claims_of(together(Records(), given), observed)
        return telling, of_ours(originals, claimed, known)

    def _check_prefixes(self) -> None:
        before = self._applied.of(IpPrefix)
        for key, prefix in self._records.of(IpPrefix).items():
            if is_assigned(prefix) and prefix.enable and prefix != before.get(key):
                reason = "netifd hands on what is delegated by itself (ip6assign)"
                raise Conflict(reason, row=Reference("prefix", key))

    def _changes_of_links(self) -> list[Change]:
        """The telling, with an interface that is taken down as its link."""
        found = []
        for change in self._telling.changes:
            if change.ident[0] == "interface":
                is_down = change.after is None or not change.after["enabled"]
                found += [going_down(change.ident[1])] if is_down else []
            elif change.ident[0] not in ("ula", "assign"):
                found.append(change)
        return found

    def _free_subnet(self, wanted: int) -> int:
        """A /64 of the unique local prefix, no smaller than wanted, of which no link has anything: netifd would give
        that link another part, and its hosts other addresses.
        """
        prefix = self.stack().ula_prefix
        there = [ipaddress.ip_interface(f"{one.address}/{one.prefix_length}").network
                 for one in self._netlink.addresses() if one.family == 6 and one.prefix_length <= 64]  # fmt: skip
        while prefix and any(ula_subnet(prefix, wanted).overlaps(one) for one in there if one.version == 6):
            wanted += 1
        return wanted

    def settle(self) -> None:
        """netifd has been told: interfaces that it does not restart by itself for what has changed are restarted."""
        waiting, self._to_restart = self._to_restart, frozenset()
        for name in sorted(waiting):
            try:
                self._restart(name)
            except MechanismError as silent:  # what was asked for is said: it holds with the next start
                log.warning("%s speaks IPv6 again when its interface starts anew: %s", name, silent.reason)

    def _restart(self, name: str) -> None:
        for key in self._document.on(name):
            try:
                self._netifd.restart(key)
            except BusError as silent:
                raise MechanismError(f"{key}: {silent}") from silent

    def _take_committed_back(self) -> None:
        made, self._committed = self._committed, None
        if made is not None:
            self._commits.take_back(made)
            self._leave(made.telling.reversed())

    def _leave(self, telling: Telling) -> None:
        gone = [change.ident for change in telling.changes if change.after is None]
        self._settling.leave(gone, [change.ident for change in telling.changes if change.after is not None])


def _is_ipv6_on(change: Change) -> bool:
    return change.ident[0] == "ipv6" and (change.before or {}).get("enabled") is False
