"""Chain.Rule, Pinhole and Service: sections of type rule that let pass or not.

One with source and destination is a rule of the one chain that there is; one that lets IPv6 in from outside to one host
is a pinhole; one without destination, for the router itself, is a service. What a zone does with all that comes to the
router and that no rule is for (``input``) is a service too, the last one, without criteria. Rules for what the router
sends, and those that mark, are none of the rows. A row's ExpiryDate is kept beside, and the row goes then, as TR-181
has it: fw4's ``stop_date`` is in the local time of whoever loads the ruleset, leaves the rule, and stays a person's.
"""

import ipaddress
from typing import Final

from backends.firewall.filter import pinhole_versions
from backends.firewall.records import ANY, FilterRule, LocalService, Pinhole
from backends.firewall.services import versions
from backends.openwrt.firewall.criteria import (
    APART,
    EVERYWHERE,
    alternatives,
    can_match,
    ends,
    ends_said,
    said,
    zones_of,
)
from backends.openwrt.firewall.firewall_sections import FirewallSections
from backends.openwrt.firewall.redirects import LEASED
from backends.openwrt.firewall.rows import Form, kept, switched
from backends.openwrt.firewall.words import (
    FAMILIES,
    ICMP,
    TARGETS,
    TCP,
    UDP,
    Ports,
    family,
    icmp_type,
    is_name,
    network,
    ports,
    ports_word,
    protocol_words,
    protocols,
    version_of,
)
from backends.openwrt.sections import FALSE, truth
from backends.uci import Section, Value

RULE: Final = "rule"
CHAIN: Final = "rules"
"""The key of the one chain."""
WORDS: Final = {said: word.upper() for word, said in TARGETS.items()}


def target_of(section: Section) -> str:
    """TR-181's word; "" for what only marks, or goes on."""
    return TARGETS.get(section.text("target").lower(), "")


def is_rule(sections: FirewallSections, section: Section) -> bool:
    """Whether it is one of the chain."""
    return _is_forwarding(sections, section) and not is_pinhole(sections, section)


def is_pinhole(sections: FirewallSections, section: Section) -> bool:
    """Whether it lets IPv6 in to one host."""
    source = sections.zones.get(section.text("src"))
    return (
        _is_forwarding(sections, section)
        and source is not None
        and source.is_outer
        and section.text("dest") in {*sections.zones, EVERYWHERE} - {source.name}
        and target_of(section) == "Accept"
        and version_of(section.text("dest_ip")) == 6
        and bool(_read_pinhole(sections, section))
        and not section.text("dscp") + section.text("src_mac") + section.text("device") + section.text("log")
    )


def is_service(sections: FirewallSections, section: Section) -> bool:
    """Whether it is for what comes to the router from a zone."""
    return bool(target_of(section)) and section.text("src") in sections.zones and not section.text("dest")


def _is_forwarding(sections: FirewallSections, section: Section) -> bool:
    known = {*sections.zones, EVERYWHERE}
    return bool(target_of(section)) and section.text("src") in known and section.text("dest") in known


# -- rules of the chain -----------------------------------------------------------------------------------------------


def _read_rule(sections: FirewallSections, section: Section) -> list[FilterRule]:
    found = ends(sections, section)
    if found is None:
        return []
    log = section.text("log")
    return [
        FilterRule(
            parent=CHAIN,
            enable=truth(section, "enabled", True),
            description=section.text("name"),
            target=target_of(section) or "Drop",
            log=bool(log) and log.lower() not in FALSE,
            **found,
            **criteria,
        )
        for criteria in alternatives(section)
    ]


def _say_rule(sections: FirewallSections, section: Section, record: FilterRule) -> dict[str, Value]:
    _, _, is_whole = zones_of(sections, record)
    log = section.text("log")
    return {
        "name": _name(section, record.description),
        "enabled": switched(section, record.enable and is_whole and can_match(record)),
        **ends_said(sections, section, record),
        **said(section, record),
        "target": kept(section, "target", target_of(section) == record.target, WORDS.get(record.target, "")),
        "log": kept(section, "log", (bool(log) and log.lower() not in FALSE) == record.log, "1" if record.log else ""),
    }


