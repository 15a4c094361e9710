"""Settings of links that records ask for: neighbour discovery, what router advertisements may say. Pure."""

from collections.abc import Collection, Iterator
from typing import Final

from backends.network.plan import Ident
from backends.network.records import IpAddress, IpPrefix, IpStack, NeighborSetting, Reference, is_own
from backends.network.topology import Topology, is_managed

RETRANS: Final = "net/ipv6/neigh/{}/retrans_time_ms"
INTERVAL: Final = "net/ipv6/conf/{}/router_solicitation_interval"
SOLICITATIONS: Final = "net/ipv6/conf/{}/router_solicitations"
DAD_TRANSMITS: Final = "net/ipv6/conf/{}/dad_transmits"
ROUTE_INFORMATION: Final = "net/ipv6/conf/{}/accept_ra_rt_info_max_plen"
"""The longest prefix that is taken from a router advertisement's route information (RFC 4191); 0: only ::/0."""
ACCEPT_RA: Final = "net/ipv6/conf/{}/accept_ra"
ALSO_AS_ROUTER: Final = "2"
"""Router advertisements are heeded by a router too (ip-sysctl): so it learns its own way out."""
FORWARDING: Final = {4: "net/ipv4/conf/{}/forwarding", 6: "net/ipv6/conf/{}/forwarding"}
EVERY_LINK: Final = "all"
"""The kernel's name for all links together: IPv6 is forwarded between all of them or none."""
ANY_LENGTH: Final = 128
USUAL_SOLICITATIONS: Final = 3
"""MAX_RTR_SOLICITATIONS of RFC 4861 10."""


def sysctls(topology: Topology, ways_out: Collection[str] = ()) -> Iterator[tuple[Ident, str]]:
    """The settings, as ``("sysctl", LINK, PATH)`` with ``{}`` for the link, and what each should be.

    ``ways_out``: the links that lead outside. On no other a router is heeded: any host of a home may call itself one.
    """
    for key, setting in topology.records.of(NeighborSetting).items():
        name = topology.link_of(Reference("neighbor_setting", key))
        if name is None or setting.deleted or setting.enable is False or (is_own(key) and not setting.enable):
            continue
        wanted = {
            RETRANS: setting.retrans,
            INTERVAL: setting.interval,
            SOLICITATIONS: solicitations(setting),
            DAD_TRANSMITS: setting.dad_transmits,
        }
        yield from ((("sysctl", name, path), str(value)) for path, value in wanted.items() if value is not None)
    stack = topology.records.of(IpStack).get("", IpStack())
    ours = [name for name in topology.links if is_managed(name, topology.manage, topology)]
    if stack.route_information is not None:
        yield from ((("sysctl", name, ROUTE_INFORMATION), str(ANY_LENGTH * stack.route_information)) for name in ours)
    if stack.forwarding is not None:
        yield from ((("sysctl", name, FORWARDING[4]), str(int(stack.forwarding))) for name in ours)
        if is_managed(EVERY_LINK, topology.manage, topology):
            if stack.forwarding:
                told = (name for name in ours if name in ways_out and _is_told(name, topology))
                yield from ((("sysctl", name, ACCEPT_RA), ALSO_AS_ROUTER) for name in told)
            yield ("sysctl", EVERY_LINK, FORWARDING[6]), str(int(stack.forwarding))


def _is_told(name: str, topology: Topology) -> bool:
    """Whether a link has its IPv6 from others: nothing of it is configured here."""
    given = [one.ip for one in topology.records.of(IpAddress).values() if one.family == 6 and one.enable is not False]
    given += [one.ip for one in topology.records.of(IpPrefix).values() if one.enable is not False]
    return all(topology.link_of(Reference("ip", key)) != name for key in given)


def solicitations(setting: NeighborSetting) -> int | None:
    """How many solicitations are sent: none where that is switched off; None leaves it to the kernel."""
    if setting.solicits is False:
        return 0
    if setting.solicits and setting.solicitations is None:
        return USUAL_SOLICITATIONS
    return setting.solicitations
