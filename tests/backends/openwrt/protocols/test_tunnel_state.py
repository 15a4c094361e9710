"""What has come of tunnels, as the kernel tells of links that netifd made, and of WireGuard's peers."""

import struct
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path

import pytest

from backends.errors import MechanismError
from backends.generic_netlink import attribute
from backends.tr181.dslite import dslite
from backends.tr181.gre import gre
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.openwrt_tunnels import part_over
from backends.tr181.parts import Part
from backends.tr181.tunnels import LINK_KINDS
from backends.tr181.vxlan import vxlan
from backends.tr181.wireguard import wireguard
from backends.tunnels.links import ToldLink
from backends.tunnels.options import GRE_LINK, GRE_REMOTE, REMOTE, VXLAN_GROUP6, word
from backends.wireguard import PEER_ENDPOINT, PEER_HANDSHAKE, PEER_RECEIVED, PEER_SENT, _socket_address, key_of
from tests.backends.openwrt.protocols.gateway import NETWORK, Gateway
from tests.backends.openwrt.protocols.test_provider_tunnels import LITE, THEIRS
from tests.backends.openwrt.protocols.test_tunnels import ROW, TUNNELS
from tests.backends.openwrt.protocols.test_wireguard import PEER_KEY, VPN
from tests.backends.openwrt.protocols.test_wireguard import ROW as VPN_ROW
from tests.backends.test_wireguard import family, peer
from tests.backends.tunnels.memory import NoLinks

pytestmark = pytest.mark.slow
MADE = {
    "wan": ToldLink(2, "", is_up=True),
    "gre4t-branch": ToldLink(7, "gretap", is_up=True, options={
        GRE_REMOTE: ip_address("192.0.2.9").packed, GRE_LINK: word(2),
    }),
    "cloud": ToldLink(8, "vxlan", is_up=True, options={VXLAN_GROUP6: ip_address("2001:db8::9").packed}),
    "ds-lite": ToldLink(9, "ip6tnl", is_up=True, options={REMOTE: ip_address("2001:db8::7").packed}),
    "vpn": ToldLink(10, "wireguard", is_up=True),
}  # fmt: skip
LIVE = b"".join((
    attribute(PEER_ENDPOINT, _socket_address("203.0.113.5", 4500)),
    attribute(PEER_HANDSHAKE, struct.pack("=qq", 1_700_000_000, 0)),
    attribute(PEER_RECEIVED, struct.pack("=Q", 5)),
    attribute(PEER_SENT, struct.pack("=Q", 7)),
))  # fmt: skip


class Links(NoLinks):
    """Those that netifd made."""

    def __init__(self) -> None:
        super().__init__()
        self.made: Mapping[str, ToldLink] | None = MADE

    def told(self) -> Mapping[str, ToldLink]:
        if self.made is None:
            raise MechanismError("the kernel does not answer")
        return self.made


@pytest.fixture
def links() -> Links:
    return Links()


@pytest.fixture
def device(tmp_path: Path, links: Links) -> Gateway:
    def build(given: Mechanisms, surface: Surface) -> Part:
        return part_over(given, surface, links, family(peer(key_of(PEER_KEY), content=LIVE)), frozenset(LINK_KINDS))

    text = (NETWORK + TUNNELS + VPN + THEIRS).replace("\toption disabled '1'\n", "")
    made = Gateway(tmp_path, [build], [gre, vxlan, wireguard, dslite], network=text)
    for name in MADE:
        if name not in made.kernel.links:
            made.kernel.add_link(name, "", up=True, running=True, operstate="unknown")
    return made


def test_links_that_netifd_made_are_those_of_the_rows(device: Gateway) -> None:
    told = device.tree(ROW)
    assert (told["Status"], told["ConnectedRemoteEndpoint"], told["Interface.1.Status"]) == (
        "Enabled",
        "192.0.2.9",
        "Up",
    )
    assert device.get("Device.VXLAN.Tunnel.1.ConnectedRemoteEndpoint") == "2001:db8::9"
    assert (device.get(f"{LITE}EndpointAddressInUse"), device.get(f"{LITE}Status")) == ("2001:db8::7", "Enabled")
    assert device.get(f"{LITE}TunnelInterface") == device.row("ds-lite")
    assert device.get(f"{LITE}Origin") == "Static"


def test_a_link_that_is_not_there_is_an_error(device: Gateway, links: Links) -> None:
    nothing: tuple[Mapping[str, ToldLink] | None, ...] = ({}, None)
    for links.made in nothing:
        assert (device.get(f"{ROW}Status"), device.get(f"{ROW}RemoteEndpoints")) == ("Error", "192.0.2.9")
        assert device.get(f"{ROW}ConnectedRemoteEndpoint") == ""


def test_peers_are_told_live(device: Gateway) -> None:
    found = device.tree(VPN_ROW)
    facts = {
        "Status": "Up", "UsedPort": "4500", "Peer.1.EndpointInUse": "203.0.113.5:4500", "Peer.1.BytesReceived": "5",
        "Peer.1.BytesSent": "7", "Peer.1.LastHandshake": "2023-11-14T22:13:20Z",
    }  # fmt: skip
    assert {name: found[name] for name in facts} == facts


def test_what_a_tunnel_is_bound_to_is_its_carrier(device: Gateway) -> None:
    layers = {layer.kind: layer for layer in device.linux.other_layers}
    assert layers["gre"].carrier_of(device.kernel.links["gre4t-branch"]) == "wan"
    assert layers["vxlan"].carrier_of(device.kernel.links["cloud"]) is None
