"""Why parts of the data model are not there on this machine: what `cpe-agent coverage` says of what is not bound."""

from collections.abc import Mapping
from typing import Final

from backends.kernel_features import PPPOE, VLANS
from backends.tr181.mechanisms import Mechanisms

NAT_TRAVERSAL: Final = "NAT traversal is a feature of its own"
NO_FIREWALL: Final = "libnftables or nf_tables is absent, or not for the agent to use (OpenWrt: /etc/config/firewall)"
NO_MODULES: Final = "not allowed ([modules] enable), no package manager here, or cpe-agent-modules is not installed"
NO_ONT: Final = "no serial line leads to an ONT ([omci] device), or the package cpe-agent-omci is not installed"
NO_DIAGNOSTICS: Final = "the package cpe-agent-diagnostics is not installed"
NO_DHCP_CLASSES: Final = "a bridge does not know which hardware address told a DHCP server which class it is of"

NO_SUCH_THING: Final[Mapping[str, str]] = {
    "Device.Optical.Interface.{i}.Stats.": "OMCI counts no packets of the optical interface",
    "Device.Optical.Interface.{i}.MaxBitRate": "OMCI does not tell the rate of the line",
    "Device.Optical.Interface.{i}.SFPReferenceList": "cages of this machine are no objects here (Device.SFPs.)",
    "Device.XPON.ONU.{i}.EthernetUNI.{i}.Stats.": "the histories of Ethernet ports (24, 296, 321, 322) are not read",
    "Device.XPON.ONU.{i}.ANI.{i}.Stats.": "OMCI counts no packets of the optical interface",
    "Device.XPON.ONU.{i}.ANI.{i}.SFPReferenceList": "cages of this machine are no objects here (Device.SFPs.)",
    "Device.XPON.ONU.{i}.ANI.{i}.TC.Authentication.": "the registration identifier is the ONT's secret",
    "Device.XPON.ONU.{i}.ANI.{i}.TC.ONUActivation.ONUState": "only a console tells it ([omci] driver), OMCI does not",
    "Device.XPON.ONU.{i}.ANI.{i}.TC.ONUActivation.ONUID": "OMCI does not tell it, nor does each family of consoles",
    "Device.XPON.ONU.{i}.ANI.{i}.TC.PM.GEM.FramesReceived": "OMCI counts these by GEM port alone (341: Port.{i}.PM.)",
    "Device.XPON.ONU.{i}.ANI.{i}.TC.Alarms.": "neither OMCI nor the console of this family tells of this alarm",
    "Device.XPON.ONU.{i}.ANI.{i}.Transceiver.{i}.": "a module's memory has one bit rate, not one for each direction",
    "Device.ATM.": "this system has no ATM link",
    "Device.DSL.": "this system has no DSL line",
    "Device.Cellular.": "this system has no cellular modem",
    "Device.PPP.Interface.{i}.EncryptionProtocol": "pppd does not tell which of the agreed protocols it is",
    "Device.PPP.Interface.{i}.CompressionProtocol": "pppd does not tell which of the agreed protocols it is",
    "Device.PPP.Interface.{i}.AuthenticationProtocol": "pppd tells no kind of CHAP from another",
    "Device.PPP.Interface.{i}.CurrentMRUSize": "pppd does not tell what size it agreed to receive",
    "Device.PPP.Interface.{i}.WarnDisconnectDelay": "pppd warns nobody before it disconnects",
    "Device.DHCPv4.Client.{i}.Retransmission.": "the times of dhcpcd are fixed",
    "Device.DHCPv4.Client.{i}.Stats.": "dhcpcd counts no messages",
    "Device.DHCPv4.Client.{i}.DSCPMark": "dhcpcd marks no packets",
    "Device.DHCPv6.Client.{i}.Retransmission.": "the times of dhcpcd are fixed",
    "Device.DHCPv6.Client.{i}.Stats.": "dhcpcd counts no messages",
    "Device.DHCPv6.Client.{i}.DSCPMark": "dhcpcd marks no packets",
    "Device.DHCPv4.Server.Stats.": "dnsmasq counts no messages by kind",
    "Device.DHCPv4.Server.Pool.{i}.AllowedDevices": "dnsmasq keeps no list of devices that are known",
    "Device.DHCPv4.Server.Pool.{i}.DSCPMark": "dnsmasq marks no packets",
    "Device.DHCPv6.Server.Stats.": "dnsmasq counts no messages by kind",
    "Device.DHCPv6.Server.Pool.{i}.DSCPMark": "dnsmasq marks no packets",
    "Device.DHCPv6.Server.Pool.{i}.IANAManualPrefixes": "dnsmasq gives addresses of the link's own prefixes",
    "Device.DHCPv6.Server.Pool.{i}.IAPD": "dnsmasq delegates no prefixes",
    "Device.DHCPv6.Server.Pool.{i}.SourceAddress": "dnsmasq does not compare link-local addresses",
    "Device.DNS.Relay.Config.": "dnsmasq has one cache and one list of servers for all links",
    "Device.DNS.SD.": "this system has no responder of multicast DNS for the agent to ask",
    "Device.Users.User.{i}.RemoteAccessCapable": "this system has no page that is reached from afar",
    "Device.Users.User.{i}.Language": "this system has no page in several languages",
    "Device.Users.CheckCredentialsDiagnostics.": "this system has no log-in of its own to ask",
    "Device.Time.Client.{i}.Stats.": "the NTP daemons tell no counters of one client",
    "Device.Time.Client.{i}.Authentication.": "the keys of the NTP daemon are its own",
    "Device.Time.Server.": "this system's NTP daemon serves nobody",
    "Device.DeviceInfo.LogRotate.": "journald and logrotate keep their own files",
    "Device.DeviceInfo.PowerStatus.": "this system has no power sensor",
    "Device.DeviceInfo.ProxierInfo.": "this system is no proxied device",
    "Device.LEDs.LED.{i}.Location": "the kernel does not know where on the case a lamp is",
    "Device.LEDs.LED.{i}.Relative": "the kernel does not know where on the case a lamp is",
    "Device.LEDs.LED.{i}.CurrentCycleElement.Duration": "the kernel does not tell how long a lamp stays as it is",
    "Device.SSH.Server.{i}.AccessLog.": "sshd tells the system's log who came, and keeps no list of its own",
    "Device.SSH.Server.{i}.MaxAccessLogEntries": "sshd tells the system's log who came, and keeps no list of its own",
    "Device.SSH.Server.{i}.Stats.": "sshd keeps no counts",
    "Device.UserInterface.": "the page shows this device, and nothing of its provider's",
    "Device.QoS.QueueStats.{i}.DroppedBytes": "Linux counts dropped packets, not their bytes",
    "Device.MAP.": "the kernel has no MAP translation",
    "Device.CaptivePortal.": "this system has no captive portal",
    "Device.LLDP.": "this system has no LLDP daemon for the agent to ask",
    "Device.IPsec.": "this system has no IKE daemon for the agent to ask",
    "Device.L2TPv3.": "this system has no L2TP daemon for the agent to ask",
    "Device.MQTT.": "this system has no MQTT client",
    "Device.XMPP.": NAT_TRAVERSAL,
    "Device.ManagementServer.ConnReqXMPPConnection": NAT_TRAVERSAL,
    "Device.ManagementServer.ConnReqAllowedJabberIDs": NAT_TRAVERSAL,
    "Device.ManagementServer.ConnReqJabberID": NAT_TRAVERSAL,
    "Device.ManagementServer.STUN": NAT_TRAVERSAL,
    "Device.ManagementServer.UDPConnectionRequestAddress": NAT_TRAVERSAL,
    "Device.ManagementServer.NATDetected": NAT_TRAVERSAL,
    "Device.IP.Diagnostics.IPLayerCapacity": "IP-layer capacity (TR-471) is a feature of its own",
    "Device.BulkData.": "bulk data is a feature of its own",
    "Device.GRE.Filter.": "routes and bridges decide what goes through a tunnel, here as everywhere",
    "Device.VXLAN.Filter.": "routes and bridges decide what goes through a tunnel, here as everywhere",
    "Device.UPnP.Discovery.": "this system has no UPnP control point",
    "Device.UPnP.Description.": "this system has no UPnP control point",
    "Device.UPnP.Device.UPnPDM": "no UPnP daemon serves device management",
    "Device.UPnP.Device.Capabilities.UPnPDM": "no UPnP daemon serves device management",
    "Device.IP.Interface.{i}.TWAMPReflector": "this system has no TWAMP reflector",
    "Device.Bridging.Filter.{i}.DHCPType": NO_DHCP_CLASSES,
    "Device.Bridging.Filter.{i}.SourceMACFrom": NO_DHCP_CLASSES,
    "Device.Bridging.Filter.{i}.DestMACFrom": NO_DHCP_CLASSES,
}
"""By the beginning of a path, of what a plain Linux machine does not have, or what is shown as a feature of its own."""

