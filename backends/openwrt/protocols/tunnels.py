"""GRE and VXLAN tunnels in UCI: interfaces of their protocols, each a tunnel with one interface unless told otherwise.

A tunnel that was added is a section of a type of ours, which netifd leaves alone; an interface in it says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from backends.desired_state import Record, Refused, Wanted
from backends.openwrt.protocols.sections import INTERFACE, NetworkSections, both_on, standing, switch_both
from backends.openwrt.sections import Told, truth
from backends.tunnels.records import (
    ETHERNET_PAYLOAD,
    IPV4,
    IPV6,
    NO_KEY,
    PROVISIONED,
    UNSET_VNI,
    VXLAN_PORT,
    GreInterface,
    GreTunnel,
    VxlanInterface,
    VxlanTunnel,
)
from backends.uci import Section, Value

IP_INTERFACE: Final = "Device.IP.Interface.{i}."
TUNNEL: Final = "cpe_tunnel"
"""The type of a tunnel's own section, and the option of an interface that belongs to one."""
REMOTES, KEEP_ALIVE, ENABLED = "cpe_remotes", "cpe_keepalive", "cpe_enable"
"""Options of ours: endpoints behind the first, what nobody keeps alive by, and what is enabled of both."""
PEER: Final = {IPV4: "peeraddr", IPV6: "peer6addr"}
INHERIT: Final = "inherit"

Tunnel = GreTunnel | VxlanTunnel
Carried = GreInterface | VxlanInterface


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of tunnel: its records, and the protocols by delivery and by whether Ethernet frames go through."""

    tunnel: type[GreTunnel] | type[VxlanTunnel]
    interface: type[GreInterface] | type[VxlanInterface]
    protos: Mapping[tuple[str, bool], str]


GRE: Final = Shape(
    GreTunnel,
    GreInterface,
    {(IPV4, False): "gre", (IPV4, True): "gretap", (IPV6, False): "grev6", (IPV6, True): "grev6tap"},
)
VXLAN: Final = Shape(VxlanTunnel, VxlanInterface, {(IPV4, True): "vxlan", (IPV6, True): "vxlan6"})
LINK_NAMES: Final = {"gre": "gre4-", "gretap": "gre4t-", "grev6": "gre6-", "grev6tap": "gre6t-"}
"""What the link of an interface is called, before the interface's name; nothing for the others."""


def link_name(name: str, proto: str) -> str:
    """The link that netifd's scripts make."""
    return f"{LINK_NAMES.get(proto, '')}{name}"


def interfaces(here: NetworkSections, shape: Shape) -> dict[str, Section]:
    """Those of a kind, by name."""
    return here.speaking(*shape.protos.values())


def _own(here: NetworkSections, shape: Shape) -> dict[str, Section]:
    return {key: one for key, one in here.of(TUNNEL).items() if one.text("proto") in shape.protos.values()}


def parent(here: NetworkSections, shape: Shape, name: str, section: Section) -> str:
    """The key of the tunnel that an interface belongs to: its own name, where it is one by itself."""
    tunnel = section.text(TUNNEL)
    return tunnel if tunnel in _own(here, shape) or tunnel in interfaces(here, shape) else name


# -- reading ----------------------------------------------------------------------------------------------------------


def read(here: NetworkSections, shape: Shape) -> dict[Any, dict[str, Any]]:
    """The records of a kind of tunnel."""
    there = interfaces(here, shape)
    parents = {name: parent(here, shape, name, one) for name, one in there.items()}
    alone = {name: one for name, one in there.items() if parents[name] == name}
    tunnels = {key: _tunnel(shape, one) for key, one in {**_own(here, shape), **alone}.items()}
    return {
        shape.tunnel: tunnels,
        shape.interface: {name: _interface(here, shape, one, parents[name]) for name, one in there.items()},
    }


def _tunnel(shape: Shape, section: Section) -> Tunnel:
    version = IPV6 if section.text("proto") in (shape.protos.get((IPV6, False)), shape.protos[IPV6, True]) else IPV4
    first = section.text(PEER[version])
    timeout, threshold = [*map(_number, section.text(KEEP_ALIVE).split()), 0, 0][:2]
    given: dict[str, Any] = {
        "enable": both_on(section, ENABLED)[0],
        "remote_endpoints": ((first,) if first else ()) + section.items(REMOTES),
        "delivery_header_protocol": version,
        "default_dscp_mark": _mark(section),
        **({"keep_alive_timeout": timeout, "keep_alive_threshold": threshold} if section.text(KEEP_ALIVE) else {}),
    }
    if shape is VXLAN:
        given["source_port"] = _number(section.text("srcportmin"))
        given["remote_port"] = _number(section.text("port")) or VXLAN_PORT
    return shape.tunnel(**given)


def _interface(here: NetworkSections, shape: Shape, section: Section, parent: str) -> Carried:
    enable = both_on(section, ENABLED)[1]
    lower = here.row(here.link(section.text("tunlink")), IP_INTERFACE)
    if shape is VXLAN:
        vni = section.text("vid")
        return VxlanInterface(parent=parent, enable=enable, lower=lower, vni=_number(vni) if vni else UNSET_VNI)
    has_frames = section.text("proto") in (shape.protos[IPV4, True], shape.protos[IPV6, True])
    return GreInterface(
        parent=parent,
        enable=enable,
        lower=lower,
        protocol_id_override=ETHERNET_PAYLOAD if has_frames else 0,
        use_checksum=truth(section, "ocsum", False),
        key_policy=PROVISIONED if section.text("okey") else NO_KEY,
        key_identifier=_number(section.text("okey") or section.text("cpe_key")),
        use_sequence_number=truth(section, "oseqno", False),
    )


