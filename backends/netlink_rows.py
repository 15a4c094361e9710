"""What a decoded netlink message says, in our words. Messages come in pyroute2's shape: a mapping with "attrs"."""

import os
import struct
from collections.abc import Iterable, Iterator, Mapping
from socket import AF_INET, AF_INET6
from typing import Any

from backends.netlink_types import (
    VLAN_8021Q,
    Address,
    BridgePortState,
    BridgeState,
    BridgeVlan,
    Counters,
    Link,
    Neighbour,
    Route,
    Rule,
    Station,
)

VERSION = {int(AF_INET): 4, int(AF_INET6): 6}
IFF_UP, IFF_LOOPBACK, IFF_POINTOPOINT, IFF_RUNNING, IFF_NOARP = 0x1, 0x8, 0x10, 0x40, 0x80
FOREVER = 0xFFFFFFFF
CLONED, DEAD_OR_LINKDOWN = 0x200, 0x11
NTF_PROXY, NTF_ROUTER, NUD_PERMANENT = 0x8, 0x80, 0x80
VLAN_PVID, VLAN_UNTAGGED = 2, 4
TICKS = os.sysconf("SC_CLK_TCK")

PORT_STATES = ("disabled", "listening", "learning", "forwarding", "blocking")
SCOPES = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}
ROUTE_TYPES = (
    "unspecified", "unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit",
    "throw", "nat", "xresolve",
)  # fmt: skip
ROUTE_PROTOCOLS = {
    0: "unspecified", 1: "redirect", 2: "kernel", 3: "boot", 4: "static", 9: "ra", 11: "zebra", 12: "bird", 16: "dhcp",
    18: "keepalived", 42: "babel", 186: "bgp", 187: "isis", 188: "ospf", 189: "rip", 192: "eigrp",
}  # fmt: skip
ADDRESS_PROTOCOLS = {1: "kernel_lo", 2: "kernel_ra", 3: "kernel_ll"}
ADDRESS_FLAGS = {
    0x02: "nodad", 0x04: "optimistic", 0x08: "dadfailed", 0x10: "homeaddress", 0x20: "deprecated", 0x40: "tentative",
    0x80: "permanent", 0x100: "managetempaddr", 0x200: "noprefixroute", 0x400: "mcautojoin", 0x800: "stableprivacy",
}  # fmt: skip
METRICS = frozenset((
    "mtu", "window", "rtt", "rttvar", "ssthresh", "cwnd", "advmss", "reordering", "hoplimit", "initcwnd", "initrwnd",
    "rto_min", "quickack", "features", "lock",
))  # fmt: skip
PREFERENCES = {0: "medium", 1: "high", 3: "low"}
NEIGHBOUR_STATES = {
    0: "none", 1: "incomplete", 2: "reachable", 4: "stale", 8: "delay", 16: "probe", 32: "failed", 64: "noarp",
    128: "permanent",
}  # fmt: skip
LINK_ATTRIBUTES = frozenset((
    "IFLA_IFNAME", "IFLA_ADDRESS", "IFLA_PERM_ADDRESS", "IFLA_MTU", "IFLA_LINK", "IFLA_LINK_NETNSID", "IFLA_MASTER",
    "IFLA_OPERSTATE", "IFLA_LINKINFO", "IFLA_STATS64", "IFLA_PHYS_SWITCH_ID", "IFLA_CARRIER_CHANGES",
))  # fmt: skip
ADDRESS_ATTRIBUTES = frozenset(("IFA_LOCAL", "IFA_ADDRESS", "IFA_FLAGS", "IFA_CACHEINFO", "IFA_PROTO"))
ROUTE_ATTRIBUTES = frozenset((
    "RTA_TABLE", "RTA_DST", "RTA_GATEWAY", "RTA_VIA", "RTA_OIF", "RTA_PRIORITY", "RTA_PREFSRC", "RTA_CACHEINFO",
    "RTA_MULTIPATH", "RTA_METRICS", "RTA_PREF",
))  # fmt: skip
RULE_ATTRIBUTES = frozenset(("FRA_PRIORITY", "FRA_TABLE", "FRA_FWMARK", "FRA_FWMASK", "FRA_SRC", "FRA_OIFNAME"))
TO_TABLE = 1  # FR_ACT_TO_TBL
NEIGHBOUR_ATTRIBUTES = frozenset(("NDA_DST", "NDA_LLADDR", "NDA_CACHEINFO", "NDA_MASTER", "NDA_VLAN"))
COUNTERS = (
    "rx_bytes", "tx_bytes", "rx_packets", "tx_packets", "rx_errors", "tx_errors", "rx_dropped", "tx_dropped",
    "multicast", "collisions",
)  # fmt: skip
ATTRIBUTE_HEADER, NO_HANDLER = 4, 23

