"""What is wanted of the LAN's services, as records: pools, static addresses, options, advertisements, name servers.

Addresses, MAC addresses and masks are text as people write them, option values and identifiers hexadecimal digits.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from backends.desired_state import Pointer, Record

DAY: Final = 86_400
FOR_EVER: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Dhcp4(Record):
    """The DHCPv4 server as a whole."""

    enable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria4(Record):
    """Whom an entry is for: all that is said has to hold; ``…_exclude`` turns one around. "" asks nothing.

    ``order``: 1 is looked at first, and the first entry that fits is the only one.
    """

    enable: bool = False
    order: int = 0
    interface: Pointer | None = None
    vendor_class_id: str = ""
    vendor_class_id_exclude: bool = False
    vendor_class_id_mode: str = "Exact"
    client_id: str = ""
    client_id_exclude: bool = False
    user_class_id: str = ""
    user_class_id_exclude: bool = False
    chaddr: str = ""
    chaddr_mask: str = ""
    chaddr_exclude: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool4(Criteria4):
    """A range of IPv4 addresses and what its clients are told; ``lease_time`` in seconds, -1 for ever."""

    min_address: str = ""
    max_address: str = ""
    reserved_addresses: tuple[str, ...] = ()
    subnet_mask: str = ""
    dns_servers: tuple[str, ...] = ()
    domain_name: str = ""
    ip_routers: tuple[str, ...] = ()
    wins_servers: tuple[str, ...] = ()
    lease_time: int = DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Static4(Record):
    """The address that one client of a pool gets, and nobody else."""

    owner: ClassVar[type[Record] | None] = Pool4
    enable: bool = False
    chaddr: str = ""
    yiaddr: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option4(Record):
    """An option that clients of a pool are always sent."""

    owner: ClassVar[type[Record] | None] = Pool4
    enable: bool = False
    tag: int = 0
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay4(Record):
    """The DHCPv4 relay as a whole."""

    enable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarding4(Criteria4):
    """Whose requests go to another server; ``locally_served``: to this machine's own."""

    locally_served: bool = False
    dhcp_server_ip_address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dhcp6(Record):
    """The DHCPv6 server as a whole."""

    enable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool6(Record):
    """Whom DHCPv6 serves on a link, and whether with addresses."""

    enable: bool = False
    order: int = 0
    interface: Pointer | None = None
    duid: str = ""
    duid_exclude: bool = False
    vendor_class_id: str = ""
    vendor_class_id_exclude: bool = False
    user_class_id: str = ""
    user_class_id_exclude: bool = False
    iana_enable: bool = False
    iapd_enable: bool = False
    iapd_add_length: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Option6(Record):
    """An option that clients of a DHCPv6 pool are sent."""

    owner: ClassVar[type[Record] | None] = Pool6
    enable: bool = False
    tag: int = 0
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advertising(Record):
    """Router advertisements as a whole."""

    enable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Advertised(Record):
    """How this machine presents itself as a router on one link (RFC 4861 §6.2.1); defaults are TR-181's.

    Intervals and lifetimes in seconds, the two neighbour discovery timers in milliseconds.
    """

    enable: bool = False
    interface: Pointer | None = None
    max_rtr_adv_interval: int = 600
    min_rtr_adv_interval: int = 200
    adv_default_lifetime: int = 1800
    adv_managed_flag: bool = False
    adv_other_config_flag: bool = False
    adv_mobile_agent_flag: bool = False
    adv_preferred_router_flag: str = "Medium"
    adv_nd_proxy_flag: bool = False
    adv_link_mtu: int = 0
    adv_reachable_time: int = 0
    adv_retrans_timer: int = 0
    adv_cur_hop_limit: int = 0
    rdnss: tuple[str, ...] = ()
    adv_rdnss_lifetime: int = 0
    dnssl: tuple[str, ...] = ()
    adv_dnssl_lifetime: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertisedOption(Record):
    """An option of the router advertisements on one link; ``value`` is what follows its type and length."""

    owner: ClassVar[type[Record] | None] = Advertised
    enable: bool = False
    tag: int = 0
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRelay(Record):
    """The DNS relay as a whole."""

    enable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarder(Record):
    """A name server that the relay asks, over one interface or over whichever leads there.

    Under a natural key: the ``enable`` of one that the system was told of. None is the system's word.
    """

    enable: bool | None = None
    dns_server: str = ""
    interface: Pointer | None = None


KINDS: Final[tuple[type[Record], ...]] = (
    Dhcp4,
    Pool4,
    Static4,
    Option4,
    Relay4,
    Forwarding4,
    Dhcp6,
    Pool6,
    Option6,
    Advertising,
    Advertised,
    AdvertisedOption,
    DnsRelay,
    Forwarder,
)
"""Every kind of record of this service."""
