"""From records to a wish: what should be in the kernel for everything that is enabled and complete. Pure."""

import ipaddress
from collections.abc import Collection, Iterable, Iterator
from dataclasses import fields, replace

from backends.link_modes import LINK_MODES, permitted
from backends.network.bridge_vlans import PLAIN_STANDARD
from backends.network.bridge_vlans import claims as vlan_claims
from backends.network.children import handed_down
from backends.network.kernel import BRIDGE_OPTIONS
from backends.network.places import IPV6_DEFAULT_METRIC, address_ident, is_on_link, route_ident
from backends.network.plan import Attributes, Ident, State, Wish, link_of
from backends.network.policies import rule_ident
from backends.network.records import (
    Bridge,
    BridgePort,
    IpAddress,
    IpInterface,
    IpPrefix,
    IpRoute,
    IpStack,
    Port,
    Record,
    Records,
    Reference,
    Vlan,
    is_own,
    natural_ident,
)
from backends.network.sysctls import sysctls
from backends.network.topology import VLAN_8021Q, Topology, is_managed

Claims = dict[Ident, Attributes | None]


def claims(topology: Topology, observed: State, ways_out: Collection[str] = ()) -> Claims:
    """What the records ask of the kernel. Rows that are disabled, incomplete or without their link ask for nothing.
    ``ways_out``: see ``sysctls``.
    """
    records = topology.records
    wish: Claims = {}
    for part in (
        _vlans(topology),
        _bridges(records),
        _members(topology),
        _phys(topology, observed),
        _link_settings(topology),
        _ip_settings(topology, observed),
        _sysctls(topology, observed, ways_out),
    ):
        for ident, wanted in part:
            wish[ident] = wanted
    wish.update(vlan_claims(topology, observed))
    wish.update(_addresses(topology))
    wish.update(_routes(topology, subnets(topology, observed), observed))
    for ident in on_link_prefixes(topology):
        wish.setdefault(ident, {"protocol": "static"})
    for ident, wanted in handed_down(topology):
        wish.setdefault(ident, wanted)
    return wish


def subnets(topology: Topology, there: Iterable[Ident]) -> list[Ident]:
    """What a gateway may be reached through: addresses and routes without gateway that are there, or will be."""
    addresses, records = _addresses(topology), topology.records
    going = {ident for ident, was in records.originals.items() if was is None and addresses.get(ident) is None}
    going |= {ident for ident, wanted in addresses.items() if wanted is None}
    near = [ident for ident in there if is_on_link(ident) and (ident[0] == "route" or ident not in going)]
    near += [ident for ident in records.lost if is_on_link(ident)]
    near += [ident for ident, wanted in addresses.items() if wanted is not None]
    return near + [ident for ident, wanted in _routes(topology, near).items() if wanted and is_on_link(ident)]


def settle(claimed: Claims, records: Records, observed: State) -> tuple[Wish, dict[Ident, Attributes | None]]:
    """The wish, in which what is not claimed any more goes back to what it was; and the originals to remember now."""
    wish: dict[Ident, Attributes | None] = {}
    originals: dict[Ident, Attributes | None] = {}
    for ident, wanted in claimed.items():
        there, was = observed.get(ident), records.originals.get(ident)
        if wanted is None or ident[0] in ("address", "route", "rule", "vlan"):
            if was is not None and there is not None:  # of something changed before, only what was changed is known
                was = {**there, **was}
            originals[ident] = was if ident in records.originals else there
            wish[ident] = wanted
            continue
        if there is None and ident not in records.originals:
            originals.update({} if ident[0] in ("link", "ipv6", "phy", "sysctl") else {ident: None})
            wish[ident] = wanted
            continue
        back = {key: value for key, value in (was or {}).items() if key not in wanted}
        wish[ident] = {**wanted, **back}
        if was is None and ident in records.originals:
            originals[ident] = None
        else:
            originals[ident] = {key: (was or {}).get(key, (there or {}).get(key)) for key in wanted}
    wish.update((ident, was) for ident, was in records.originals.items() if ident not in claimed)
    return wish, originals


def _vlans(topology: Topology) -> Iterator[tuple[Ident, Attributes | None]]:
    for key, vlan in topology.records.of(Vlan).items():
        if not is_own(key):
            if vlan.deleted:
                yield ("vlan", key), None
            continue
        name, lower = topology.vlan_name(key), topology.link_of(vlan.lower)
        if vlan.enable and name and lower:
            yield ("vlan", name), {"lower": lower, "id": vlan.vlan_id, "protocol": vlan.tpid or VLAN_8021Q}


