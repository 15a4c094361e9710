"""The DHCPv4 relay in /etc/config/dhcp: sections of type relay. dnsmasq relays all requests of a link, or none."""

from ipaddress import IPv4Address
from typing import Final

from backends.desired_state import Refused, Wanted
from backends.lan.records import Forwarding4, Relay4
from backends.openwrt.dhcp_sections import ENABLED, DhcpSections
from backends.openwrt.interfaces import Interface
from backends.openwrt.sections import Told, truth
from backends.uci import Section, Value

SWITCH: Final = "cpe_relay"
SERVER: Final = "cpe_server_addr"
INTERFACE: Final = "cpe_interface"
LOCALLY: Final = "cpe_locally_served"


def relays(sections: DhcpSections) -> dict[str, Forwarding4]:
    """By identity, in the order of the file, which is theirs; those of DHCPv6 are no rows."""
    rows = {key: section for key, section in sections.of("relay").items() if ":" not in section.text("local_addr")}
    return {
        key: Forwarding4(
            enable=relays_now(section) or truth(section, ENABLED, False),
            order=order,
            interface=sections.pointer(_name(sections, section)),
            locally_served=truth(section, LOCALLY, False),
            dhcp_server_ip_address=section.text("server_addr") or section.text(SERVER),
        )
        for order, (key, section) in enumerate(rows.items(), 1)
    }


def relays_now(section: Section) -> bool:
    """Whether dnsmasq relays by it."""
    return bool(section.text("local_addr") and section.text("server_addr"))


def is_on(sections: DhcpSections) -> bool:
    """Whether the relay as a whole is on: it is while anything is relayed, whatever else is said."""
    return not sections.is_switched_off(SWITCH) or any(map(relays_now, sections.of("relay").values()))


def document(sections: DhcpSections, wanted: Wanted, key: str) -> dict[str, Told]:
    """What is said of one entry."""
    record = wanted.get(Forwarding4, key)
    found = sections.interface_of(record.interface)
    if found is None and record.interface is not None:
        raise Refused("no interface of /etc/config/network has this link", Forwarding4, key, ("interface",))
    local = _local(sections.section(key), found)
    is_told = record.enable and wanted.get(Relay4).enable and not record.locally_served
    is_relaying = is_told and bool(local and record.dhcp_server_ip_address)
    values: dict[str, Value] = {
        "local_addr": local if is_relaying else "",
        "server_addr": record.dhcp_server_ip_address if is_relaying else "",
        SERVER: "" if is_relaying else record.dhcp_server_ip_address,
        INTERFACE: "" if is_relaying or found is None else found.name,
        LOCALLY: "1" if record.locally_served else "",
        ENABLED: "1" if record.enable and not is_relaying else "",
    }
    return {key: Told("relay", values)}


def _local(section: Section, interface: Interface | None) -> str:
    """The address of ours to which the server answers: as it is said, if it is the interface's."""
    if interface is None or interface.address is None:
        return ""
    said = section.text("local_addr")
    return said if said and _is_in(said, interface) else str(interface.address.ip)


def _name(sections: DhcpSections, section: Section) -> str:
    local = section.text("local_addr")
    if not local:
        return section.text(INTERFACE)
    return next((one.name for one in sections.interfaces.values() if _is_in(local, one)), "")


def _is_in(text: str, interface: Interface) -> bool:
    try:
        return interface.address is not None and IPv4Address(text) in interface.address.network
    except ValueError:
        return False
