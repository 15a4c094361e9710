"""Tunnels of all kinds in UCI as one service's records: see tunnels, provider_tunnels and wireguard beside."""

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from typing import Final

from backends.desired_state import NotOurs, Record, Refused, Wanted
from backends.openwrt.configured import Read
from backends.openwrt.differences import Difference
from backends.openwrt.protocols import provider_tunnels, tunnels, wireguard
from backends.openwrt.protocols.provider_tunnels import DS_LITE, SIX_RD
from backends.openwrt.protocols.sections import NETWORK, Ground, NetworkSections, bring, short
from backends.openwrt.protocols.tunnels import GRE, VXLAN, Shape
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
    VxlanTunnel,
    WireGuardInterface,
    WireGuardPeer,
)
from backends.uci import Edits, Package, Uci

SHAPES: Final = (GRE, VXLAN)
LINKS: Final[tuple[type[Record], ...]] = (GreInterface, VxlanInterface, WireGuardInterface)

ALONE: Final = (SixRd, DsLite)
OWNING: Final[Mapping[type[Record], tuple[type[Record], ...]]] = {
    GreInterface: (GreTunnel,), VxlanInterface: (VxlanTunnel,), WireGuardInterface: (WireGuardPeer,),
}  # fmt: skip
"""By the kind of what is a link, the kinds whose records belong to it."""

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
        found[WireGuardInterface] = {name: ("", name) for name in here.of(wireguard.PROTO)}
        for kind, proto in ((SixRd, SIX_RD), (DsLite, DS_LITE)):
            found[kind] = {ONE: ("", provider_tunnels.link_name(provider_tunnels.name_of(here, proto), proto))}
        return found


class TunnelMapping:
    """See backends.openwrt.configured.Mapping. ``carrier_of``: the link by which packets to an address leave."""

    packages = (NETWORK,)
    kinds = KINDS

    def __init__(self, ground: Ground, names: Callable[[], Names], carrier_of: Callable[[str], str | None]) -> None:
        self._ground, self._names, self._carrier_of = ground, names, carrier_of

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
        for shape in SHAPES:
            for key in after.of(shape.interface):
                if {(shape.interface, key), (shape.tunnel, self._parent(after, shape, key))} & changed:
                    self._check_interface(shape, key, after)

    def write(self, edits: Edits, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        here = NetworkSections.of_package(edits.read, self._ground)
        bring(edits, document(here, before), document(here, after))

    def cuts(self, before: Wanted, after: Wanted) -> bool:
        """Any other option makes netifd take the tunnel down and up."""
        names = self._names()
        links: set[str] = set()
        for kind, key in Difference.between(before, after).rows():
            record = after.of(kind).get(key) or before.of(kind)[key]
            for other, some in names.items():
                if kind in ALONE:
                    links |= {link for _, link in some.values()} if kind is other else set()
                elif other not in ALONE and (other is kind or kind in OWNING.get(other, ())):
                    wanted = {key, record.parent} - {""}
                    links |= {link for own, (parent, link) in some.items() if wanted & {own, parent}}
        return self._ground.crosses(links)

    def key_for(self, record: Record, taken: Collection[str]) -> str:
        """See Mapping."""
        return short(taken) if isinstance(record, LINKS) else fresh(taken)

    def _parent(self, wanted: Wanted, shape: Shape, key: str) -> str:
        return wanted.get(shape.interface, key).parent

    def _check_interface(self, shape: Shape, key: str, wanted: Wanted) -> None:
        one = wanted.get(shape.interface, key)
        tunnel: GreTunnel = wanted.get(shape.tunnel, one.parent)
        if not (one.enable and tunnel.enable):
            return
        if isinstance(one, GreInterface) and one.key_policy == PROVISIONED and not one.key_identifier:
            raise Refused("0 is no key to netifd", GreInterface, key, ("key_identifier", "key_policy"))
        for link in self._carriers(one.lower, tunnel):
            if not self._ground.may_change(link):
                reason = f"{link} is not given to the agent ([network] manage)"
                raise NotOurs(reason, shape.interface, key, ("enable", "lower"))

    def _carriers(self, lower: object, tunnel: GreTunnel) -> Iterator[str]:
        given = self._ground.link_of(lower)  # type: ignore[arg-type]
        hosts = [host for host in tunnel.remote_endpoints[:1] if version_of(host) is not None]
        found = [given] if lower is not None else [self._carrier_of(host) for host in hosts]
        yield from (link for link in found if link)


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
