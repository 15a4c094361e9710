"""WireGuard in UCI: interfaces with proto wireguard, and their peers, sections of the type wireguard_INTERFACE."""

from typing import Any, Final

from backends.desired_state import Wanted
from backends.openwrt.protocols.sections import INTERFACE, NetworkSections, is_on, standing, switch
from backends.openwrt.sections import Told, truth
from backends.tunnels.records import WireGuardInterface, WireGuardPeer
from backends.uci import Section, Value

PROTO: Final = "wireguard"
PEERS: Final = "wireguard_"
"""What the type of a peer's section begins with, before the interface's name."""
ENABLED: Final = "cpe_enable"
"""An option of ours: a peer that is wanted, though it has no key yet and netifd's script would stumble over it."""
GENERATED: Final = "generate"
"""Instead of a private key: netifd's script is to make one."""
USUAL_PORT: Final = 51_820
"""The port of an endpoint where none is said."""


def read(here: NetworkSections) -> dict[Any, dict[str, Any]]:
    """The records."""
    there = here.speaking(PROTO)
    return {
        WireGuardInterface: {name: _interface(one) for name, one in there.items()},
        WireGuardPeer: {key: _peer(peer, name) for name in there for key, peer in here.of(f"{PEERS}{name}").items()},
    }


def document(here: NetworkSections, wanted: Wanted) -> dict[str, Told]:
    """Everything that the records say, by section."""
    told: dict[str, Told] = {}
    for key, one in wanted.of(WireGuardInterface).items():
        section = here.section(key)
        now = _interface(section)
        told[key] = Told(INTERFACE, {
            "proto": PROTO,
            **switch(section, one.enable),
            "private_key": standing(section, "private_key", now.private_key == one.private_key, one.private_key),
            "listen_port": str(one.listen_port or ""),
        })  # fmt: skip
    for key, peer in wanted.of(WireGuardPeer).items():
        told[key] = Told(f"{PEERS}{peer.parent}", _options(here.section(key), peer))
    return told


def _interface(section: Section) -> WireGuardInterface:
    key = section.text("private_key")
    return WireGuardInterface(
        enable=is_on(section), private_key="" if key == GENERATED else key, listen_port=_number(section, "listen_port")
    )


def _peer(section: Section, parent: str) -> WireGuardPeer:
    endpoint = section.text("endpoint_host")
    return WireGuardPeer(
        parent=parent,
        enable=not truth(section, "disabled", False) or truth(section, ENABLED, False),
        public_key=section.text("public_key"),
        preshared_key=section.text("preshared_key"),
        allowed_ips=section.items("allowed_ips"),
        endpoint=endpoint,
        endpoint_port=_number(section, "endpoint_port") or (USUAL_PORT if endpoint else 0),
        persistent_keepalive=_number(section, "persistent_keepalive"),
    )


def _options(section: Section, peer: WireGuardPeer) -> dict[str, Value]:
    now = _peer(section, peer.parent)
    is_told = peer.enable and bool(peer.public_key)
    is_same = truth(section, "disabled", False) != is_told
    is_same_port = (now.endpoint, now.endpoint_port) == (peer.endpoint, peer.endpoint_port)
    return {
        "disabled": standing(section, "disabled", is_same, "" if is_told else "1"),
        ENABLED: "1" if peer.enable and not is_told else "",
        "public_key": peer.public_key,
        "preshared_key": peer.preshared_key,
        "allowed_ips": peer.allowed_ips,
        "endpoint_host": peer.endpoint,
        "endpoint_port": standing(section, "endpoint_port", is_same_port, str(peer.endpoint_port or "")),
        "persistent_keepalive": standing(
            section,
            "persistent_keepalive",
            now.persistent_keepalive == peer.persistent_keepalive,
            str(peer.persistent_keepalive or ""),
        ),
    }


def _number(section: Section, option: str) -> int:
    text = section.text(option)
    return int(text) if text.isascii() and text.isdigit() and int(text) < 65_536 else 0
