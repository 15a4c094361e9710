"""/etc/config/network, read: which section says what of which link, of each of the forms that releases have had. Pure.

Links are the kernel's; sections are known by their identities (backends.uci.identity).
"""

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from backends.netlink_types import VLAN_8021AD, VLAN_8021Q
from backends.openwrt.network.vlan_ports import VlanPort, read_port
from backends.openwrt.sections import truth
from backends.uci import Package, Section, identified

NETWORK: Final = "network"
ON_DEVICE: Final = ("static", "none", "dhcp", "dhcpv6", "")
"""Protocols whose interface is the very link that its section names; others make a link of their own."""
VLAN_TYPES: Final = {"8021q": VLAN_8021Q, "8021ad": VLAN_8021AD}
FAMILIES: Final = {"route": 4, "route6": 6, "rule": 4, "rule6": 6}
DEEPEST: Final = 4
IPV6_METRIC: Final = "1024"
"""What the kernel makes of none."""
LISTS: Final = {4: "ipaddr", 6: "ip6addr"}

Links = Callable[[], Mapping[str, str]]
"""The links that netifd's interfaces have at present, by name."""


@dataclass(frozen=True, slots=True)
class BridgeAt:
    """A bridge: the section that has its options (of releases before 21.02 its interface's), and its list of ports."""

    key: str
    section: Section
    ports: str

    @property
    def is_interface(self) -> bool:
        """Whether the interface makes it."""
        return self.section.type == "interface"


@dataclass(frozen=True, slots=True)
class VlanAt:
    """A VLAN link; ``key`` is "" where its name alone makes it (eth0.10)."""

    key: str
    lower: str
    number: int
    protocol: int


@dataclass(frozen=True, slots=True)
class RouteAt:
    """A route: a section of its own, or the option ``gateway`` or ``ip6gw`` of an interface."""

    key: str
    option: str = ""


