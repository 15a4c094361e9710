"""The kernel as the plan sees it: read into a ``State``, and changed one ``Change`` at a time."""

import logging
import time
from collections.abc import Iterable
from typing import Any

from backends.errors import MechanismError, Missing
from backends.ethtool import Phy, Ports
from backends.netlink import Netlink
from backends.netlink_types import MAIN_TABLE, Address, Link, Route
from backends.network import policies
from backends.network.plan import Attributes, Change, Ident
from backends.procfs import Procfs

log = logging.getLogger(__name__)

BRIDGE_OPTIONS = (
    "stp", "priority", "forward_delay", "hello_time", "max_age", "ageing_time", "vlan_filtering", "default_pvid",
)  # fmt: skip


def address_ident(address: Address) -> Ident:
    """What tells an address from all others."""
    return ("address", address.interface, f"{address.address}/{address.prefix_length}")


def route_ident(route: Route) -> Ident:
    """What tells a route from all others; "-" stands for none."""
    return (
        "route",
        str(route.family),
        route.destination or "default",
        route.gateway or "-",
        route.interface or "-",
        str(route.metric),
        route.type,
        *(() if route.table == MAIN_TABLE else (str(route.table),)),
    )


class Kernel:
    """Reads and changes the network through netlink and, where netlink has no way, sysctl."""

    def __init__(self, netlink: Netlink, procfs: Procfs, ports: Ports | None = None) -> None:
        self._netlink = netlink
        self._procfs = procfs
        self._ports = ports

    def observe(
        self, sysctls: Iterable[Ident] = (), tables: Iterable[int] = (), *, with_phys: bool = False
    ) -> dict[Ident, dict[str, Any]]:
        """Everything the plan knows, read afresh; of sysctls these, of routing tables these beside the main one, the
        physical side of ports only when asked for.
        """
        self._netlink.forget()
        self._procfs.forget_settings()
        state: dict[Ident, dict[str, Any]] = {}
        for ident in dict.fromkeys(sysctls):
            if (value := self.setting(ident[1], ident[2])) is not None:
                state[ident] = {"value": value}
        if with_phys and self._ports is not None:
            state.update((("phy", name), _phy_state(phy)) for name, phy in self._ports.phys().items())
        for link in self._netlink.links():
            state.update(_link_state(link))
            if (enabled := self.ipv6_enabled(link.name)) is not None:
                state["ipv6", link.name] = {"enabled": enabled}
        if any(link.bridge for link in self._netlink.links()):
            state.update(
                (("bridge_vlan", one.interface, str(one.vlan_id)), {"untagged": one.untagged, "pvid": one.pvid})
                for one in self._netlink.bridge_vlans()
            )
        state.update((address_ident(address), _address_attributes(address)) for address in self._netlink.addresses())
        state.update((route_ident(route), _route_attributes(route)) for route in self._netlink.routes())
        for table in sorted(set(tables)):
            found = self._netlink.routes(table)
            state.update((route_ident(route), _route_attributes(route)) for route in found)
        rules = map(policies.ident_of, self._netlink.rules()) if tables else ()
        state.update((ident, {}) for ident in rules if ident)
        return state

    def ipv6_enabled(self, name: str) -> bool | None:
        """Whether a link speaks IPv6; None on a kernel without IPv6, or when nobody can tell."""
        try:
            disabled = self._procfs.setting(_disable_ipv6(name))
        except MechanismError:  # a name that is no path
            return None
        return None if disabled is None else disabled == "0"

    def setting(self, name: str, path: str) -> str | None:
        """A setting of a link, ``path`` with ``{}`` for its name; None where there is none, or nobody can tell."""
        try:
            return self._procfs.setting(path.format(name))
        except MechanismError:  # a name that is no path
            return None

    def make(self, change: Change) -> None:
        """Make one change; something that is gone already counts as removed. Raises MechanismError.

        Whether it is gone only the next ``observe`` tells: the kernel says the same of a route that differs.
        """
        kind, name = change.ident[0], change.ident[1]
        if change.after is None:
            try:
                self._remove(change.ident, change.before or {})
            except Missing:
                log.debug("%s: it is gone already", change)
        elif kind in ("bridge", "vlan", "port"):
            self._make_link(change, name, change.after)
        elif kind == "bridge_vlan":
            self._netlink.add_bridge_vlan(name, int(change.ident[2]), **change.after)
        elif kind == "link":
            self._netlink.set_link(name, **change.after)
        elif kind == "sysctl":
            self._procfs.change_setting(change.ident[2].format(name), change.after["value"])
        elif kind == "phy":
            self._change_phy(name, change.after)
        elif kind == "ipv6":
            self._procfs.change_setting(_disable_ipv6(name), "0" if change.after["enabled"] else "1")
        elif kind == "address":
            self._add_address(change.ident, change.after)
        elif kind == "rule":
            self._netlink.add_rule(policies.rule_of(change.ident))
        else:
            self._netlink.add_route(_route(change.ident, change.after))

    def _remove(self, ident: Ident, before: Attributes) -> None:
        name = ident[1]
        match ident[0]:
            case "bridge" | "vlan":
                self._netlink.delete_link(name)
            case "port":
                self._netlink.set_link(name, master="")
            case "bridge_vlan":
                self._netlink.delete_bridge_vlan(name, int(ident[2]))
            case "address":
                address, _, length = ident[2].partition("/")
                self._netlink.delete_address(name, address, int(length))
            case "rule":
                self._netlink.delete_rule(policies.rule_of(ident))
            case "route":
                self._netlink.delete_route(_route(ident, before))

    def _make_link(self, change: Change, name: str, after: Attributes) -> None:
        options = {key: int(value) for key, value in after.items() if key in ("path_cost", *BRIDGE_OPTIONS)}
        if change.ident[0] == "vlan":
            self._netlink.add_vlan(name, after["lower"], after["id"], after["protocol"])
        elif change.ident[0] == "port":
            if "bridge" in after:
                self._netlink.set_link(name, master=after["bridge"])
            if options:
                self._netlink.set_bridge_port(name, **options)
        elif change.before is None:
            if not options.get("vlan_filtering", True):  # a new one does not, and a kernel that cannot refuses the word
                del options["vlan_filtering"]
            self._netlink.add_bridge(name, **options)
        elif options:
            self._netlink.set_bridge(name, **options)

    def _change_phy(self, name: str, after: Attributes) -> None:
        if self._ports is None:
            raise MechanismError(f"{name}: this kernel has no ethtool", "EOPNOTSUPP")
        if "advertised" in after:
            self._ports.set_modes(name, advertised=after["advertised"], supported=self._ports.phys()[name].supported)
        if "eee" in after:
            self._ports.set_eee(name, after["eee"])

    def _add_address(self, ident: Ident, after: Attributes) -> None:
        address, _, length = ident[2].partition("/")
        preferred, valid = after.get("preferred"), after.get("valid")
        if after.get("until") is not None:
            preferred, valid = (_seconds_to(moment) for moment in after["until"])
            if valid is not None and valid <= 0:
                log.info("%s/%s is past its lifetime", address, length)
                return
        self._netlink.add_address(
            ident[1],
            address,
            int(length),
            peer=after.get("peer"),
            preferred_lifetime=preferred,
            valid_lifetime=valid,
            scope=after.get("scope", "global"),
            prefix_route="noprefixroute" not in after.get("flags", ()),
            replace=True,
        )


