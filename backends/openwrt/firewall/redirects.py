"""Port mappings and DMZs: sections of type redirect that lead to a host inside (DNAT).

One that names outer ports, or one protocol only, is a port mapping; one for every packet is a DMZ. One that leads to
the router itself, from or to addresses that no parameter can say, or from another IP version, is none of the rows.
fw4 keeps a range of ports as it is, or leads to the ports of another without order: a range cannot be moved.
A row that is not complete is switched off in UCI, whatever its Enable: without a host fw4 would lead to the router.
"""

from typing import Final

from backends.firewall.nat import BROADCAST
from backends.firewall.records import ANY, Dmz, PortMapping
from backends.openwrt.firewall.firewall_sections import FirewallSections, Zone
from backends.openwrt.firewall.rows import Form, kept, switched
from backends.openwrt.firewall.words import TCP, UDP, Ports, is_host, is_name, network, ports, ports_word, protocols
from backends.openwrt.sections import is_ours, truth
from backends.uci import Section, Value

REDIRECT: Final = "redirect"
FROM_EVERY_PORT: Final = "1-65535"
"""Where all lead to one: without outer ports fw4 would write what nftables refuses, and with it all of the ruleset."""
EVERY_PORT: Final = (Ports(0, 65535), Ports(1, 65535))
NUMBERS: Final = {TCP: "TCP", UDP: "UDP"}
LEASED: Final = frozenset({"lease_duration", "ends_boot", "ends_uptime", "ends_wall"})


def is_mapping(sections: FirewallSections, section: Section) -> bool:
    """Whether a redirect names ports, or one protocol."""
    told = protocols(section.items("proto"))
    if not _leads(sections, section) or told is None or not {*told} <= {TCP, UDP}:
        return False
    return bool(section.text("src_dport")) or len(told) == 1


def is_dmz(sections: FirewallSections, section: Section) -> bool:
    """Whether a redirect is for every packet."""
    told = protocols(section.items("proto"))
    if not _leads(sections, section) or section.text("src_dport") or section.text("dest_port"):
        return False
    return told is not None and (told == (ANY,) or {*told} == {TCP, UDP})


def _leads(sections: FirewallSections, section: Section) -> bool:
    """To a host inside; one of ours may not be complete yet."""
    if section.text("target", "DNAT").lower() != "dnat" or section.text("family").lower() in ("ipv6", "6"):
        return False
    told = section.text("dest_ip"), section.text("src")
    return is_ours(section.id) or (is_host(told[0]) and told[1] in sections.zones)


def source_zone(sections: FirewallSections, section: Section, record: PortMapping | Dmz) -> Zone | None:
    """The zone that a row is for; None where there is none, or more than one."""
    if isinstance(record, PortMapping) and record.all_interfaces:
        outside, now = sections.outside(), sections.zones.get(section.text("src"))
        return now if now and (now in outside or now.is_outer) else outside[0] if len(outside) == 1 else None
    return sections.zone_told(section, "src", record.interface)


def _read_mapping(sections: FirewallSections, section: Section) -> list[PortMapping]:
    outer, remote = _outer(section), _remote(section)
    inner = _inner(section, outer) if outer and not outer.exclude else None
    if outer is None or inner is None or remote is None or "/" in remote:
        return []
    return [
        PortMapping(
            enable=truth(section, "enabled", True),
            interface=sections.pointer(sections.zones.get(section.text("src"))),
            remote_host=remote,
            external_port=outer.first,
            external_port_end_range=0 if outer.last == ANY else outer.last,
            internal_port=inner,
            protocol=NUMBERS[number],
            internal_client=section.text("dest_ip"),
            description=section.text("name"),
        )
        for number in protocols(section.items("proto")) or ()
        if number in NUMBERS
    ]


def _outer(section: Section) -> Ports | None:
    """The outer ports, 0 for every one; None for what is no port."""
    told = ports(section.text("src_dport")) if section.text("src_dport") else Ports(0)
    inner = ports(section.text("dest_port"))
    is_every = told in EVERY_PORT and inner is not None and inner.last == ANY
    return Ports(0) if is_every else told


