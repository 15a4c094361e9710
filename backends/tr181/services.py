"""The services that this product can manage, one line each; a machine has those whose programs and hardware it has."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from backends.tr181.later import Later
from backends.tr181.parts import Build

SERVICES: Final = tuple(
    map(
        Later,
        (
            "backends.tr181.fault_mgmt:fault_tables",
            "backends.tr181.periodic_statistics:sampled_statistics",
            "backends.tr181.device_sensors:thermometer",
            "backends.tr181.device_load:processor_load",
            "backends.tr181.device_load:memory_load",
            "backends.tr181.device_files:firmware",
            "backends.tr181.device_storage:storage",
            "backends.tr181.usb:usb_hosts",
            "backends.tr181.leds:lamps",
            "backends.tr181.upnp_gateway:upnp_daemons",
            "backends.tr181.time:ntp_clock",
            "backends.tr181.users:accounts",
            "backends.tr181.ssh_tables:ssh_server",
            "backends.tr181.host_access:host_access",
            "backends.tr181.bridge_filter:bridge_filter",
            "backends.tr181.wired_supplicants:wired_supplicants",
            "backends.tr181.ppp_connections:ppp_connections",
            "backends.tr181.dhcp_clients:dhcp_clients",
            "backends.tr181.dns_client:name_servers",
            "backends.tr181.tunnels:tunnel_tables",
            "backends.tr181.rip:rip_tables",
            "backends.tr181.lan:lan",
            "backends.tr181.device_association:gateway_finder",
            "backends.tr181.device_association:association",
            "backends.tr181.wifi_service:wifi_service",
            "backends.tr181.firewall_backend:firewall_tables",
            "backends.tr181.qos:qos_tables",
            "backends.tr181.dynamic_dns:dynamic_dns_clients",
            "backends.tr181.ways_out:ways_out",
            "backends.tr181.hosts:host_watch",
        ),
    )
)
"""In the order in which their changes are made: what others stand on comes first."""

OPENWRT: Final = "etc/openwrt_release"


def services_for(mechanisms: str, root: Path = Path("/")) -> Sequence[Build]:
    """Those of ``[system] mechanisms``: "linux", "openwrt", or "auto" for what the machine is."""
    if mechanisms == "linux" or (mechanisms == "auto" and not (root / OPENWRT).exists()):
        return SERVICES
    from backends.tr181.openwrt_services import openwrt_services  # loaded where it is needed only

    return openwrt_services(SERVICES, root)