def _disable_ipv6(name: str) -> str:
    return f"net/ipv6/conf/{name}/disable_ipv6"


def _phy_state(phy: Phy) -> dict[str, Any]:
    return {"supported": sorted(phy.supported), "advertised": sorted(phy.advertised), "eee": phy.eee}


def _link_state(link: Link) -> dict[Ident, dict[str, Any]]:
    state: dict[Ident, dict[str, Any]] = {
        ("link", link.name): {"up": link.up, "arp": link.arp, "mtu": link.mtu, "mac": link.mac}
    }
    if link.kind == "vlan":
        state["vlan", link.name] = {"lower": link.lower, "id": link.vlan_id, "protocol": link.vlan_protocol}
    if link.bridge is not None:
        state["bridge", link.name] = {option: getattr(link.bridge, option) for option in BRIDGE_OPTIONS}
    if link.master is not None and link.port is not None:
        state["port", link.name] = {
            "bridge": link.master,
            "path_cost": link.port.path_cost,
            "priority": link.port.priority,
        }
    return state


def _seconds_to(moment: int) -> int | None:
    """A lifetime from now, of a moment in seconds since 1970; 0 is for ever."""
    return max(moment - int(time.time()), 0) if moment else None


def _moment(seconds: int | None) -> int:
    return 0 if seconds is None else int(time.time()) + seconds


def _address_attributes(address: Address) -> dict[str, Any]:
    return {
        "scope": address.scope,
        "peer": address.peer,
        "flags": sorted(address.flags),
        "protocol": address.protocol,
        "preferred": address.preferred_lifetime,
        "valid": address.valid_lifetime,
        "until": [_moment(address.preferred_lifetime), _moment(address.valid_lifetime)],
    }


def _route_attributes(route: Route) -> dict[str, Any]:
    return {
        "protocol": route.protocol,
        "scope": route.scope,
        "source": route.source,
        "expires": route.expires,
        "metrics": dict(route.metrics),
    }


def _route(ident: Ident, attributes: Attributes) -> Route:
    _, family, destination, gateway, interface, metric, kind, *table = ident
    return Route(
        family=int(family),
        destination="" if destination == "default" else destination,
        gateway=None if gateway == "-" else gateway,
        interface=None if interface == "-" else interface,
        metric=int(metric),
        table=int(table[0]) if table else MAIN_TABLE,
        type=kind,
        protocol=attributes.get("protocol", "static"),
        scope=attributes.get("scope", "global"),
        source=attributes.get("source"),
        expires=attributes.get("expires"),
        metrics=tuple((attributes.get("metrics") or {}).items()),
    )