def _bridges(records: Records) -> Iterator[tuple[Ident, Attributes | None]]:
    for key, bridge in records.of(Bridge).items():
        name = bridge.name if is_own(key) else key
        if bridge.deleted:
            yield ("bridge", key), None
        elif name and (bridge.enable or not is_own(key)):
            told = {one.name: getattr(bridge, one.name) for one in fields(bridge) if one.name in BRIDGE_OPTIONS}
            if bridge.standard is not None:
                told["vlan_filtering"] = bridge.standard != PLAIN_STANDARD
                # In a bridge of ours a VLAN passes the ports that its rows name, and no other.
                told["default_pvid"] = 0 if told["vlan_filtering"] and is_own(key) else None
            options = {option: value for option, value in told.items() if value is not None}
            if options or is_own(key):
                yield ("bridge", name), options


def _members(topology: Topology) -> Iterator[tuple[Ident, Attributes | None]]:
    for key, port in topology.records.of(BridgePort).items():
        name = topology.link_of(Reference("bridge_port", key)) if is_own(key) else key
        bridge = topology.link_of(Reference("bridge", port.bridge))
        if port.management or (not is_own(key) and key == bridge):
            continue
        if not is_own(key) and (port.deleted or port.enable is False):
            yield ("port", key), None
        elif name and bridge and (port.enable or not is_own(key)) and _bridge_is_there(topology, port.bridge):
            options = {"path_cost": port.path_cost, "priority": port.priority}
            yield ("port", name), {"bridge": bridge, **{k: v for k, v in options.items() if v is not None}}


def _bridge_is_there(topology: Topology, key: str) -> bool:
    bridge = topology.records.of(Bridge).get(key)
    return not is_own(key) if bridge is None else bool(bridge.enable) or (not is_own(key) and not bridge.deleted)


def links_made(topology: Topology) -> frozenset[str]:
    """The VLANs and bridges that rows ask for, there or not."""
    asked = (*_vlans(topology), *_bridges(topology.records))
    return frozenset(ident[1] for ident, wanted in asked if wanted is not None)


def ways_out_wanted(topology: Topology, near: list[Ident]) -> frozenset[str]:
    """The links of the main table's default routes that rows ask for, there or not. ``near`` is ``subnets``."""
    routes = (ident for ident, wanted in _routes(topology, near).items() if wanted is not None)
    return frozenset(link_of(ident) for ident in routes if ident[2:3] == ("default",) and len(ident) == 7) - {""}


def raised(topology: Topology) -> frozenset[str]:
    """The links of which a row says that they are to be up, whatever others on them say."""
    return frozenset(name for name, record in says_of_links(topology) if record.enable)


def says_of_links(topology: Topology) -> Iterator[tuple[str, Record]]:
    """The rows on each link that have a say in its settings: the link, and the row's record."""
    for word in ("port", "ethernet_link", "vlan", "bridge", "bridge_port", "ip"):
        for key, record in topology.records.by_kind.get(word, {}).items():
            name = topology.link_of(Reference(word, key))
            if name is None or record.deleted or (is_own(key) and not record.enable):
                continue  # an added row that is disabled holds nothing: others may stand on the same link
            yield name, replace(record, enable=None) if word == "bridge_port" and not is_own(key) else record


def _link_settings(topology: Topology) -> Iterator[tuple[Ident, Attributes | None]]:
    """Admin state, ARP, MTU and address of links. A link is up when no row on it that says anything says no."""
    settings: dict[str, dict[str, object]] = {}
    for name, record in says_of_links(topology):
        one = settings.setdefault(name, {})
        if record.enable is not None:
            one["up"] = bool(one.get("up", True)) and record.enable
        if (mtu := getattr(record, "mtu", None)) is not None:
            one["mtu"] = min(mtu, one.get("mtu", mtu))
        for setting in ("mac", "arp"):
            if (value := getattr(record, setting, None)) is not None:
                one[setting] = one.get(setting, value) if isinstance(record, Bridge) else value
    for name, told in settings.items():
        if told:
            yield ("link", name), told


def _phys(topology: Topology, observed: State) -> Iterator[tuple[Ident, Attributes | None]]:
    for key, port in topology.records.of(Port).items():
        there = observed.get(("phy", key))
        if there is None:
            continue
        told: dict[str, object] = {} if port.eee is None else {"eee": port.eee}
        if (port.max_bit_rate, port.duplex, port.modes) != (None, None, None):
            told["advertised"] = list(modes_of(port, there["supported"]))
        if told:
            yield ("phy", key), told


