"""Which link each row stands for, and which rows stand for a link: records and the kernel's links put together. Pure.

A row that was added claims the link that it resolves to: the row that observation alone would give for that link is
then not shown beside it.
"""

import ipaddress
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase

from backends.delegations import Delegation
from backends.netlink_types import Link
from backends.network.other_layers import OtherLayers
from backends.network.plan import Ident
from backends.network.records import (
    KINDS,
    Bridge,
    BridgedVlan,
    BridgePort,
    EthernetLink,
    IpInterface,
    NeighborSetting,
    Record,
    Records,
    Reference,
    Vlan,
    VlanMember,
    is_own,
)

ARPHRD_ETHER = 1
VLAN_8021Q = 0x8100
LONGEST_NAME = 15
DEEPEST = 8


class Topology:
    """A view of records over the links that are there.

    ``others``: the tables beside ours that links belong to; ``manage``: globs of the links that are the agent's.
    """

    def __init__(
        self,
        records: Records,
        links: Sequence[Link],
        others: Sequence[OtherLayers] = (),
        manage: Sequence[str] = (),
        is_waiting: bool = False,
        in_use: Collection[str] = (),
        delegated: Sequence[Delegation] = (),
    ) -> None:
        """``is_waiting``: the records are not made yet. ``in_use``: bridges' members that speak IP all the same.
        ``delegated``: the prefixes that this machine may hand on.
        """
        self.records = records
        self.is_waiting = is_waiting
        self.in_use = in_use
        self.delegated = tuple(delegated)
        self.manage = tuple(manage)
        self.others: Mapping[str, OtherLayers] = {layer.kind: layer for layer in others}
        self.links: Mapping[str, Link] = {link.name: link for link in links}

    # -- what a row stands for -----------------------------------------------------------------------------------------

    def link_of(self, reference: Reference | None, depth: int = 0) -> str | None:
        """The name of the link that a row is or will be; None when what it needs is not told, or gone."""
        if reference is None or depth > DEEPEST:
            return None
        kind, key = reference.kind, reference.key
        if kind in self.others:
            return self.others[kind].link_of(reference)
        if kind not in KINDS:  # of a table that this system had once
            return None
        if kind == "bridged_vlan":
            return self.link_of(Reference("bridge", self._bridge_of(reference)), depth + 1)
        if kind == "vlan_member":
            member = self.records.of(VlanMember).get(key) if is_own(key) else None
            return self.link_of(member.port, depth + 1) if member else None if is_own(key) else key.partition(" ")[0]
        if not is_own(key):
            return key if not self.is_deleted(reference) else None
        match kind:
            case "vlan":
                return self.vlan_name(key, depth)
            case "bridge":
                bridge = self.records.of(Bridge).get(key)
                return bridge.name if bridge else None
            case "bridge_port":
                port = self.records.of(BridgePort).get(key)
                if port is not None and port.management:
                    return self.link_of(Reference("bridge", port.bridge), depth + 1)
                return self.link_of(port.lower, depth + 1) if port else None
        record = self._record(kind, key)
        return self.link_of(getattr(record, "lower", None), depth + 1)

    def _bridge_of(self, vlan: Reference) -> str:
        record = self.records.of(BridgedVlan).get(vlan.key)
        return record.bridge if record else self.bridge_key(vlan.key.partition(" ")[0])

    def vlan_name(self, key: str, depth: int = 0) -> str | None:
        """The name of the link of an added VLAN: "eth0.10", or one made of its key where that is too long."""
        vlan = self.records.of(Vlan).get(key)
        lower = self.link_of(vlan.lower, depth + 1) if vlan else None
        if vlan is None or lower is None or vlan.vlan_id is None:
            return None
        name = f"{lower}.{vlan.vlan_id}"
        return name if len(name) <= LONGEST_NAME else f"vlan{key[1:]}"

    def is_deleted(self, reference: Reference) -> bool:
        """Whether somebody took this row of the machine's own away."""
        record = self._record(reference.kind, reference.key)
        return record is not None and record.deleted

    def goes(self, ident: Ident) -> bool:
        """Whether something in the kernel, that no row claims, goes when the waiting change is made."""
        return self.is_waiting and self.records.is_by_us_alone(ident)

    def is_leaving(self, name: str) -> bool:
        """Whether a link is there because of a row alone, and no row asks for it any more: a change waits."""
        made = any(self.goes((kind, name)) for kind in ("vlan", "bridge"))
        return made and not self.claimants(Vlan, name) and not self.claimants(Bridge, name)

    def below(self, name: str) -> set[str]:
        """The links under a link, wanted ones included."""
        found, names = set[str](), [name]
        lowers = {
            made: self.link_of(vlan.lower)
            for key, vlan in self.records.of(Vlan).items()
            if is_own(key) and (made := self.vlan_name(key))
        }
        while names:
            at = names.pop()
            link = self.links.get(at)
            # A link that another service is still to make is asked for by its name.
            lower = lowers.get(at) or (link.lower if link else None) or self._carrier(link or Link(0, at))
            if lower and lower not in found:
                found.add(lower)
                names.append(lower)
        return found

    # -- which rows a link has, seen from the kernel ------------------------------------------------------------------

    def is_port(self, link: Link) -> bool:
        """Whether a link is an Ethernet port: physical, of a switch chip (DSA), or a container's veth."""
        return link.type == ARPHRD_ETHER and link.kind in ("", "dsa", "veth") and self.other(link) is None

    def has_ethernet_link(self, link: Link) -> bool:
        """Whether a link is a layer 2 endpoint of its own: no VLAN, no member of a bridge (but for what is on it)."""
        return link.type == ARPHRD_ETHER and link.kind != "vlan" and self.speaks_ip(link)

    def speaks_ip(self, link: Link) -> bool:
        """Whether a link is an IP interface. In a bridge it still is while it has an address or a route: they work."""
        return link.name in self.in_use or not self.is_member(link)

    def is_member(self, link: Link) -> bool:
        """Whether a link is a bridge's port: IP is then on the bridge."""
        master = self.links.get(link.master or "")
        return master is not None and master.kind == "bridge"

    def other(self, link: Link) -> Reference | None:
        """The row of another service's table that a link is."""
        return next((row for layer in self.others.values() if (row := layer.reference_of(link))), None)

    # -- which row a link has -----------------------------------------------------------------------------------------

    def claimants(self, kind: type[Record], name: str) -> list[str]:
        """The keys of added rows of a kind that stand for a link."""
        word = {
            EthernetLink: "ethernet_link",
            IpInterface: "ip",
            Vlan: "vlan",
            Bridge: "bridge",
            BridgePort: "bridge_port",
            NeighborSetting: "neighbor_setting",
        }[kind]
        return [key for key in self.records.of(kind) if is_own(key) and self.link_of(Reference(word, key)) == name]

    def ip_key(self, name: str) -> str:
        """The key of the IP interface row of a link."""
        return next(iter(self.claimants(IpInterface, name)), name)

    def ethernet_link_key(self, name: str) -> str:
        """The key of the Ethernet link row of a link."""
        return next(iter(self.claimants(EthernetLink, name)), name)

    def vlan_key(self, name: str) -> str:
        """The key of the VLAN row of a link."""
        return next(iter(self.claimants(Vlan, name)), name)

    def bridge_key(self, name: str) -> str:
        """The key of the bridge row of a link."""
        return next(iter(self.claimants(Bridge, name)), name)

    def management_port(self, name: str) -> str:
        """The key of the management port of a bridge's link: an added one, else the bridge's own name."""
        bridge = self.bridge_key(name)
        own = (key for key, port in self.records.of(BridgePort).items() if port.management and port.bridge == bridge)
        return next(own, name)

    def lower_of(self, name: str, above: str) -> Reference | None:
        """The row immediately under the Ethernet link, VLAN or IP interface (``above``) of a link."""
        link = self.links.get(name)
        if link is None:
            return None
        if above == "vlan":
            lower = link.lower
            return Reference("ethernet_link", self.ethernet_link_key(lower)) if lower and lower in self.links else None
        if above == "ip":
            if link.kind == "vlan":
                return Reference("vlan", self.vlan_key(name))
            if self.has_ethernet_link(link):
                return Reference("ethernet_link", self.ethernet_link_key(name))
            return self.other(link)
        if link.kind == "bridge":
            return Reference("bridge_port", self.management_port(name))
        return Reference("port", name) if self.is_port(link) else self.other(link)

    def member(self, name: str) -> Reference | None:
        """The row under the bridge port that a link is."""
        link = self.links.get(name)
        if link is None or link.kind == "vlan":
            return Reference("vlan", self.vlan_key(name)) if link else None
        return Reference("port", name) if self.is_port(link) else self.other(link)

    def _carrier(self, link: Link) -> str | None:
        return next((name for layer in self.others.values() if (name := layer.carrier_of(link))), None)

    def _record(self, kind: str, key: str) -> Record | None:
        return self.records.by_kind.get(kind, {}).get(key)


def is_managed(name: str, manage: Sequence[str], topology: Topology) -> bool:
    """Whether the owner gave this link to the agent: by its name, or by that of a link it lies over."""
    return any(fnmatchcase(one, glob) for one in {name, *topology.below(name)} for glob in manage)


def cidr(address: str, prefix_length: int) -> str:
    """An address with its length, written as the kernel's tools write it."""
    return f"{ipaddress.ip_address(address)}/{prefix_length}"