def _name(section: Section, description: str) -> str:
    return description if section.text("name") == description or is_name(description) else ""


# -- pinholes ---------------------------------------------------------------------------------------------------------


def _read_pinhole(sections: FirewallSections, section: Section) -> list[Pinhole]:
    numbers, prefixes = protocols(section.items("proto")), section.items("src_ip")
    some = [ports(section.text(f"{end}_port")) if section.text(f"{end}_port") else Ports() for end in ("src", "dest")]
    nets = [network(text) for text in prefixes]
    if numbers is None or any(one is None or one.exclude for one in (*some, *nets)):
        return []
    source, dest = (one or Ports() for one in some)
    return [
        Pinhole(
            enable=truth(section, "enabled", True),
            description=section.text("name"),
            interface=sections.pointer(sections.zones.get(section.text("src"))),
            source_port=source.first,
            source_port_range_max=source.last,
            dest_port=dest.first,
            dest_port_range_max=dest.last,
            ip_version=family(section.text("family")),
            protocol=numbers,
            source_prefixes=prefixes,
            dest_ip=section.text("dest_ip"),
        )
    ]


def _say_pinhole(sections: FirewallSections, section: Section, record: Pinhole) -> dict[str, Value]:
    zone, inside = sections.zone_told(section, "src", record.interface), sections.zone_with(record.dest_ip)
    has_ports = ANY not in (record.source_port, record.dest_port) or record.source_port != record.dest_port
    is_ready = zone is not None and bool(record.dest_ip) and bool(pinhole_versions(record))
    is_led_same = bool(section.text("dest")) and section.text("dest_ip") == record.dest_ip
    return {
        "name": _name(section, record.description),
        "enabled": switched(section, record.enable and is_ready),
        "src": zone.name if zone else "",
        "dest": kept(section, "dest", is_led_same, inside.name if inside else EVERYWHERE),
        "family": _family(section, record.ip_version),
        "proto": _protocols(section, record.protocol, has_ports),
        "src_ip": _prefixes(section, record.source_prefixes),
        "dest_ip": record.dest_ip,
        "src_port": ports_word(record.source_port, record.source_port_range_max),
        "dest_port": ports_word(record.dest_port, record.dest_port_range_max),
        "target": kept(section, "target", target_of(section) == "Accept", "ACCEPT"),
    }


# -- services ---------------------------------------------------------------------------------------------------------


def _read_service(sections: FirewallSections, section: Section) -> list[LocalService]:
    version = family(section.text("family"))
    numbers, prefixes = protocols(section.items("proto"), version), section.items("src_ip")
    some, nets = [ports(text) for text in section.items("dest_port")], [network(text) for text in prefixes]
    if (
        numbers is None
        or any(one is None or one.exclude or one.last != ANY for one in some)
        or any(net is None or net.exclude for net in nets)
        or section.text("src_port") + section.text("dscp") + section.text("dest_ip") + section.text("device")
    ):
        return []
    types = section.items("icmp_type")
    kind = icmp_type(types[0], version) if len(types) == 1 else None
    return [
        LocalService(
            enable=truth(section, "enabled", True),
            interface=sections.pointer(sections.zones.get(section.text("src"))),
            dest_port=tuple(one.first for one in some if one) or (ANY,),
            ip_version=version,
            protocol=numbers,
            icmp_type=ANY if kind is None else kind,
            source_prefixes=prefixes,
            action=target_of(section) or "Accept",
        )
    ]


