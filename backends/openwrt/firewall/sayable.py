"""What fw4 cannot make of what is asked for, each with its reason. Pure; a person's own configuration is not judged."""

from collections.abc import Collection, Iterator
from typing import Final

from backends.desired_state import NotOurs, Record, Refused, Wanted
from backends.firewall.conditions import changed
from backends.firewall.nat import PROTOCOLS
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
from backends.openwrt.firewall.criteria import OTHER_ICMP, is_other_icmp, one_link, refusal, zones_of
from backends.openwrt.firewall.firewall_sections import FirewallSections
from backends.openwrt.firewall.words import TCP, UDP, is_host

IN_NO_ZONE: Final = "the interface is in no zone of OpenWrt's firewall"
OF_MORE: Final = "OpenWrt's firewall has one zone for this interface and others: it can be told for the first of them"
PORTS_ONLY: Final = {TCP, UDP, ANY}


def refusals(sections: FirewallSections, before: Wanted, after: Wanted) -> Iterator[Refused]:
    """Of what is new in ``after``."""
    yield from _whole(before, after)
    yield from _interfaces(sections, before, after)
    for key, mapping in changed(PortMapping, after, before):
        yield from _mapping(sections, key, mapping)
    for key, rule in changed(FilterRule, after, before):
        yield from _rule(sections, key, rule)
    for key, policy in changed(Policy, after, before):
        yield from _policy(sections, key, policy)
    for key, pinhole in changed(Pinhole, after, before):
        has_ports = pinhole.source_port != ANY or pinhole.dest_port != ANY
        if has_ports and not PORTS_ONLY.issuperset(pinhole.protocol):
            yield Refused("fw4 knows the ports of TCP and UDP only", Pinhole, key, ("protocol",))
        if is_other_icmp(pinhole.ip_version, pinhole.protocol):
            yield Refused(OTHER_ICMP, Pinhole, key, ("protocol", "ip_version"))
    for key, service in changed(LocalService, after, before):
        has_ports = any(port != ANY for port in service.dest_port)
        if has_ports and not PORTS_ONLY.issuperset(service.protocol):
            yield Refused("fw4 knows the ports of TCP and UDP only", LocalService, key, ("protocol",))
        if is_other_icmp(service.ip_version, service.protocol):
            yield Refused(OTHER_ICMP, LocalService, key, ("protocol", "ip_version"))
        if has_ports and service.icmp_type != ANY:
            yield Refused("ICMP has no ports", LocalService, key, ("icmp_type",))


def _whole(before: Wanted, after: Wanted) -> Iterator[Refused]:
    settings = after.get(FirewallSettings)
    was = before.get(FirewallSettings)
    if settings.enable is not was.enable:
        reason = "OpenWrt's firewall is switched off as a service of the system, not by its configuration"
        yield Refused(reason, FirewallSettings, fields=("enable",))
    for field in ("config", "advanced_level", "policy_level"):
        if getattr(settings, field) != getattr(was, field):
            reason = "OpenWrt's firewall is always the zones, forwardings and rules that it has"
            yield Refused(reason, FirewallSettings, fields=(field,))
    kinds: tuple[tuple[type[Record], str], ...] = ((Level, "level"), (RuleChain, "chain"))
    for kind, word in kinds:
        for key in before.of(kind).keys() ^ after.of(kind).keys():
            yield NotOurs(f"OpenWrt's firewall has one {word}, and always this one", kind, key)


def _interfaces(sections: FirewallSections, before: Wanted, after: Wanted) -> Iterator[Refused]:
    for kind in (InterfaceNat, PortMapping, Dmz, Pinhole, LocalService):
        for key, record in changed(kind, after, before):
            pointer = getattr(record, "interface", None)
            link, zone = sections.link_of(pointer), sections.zone_of(pointer)
            if not link or getattr(record, "all_interfaces", False) or not getattr(record, "enable", False):
                continue
            if zone is None:
                yield Refused(IN_NO_ZONE, kind, key, ("interface", "enable"))
            elif sections.link_of(sections.pointer(zone)) != link:
                yield Refused(OF_MORE, kind, key, ("interface", "enable"))


def _mapping(sections: FirewallSections, key: str, mapping: PortMapping) -> Iterator[Refused]:
    first, last = mapping.external_port, mapping.external_port_end_range
    if mapping.internal_client and not is_host(mapping.internal_client):
        reason = "fw4 leads to an IPv4 address, and follows no name"
        yield Refused(reason, PortMapping, key, ("internal_client",))
    if first and last > first and mapping.internal_port not in (0, first):
        reason = "fw4 leads a range of ports to the same ports only"
        yield Refused(reason, PortMapping, key, ("internal_port", "external_port_end_range", "external_port"))
    if mapping.enable and mapping.all_interfaces and len(sections.outside()) > 1:
        reason = "fw4 leads from one zone, and addresses are translated in more than one"
        yield Refused(reason, PortMapping, key, ("all_interfaces",))
    if mapping.protocol not in PROTOCOLS:
        yield Refused("fw4 leads TCP and UDP by their ports", PortMapping, key, ("protocol",))


def _rule(sections: FirewallSections, key: str, rule: FilterRule) -> Iterator[Refused]:
    if rule.target in ("Return", "TargetChain"):
        yield Refused("fw4 has no chains beside its own to go on in", FilterRule, key, ("target",))
    if (why := refusal(rule)) is not None:
        yield Refused(why[0], FilterRule, key, (why[1],))
    source, dest, is_whole = zones_of(sections, rule)
    for end, zone in (("source", source), ("dest", dest)):
        link, is_every = sections.link_of(getattr(rule, f"{end}_interface")), getattr(rule, f"{end}_all_interfaces")
        if rule.enable and link and zone is None and not is_every:
            yield Refused(IN_NO_ZONE, FilterRule, key, (f"{end}_interface", "enable"))
    if is_whole and one_link(sections, rule, "source", source) and one_link(sections, rule, "dest", dest):
        reason = "fw4 can tell one of a zone's interfaces at one end of a rule only"
        yield Refused(reason, FilterRule, key, ("source_interface", "dest_interface"))


def _policy(sections: FirewallSections, key: str, policy: Policy) -> Iterator[Refused]:
    zones: Collection[str] = [zone.key for zone in sections.zones.values()]
    if key in zones:
        if policy.target_chain != policy.reverse_target_chain:
            reason = "within a zone both directions are one: set TargetChain and ReverseTargetChain alike"
            yield Refused(reason, Policy, key, ("target_chain", "reverse_target_chain"))
        return
    if policy.enable and policy.target_chain == "Reject":
        reason = "what nothing accepts becomes what the level's DefaultPolicy says"
        yield Refused(reason, Policy, key, ("target_chain",))
    if policy.reverse_target_chain == "Reject":
        reason = "what nothing accepts becomes what the level's DefaultPolicy says"
        yield Refused(reason, Policy, key, ("reverse_target_chain",))
    for field in ("target_chain", "reverse_target_chain"):
        if getattr(policy, field) == "Chain":
            yield Refused("fw4 has no chains beside its own to go on in", Policy, key, (field,))
    for field in ("source_interface", "destination_interface"):
        link, zone = sections.link_of(getattr(policy, field)), sections.zone_of(getattr(policy, field))
        if policy.enable and link and zone is None:
            yield Refused(IN_NO_ZONE, Policy, key, (field, "enable"))
        elif policy.enable and zone is not None and sections.link_of(sections.pointer(zone)) != link:
            yield Refused(OF_MORE, Policy, key, (field, "enable"))
