"""The services of a machine with OpenWrt: those of any Linux, of which OpenWrt's own daemons make some."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from backends.openwrt.reloads import Reloads
from backends.tr181.later import Later
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_ddns import openwrt_ddns
from backends.tr181.openwrt_dhcp_clients import openwrt_dhcp_clients
from backends.tr181.openwrt_firewall import openwrt_firewall
from backends.tr181.openwrt_lan import Surface, openwrt_lan
from backends.tr181.openwrt_leds import openwrt_leds
from backends.tr181.openwrt_modules import openwrt_modules
from backends.tr181.openwrt_name_servers import openwrt_name_servers
from backends.tr181.openwrt_netifd import ALWAYS
from backends.tr181.openwrt_network import network_part
from backends.tr181.openwrt_packages import other_packages
from backends.tr181.openwrt_ppp import openwrt_ppp
from backends.tr181.openwrt_qos import openwrt_qos
from backends.tr181.openwrt_reasons import NEEDS, openwrt_reasons, worded
from backends.tr181.openwrt_ssh import openwrt_ssh
from backends.tr181.openwrt_system import openwrt_system
from backends.tr181.openwrt_time import openwrt_time
from backends.tr181.openwrt_tunnels import openwrt_tunnels
from backends.tr181.openwrt_upnp import openwrt_upnp
from backends.tr181.openwrt_users import openwrt_users
from backends.tr181.openwrt_wifi import openwrt_wifi
from backends.tr181.parts import Build, Part
from backends.ubus import SOCKET, Bus
from backends.uci import Places, opened

FIRST: Final = (network_part, *ALWAYS, openwrt_system, openwrt_reasons, other_packages)
"""What is OpenWrt's alone."""
INSTEAD: Final[dict[str, Callable[[Mechanisms, Surface], Part | None]]] = {
    "dhcp_clients": openwrt_dhcp_clients,
    "name_servers": openwrt_name_servers,
    "tunnel_tables": openwrt_tunnels,
    "lan": openwrt_lan,
    "ppp_connections": openwrt_ppp,
    "ntp_clock": openwrt_time,
    "lamps": openwrt_leds,
    "accounts": openwrt_users,
    "ssh_server": openwrt_ssh,
    "upnp_daemons": openwrt_upnp,
    "dynamic_dns_clients": openwrt_ddns,
    "qos_tables": openwrt_qos,
    "wifi_service": openwrt_wifi,
    "firewall_tables": openwrt_firewall,
    "linux_modules": openwrt_modules,
}
"""What stands for which of the services of any Linux, by its name there: those are neither loaded nor installed."""


def openwrt_services(
    services: Sequence[Later], root: Path = Path("/"), surface: Surface | None = None
) -> tuple[Build, ...]:
    """In the same order, behind what is OpenWrt's alone; UCI, the bus and whoever tells services are one for all."""
    surface = surface or surface_of(root)
    instead = (
        _over(INSTEAD[one.name], surface) if one.name in INSTEAD
        else worded(one, one.name) if one.name in NEEDS
        else one
        for one in services
    )  # fmt: skip
    return (*(_over(one, surface) for one in FIRST), *instead)


def surface_of(root: Path) -> Surface:
    """OpenWrt's own ways in."""
    places = Places() if root == Path("/") else Places.under(root)
    bus = Bus(root / str(SOCKET).lstrip("/"))
    return Surface(opened(places), bus, Reloads(bus), root)


def _over(build: Callable[[Mechanisms, Surface], Part | None], surface: Surface) -> Build:
    return lambda mechanisms: build(mechanisms, surface)
