"""From records to the chains that translate addresses. Pure."""

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any, Final

from backends.desired_state import Wanted
from backends.firewall.expressions import (
    ACCEPT,
    COUNTER,
    IS_MAPPED,
    IS_OURS,
    MASQUERADE,
    TCP,
    UDP,
    Expression,
    address,
    comes_in_by,
    equal,
    family_is,
    first_sent_to,
    goes_out_by,
    header,
    port,
    protocol_is,
    seen_as,
    translated_to,
)
from backends.firewall.leases import remaining
from backends.firewall.records import Dmz, InterfaceNat, PortMapping
from backends.firewall.services import left_to_services
from backends.firewall.surroundings import Surroundings, outside_links, ports_are_mapped, translating_links
from backends.nftables import Chain, Hook, Rule

BEFORE_ROUTING: Final = Hook("nat", "prerouting", -100)
AFTER_ROUTING: Final = Hook("nat", "postrouting", 100)
MANGLING: Final = Hook("filter", "forward", -150)
PROTOCOLS: Final = {"TCP": TCP, "UDP": UDP}
BROADCAST: Final = "255.255.255.255"
LAST_PORT: Final = 65535
DHCP_PORT: Final = 67

_Mapped = tuple[str, PortMapping, str, frozenset[str]]


def nat_chains(wanted: Wanted, around: Surroundings) -> list[Chain]:
    """The chains there is something in."""
    mappings, unasked = list(_mappings(wanted, around)), list(_dmz(wanted, around))
    destinations = [*mappings, *unasked]
    if destinations:
        named, others = (list(left_to_services(wanted, around, has_ports)) for has_ports in (True, False))
        destinations = [*_own_ports(around), *named, *mappings, *others, *unasked]
    chains = [
        Chain("prerouting", destinations, BEFORE_ROUTING),
        Chain("postrouting", [*_turns(wanted, around), *_masquerades(wanted, around)], AFTER_ROUTING),
        Chain("clamp", list(_clamps(wanted, around)), MANGLING),
    ]
    return [chain for chain in chains if chain.rules]


def about(record: str, key: str) -> str:
    """What the rules of a row are about: by this they are found in the kernel."""
    return f"{record} {key}"


def last_port(mapping: PortMapping) -> int:
    """The last external port of a mapping."""
    return max(mapping.external_port, mapping.external_port_end_range)


def internal_address(mapping: PortMapping, around: Surroundings) -> str | None:
    """Where a mapping leads to; None while a name is not known, or where no translation can lead (broadcast)."""
    told = mapping.internal_client
    for text in (told, around.address_of(told) if told and not is_address(told) else None):
        if text and is_address(text) and text != BROADCAST:
            return text
    return None


def is_address(text: str) -> bool:
    """Whether it is an IPv4 address: nftables would ask the network for anything else."""
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def arrivals(mapping: PortMapping, wanted: Wanted, around: Surroundings) -> frozenset[str]:
    """The links that a mapping applies to."""
    if mapping.all_interfaces:
        return outside_links(wanted, around)
    link = around.managed_link(mapping.interface)
    return frozenset((link,)) if link else frozenset()


def _in_force(wanted: Wanted, around: Surroundings) -> Iterator[_Mapped]:
    """The mappings that are made, each with its key, its host and its links. The more explicit go first: RemoteHost,
    then ExternalPort (TR-181, PortMapping.RemoteHost).
    """
    if not ports_are_mapped(wanted):
        return
    ordered = sorted(
        wanted.of(PortMapping).items(), key=lambda item: (not item[1].remote_host, not item[1].external_port)
    )
    for key, mapping in ordered:
        host, links = internal_address(mapping, around), arrivals(mapping, wanted, around)
        if mapping.enable and host and links and remaining(mapping, around.now) != 0:
            yield key, mapping, host, links


def _mappings(wanted: Wanted, around: Surroundings) -> Iterator[Rule]:
    """From outside; and from inside, for who goes by an address that we have outside."""
    in_force = list(_in_force(wanted, around))
    inside = around.managed - _beyond(wanted, around, in_force)
    for key, mapping, host, links in in_force:
        leads = [*_criteria(mapping), COUNTER, translated_to(host, _target(mapping))]
        yield Rule(about("port mapping", key), [*_arriving(links), *leads])
        outer = _addresses_on(links, around)
        if inside and outer:
            yield Rule(about("port mapping", key), [comes_in_by(inside), equal(header("ip", "daddr"), outer), *leads])


