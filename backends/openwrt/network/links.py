"""Changes of links, bridges and VLANs, said in UCI."""

from collections.abc import Collection
from typing import Any, Final

from backends.link_modes import duplexes, speeds
from backends.network.errors import HandMade
from backends.network.plan import Attributes, Change, Ident
from backends.network.sysctls import DAD_TRANSMITS
from backends.openwrt.network.document import VLAN_TYPES
from backends.openwrt.network.said import ANY_SUBNET, SECONDS, SUBNET_LENGTH, SWITCHES, advertised_by_netifd
from backends.openwrt.network.sheet import NO_PROTOCOL, Sheet, cannot
from backends.openwrt.network.vlan_ports import VlanPort, item_of, read_port
from backends.openwrt.sections import OURS, is_ours

TYPES: Final = {protocol: word for word, protocol in VLAN_TYPES.items()}
SETTINGS: Final = {"mtu": "mtu", "mac": "macaddr"}
BY_US: Final = f"{OURS}disabled"
"""An option of ours: of several interfaces on a link, those that were on and will be on again."""
SWITCH: Final = {True: "1", False: "0", None: ""}


def tell_link(sheet: Sheet, change: Change) -> None:
    """Admin state, MTU and address of a link."""
    name, after = change.ident[1], change.after or {}
    if after.get("arp") is not None:
        raise cannot("whether an interface resolves addresses (ARP)", change.ident)
    for attribute, option in SETTINGS.items():
        if attribute in after:
            sheet.set_device(name, option, str(after[attribute] or ""))
    if after.get("up") is False:
        sheet.set_device(name, "enabled", "0")
    elif "up" in after:
        if (section := sheet.document.settings(name)) and section.type == "device":
            sheet.set_device(name, "enabled", "")
        if after["up"] is None:
            for key in filter(is_ours, sheet.document.on(name)):
                if sheet.section(key).options == {"device": name, "proto": NO_PROTOCOL}:
                    sheet.delete(key)
        elif name not in sheet.document.held:
            sheet.interface(name)


def tell_interface(sheet: Sheet, change: Change) -> None:
    """Whether a link has an interface, and whether it is switched on."""
    link = change.ident[1]
    if change.after is None:
        for key in filter(is_ours, sheet.document.on(link)):
            sheet.delete(key)
        return
    keys = sheet.document.on(link) or [sheet.interface(link)]
    if not change.after["enabled"]:
        for key in filter(sheet.document.is_on, keys):
            sheet.set(key, "disabled", "1")
            sheet.set(key, BY_US, "1" if len(keys) > 1 else "")
        return
    for key in [key for key in keys if sheet.section(key).text(BY_US)] or keys:
        for option in ("disabled", "auto", BY_US):
            sheet.set(key, option, "")


def tell_ipv6(sheet: Sheet, change: Change) -> None:
    """Whether a link speaks IPv6."""
    sheet.set_device(change.ident[1], "ipv6", SWITCH[(change.after or {}).get("enabled")])


def tell_sysctl(sheet: Sheet, change: Change) -> None:
    """The one setting of a link that netifd has an option for."""
    if change.ident[2] != DAD_TRANSMITS:
        path = change.ident[2].format(change.ident[1])
        raise cannot(f"{path}, and a boot would forget it", change.ident)
    sheet.set_device(change.ident[1], "dadtransmits", (change.after or {}).get("value") or "")


def tell_phy(sheet: Sheet, change: Change, supported: Collection[int]) -> None:
    """What a port may negotiate: one speed and one duplex mode, or all; energy efficient Ethernet."""
    name, after = change.ident[1], change.after or {}
    if "eee" in after:
        sheet.set_device(name, "eee", SWITCH[after["eee"]])
    if "advertised" not in after:
        return
    wanted = sorted(supported if after["advertised"] is None else after["advertised"])
    for speed in (0, *sorted(speeds(supported))):
        for full in (None, *sorted(duplexes(supported))):
            if advertised_by_netifd(supported, speed, full) == wanted:
                sheet.set_device(name, "speed", str(speed or ""))
                sheet.set_device(name, "duplex", SWITCH[full])
                return
    raise cannot("these link modes: one speed, one duplex mode, or all of them", change.ident)


