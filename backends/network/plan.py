"""The plan: which changes lead from what is observed to what is wanted, in which order, and what they disturb. Pure.

Everything in the kernel has an identity, a tuple of strings: ``("address", "eth0", "192.0.2.1/24")``. A ``State`` says
what is there, with attributes; a ``Wish`` what should be, naming only the attributes that matter, ``None`` for absent:

    bridge NAME                              stp priority forward_delay hello_time max_age ageing_time (centiseconds)
                                             vlan_filtering default_pvid
    vlan NAME                                lower id protocol
    phy NAME                                 supported advertised (link modes as bits) eee; present for physical ports
    link NAME                                up arp mtu mac; present for every link, made and removed with it
    port NAME                                bridge path_cost priority; a link that is a bridge's member
    bridge_vlan NAME VID                     untagged pvid; a VLAN that passes a bridge's member, or the bridge itself
    ipv6 NAME                                enabled; present for every link
    sysctl NAME PATH                         value; a setting of the link, "{}" in its path stands for the name
    address LINK CIDR                        scope peer flags preferred valid (seconds from now), until (both again,
                                             in seconds since 1970, 0 for ever)
    rule FAMILY POLICY                       packets of this policy are routed by its table; no attributes
    route FAMILY DEST VIA DEV METRIC TYPE    protocol scope source expires metrics ("-" where there is none, "default");
                                             one more part is a TABLE that is not the main one
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Ident = tuple[str, ...]
Attributes = Mapping[str, Any]
State = Mapping[Ident, Attributes]
Wish = Mapping[Ident, Attributes | None]

BUILD_ORDER: Final = (
    "bridge",
    "vlan",
    "ipv6",
    "phy",
    "link",
    "port",
    "bridge_vlan",
    "sysctl",
    "address",
    "route",
    "rule",
)
"""What carries comes before what is carried; removal goes the other way round."""

_COMES_BY_ITSELF: Final = ("kernel_ll", "kernel_lo", "kernel_ra", "ra")
"""Protocols of what the kernel or the next router advertisement brings back when a link comes up."""
_PREFIX_ROUTE_METRIC: Final = {"4": "0", "6": "256"}
"""The metric of the routes that come with addresses; other ``kernel`` routes are an administrator's."""
_WITH_LINK: Final = ("link", "ipv6", "phy", "sysctl")
_SMALLEST_IPV6_MTU: Final = 1280
_SAME_MOMENT: Final = 2  # seconds


@dataclass(frozen=True, slots=True)
class Change:
    """One edit of the kernel; ``None`` on one side makes or removes the thing."""

    ident: Ident
    before: Attributes | None
    after: Attributes | None

    def __str__(self) -> str:
        verb = "add" if self.before is None else "remove" if self.after is None else "change"
        return f"{verb} {' '.join(self.ident)}"


def plan(wish: Wish, observed: State) -> list[Change]:
    """The changes after which the wish holds, in an order the kernel takes; none when it holds already.

    What cannot be (an address on a link that is not there and is not wished for) is left out.
    """
    exists = _links_after(wish, observed)
    changes = []
    for ident, wanted in wish.items():
        there = observed.get(ident)
        if wanted is None:
            if there is not None and ident[0] not in _WITH_LINK:
                changes.append(Change(ident, dict(there), None))
        elif not _can_be(ident, wanted, wish, observed, exists):
            continue
        elif there is None:
            changes.append(Change(ident, None, dict(wanted)))
        else:
            changes.extend(_news(ident, wanted, there))
    return _ordered(changes, wish, observed)


def holds(ident: Ident, wanted: Attributes | None, observed: State) -> bool:
    """Whether this part of a wish is so already."""
    there = observed.get(ident)
    if wanted is None or there is None:
        return wanted is there
    return not _differing(ident, wanted, there)


def undo_of(changes: Iterable[Change], observed: State) -> dict[Ident, Attributes | None]:
    """The wish that takes the changes back: what each replaces, and all that the kernel may drop on either way."""
    changes = list(changes)
    back = [Change(change.ident, change.after, change.before) for change in changes]
    wish: dict[Ident, Attributes | None] = dict(disturbed([*changes, *back], observed))
    if any("default_pvid" in (change.after or {}) for change in changes):  # it takes and gives entries by itself
        wish.update((ident, dict(there)) for ident, there in observed.items() if ident[0] == "bridge_vlan")
    for change in changes:
        wish[change.ident] = {**wish.get(change.ident, {}), **change.before} if change.before is not None else None  # type: ignore[dict-item]
    return wish


