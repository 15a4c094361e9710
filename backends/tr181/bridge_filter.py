"""Device.Bridging.Filter.: which frames a bridge admits by its ports, by Ethertype and hardware address."""

from typing import Any, Final

from agent.model.errors import ResourcesExceeded
from agent.model.object import Object, Parameter
from backends.bridge_filter import FAMILY, KINDS, TABLE, BridgeFilter, Filter, Ground
from backends.desired_state import Pointer, Record
from backends.errors import MechanismError
from backends.nftables import Nftables
from backends.tr181.bridging import MOST_FILTERS
from backends.tr181.layers import BRIDGE, BRIDGE_PORT
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.record_table import Keys, tables_of
from backends.tr181.service import TableService
from backends.tr181.table_look import TableLook

FILTER: Final = "Device.Bridging.Filter.{i}."
TABLES: Final[dict[type[Record], str]] = {Filter: FILTER}
PARAMETERS: Final = {
    "vlanid_filter": ["VLANIDFilter"],
    "source_mac_address_filter_list": ["SourceMACAddressFilterList"],
    "dest_mac_address_filter_list": ["DestMACAddressFilterList"],
}
LISTS: Final = ("EthertypeFilter", "SourceMACAddressFilter", "DestMACAddressFilter")


class FilterTable(TableService):
    """The backend of the table."""

    def __init__(self, filters: BridgeFilter) -> None:
        super().__init__("bridge_filter", KINDS, filters, TABLES, PARAMETERS)
        self.filters = filters

    def add(self, record: Record) -> str:
        """See Desired."""
        if len(self.wanted.of(Filter)) >= MOST_FILTERS:
            raise ResourcesExceeded("", f"there are {MOST_FILTERS} filters already")
        return super().add(record)


def bridge_filter(mechanisms: Mechanisms) -> Part | None:
    """Filters, where the kernel's packet filter can be had for bridges."""
    try:
        packet_filter = Nftables(memory=mechanisms.directory / "nftables")
        packet_filter.counters(TABLE, FAMILY)  # a kernel without the bridge's family refuses to look
    except MechanismError:
        return None
    table = FilterTable(BridgeFilter(packet_filter, ground(mechanisms)))
    look = TableLook(table, table.filters, "bridge_filter")
    return Part("bridge_filter", {"bridge_filter": table}, table, chores=(look,))


def ground(mechanisms: Mechanisms) -> Ground:
    """What the service stands on."""
    network, links = mechanisms.network, mechanisms.links

    def member(port: Pointer, bridge: Pointer) -> str | None:
        there, above = (network.topology.links.get(links.link_of(one) or "") for one in (port, bridge))
        if there is None or above is None or above.bridge is None or above.bridge.vlan_filtering:
            return None
        return there.name if there.master == above.name else None

    def carriers() -> set[str]:
        path = mechanisms.management_path()
        below = {path.interface, *network.topology.below(path.interface)} if path else set[str]()
        return below | {link.name for link in network.topology.links.values() if link.master in below}

    return Ground(member, links.may_change, carriers)


def bridging_filter(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Filter."""
    service = mechanisms.bridge_filter
    if service is None:
        return []
    table = tables_of(service, TABLES)[Filter]

    def status(row: Keys) -> str:
        one = table.record(row)
        if not one.enable:
            return "Disabled"
        return "Enabled" if service.filters.link(one) else "Error_Misconfigured"

    return [
        table.object(
            [
                Parameter("Status", status),
                table.order(),
                table.reference("Bridge", BRIDGE),
                table.reference("Interface", BRIDGE_PORT),
                *table.plain("Enable", "VLANIDFilter"),
                *table.plain(*(f"{one}{end}" for one in LISTS for end in ("List", "Exclude"))),
            ],
            "what is configured",
            ("link",),
        )
    ]
