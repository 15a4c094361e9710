"""The service behind Device.UPnP.Device.: a gateway of ours between links of the agent's, beside others' daemons."""

import ipaddress
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from backends.desired_state import Pointer, Service, Wanted
from backends.errors import MechanismError
from backends.firewall.leases import Now, granted
from backends.firewall.records import PortMapping
from backends.netlink_types import Link
from backends.nftables import Nftables
from backends.programs import find_program
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.service import TableService, pointer_of
from backends.upnp import DAEMONS, Upnp
from backends.upnp_gateway import Mapped, Place, UpnpDevice, UpnpGateway, is_on

DEVICE: Final = "Device.UPnP.Device."
TOPIC: Final = "upnp"
FOLLOWS: Final = frozenset({"link", "route", "address"})
UPKEEP: Final = 60.0
"""Seconds after which a gateway that ended is started again, and what it printed is kept short."""
LONGEST_DESCRIPTION: Final = 256


class Gateway(Service, Protocol):
    """Whoever maps ports for hosts inside, by the record."""

    def forget(self) -> None:
        """Read again for the next request."""

    def mapped(self) -> Sequence[Mapped]:
        """What hosts inside asked for and have."""

    def link(self) -> str:
        """The link that mappings are of."""

    def trouble(self, wanted: Wanted) -> str:
        """Why no host inside gets what it asks for, in a sentence; "" where it does."""


class UpnpTables(TableService):
    """The backend of the device. ``daemons`` are others'."""

    def __init__(self, gateway: Gateway, daemons: Upnp, row_of: Callable[[str], Pointer | None]) -> None:
        super().__init__("upnp", (UpnpDevice,), gateway, {UpnpDevice: DEVICE}, {"gateway": ("UPnPIGD",)})
        self.gateway = gateway
        self.daemons = daemons
        self._row_of = row_of

    def forget(self) -> None:
        """Read again for the next request."""
        self.gateway.forget()
        self.daemons.forget()

    def mappings(self, now: Now) -> dict[str, PortMapping]:
        """The port mappings that hosts inside asked for, as rows of Device.NAT.PortMapping., by key."""
        if not is_on(self.wanted):
            return {}
        interface = self._row_of(self.gateway.link())
        return {f"{one.protocol} {one.external_port}": _row(one, interface, now) for one in self.gateway.mapped()}

    def trouble(self) -> str:
        """Why no host inside gets what it asks for; "" where it does."""
        return self.gateway.trouble(self.wanted)


class OwnUpnpTables(UpnpTables):
    """With a gateway of our own: as a chore it looks after it."""

    def __init__(self, gateway: UpnpGateway, daemons: Upnp, row_of: Callable[[str], Pointer | None]) -> None:
        super().__init__(gateway, daemons, row_of)
        self._looked: float | None = None

    def due(self, now: float) -> float | None:
        """See parts.Chore."""
        if not is_on(self.wanted):
            return None
        return now if self._looked is None else self._looked + UPKEEP

    def act(self, now: float) -> frozenset[str]:
        """See parts.Chore."""
        self._looked = now
        self.reapply()
        return frozenset()


def upnp_daemons(given: Mechanisms, enter: Sequence[str] = (), nftables: Nftables | None = None) -> Part | None:
    """A gateway of ours and the daemons of others, where any is installed."""

    def others() -> Iterable[str]:
        own = gateway.program.pid()
        alive = (one for one in given.procfs.processes() if one.state != "zombie")
        known = [one for one in alive if one.command in DAEMONS and one.pid != own]
        return [one.command for one in known if _network(str(one.pid)) in ("", _network("self"))]

    daemons = Upnp(others, find_program)
    if not daemons.is_installed():
        return None
    gateway = UpnpGateway(
        given.directory / "upnp",
        nftables or _packet_filter(),
        lambda: place(given),
        lambda: daemons.runs("UPnPIGD"),
        enter,
    )
    tables = OwnUpnpTables(gateway, daemons, lambda link: pointer_of(given.links.row_of(link, IP_INTERFACE)))
    return Part("upnp", {"upnp": tables}, tables, [tables.forget], chores=[tables], follows=FOLLOWS)


def place(given: Mechanisms) -> Place | None:
    """Where the gateway would stand now; None where no link is the agent's."""
    links = [one for one in given.netlink.links() if not one.loopback and given.links.may_change(one.name)]
    if not links:
        return None
    routes = [one for one in given.netlink.routes() if one.family == 4 and one.destination == "" and one.interface]
    leading = {one.interface for one in routes if one.type == "unicast"}
    outside = min((one.name for one in links if one.name in leading), default="")
    strange = leading | given.network.outside()
    networks = {one.name: _networks(given, one) for one in links if one.name not in strange}
    inside = tuple((name, some) for name, some in sorted(networks.items()) if some)
    ports = tuple(sorted({port for _, port in given.own_ports() if port}))
    addresses = (one for one in given.netlink.addresses() if (one.family, one.scope) == (4, "global"))
    address = next((one.address for one in addresses if one.interface == outside), "")
    return Place(outside, inside, ports, _identity(links), address)


def _networks(given: Mechanisms, link: Link) -> tuple[str, ...]:
    if link.point_to_point:
        return ()
    found = [
        f"{one.address}/{one.prefix_length}"
        for one in given.netlink.addresses()
        if (one.interface, one.family, one.scope) == (link.name, 4, "global")
    ]
    return tuple(sorted({str(ipaddress.IPv4Interface(one).network) for one in found}))


def _identity(links: Sequence[Link]) -> str:
    """Stays the same as long as the first link with a hardware address does (RFC 9562, 5.5)."""
    import uuid  # only who has a gateway pays for it

    return str(uuid.uuid5(uuid.NAMESPACE_OID, next((one.mac for one in links if one.mac), "")))


def _network(process: str) -> str:
    """The network namespace of a process: one in a container is nobody's rival; "" where the agent may not look."""
    try:
        return os.readlink(f"/proc/{process}/ns/net")
    except OSError:
        return ""


def _packet_filter() -> Nftables | None:
    try:
        return Nftables()
    except MechanismError:
        return None


def _row(mapped: Mapped, interface: Pointer | None, now: Now) -> PortMapping:
    left = max(1, mapped.expires - round(now.wall)) if mapped.expires and now.wall is not None else 0
    return PortMapping(
        enable=True,
        interface=interface,
        external_port=mapped.external_port,
        internal_port=mapped.internal_port,
        protocol=mapped.protocol,
        internal_client=mapped.address,
        description=mapped.description[:LONGEST_DESCRIPTION],
        **granted(left, now),
    )
