"""GRE and VXLAN in /etc/config/network, beside people: what is read, what is written, and what stays."""

from collections.abc import Callable
from pathlib import Path

import pytest

from backends.openwrt.protocols.tunnels import GRE, VXLAN, link_name, proto_of
from backends.tr181.gre import gre
from backends.tr181.vxlan import vxlan
from backends.tunnels.records import GreInterface, GreTunnel, VxlanInterface, VxlanTunnel
from tests.backend_contract.test_tunnels import over_uci
from tests.backends.openwrt.protocols.gateway import NETWORK, Gateway

pytestmark = pytest.mark.slow
TUNNELS = """
# to the branch
config interface 'branch'
	option proto 'gretap'
	option peeraddr '192.0.2.9'
	option ipaddr '198.51.100.7'
	option tos 'b8'
	option tunlink 'wan'
	option ikey '7'
	option okey '7'
	option network 'lan'

config interface 'cloud'
	option proto 'vxlan6'
	option peer6addr '2001:db8::9'
	option vid '4711'
	option port '8472'
	option disabled '1'
"""
Make = Callable[..., Gateway]
ROW = "Device.GRE.Tunnel.1."


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return lambda **more: Gateway(tmp_path, [over_uci], [gre, vxlan], **{"network": NETWORK + TUNNELS, **more})


def test_a_person_s_interface_is_a_tunnel_with_one_interface(make: Make) -> None:
    gateway = make()
    told = gateway.tree(ROW)
    facts = {
        "Enable": "true", "RemoteEndpoints": "192.0.2.9", "DeliveryHeaderProtocol": "IPv4", "DefaultDSCPMark": "46",
        "Interface.1.Name": "gre4t-branch", "Interface.1.ProtocolIdOverride": "25944",
        "Interface.1.KeyIdentifierGenerationPolicy": "Provisioned", "Interface.1.KeyIdentifier": "7",
        "Interface.1.LowerLayers": gateway.row("wan"), "Interface.1.Enable": "true",
    }  # fmt: skip
    assert {name: told[name] for name in facts} == facts
    told = gateway.tree("Device.VXLAN.Tunnel.1.")
    facts = {
        "Enable": "false", "RemoteEndpoints": "2001:db8::9", "DeliveryHeaderProtocol": "IPv6", "RemotePort": "8472",
        "SourcePort": "0", "Interface.1.VNI": "4711", "Interface.1.Name": "cloud", "Interface.1.Enable": "false",
    }  # fmt: skip
    assert {name: told[name] for name in facts} == facts


def test_only_what_differs_is_written(make: Make) -> None:
    gateway = make()
    expected = NETWORK + TUNNELS
    gateway.set_row(ROW, RemoteEndpoints="192.0.2.10,branch.example", DefaultDSCPMark="0")
    expected = (
        expected.replace("'192.0.2.9'", "'192.0.2.10'")
        .replace("\toption tos 'b8'\n", "")
        .replace("network 'lan'\n", "network 'lan'\n\tlist cpe_remotes 'branch.example'\n")
    )
    assert gateway.text == expected
    gateway.set_row(ROW, RemoteEndpoints="192.0.2.10")
    gateway.set_row(f"{ROW}Interface.1.", KeyIdentifier="8", UseSequenceNumber="1")
    assert gateway.says("branch")["okey"] == gateway.says("branch")["ikey"] == "8"
    assert gateway.says("branch")["iseqno"] == "1"
    gateway.set_row(f"{ROW}Interface.1.", ProtocolIdOverride="0")
    assert gateway.says("branch")["proto"] == "gre"
    gateway.set_row(ROW, Enable="0")
    assert (gateway.says("branch")["disabled"], gateway.says("branch")["cpe_enable"]) == ("1", "01")
    assert gateway.get(f"{ROW}Interface.1.Enable") == "true"


def test_a_tunnel_that_was_added_is_a_section_that_netifd_leaves_alone(make: Make) -> None:
    gateway = make(network=NETWORK)
    row = gateway.add("Device.GRE.Tunnel.", RemoteEndpoints="192.0.2.9", DeliveryHeaderProtocol="IPv4", Enable="1")
    [tunnel] = gateway.sections("cpe_tunnel")
    assert gateway.says(tunnel) == {"proto": "gretap", "peeraddr": "192.0.2.9"}
    assert gateway.sections() == ["loopback", "lan", "wan", "wan6"]
    interface = gateway.add(f"{row}Interface.", Enable="1")
    [name] = set(gateway.sections()) - {"loopback", "lan", "wan", "wan6"}
    assert gateway.says(name) == {"proto": "gre", "cpe_tunnel": tunnel, "peeraddr": "192.0.2.9"}
    assert gateway.get(f"{interface}Name") == f"gre4-{name}"
    gateway.set_row(row, RemoteEndpoints="192.0.2.10")
    assert gateway.says(name)["peeraddr"] == "192.0.2.10"
    gateway.delete(interface)
    assert name not in gateway.sections()
    gateway.delete(row)
    assert gateway.text == NETWORK


def test_a_person_s_tunnel_stays_without_its_interface_and_leaves_its_section_when_it_goes(make: Make) -> None:
    gateway = make()
    gateway.delete(f"{ROW}Interface.1.")
    assert (gateway.sections("cpe_tunnel"), gateway.get(f"{ROW}RemoteEndpoints")) == (["branch"], "192.0.2.9")
    gateway.delete("Device.VXLAN.Tunnel.1.")
    assert gateway.says("cloud") == {"proto": "none", "disabled": "1"}


def test_what_netifd_cannot_be_told_is_refused(make: Make) -> None:
    gateway = make()
    assert gateway.refused_in("Device.VXLAN.Tunnel.1.", DefaultDSCPMark="46") == {"DefaultDSCPMark": "InvalidValue"}
    gateway.set_row("Device.VXLAN.Tunnel.1.", DefaultDSCPMark="10")
    assert gateway.says("cloud")["tos"] == "28", "hexadecimal, of decimal digits"
    interface = f"{ROW}Interface.1."
    assert gateway.refused_in(interface, KeyIdentifier="0") == {"KeyIdentifier": "InvalidValue"}
    assert gateway.refused_in(interface, LowerLayers=gateway.row("eth2")) == {"LowerLayers": "InvalidValue"}


def test_links_have_the_names_that_the_scripts_give_them() -> None:
    assert proto_of(GRE, GreTunnel(delivery_header_protocol="IPv6"), GreInterface()) == "grev6"
    assert proto_of(GRE, GreTunnel(), GreInterface(protocol_id_override=0x6558)) == "gretap"
    assert proto_of(VXLAN, VxlanTunnel(), VxlanInterface()) == "vxlan"
    names = [link_name("cpe_12345", proto) for proto in ("gre", "gretap", "grev6", "grev6tap", "vxlan")]
    assert all(len(name) <= 15 for name in names)
