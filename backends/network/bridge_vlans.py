"""VLANs of bridges that filter (802.1Q): which VLAN passes which port, as rows and as what is wanted. Pure.

In the kernel a VLAN of a bridge is nothing by itself: it is the entries ``("bridge_vlan", LINK, VID)`` of the bridge's
members, and of the bridge's own link, which is its management port.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from backends.netlink_types import BridgeVlan
from backends.network.plan import Attributes, Ident, State
from backends.network.records import Bridge, BridgedVlan, BridgePort, Reference, VlanMember, is_own
from backends.network.topology import Topology

PLAIN_STANDARD: Final = "802.1D-2004"
"""The standard of a bridge that looks at no VLAN; all others filter."""
DEFAULT_PVID: Final = 1
TAGGED_ONLY: Final = "tagged"

Claims = dict[Ident, Attributes | None]


def is_filtering(topology: Topology, bridge: str) -> bool:
    """Whether the bridge with this key is to filter VLANs: what was told of it, else what the kernel does."""
    record = topology.records.of(Bridge).get(bridge)
    if record is not None and (record.deleted or record.standard is not None):
        return not record.deleted and record.standard != PLAIN_STANDARD
    link = topology.links.get(topology.link_of(Reference("bridge", bridge)) or "")
    return bool(link and link.bridge and link.bridge.vlan_filtering)


def bridge_link(topology: Topology, name: str) -> str | None:
    """The bridge that a link is a member of, or is itself."""
    link = topology.links.get(name)
    if link is None or link.kind == "bridge":
        return name if link else None
    return link.master if topology.is_member(link) else None


def vlan_id(topology: Topology, key: str) -> int | None:
    """The identifier of a VLAN row, None while it is not told."""
    if is_own(key):
        record = topology.records.of(BridgedVlan).get(key)
        return record.vlan_id if record else None
    return int(key.rpartition(" ")[2])


def vlan_key(topology: Topology, bridge: str, number: int) -> str:
    """The key of the row of a VLAN of the bridge with key ``bridge``: one that was added, else the kernel's own."""
    for key, record in topology.records.of(BridgedVlan).items():
        if is_own(key) and record.bridge == bridge and record.vlan_id == number:
            return key
    return f"{topology.link_of(Reference('bridge', bridge))} {number}"


def member_ident(topology: Topology, key: str) -> Ident | None:
    """Where a row of a VLAN's member belongs in the kernel; None while something is missing."""
    if not is_own(key):
        return ("bridge_vlan", *key.split(" "))
    record = topology.records.of(VlanMember).get(key)
    name = topology.link_of(record.port) if record else None
    number = vlan_id(topology, record.vlan.key) if record and record.vlan else None
    return ("bridge_vlan", name, str(number)) if name and number else None


def counting(topology: Topology, entries: Iterable[BridgeVlan]) -> Iterator[tuple[BridgeVlan, str]]:
    """The entries that count, each with the key of its bridge."""
    for entry in entries:
        name = bridge_link(topology, entry.interface)
        if name is not None and is_filtering(topology, bridge := topology.bridge_key(name)):
            yield entry, bridge


def port_of(topology: Topology, name: str) -> Reference:
    """The row of the bridge port that a link is."""
    link = topology.links.get(name)
    if link is not None and link.kind == "bridge":
        return Reference("bridge_port", topology.management_port(name))
    return Reference("bridge_port", next(iter(topology.claimants(BridgePort, name)), name))


def claims(topology: Topology, observed: State) -> Claims:
    """The entries that the records ask for, in bridges that are to filter."""
    wish: Claims = {}
    bridges = {
        record.bridge
        for kind in (BridgePort, BridgedVlan, VlanMember)
        for record in topology.records.of(kind).values()
        if isinstance(record, BridgePort | BridgedVlan | VlanMember)
    }
    filtering = {key for key in bridges if is_filtering(topology, key)}
    for key, member in topology.records.of(VlanMember).items():
        ident = member_ident(topology, key)
        if ident is None or member.bridge not in filtering:
            continue
        is_wanted = not member.deleted and (member.enable or (member.enable is None and not is_own(key)))
        if is_wanted and _is_on(topology, member.vlan):
            told = {} if member.untagged is None else {"untagged": member.untagged}
            wish[ident] = {"untagged": False, "pvid": False, **told} if is_own(key) else told
        elif not is_own(key):
            wish[ident] = None
    wish.update(_without_vlan(topology, observed, filtering, wish))
    wish.update(_of_new_members(topology, filtering, wish))
    for ident, settings in _pvids(topology, observed, filtering, wish):
        wish[ident] = {**(wish.get(ident) or {}), **settings}
    return wish


