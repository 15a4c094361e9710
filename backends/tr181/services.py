"""The services that this product can manage, one line each; a machine has those whose programs and hardware it has."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from backends.ethtool import Ports
from backends.netlink import Netlink
from backends.netlink_types import RouteTo
from backends.procfs import Procfs
from backends.tr181.later import Later
from backends.tr181.parts import Build
from backends.tr181.staging import LinuxNetwork

SERVICES: Final = tuple(
    map(
        Later,
        (
            "backends.tr181.fault_mgmt:fault_tables",
            "backends.tr181.device_reboots:reboot_record",
            "backends.tr181.periodic_statistics:sampled_statistics",
            "backends.tr181.device_sensors:thermometer",
            "backends.tr181.device_load:processor_load",
            "backends.tr181.device_load:memory_load",
            "backends.tr181.firmware_images:firmware",
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
            "backends.tr181.diagnostics_echo_server:udp_echo",
            "backends.tr181.firewall_backend:firewall_tables",
            "backends.tr181.qos:qos_tables",
            "backends.tr181.dynamic_dns:dynamic_dns_clients",
            "backends.tr181.diagnostics:diagnostic_tables",
            "backends.tr181.ways_out:ways_out",
            "backends.tr181.hosts:host_watch",
            "backends.tr181.software_modules_linux:linux_modules",
            "backends.tr181.optical_part:optical_line",
        ),
    )
)
"""In the order in which their changes are made: what others stand on comes first."""

OPENWRT: Final = "etc/openwrt_release"


def services_for(mechanisms: str, root: Path = Path("/")) -> Sequence[Build]:
    """Those of ``[system] mechanisms``: "linux", "openwrt", or "auto" for what the machine is."""
    if not is_openwrt(mechanisms, root):
        return SERVICES
    from backends.tr181.openwrt_services import openwrt_services  # loaded where it is needed only

    return openwrt_services(SERVICES, root)


def network_and_services(
    mechanisms: str,
    netlink: Netlink,
    procfs: Procfs,
    manage: Sequence[str],
    management_path: Callable[[], RouteTo | None],
    ports: Ports,
    root: Path = Path("/"),
) -> tuple[LinuxNetwork, Sequence[Build]]:
    """The network that the services stand on, and those services; on OpenWrt over the same UCI and the same bus."""
    if not is_openwrt(mechanisms, root):
        return LinuxNetwork(netlink, procfs, manage, management_path, ports), SERVICES
    from backends.tr181.openwrt_network import openwrt_network
    from backends.tr181.openwrt_services import openwrt_services, surface_of

    surface = surface_of(root)
    network = openwrt_network(surface, netlink, procfs, manage, management_path, ports)
    return network, openwrt_services(SERVICES, root, surface)


def is_openwrt(mechanisms: str, root: Path) -> bool:
    """Whether OpenWrt's own configuration is what is read and changed, by ``[system] mechanisms`` and the system."""
    return mechanisms != "linux" and (mechanisms != "auto" or (root / OPENWRT).exists())
