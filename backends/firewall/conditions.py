"""What records must be like: what cannot be at all is refused, what is not complete yet is not made. Pure."""

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from backends.desired_state import NotOurs, Pointer, Record, Refused, Wanted
from backends.firewall.filter import has_ends, pinhole_versions
from backends.firewall.leases import remaining
from backends.firewall.matching import families, network_of
from backends.firewall.nat import BROADCAST, LAST_PORT, PROTOCOLS, arrivals, last_port
from backends.firewall.records import (
    ANY,
    Dmz,
    FilterRule,
    FirewallSettings,
    InterfaceNat,
    Level,
    LocalService,
    Pinhole,
    Policy,
    PortMapping,
    RuleChain,
)
from backends.firewall.services import lets_in, takes_from
from backends.firewall.surroundings import Surroundings, active_level, config_of, is_filtering

R = TypeVar("R", bound=Record)


def lacking(record: Record, around: Surroundings, wanted: Wanted) -> str:
    """The necessary value that is not told, or says nothing (TR-181's Error_Misconfigured), in words; "" for none."""
    return next((what for is_lacking, what in _needs(record, around, wanted) if is_lacking), "")


def _needs(record: Record, around: Surroundings, wanted: Wanted) -> list[tuple[bool, str]]:
    """What a record needs: whether it lacks it, and what it is."""
    chains = wanted.of(RuleChain)
    interface: Pointer | None = getattr(record, "interface", None)
    no_interface = around.link(interface) is None, "an interface that is there"
    match record:
        case InterfaceNat() | LocalService():
            return [no_interface]
        case PortMapping():
            no_host = not record.internal_client, "a host to lead to"
            return [no_host] if record.all_interfaces else [no_host, no_interface]
        case Dmz():
            return [(not record.dest_ip, "a host to lead to"), no_interface]
        case Pinhole():
            contradicts = not pinhole_versions(record), "addresses of one version of IP"
            return [(not record.dest_ip, "a host to lead to"), no_interface, contradicts]
        case FilterRule():
            leads_nowhere = record.target == "TargetChain" and record.target_chain not in chains
            return [
                (not has_ends(record, around), "interfaces that are there"),
                (not families(record), "criteria of one version of IP"),
                (leads_nowhere, "a chain to go on in"),
            ]
        case Policy():
            told = [(record.target_chain, record.chain), (record.reverse_target_chain, record.reverse_chain)]
            ends = around.link(record.source_interface) and around.link(record.destination_interface)
            leads_nowhere = any(target == "Chain" and chain not in chains for target, chain in told)
            return [(not ends, "interfaces that are there"), (leads_nowhere, "a chain to go on in")]
    return []


def check(wanted: Wanted, before: Wanted, around: Surroundings, may_change: Callable[[str], bool]) -> None:
    """Raises Refused or NotOurs for what is new in ``wanted``."""
    _check_owner(wanted, before, around, may_change)
    _check_mappings(wanted, before, around)
    _check_services(wanted, before, around)
    _check_unique(PortMapping, ("remote_host", "external_port", "protocol"), wanted, before)
    _check_unique(InterfaceNat, ("interface",), wanted, before)
    _check_unique(Dmz, ("dest_ip", "source_prefix"), wanted, before)
    _check_rules(wanted, before)
    _check_loops(wanted)
    _check_settings(wanted)
    _check_names(wanted, before)


def changed(kind: type[R], wanted: Wanted, before: Wanted) -> Iterator[tuple[str, R]]:
    """The records of a kind that are not as they were."""
    known = before.of(kind)
    return ((key, record) for key, record in wanted.of(kind).items() if known.get(key) != record)


def _check_owner(wanted: Wanted, before: Wanted, around: Surroundings, may_change: Callable[[str], bool]) -> None:
    """NotOurs for an interface that the owner did not give to the agent."""
    for kind in (InterfaceNat, PortMapping, Dmz, Pinhole, LocalService):
        for key, record in changed(kind, wanted, before):
            pointer: Pointer | None = getattr(record, "interface", None)
            link = around.link(pointer) if getattr(record, "enable", False) else None
            if link and not may_change(link) and not getattr(record, "all_interfaces", False):
                raise NotOurs(f"{link} is not among what [network] manage names", kind, key, ("interface", "enable"))
    is_new = wanted.get(FirewallSettings) != before.get(FirewallSettings)
    if is_new and is_filtering(wanted) and not around.managed:
        raise NotOurs("there is nothing to filter: [network] manage names no interface", FirewallSettings)


def _check_mappings(wanted: Wanted, before: Wanted, around: Surroundings) -> None:
    for key, mapping in changed(PortMapping, wanted, before):
        first, last = mapping.external_port, last_port(mapping)
        number = PROTOCOLS[mapping.protocol]
        if first and mapping.external_port_end_range and mapping.external_port_end_range < first:
            raise _refused("a range of ports ends below its beginning", mapping, key, "external_port_end_range")
        if first and mapping.internal_port + last - first > LAST_PORT:
            raise _refused("the internal ports would go beyond 65535", mapping, key, "internal_port")
        if first and any(first <= own <= last for protocol, own in around.own_ports if protocol == number):
            raise _refused(f"the agent itself listens on port {first}", mapping, key, "external_port")
        if mapping.internal_client == BROADCAST and mapping.protocol != "UDP":
            raise _refused("only UDP can be broadcast", mapping, key, "internal_client")


