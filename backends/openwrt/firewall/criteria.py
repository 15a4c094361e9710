"""The criteria of Chain.Rule in a section of type rule, as far as both know them. Pure.

What TR-181 knows none of (limit, mark, sets, times, ICMP types, helpers) stays as it is, and is not told.
"""

import itertools
from collections.abc import Iterable
from typing import Any, Final

from backends.firewall.matching import DSCP_CLASS, families
from backends.firewall.records import ANY, FilterRule
from backends.openwrt.firewall.firewall_sections import FirewallSections, Zone
from backends.openwrt.firewall.rows import kept
from backends.openwrt.firewall.words import (
    FAMILIES,
    ICMP,
    ICMPV6,
    TCP,
    UDP,
    Network,
    Ports,
    code_point,
    family,
    network,
    network_word,
    ports,
    ports_word,
    protocol_words,
    protocols,
    version_of,
)
from backends.uci import Section, Value

EVERYWHERE: Final = "*"
INWARDS: Final = ("", "in", "ingress")
ENDS: Final = (("source", "src"), ("dest", "dest"))
OTHER_ICMP: Final = "ICMP is 1 of IPv4 and 58 of IPv6"
APART: Final = {
    "proto": ("protocol",),
    **{
        option: fields
        for end, word in ENDS
        for option, fields in (
            (f"{word}_ip", (f"{end}_ip", f"{end}_mask", f"{end}_ip_exclude")),
            (f"{word}_port", (f"{end}_port", f"{end}_port_range_max", f"{end}_port_exclude")),
        )
    },
    "src_mac": ("source_mac", "source_mac_exclude"),
}

Fields = dict[str, Any]


def alternatives(section: Section) -> list[Fields]:
    """The criteria but for interfaces, of each row that a section is; [] where a row cannot say them."""
    version, point = version_of_rule(section), (ANY, False)
    numbers = protocols(section.items("proto"), version)
    if section.text("dscp"):
        told = code_point(section.text("dscp"))
        if told is None:
            return []
        point = told
    has_ports = bool(section.text("src_port") or section.text("dest_port"))
    if numbers is None or (has_ports and not {*numbers} <= {TCP, UDP}):
        return []
    if has_ports and {*numbers} == {TCP, UDP} and "!" not in section.text("src_port") + section.text("dest_port"):
        numbers = (ANY,)  # those are all the ports that fw4 knows
    lists: list[Iterable[Fields]] = [[{"protocol": number} for number in numbers]]
    for end, word in ENDS:
        nets = [network(text) for text in section.items(f"{word}_ip")]
        some = [ports(text) for text in section.items(f"{word}_port")]
        if not _is_sayable(nets) or not _is_sayable(some):
            return []
        lists.append([_network(end, net) for net in nets or [Network()] if net])
        lists.append([_ports(end, one) for one in some or [Ports()] if one])
    macs = section.items("src_mac")
    if len(macs) > 1 and any(mac.startswith("!") for mac in macs):
        return []
    lists.append([_mac(text) for text in macs or ("",)])
    common = {"ip_version": version, "dscp": point[0], "dscp_exclude": point[1]}
    return [
        {**common, **{name: v for part in parts for name, v in part.items()}} for parts in itertools.product(*lists)
    ]


def version_of_rule(section: Section) -> int:
    """What is told; an excepted address is one of its own version of IP only."""
    told = family(section.text("family"))
    nets = [network(text) for _, word in ENDS for text in section.items(f"{word}_ip")]
    excepted = {6 if ":" in net.address else 4 for net in nets if net and net.exclude}
    return excepted.pop() if told == ANY and len(excepted) == 1 else told


def ends(sections: FirewallSections, section: Section) -> Fields | None:
    """The interfaces; None where there are none that a row could name."""
    found: Fields = {}
    device, is_inwards = section.text("device"), section.text("direction") in INWARDS
    for end, word in ENDS:
        zone = sections.zones.get(section.text(word))
        pointer = sections.pointer(zone)
        if device and is_inwards == (end == "source"):
            pointer = sections.row_of(device)
            if pointer is None:
                return None
        is_every = section.text(word) == EVERYWHERE and pointer is None
        found |= {f"{end}_interface": pointer, f"{end}_all_interfaces": is_every}
    return found


def zones_of(sections: FirewallSections, record: FilterRule) -> tuple[Zone | None, Zone | None, bool]:
    """The zones of both ends, None for every one, and whether all that are told are there."""
    told = (
        (record.source_interface, record.source_all_interfaces),
        (record.dest_interface, record.dest_all_interfaces),
    )
    found = [None if is_every else sections.zone_of(pointer) for pointer, is_every in told]
    is_whole = all(is_every or pointer is None or zone for (pointer, is_every), zone in zip(told, found, strict=True))
    return found[0], found[1], is_whole


def one_link(sections: FirewallSections, record: FilterRule, end: str, zone: Zone | None) -> str:
    """The link that an end has to be told by; "" where it is the one that stands for its zone."""
    pointer = getattr(record, f"{end}_interface")
    return (sections.link_of(pointer) or "") if zone is not None and pointer != sections.pointer(zone) else ""


def ends_said(sections: FirewallSections, section: Section, record: FilterRule) -> dict[str, Value]:
    """The inverse of ``ends``."""
    source, dest, is_whole = zones_of(sections, record)
    now = ends(sections, section) if section.options else None
    if now is not None and all(value == getattr(record, name) for name, value in now.items()):
        return {option: section.options.get(option, "") for option in ("src", "dest", "device", "direction")}
    if not is_whole:
        return {"src": "", "dest": "", "device": "", "direction": ""}
    links = [one_link(sections, record, end, zone) for end, zone in (("source", source), ("dest", dest))]
    direction = "in" if links[0] else "out" if links[1] else ""
    return {
        "src": source.name if source else EVERYWHERE,
        "dest": dest.name if dest else EVERYWHERE,
        "device": links[0] or links[1],
        "direction": direction,
    }


