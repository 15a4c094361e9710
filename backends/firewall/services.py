"""From the services of this machine that are let in (Firewall.Service) to what their packets are like. Pure.

What is let in to this machine by an interface is left to it there: a DMZ, or a mapping of every port, takes the rest. A
mapping of the same port contradicts it, and is refused: neither can be had without the other.
"""

import ipaddress
from collections.abc import Iterable, Iterator

from backends.desired_state import Wanted
from backends.firewall.expressions import (
    ACCEPT,
    ICMP,
    ICMPV6,
    IS_OURS,
    TCP,
    UDP,
    Expression,
    comes_in_by,
    equal,
    family_is,
    header,
    protocol_is,
)
from backends.firewall.records import ANY, LocalService
from backends.firewall.surroundings import Surroundings
from backends.nftables import Rule

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def service_packets(service: LocalService, link: str) -> Iterator[tuple[int, list[Expression]]]:
    """What the packets of a service are like that come in by a link, for each version of IP."""
    protocols, ports = _told(service.protocol), ports_of(service)
    for family in versions(service.ip_version, service.source_prefixes):
        match = [comes_in_by((link,)), family_is(family), *from_any_of(service.source_prefixes, family)]
        if protocols or ports:
            match.append(protocol_is(protocols or (TCP, UDP)))
        if ports:
            match.append(equal(header("th", "dport"), ports))
        if service.icmp_type != ANY:
            icmp = ICMP if family == 4 else ICMPV6
            if protocols and icmp not in protocols:
                continue  # it is told of the other version of IP
            match += [
                protocol_is([icmp]),
                equal(header("icmp" if family == 4 else "icmpv6", "type"), service.icmp_type),
            ]
        yield family, match


def left_to_services(wanted: Wanted, around: Surroundings, with_ports: bool) -> Iterator[Rule]:
    """Rules for packets that no translation takes away from this machine: to services ``with_ports`` of their own, or
    to those that have none, and are told of otherwise. One that lets in everything from everybody keeps nothing back.
    """
    for service in wanted.of(LocalService).values():
        link = around.managed_link(service.interface)
        if not lets_in(service) or not link or bool(ports_of(service)) != with_ports:
            continue
        for family, match in service_packets(service, link):
            if family == 4 and len(match) > 2:
                yield Rule("services", [*match, IS_OURS, ACCEPT])


def lets_in(service: LocalService) -> bool:
    """Whether it is enabled, and not there to keep packets away."""
    return service.enable and service.action == "Accept"


def takes_from(service: LocalService, protocol: int, ports: tuple[int, int], source: str) -> bool:
    """Whether a service that lets in packets to one of these ports is for packets from this IPv4 source ("": any)."""
    families = versions(service.ip_version, service.source_prefixes)
    if not any(ports[0] <= port <= ports[1] for port in ports_of(service)) or 4 not in families:
        return False
    is_for_all = not service.source_prefixes or not source
    is_from = is_for_all or any(ipaddress.ip_address(source) in one for one in _networks(service.source_prefixes))
    return is_from and protocol in (_told(service.protocol) or (TCP, UDP))


def ports_of(service: LocalService) -> list[int]:
    """The ports that are told; none: whichever."""
    return _told(service.dest_port)


def versions(version: int, addresses: Iterable[str]) -> tuple[int, ...]:
    """The versions of IP that these addresses or prefixes allow; each for itself where several are listed."""
    found = {network.version for network in _networks(text for text in addresses if text)} or {4, 6}
    return tuple(sorted(found if version == ANY else found & {version}))


def from_any_of(prefixes: Iterable[str], family: int) -> list[Expression]:
    """The source is in one of these prefixes of a version of IP; no condition where there is none of that version."""
    same = [network for network in _networks(prefixes) if network.version == family]
    if not same or any(network.prefixlen == 0 for network in same):
        return []
    together = [{"prefix": {"addr": str(one.network_address), "len": one.prefixlen}} for one in _merged(same)]
    return [equal(header("ip" if family == 4 else "ip6", "saddr"), together)]


def _told(numbers: Iterable[int]) -> list[int]:
    return [number for number in numbers if number != ANY]


def _networks(texts: Iterable[str]) -> list[Network]:
    return [ipaddress.ip_network(text, strict=False) for text in texts]


def _merged(networks: Iterable[Network]) -> list[Network]:
    """Without those that lie in others: nftables takes no intervals that overlap."""
    return [*ipaddress.collapse_addresses(networks)]  # type: ignore[type-var]
