"""Tunnels of all kinds in UCI as one service's records: see tunnels, provider_tunnels and wireguard beside."""

from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Final

from backends.desired_state import NotOurs, Pointer, Record, Refused, Wanted
from backends.openwrt.configured import Read
from backends.openwrt.differences import Difference
from backends.openwrt.protocols import provider_tunnels, tunnels, wireguard
from backends.openwrt.protocols.provider_tunnels import DS_LITE, SIX_RD
from backends.openwrt.protocols.sections import NETWORK, Ground, NetworkSections, bring, short
from backends.openwrt.protocols.tunnels import GRE, VXLAN
from backends.openwrt.sections import Document, fresh
from backends.tunnels.checks import ONE, check, check_alone
from backends.tunnels.names import version_of
from backends.tunnels.records import (
    KINDS,
    PROVISIONED,
    DsLite,
    GreInterface,
    GreTunnel,
    SixRd,
    VxlanInterface,
    WireGuardInterface,
    WireGuardPeer,
)
from backends.uci import Edits, Package, Uci

SHAPES: Final = (GRE, VXLAN)
LINKS: Final[tuple[type[Record], ...]] = (GreInterface, VxlanInterface, WireGuardInterface)

ALONE: Final = (SixRd, DsLite)
Names = dict[type[Record], dict[str, tuple[str, str]]]
"""By kind and key, the key of the tunnel that an interface belongs to ("": to none) and the name of its link."""


class TunnelNames:
    """The links of tunnels, of UCI alone: they have names before there is the link."""

    def __init__(self, uci: Uci, ground: Ground) -> None:
        self._uci, self._ground = uci, ground
        self._found: tuple[Package | None, Names] = (None, {})

    def __call__(self) -> Names:
        """Those of the sections that there are; made once of a package. MechanismError."""
        package = self._uci.read(NETWORK)
        if self._found[0] is not package:
            self._found = package, self._read(NetworkSections(package, self._ground))
        return self._found[1]

    def _read(self, here: NetworkSections) -> Names:
        found: Names = {}
        for shape in SHAPES:
            found[shape.interface] = {
                name: (tunnels.parent(here, shape, name, one), tunnels.link_name(name, one.text("proto")))
                for name, one in tunnels.interfaces(here, shape).items()
            }
        found[WireGuardInterface] = {name: ("", name) for name in here.speaking(wireguard.PROTO)}
        for kind, proto in ((SixRd, SIX_RD), (DsLite, DS_LITE)):
            found[kind] = {ONE: ("", provider_tunnels.link_name(provider_tunnels.name_of(here, proto), proto))}
        return found


