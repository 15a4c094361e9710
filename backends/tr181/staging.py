"""The network whose refusals are the data model's: the only place where the two vocabularies meet."""

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, Final

from agent.model.errors import Denied, InvalidValue, ModelError, NotWritable, Unavailable
from agent.model.object import RowsRefused, Target
from backends.network.errors import Conflict, Fixed, HandMade, NotManaged, Refused
from backends.network.network import Network, Unmade
from backends.network.plan import Change, Ident
from backends.network.records import Record, Reference
from backends.network.rows import Row
from backends.tr181.bridge_vlans import BRIDGE_VLAN, BRIDGE_VLAN_PORT
from backends.tr181.ip_prefix_rows import IPV6_PREFIX
from backends.tr181.layers import BRIDGE, IP_INTERFACE, target_of
from backends.tr181.routing import MAIN, ROUTER

log = logging.getLogger(__name__)

REFUSALS: Final[dict[type[Refused], type[ModelError]]] = {
    NotManaged: Denied,
    HandMade: Denied,
    Conflict: InvalidValue,
    Fixed: NotWritable,
}

VALUE_CODES: Final = (
    "EINVAL", "ERANGE", "EEXIST", "EADDRINUSE", "EADDRNOTAVAIL", "ENETUNREACH", "EHOSTUNREACH", "ELOOP",
)  # fmt: skip
"""By these the kernel says that what was asked for makes no sense, rather than that it is unable."""

PARAMETERS: Final = {
    "rule": frozenset(("ForwardingPolicy",)),
    "route": frozenset(("GatewayIPAddress", "NextHop", "DestIPAddress", "DestSubnetMask", "DestIPPrefix", "Interface")),
    "gateway": frozenset(("GatewayIPAddress", "NextHop")),
    "ip": frozenset(("Interface",)),
    "destination": frozenset(("DestIPAddress", "DestIPPrefix")),
    "prefix_length": frozenset(("DestSubnetMask",)),
    "address": frozenset(
        ("IPAddress", "SubnetMask", "Prefix", "ParentPrefix", "ChildPrefixBits", "PreferredLifetime", "ValidLifetime")
    ),
    "mtu": frozenset(("MTU", "MaxMTUSize")),
    "mac": frozenset(("MACAddress",)),
    "up": frozenset(("Enable",)),
    "arp": frozenset(("NoARP",)),
    "stp": frozenset(("Enable",)),
    "ageing_time": frozenset(("AgingTime",)),
    "priority": frozenset(("BridgePriority", "Priority")),
    "hello_time": frozenset(("HelloTime",)),
    "max_age": frozenset(("MaxAge",)),
    "forward_delay": frozenset(("ForwardingDelay",)),
    "path_cost": frozenset(("PathCost",)),
    "advertised": frozenset(("MaxBitRate", "DuplexMode", "AdvertisedLinkModes")),
    "eee": frozenset(("EEEEnable",)),
    "phy": frozenset(("MaxBitRate", "DuplexMode", "AdvertisedLinkModes", "EEEEnable")),
    "vlan_filtering": frozenset(("Standard",)),
    "management": frozenset(("ManagementPort", "LowerLayers")),
    "bridge_vlan": frozenset(("VLAN", "Port", "VLANID", "PVID", "Enable", "Untagged")),
}
"""Which parameters say what, by a kind of thing in the kernel, by the name of an attribute or of a record's field."""


@contextmanager
def model_refusals() -> Iterator[None]:
    """Turn the network's refusals into the data model's."""
    try:
        yield
    except Refused as refused:
        raise REFUSALS[type(refused)]("", refused.reason) from refused


class LinuxNetwork(Network):
    """A backend of the data model; the same as ``Network`` otherwise."""

    def edit(self, row: Row[Any], **values: Any) -> None:
        """Stage values of a row."""
        with model_refusals():
            super().edit(row, **values)

    def add(self, record: Record) -> str:
        """Stage a new row; its key."""
        with model_refusals():
            return super().add(record)

    def add_bridge(self) -> str:
        """Stage a new bridge; its key."""
        with model_refusals():
            return super().add_bridge()

    def remove(self, row: Row[Any]) -> None:
        """Stage the removal of a row."""
        with model_refusals():
            super().remove(row)

    def prepare(self) -> bool:
        """Plan what is staged. RowsRefused names the rows that cannot be."""
        try:
            return super().prepare()
        except Refused as refused:
            if isinstance(refused, HandMade):
                log.warning("refused: %s", refused.reason)
            if refused.row is not None:
                names = PARAMETERS.get(refused.field or "", frozenset())
                rows = [target for target in (self._target(refused.row),) if target]
                raise RowsRefused(REFUSALS[type(refused)], refused.reason, rows, names) from refused
            if refused.ident is None:
                raise REFUSALS[type(refused)]("", refused.reason) from refused
            raise self._rows_refused(REFUSALS[type(refused)], refused.reason, refused.ident) from refused

    def commit(self) -> None:
        """Make it. RowsRefused names the rows that the kernel refused."""
        try:
            super().commit()
        except Unmade as unmade:
            kind = InvalidValue if unmade.code in VALUE_CODES else Unavailable
            log.warning("refused: %s", unmade.reason)
            names = parameters_of(unmade.change)
            raise self._rows_refused(kind, unmade.reason, unmade.change.ident, names) from unmade

    def _rows_refused(
        self, refusal: type[ModelError], reason: str, ident: Ident, parameters: Collection[str] = ()
    ) -> RowsRefused:
        rows = [target for row in self.rows_behind(ident) if (target := self._target(row))]
        return RowsRefused(refusal, reason, rows, parameters)

    def _target(self, row: Reference) -> Target | None:
        if row.kind == "bridge":
            return Target(BRIDGE, (row.key,))
        for kind, path, rows in (
            ("bridged_vlan", BRIDGE_VLAN, self.bridged_vlans),
            ("vlan_member", BRIDGE_VLAN_PORT, self.vlan_members),
        ):
            if row.kind == kind:
                return next((Target(path, (one.parent, one.key)) for one in rows() if one.key == row.key), None)
        if row.kind == "prefix":
            return Target(IPV6_PREFIX, (self.prefix_records()[row.key].ip, row.key))
        for family in (4, 6):
            if row.kind == "address":
                found = [one for one in self.addresses(family) if one.key == row.key]
                if found:
                    return Target(f"{IP_INTERFACE}IPv{family}Address.{{i}}.", (found[0].parent, row.key))
            if row.kind == "route" and any(one.key == row.key for one in self.routes(family)):
                return Target(f"{ROUTER}IPv{family}Forwarding.{{i}}.", (MAIN, row.key))
        return None if row.kind in ("address", "route") else target_of(self, row)


def parameters_of(change: Change) -> frozenset[str]:
    """The names of the parameters that say what a change makes."""
    kind = change.ident[0]
    if kind in PARAMETERS:
        return PARAMETERS[kind]
    return frozenset().union(*(PARAMETERS.get(name, frozenset()) for name in change.after or {}))