def modes_of(port: Port, supported: Iterable[int]) -> tuple[int, ...]:
    """The link modes that a port may negotiate, as bits; of those that it has."""
    most = None if port.max_bit_rate in (None, -1) else port.max_bit_rate
    left = permitted(supported, most, {"full": True, "half": False}.get(port.duplex or ""))
    return tuple(bit for bit in left if not port.modes or bit not in LINK_MODES or LINK_MODES[bit].mau in port.modes)


def _ip_settings(topology: Topology, observed: State) -> Iterator[tuple[Ident, Attributes | None]]:
    stack = topology.records.of(IpStack).get("", IpStack())
    if stack.ipv6 is not None:
        for name in topology.links:
            if ("ipv6", name) in observed and is_managed(name, topology.manage, topology):
                yield ("ipv6", name), {"enabled": stack.ipv6}
    for key, interface in topology.records.of(IpInterface).items():
        told = topology.link_of(Reference("ip", key))
        if told and interface.ipv6 is not None and (interface.enable or not is_own(key)):
            yield ("ipv6", told), {"enabled": interface.ipv6 and stack.ipv6 is not False}


def _sysctls(
    topology: Topology, observed: State, ways_out: Collection[str]
) -> Iterator[tuple[Ident, Attributes | None]]:
    for ident, value in sysctls(topology, ways_out):
        if ident in observed:
            yield ident, {"value": value}


def _addresses(topology: Topology) -> Claims:
    records, wish = topology.records, Claims()
    wish.update((natural_ident("address", key), None) for key in records.of(IpAddress) if not is_own(key))
    for key, record in records.of(IpAddress).items():
        interface = records.of(IpInterface).get(record.ip)
        speaks = interface is None or (interface.ipv4 if record.family == 4 else interface.ipv6) is not False
        stands = speaks and (not is_own(record.ip) or (interface is not None and bool(interface.enable)))
        ident = address_ident(record, key, topology)
        if ident and stands and not record.deleted and (record.enable or (record.enable is None and not is_own(key))):
            preferred, valid = record.preferred_until, record.valid_until
            is_told = preferred is not None or valid is not None
            wish[ident] = {"until": [valid or 0 if preferred is None else preferred, valid or 0]} if is_told else {}
    wish.update((ident, {}) for ident in ula_addresses(topology) if ident not in wish)
    return wish


def on_link_prefixes(topology: Topology) -> Iterator[Ident]:
    """The routes of the prefixes that somebody gave to an interface's link."""
    for record in topology.records.of(IpPrefix).values():
        name = topology.link_of(Reference("ip", record.ip))
        if name and record.prefix and record.enable and record.on_link and record.static_type is None:
            yield ("route", "6", record.prefix, "-", name, IPV6_DEFAULT_METRIC, "unicast")


def ula_addresses(topology: Topology) -> Iterator[Ident]:
    """An address in the machine's ULA prefix (RFC 4193) for each interface that asks: the first of its /64."""
    prefix = topology.records.of(IpStack).get("", IpStack()).ula_prefix
    for key, interface in topology.records.of(IpInterface).items():
        name = topology.link_of(Reference("ip", key))
        if prefix and name and interface.ula and interface.ipv6 is not False and (interface.enable or not is_own(key)):
            yield ("address", name, f"{ula_subnet(prefix, interface.ula).network_address + 1}/64")


def ula_subnet(prefix: str, number: int) -> ipaddress.IPv6Network:
    """The /64 of a /48 with this number."""
    whole = ipaddress.IPv6Network(prefix)
    return ipaddress.IPv6Network((int(whole.network_address) + (number << 64), 64))


def _routes(topology: Topology, near: list[Ident], observed: State | None = None) -> Claims:
    wish: Claims = {}
    wish.update((natural_ident("route", key), None) for key in topology.records.of(IpRoute) if not is_own(key))
    for key, record in topology.records.of(IpRoute).items():
        ident = route_ident(record, key, topology, near)
        if ident and not record.deleted and (record.enable or (record.enable is None and not is_own(key))):
            wish[ident] = {"protocol": "static", **_carried(ident, key, topology.records, observed or {})}
            wish.update({rule: {}} if (rule := rule_ident(ident)) else {})
    return wish


def _carried(ident: Ident, key: str, records: Records, observed: State) -> dict[str, object]:
    """What a route of the machine's own keeps that no row tells: its source and metrics, where it stays on its link."""
    natural = natural_ident("route", key)
    there = records.originals.get(natural) or observed.get(natural) or {}
    if is_own(key) or ident[4] != natural[4]:
        return {}
    return {name: there[name] for name in ("source", "metrics") if there.get(name)}
