"""What is wanted of tunnels: GRE and VXLAN with their interfaces, 6rd, DS-Lite, WireGuard with its peers."""

from dataclasses import dataclass, field
from typing import Final

from backends.desired_state import Pointer, Record

IPV4, IPV6 = "IPv4", "IPv6"
DHCPV6, STATIC = "DHCPv6", "Static"
NO_KEY, PROVISIONED = "Disabled", "Provisioned"
NAME, ADDRESS = "FQDN", "IPv6Address"
UNSET_VNI: Final = -1
VXLAN_PORT: Final = 4789
ETHERNET_PAYLOAD: Final = 0x6558
"""The GRE protocol number of Ethernet frames (RFC 1701, transparent Ethernet bridging)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GreTunnel(Record):
    """Where GRE packets go: the first of the remote endpoints that has an address."""

    enable: bool = False
    remote_endpoints: tuple[str, ...] = ()
    keep_alive_policy: str = "None"
    keep_alive_timeout: int = 10
    keep_alive_threshold: int = 3
    delivery_header_protocol: str = IPV4
    default_dscp_mark: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VxlanTunnel(GreTunnel):
    """The same over UDP; source port 0: one for each flow."""

    source_port: int = 0
    remote_port: int = VXLAN_PORT


@dataclass(frozen=True, slots=True, kw_only=True)
class GreInterface(Record):
    """What goes through a GRE tunnel under one key: a link."""

    owner = GreTunnel
    enable: bool = False
    lower: Pointer | None = None
    protocol_id_override: int = 0
    use_checksum: bool = False
    key_policy: str = NO_KEY
    key_identifier: int = 0
    use_sequence_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VxlanInterface(Record):
    """What goes through a VXLAN tunnel under one network identifier: a link."""

    owner = VxlanTunnel
    enable: bool = False
    lower: Pointer | None = None
    vni: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SixRd(Record):
    """IPv6 over a provider's IPv4 (RFC 5969)."""

    enable: bool = False
    setting_enable: bool = False
    border_relays: tuple[str, ...] = ()
    all_to_border_relay: bool = False
    prefix: str = ""
    mask_length: int = 0
    address_source: Pointer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DsLite(Record):
    """IPv4 over a provider's IPv6 (RFC 6333)."""

    enable: bool = False
    setting_enable: bool = False
    precedence: str = DHCPV6
    type_precedence: str = NAME
    endpoint_name: str = ""
    endpoint_address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireGuardInterface(Record):
    """A link of WireGuard's; keys are base64 as its tools write them. Port 0: any."""

    enable: bool = False
    private_key: str = field(default="", repr=False)
    listen_port: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WireGuardPeer(Record):
    """Who may send through a WireGuard link, and from which addresses; keep-alive in seconds, 0: none."""

    owner = WireGuardInterface
    enable: bool = False
    public_key: str = ""
    preshared_key: str = field(default="", repr=False)
    allowed_ips: tuple[str, ...] = ()
    endpoint: str = ""
    endpoint_port: int = 0
    persistent_keepalive: int = 0


KINDS: Final = (
    GreTunnel, GreInterface, VxlanTunnel, VxlanInterface, SixRd, DsLite, WireGuardInterface, WireGuardPeer,
)  # fmt: skip
