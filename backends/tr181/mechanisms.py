"""Everything a TR-181 object may be declared over: one of each mechanism, handed to every declaring function."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a declaration imports what it uses; the rest of the mechanisms need not be loaded for it
    from datetime import datetime

    from agent.model.object import Target
    from agent.model.own_values import OwnValues
    from backends.addresses import Addresses
    from backends.association import Named
    from backends.crash_logs import CrashLogs
    from backends.firmware import Firmware, Told
    from backends.ieee8021x.configuration import Credentials
    from backends.installers.installer import Installer
    from backends.leds import Leds
    from backends.load import MemoryLoad, ProcessorLoad
    from backends.log_files import FindLogs
    from backends.netlink import Netlink
    from backends.netlink_types import RouteTo
    from backends.procfs import Procfs
    from backends.reboots import Reboots
    from backends.storage import Storage
    from backends.sysfs import Sysfs
    from backends.system import System
    from backends.thermometer import Thermometer
    from backends.tr181.bridge_filter import FilterTable
    from backends.tr181.dhcp_clients import DhcpClientTables
    from backends.tr181.diagnostics import DiagnosticTables
    from backends.tr181.diagnostics_echo_server import EchoTables
    from backends.tr181.dns_client import NameServerTable
    from backends.tr181.dynamic_dns import DynamicDnsTables
    from backends.tr181.fault_mgmt import FaultTables
    from backends.tr181.firewall_backend import FirewallTables
    from backends.tr181.firmware_images import BootChoice
    from backends.tr181.host_access import AccessTables
    from backends.tr181.hosts import HostTable
    from backends.tr181.lan_tables import LanTables
    from backends.tr181.leds import Settable
    from backends.tr181.links import Links
    from backends.tr181.optical_line import OpticalLine
    from backends.tr181.optical_part import LineSettings
    from backends.tr181.periodic_statistics import StatisticsTables
    from backends.tr181.ppp_connections import PppConnections
    from backends.tr181.qos import QosTables
    from backends.tr181.rip import RipTables
    from backends.tr181.software_modules import ModuleTables
    from backends.tr181.ssh_tables import SshTables
    from backends.tr181.staging import LinuxNetwork
    from backends.tr181.time import NtpClock
    from backends.tr181.tunnels import TunnelTables
    from backends.tr181.upnp_gateway import UpnpTables
    from backends.tr181.usb import UsbHosts
    from backends.tr181.user_interface import Page
    from backends.tr181.users import AccountTables
    from backends.tr181.wifi_tables import WifiTables
    from backends.tr181.wired_supplicants import SupplicantTable


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the device says it is, from the settings; "" is read from the system."""

    manufacturer: str = ""
    oui: str = ""
    product_class: str = ""
    serial_number: str = ""


@dataclass(frozen=True, slots=True)
class ModuleRules:
    """By what software modules are judged: ``verify`` (see backends.trusted_keys) None where they need no signature;
    ``version`` is this product's.
    """

    verify: "Callable[[bytes | Path, bytes], None] | None"
    version: str = ""


@dataclass(frozen=True, slots=True)
class Mechanisms:
    """How this machine is read and changed. ``may_change_system`` is ``[system] manage``: host name, time, users.

    ``directory`` is for what services are rendered into and is lost with a boot, ``state_directory`` for what must not
    be. ``management_path`` tells how the ACS is reached at present. What is None is not there on this machine: the
    objects over it are left out of what is supported.
    """

    netlink: "Netlink"
    addresses: "Addresses"
    procfs: "Procfs"
    sysfs: "Sysfs"
    system: "System"
    network: "LinuxNetwork"
    own: "OwnValues"
    identity: Identity = Identity()
    may_change_system: bool = False
    links: "Links" = field(kw_only=True)
    directory: Path = Path("/run/cpe-agent/services")
    state_directory: Path = Path("/var/lib/cpe-agent")
    management_path: "Callable[[], RouteTo | None]" = lambda: None
    own_ports: "Callable[[], Collection[tuple[int, int]]]" = tuple
    """Protocol number and port of each place where the agent listens: no rule of ours may close them."""
    peek: "Callable[[Sequence[str]], Mapping[str, str]]" = lambda _paths: {}
    """The texts of the data model's own parameters by concrete path."""
    path_of: "Callable[[Target], str]" = lambda _target: ""
    """The concrete path of a row whose number the data model knows; "" for another."""
    gateway_told: "Callable[[], Named | None]" = lambda: None
    """Who the gateway says it is in a lease of the machine's own DHCP client."""
    credentials: "Credentials | None" = None
    """What the machine proves by who it is to a network that wants to know (IEEE 802.1X)."""
    dhcp_clients: "DhcpClientTables | None" = None
    diagnostics: "DiagnosticTables | None" = None
    udp_echo: "EchoTables | None" = None
    ppp: "PppConnections | None" = None
    ntp: "NtpClock | None" = None
    thermometer: "Thermometer | None" = None
    processor_load: "ProcessorLoad | None" = None
    memory_load: "MemoryLoad | None" = None
    lan: "LanTables | None" = None
    firewall: "FirewallTables | None" = None
    storage: "Storage | None" = None
    firmware: "Firmware | None" = None
    reboots: "Reboots | None" = None
    crash_logs: "CrashLogs | None" = None
    boot_choice: "BootChoice | None" = None
    installer: "Installer | None" = None
    """What puts another image into this machine."""
    firmware_told: "Callable[[], Told] | None" = None
    """What became of the last image that came."""
    wifi: "WifiTables | None" = None
    gateway: "Callable[[], Named | None] | None" = None
    """Who the gateway says it is that this machine is behind."""
    manageable_devices: "Callable[[], Sequence[Named]] | None" = None
    """Who the DHCP clients of the LAN say they are."""
    qos: "QosTables | None" = None
    accounts: "AccountTables | None" = None
    usb: "UsbHosts | None" = None
    associations: "Callable[[], Mapping[str, Target]] | None" = None
    """Who is associated with an access point of ours: by MAC address, the row of WiFi…AssociatedDevice."""
    hosts: "HostTable | None" = None
    host_access: "AccessTables | None" = None
    bridge_filter: "FilterTable | None" = None
    faults: "FaultTables | None" = None
    statistics: "StatisticsTables | None" = None
    history_file: Path | None = None
    """Where the agent notes what happens: a vendor log."""
    backup_version: "Callable[[], tuple[str, datetime | None]] | None" = None
    """What tells one state of the configuration from another, and when it became that; what a backup would hold."""
    log_files: "FindLogs | None" = None
    """Where the system keeps its log files, where it says so itself."""
    leds: "Leds | None" = None
    lamps: "Settable | None" = None
    """The system's own say in what its lamps show."""
    name_servers: "NameServerTable | None" = None
    ssh: "SshTables | None" = None
    upnp: "UpnpTables | None" = None
    tunnels: "TunnelTables | None" = None
    rip: "RipTables | None" = None
    page: "Page | None" = None
    kernel_lacks: "frozenset[str]" = frozenset()
    """Of backends.kernel_features, what this kernel surely has not."""
    lacks: "Mapping[str, str]" = field(default_factory=dict)
    """By the beginning of a path, why it is not there, where that is otherwise than on any Linux."""
    dynamic_dns: "DynamicDnsTables | None" = None
    supplicants: "SupplicantTable | None" = None
    module_rules: ModuleRules | None = None
    """By what software modules are judged; None: none are to be had."""
    modules: "ModuleTables | None" = None
    omci: "LineSettings | None" = None
    """How an ONT is reached; None: there is none."""
    optical: "OpticalLine | None" = None
