"""Device.DSLite.: IPv4 over a provider's IPv6, to the relay that DHCPv6 or a person told (RFC 6333, 6334)."""

from typing import Any

from agent.model.object import Object, Parameter
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.provider_tunnel import provider_tunnel
from backends.tr181.tunnels import TunnelTables
from backends.tunnels.checks import ONE
from backends.tunnels.records import DsLite
from backends.tunnels.wishes import aftr_of

FIELDS = {
    "EndpointAssignmentPrecedence": "precedence",
    "EndpointAddressTypePrecedence": "type_precedence",
    "EndpointName": "endpoint_name",
    "EndpointAddress": "endpoint_address",
}


def dslite(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Enable, and one InterfaceSetting."""
    service = mechanisms.tunnels
    if service is None or "ip6tnl" not in service.kinds:
        return []
    told: list[Parameter[Any, Any]] = [
        Parameter("Origin", lambda _: origin(service)),
        Parameter("EndpointAddressInUse", lambda _: service.remote(DsLite, ONE)),
    ]
    return provider_tunnel(mechanisms, service, DsLite, FIELDS, told)


def origin(service: TunnelTables) -> str:
    """Origin: who told the relay that is used."""
    return aftr_of(service.wanted.get(DsLite), service.tunnels.relay_name())[1]
