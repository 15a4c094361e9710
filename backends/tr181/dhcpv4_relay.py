"""Device.DHCPv4.Relay.: whose requests for an address go to a server elsewhere."""

from typing import Any

from agent.model.object import Object, Parameter
from backends.lan.records import Forwarding4, Relay4
from backends.tr181.dhcpv4_server import CRITERIA
from backends.tr181.lan_tables import table_of
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.record_table import Keys


def dhcpv4_relay(mechanisms: Mechanisms) -> list[Object[Any]]:
    """The switch and Forwarding."""
    lan = mechanisms.lan
    if lan is None:
        return []
    itself, entries = table_of(lan, Relay4), table_of(lan, Forwarding4)

    def status(_: Keys) -> str:
        return "Enabled" if lan.wanted.get(Relay4).enable else "Disabled"

    def entry_status(row: Keys) -> str:
        """Error: all is told, but the relay does not run."""
        entry = entries.record(row)
        if not entry.enable or not lan.wanted.get(Relay4).enable:
            return "Disabled"
        if entries.link(row) is None:
            return "Error_Misconfigured"
        is_elsewhere = bool(entry.dhcp_server_ip_address) and not entry.locally_served
        return "Error" if is_elsewhere and not lan.daemons.is_relaying() else "Enabled"

    own = ("Enable", "Order", "Interface", "LocallyServed", "DHCPServerIPAddress")
    return [
        itself.declared([*itself.parameters("Enable"), Parameter("Status", status)]),
        entries.declared(
            [Parameter("Status", entry_status), *entries.parameters(*own, *CRITERIA)], changed_by=("link", "address")
        ),
    ]
