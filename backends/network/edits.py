"""Edits of the configured rows, refused where the owner did not give the interface to the agent."""

import logging
import secrets
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any, Final

from backends.ethtool import Ports
from backends.netlink import Netlink
from backends.network.errors import NotManaged
from backends.network.plan import Ident, link_of
from backends.network.records import (
    Bridge,
    BridgedVlan,
    BridgePort,
    IpAddress,
    IpInterface,
    IpPrefix,
    IpRoute,
    IpStack,
    LogicalInterface,
    Record,
    Reference,
    VlanMember,
)
from backends.network.rows import Row
from backends.network.topology import LONGEST_NAME, is_managed
from backends.network.view import NetworkView
from backends.procfs import Procfs

log = logging.getLogger(__name__)

MOST_BRIDGES: Final = 256
OF_BRIDGES: Final[tuple[type[BridgePort | BridgedVlan | VlanMember], ...]] = (BridgePort, BridgedVlan, VlanMember)
"""The kinds whose records belong to a bridge, and go with it."""


class NetworkEdits(NetworkView):
    """Stages changes of the records; nothing of the system changes. ``manage``: globs of what may be changed."""

    def __init__(self, netlink: Netlink, procfs: Procfs, manage: Sequence[str], ports: Ports | None = None) -> None:
        super().__init__(netlink, procfs, ports)
        self._manage = tuple(manage)
        self._resets: frozenset[str] = frozenset()
        self._restarts: frozenset[str] = frozenset()

    def manage_only(self, manage: Sequence[str]) -> None:
        """The owner named other interfaces: what is configured on those no longer named is left as it is."""
        self._manage = tuple(manage)

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
        if isinstance(record, IpAddress | IpPrefix):
            self._must_manage_link(self.topology.link_of(Reference("ip", record.ip)))
        elif isinstance(record, OF_BRIDGES):
            self._must_manage_link(self.topology.link_of(Reference("bridge", record.bridge)))
        self._records, key = self._records.added(record)
        return key

    def add_bridge(self) -> str:
        """Stage a new bridge under a name that ``manage`` admits; its key.

        What is still configured for a link that is gone is not for another one that happens to get its name.
        """
        links = self.topology.links
        taken = {*links, *(bridge.name for bridge in self._records.of(Bridge).values()), *self._records.links_named()}
        others = [name for name, link in links.items() if link.kind != "bridge"]
        free = [glob for glob in self._manage if "*" in glob and not any(fnmatchcase(name, glob) for name in others)]
        for pattern in ("br*", "br-*", "br-lan*", "bridge*", *free):
            for number in range(MOST_BRIDGES):
                name = pattern.replace("*", str(number))
                if name not in taken and len(name) <= LONGEST_NAME and self.may_change(name):
                    return self.add(Bridge(enable=False, name=name, mac=_new_mac()))
        raise not_managed("no name for a new bridge")

    def remove(self, row: Row[Any]) -> None:
        """Stage the removal of a row and of what belongs to it."""
        self._must_manage(row)
        if row.kind is IpInterface:
            for address in [*self.addresses(4), *self.addresses(6)]:
                if address.parent == row.key and self._goes_with_interface(address, row):
                    self.remove(address)
            for key, prefix in self._records.of(IpPrefix).items():
                if prefix.ip == row.key:
                    self._records = self._records.without(IpPrefix, key)
        if row.kind is Bridge:
            for kind in OF_BRIDGES:
                for key, record in self._records.of(kind).items():
                    if record.bridge == row.key:
                        self._records = self._records.without(kind, key)
        if row.is_own:
            self._records = self._records.without(row.kind, row.key)
        else:
            self._records = self._records.with_record(row.key, replace(self.record(row), deleted=True))

    def reset_counters(self, row: Row[Any]) -> None:
        """Stage that what the row's link has carried so far is no longer counted."""
        self._resets |= {name} if (name := self.link_name(row)) else set()

    def restart(self, row: Row[Any]) -> None:
        """Stage that the row's link goes down and comes up again, with all that is on it."""
        self._must_manage(row)
        self._restarts |= {name} if (name := self.link_name(row)) else set()

    def may_change(self, name: str) -> bool:
        """Whether the owner gave a link to the agent."""
        return is_managed(name, self._manage, self.topology)

    def _goes_with_interface(self, address: Row[IpAddress], interface: Row[Any]) -> bool:
        """An address that was added; of the machine's own interface also those that an administrator gave it."""
        if address.is_own:
            return True
        found = self.address_of(address)
        is_given = found is not None and "permanent" in found.flags and not found.protocol.startswith("kernel")
        return is_given and not interface.is_own

    def _must_manage(self, row: Row[Any]) -> None:
        names: list[str | None]
        if row.kind in (LogicalInterface, IpStack):  # nothing of the system's, or of the managed links alone
            return
        if row.kind is IpRoute:
            ident = self.route_ident(row)
            names = [link_of(ident) or "lo"] if ident else []
        elif row.kind in (IpAddress, IpPrefix):
            names = [self.topology.link_of(Reference("ip", self.record(row).ip))]
        else:
            record = self.record(row)
            names = [self.topology.link_of(getattr(record, "lower", None)), self.link_name(row)]
            if row.kind in OF_BRIDGES:
                names.append(self.topology.link_of(Reference("bridge", record.bridge)))
        for name in names:
            self._must_manage_link(name)

    def _must_manage_link(self, name: str | None) -> None:
        if name is not None and not self.may_change(name):
            raise not_managed(name)


def _new_mac() -> str:
    """A locally administered address (IEEE 802 8.4). The kernel's would be another after each boot, or of another port,
    and with it the router that the hosts of a home know.
    """
    first, *others = secrets.token_bytes(6)
    return ":".join(f"{octet:02x}" for octet in (first & 0xFC | 0x02, *others))


def not_managed(name: str, ident: Ident | None = None) -> NotManaged:
    """The refusal, which the owner finds in the log."""
    reason = f"{name} is in [network] manage" if name.startswith("no ") else f"{name} is not in [network] manage"
    log.warning("refused: %s", reason)
    return NotManaged(reason, ident)
