"""The services of a machine with OpenWrt: those of any Linux, of which OpenWrt's own daemons make some."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from backends.openwrt.reloads import Reloads
from backends.tr181.dhcp_clients import dhcp_clients
from backends.tr181.dynamic_dns import dynamic_dns_clients
from backends.tr181.lan import lan
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_ddns import openwrt_ddns
from backends.tr181.openwrt_dhcp_clients import openwrt_dhcp_clients
from backends.tr181.openwrt_lan import Surface, openwrt_lan
from backends.tr181.openwrt_netifd import ALWAYS
from backends.tr181.openwrt_system import openwrt_system
from backends.tr181.openwrt_time import openwrt_time
from backends.tr181.openwrt_upnp import openwrt_upnp
from backends.tr181.openwrt_users import openwrt_users
from backends.tr181.parts import Build, Part
from backends.tr181.time import ntp_clock
from backends.tr181.upnp_gateway import upnp_daemons
from backends.tr181.users import accounts
from backends.ubus import SOCKET, Bus
from backends.uci import Places, opened

FIRST: Final = (*ALWAYS, openwrt_system)
"""What is OpenWrt's alone."""
INSTEAD: Final[dict[Build, Callable[[Mechanisms, Surface], Part | None]]] = {
    dhcp_clients: openwrt_dhcp_clients,
    lan: openwrt_lan,
    ntp_clock: openwrt_time,
    accounts: openwrt_users,
    upnp_daemons: openwrt_upnp,
    dynamic_dns_clients: openwrt_ddns,
}
"""What stands for which of the services of any Linux."""


def openwrt_services(services: Sequence[Build], root: Path = Path("/")) -> tuple[Build, ...]:
    """In the same order, behind what is OpenWrt's alone; UCI, the bus and whoever tells services are one for all."""
    surface = surface_of(root)
    instead = (_over(INSTEAD[one], surface) if one in INSTEAD else one for one in services)
    return (*(_over(one, surface) for one in FIRST), *instead)


def surface_of(root: Path) -> Surface:
    """OpenWrt's own ways in."""
    places = Places() if root == Path("/") else Places.under(root)
    bus = Bus(root / str(SOCKET).lstrip("/"))
    return Surface(opened(places), bus, Reloads(bus), root)


def _over(build: Callable[[Mechanisms, Surface], Part | None], surface: Surface) -> Build:
    return lambda mechanisms: build(mechanisms, surface)