NEEDS: Final[Mapping[str, tuple[str, str]]] = {
    "Device.NAT.": ("firewall", NO_FIREWALL),
    "Device.Firewall.": ("firewall", NO_FIREWALL),
    "Device.PPP.": ("ppp", "pppd or its PPPoE plugin is not installed (package ppp)"),
    "Device.DHCPv4.Client": ("dhcp_clients", "dhcpcd is not installed (package dhcpcd-base)"),
    "Device.DHCPv6.Client": ("dhcp_clients", "dhcpcd is not installed (package dhcpcd-base)"),
    "Device.DHCPv4.Server.": ("lan", "dnsmasq is not installed (package dnsmasq-base)"),
    "Device.DHCPv4.Relay.": ("lan", "dnsmasq is not installed (package dnsmasq-base)"),
    "Device.DHCPv6.Server.": ("lan", "dnsmasq is not installed (package dnsmasq-base)"),
    "Device.RouterAdvertisement.": ("lan", "dnsmasq is not installed (package dnsmasq-base)"),
    "Device.DNS.Client.": ("lan", "dnsmasq is not installed (package dnsmasq-base)"),
    "Device.DNS.Relay.": ("lan", "dnsmasq is not installed (package dnsmasq-base)"),
    "Device.Time.Enable": ("ntp", "no NTP daemon is installed (package chrony or systemd-timesyncd)"),
    "Device.Time.Client.": ("ntp", "no NTP daemon is installed (package chrony or systemd-timesyncd)"),
    "Device.Time.NTPServer": ("ntp", "no NTP daemon is installed (package chrony or systemd-timesyncd)"),
    "Device.Users.": ("accounts", "useradd and its like are not installed (package passwd)"),
    "Device.Hosts.AccessControl.": ("host_access", "libnftables or nf_tables is absent, or not for the agent to use"),
    "Device.Schedules.": ("host_access", "libnftables or nf_tables is absent, or not for the agent to use"),
    "Device.ManagementServer.ManageableDevice": (
        "manageable_devices",
        "the agent may not hear DHCP requests (CAP_NET_RAW)",
    ),
    "Device.Bridging.Filter.": (
        "bridge_filter",
        "nf_tables of the kernel is absent, filters no bridges, or is not for the agent to use",
    ),
    "Device.LEDs.": ("leds", "the kernel has no lamp (/sys/class/leds)"),
    "Device.Routing.RIP.": ("rip", "no routing daemon that speaks RIP is installed (package bird2)"),
    "Device.SSH.": ("ssh", "no SSH server is installed (package openssh-server)"),
    "Device.DynamicDNS.": ("dynamic_dns", "ddclient is not installed (package ddclient)"),
    "Device.UPnP.": ("upnp", "no UPnP daemon is installed (package miniupnpd-nftables)"),
    "Device.WiFi.": ("wifi", "the kernel knows no wireless device"),
    "Device.USB.": ("usb", "the kernel knows of no USB"),
    "Device.IEEE8021x.": ("supplicants", "wpa_supplicant is not installed (package wpasupplicant)"),
    "Device.SoftwareModules.": ("modules", NO_MODULES),
    "Device.IP.Diagnostics.": ("diagnostics", NO_DIAGNOSTICS),
    "Device.DNS.Diagnostics.": ("diagnostics", NO_DIAGNOSTICS),
    "Device.SelfTestDiagnostics.": ("diagnostics", NO_DIAGNOSTICS),
    "Device.PacketCaptureDiagnostics.": ("diagnostics", NO_DIAGNOSTICS),
    "Device.Optical.": ("optical", NO_ONT),
    "Device.XPON.": ("optical", NO_ONT),
    "Device.QoS.": ("qos", "libnftables or nf_tables of the kernel is absent, or not for the agent to use"),
}
"""By the beginning of a path, the mechanism it stands on (a field of Mechanisms) and what is missing without it."""

