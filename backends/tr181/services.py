"""The services that this product can manage, one line each; a machine has those whose programs and hardware it has."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from backends.tr181.bridge_filter import bridge_filter
from backends.tr181.device_association import association, gateway_finder
from backends.tr181.device_files import firmware
from backends.tr181.device_load import memory_load, processor_load
from backends.tr181.device_sensors import thermometer
from backends.tr181.device_storage import storage
from backends.tr181.dhcp_clients import dhcp_clients
from backends.tr181.dns_client import name_servers
from backends.tr181.dynamic_dns import dynamic_dns_clients
from backends.tr181.fault_mgmt import fault_tables
from backends.tr181.firewall_backend import firewall_tables
from backends.tr181.host_access import host_access
from backends.tr181.hosts import host_watch
from backends.tr181.lan import lan
from backends.tr181.leds import lamps
from backends.tr181.parts import Build
from backends.tr181.periodic_statistics import sampled_statistics
from backends.tr181.ppp_connections import ppp_connections
from backends.tr181.qos import qos_tables
from backends.tr181.rip import rip_tables
from backends.tr181.ssh_tables import ssh_server
from backends.tr181.time import ntp_clock
from backends.tr181.tunnels import tunnel_tables
from backends.tr181.upnp_gateway import upnp_daemons
from backends.tr181.usb import usb_hosts
from backends.tr181.users import accounts
from backends.tr181.ways_out import ways_out
from backends.tr181.wifi_service import wifi_service
from backends.tr181.wired_supplicants import wired_supplicants

SERVICES: Final[tuple[Build, ...]] = (
    fault_tables,
    sampled_statistics,
    thermometer,
    processor_load,
    memory_load,
    firmware,
    storage,
    usb_hosts,
    lamps,
    upnp_daemons,
    ntp_clock,
    accounts,
    ssh_server,
    host_access,
    bridge_filter,
    wired_supplicants,
    ppp_connections,
    dhcp_clients,
    name_servers,
    tunnel_tables,
    rip_tables,
    lan,
    gateway_finder,
    association,
    wifi_service,
    firewall_tables,
    qos_tables,
    dynamic_dns_clients,
    ways_out,
    host_watch,
)
"""In the order in which their changes are made: what others stand on comes first."""

OPENWRT: Final = "etc/openwrt_release"


def services_for(mechanisms: str, root: Path = Path("/")) -> Sequence[Build]:
    """Those of ``[system] mechanisms``: "linux", "openwrt", or "auto" for what the machine is."""
    if mechanisms == "linux" or (mechanisms == "auto" and not (root / OPENWRT).exists()):
        return SERVICES
    from backends.tr181.openwrt_services import openwrt_services  # loaded where it is needed only

    return openwrt_services(SERVICES, root)