Names = Mapping[int, str]  # of interfaces, by index


def attributes_of(message: Any, wanted: Iterable[str]) -> dict[str, Any]:
    """The wanted attributes only: pyroute2 decodes an attribute when its value is touched."""
    return {slot[0]: slot[1] for slot in message["attrs"] if slot[0] in wanted}


def links(messages: Iterable[Any]) -> list[Link]:
    """Links, each with the names of those that it refers to."""
    rows = [(message, attributes_of(message, LINK_ATTRIBUTES)) for message in messages]
    names = {message["index"]: attributes["IFLA_IFNAME"] for message, attributes in rows}
    return [_link(message, attributes, names) for message, attributes in rows]


def addresses(messages: Iterable[Any], names: Names) -> Iterator[Address]:
    """The IPv4 and IPv6 addresses of interfaces that still exist."""
    for message in messages:
        if message["index"] in names and message["family"] in VERSION:
            yield _address(message, attributes_of(message, ADDRESS_ATTRIBUTES), names[message["index"]])


def routes(messages: Iterable[Any], names: Names, table: int) -> Iterator[Route]:
    """The routes of one table, next hops singly, without cached ones."""
    for message in messages:
        attributes = attributes_of(message, ROUTE_ATTRIBUTES)
        if not message["flags"] & CLONED and attributes.get("RTA_TABLE", message["table"]) == table:
            yield from _route(message, attributes, names, table)


def rules(messages: Iterable[Any]) -> Iterator[Rule]:
    """The rules that lead to a table, by whatever else they ask beside mark, source and output."""
    for message in messages:
        if message["action"] == TO_TABLE and message["family"] in VERSION:
            attributes = attributes_of(message, RULE_ATTRIBUTES)
            yield Rule(
                family=VERSION[message["family"]],
                priority=attributes.get("FRA_PRIORITY", 0),
                table=attributes.get("FRA_TABLE", message["table"]),
                mark=attributes.get("FRA_FWMARK", 0),
                mask=attributes.get("FRA_FWMASK", 0),
                source=f"{attributes['FRA_SRC']}/{message['src_len']}" if "FRA_SRC" in attributes else "",
                output=attributes.get("FRA_OIFNAME", ""),
            )


def neighbours(messages: Iterable[Any], names: Names) -> Iterator[Neighbour]:
    """The neighbours, without proxied entries."""
    for message in messages:
        if message["ifindex"] in names and message["family"] in VERSION and not message["flags"] & NTF_PROXY:
            attributes = attributes_of(message, NEIGHBOUR_ATTRIBUTES)
            if "NDA_DST" in attributes:
                yield Neighbour(
                    interface=names[message["ifindex"]],
                    address=attributes["NDA_DST"],
                    mac=attributes.get("NDA_LLADDR", ""),
                    state=NEIGHBOUR_STATES.get(message["state"], "none"),
                    is_router=bool(message["flags"] & NTF_ROUTER),
                    confirmed_age=_age(attributes, "ndm_confirmed"),
                    used_age=_age(attributes, "ndm_used"),
                )


def stations(messages: Iterable[Any], names: Names) -> Iterator[Station]:
    """The forwarding databases of bridges; a card's own filter list, which has no master, is none."""
    for message in messages:
        attributes = attributes_of(message, NEIGHBOUR_ATTRIBUTES)
        if message["ifindex"] in names and "NDA_MASTER" in attributes and "NDA_LLADDR" in attributes:
            yield Station(
                mac=attributes["NDA_LLADDR"],
                interface=names[message["ifindex"]],
                bridge=names.get(attributes["NDA_MASTER"]),
                vlan_id=attributes.get("NDA_VLAN"),
                is_own=bool(message["state"] & NUD_PERMANENT),
                used_age=_age(attributes, "ndm_updated"),
            )


def bridge_vlans(messages: Iterable[Any], names: Names) -> Iterator[BridgeVlan]:
    """The VLAN entries of bridges and their members."""
    for message in messages:
        specification = attributes_of(message, {"IFLA_AF_SPEC"}).get("IFLA_AF_SPEC")
        if specification is None or message["index"] not in names:
            continue
        for name, entry in specification["attrs"]:
            if name == "IFLA_BRIDGE_VLAN_INFO":
                flags = entry["flags"]
                yield BridgeVlan(
                    names[message["index"]], entry["vid"], bool(flags & VLAN_UNTAGGED), bool(flags & VLAN_PVID)
                )


