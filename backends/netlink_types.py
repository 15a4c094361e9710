"""What the kernel's network tables hold, in our own words: links, addresses, routes, neighbours, bridge tables."""

from dataclasses import dataclass, field

MAIN_TABLE = 254
VLAN_8021Q = 0x8100
VLAN_8021AD = 0x88A8


@dataclass(frozen=True, slots=True)
class Counters:
    """A link's 64-bit counters since it was made (struct rtnl_link_stats64)."""

    rx_bytes: int = 0
    tx_bytes: int = 0
    rx_packets: int = 0
    tx_packets: int = 0
    rx_errors: int = 0
    tx_errors: int = 0
    rx_dropped: int = 0
    tx_dropped: int = 0
    multicast: int = 0
    collisions: int = 0
    rx_no_handler: int = 0


@dataclass(frozen=True, slots=True)
class BridgeState:
    """A bridge's settings; times are centiseconds, identifiers ``priority.mac`` in hexadecimal as in sysfs."""

    stp: bool = False
    priority: int = 32768
    forward_delay: int = 1500
    hello_time: int = 200
    max_age: int = 2000
    ageing_time: int = 30000
    bridge_id: str = ""
    root_id: str = ""
    root_port: int = 0
    root_path_cost: int = 0
    vlan_filtering: bool = False
    vlan_protocol: int = VLAN_8021Q
    default_pvid: int = 1
    multicast_snooping: bool = False
    can_filter: bool = True  # whether the kernel was built to filter VLANs


@dataclass(frozen=True, slots=True)
class BridgePortState:
    """A bridge member's state: ``disabled``, ``listening``, ``learning``, ``forwarding`` or ``blocking``."""

    state: str = "forwarding"
    priority: int = 32
    path_cost: int = 2
    number: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """A network interface. MAC addresses are lower case with colons, "" where there is none."""

    index: int
    name: str
    kind: str = ""  # "" physical, else "vlan", "bridge", "veth", "dummy", "tun" …
    type: int = 1  # ARPHRD_*: 1 Ethernet, 772 loopback, 512 PPP …
    up: bool = False  # IFF_UP: what was asked for
    running: bool = False  # IFF_RUNNING: what it came to
    arp: bool = True  # not IFF_NOARP: neighbours are asked for, and answered
    operstate: str = "unknown"  # up down lowerlayerdown dormant notpresent testing unknown
    mac: str = ""
    permanent_mac: str = ""
    mtu: int = 1500
    lower: str | None = None  # the link below, in the same namespace
    peer_index: int = 0  # a veth's other end, which may be in another namespace
    master: str | None = None
    loopback: bool = False
    point_to_point: bool = False
    switch_id: str = ""  # hexadecimal, for ports of a switch chip (DSA)
    carrier_changes: int = 0
    vlan_id: int | None = None
    vlan_protocol: int | None = None  # 0x8100 or 0x88a8
    counters: Counters = field(default=Counters())
    bridge: BridgeState | None = None
    port: BridgePortState | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address of an interface; lifetimes are seconds from now, None for ever."""

    interface: str
    family: int  # 4 or 6
    address: str
    prefix_length: int
    peer: str | None = None  # the other end of a point-to-point link
    scope: str = "global"  # global site link host nowhere
    # permanent secondary temporary deprecated tentative dadfailed optimistic noprefixroute managetempaddr …
    flags: frozenset[str] = frozenset()
    protocol: str = ""  # kernel_lo kernel_ra kernel_ll, or a number; "" not told (kernels before 5.18)
    preferred_lifetime: int | None = None
    valid_lifetime: int | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """One way to a destination; a multipath route is as many of these as it has next hops."""

    family: int  # 4 or 6
    destination: str  # "192.0.2.0/24", "2001:db8::/32"; "" the default route
    gateway: str | None = None
    interface: str | None = None
    metric: int = 0
    table: int = MAIN_TABLE
    protocol: str = "static"  # kernel boot static ra dhcp …, or a number
    type: str = "unicast"  # unicast local broadcast blackhole unreachable prohibit …
    scope: str = "global"
    source: str | None = None  # the preferred source address
    expires: int | None = None  # seconds from now, None never
    metrics: tuple[tuple[str, int], ...] = ()  # ("mtu", 1400) … as RTAX_* are named
    preference: str = "medium"  # high medium low: what a router advertised (RFC 4191)
    linkdown: bool = False
    multipath: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """Packets that match all it says are routed by a table; rules are asked by ascending priority.

    ``mark`` counts in the bits of ``mask``; ``source`` is a prefix, ``output`` the link that a socket is bound to.
    """

    family: int  # 4 or 6
    priority: int
    table: int
    mark: int = 0
    mask: int = 0
    source: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True)
class RouteTo:
    """How the kernel would send to an address now."""

    interface: str
    source: str
    gateway: str | None = None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An IP neighbour; ages are seconds since it was last confirmed to be there, and last used."""

    interface: str
    address: str
    mac: str = ""
    state: str = "none"  # incomplete reachable stale delay probe failed noarp permanent none
    is_router: bool = False
    confirmed_age: float | None = None
    used_age: float | None = None


@dataclass(frozen=True, slots=True)
class BridgeVlan:
    """A VLAN that a bridge member, or the bridge itself, lets pass."""

    interface: str
    vlan_id: int
    untagged: bool = False
    pvid: bool = False


@dataclass(frozen=True, slots=True)
class Station:
    """A MAC address and the bridge member behind which it was seen (the forwarding database)."""

    mac: str
    interface: str
    bridge: str | None = None
    vlan_id: int | None = None
    is_own: bool = False  # the bridge's or the member's own address
    used_age: float | None = None
