"""Device.IPv6rd.: IPv6 over a provider's IPv4 (RFC 5969).

One row, for a home gateway has one provider of IPv6. On Linux one link is both ends of the tunnel that TR-181 has as
two IP interfaces: both references point to it.
"""

from typing import Any

from agent.model.object import Object, Parameter
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.service import only, target_of
from backends.tr181.tunnels import CHANGED_BY, SIX_RD_SETTING, TunnelTables, ip_interface_of
from backends.tunnels.checks import ONE
from backends.tunnels.records import SixRd
from backends.tunnels.wishes import SIX_RD

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
    end: Parameter[Any, Any] = Parameter("TunnelInterface", lambda _: ip_interface_of(mechanisms, SIX_RD))
    return [
        Object("Device.IPv6rd.", lambda: (None,), lambda _: (), [field(service, "Enable", "enable")], backend=service),
        Object(
            path=SIX_RD_SETTING,
            rows=lambda: (ONE,),
            keys=lambda row: (row,),
            parameters=[
                field(service, "Enable", "setting_enable"),
                Parameter("Status", lambda _: status(service)),
                end,
                Parameter("TunneledInterface", end.get),
                *(field(service, name, kept) for name, kept in FIELDS.items()),
                source(service),
            ],
            changed_by=CHANGED_BY,
            backend=service,
            source=lambda _: f"netlink link {SIX_RD}",
        ),
    ]


def status(service: TunnelTables) -> str:
    """Status."""
    record = service.wanted.get(SixRd)
    return service.status(SixRd, ONE, record.enable, record.setting_enable)


def field(service: TunnelTables, name: str, kept: str) -> Parameter[Any, Any]:
    """A parameter that is a field of the one record."""

    def read(_: Any) -> Any:
        value = getattr(service.wanted.get(SixRd), kept)
        return list(value) if isinstance(value, tuple) else value

    def write(_: Any, value: Any) -> None:
        given: dict[str, Any] = {kept: tuple(value) if isinstance(value, list) else value}
        service.edit(SixRd, **given)

    return Parameter(name, read, write)


def source(service: TunnelTables) -> Parameter[Any, Any]:
    """AddressSource."""
    check = only(f"{IP_INTERFACE}IPv4Address.{{i}}.")
    return Parameter(
        "AddressSource",
        lambda _: target_of(service.wanted.get(SixRd).address_source),
        lambda _, target: service.edit(SixRd, address_source=check(target)),
    )