def gateway_of(attributes: Mapping[str, Any]) -> str | None:
    """A route's gateway; an IPv4 route can have one of IPv6 (RTA_VIA)."""
    via = attributes.get("RTA_VIA")
    return attributes.get("RTA_GATEWAY") or (via["addr"] if via else None)


def _route(message: Any, attributes: dict[str, Any], names: Names, table: int) -> Iterator[Route]:
    hops = attributes.get("RTA_MULTIPATH") or ()
    expires = attributes["RTA_CACHEINFO"]["rta_expires"] if "RTA_CACHEINFO" in attributes else 0
    destination = attributes.get("RTA_DST")
    metrics = _metrics(attributes.get("RTA_METRICS"))
    kind = message["type"]
    for hop in hops or (message,):
        way = dict(hop["attrs"]) if hops else attributes
        yield Route(
            family=VERSION[message["family"]],
            destination=f"{destination}/{message['dst_len']}" if destination else "",
            gateway=gateway_of(way),
            interface=names.get(hop["oif"] if hops else attributes.get("RTA_OIF", 0)),
            metric=attributes.get("RTA_PRIORITY", 0),
            table=table,
            protocol=ROUTE_PROTOCOLS.get(message["proto"], str(message["proto"])),
            type=ROUTE_TYPES[kind] if kind < len(ROUTE_TYPES) else str(kind),
            scope=SCOPES.get(message["scope"], str(message["scope"])),
            source=attributes.get("RTA_PREFSRC"),
            expires=expires // TICKS if expires else None,
            metrics=metrics,
            preference=PREFERENCES.get(attributes.get("RTA_PREF", 0), "medium"),
            linkdown=bool(hop["flags"] & DEAD_OR_LINKDOWN),
            multipath=bool(hops),
        )


def _metrics(told: Any) -> tuple[tuple[str, int], ...]:
    """A route's numeric metrics by the kernel's names."""
    if told is None:
        return ()
    found = ((name.removeprefix("RTAX_").lower(), value) for name, value in told["attrs"])
    return tuple((name, value) for name, value in found if name in METRICS)


def _age(attributes: Mapping[str, Any], name: str) -> float | None:
    return attributes["NDA_CACHEINFO"][name] / TICKS if "NDA_CACHEINFO" in attributes else None


def _link(message: Any, attributes: dict[str, Any], names: Names) -> Link:
    information = attributes.get("IFLA_LINKINFO")
    details = dict(information["attrs"]) if information else {}
    kind = details.get("IFLA_INFO_KIND", "")
    data = (
        dict(details["IFLA_INFO_DATA"]["attrs"]) if kind in {"vlan", "bridge"} and "IFLA_INFO_DATA" in details else {}
    )
    below = attributes.get("IFLA_LINK") or 0
    is_local = "IFLA_LINK_NETNSID" not in attributes
    return Link(
        index=message["index"],
        name=attributes["IFLA_IFNAME"],
        kind=kind,
        type=message["ifi_type"],
        up=bool(message["flags"] & IFF_UP),
        running=bool(message["flags"] & IFF_RUNNING),
        arp=not message["flags"] & IFF_NOARP,
        operstate=str(attributes.get("IFLA_OPERSTATE", "unknown")).lower(),
        mac=attributes.get("IFLA_ADDRESS", ""),
        permanent_mac=attributes.get("IFLA_PERM_ADDRESS", ""),
        mtu=attributes.get("IFLA_MTU", 0),
        lower=names.get(below) if is_local and kind != "veth" and below != message["index"] else None,
        peer_index=below if kind == "veth" else 0,
        master=names.get(attributes.get("IFLA_MASTER", 0)),
        loopback=bool(message["flags"] & IFF_LOOPBACK),
        point_to_point=bool(message["flags"] & IFF_POINTOPOINT),
        switch_id=attributes.get("IFLA_PHYS_SWITCH_ID", "").replace(":", ""),
        carrier_changes=attributes.get("IFLA_CARRIER_CHANGES", 0),
        vlan_id=data.get("IFLA_VLAN_ID"),
        vlan_protocol=data.get("IFLA_VLAN_PROTOCOL"),
        counters=_counters(attributes.get("IFLA_STATS64")),
        bridge=_bridge(data) if kind == "bridge" else None,
        port=_port(details) if details.get("IFLA_INFO_SLAVE_KIND") == "bridge" else None,
    )


