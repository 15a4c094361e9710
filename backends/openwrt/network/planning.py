"""Which changes of /etc/config/network lead to what is asked for, by what it says and what the kernel has. Pure."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from backends.network.desired import Claims
from backends.network.errors import Conflict, HandMade
from backends.network.places import address_ident, route_ident
from backends.network.plan import Attributes, Change, Ident, State, Wish
from backends.network.records import (
    BridgePort,
    IpAddress,
    IpInterface,
    IpRoute,
    Record,
    Records,
    Reference,
    is_own,
    natural_ident,
)
from backends.network.topology import Topology
from backends.openwrt.network.said import Said

THINGS: Final = (
    "vlan",
    "bridge",
    "port",
    "bridge_vlan",
    "address",
    "route",
    "rule",
    "interface",
    "assign",
    "ula",
    "off",
)
"""The kinds that are said or not; of others it is said how they are."""
OF_THE_KERNEL: Final = (*THINGS[:7], "link", "ipv6", "sysctl", "phy")
BY_IDENTITY: Final = ("address", "route", "rule")
"""They are told by their identity alone."""
GIVEN: Final[Mapping[str, Mapping[str, Any]]] = {
    "address": {"flags": ["permanent"], "protocol": "", "scope": "global"},
    "route": {"protocol": "static"},
}
"""What the kernel will say of what is there only in UCI."""


def merged(kernel: State, said: Said) -> dict[Ident, dict[str, Any]]:
    """What there is or will be: what UCI says is stronger. Of the VLANs in a bridge of netifd's only those count that
    are said: the kernel's own default one goes with the first of them.
    """
    state = {ident: dict(there) for ident, there in kernel.items() if not _is_by_default(ident, said)}
    for ident, told in said.items():
        if ident[0] not in OF_THE_KERNEL:
            continue
        if ident in state:
            state[ident].update((name, value) for name, value in told.items() if value is not None)
        elif ident[0] in THINGS:
            state[ident] = {**GIVEN.get(ident[0], {}), **told}
    return state


def _is_by_default(ident: Ident, said: Said) -> bool:
    is_known = ident[0] == "bridge_vlan" and (("port", ident[1]) in said or ("bridge", ident[1]) in said)
    return is_known and ident not in said


def is_said(ident: Ident, wanted: Attributes | None, said: Said, observed: State) -> bool:
    """Whether what is asked for is said, or is so where nothing is said."""
    there = said.get(ident)
    if wanted is None or (there is None and ident[0] in THINGS):
        return wanted is there or (wanted is None and ident[0] not in THINGS)
    return not _differing(ident, wanted, there or {}, observed.get(ident, {}))


def changes(wish: Wish, new: Collection[Ident], said: Said, observed: State, claimed: Claims) -> Iterator[Change]:
    """Of what is newly asked for, what UCI does not say yet. HandMade for what somebody made without UCI."""
    for ident in sorted(new):
        if ident not in wish:
            continue
        wanted, there = wish[ident], said.get(ident)
        if wanted is None:
            if there is not None and ident[0] in THINGS:
                yield Change(ident, dict(there), None)
            elif there is None and ident in claimed and ident in observed and ident[0] in THINGS:
                what = f"{' '.join(ident[1:])} is not from /etc/config/network"
                raise HandMade(f"{what}: whoever made it has to take it away", ident)
        elif there is None and ident[0] in THINGS:
            yield Change(ident, None, {name: value for name, value in wanted.items() if value is not None})
        elif differing := _differing(ident, wanted, there or {}, observed.get(ident, {})):
            if ident[0] in ("bridge_vlan", "vlan"):
                yield Change(ident, dict(there or {}), {**(there or {}), **wanted})
            else:
                yield Change(ident, {name: (there or {}).get(name) for name in differing}, differing)


def _differing(ident: Ident, wanted: Attributes, there: Attributes, now: Attributes) -> dict[str, Any]:
    if ident[0] in BY_IDENTITY:
        if ident[0] == "address" and wanted.get("until") not in (None, [0, 0]):
            raise Conflict("OpenWrt's configuration cannot say when an address ends", ident)
        return {}
    return {
        name: value
        for name, value in wanted.items()
        if there.get(name) != value and not (there.get(name) is None and _is_so(name, value, now))
    }


def _is_so(name: str, value: Any, now: Attributes) -> bool:
    """What is not said is as the kernel has it; but for what has to be said to be so after a boot."""
    return value is not None and name != "up" and bool(now.get(name) == value)


def places(records: Records, topology: Topology, near: list[Ident]) -> dict[Reference, Ident]:
    """Where the addresses and routes of records belong."""
    found: dict[Reference, Ident] = {}
    for key, address in records.of(IpAddress).items():
        ident = address_ident(address, key, topology)
        if ident and _is_wanted(address, key):
            found[Reference("address", key)] = ident
    for key, route in records.of(IpRoute).items():
        ident = route_ident(route, key, topology, near)
        if ident and _is_wanted(route, key):
            found[Reference("route", key)] = ident
    return found


def _is_wanted(record: Record, key: str) -> bool:
    return not record.deleted and (bool(record.enable) or (record.enable is None and not is_own(key)))


def switched_off_rows(records: Records, topology: Topology, near: list[Ident]) -> dict[Reference, Ident]:
    """Where the routes would belong that are disabled."""
    found = {}
    for key, route in records.of(IpRoute).items():
        if not route.deleted and route.enable is False and (ident := route_ident(route, key, topology, near)):
            found[Reference("route", key)] = ident
    return found


def hops(said: Said) -> list[Ident]:
    """The gateways of routes that are switched off, as if they were reached: whose they are is known by them also when
    the address is gone that they were reached through.
    """
    lengths = {"4": 32, "6": 128}
    off = (ident for ident in said if ident[0] == "off" and ident[3] != "-")
    return [("address", ident[4], f"{ident[3]}/{lengths[ident[1]]}") for ident in off]


def given_up(before: Mapping[Reference, Ident], after: Mapping[Reference, Ident], said: Said) -> list[Change]:
    """The routes that are switched off in UCI, and of which no row says so any more."""
    gone = [("off", *ident[1:]) for ident in dict.fromkeys(before.values()) if ident not in after.values()]
    return [Change(ident, {}, None) for ident in gone if ident in said]


def moves(before: Mapping[Reference, Ident], after: Mapping[Reference, Ident]) -> dict[Ident, Ident]:
    """What comes in the place of what, row by row."""
    natural = {row: natural_ident(row.kind, row.key) for row in after if not is_own(row.key)}
    was = {row: before.get(row) or natural.get(row) for row in after}
    return {ident: old for row, ident in after.items() if (old := was[row]) is not None and old != ident}


def switched_off(before: Mapping[Reference, Ident], records: Records) -> frozenset[Ident]:
    """The routes whose rows stay, and are disabled."""
    routes = records.of(IpRoute)
    return frozenset(
        ident
        for row, ident in before.items()
        if row.kind == "route" and row.key in routes and not routes[row.key].deleted and routes[row.key].enable is False
    )


def bridges_of(records: Records, topology: Topology, said: Said) -> dict[str, str]:
    """The bridge of each link that VLANs may pass, as far as rows and UCI tell."""
    found = {ident[1]: str(there["bridge"]) for ident, there in said.items() if ident[0] == "port"}
    found.update((link.name, link.master) for link in topology.links.values() if link.master)
    for key, port in records.of(BridgePort).items():
        name = topology.link_of(Reference("bridge_port", key))
        bridge = topology.link_of(Reference("bridge", port.bridge))
        if name and bridge and not port.deleted:
            found[name] = bridge
    return found


def claimed_links(records: Records, topology: Topology) -> set[str]:
    """The links for which a row of IP.Interface was added."""
    own = (key for key in records.of(IpInterface) if is_own(key))
    return {link for key in own if (link := topology.link_of(Reference("ip", key)))}
