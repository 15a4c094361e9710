"""What Device.IPv6rd. and Device.DSLite. have in common: Enable, and one InterfaceSetting.

One row, for a home gateway has one provider. On Linux one link is both ends of the tunnel that TR-181 has as two IP
interfaces: both references point to it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from agent.model.object import Object, Parameter
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.tunnels import CHANGED_BY, TABLES, TunnelTables, ip_interface_of
from backends.tunnels.checks import ONE
from backends.tunnels.records import DsLite, SixRd

Tunnel = type[SixRd] | type[DsLite]


def provider_tunnel(
    mechanisms: Mechanisms,
    service: TunnelTables,
    record: Tunnel,
    fields: Mapping[str, str],
    more: Iterable[Parameter[Any, Any]],
) -> list[Object[Any]]:
    """The objects over a record. ``fields``: parameters that are one of its fields; ``more``: those that are not."""
    setting = TABLES[record]

    def link() -> str:
        return service.link_name(record, ONE)

    end: Parameter[Any, Any] = Parameter("TunnelInterface", lambda _: ip_interface_of(mechanisms, link()))

    def status(_: Any) -> str:
        kept = service.wanted.get(record)
        return service.status(record, ONE, kept.enable, kept.setting_enable)

    def itself() -> tuple[None]:
        return (None,)

    enable = field(service, record, "Enable", "enable")
    return [
        Object(setting.removesuffix("InterfaceSetting.{i}."), itself, lambda _: (), [enable], backend=service),
        Object(
            path=setting,
            rows=lambda: (ONE,),
            keys=lambda row: (row,),
            parameters=[
                field(service, record, "Enable", "setting_enable"),
                Parameter("Status", status),
                end,
                Parameter("TunneledInterface", end.get),
                *(field(service, record, name, kept) for name, kept in fields.items()),
                *more,
            ],
            changed_by=CHANGED_BY,
            backend=service,
            source=lambda _: f"netlink link {link()}",
        ),
    ]


def field(service: TunnelTables, record: Tunnel, name: str, kept: str) -> Parameter[Any, Any]:
    """A parameter that is a field of the one record."""

    def read(_: Any) -> Any:
        value = getattr(service.wanted.get(record), kept)
        return list(value) if isinstance(value, tuple) else value

    def write(_: Any, value: Any) -> None:
        given: dict[str, Any] = {kept: tuple(value) if isinstance(value, list) else value}
        service.edit(record, **given)

    return Parameter(name, read, write)