class TunnelMapping:
    """See backends.openwrt.configured.Mapping. ``carriers_of``: the links by which packets to an address leave, "" for
    one that is not known: those that lead outside.
    """

    packages = (NETWORK,)
    kinds = KINDS

    def __init__(
        self, ground: Ground, names: Callable[[], Names], carriers_of: Callable[[str], Collection[str]]
    ) -> None:
        self._ground, self._names, self._carriers_of = ground, names, carriers_of

    def surroundings(self) -> Hashable:
        """See Mapping."""
        return self._ground.surroundings()

    def read(self, read: Read) -> Wanted:
        """See Mapping."""
        here = NetworkSections.of_package(read, self._ground)
        return Wanted(1, {
            **tunnels.read(here, GRE), **tunnels.read(here, VXLAN), **provider_tunnels.read(here),
            **wireguard.read(here),
        })  # fmt: skip

    def check(self, before: Wanted, after: Wanted) -> None:
        """See Mapping. A person's own configuration is not looked at: it is as it is."""
        changed = {*Difference.between(before, after).rows()}
        check(Wanted(1, {
            kind: {key: one for key, one in some.items() if (kind, key) in changed or _stands(kind, key, one)}
            for kind, some in after.by_kind.items()
        }))  # fmt: skip
        try:
            check_alone(after)
        except Refused as refused:
            if (refused.kind, refused.key) in changed:
                raise
        for kind, key in _links(changed, before, after):
            for some in (before, after):
                self._check_given(kind, key, some)
        for key, one in after.of(GreInterface).items():
            is_concerned = {(GreInterface, key), (GreTunnel, one.parent)} & changed
            is_on = one.enable and after.get(GreTunnel, one.parent).enable
            if is_concerned and is_on and one.key_policy == PROVISIONED and not one.key_identifier:
                raise Refused("0 is no key to netifd", GreInterface, key, ("key_identifier", "key_policy"))

    def write(self, edits: Edits, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        here = NetworkSections.of_package(edits.read, self._ground)
        bring(edits, document(here, before), document(here, after))

    def cuts(self, before: Wanted, after: Wanted) -> bool:
        """Any other option makes netifd take the tunnel down and up."""
        names = self._names()
        concerned = _links({*Difference.between(before, after).rows()}, before, after)
        return self._ground.crosses(names[kind][key][1] for kind, key in concerned if key in names.get(kind, {}))

    def key_for(self, record: Record, taken: Collection[str]) -> str:
        """See Mapping."""
        return short(taken) if isinstance(record, LINKS) else fresh(taken)

    def _check_given(self, kind: type[Record], key: str, wanted: Wanted) -> None:
        """A tunnel that is on, or shall be, is changed only where it, or what it goes over, is given to the agent."""
        carriers = _hosts(wanted, kind, key)
        if carriers is None:
            return
        lower, host = carriers
        given = self._ground.link_of(lower) if lower is not None else None
        links = [given] if given else [*self._carriers_of(host)]
        _, name = self._names().get(kind, {}).get(key, ("", ""))
        if links and not any(map(self._ground.may_change, [*links, name])):
            reason = f"{links[0]} is not given to the agent ([network] manage)"
            raise NotOurs(reason, kind, "" if kind in ALONE else key, ("enable", "setting_enable", "lower"))


def _links(changed: Collection[tuple[type[Record], str]], *those: Wanted) -> list[tuple[type[Record], str]]:
    """Of records that differ, those that are links, by themselves or by what belongs to them."""
    found: dict[tuple[type[Record], str], None] = {}
    for kind, key in changed:
        if kind in ALONE:
            found[kind, ONE] = None
        for wanted in those:
            record = wanted.of(kind).get(key)
            if kind in LINKS and record is not None:
                found[kind, key] = None
            if kind is WireGuardPeer and record is not None:
                found[WireGuardInterface, record.parent] = None
            for shape in SHAPES if record is not None else ():
                below = wanted.of(shape.interface).items() if kind is shape.tunnel else ()
                found |= dict.fromkeys((shape.interface, own) for own, one in below if one.parent == key)
    return list(found)


def _hosts(wanted: Wanted, kind: type[Record], key: str) -> tuple[Pointer | None, str] | None:
    """What a link goes over: a row, or the way to an address; None for one that is not to be there."""
    if kind in ALONE:
        one = wanted.get(SixRd) if kind is SixRd else wanted.get(DsLite)
        return (None, "") if one.enable and one.setting_enable else None
    if kind is WireGuardInterface:
        return (None, "") if wanted.get(WireGuardInterface, key).enable else None
    shape = GRE if kind is GreInterface else VXLAN
    carried: GreInterface | VxlanInterface = wanted.get(shape.interface, key)
    tunnel: GreTunnel = wanted.get(shape.tunnel, carried.parent)
    if not (carried.enable and tunnel.enable):
        return None
    return carried.lower, next((host for host in tunnel.remote_endpoints[:1] if version_of(host) is not None), "")


def document(here: NetworkSections, wanted: Wanted) -> Document:
    """Everything that the records say, by section. Refused."""
    return {
        **tunnels.document(here, wanted, GRE),
        **tunnels.document(here, wanted, VXLAN),
        **provider_tunnels.document(here, wanted),
        **wireguard.document(here, wanted),
    }


def _stands(kind: type[Record], key: str, one: Record) -> bool:
    """Whether a record could be wanted by itself: one of a person's that could not is nobody's hindrance."""
    by_kind: Mapping[type[Record], Mapping[str, Record]] = {kind: {key: one}}
    if kind.owner is not None:
        by_kind = {**by_kind, kind.owner: {one.parent: kind.owner()}}
    try:
        check(Wanted(1, by_kind))
    except Refused:
        return False
    return True
