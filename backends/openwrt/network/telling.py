"""A plan's changes said in UCI: what is to be edited in /etc/config/network so that netifd makes them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from backends.network.plan import Change, Ident
from backends.openwrt.network.addresses import pairs, tell_address, tell_route, tell_route_off, tell_rule
from backends.openwrt.network.links import (
    tell_assignment,
    tell_bridge,
    tell_bridge_vlan,
    tell_interface,
    tell_ipv6,
    tell_link,
    tell_phy,
    tell_port,
    tell_sysctl,
    tell_ula,
    tell_vlan,
)
from backends.openwrt.network.sheet import Sheet

GOING: Final = ("rule", "bridge_vlan", "port", "assign", "ula", "link", "interface", "vlan", "bridge")
COMING: Final = (
    "bridge", "vlan", "interface", "port", "bridge_vlan", "link", "ipv6", "phy", "sysctl", "ula", "assign", "rule",
)  # fmt: skip
"""Sections come before what names them, and go after it."""


@dataclass(frozen=True, slots=True)
class Telling:
    """``moves``: what comes in the place of something that goes; ``kept``: routes that are only switched off;
    ``bridges``: the bridge of each link that is in VLANs; ``supported``: the link modes of ports.
    """

    changes: tuple[Change, ...] = ()
    moves: Mapping[Ident, Ident] = field(default_factory=dict)
    kept: frozenset[Ident] = frozenset()
    bridges: Mapping[str, str] = field(default_factory=dict)
    supported: Mapping[str, Collection[int]] = field(default_factory=dict)

    def reversed(self) -> "Telling":
        """What takes it back."""
        changes = tuple(Change(one.ident, one.after, one.before) for one in self.changes)
        moves = {before: after for after, before in self.moves.items()}
        return Telling(changes, moves, frozenset(), self.bridges, self.supported)

    def to_json(self) -> dict[str, Any]:
        """The durable form."""
        return {
            "changes": [[list(one.ident), _plain(one.before), _plain(one.after)] for one in self.changes],
            "moves": [[list(after), list(before)] for after, before in self.moves.items()],
            "kept": [list(ident) for ident in sorted(self.kept)],
            "bridges": dict(self.bridges),
            "supported": {name: list(bits) for name, bits in self.supported.items()},
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Telling":
        """The inverse of ``to_json``."""
        return cls(
            tuple(Change(tuple(ident), before, after) for ident, before, after in stored.get("changes", ())),
            {tuple(after): tuple(before) for after, before in stored.get("moves", ())},
            frozenset(tuple(ident) for ident in stored.get("kept", ())),
            stored.get("bridges", {}),
            stored.get("supported", {}),
        )


def _plain(attributes: Any) -> Any:
    return None if attributes is None else dict(attributes)


def tell(sheet: Sheet, telling: Telling) -> None:
    """Stage all of it. backends.network.errors.Refused for what OpenWrt's configuration cannot say."""
    changes = telling.changes
    addresses, routes = pairs(changes, telling.moves, "address"), pairs(changes, telling.moves, "route")
    for gone, come in routes:
        if come is None:
            tell_route(sheet, gone, None, is_kept=gone in telling.kept)
    for gone, come in addresses:
        if come is None:
            tell_address(sheet, gone, None)
    _tell_kinds(sheet, [one for one in changes if one.after is None], GOING, telling)
    _tell_kinds(sheet, [one for one in changes if one.after is not None], COMING, telling)
    for gone, come in addresses:
        if come is not None:
            tell_address(sheet, gone, come, _until(changes, come))
    for gone, come in routes:
        if come is not None:
            tell_route(sheet, gone, come)
    for change in changes:
        if change.ident[0] == "off" and change.after is not None:
            tell_route_off(sheet, change.ident)


def _tell_kinds(sheet: Sheet, changes: Collection[Change], kinds: Sequence[str], telling: Telling) -> None:
    for kind in kinds:
        for change in changes:
            if change.ident[0] == kind:
                _tell(sheet, change, telling)


def _until(changes: Collection[Change], ident: Ident) -> object:
    return next(((one.after or {}).get("until") for one in changes if one.ident == ident and one.after), None)


def _tell(sheet: Sheet, change: Change, telling: Telling) -> None:
    match change.ident[0]:
        case "phy":
            tell_phy(sheet, change, telling.supported.get(change.ident[1], ()))
        case "bridge_vlan":
            bridge = sheet.document.ports.get(change.ident[1]) or telling.bridges.get(change.ident[1], change.ident[1])
            tell_bridge_vlan(sheet, change, bridge)
        case kind:
            BY_KIND[kind](sheet, change)


BY_KIND: Final = {
    "link": tell_link,
    "interface": tell_interface,
    "ipv6": tell_ipv6,
    "sysctl": tell_sysctl,
    "vlan": tell_vlan,
    "bridge": tell_bridge,
    "port": tell_port,
    "assign": tell_assignment,
    "ula": tell_ula,
    "rule": tell_rule,
}