def _check_services(wanted: Wanted, before: Wanted, around: Surroundings) -> None:
    """A port that comes to this machine leads to no host inside; whichever of the two is new is refused."""
    new_mappings, new_services = dict(changed(PortMapping, wanted, before)), dict(changed(LocalService, wanted, before))
    for key, mapping in wanted.of(PortMapping).items():
        if not mapping.enable or not mapping.external_port or remaining(mapping, around.now) == 0:
            continue
        ports, links = (mapping.external_port, last_port(mapping)), arrivals(mapping, wanted, around)
        for service_key, service in wanted.of(LocalService).items():
            is_new = key in new_mappings or service_key in new_services
            if not is_new or not lets_in(service) or around.managed_link(service.interface) not in links:
                continue
            if not takes_from(service, PROTOCOLS[mapping.protocol], ports, mapping.remote_host):
                continue
            if key in new_mappings:
                reason = "a service of this machine is let in by this port (Firewall.Service)"
                raise Refused(reason, PortMapping, key, ("external_port", "enable"))
            reason = "a port mapping leads this port to a host inside (NAT.PortMapping)"
            raise Refused(reason, LocalService, service_key, ("dest_port", "enable"))


def _check_unique(kind: type[Record], fields: tuple[str, ...], wanted: Wanted, before: Wanted) -> None:
    """No two enabled rows with the same unique key."""
    enabled: dict[str, Any] = {
        key: record for key, record in wanted.of(kind).items() if getattr(record, "enable", False)
    }
    seen: dict[tuple[Any, ...], list[str]] = {}
    for key, record in enabled.items():
        seen.setdefault(tuple(getattr(record, field) for field in fields), []).append(key)
    for key, record in changed(kind, wanted, before):
        values = tuple(getattr(record, field) for field in fields)
        if key in enabled and any(values) and len(seen[values]) > 1:
            named = ", ".join(f"{{{field}}}" for field in fields)
            raise Refused(f"another enabled row has the same {named}", kind, key, fields)


def _check_rules(wanted: Wanted, before: Wanted) -> None:
    for key, pinhole in changed(Pinhole, wanted, before):
        _check_ranges(pinhole, key)
    for key, rule in changed(FilterRule, wanted, before):
        _check_ranges(rule, key)
        for end in ("source", "dest"):
            try:
                network_of(getattr(rule, f"{end}_ip"), getattr(rule, f"{end}_mask"))
            except ValueError as error:
                raise _refused("the address has no mask of this length", rule, key, f"{end}_mask") from error


def _check_ranges(record: FilterRule | Pinhole, key: str) -> None:
    for end in ("source", "dest"):
        port, last = getattr(record, f"{end}_port"), getattr(record, f"{end}_port_range_max")
        if port != ANY and last != ANY and last < port:
            raise _refused("a range of ports ends below its beginning", record, key, f"{end}_port_range_max")


def _check_loops(wanted: Wanted) -> None:
    """A chain that comes back to itself would never end; the kernel takes none."""
    ways: dict[str, list[tuple[str, str]]] = {}
    for key, rule in wanted.of(FilterRule).items():
        if rule.enable and rule.target == "TargetChain":
            ways.setdefault(rule.parent, []).append((key, rule.target_chain))
    for chain in ways:
        found = _way_back(chain, chain, ways, frozenset())
        if found:
            raise Refused("the chains would lead back to themselves", FilterRule, found, ("target_chain", "target"))


def _way_back(at: str, start: str, ways: Mapping[str, list[tuple[str, str]]], passed: frozenset[str]) -> str | None:
    for key, target in ways.get(at, []):
        if target == start:
            return key
        if target not in passed and (found := _way_back(target, start, ways, passed | {target})):
            return found
    return None


def _check_settings(wanted: Wanted) -> None:
    config = config_of(wanted)
    if is_filtering(wanted) and config in ("Advanced", "Policy") and active_level(wanted) is None:
        field = "advanced_level" if config == "Advanced" else "policy_level"
        raise Refused(f"{config} needs the level that is to hold", FirewallSettings, fields=("config", field, "enable"))


def _check_names(wanted: Wanted, before: Wanted) -> None:
    """Names are unique keys."""
    for kind in (Level, RuleChain):
        names = [getattr(record, "name", "") for record in wanted.of(kind).values()]
        for key, record in changed(kind, wanted, before):
            name = getattr(record, "name", "")
            if name and names.count(name) > 1:
                raise Refused("another row has the same name", kind, key, ("name",))


def _refused(reason: str, record: Record, key: str, field: str) -> Refused:
    return Refused(reason, type(record), key, (field,))


def is_host_address(text: str) -> bool:
    """Whether packets can be sent on to this IPv4 address: it is one host's."""
    try:
        there = ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return not (there.is_multicast or there.is_unspecified or there.is_loopback or text == BROADCAST)