def _is_on(topology: Topology, vlan: Reference | None) -> bool:
    record = topology.records.of(BridgedVlan).get(vlan.key) if vlan else None
    if record is None:
        return vlan is not None and not is_own(vlan.key)
    return not record.deleted and (bool(record.enable) or (record.enable is None and vlan is not None))


def _without_vlan(topology: Topology, observed: State, filtering: set[str], wish: Claims) -> Claims:
    """The entries of the machine's own VLANs that were switched off or taken away."""
    off = {
        (record.bridge, key.rpartition(" ")[2])
        for key, record in topology.records.of(BridgedVlan).items()
        if not is_own(key) and (record.deleted or record.enable is False) and record.bridge in filtering
    }
    known = [ident for ident in {**observed, **topology.records.originals} if ident[0] == "bridge_vlan"]
    found = [(ident, bridge_link(topology, ident[1])) for ident in known]
    return {
        ident: None
        for ident, name in found
        if name is not None and ident not in wish and (topology.bridge_key(name), ident[2]) in off
    }


def _of_new_members(topology: Topology, filtering: set[str], wish: Claims) -> Claims:
    """A member that joins is given the bridge's default VLAN by the kernel: not so one that somebody configures."""
    unasked: Claims = {}
    for key, port in topology.records.of(BridgePort).items():
        name = topology.link_of(Reference("bridge_port", key))
        bridge = topology.link_of(Reference("bridge", port.bridge))
        link, above = topology.links.get(name or ""), topology.links.get(bridge or "")
        joins = is_own(key) and port.enable and not port.management and link is not None and link.master != bridge
        if joins and port.bridge in filtering and above is not None and above.bridge is not None:
            ident = ("bridge_vlan", str(name), str(above.bridge.default_pvid))
            if above.bridge.default_pvid and ident not in wish:
                unasked[ident] = None
    return unasked


def pvid(topology: Topology, name: str, there: int | None) -> int | None:
    """The VLAN of untagged frames that come in by a link; None where they are dropped. ``there``: the kernel's."""
    port = topology.records.of(BridgePort).get(port_of(topology, name).key)
    if port is not None and port.frames == TAGGED_ONLY:
        return None
    return (port.pvid if port else None) or there or DEFAULT_PVID


def _pvids(
    topology: Topology, observed: State, filtering: set[str], wish: Claims
) -> Iterator[tuple[Ident, dict[str, bool]]]:
    """For each link of which something is wanted: which of its entries untagged frames come into."""
    told = {
        name
        for key, port in topology.records.of(BridgePort).items()
        if (port.pvid is not None or port.frames is not None) and port.bridge in filtering
        and (name := topology.link_of(Reference("bridge_port", key)))
    }  # fmt: skip
    made = {ident[1] for ident, wanted in wish.items() if wanted is not None and "pvid" in wanted}
    there: dict[str, dict[Ident, Attributes]] = {name: {} for name in sorted(told | made)}
    for ident, attributes in observed.items():
        if ident[0] == "bridge_vlan" and ident[1] in there:
            there[ident[1]][ident] = attributes
    for name, found in there.items():
        current = next((int(ident[2]) for ident, attributes in found.items() if attributes["pvid"]), None)
        number = pvid(topology, name, current)
        wanted = {ident for ident, one in wish.items() if ident[0:2] == ("bridge_vlan", name) and one is not None}
        ours = {ident for ident, was in topology.records.originals.items() if was is None}  # and not wanted any more
        staying = {ident for ident in found if ident not in ours and wish.get(ident, {}) is not None}
        for ident in sorted(wanted | (staying if name in told else set())):
            yield ident, {"pvid": ident[2] == str(number)}