class Document:
    """The package as it is; ``links`` is asked only where the sections do not tell by themselves."""

    def __init__(self, package: Package, links: Links = dict) -> None:
        self.package = package
        self._links = links

    @cached_property
    def sections(self) -> Mapping[str, Section]:
        """By identity, in their order."""
        return identified(self.package)

    def of(self, *kinds: str) -> dict[str, Section]:
        """Those of these types."""
        return {key: section for key, section in self.sections.items() if section.type in kinds}

    # -- interfaces ---------------------------------------------------------------------------------------------------

    @cached_property
    def interfaces(self) -> Mapping[str, str]:
        """The link of each interface, by its section: "" while nobody knows it."""
        return {key: self._link(key, DEEPEST) for key in self.of("interface")}

    @cached_property
    def asks_netifd(self) -> bool:
        """Whether netifd alone knows the link of any interface."""
        return any(one.text("proto") not in ON_DEVICE for one in self.package.of_type("interface"))

    def on(self, link: str) -> list[str]:
        """The interfaces on a link, the static ones first."""
        found = [key for key, name in self.interfaces.items() if name == link]
        return sorted(found, key=lambda key: self.sections[key].text("proto") != "static")

    def is_on(self, key: str) -> bool:
        """Whether an interface is one that netifd brings up."""
        section = self.sections[key]
        return not truth(section, "disabled", False) and truth(section, "auto", True)

    def metric(self, key: str) -> int:
        """What routes over an interface have where they say nothing."""
        return number(self.sections[key].text("metric"))

    def _link(self, key: str, depth: int) -> str:
        section = self.sections[key]
        if section.text("type") == "bridge":
            return f"br-{section.name}"
        if section.text("proto") not in ON_DEVICE:
            return self._links().get(section.name, "")
        link = next(iter(section.text("device", section.text("ifname")).split()), "")
        if not link.startswith("@"):
            return link
        return self._link(link[1:], depth - 1) if depth and link[1:] in self.of("interface") else ""

    # -- devices ------------------------------------------------------------------------------------------------------

    @cached_property
    def devices(self) -> Mapping[str, str]:
        """The ``config device`` of each link, by the link's name."""
        return {section.text("name"): key for key, section in reversed(self.of("device").items())}

    def settings(self, link: str) -> Section | None:
        """The section with a link's device options; of a bridge that its interface makes, the interface's."""
        key = self.devices.get(link) or next((at.key for name, at in self.bridges.items() if name == link), "")
        return self.sections.get(key)

    @cached_property
    def bridges(self) -> Mapping[str, BridgeAt]:
        """By name."""
        found = {}
        for key, section in self.sections.items():
            if section.text("type") == "bridge" and section.type in ("device", "interface"):
                name = section.text("name") if section.type == "device" else f"br-{section.name}"
                has_ports = "ports" in section.options or "ifname" not in section.options
                option = "ports" if has_ports and section.type == "device" else "ifname"
                found[name] = BridgeAt(key, section, option)
        return found

    @cached_property
    def ports(self) -> Mapping[str, str]:
        """The bridge of each of its ports; those that a bridge-vlan alone names are ports too."""
        found = {port: name for name, at in self.bridges.items() for port in at.section.items(at.ports)}
        for (name, _), key in self.vlans.items():
            for port in self.vlan_ports(key):
                if name in self.bridges:
                    found.setdefault(port.name, name)
        return found

    @cached_property
    def vlans(self) -> Mapping[tuple[str, int], str]:
        """The ``config bridge-vlan`` of a bridge and a number; the last one where there are several."""
        return {
            (section.text("device"), number(section.text("vlan"))): key
            for key, section in self.of("bridge-vlan").items()
            if section.text("device") and number(section.text("vlan"))
        }

    def vlan_ports(self, key: str) -> list[VlanPort]:
        """The ports of one."""
        return [read_port(item) for item in self.sections[key].items("ports")]

    def is_local(self, key: str) -> bool:
        """Whether the bridge itself is in a VLAN."""
        return truth(self.sections[key], "local", True)

    @cached_property
    def vlan_links(self) -> Mapping[str, VlanAt]:
        """The VLANs that have a device of their own, and those that a name alone makes."""
        found = {}
        for name, key in self.devices.items():
            section = self.sections[key]
            if (kind := section.text("type")) in VLAN_TYPES:
                found[name] = VlanAt(key, section.text("ifname"), number(section.text("vid")), VLAN_TYPES[kind])
        for name in {*self.interfaces.values(), *self.ports}:
            lower, dot, digits = name.rpartition(".")
            if dot and lower and name not in found and 0 < number(digits) < 4095:
                found[name] = VlanAt("", lower, number(digits), VLAN_8021Q)
        return found

    @cached_property
    def held(self) -> frozenset[str]:
        """The links that have an interface, switched on or not, and what these lie over: netifd raises no others."""
        waiting = list(filter(None, self.interfaces.values()))
        found: set[str] = set()
        while waiting:
            name = waiting.pop()
            section = self.settings(name)
            if name in found or (section is not None and section.type == "device" and self.is_off(section)):
                continue
            found.add(name)
            waiting += [port for port, bridge in self.ports.items() if bridge == name]
            if at := self.vlan_links.get(name):
                waiting.append(at.lower)
        return frozenset(found)

    @staticmethod
    def is_off(device: Section) -> bool:
        """Whether a device is switched off by its own section."""
        return not truth(device, "enabled", True)

    # -- addresses, routes --------------------------------------------------------------------------------------------

    def addresses(self, key: str) -> Iterator[tuple[int, str, str]]:
        """The static addresses of an interface: family, the item that says it, and the address with its length."""
        section = self.sections[key]
        if section.text("proto") != "static":
            return
        for family, option in LISTS.items():
            for item in section.items(option):
                if text := address_of(item, section.text("netmask") if family == 4 else ""):
                    yield family, item, text

    @cached_property
    def routes(self) -> Mapping[tuple[str, ...], RouteAt]:
        """Where each route is said that is not switched off, by its identity (see backends.network.plan)."""
        return dict(self._routes(disabled=False))

    @cached_property
    def routes_off(self) -> Mapping[tuple[str, ...], RouteAt]:
        """The same, of those that are switched off."""
        return dict(self._routes(disabled=True))

    def _routes(self, disabled: bool) -> Iterator[tuple[tuple[str, ...], RouteAt]]:
        for key, section in self.of("route", "route6").items():
            if truth(section, "disabled", False) is disabled and (ident := self._route(section)):
                yield ident, RouteAt(key)
        for key, link in self.interfaces.items() if not disabled else ():
            section = self.sections[key]
            for family, option in ((4, "gateway"), (6, "ip6gw")):
                has_address = any(one == family for one, *_ in self.addresses(key))
                if section.text(option) and has_address and link:
                    metric = metric_of(family, self.metric(key))
                    gateway = plain(section.text(option))
                    yield ("route", str(family), "default", gateway, link, metric, "unicast"), RouteAt(key, option)

    def _route(self, section: Section) -> tuple[str, ...] | None:
        family, kind = FAMILIES[section.type], section.text("type", "unicast")
        target = network_of(section.text("target"), section.text("netmask"), family)
        interface = section.text("interface")
        link = self.interfaces.get(interface, "")
        if target is None or (kind == "unicast" and not link):
            return None
        told = section.text("metric")
        metric = metric_of(family, number(told) if told or interface not in self.interfaces else self.metric(interface))
        gateway = plain(section.text("gateway")) or "-"
        if kind != "unicast":
            gateway, link = "-", "-" if family == 4 else "lo"
        table = section.text("table")
        if table and table not in ("main", "254"):
            return ("route", str(family), target, gateway, link, metric, kind, table) if table.isdigit() else None
        return ("route", str(family), target, gateway, link, metric, kind)

    # -- unique local addresses ---------------------------------------------------------------------------------------

    @property
    def ula(self) -> str:
        """The prefix of the machine, "" where there is none."""
        for section in self.of("globals").values():
            try:
                return str(ipaddress.IPv6Network(section.text("ula_prefix"), strict=False))
            except ValueError:
                continue
        return ""

    def assignment(self, link: str) -> tuple[str, Section] | None:
        """The interface of a link that is assigned a part of the prefixes there are."""
        found = ((key, self.sections[key]) for key in self.on(link))
        return next(((key, section) for key, section in found if section.text("ip6assign")), None)


def number(text: str) -> int:
    """A number, 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() else 0


def plain(text: str) -> str:
    """An address as the kernel's tools write it; "" for what is none."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def address_of(item: str, netmask: str = "") -> str:
    """An address with its length, "" for what is none."""
    try:
        if "/" not in item and netmask:
            item = f"{item}/{netmask}"
        return str(ipaddress.ip_interface(item))
    except ValueError:
        return ""


def network_of(target: str, netmask: str, family: int) -> str | None:
    """A route's destination: "default", a network, or None for what is none."""
    try:
        text = f"{target}/{netmask}" if target and netmask and "/" not in target else target
        network = ipaddress.ip_network(text or ("0.0.0.0/0" if family == 4 else "::/0"), strict=False)
    except ValueError:
        return None
    if network.version != family:
        return None
    return "default" if network.prefixlen == 0 else str(network)


def metric_of(family: int, told: int) -> str:
    """The metric that the kernel shows."""
    return IPV6_METRIC if family == 6 and not told else str(told)
