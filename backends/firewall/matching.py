"""From the criteria of a filter rule to those of nftables. Pure.

TR-181's criteria are "all packets (but those) that match the address, the port …"; nftables' hold for packets that have
such a thing at all. So one rule may become several, for IPv4 and IPv6 and for packets with and without ports.
"""

import ipaddress
import itertools
from collections.abc import Iterator
from typing import Final

from backends.firewall.expressions import (
    WITH_PORTS,
    Expression,
    address,
    comes_in_by,
    equal,
    family_is,
    goes_out_by,
    header,
    meta,
    port,
    protocol_is,
    state_is,
)
from backends.firewall.records import ANY, FilterRule
from backends.firewall.surroundings import Surroundings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

FAMILIES: Final = (4, 6)
DSCP_CLASS: Final = 8
"""A multiple of it is a class selector, which stands for all codepoints with the same first three bits."""


def alternatives(rule: FilterRule, around: Surroundings) -> Iterator[list[Expression]]:
    """The criteria of each nftables rule that a filter rule becomes; no packet fulfils two of them."""
    interfaces = list(_interfaces(rule, around))
    for parts in itertools.product(_network(rule), _hardware(rule), _transport(rule)):
        yield [*interfaces, *itertools.chain(*parts), *_connection(rule)]


def network_of(text: str, mask: str) -> Network | None:
    """An address with the mask of an IPPrefix whose own address is ignored; None where there is none. ValueError."""
    if not text:
        return None
    length = mask.rpartition("/")[2]
    return ipaddress.ip_network(f"{text}/{length}" if length else text, strict=False)


def families(rule: FilterRule) -> tuple[int, ...]:
    """The versions of IP that a packet matched by the rule can have; none where its criteria contradict each other."""
    found = set(FAMILIES if rule.ip_version == ANY else (rule.ip_version,))
    for network, exclude in _addresses(rule):
        if network is not None and not exclude:
            found &= {network.version}
    return tuple(sorted(found))


def _addresses(rule: FilterRule) -> tuple[tuple[Network | None, bool], tuple[Network | None, bool]]:
    return (
        (network_of(rule.source_ip, rule.source_mask), rule.source_ip_exclude),
        (network_of(rule.dest_ip, rule.dest_mask), rule.dest_ip_exclude),
    )


def _interfaces(rule: FilterRule, around: Surroundings) -> Iterator[Expression]:
    source, destination = around.link(rule.source_interface), around.link(rule.dest_interface)
    if not rule.source_all_interfaces and source:
        yield comes_in_by((source,), rule.source_interface_exclude)
    if not rule.dest_all_interfaces and destination:
        yield goes_out_by((destination,), rule.dest_interface_exclude)


def _network(rule: FilterRule) -> Iterator[list[Expression]]:
    told = _addresses(rule)
    if rule.ip_version == ANY and rule.dscp == ANY and not any(network for network, _ in told):
        yield []
        return
    for family in families(rule):
        found = [family_is(family)]
        for field, (network, exclude) in zip(("saddr", "daddr"), told, strict=True):
            if network is not None and network.version == family:
                found.append(address(field, network, exclude))
        if rule.dscp != ANY:
            last = rule.dscp + DSCP_CLASS - 1 if rule.dscp % DSCP_CLASS == 0 else rule.dscp
            wanted = {"range": [rule.dscp, last]} if last > rule.dscp else rule.dscp
            found.append(equal(header("ip" if family == 4 else "ip6", "dscp"), wanted, rule.dscp_exclude))
        yield found


def _hardware(rule: FilterRule) -> Iterator[list[Expression]]:
    yield [equal(header("ether", "saddr"), rule.source_mac.lower(), rule.source_mac_exclude)] if rule.source_mac else []
    if rule.source_mac and rule.source_mac_exclude:
        yield [equal(meta("iiftype"), "ether", exclude=True)]


def _transport(rule: FilterRule) -> Iterator[list[Expression]]:
    ports = [
        (field, first, last, exclude)
        for field, first, last, exclude in (
            ("sport", rule.source_port, rule.source_port_range_max, rule.source_port_exclude),
            ("dport", rule.dest_port, rule.dest_port_range_max, rule.dest_port_exclude),
        )
        if first != ANY
    ]
    told = [] if rule.protocol == ANY else [protocol_is([rule.protocol], rule.protocol_exclude)]
    if not ports:
        yield told
        return
    with_ports = [port(field, first, last, exclude) for field, first, last, exclude in ports]
    one = rule.protocol in WITH_PORTS and not rule.protocol_exclude
    yield [*(told if one else [*told, protocol_is(WITH_PORTS)]), *with_ports]
    if not one and all(exclude for *_, exclude in ports):
        yield [*told, protocol_is(WITH_PORTS, exclude=True)]


def _connection(rule: FilterRule) -> Iterator[Expression]:
    if rule.connection_state:
        yield state_is(*(state.lower() for state in sorted(rule.connection_state)))
