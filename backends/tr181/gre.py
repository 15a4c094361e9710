"""Device.GRE.: tunnels of IP packets or Ethernet frames within GRE (RFC 2784, 2890)."""

from typing import Any

from agent.model.errors import InvalidValue
from agent.model.object import Object
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.tunnel_interfaces import TunnelObjects
from backends.tunnels.records import NO_KEY, PROVISIONED, GreInterface, GreTunnel


def gre(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Tunnel and Interface with their Stats."""
    service = mechanisms.tunnels
    if service is None or "gre" not in service.kinds:
        return []
    made = TunnelObjects(mechanisms, service, GreTunnel, GreInterface)
    table = made.interfaces
    return made.objects(
        [],
        [
            table.field("ProtocolIdOverride"),
            *table.plain("UseChecksum", "UseSequenceNumber", "KeyIdentifier"),
            table.field("KeyIdentifierGenerationPolicy", "key_policy", write=_policy),
        ],
    )


def _policy(policy: str) -> str:
    """Both ends need the same key: none that this one thought of would be of use."""
    if policy not in (NO_KEY, PROVISIONED):
        raise InvalidValue("", f"{NO_KEY} or {PROVISIONED}")
    return policy