WIFI: Final[Mapping[str, tuple[str, str]]] = {
    "Device.WiFi.AccessPoint.": ("has_access_points", "hostapd is not installed (package hostapd)"),
    "Device.WiFi.EndPoint.": ("has_end_points", "wpa_supplicant is not installed (package wpasupplicant)"),
}
"""By the beginning of a path, what of the Wi-Fi service it stands on, and what is missing without it."""

TUNNELS: Final[Mapping[str, str]] = {
    "Device.GRE.": "gre",
    "Device.VXLAN.": "vxlan",
    "Device.IPv6rd.": "sit",
    "Device.DSLite.": "ip6tnl",
    "Device.X_CPEAGENT_WireGuard.": "wireguard",
}
"""By the beginning of a path, the kind of link that it stands on."""

KERNEL: Final[Mapping[str, tuple[str, str]]] = {
    "Device.Ethernet.VLANTermination": (VLANS, "the kernel has no VLANs (module 8021q)"),
    "Device.Bridging.Bridge.{i}.VLAN": (VLANS, "the kernel has no VLANs (module 8021q)"),
    "Device.PPP.": (PPPOE, "the kernel has no PPPoE (/dev/ppp, module pppoe)"),
}
"""By the beginning of a path, the feature of the kernel that it stands on, and what is missing without it."""


def without(mechanisms: Mechanisms) -> dict[str, str]:
    """What is missing on this machine, by the beginning of the path of what is left out for it."""
    kinds = mechanisms.tunnels.kinds if mechanisms.tunnels else frozenset[str]()
    wifi = mechanisms.wifi.service if mechanisms.wifi else None
    return {
        **{path: why for path, (name, why) in NEEDS.items() if getattr(mechanisms, name) is None},
        **{path: why for path, (name, why) in WIFI.items() if wifi and not getattr(wifi, name)},
        **{
            path: f"the kernel makes no links of kind {kind} for the agent"
            for path, kind in TUNNELS.items()
            if kind not in kinds
        },
        **{path: why for path, (feature, why) in KERNEL.items() if feature in mechanisms.kernel_lacks},
        **mechanisms.lacks,
    }


def reasons(mechanisms: Mechanisms) -> dict[str, str]:
    """The reason by the beginning of a path, for this machine."""
    return {**NO_SUCH_THING, **without(mechanisms)}