def tell_vlan(sheet: Sheet, change: Change) -> None:
    """A VLAN link."""
    name, after = change.ident[1], change.after
    at = sheet.document.vlan_links.get(name)
    if after is None:
        sheet.without_interfaces(name, change.ident)
        if at is not None and at.key:
            sheet.delete(at.key)
        return
    options = {"type": TYPES[after["protocol"]], "ifname": after["lower"], "vid": str(after["id"])}
    key = sheet.settings(name)
    for option, value in options.items():
        sheet.set(key, option, value)


def tell_bridge(sheet: Sheet, change: Change) -> None:
    """A bridge and its options."""
    name, after = change.ident[1], change.after
    at = sheet.document.bridges.get(name)
    if after is None:
        if at is None:
            return
        if at.is_interface:
            raise HandMade(f"interface {at.key} of /etc/config/network makes {name}", change.ident)
        sheet.without_interfaces(name, change.ident)
        for (bridge, _), key in sheet.document.vlans.items():
            if bridge == name:
                sheet.delete(key)
        sheet.delete(at.key)
        return
    key = at.key if at is not None else sheet.settings(name)
    if at is None:
        sheet.set(key, "type", "bridge")
        sheet.set(key, "bridge_empty", "1")
    for option, value in after.items():
        sheet.set(key, option, _bridge_text(option, value, change.ident))


def _bridge_text(option: str, value: Any, ident: Ident) -> str:
    if value is None:
        return ""
    if option in SWITCHES:
        return SWITCH[bool(value)]
    if option in SECONDS and value % 100:
        raise cannot(f"{option} in parts of a second", ident)
    return str(value // 100 if option in SECONDS else value)


def tell_port(sheet: Sheet, change: Change) -> None:
    """A bridge's member."""
    name, after = change.ident[1], change.after or {}
    if any(after.get(option) is not None for option in ("path_cost", "priority")):
        raise cannot("the path cost or the priority of a bridge's port", change.ident)
    if change.after is not None and "bridge" not in after:
        return
    wanted = after.get("bridge")
    for bridge, at in sheet.document.bridges.items():
        ports = at.section.items(at.ports)
        if name in ports and bridge != wanted:
            sheet.change_list(at.key, at.ports, (name,), ())
        elif name not in ports and bridge == wanted:
            sheet.change_list(at.key, at.ports, (), (name,))


def tell_bridge_vlan(sheet: Sheet, change: Change, bridge: str) -> None:
    """Whether a VLAN passes a bridge's member, or the bridge itself."""
    name, number, after = change.ident[1], int(change.ident[2]), change.after
    key = sheet.document.vlans.get((bridge, number))
    if key is None:
        if after is None:
            return
        key = sheet.add("bridge-vlan", device=bridge, vlan=str(number), local="0")
    if name == bridge:
        if after is not None and (after.get("untagged") or after.get("pvid")):
            raise cannot("a VLAN of the bridge itself that is not tagged", change.ident)
        sheet.set(key, "local", "0" if after is None else "1")
    else:
        _tell_vlan_port(sheet, key, name, after)
    if not sheet.section(key).items("ports") and not sheet.document.is_local(key):
        sheet.delete(key)


def _tell_vlan_port(sheet: Sheet, key: str, name: str, after: Attributes | None) -> None:
    items = [item for item in sheet.section(key).items("ports") if read_port(item).name == name]
    come = () if after is None else (item_of(VlanPort(name, bool(after["untagged"]), bool(after["pvid"]))),)
    sheet.change_list(key, "ports", tuple(items), come)


def tell_assignment(sheet: Sheet, change: Change) -> None:
    """An interface's part of the machine's prefixes."""
    link = change.ident[1]
    before, after = change.before or {}, change.after or {}
    if ANY_SUBNET in (before.get("subnet"), after.get("subnet")) and before.get("subnet"):
        what = f"{link} is assigned a part of every prefix there is, also of those that are delegated"
        raise HandMade(f"{what} (ip6assign): the unique local one alone cannot be left out or chosen")
    assigned = sheet.document.assignment(link)
    key = assigned[0] if assigned else sheet.interface(link)
    subnet = after.get("subnet")
    sheet.set(key, "ip6assign", SUBNET_LENGTH if subnet else "")
    sheet.set(key, "ip6hint", f"{subnet:x}" if subnet else "")


def tell_ula(sheet: Sheet, change: Change) -> None:
    """The machine's unique local prefix."""
    found = list(sheet.document.of("globals"))
    key = found[0] if found else sheet.add("globals")
    sheet.set(key, "ula_prefix", (change.after or {}).get("prefix") or "")
