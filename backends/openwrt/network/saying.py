"""Rows of the network as /etc/config/network says them, with those records of ours that it does not say."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from backends.errors import MechanismError
from backends.ethtool import Ports
from backends.netlink import Netlink
from backends.netlink_types import RouteTo
from backends.network.desired import Claims
from backends.network.network import Network
from backends.network.origins import rows_behind
from backends.network.plan import Ident, State
from backends.network.records import (
    KINDS,
    IpPrefix,
    IpStack,
    Port,
    R,
    Record,
    Records,
    Reference,
)
from backends.network.rows import Row
from backends.network.topology import Topology
from backends.openwrt.netifd import NetifdState
from backends.openwrt.network.asked import asked
from backends.openwrt.network.document import NETWORK, Document
from backends.openwrt.network.given import laid_over, not_covered, ours, together, without_twins
from backends.openwrt.network.planning import (
    hops,
    is_said,
    merged,
)
from backends.openwrt.network.said import Said, said
from backends.openwrt.network.said_rows import said_rows
from backends.openwrt.network.settling import SettlingNetlink
from backends.procfs import Procfs
from backends.uci import Package, Uci

log = logging.getLogger(__name__)


class UciRecords(Network):
    """Records are kept for what UCI does not say: which row an address or a route is while it moves, and rows that are
    not complete or not enabled. What a person writes there is stronger than any record of ours.
    """

    def __init__(
        self,
        netlink: Netlink,
        procfs: Procfs,
        manage: Sequence[str],
        management_path: Callable[[], RouteTo | None],
        ports: Ports | None,
        uci: Uci,
        netifd: NetifdState,
    ) -> None:
        self._is_current = True  # nothing is read before there is something to read with
        self._settling = SettlingNetlink(netlink)
        super().__init__(self._settling, procfs, manage, management_path, ports)
        self._uci = uci
        self._netifd = netifd
        self._document = Document(Package(NETWORK))
        self._given: Mapping[Reference, Record] = {}
        self._seen: tuple[frozenset[str], dict[str, str]] = (frozenset(), {})
        self._hops: list[Ident] = []
        self._trouble = ""
        self._is_current = False

    # -- what UCI says ------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """What was read may be old."""
        self._uci.forget()
        self._netifd.forget()
        self._is_current = False

    @property
    def topology(self) -> Topology:
        """See NetworkView."""
        self.look()
        return super().topology

    def record(self, row: Row[R]) -> R:
        """See NetworkView."""
        self.look()
        return super().record(row)

    def stack(self) -> IpStack:
        """See NetworkView."""
        self.look()
        return super().stack()

    def prefix_records(self) -> Mapping[str, IpPrefix]:
        """See NetworkView."""
        self.look()
        return super().prefix_records()

    def look(self) -> bool:
        """Take over what UCI says now; whether records of ours gave way. Not while a change of ours is on its way."""
        if self._is_current or self._before is not None or self._is_waiting:
            return False
        self._is_current = True
        document, links = self._read(), {link.name: link for link in self._netlink.links()}
        is_other = document.package is not self._document.package
        seen = (frozenset(links), dict(self._netifd.links()) if document.asks_netifd else {})
        if not is_other and seen == self._seen:
            return False
        mine, before = ours(self._records, self._given), self._given
        self._document, self._seen = document, seen
        state = self._said_by(document)
        given, self._hops = said_rows(document, state, links), hops(state)
        self._put_together(laid_over(mine, before, given), given)
        return is_other and self._give_way(state)

    def _read(self) -> Document:
        try:
            package = self._uci.read(NETWORK)
            self._hear("")
        except MechanismError as error:
            self._hear(error.reason)
            package = self._document.package
        return Document(package, self._netifd.links)

    def _hear(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            last = "what it said last is taken" if self._document.package.sections else "nothing of it is known"
            log.error("%s; %s until it is mended", trouble, last)
        self._trouble = trouble

    def _put_together(self, mine: Records, given: Mapping[Reference, Record]) -> None:
        self._records = self._applied = together(mine, given)
        self._given = without_twins(mine, given, self.topology, [*self.near(), *self._hops])
        self._records = self._applied = together(mine, self._given)

    def _give_way(self, state: Said) -> bool:
        """Let go of the records that ask for what UCI says otherwise."""
        observed = merged(self._observe(), state)
        claimed = self._claims(self.topology, observed)
        mine, given = ours(self._records, self._given), self._given
        unsaid = [
            ident
            for ident in self._records.originals
            if ident in claimed and not is_said(ident, claimed[ident], state, observed)
        ]
        behind = dict.fromkeys(row for ident in unsaid for row in rows_behind(ident, self.topology, self.near()))
        if any(ident[0] == "ipv6" for ident in unsaid) and mine.of(IpStack):
            mine = mine.with_record("", replace(mine.of(IpStack)[""], ipv6=None))
        lost = [row for row in behind if row.key in mine.by_kind.get(row.kind, {})]
        for row in lost:
            log.warning("%s %s gives way to what /etc/config/network says", row.kind, row.key)
            mine = mine.without(KINDS[row.kind], row.key)
        by_itself = self._claims_of(together(Records(), not_covered(given, mine)), observed)
        self._put_together(mine, said_rows(self._document, state, {one.name: one for one in self._netlink.links()}))
        claimed = self._claims(self.topology, observed)
        originals = self._records.originals
        self._records = self._applied = replace(self._records, originals=of_ours(originals, claimed, by_itself))
        return bool(lost)

    def _said_by(self, document: Document) -> Said:
        links = {link.name: link for link in self._netlink.links()}
        has_ports = self._ports is not None and bool(self._records.of(Port))
        supported = {name: sorted(phy.supported) for name, phy in self._ports.phys().items()} if has_ports else {}  # type: ignore[union-attr]
        return said(document, links, supported)

    def _claims(self, topology: Topology, observed: State) -> Claims:
        return asked(topology, observed, self.ways_out())

    def _claims_of(self, records: Records, observed: State) -> Claims:
        links = self._netlink.links()
        return self._claims(Topology(records, links, self.other_layers, self._manage), observed)


def of_ours(originals: Mapping[Ident, Any], claimed: Claims, by_itself: Claims) -> dict[Ident, Any]:
    """Of what was before, what records of ours have changed: UCI asks for the rest by itself."""
    return {
        ident: was
        for ident, was in originals.items()
        if ident in claimed and (ident not in by_itself or claimed[ident] != by_itself[ident])
    }
