"""WireGuard in /etc/config/network, beside people: what is read, what is written, and what stays."""

from collections.abc import Callable
from pathlib import Path

import pytest

from backends.openwrt.protocols import wireguard as module
from backends.tr181.wireguard import new_key, wireguard
from tests.backend_contract.test_tunnels import over_uci
from tests.backends.openwrt.protocols.gateway import NETWORK, Gateway

pytestmark = pytest.mark.slow
KEY, PEER_KEY, SECRET = "SGVsbG8gd29ybGQsIHRoaXMgaXMgYSAzMiBieXRlIGs=", new_key(), new_key()
VPN = f"""
config interface 'vpn'
	option proto 'wireguard'
	option private_key '{KEY}'
	list addresses '10.9.0.1/24'
	option mtu '1420'

# the phone
config wireguard_vpn
	option description 'phone'
	option public_key '{PEER_KEY}'
	list allowed_ips '10.9.0.2/32'
	option endpoint_host 'phone.example'
	option route_allowed_ips '1'
"""
ROW = "Device.X_CPEAGENT_WireGuard.Interface.1."


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Gateway]:
    return lambda network=NETWORK + VPN: Gateway(tmp_path, [over_uci], [wireguard], network=network)


def test_a_person_s_link_and_its_peers_are_rows(make: Callable[..., Gateway]) -> None:
    told = make().tree(ROW)
    facts = {
        "Enable": "true", "Name": "vpn", "PrivateKey": "", "ListenPort": "0", "Peer.1.PublicKey": PEER_KEY,
        "Peer.1.AllowedIPs": "10.9.0.2/32", "Peer.1.Endpoint": "phone.example", "Peer.1.EndpointPort": "51820",
        "Peer.1.Enable": "true", "Peer.1.PersistentKeepalive": "0",
    }  # fmt: skip
    assert {name: told[name] for name in facts} == facts


def test_only_what_differs_is_written(make: Callable[..., Gateway]) -> None:
    gateway = make()
    gateway.set_row(f"{ROW}Peer.1.", PersistentKeepalive="25", PresharedKey=SECRET)
    [peer] = gateway.sections("wireguard_vpn")
    assert gateway.says(peer) == {
        "description": "phone", "public_key": PEER_KEY, "allowed_ips": ("10.9.0.2/32",), "route_allowed_ips": "1",
        "endpoint_host": "phone.example", "persistent_keepalive": "25", "preshared_key": SECRET,
    }  # fmt: skip
    assert "# the phone\n" in gateway.text
    gateway.set_row(f"{ROW}Peer.1.", Enable="0")
    assert gateway.says(peer)["disabled"] == "1"
    gateway.set_row(ROW, ListenPort="51821", Enable="0")
    assert gateway.says("vpn") == {
        "proto": "wireguard", "private_key": KEY, "addresses": ("10.9.0.1/24",), "mtu": "1420", "disabled": "1",
        "listen_port": "51821",
    }  # fmt: skip


def test_a_new_link_has_its_peers_in_sections_of_its_name(make: Callable[..., Gateway]) -> None:
    gateway = make(NETWORK)
    row = gateway.add("Device.X_CPEAGENT_WireGuard.Interface.", Enable="1")
    [name] = set(gateway.sections()) - {"loopback", "lan", "wan", "wan6"}
    assert gateway.get(f"{row}Name") == name
    peer = gateway.add(f"{row}Peer.", Enable="1")
    [section] = gateway.sections(f"wireguard_{name}")
    assert gateway.says(section) == {"disabled": "1", "cpe_enable": "1"}, "netifd's script would stumble over it"
    assert gateway.get(f"{peer}Enable") == "true"
    gateway.set_row(peer, PublicKey=PEER_KEY, AllowedIPs="10.0.0.0/8")
    assert gateway.says(section) == {"public_key": PEER_KEY, "allowed_ips": ("10.0.0.0/8",)}
    gateway.delete(row)
    assert gateway.text == NETWORK


def test_a_key_that_is_to_be_made_is_none_yet(make: Callable[..., Gateway]) -> None:
    gateway = make((NETWORK + VPN).replace(KEY, module.GENERATED))
    gateway.set_row(ROW, ListenPort="51821")
    assert gateway.says("vpn")["private_key"] == "generate"


def test_a_person_s_peer_that_could_not_be_is_nobody_s_hindrance(make: Callable[..., Gateway]) -> None:
    gateway = make((NETWORK + VPN).replace("10.9.0.2/32", "10.9.0.2/24"))
    gateway.set_row(ROW, ListenPort="51821")
    assert gateway.refused_in(f"{ROW}Peer.1.", PersistentKeepalive="1"), "but what is edited is looked at as a whole"
