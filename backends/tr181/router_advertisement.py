"""Device.RouterAdvertisement.: how this machine presents itself to the LAN as an IPv6 router."""

from typing import Any

from agent.model.object import Object, Parameter
from backends.lan.records import Advertised, AdvertisedOption, Advertising
from backends.netlink import Netlink
from backends.tr181.dhcpv6_server import prefix_targets
from backends.tr181.lan_tables import LanTable, table_of
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.record_table import Keys

SETTINGS = (
    "MaxRtrAdvInterval",
    "MinRtrAdvInterval",
    "AdvDefaultLifetime",
    "AdvManagedFlag",
    "AdvOtherConfigFlag",
    "AdvMobileAgentFlag",
    "AdvPreferredRouterFlag",
    "AdvNDProxyFlag",
    "AdvLinkMTU",
    "AdvReachableTime",
    "AdvRetransTimer",
    "AdvCurHopLimit",
    "RDNSS",
    "AdvRDNSSLifetime",
    "DNSSL",
    "AdvDNSSLLifetime",
)


def router_advertisement(mechanisms: Mechanisms) -> list[Object[Any]]:
    """The switch, InterfaceSetting and its options."""
    lan, netlink = mechanisms.lan, mechanisms.netlink
    if lan is None:
        return []
    itself, links, options = table_of(lan, Advertising), table_of(lan, Advertised), table_of(lan, AdvertisedOption)

    def status(row: Keys) -> str:
        return _status(links, netlink, row)

    def prefixes(row: Keys) -> list[Any]:
        return list(prefix_targets(lan, netlink, links.link(row))) if status(row) == "Enabled" else []

    return [
        itself.declared(itself.parameters("Enable")),
        links.declared(
            [
                Parameter("Status", status),
                Parameter("Prefixes", prefixes),
                *links.parameters("Enable", "Interface", *SETTINGS),
            ],
            changed_by=("link", "address"),
        ),
        options.declared(options.parameters("Enable", "Tag", "Value")),
    ]


def _status(links: LanTable[Advertised], netlink: Netlink, row: Keys) -> str:
    """Error: all is told, but nothing is sent."""
    if not links.record(row).enable or not links.service.wanted.get(Advertising).enable:
        return "Disabled"
    link = links.link(row)
    if link is None or not any(one.interface == link and one.family == 6 for one in netlink.addresses()):
        return "Error_Misconfigured"
    return "Enabled" if links.service.daemons.is_advertising() else "Error"
