"""Device.IPv6rd.: IPv6 over a provider's IPv4 (RFC 5969)."""

from typing import Any

from agent.model.object import Object, Parameter
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.provider_tunnel import provider_tunnel
from backends.tr181.service import only, target_of
from backends.tr181.tunnels import TunnelTables
from backends.tunnels.records import SixRd

FIELDS = {
    "BorderRelayIPv4Addresses": "border_relays",
    "AllTrafficToBorderRelay": "all_to_border_relay",
    "SPIPv6Prefix": "prefix",
    "IPv4MaskLength": "mask_length",
}


def ipv6rd(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Enable, and one InterfaceSetting."""
    service = mechanisms.tunnels
    if service is None or "sit" not in service.kinds:
        return []
    return provider_tunnel(mechanisms, service, SixRd, FIELDS, [source(service)])


def source(service: TunnelTables) -> Parameter[Any, Any]:
    """AddressSource."""
    check = only(f"{IP_INTERFACE}IPv4Address.{{i}}.")
    return Parameter(
        "AddressSource",
        lambda _: target_of(service.wanted.get(SixRd).address_source),
        lambda _, target: service.edit(SixRd, address_source=check(target)),
    )
