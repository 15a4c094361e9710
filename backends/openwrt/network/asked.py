"""What the records ask of /etc/config/network: of all that they ask of a kernel, what is OpenWrt's to say. Pure."""

from collections.abc import Collection, Iterator
from typing import Final

from backends.link_modes import speeds
from backends.network.children import CHILD, DELEGATED, handed_down
from backends.network.desired import Claims, claims, modes_of, says_of_links, ula_addresses
from backends.network.places import address_ident
from backends.network.plan import Ident, State, Wish
from backends.network.records import IpAddress, IpInterface, IpPrefix, IpStack, Port, Reference, is_own
from backends.network.sysctls import ACCEPT_RA
from backends.network.topology import Topology
from backends.openwrt.network.said import advertised_by_netifd

FULL: Final = {"full": True, "half": False}


def asked(topology: Topology, observed: State, ways_out: Collection[str] = ()) -> Claims:
    """As ``backends.network.desired.claims`` has it, but for what netifd and odhcp6c see to by themselves: addresses of
    prefixes, routes of delegations, whose router advertisements are heeded.
    """
    theirs = {*ula_addresses(topology), *dict(handed_down(topology))}
    wish = {
        ident: wanted
        for ident, wanted in claims(topology, observed, ways_out).items()
        if ident not in theirs and ident[2:] != (ACCEPT_RA,)
    }
    for ident in [ident for ident in wish if ident[0] == "link"]:
        told = {name: value for name, value in (wish.pop(ident) or {}).items() if name != "up"}
        says = [one.enable for name, one in says_of_links(topology) if name == ident[1] and not _is_ip(one)]
        if any(one is not None for one in says):
            told["up"] = False not in says
        if told:
            wish[ident] = told
    for key, port in topology.records.of(Port).items():
        if wish.get(("phy", key)) is not None and port.modes is None:
            wish["phy", key] = {**(wish["phy", key] or {}), **_one_speed(port, observed["phy", key]["supported"])}
    for ident, wanted in wish.items():
        if ident[0] == "bridge" and wanted is not None:  # netifd has a default VLAN in no bridge
            wish[ident] = {name: value for name, value in wanted.items() if name != "default_pvid"}
    for ident in list(_primaries(wish, observed, topology.records.originals)):
        wish[ident] = {**(wish[ident] or {}), "pvid": True}
    return {**wish, **dict(_silent(topology)), **_interfaces(topology)}


def _primaries(wish: Claims, observed: State, originals: State | Wish) -> Iterator[Ident]:
    """Of each link the first VLAN that it is in untagged, where none is said to be that of untagged frames that come
    in: netifd takes it for that.
    """
    going = {ident for ident, was in originals.items() if was is None and ident not in wish}
    for name in {ident[1] for ident in wish if ident[0] == "bridge_vlan"}:
        there = {**observed, **wish}
        idents = [ident for ident in there if ident[:2] == ("bridge_vlan", name) and ident not in going]
        left = {
            ident: {**observed.get(ident, {}), **(wish.get(ident) or {})}
            for ident in sorted(idents, key=lambda one: int(one[2]))
            if there[ident] is not None
        }
        untagged = [ident for ident, one in left.items() if one.get("untagged")]
        if untagged and untagged[0] in wish and not any(one.get("pvid") for one in left.values()):
            yield untagged[0]


def _silent(topology: Topology) -> Iterator[tuple[Ident, dict[str, object]]]:
    """The IPv6 addresses of interfaces that speak none: they stay said, for when it is switched on again."""
    for key, record in topology.records.of(IpAddress).items():
        above = topology.records.of(IpInterface).get(record.ip)
        is_wanted = record.enable or (record.enable is None and not is_own(key))
        if record.family == 6 and above is not None and above.ipv6 is False and is_wanted and not record.deleted:
            ident = address_ident(record, key, topology)
            yield from ([(ident, {})] if ident else [])


def _is_ip(record: object) -> bool:
    return isinstance(record, IpInterface)


def _one_speed(port: Port, supported: Collection[int]) -> dict[str, object]:
    """netifd is told one speed, where a row tells the fastest: slower ones are not offered then."""
    if port.max_bit_rate is None and port.duplex is None:
        return {}
    has_most = port.max_bit_rate is not None and port.max_bit_rate > 0
    most = max(speeds(modes_of(port, supported)), default=0) if has_most else 0
    return {"advertised": advertised_by_netifd(supported, most, FULL.get(port.duplex or ""))}


def _interfaces(topology: Topology) -> Claims:
    wish: Claims = {}
    for key, record in topology.records.of(IpInterface).items():
        link = topology.link_of(Reference("ip", key)) or (key if not is_own(key) else None)
        if link is None:
            continue
        if record.deleted:  # what others have in their sections of it, comes back with it
            wish.setdefault(("interface", link), {"enabled": False})
        elif record.enable or (record.enable is not None and not is_own(key)):
            wish["interface", link] = {"enabled": record.enable}
        if not record.deleted and record.ula is not None and (record.enable or not is_own(key)):
            wish["assign", link] = {"subnet": record.ula} if record.ula else None
    prefix = topology.records.of(IpStack).get("", IpStack()).ula_prefix
    if prefix:
        wish["ula", ""] = {"prefix": prefix}
    return wish


def is_assigned(prefix: IpPrefix) -> bool:
    """Whether a prefix's row is of a kind that netifd fills by itself (ip6assign)."""
    return prefix.static_type in (CHILD, DELEGATED)
