"""What each TR-181 object means in terms of the mechanisms; one file per top-level object."""

from collections.abc import Callable
from typing import Any, Final

from agent.model.object import Object
from backends.tr181 import device_files as files
from backends.tr181 import device_info as device
from backends.tr181 import device_load, device_reboots, device_sensors
from backends.tr181 import user_interface as page
from backends.tr181.bridge_filter import bridging_filter
from backends.tr181.bridging import bridging
from backends.tr181.device_association import gateway_info, manageable_devices
from backends.tr181.device_files import device_files
from backends.tr181.device_info import device_info, host_name
from backends.tr181.device_load import memory_monitor, process_status
from backends.tr181.device_sensors import temperatures
from backends.tr181.device_storage import storage_use
from backends.tr181.dhcpv4_client import dhcpv4_client
from backends.tr181.dhcpv4_relay import dhcpv4_relay
from backends.tr181.dhcpv4_server import dhcpv4_server
from backends.tr181.dhcpv6_client import dhcpv6_client
from backends.tr181.dhcpv6_server import dhcpv6_server
from backends.tr181.dns import dns
from backends.tr181.dslite import dslite
from backends.tr181.dynamic_dns import dynamic_dns
from backends.tr181.ethernet import ethernet
from backends.tr181.fault_mgmt import fault_mgmt
from backends.tr181.firewall import firewall
from backends.tr181.firmware_images import firmware_images
from backends.tr181.gre import gre
from backends.tr181.host_access import access_control
from backends.tr181.hosts import hosts
from backends.tr181.ieee8021x import ieee8021x
from backends.tr181.interface_stack import interface_stack
from backends.tr181.ip import ip
from backends.tr181.ipv6rd import ipv6rd
from backends.tr181.later import Declares
from backends.tr181.leds import leds
from backends.tr181.logical import logical
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.nat import nat
from backends.tr181.neighbor_discovery import neighbor_discovery
from backends.tr181.periodic_statistics import periodic_statistics
from backends.tr181.ppp import ppp
from backends.tr181.qos import qos
from backends.tr181.rip import rip
from backends.tr181.root import root
from backends.tr181.router_advertisement import router_advertisement
from backends.tr181.routing import routing
from backends.tr181.ssh import ssh
from backends.tr181.time import time
from backends.tr181.upnp import upnp
from backends.tr181.usb import usb
from backends.tr181.user_interface import user_interface
from backends.tr181.users import users
from backends.tr181.vxlan import vxlan
from backends.tr181.wifi import wifi
from backends.tr181.wireguard import wireguard

DECLARED: Final[tuple[Callable[[Mechanisms], list[Object[Any]]], ...]] = (
    root,
    device_info,
    host_name,
    device_files,
    firmware_images,
    device_reboots.device_reboots,
    memory_monitor,
    process_status,
    storage_use,
    temperatures,
    usb,
    leds,
    upnp,
    fault_mgmt,
    periodic_statistics,
    time,
    ethernet,
    ieee8021x,
    bridging,
    bridging_filter,
    ip,
    routing,
    rip,
    nat,
    firewall,
    qos,
    logical,
    neighbor_discovery,
    wifi,
    hosts,
    ppp,
    gre,
    vxlan,
    ipv6rd,
    dslite,
    wireguard,
    dhcpv4_client,
    dhcpv6_client,
    dhcpv4_server,
    dhcpv4_relay,
    dhcpv6_server,
    dns,
    dynamic_dns,
    Declares("backends.tr181.diagnostics:diagnostics", "diagnostics"),
    Declares("backends.tr181.diagnostics_echo_server:udp_echo_config", "udp_echo"),
    router_advertisement,
    gateway_info,
    manageable_devices,
    users,
    user_interface,
    ssh,
    access_control,
    Declares("backends.tr181.software_modules:software_modules", "modules"),
    Declares("backends.tr181.optical:optical", "optical"),
    Declares("backends.tr181.xpon:xpon", "optical"),
)
"""The functions that declare the supported objects, one line each; each is given every mechanism."""

OWN_VALUES: Final[dict[str, Any]] = {
    **device.OWN_VALUES,
    **files.OWN_VALUES,
    **device_load.OWN_VALUES,
    **device_reboots.OWN_VALUES,
    **device_sensors.OWN_VALUES,
    **page.OWN_VALUES,
}
"""Defaults of the values of the agent's own that these objects keep, by name without the root."""


def objects(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Every supported object of this machine; InterfaceStack is derived from all others."""
    declared = [one for declare in DECLARED for one in declare(mechanisms)]
    return [*declared, interface_stack(declared)]
