"""GatewayInfo. and ManagementServer.ManageableDevice.: which gateway this is behind, and who is behind this one."""

from typing import Any, Final

from agent.model.object import Object, Parameter, Target
from backends.association import GATEWAY, OPTION, Named, named_in
from backends.association_watch import Heard
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part

HOST: Final = "Device.Hosts.Host.{i}."
NOBODY: Final = Named("", "")
MOST: Final = 256


def gateway_finder(mechanisms: Mechanisms) -> Part:
    """Reads who the gateway is from the leases of our own DHCP clients, else of what the machine's hand over."""
    ours, netlink = mechanisms.dhcp_clients, mechanisms.netlink

    def gateway() -> Named | None:
        for link in netlink.links() if ours else ():
            lease = None if link.loopback or ours is None else ours.clients.lease4(link.name)
            found = named_in(lease.options.get(OPTION, b""), GATEWAY) if lease else None
            if found is not None:
                return found
        return mechanisms.gateway_told()

    return Part("gateway", {"gateway": gateway}, follows=frozenset())


def association(mechanisms: Mechanisms) -> Part | None:
    """Hears devices that ask for an address on any link but those that lead out; None where that is not allowed."""
    netlink = mechanisms.netlink

    def is_lan(link: str) -> bool:
        return all(route.interface != link for route in netlink.routes() if not route.destination)

    heard = Heard(is_lan)
    if not heard.can_listen():
        return None
    return Part("association", {"manageable_devices": heard.devices}, watch=heard.watch, follows=frozenset())


def gateway_info(mechanisms: Mechanisms) -> list[Object[Any]]:
    """What the gateway said of itself in the lease; empty where it said nothing."""
    asked = mechanisms.gateway
    if asked is None:
        return []
    parameters: list[Parameter[Named, str]] = [
        Parameter("ManufacturerOUI", lambda gateway: gateway.oui),
        Parameter("ProductClass", lambda gateway: gateway.product_class),
        Parameter("SerialNumber", lambda gateway: gateway.serial_number),
    ]
    return [
        Object(
            path="Device.GatewayInfo.",
            rows=lambda: (asked() or NOBODY,),
            keys=lambda _: (),
            parameters=parameters,
            changed_by=("lease",),
            source=lambda _: "option 125 of the DHCP lease",
        )
    ]


def manageable_devices(mechanisms: Mechanisms) -> list[Object[Any]]:
    """The devices of the LAN that named themselves when they asked for an address."""
    asked = mechanisms.manageable_devices
    if asked is None:
        return []

    def rows() -> list[Named]:
        """One for each device, whatever number of interfaces it has."""
        found: dict[tuple[str, str, str], Named] = {}
        for one in asked():
            found.setdefault((one.oui, one.serial_number, one.product_class), one)
        return list(found.values())[:MOST]

    def hosts(row: Named) -> list[Target]:
        named = (row.oui, row.serial_number, row.product_class)
        macs = [one.mac for one in asked() if (one.oui, one.serial_number, one.product_class) == named]
        return [Target(HOST, (mac,)) for mac in dict.fromkeys(filter(None, macs))]

    return [
        Object(
            path="Device.ManagementServer.ManageableDevice.{i}.",
            rows=rows,
            keys=lambda row: (f"{row.oui} {row.serial_number} {row.product_class}",),
            parameters=[
                Parameter("ManufacturerOUI", lambda row: row.oui),
                Parameter("SerialNumber", lambda row: row.serial_number),
                Parameter("ProductClass", lambda row: row.product_class),
                Parameter("Host", hosts),
            ],
            changed_by=("lease",),
            durable=False,
            source=lambda _: "option 125 of a DHCP client's request",
        )
    ]