def _inner(section: Section, outer: Ports) -> int | None:
    """The first inner port; None for what cannot be said."""
    if not section.text("dest_port"):
        return outer.first
    inner = ports(section.text("dest_port"))
    if inner is None or inner.exclude or (inner.last != outer.last) or (inner.last != ANY and inner != outer):
        return None
    return inner.first


def _remote(section: Section) -> str | None:
    """An IPv4 address or prefix, "" for any; None for what cannot be said."""
    text = section.text("src_ip")
    found = network(text) if text else None
    if not text:
        return ""
    return None if found is None or found.exclude or not is_host(found.address) else f"{found.address}{found.mask}"


def _say_mapping(sections: FirewallSections, section: Section, record: PortMapping) -> dict[str, Value]:
    host = record.internal_client if is_host(record.internal_client) else ""
    first, last = record.external_port, max(record.external_port, record.external_port_end_range)
    told = protocols(section.items("proto")) if section.options else ()
    outer = _outer(section)
    inner, is_moved = record.internal_port, record.internal_port not in (0, first)
    is_whole = bool(first) or bool(section.text("src_dport")) == is_moved
    is_outer_same = outer == Ports(first, last if first and last > first else ANY) and is_whole
    is_inner_same = bool(outer and is_outer_same and inner and _inner(section, outer) == inner)
    if not is_moved and inner:  # what says nothing of the inner port says the same
        is_inner_same = is_inner_same or not section.text("dest_port")
    return {
        **_common(sections, section, record, host, is_ready=bool(host) and host != BROADCAST),
        "proto": kept(section, "proto", told == tuple(n for n, w in NUMBERS.items() if w == record.protocol),
                      record.protocol.lower()),
        "src_ip": kept(section, "src_ip", _remote(section) == record.remote_host, record.remote_host),
        "src_dport": kept(section, "src_dport", is_outer_same,
                          ports_word(first, last) if first else FROM_EVERY_PORT if is_moved else ""),
        "dest_port": kept(section, "dest_port", is_inner_same, str(inner) if is_moved else ""),
    }  # fmt: skip


def _read_dmz(sections: FirewallSections, section: Section) -> list[Dmz]:
    remote = _remote(section)
    if remote is None:
        return []
    return [
        Dmz(
            enable=truth(section, "enabled", True),
            description=section.text("name"),
            interface=sections.pointer(sections.zones.get(section.text("src"))),
            dest_ip=section.text("dest_ip"),
            source_prefix=remote,
        )
    ]


def _say_dmz(sections: FirewallSections, section: Section, record: Dmz) -> dict[str, Value]:
    return {
        **_common(sections, section, record, record.dest_ip, is_ready=bool(record.dest_ip)),
        "proto": kept(section, "proto", bool(section.options), "all"),
        "src_ip": kept(section, "src_ip", _remote(section) == record.source_prefix, record.source_prefix),
    }


def _common(
    sections: FirewallSections, section: Section, record: PortMapping | Dmz, host: str, is_ready: bool
) -> dict[str, Value]:
    zone, inside = source_zone(sections, section, record), sections.zone_with(host)
    description = record.description
    is_known = section.text("name") == description or is_name(description)
    is_led_same = bool(section.text("dest")) and section.text("dest_ip") == host
    return {
        "name": description if is_known else "",
        "enabled": switched(section, record.enable and zone is not None and is_ready),
        "target": kept(section, "target", bool(section.options), "DNAT"),
        "src": zone.name if zone else "",
        "dest": kept(section, "dest", is_led_same, inside.name if inside else ""),
        "dest_ip": host,
    }


MAPPINGS: Final = Form(
    PortMapping,
    REDIRECT,
    _read_mapping,
    _say_mapping,
    is_mapping,
    frozenset({"enable", "interface", "all_interfaces", "description", "internal_port", "external_port_end_range"})
    | LEASED,
    {"proto": ("protocol",)},
)
DMZS: Final = Form(
    Dmz,
    REDIRECT,
    _read_dmz,
    _say_dmz,
    is_dmz,
    frozenset({"enable", "interface", "description", "source_prefix"}) | LEASED,
    {},
)