def disturbed(changes: Iterable[Change], observed: State) -> dict[Ident, Attributes]:
    """What the kernel may drop by itself when the changes are made, so that somebody has to put it back.

    A link that goes down loses its routes and IPv6 addresses; a link that goes takes everything on it along; the last
    IPv4 address of a link takes its routes, the first of a subnet the others, any address the routes that start at it.
    """
    gone, shaken, sources, left = set[str](), set[str](), set[str](), set[str]()
    for change in changes:
        kind, name = change.ident[0], change.ident[1]
        if kind in ("vlan", "bridge") and change.after is None:
            gone |= {name, *_above(name, observed)}
        elif _shakes(change):
            shaken |= {name, *_above(name, observed)}
        elif kind == "address" and change.after is None:
            shaken.add(name)
            sources.add(change.ident[2].partition("/")[0])
        elif kind == "port" and (change.after is None or "bridge" in change.after):
            left.add(name)
    left |= {ident[1] for ident, there in observed.items() if ident[0] == "port" and there["bridge"] in gone}
    return {
        ident: {name: value for name, value in there.items() if name != "until"}
        for ident, there in observed.items()
        if _is_lost(ident, there, gone, shaken, sources) or (ident[0] == "bridge_vlan" and ident[1] in left)
    }


def can_return(ident: Ident, attributes: Attributes, observed: State) -> bool:
    """Whether something that the kernel dropped can be there again now."""
    kind = ident[0]
    if kind in ("vlan", "bridge"):
        return True
    if kind == "route":
        device = ident[4]
        if device == "-":
            return True
        up = bool(observed.get(("link", device), {}).get("up"))
        return up and (ident[1] == "4" or _has_ipv6(device, observed)) and _has_source(attributes, observed)
    if ("link", ident[1]) not in observed:
        return False
    if kind == "address" and ":" in ident[2]:
        return _has_ipv6(ident[1], observed) and bool(observed[("link", ident[1])].get("up"))
    if kind == "bridge_vlan":
        return ("port", ident[1]) in observed or ("bridge", ident[1]) in observed
    return kind != "port" or ("bridge", attributes["bridge"]) in observed


def family_of(ident: Ident) -> int:
    """4 or 6, of an address or a route."""
    return int(ident[1]) if ident[0] == "route" else 6 if ":" in ident[2] else 4


def link_of(ident: Ident) -> str:
    """The link that an identity is about; "" for a route without one, and a rule."""
    name = ident[4] if ident[0] == "route" else "" if ident[0] == "rule" else ident[1]
    return "" if name == "-" else name


def to_json(wish: Wish) -> list[list[Any]]:
    """A wish or a state as JSON: ``[[identity, attributes or null], …]``."""
    return [[list(ident), None if wanted is None else dict(wanted)] for ident, wanted in wish.items()]


def from_json(stored: Iterable[Any]) -> dict[Ident, Attributes | None]:
    """The inverse of ``to_json``; entries that make no sense are left out."""
    return {tuple(ident): wanted for ident, wanted in stored if ident and ident[0] in BUILD_ORDER}


def _links_after(wish: Wish, observed: State) -> set[str]:
    exists = {ident[1] for ident in observed if ident[0] == "link"}
    made = [ident for ident, wanted in wish.items() if ident[0] in ("vlan", "bridge") and wanted is not None]
    exists |= {ident[1] for ident in made if ident[0] == "bridge"}
    removed = {ident[1] for ident, wanted in wish.items() if ident[0] in ("vlan", "bridge") and wanted is None}
    exists -= removed | {above for name in removed for above in _above(name, observed)}
    vlans = [ident for ident in made if ident[0] == "vlan"]
    for _ in vlans:  # a VLAN may lie over another one
        exists |= {ident[1] for ident in vlans if (wish[ident] or {})["lower"] in exists}
    return exists


def _can_be(ident: Ident, wanted: Attributes, wish: Wish, observed: State, exists: set[str]) -> bool:
    name = link_of(ident)
    if ident[0] == "bridge" or not name:
        return True
    if ident[0] == "sysctl":  # of links that are there, or of all together, which no link's name is
        return name in exists or ident in observed
    if name not in exists:
        return False
    if ident[0] == "port":
        return wanted["bridge"] in exists
    if ident[0] == "bridge_vlan":
        places = (("port", name), ("bridge", name))
        return any((wish[place] if place in wish else observed.get(place)) is not None for place in places)
    if ident[0] == "link" and wanted.get("up"):
        lower = _lower(name, wish, observed)
        return not lower or _will_be_up(lower, wish, observed)
    if ident[0] in ("address", "route") and family_of(ident) == 6 and not _will_have_ipv6(name, wish, observed):
        return False
    return ident[0] != "route" or _will_be_up(name, wish, observed)


