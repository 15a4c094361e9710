"""Device.DSLite.: IPv4 over a provider's IPv6, to the relay that DHCPv6 or a person told (RFC 6333, 6334).

One row, and one link for both of its IP interfaces: as with IPv6rd.
"""

from typing import Any

from agent.model.object import Object, Parameter
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.tunnels import CHANGED_BY, DS_LITE_SETTING, TunnelTables, ip_interface_of
from backends.tunnels.checks import ONE
from backends.tunnels.records import DsLite
from backends.tunnels.wishes import DS_LITE, aftr_of

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
    end: Parameter[Any, Any] = Parameter("TunnelInterface", lambda _: ip_interface_of(mechanisms, DS_LITE))
    return [
        Object("Device.DSLite.", lambda: (None,), lambda _: (), [field(service, "Enable", "enable")], backend=service),
        Object(
            path=DS_LITE_SETTING,
            rows=lambda: (ONE,),
            keys=lambda row: (row,),
            parameters=[
                field(service, "Enable", "setting_enable"),
                Parameter("Status", lambda _: status(service)),
                Parameter("Origin", lambda _: origin(service)),
                Parameter("EndpointAddressInUse", lambda _: service.remote(DsLite, ONE)),
                end,
                Parameter("TunneledInterface", end.get),
                *(field(service, name, kept) for name, kept in FIELDS.items()),
            ],
            changed_by=CHANGED_BY,
            backend=service,
            source=lambda _: f"netlink link {DS_LITE}",
        ),
    ]


def status(service: TunnelTables) -> str:
    """Status."""
    record = service.wanted.get(DsLite)
    return service.status(DsLite, ONE, record.enable, record.setting_enable)


def origin(service: TunnelTables) -> str:
    """Origin: who told the relay that is used."""
    return aftr_of(service.wanted.get(DsLite), service.tunnels.place.aftr_name())[1]


def field(service: TunnelTables, name: str, kept: str) -> Parameter[Any, Any]:
    """A parameter that is a field of the one record."""
    return Parameter(
        name,
        lambda _: getattr(service.wanted.get(DsLite), kept),
        lambda _, value: service.edit(DsLite, **{kept: value}),
    )