def _number(text: str) -> int:
    try:
        return max(int(text, 0), 0)
    except ValueError:
        return 0


def _mark(section: Section) -> int:
    """The code point of ``tos``, which netifd reads as hexadecimal; none for one that is inherited."""
    try:
        return (int(section.text("tos"), 16) & 0xFF) >> 2
    except ValueError:
        return 0


# -- writing ----------------------------------------------------------------------------------------------------------


def document(here: NetworkSections, wanted: Wanted, shape: Shape) -> dict[str, Told]:
    """Everything that the records say, by section. Refused."""
    carried: Mapping[str, Carried] = wanted.of(shape.interface)
    tunnels: Mapping[str, Tunnel] = wanted.of(shape.tunnel)
    told = {key: _section(here, shape, key, one, tunnels) for key, one in carried.items()}
    for key, tunnel in tunnels.items():
        if key not in carried:
            proto = shape.protos[tunnel.delivery_header_protocol, True]
            enable = {"disabled": "" if tunnel.enable else "1"}
            told[key] = Told(TUNNEL, {"proto": proto, **enable, **_ends(here.section(key), shape, key, tunnel, True)})
    return told


def proto_of(shape: Shape, tunnel: GreTunnel, one: Record) -> str:
    """netifd's protocol of an interface in a tunnel."""
    has_frames = shape is VXLAN or getattr(one, "protocol_id_override", 0) == ETHERNET_PAYLOAD
    return shape.protos[tunnel.delivery_header_protocol, has_frames]


def _section(here: NetworkSections, shape: Shape, key: str, one: Carried, tunnels: Mapping[str, Tunnel]) -> Told:
    tunnel = tunnels.get(one.parent) or shape.tunnel()
    section, is_alone = here.section(key), one.parent == key
    options = {
        "proto": proto_of(shape, tunnel, one),
        TUNNEL: "" if is_alone else one.parent,
        **switch_both(section, ENABLED, tunnel.enable, one.enable),
        **_ends(section, shape, key, tunnel, is_alone),
        "tunlink": standing(section, "tunlink", one.lower == _lower(here, section), _tunlink(here, shape, key, one)),
        **(_vxlan(one) if isinstance(one, VxlanInterface) else _gre(section, one)),
    }
    return Told(INTERFACE, options)


def _ends(section: Section, shape: Shape, key: str, tunnel: Tunnel, has_rest: bool) -> dict[str, Value]:
    first, rest = tunnel.remote_endpoints[:1], tunnel.remote_endpoints[1:]
    usual = shape.tunnel()
    times = (tunnel.keep_alive_timeout, tunnel.keep_alive_threshold)
    is_usual = times == (usual.keep_alive_timeout, usual.keep_alive_threshold)
    options: dict[str, Value] = {
        **dict.fromkeys(PEER.values(), ""),
        PEER[tunnel.delivery_header_protocol]: "".join(first),
        REMOTES: rest if has_rest else (),
        KEEP_ALIVE: "" if is_usual or not has_rest else f"{times[0]} {times[1]}",
        "tos": standing(section, "tos", tunnel.default_dscp_mark == _mark(section), _tos(shape, key, tunnel)),
    }
    if isinstance(tunnel, VxlanTunnel):
        options["srcportmin"] = str(tunnel.source_port or "")
        options["port"] = "" if tunnel.remote_port == VXLAN_PORT else str(tunnel.remote_port)
    return options


def _tos(shape: Shape, key: str, tunnel: Tunnel) -> str:
    text = f"{tunnel.default_dscp_mark << 2:x}" if tunnel.default_dscp_mark else ""
    if shape is VXLAN and not text.isdecimal() and text:
        reason = "netifd takes this mark of a VXLAN for a decimal number, and then for a hexadecimal one"
        raise Refused(reason, shape.tunnel, key, ("default_dscp_mark",))
    return text


def _lower(here: NetworkSections, section: Section) -> Any:
    return here.row(here.link(section.text("tunlink")), IP_INTERFACE)


def _tunlink(here: NetworkSections, shape: Shape, key: str, one: Carried) -> str:
    name = here.named(one.lower)
    if one.lower is not None and not name:
        raise Refused("no interface of /etc/config/network has this link", shape.interface, key, ("lower",))
    return name


def _vxlan(one: VxlanInterface) -> dict[str, Value]:
    return {"vid": "" if one.vni == UNSET_VNI else str(one.vni)}


def _gre(section: Section, one: GreInterface) -> dict[str, Value]:
    is_keyed = one.key_policy == PROVISIONED
    was_keyed, key = bool(section.text("okey")), str(one.key_identifier)
    is_same_key = (was_keyed, _number(section.text("okey"))) == (is_keyed, one.key_identifier)
    said: dict[str, Value] = {"cpe_key": "" if is_keyed or not one.key_identifier else key}
    for option in ("ikey", "okey"):
        said[option] = standing(section, option, is_same_key, key if is_keyed else "")
    for name, is_on in (("csum", one.use_checksum), ("seqno", one.use_sequence_number)):
        is_same = truth(section, f"o{name}", False) == is_on
        for option in (f"i{name}", f"o{name}"):
            said[option] = standing(section, option, is_same, "1" if is_on else "")
    return said