def _turns(wanted: Wanted, around: Surroundings) -> Iterator[Rule]:
    """Who went from inside to inside by an outer address is seen as that address: answers come back through us
    (hairpinning, RFC 5382 REQ-8 and RFC 4787 REQ-9).

    Where br_netfilter has a bridge ask these rules (Docker switches that on), nobody reaches a host behind the port of
    the bridge that they came by: the bridge turns the packet itself, and sends nothing back out of that port. The
    port's hairpin mode would, and every broadcast and multicast back to its sender with it: hosts would take their own
    addresses for somebody else's (RFC 4862, 5.4.3), and switches learn them at the wrong port. So it stays off.
    """
    in_force = list(_in_force(wanted, around))
    beyond = _beyond(wanted, around, in_force)
    inside = around.managed - beyond
    for outer in _addresses_on(frozenset[str]().union(*(mapped[3] for mapped in in_force)), around) if inside else ():
        # Not "comes in by inside": what br_netfilter turns within a bridge has no link of arrival any more.
        turned = [comes_in_by(beyond, exclude=True), goes_out_by(inside), IS_MAPPED, first_sent_to(outer)]
        yield Rule("hairpin", [*turned, COUNTER, seen_as(outer)])


def _beyond(wanted: Wanted, around: Surroundings, in_force: Iterable[_Mapped]) -> frozenset[str]:
    """The links behind which strangers are, for mappings."""
    return outside_links(wanted, around).union(*(links for _, _, _, links in in_force))


def _addresses_on(links: Iterable[str], around: Surroundings) -> list[str]:
    return sorted(frozenset[str]().union(*map(around.addresses_on, links)))


def _arriving(links: frozenset[str]) -> list[Expression]:
    return [comes_in_by(links), family_is(4), IS_OURS]


def _criteria(mapping: PortMapping) -> Iterator[Expression]:
    yield protocol_is([PROTOCOLS[mapping.protocol]])
    if mapping.remote_host:
        yield address("saddr", ipaddress.IPv4Network(mapping.remote_host))
    if mapping.external_port:
        yield port("dport", mapping.external_port, last_port(mapping))


def _target(mapping: PortMapping) -> Any:
    """The internal port, as a map where a range is moved; None: the same as outside."""
    first, last, inside = mapping.external_port, last_port(mapping), mapping.internal_port
    if not first or not inside or inside == first:
        return None
    if first == last:
        return inside
    moved = [[outer, outer - first + inside] for outer in range(first, last + 1)]
    return {"map": {"key": header(mapping.protocol.lower(), "dport"), "data": {"set": moved}}}


def _own_ports(around: Surroundings) -> Iterator[Rule]:
    """The agent's own listeners are not given away by a mapping of every port, or a DMZ."""
    for protocol in (TCP, UDP):
        ports = [number for own, number in sorted(around.own_ports) if own == protocol]
        if ports and around.managed:
            match = equal(header("th", "dport"), ports)
            yield Rule("own ports", [comes_in_by(around.managed), protocol_is([protocol]), match, IS_OURS, ACCEPT])


def _dmz(wanted: Wanted, around: Surroundings) -> Iterator[Rule]:
    """The narrower source goes first."""
    found = [
        (dmz_source(dmz), key, dmz, link)
        for key, dmz in wanted.of(Dmz).items()
        if dmz.enable and dmz.dest_ip and remaining(dmz, around.now) != 0
        if (link := around.managed_link(dmz.interface))
    ]
    for source, key, dmz, link in sorted(found, key=lambda one: -one[0].prefixlen):
        narrowed = [address("saddr", source)] if source.prefixlen else []
        yield Rule(about("dmz", key), [*_arriving(frozenset((link,))), *narrowed, COUNTER, translated_to(dmz.dest_ip)])


def dmz_source(dmz: Dmz) -> ipaddress.IPv4Network:
    """Whom a DMZ is for."""
    return ipaddress.IPv4Network(dmz.source_prefix or "0.0.0.0/0", strict=False)


def _masquerades(wanted: Wanted, around: Surroundings) -> Iterator[Rule]:
    """But for what is sent to a DHCP server that the relay asks: it answers to the relay's address inside (RFC 2131
    4.1), and to the hosts that have their leases of it.
    """
    links = translating_links(wanted, around)
    if links and around.relayed_to:
        asked = [equal(header("ip", "daddr"), around.relayed_to), equal(header("udp", "dport"), DHCP_PORT)]
        yield Rule("relay", [goes_out_by(links), family_is(4), *asked, ACCEPT])
    for key, record in wanted.of(InterfaceNat).items():
        link = around.managed_link(record.interface)
        if record.enable and link:
            yield Rule(about("nat", key), [goes_out_by((link,)), family_is(4), COUNTER, MASQUERADE])


def _clamps(wanted: Wanted, around: Surroundings) -> Iterator[Rule]:
    """TCP's segments fit the way (PPPoE has 1492): hosts inside do not hear what routers outside say of that."""
    links = translating_links(wanted, around)
    if links:
        size = {"tcp option": {"name": "maxseg", "field": "size"}}
        clamp: Expression = {"mangle": {"key": size, "value": {"rt": {"key": "mtu"}}}}
        opening: Expression = {"match": {"op": "in", "left": header("tcp", "flags"), "right": "syn"}}
        yield Rule("segment size", [goes_out_by(links), opening, clamp])
        yield Rule("segment size", [comes_in_by(links), opening, clamp])