def said(section: Section, record: FilterRule) -> dict[str, Value]:
    """The inverse of ``alternatives``, for one row."""
    version = record.ip_version
    if record.protocol == ICMP and version == ANY:
        version = 4  # fw4 has one word for both
    now = alternatives(section)
    one = now[0] if section.options and len(now) == 1 else None

    def same(option: str) -> bool:
        return one is not None and all(one[name] == getattr(record, name) for name in APART[option])

    has_ports = ANY not in (record.source_port, record.dest_port) or record.source_port != record.dest_port
    numbers = (TCP, UDP) if has_ports and record.protocol == ANY else (record.protocol,)
    told = protocols(section.items("proto"), version_of_rule(section)) if section.options else None
    is_family_same = bool(section.options) and version_of_rule(section) == version
    is_proto_same = told == numbers and is_family_same
    point = code_point(section.text("dscp")) if section.text("dscp") else (ANY, False)
    mac = f"{'!' if record.source_mac_exclude else ''}{record.source_mac}" if record.source_mac else ""
    words: dict[str, Value] = {
        "family": kept(section, "family", is_family_same, _family_word(version)),
        "proto": kept(section, "proto", is_proto_same, " ".join(protocol_words(numbers))),
        "src_mac": kept(section, "src_mac", same("src_mac"), mac),
        "dscp": kept(section, "dscp", point == (record.dscp, record.dscp_exclude), _point_word(record)),
    }
    for end, word in ENDS:
        address = (getattr(record, f"{end}_{what}") for what in ("ip", "mask", "ip_exclude"))
        some = (getattr(record, f"{end}_port{what}") for what in ("", "_range_max", "_exclude"))
        words[f"{word}_ip"] = kept(section, f"{word}_ip", same(f"{word}_ip"), network_word(*address))
        words[f"{word}_port"] = kept(section, f"{word}_port", same(f"{word}_port"), ports_word(*some))
    return words


def refusal(record: FilterRule) -> tuple[str, str] | None:
    """Why fw4 cannot say the criteria, and the field; None where it can."""
    excluding = [end for end, _ in ENDS if getattr(record, f"{end}_port_exclude")]
    excepted = next((end for end, _ in ENDS if _is_of_another_version(record, end)), "")
    has_ports = ANY not in (record.source_port, record.dest_port) or record.source_port != record.dest_port
    reasons = (
        (record.source_interface_exclude, "fw4 has no rule for all zones but one", "source_interface_exclude"),
        (record.dest_interface_exclude, "fw4 has no rule for all zones but one", "dest_interface_exclude"),
        (
            bool(excepted),
            "fw4 excepts an address from those of its version of IP only, which has to be told",
            f"{excepted or 'dest'}_ip_exclude",
        ),
        (record.protocol_exclude, "fw4 has no rule for all protocols but one", "protocol_exclude"),
        (is_other_icmp(record.ip_version, (record.protocol,)), OTHER_ICMP, "protocol"),
        (bool(record.connection_state), "fw4 lets existing connections pass before its rules", "connection_state"),
        (has_ports and record.protocol not in (ANY, TCP, UDP), "fw4 knows the ports of TCP and UDP only", "protocol"),
        (
            bool(excluding) and has_ports and record.protocol == ANY,
            "fw4 can except ports of a protocol that is told",
            f"{excluding[0] if excluding else 'dest'}_port_exclude",
        ),
        (
            record.dscp != ANY and record.dscp % DSCP_CLASS == 0,
            "fw4 compares whole code points, not the class that this one stands for",
            "dscp",
        ),
    )
    return next(((reason, field) for is_so, reason, field in reasons if is_so), None)


def is_other_icmp(version: int, numbers: Iterable[int]) -> bool:
    """Whether ICMP is told of the other version of IP: fw4 would make it that of its own."""
    return {4: ICMPV6, 6: ICMP}.get(version, ANY) in {*numbers} - {ANY}


def can_match(record: FilterRule) -> bool:
    """Whether the criteria do not contradict each other."""
    try:
        return bool(families(record))
    except ValueError:
        return False


def _is_of_another_version(record: FilterRule, end: str) -> bool:
    """Whether what is excepted has a version of IP that the rule is not told to be of."""
    address = getattr(record, f"{end}_ip") if getattr(record, f"{end}_ip_exclude") else ""
    return bool(address) and record.ip_version != version_of(address)


def _is_sayable(told: list[Any]) -> bool:
    return None not in told and (len(told) < 2 or not any(one.exclude for one in told))


def _mac(text: str) -> Fields:
    return {"source_mac": text.removeprefix("!").strip(), "source_mac_exclude": text.startswith("!")}


def _network(end: str, net: Network) -> Fields:
    return {f"{end}_ip": net.address, f"{end}_mask": net.mask, f"{end}_ip_exclude": net.exclude}


def _ports(end: str, some: Ports) -> Fields:
    return {f"{end}_port": some.first, f"{end}_port_range_max": some.last, f"{end}_port_exclude": some.exclude}


def _family_word(version: int) -> str:
    return next((word for word, number in FAMILIES.items() if number == version), "")


def _point_word(record: FilterRule) -> str:
    return f"{'!' if record.dscp_exclude else ''}{record.dscp}" if record.dscp != ANY else ""
