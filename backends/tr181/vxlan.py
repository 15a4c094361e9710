"""Device.VXLAN.: Ethernet frames within UDP (RFC 7348)."""

from typing import Any

from agent.model.object import Object
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.tunnel_interfaces import TunnelObjects
from backends.tunnels.records import VxlanInterface, VxlanTunnel


def vxlan(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Tunnel and Interface with their Stats."""
    service = mechanisms.tunnels
    if service is None or "vxlan" not in service.kinds:
        return []
    made = TunnelObjects(mechanisms, service, VxlanTunnel, VxlanInterface)
    return made.objects(made.tunnels.plain("SourcePort", "RemotePort"), [made.interfaces.field("VNI", "vni")])
