"""The LAN's services as a part of the machine: our own dnsmasq, what it stands on and what it is asked by."""

import socket
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from backends.desired_state import Wanted
from backends.dnsmasq import Dnsmasq, is_installed
from backends.lan.companion import Companion
from backends.lan.file_watch import FileWatch
from backends.lan.lease_times import lasting
from backends.lan.leases import LeaseFile
from backends.lan.ports import PortsInTheWay, open_diag_socket
from backends.lan.resolver import Resolver
from backends.lan.service import Ground, LanService
from backends.lan.upstream import upstream
from backends.netlink import Netlink
from backends.tr181.lan_tables import OwnLanTables
from backends.tr181.learned_servers import learned_servers
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part

FOLLOWS: Final = frozenset({"link", "address", "route", "resolver", "dhcp", "ppp"})


@dataclass(frozen=True, slots=True)
class Surface:
    """Where the service stands; a laboratory says otherwise: in a network namespace, below another root."""

    enter: Sequence[str] = ()
    root: Path = Path("/")
    open_diag_socket: Callable[[], socket.socket] = field(default=open_diag_socket)


def lan(mechanisms: Mechanisms, surface: Surface = Surface()) -> Part | None:
    """DHCP, router advertisements and DNS relay, where dnsmasq is installed."""
    if not is_installed():
        return None
    netlink, links = mechanisms.netlink, mechanisms.links
    dnsmasq = Dnsmasq(mechanisms.directory / "lan", mechanisms.state_directory, surface.enter)
    advertiser, relay = (
        Companion(module, mechanisms.directory / "lan", surface.enter) for module in ("advertiser", "relay")
    )
    resolver = Resolver(surface.root, lambda: learned_servers(mechanisms))

    def own() -> Collection[int]:
        return [process for one in (dnsmasq.program, relay.program) if (process := one.pid()) is not None]

    def name_servers(wanted: Wanted) -> list[tuple[str, str | None]]:
        return list(upstream(wanted, resolver.name_servers(), links.link_of))

    ground = Ground(
        link_of=links.link_of,
        may_change=links.may_change,
        address_of=lambda link: _address_of(netlink, link),
        name_links=lambda: list(
            name_links(netlink, links.may_change, lambda link: _asks(mechanisms, link), mechanisms.network.outside())
        ),
        name_servers=name_servers,
        blocking=PortsInTheWay(lambda link: _index_and_addresses(netlink, link), own, surface.open_diag_socket),
        lasting=lambda link: lasting(netlink.addresses(), link),
    )
    tables = OwnLanTables(
        LanService(dnsmasq, advertiser, relay, ground), links, LeaseFile(dnsmasq.places.leases), resolver
    )
    topics = {dnsmasq.places.leases: "lease"} | dict.fromkeys(resolver.paths, "resolver")
    return Part(
        name="lan",
        provides={"lan": tables},
        backend=tables,
        forget=[tables.forget],
        watch=FileWatch(topics).watch,
        chores=[tables],
        follows=FOLLOWS,
    )


def name_links(
    netlink: Netlink, may_change: Callable[[str], bool], asks: Callable[[str], bool], outside: Collection[str]
) -> Iterator[str]:
    """The links on which names are served: those given to the agent that have addresses and do not lead ``outside``,
    as one does as well on which this machine ``asks`` another for its own address.
    """
    addressed = {one.interface for one in netlink.addresses() if one.scope == "global"}
    for link in netlink.links():
        leads_outside = link.name in outside or link.point_to_point or link.loopback
        if link.name in addressed and not leads_outside and may_change(link.name) and not asks(link.name):
            yield link.name


def _asks(mechanisms: Mechanisms, link: str) -> bool:
    """Whether a DHCP client of ours runs on a link, or one of the machine's own has a lease there."""
    if mechanisms.dhcp_clients is None:
        return False
    clients = mechanisms.dhcp_clients.clients
    return any(clients.is_running(family, link) for family in (4, 6)) or clients.lease4(link) is not None


def _index_and_addresses(netlink: Netlink, name: str) -> tuple[int, Collection[str]]:
    link = netlink.link(name)
    return (link.index if link else -1), {one.address for one in netlink.addresses() if one.interface == name}


def _address_of(netlink: Netlink, name: str) -> str | None:
    found = (one for one in netlink.addresses() if one.interface == name and one.family == 4)
    return next((one.address for one in found if "secondary" not in one.flags), None)
