"""What the management interface needs of other mechanisms: the name servers and the gateway that its lease named."""

from collections.abc import Callable, Iterable, Iterator

from backends.dhcp_client.packets import ROUTERS
from backends.dhcp_client.records import Client4
from backends.lan.resolver import Resolver
from backends.management_way import ManagementWay
from backends.tr181.learned_servers import learned_servers
from backends.tr181.mechanisms import Mechanisms


def management_way(
    mechanisms: Mechanisms, interface: Callable[[], str], told: Callable[[str], Iterable[str]] = lambda _: ()
) -> ManagementWay:
    """The routes of the interface of this name, "" while there is none.

    ``told``: the gateways that leases of the machine's own clients on a link named.
    """
    return ManagementWay(mechanisms.netlink, interface, lambda link: [*_gateways(mechanisms, link), *told(link)])


def name_servers_on(mechanisms: Mechanisms, link: str) -> list[str]:
    """Whom to ask on a link: servers learned there, else those of which nobody knows where they were learned."""
    resolver = Resolver(mechanisms.system.root, lambda: learned_servers(mechanisms))
    told = resolver.name_servers()
    return [one.address for one in told if one.link == link] or [one.address for one in told if not one.link]


def _gateways(mechanisms: Mechanisms, link: str) -> Iterator[str]:
    """Those that a lease of ours on the link named."""
    tables = mechanisms.dhcp_clients
    for four in tables.wanted.of(Client4).values() if tables else ():
        if tables and four.enable and tables.links.link_of(four.interface) == link:
            lease = tables.clients.lease4(link)
            yield from lease.addresses(ROUTERS) if lease else ()
