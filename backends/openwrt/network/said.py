"""What /etc/config/network says of the kernel, in the plan's words (backends.network.plan). Pure.

An attribute that no option tells is None: netifd, the driver or the kernel decide. Beside the plan's own kinds there
are four that are OpenWrt's:

    off FAMILY DEST VIA DEV METRIC TYPE      a route that is said and switched off, as ``route``
    interface LINK                           enabled; an interface of netifd's, or several, that the link is of
    ula ""                                   prefix; the machine's unique local prefix
    assign LINK                              subnet; the link is assigned a part of the prefixes there are, number
                                             ``ANY_SUBNET`` where netifd chooses which
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from backends.link_modes import LINK_MODES
from backends.netlink_types import Link, Rule
from backends.network import policies
from backends.network.kernel import BRIDGE_OPTIONS
from backends.network.plan import Ident
from backends.network.sysctls import DAD_TRANSMITS
from backends.openwrt.network.document import FAMILIES, Document, number
from backends.openwrt.network.vlan_ports import primaries
from backends.openwrt.sections import truth
from backends.uci import Section

ANY_SUBNET: Final = 1 << 16
"""No /48 has a /64 with this number."""
SUBNET_LENGTH: Final = "64"
SECONDS: Final = ("forward_delay", "hello_time", "max_age", "ageing_time")
"""What netifd counts in seconds, and the kernel in hundredths."""
SWITCHES: Final = ("stp", "vlan_filtering")

Said = dict[Ident, dict[str, Any]]


def said(document: Document, links: Mapping[str, Link], supported: Mapping[str, Collection[int]]) -> Said:
    """All of it. ``links`` are the kernel's, ``supported`` the link modes that its ports have."""
    state: Said = {}
    members = document.ports
    for name in dict.fromkeys([*links, *filter(None, document.interfaces.values()), *document.devices, *members]):
        section = document.settings(name)
        state["link", name] = {
            "up": _is_up(name, document, links.get(name)),
            "arp": None,
            "mtu": number(section.text("mtu")) or None if section else None,
            "mac": section.text("macaddr").lower() or None if section else None,
        }
        state["ipv6", name] = {"enabled": _switch(section, "ipv6")}
        state["sysctl", name, DAD_TRANSMITS] = {"value": section.text("dadtransmits") or None if section else None}
        if name in supported:
            state["phy", name] = _phy(section, supported[name])
        if document.on(name):
            state["interface", name] = {"enabled": any(map(document.is_on, document.on(name)))}
        if assigned := document.assignment(name):
            state["assign", name] = {"subnet": _subnet(assigned[1])}
    for name, at in document.bridges.items():
        state["bridge", name] = {option: _bridge_option(at.section, option) for option in BRIDGE_OPTIONS}
        if any(bridge == name for bridge, _ in document.vlans):
            state["bridge", name]["vlan_filtering"] = True
        state.update(_bridge_vlans(document, name))
    for name, vlan in document.vlan_links.items():
        state["vlan", name] = {"lower": vlan.lower, "id": vlan.number, "protocol": vlan.protocol}
    for name, bridge in members.items():
        state["port", name] = {"bridge": bridge, "path_cost": None, "priority": None}
    for key, name in document.interfaces.items():
        if name:
            state.update((("address", name, text), {}) for _, _, text in document.addresses(key))
    state.update((ident, {"protocol": "static"}) for ident in document.routes)
    state.update((("off", *ident[1:]), {}) for ident in document.routes_off)
    state.update((ident, {}) for section in document.of("rule", "rule6").values() if (ident := rule_told(section)))
    if document.ula:
        state["ula", ""] = {"prefix": document.ula}
    return state


def _is_up(name: str, document: Document, link: Link | None) -> bool | None:
    """None where netifd has nothing to do with a link: a tunnel, a radio's interface."""
    if name in document.held:
        return True
    section = document.settings(name)
    is_known = name in document.interfaces.values() or name in document.ports or section is not None
    return False if is_known or link is None else None


def _switch(section: Section | None, option: str) -> bool | None:
    return truth(section, option, False) if section and section.text(option) else None


def _bridge_option(section: Section, option: str) -> Any:
    if option in SWITCHES:
        return _switch(section, option)
    if option == "default_pvid" or not section.text(option):
        return None
    return number(section.text(option)) * (100 if option in SECONDS else 1)


def _bridge_vlans(document: Document, bridge: str) -> Iterator[tuple[Ident, dict[str, Any]]]:
    vlans = {vid: key for (name, vid), key in document.vlans.items() if name == bridge}
    first = primaries({vid: document.vlan_ports(key) for vid, key in vlans.items()})
    for vid, key in vlans.items():
        if document.is_local(key):
            yield ("bridge_vlan", bridge, str(vid)), {"untagged": False, "pvid": False}
        for port in document.vlan_ports(key):
            told = {"untagged": port.untagged, "pvid": first.get(port.name) == vid}
            yield ("bridge_vlan", port.name, str(vid)), told


def _phy(section: Section | None, supported: Collection[int]) -> dict[str, Any]:
    speed = number(section.text("speed")) if section else 0
    full = _switch(section, "duplex")
    advertised = None if not speed and full is None else advertised_by_netifd(supported, speed, full)
    return {"advertised": advertised, "eee": _switch(section, "eee")}


def advertised_by_netifd(supported: Collection[int], speed: int, full: bool | None) -> list[int]:
    """What a port advertises that is told one speed (0: any) and one duplex mode (None: both)."""
    return [
        bit
        for bit in sorted(supported)
        if (mode := LINK_MODES.get(bit)) is None
        or ((not speed or mode.speed == speed) and (full is None or mode.full == full))
    ]


def _subnet(section: Section) -> int:
    try:
        hint = int(section.text("ip6hint"), 16)
    except ValueError:
        return ANY_SUBNET
    return hint if section.text("ip6assign") == SUBNET_LENGTH and 0 < hint < ANY_SUBNET else ANY_SUBNET


def rule_told(section: Section) -> Ident | None:
    """The rule of a policy that a section says; None for any other one."""
    if truth(section, "disabled", False) or set(section.options) - {"mark", "priority", "lookup", "disabled"}:
        return None
    mark, _, mask = section.text("mark").partition("/")
    try:
        told = Rule(
            family=FAMILIES[section.type],
            priority=number(section.text("priority")),
            table=number(section.text("lookup")),
            mark=int(mark, 0),
            mask=int(mask, 0),
        )
    except ValueError:
        return None
    return policies.ident_of(told)
