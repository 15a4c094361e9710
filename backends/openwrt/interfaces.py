"""The interfaces of /etc/config/network, by name: their links and their first IPv4 address. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Interface

from backends.uci import Package, Section


@dataclass(frozen=True, slots=True)
class Interface:
    """``link`` is the kernel's name of it, "" where nothing tells; ``address`` what it is configured to have."""

    name: str
    link: str
    address: IPv4Interface | None = None


def interfaces(network: Package, present: Mapping[str, str]) -> dict[str, Interface]:
    """Those of the package; ``present`` is which links netifd has made of them, where it runs."""
    found = {section.name: section for section in network.of_type("interface") if section.name}
    return {
        name: Interface(name, present.get(name) or _link(section, found, 3), _address(section))
        for name, section in found.items()
    }


def _link(section: Section, others: Mapping[str, Section], depth: int) -> str:
    """Releases before 21.02 have ``ifname`` and make a bridge of it where ``type`` says so; "@lan" is lan's link."""
    if section.text("type") == "bridge":
        return f"br-{section.name}"
    link = next(iter(section.text("device", section.text("ifname")).split()), "")
    if not link.startswith("@"):
        return link
    other = others.get(link[1:])
    return _link(other, others, depth - 1) if other and depth else ""


def _address(section: Section) -> IPv4Interface | None:
    if section.text("proto") != "static":
        return None
    for text in section.items("ipaddr"):
        mask = section.text("netmask", "255.255.255.255")
        try:
            return IPv4Interface(text if "/" in text else f"{text}/{mask}")
        except ValueError:
            continue
    return None