def _counters(statistics: Any) -> Counters:
    if statistics is None:
        return Counters()
    return Counters(**{name: statistics[name] for name in COUNTERS}, rx_no_handler=_no_handler(statistics))


def _no_handler(statistics: Any) -> int:
    """The 24th number of struct rtnl_link_stats64 (kernel 4.6), which pyroute2 does not name."""
    data, offset = getattr(statistics, "data", None), getattr(statistics, "offset", 0)
    if data is None or struct.unpack_from("=H", data, offset)[0] < ATTRIBUTE_HEADER + 8 * NO_HANDLER + 8:
        return 0
    return int(struct.unpack_from("=Q", data, offset + ATTRIBUTE_HEADER + 8 * NO_HANDLER)[0])


def _bridge(data: dict[str, Any]) -> BridgeState:
    return BridgeState(
        stp=bool(data.get("IFLA_BR_STP_STATE", 0)),
        priority=data.get("IFLA_BR_PRIORITY", 0),
        forward_delay=data.get("IFLA_BR_FORWARD_DELAY", 0),
        hello_time=data.get("IFLA_BR_HELLO_TIME", 0),
        max_age=data.get("IFLA_BR_MAX_AGE", 0),
        ageing_time=data.get("IFLA_BR_AGEING_TIME", 0),
        bridge_id=_bridge_id(data.get("IFLA_BR_BRIDGE_ID")),
        root_id=_bridge_id(data.get("IFLA_BR_ROOT_ID")),
        root_port=data.get("IFLA_BR_ROOT_PORT", 0),
        root_path_cost=data.get("IFLA_BR_ROOT_PATH_COST", 0),
        vlan_filtering=bool(data.get("IFLA_BR_VLAN_FILTERING", 0)),
        vlan_protocol=data.get("IFLA_BR_VLAN_PROTOCOL", VLAN_8021Q),
        default_pvid=data.get("IFLA_BR_VLAN_DEFAULT_PVID", 0),
        multicast_snooping=bool(data.get("IFLA_BR_MCAST_SNOOPING", 0)),
        can_filter="IFLA_BR_VLAN_DEFAULT_PVID" in data,
    )


def _bridge_id(identifier: Any) -> str:
    if identifier is None:
        return ""
    # Two bytes in the kernel's order, which pyroute2 reads as a number of this machine's.
    (priority,) = struct.unpack(">H", struct.pack("=H", identifier["prio"]))
    return f"{priority:04x}.{identifier['addr'].replace(':', '')}"


def _port(details: dict[str, Any]) -> BridgePortState:
    data = dict(details["IFLA_INFO_SLAVE_DATA"]["attrs"]) if "IFLA_INFO_SLAVE_DATA" in details else {}
    return BridgePortState(
        state=PORT_STATES[min(data.get("IFLA_BRPORT_STATE", 0), 4)],
        priority=data.get("IFLA_BRPORT_PRIORITY", 0),
        path_cost=data.get("IFLA_BRPORT_COST", 0),
        number=data.get("IFLA_BRPORT_NO", 0),
    )


def _address(message: Any, attributes: dict[str, Any], interface: str) -> Address:
    version = VERSION[message["family"]]
    local = attributes.get("IFA_LOCAL") or attributes["IFA_ADDRESS"]
    peer = attributes.get("IFA_ADDRESS")
    number = attributes.get("IFA_FLAGS", message["flags"])
    flags = {name for bit, name in ADDRESS_FLAGS.items() if number & bit}
    if number & 0x01:
        flags.add("secondary" if version == 4 else "temporary")
    life = attributes.get("IFA_CACHEINFO")
    protocol = attributes.get("IFA_PROTO", 0)
    return Address(
        interface=interface,
        family=version,
        address=local,
        prefix_length=message["prefixlen"],
        peer=peer if peer != local else None,
        scope=SCOPES.get(message["scope"], str(message["scope"])),
        flags=frozenset(flags),
        protocol=ADDRESS_PROTOCOLS.get(protocol, str(protocol)) if protocol else "",
        preferred_lifetime=_seconds(life["ifa_preferred"] if life else FOREVER),
        valid_lifetime=_seconds(life["ifa_valid"] if life else FOREVER),
    )


def _seconds(number: int) -> int | None:
    return None if number == FOREVER else number