def _lower(name: str, wish: Wish, observed: State) -> str:
    there = wish.get(("vlan", name)) or observed.get(("vlan", name)) or {}
    return str(there.get("lower") or "")


def _will_be_up(name: str, wish: Wish, observed: State) -> bool:
    wanted, there = wish.get(("link", name)) or {}, observed.get(("link", name)) or {}
    up = bool(wanted.get("up", there.get("up", False)))
    lower = _lower(name, wish, observed)
    return up and (not lower or _will_be_up(lower, wish, observed))


def _will_have_ipv6(name: str, wish: Wish, observed: State) -> bool:
    wanted, there = wish.get(("ipv6", name)) or {}, observed.get(("ipv6", name)) or {}
    mtu = (wish.get(("link", name)) or {}).get("mtu", _SMALLEST_IPV6_MTU)
    return bool(wanted.get("enabled", there.get("enabled", True))) and mtu >= _SMALLEST_IPV6_MTU


def _differing(ident: Ident, wanted: Attributes, there: Attributes) -> dict[str, Any]:
    """What is not as it should be. A route is told by its identity alone, and an address where nobody sets lifetimes:
    what a server gave ticks.
    """
    if ident[0] == "address":
        until, now = wanted.get("until"), there.get("until")
        if until is None or now is None:
            return {}
        return {"until": until} if any(_far(*pair) for pair in zip(until, now, strict=True)) else {}
    if ident[0] == "route":
        return {}
    return {key: value for key, value in wanted.items() if there.get(key) != value}


def _far(one: int, other: int) -> bool:
    """Whether two moments differ by more than a lifetime in whole seconds explains; 0 is never."""
    return (one == 0) != (other == 0) or abs(one - other) > _SAME_MOMENT


def _news(ident: Ident, wanted: Attributes, there: Attributes) -> list[Change]:
    """The changes for something that is there already; none when nothing differs."""
    differing = _differing(ident, wanted, there)
    if not differing:
        return []
    if ident[0] == "vlan":  # the kernel does not change its identifier, it makes another one
        return [Change(ident, dict(there), None), Change(ident, None, dict(wanted))]
    if ident[0] == "bridge_vlan":  # its flags are set together
        return [Change(ident, dict(there), {**there, **wanted})]
    return [Change(ident, {key: there.get(key) for key in differing}, differing)]


def _ordered(changes: list[Change], wish: Wish, observed: State) -> list[Change]:
    """Removals from the top of the stack down, then what is made or changed from its foot up."""

    def depth(change: Change) -> int:
        name, steps = change.ident[1], 0
        while change.ident[0] in ("vlan", "link") and (name := _lower(name, wish, observed)) and steps < len(wish) + 1:
            steps += 1
        return steps

    def rank(change: Change) -> tuple[int, int, bool]:
        via_link = (
            change.ident[0] == "route" and change.ident[3] != "-"
        )  # a gateway is reached by a route that goes first
        return BUILD_ORDER.index(change.ident[0]), depth(change), via_link

    removals = [change for change in changes if change.after is None]
    others = [change for change in changes if change.after is not None]
    return sorted(removals, key=rank, reverse=True) + sorted(others, key=rank)


def _shakes(change: Change) -> bool:
    after = change.after or {}
    if change.ident[0] == "link":
        return after.get("up") is False or after.get("mtu", _SMALLEST_IPV6_MTU) < _SMALLEST_IPV6_MTU
    return change.ident[0] == "ipv6" and after.get("enabled") is False


def _above(name: str, observed: State) -> set[str]:
    """The VLANs over a link, and those over them."""
    found = {ident[1] for ident, there in observed.items() if ident[0] == "vlan" and there["lower"] == name}
    return found | {further for above in found for further in _above(above, observed)}


def _is_lost(ident: Ident, there: Attributes, gone: set[str], shaken: set[str], sources: set[str]) -> bool:
    kind, name = ident[0], link_of(ident)
    if there.get("protocol") in _COMES_BY_ITSELF:
        return False
    if kind == "route":
        comes_with_address = there.get("protocol") == "kernel" and ident[5] == _PREFIX_ROUTE_METRIC[ident[1]]
        return not comes_with_address and (name in gone | shaken or there.get("source") in sources)
    if kind == "port" and there["bridge"] in gone:
        return True
    return name in gone or (name in shaken and kind in ("address", "link"))


def _has_ipv6(name: str, observed: State) -> bool:
    return bool(observed.get(("ipv6", name), {}).get("enabled", True))


def _has_source(attributes: Attributes, observed: State) -> bool:
    source = attributes.get("source")
    return not source or any(ident[0] == "address" and ident[2].partition("/")[0] == source for ident in observed)