def _say_service(sections: FirewallSections, section: Section, record: LocalService) -> dict[str, Value]:
    zone = sections.zone_told(section, "src", record.interface)
    numbers = tuple(number for number in record.dest_port if number != ANY)
    is_kind_same = [one.icmp_type for one in _read_service(sections, section)] == [record.icmp_type]
    is_possible = bool(versions(record.ip_version, record.source_prefixes))
    protocol = (ICMP,) if record.icmp_type != ANY and ANY in record.protocol else record.protocol
    return {
        "enabled": switched(section, record.enable and zone is not None and is_possible),
        "src": zone.name if zone else "",
        "family": _family(section, record.ip_version),
        "proto": _protocols(section, protocol, bool(numbers), record.ip_version),
        "src_ip": _prefixes(section, record.source_prefixes),
        "dest_port": kept(section, "dest_port", section.items("dest_port") == tuple(map(str, numbers)),
                          tuple(map(str, numbers))),
        "icmp_type": kept(section, "icmp_type", is_kind_same,
                          str(record.icmp_type) if record.icmp_type != ANY else ""),
        "target": kept(section, "target", target_of(section) == record.action, WORDS.get(record.action, "")),
    }  # fmt: skip


def input_services(sections: FirewallSections, usual: str) -> dict[str, LocalService]:
    """What zones do with all else that comes to the router; ``usual`` where they do not say."""
    return {
        zone.key: LocalService(
            enable=True,
            interface=sections.pointer(zone),
            action=TARGETS.get(zone.section.text("input", usual).lower(), "Drop"),
        )
        for zone in sections.zones.values()
    }


def _family(section: Section, version: int) -> Value:
    word = next((word for word, number in FAMILIES.items() if number == version), "")
    return kept(section, "family", family(section.text("family")) == version, word)


def _protocols(section: Section, numbers: tuple[int, ...], has_ports: bool, version: int = ANY) -> Value:
    """fw4 has the ports of TCP and UDP only."""
    wanted = (TCP, UDP) if has_ports and ANY in numbers else numbers
    is_same = bool(section.options) and protocols(section.items("proto"), version) == wanted
    return kept(section, "proto", is_same, protocol_words(wanted))


def _prefixes(section: Section, prefixes: tuple[str, ...]) -> Value:
    """Without those that lie in others: nftables takes no intervals that overlap, and then nothing of the ruleset."""
    if section.items("src_ip") == prefixes:
        return section.options.get("src_ip", "")
    nets = [ipaddress.ip_network(text, strict=False) for text in prefixes]
    for version in (4, 6):
        some = [net for net in nets if net.version == version]
        merged = [*ipaddress.collapse_addresses(some)]  # type: ignore[type-var]
        if len(merged) < len(some):
            nets = [net for net in nets if net.version != version] + merged
            prefixes = tuple(map(str, nets))
    return prefixes


RULES: Final = Form(
    FilterRule,
    RULE,
    _read_rule,
    _say_rule,
    is_rule,
    frozenset({
        "enable", "description", "ip_version", "creation_date", "expiry_date", "source_mask", "dest_mask",
        "source_interface", "dest_interface", "source_all_interfaces", "dest_all_interfaces", "source_mac_exclude",
        "source_port_range_max", "dest_port_range_max", "source_port_exclude", "dest_port_exclude", "dscp_exclude",
        "source_ip_exclude", "dest_ip_exclude",
    }),
    APART,
)  # fmt: skip
PINHOLES: Final = Form(
    Pinhole,
    RULE,
    _read_pinhole,
    _say_pinhole,
    is_pinhole,
    frozenset({
        "enable", "description", "interface", "protocol", "source_prefixes", "source_port_range_max",
        "dest_port_range_max", "ip_version",
    })
    | LEASED,
    {},
)  # fmt: skip
SERVICES: Final = Form(
    LocalService,
    RULE,
    _read_service,
    _say_service,
    is_service,
    frozenset({"enable", "interface", "protocol", "source_prefixes", "dest_port", "ip_version"}),
    {},
)
