"""GRE, VXLAN, IPv6rd, DSLite and WireGuard are the same over netlink and over OpenWrt's configuration.

Packets through them: tests/vm/tunnels_suite.py.
"""

import json
from base64 import b64decode
from pathlib import Path

import pytest

from agent.model.coverage import coverage
from agent.model.data_model import Caller
from agent.model.errors import Refusals, Unavailable
from backends.netlink import RouteTo
from backends.tr181 import openwrt_tunnels, tunnels
from backends.tr181.dslite import dslite
from backends.tr181.gre import gre
from backends.tr181.ipv6rd import ipv6rd
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.parts import Part
from backends.tr181.tunnel_interfaces import TUNNEL_COUNTERS
from backends.tr181.vxlan import vxlan
from backends.tr181.wireguard import new_key, wireguard
from backends.wireguard import GET_DEVICE
from tests.backend_contract.protocol_devices import device_of
from tests.backends.openwrt.protocols.gateway import Gateway
from tests.backends.tr181.test_hostile_values import HOSTILE
from tests.backends.tunnels.memory import MadeLinks, NoLinks
from tests.fakes.generic import RecordedFamily

GRE, VXLAN, WIREGUARD = "Device.GRE.Tunnel.", "Device.VXLAN.Tunnel.", "Device.X_CPEAGENT_WireGuard.Interface."
SIX_RD, DS_LITE = "Device.IPv6rd.", "Device.DSLite."
ROOTS = ("Device.GRE.", "Device.VXLAN.", SIX_RD, DS_LITE, "Device.X_CPEAGENT_WireGuard.")
KINDS = frozenset(tunnels.LINK_KINDS)


def over_netlink(given: Mechanisms, _: Surface) -> Part:
    return tunnels.part_over(given, MadeLinks(), RecordedFamily({GET_DEVICE: []}), KINDS)


def over_uci(given: Mechanisms, surface: Surface) -> Part:
    return openwrt_tunnels.part_over(given, surface, NoLinks(), RecordedFamily({}), KINDS)


@pytest.fixture(params=["linux", pytest.param("openwrt", marks=pytest.mark.slow)])
def device(request: pytest.FixtureRequest, tmp_path: Path) -> Gateway:
    build = {"linux": over_netlink, "openwrt": over_uci}[request.param]
    return device_of(tmp_path, build, (gre, vxlan, ipv6rd, dslite, wireguard))


def test_the_profiles_are_whole(device: Gateway) -> None:
    for profile in ("GREBasic:1", "VXLANBasic:1", "IPv6rd:1", "DSLite:1"):
        [found] = coverage(device.model.tree, [profile], lambda _: "")
        assert found.missing == ()


@pytest.mark.parametrize("table", [GRE, VXLAN])
def test_interfaces_belong_to_their_tunnel_and_go_with_it(device: Gateway, table: str) -> None:
    first, second = (device.add(table) for _ in range(2))
    interface = device.add(f"{second}Interface.")
    again = device.again()
    assert [again.get(f"{row}InterfaceNumberOfEntries") for row in (first, second)] == ["0", "1"]
    assert (again.get(f"{first}Status"), again.get(f"{interface}Status")) == ("Disabled", "Down")
    again.delete(second)
    assert again.get(f"{table.removesuffix('.')}NumberOfEntries") == "1"


def test_everything_that_is_set_of_gre_is_kept_over_a_restart(device: Gateway) -> None:
    row = device.add(GRE)
    interface = device.add(f"{row}Interface.")
    values = {
        f"{row}RemoteEndpoints": "2001:db8::1,a.example", f"{row}DeliveryHeaderProtocol": "IPv6",
        f"{row}Enable": "true", f"{row}DefaultDSCPMark": "46", f"{row}KeepAliveTimeout": "20",
        f"{row}KeepAliveThreshold": "7",
        f"{interface}ProtocolIdOverride": "25944", f"{interface}UseChecksum": "true",
        f"{interface}KeyIdentifierGenerationPolicy": "Provisioned", f"{interface}KeyIdentifier": "4711",
        f"{interface}UseSequenceNumber": "true", f"{interface}LowerLayers": device.row("br-lan"),
    }  # fmt: skip
    device.set(values)
    again = device.again()
    assert {path: again.get(path) for path in values} == values
    assert again.get(f"{interface}Enable") == "false"
    again.set({f"{interface}KeyIdentifierGenerationPolicy": "Disabled", f"{row}Enable": "0", f"{interface}Enable": "1"})
    assert (again.get(f"{row}Enable"), again.get(f"{interface}Enable")) == ("false", "true")
    assert again.get(f"{interface}KeyIdentifier") == "4711"
    for bad in (f"{device.row('wan')},{device.row('wan')}", row[:-1]):
        assert again.refused({f"{interface}LowerLayers": bad}) == {f"{interface}LowerLayers": "InvalidValue"}


def test_everything_that_is_set_of_vxlan_is_kept_over_a_restart(device: Gateway) -> None:
    row = device.add(VXLAN)
    interface = device.add(f"{row}Interface.")
    values = {
        f"{row}RemoteEndpoints": "192.0.2.1", f"{row}DeliveryHeaderProtocol": "IPv4", f"{row}Enable": "true",
        f"{row}SourcePort": "4000", f"{row}RemotePort": "8472", f"{interface}VNI": "4711", f"{interface}Enable": "true",
    }  # fmt: skip
    device.set(values)
    again = device.again()
    assert {path: again.get(path) for path in values} == values
    other = again.add(f"{row}Interface.", VNI="4711")
    assert again.refused({f"{other}Enable": "1"}), "it would take the same packets"
    again.set({f"{other}VNI": "8", f"{other}Enable": "1"})
    assert [again.get(f"{one}VNI") for one in (interface, other)] == ["4711", "8"]


def test_a_tunnel_without_a_link_has_counted_nothing(device: Gateway) -> None:
    row = device.add(GRE)
    assert [device.get(f"{row}Stats.{name}") for name in TUNNEL_COUNTERS] == ["0"] * len(TUNNEL_COUNTERS)
    assert device.get(f"{row}ConnectedRemoteEndpoint") == ""


def test_what_is_not_done_is_an_invalid_value(device: Gateway) -> None:
    row = device.add(GRE)
    interface = device.add(f"{row}Interface.")
    for path, value in (
        (f"{row}KeepAlivePolicy", "ICMP"),
        (f"{row}RemoteEndpoints", "a b"),
        (f"{interface}KeyIdentifierGenerationPolicy", "CPE_Generated"),
        (f"{interface}ProtocolIdOverride", "1"),
    ):
        assert device.refused({path: value}) == {path: "InvalidValue"}


@pytest.mark.parametrize("path", [SIX_RD, DS_LITE])
def test_the_whole_and_its_setting_are_switched_apart(device: Gateway, path: str) -> None:
    assert device.get(f"{path}Enable") == "false"
    device.set({f"{path}Enable": "1"})
    again = device.again()
    assert again.get(f"{path}Enable") == "true"
    assert again.get(f"{path}InterfaceSetting.1.Enable") == "false"
    assert again.get(f"{path}InterfaceSetting.1.Status") == "Disabled"
    again.set({f"{path}InterfaceSetting.1.Enable": "1", f"{path}Enable": "0"})
    assert (again.get(f"{path}Enable"), again.get(f"{path}InterfaceSetting.1.Enable")) == ("false", "true")


def test_6rd_is_what_was_set_and_what_leaves_no_prefix_is_refused(device: Gateway) -> None:
    setting = f"{SIX_RD}InterfaceSetting.1."
    device.set({f"{setting}SPIPv6Prefix": "2001:db8::/32", f"{setting}BorderRelayIPv4Addresses": "192.0.2.1,192.0.2.2"})
    again = device.again()
    assert again.get(f"{setting}BorderRelayIPv4Addresses") == "192.0.2.1,192.0.2.2"
    assert again.get(f"{setting}Status") == "Disabled"
    refused = again.refused({f"{setting}SPIPv6Prefix": "2001:db8::/48"})
    assert refused == {f"{setting}SPIPv6Prefix": "InvalidValue"}
    again.set({f"{setting}IPv4MaskLength": "16", f"{setting}SPIPv6Prefix": "2001:db8::/48"})
    assert (again.get(f"{setting}SPIPv6Prefix"), again.get(f"{setting}IPv4MaskLength")) == ("2001:db8::/48", "16")


def test_ds_lite_is_what_was_set_and_what_is_no_relay_is_refused(device: Gateway) -> None:
    setting = f"{DS_LITE}InterfaceSetting.1."
    assert device.get(f"{setting}EndpointAssignmentPrecedence") == "DHCPv6"
    values = {
        f"{setting}EndpointName": "aftr.example", f"{setting}EndpointAddress": "2001:db8::7",
        f"{setting}EndpointAssignmentPrecedence": "Static", f"{setting}EndpointAddressTypePrecedence": "IPv6Address",
    }  # fmt: skip
    device.set(values)
    again = device.again()
    assert {path: again.get(path) for path in values} == values
    assert (again.get(f"{setting}Origin"), again.get(f"{setting}Status")) == ("Static", "Disabled")
    for name, value in (("EndpointName", "a b"), ("EndpointAddress", "fe80::1%w0")):
        assert again.refused({f"{setting}{name}": value}) == {f"{setting}{name}": "InvalidValue"}
    again.set({f"{setting}EndpointAddress": ""})
    assert [again.get(f"{setting}{name}") for name in ("EndpointName", "EndpointAddress")] == ["aftr.example", ""]


def test_a_wireguard_interface_has_a_key_of_its_own_that_nobody_reads(device: Gateway) -> None:
    row = device.add(WIREGUARD)
    told = device.tree(row)
    assert (told["PrivateKey"], told["PublicKey"], told["Status"]) == ("", "", "Down")
    [kept] = device.mechanisms.tunnels.wanted.to_json()["records"]["WireGuardInterface"].values()  # type: ignore[union-attr]
    assert len(b64decode(kept["private_key"])) == 32
    assert kept["private_key"] not in json.dumps(device.tree("Device."))


def test_peers_are_what_was_set(device: Gateway) -> None:
    row = device.add(WIREGUARD, ListenPort="51821", Enable="1")
    peer = device.add(f"{row}Peer.")
    key, secret = new_key(), new_key()
    values = {
        f"{peer}AllowedIPs": "10.0.0.0/8,2001:db8::/32", f"{peer}Endpoint": "vpn.example",
        f"{peer}EndpointPort": "4500", f"{peer}PersistentKeepalive": "25", f"{peer}PublicKey": key,
        f"{peer}Enable": "true",
    }  # fmt: skip
    device.set({**values, f"{peer}PresharedKey": secret})
    again = device.again()
    assert {path: again.get(path) for path in values} == values
    assert again.get(f"{peer}PresharedKey") == ""
    assert again.get(f"{peer}LastHandshake") == "0001-01-01T00:00:00Z"
    assert (again.get(f"{peer}EndpointInUse"), again.get(f"{peer}BytesSent")) == ("", "0")
    other = again.add(f"{row}Peer.", PublicKey=key)
    assert again.refused({f"{other}Enable": "1"}), "another has this key"
    again.set({f"{peer}Enable": "0", f"{peer}Endpoint": "", f"{peer}EndpointPort": "0"})
    assert (again.get(f"{peer}Enable"), again.get(f"{peer}EndpointPort")) == ("false", "0")
    again.delete(row)
    assert again.tree(WIREGUARD) == {}


def test_no_text_in_a_key_or_an_endpoint_is_an_accident_or_in_the_log(
    device: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    row = device.add(WIREGUARD)
    peer = device.add(f"{row}Peer.")
    for path in (f"{row}PrivateKey", f"{peer}PublicKey", f"{peer}PresharedKey"):
        for text in (*filter(None, HOSTILE), "$(id)", "a\nb", new_key()[:-1], new_key() + "="):
            assert device.refused({path: text}) == {path: "InvalidValue"}
            assert len(text) < 5 or text == "Device." or text not in caplog.text  # the row is named by its path
    for path, text in ((f"{peer}Endpoint", "a b;id"), (f"{peer}AllowedIPs", "10.0.0.0/8,x")):
        assert device.refused({path: text}) == {path: "InvalidValue"}


def test_what_would_cut_the_management_server_off_waits_for_the_session_s_end(device: Gateway) -> None:
    row = device.add(VXLAN, RemoteEndpoints="192.0.2.1", DeliveryHeaderProtocol="IPv4", Enable="1")
    interface = device.add(f"{row}Interface.", VNI="7")
    assert device.set({f"{interface}VNI": "8"}) == 0
    device.way = RouteTo("wan", "198.51.100.7", "198.51.100.1")
    assert device.set({f"{interface}VNI": "9"}) == 0


@pytest.mark.slow
def test_no_text_in_a_writable_parameter_of_any_tunnel_is_an_accident(
    device: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    for table in (GRE, VXLAN):
        device.add(f"{device.add(table)}Interface.")
    device.add(f"{device.add(WIREGUARD)}Peer.")
    names = [name for root in ROOTS for name in device.model.names(root, False, Caller.ACS)]
    paths = [name.path for name in names if name.writable and not name.path.endswith((".", "Alias"))]
    assert len(paths) > 45
    accidents = []
    for path in paths:
        for text in (*HOSTILE, "$(id)", "a\nb", "a'b\"c;id", "\0", "x" * 10_000):
            before = device.get(path)
            try:
                device.set({path: text})
            except Refusals as refusals:
                accidents += [f"{path}: {one}" for one in refusals.refusals if isinstance(one, Unavailable)]
                assert device.get(path) == before
    assert accidents == []
    assert [record.message for record in caplog.records if record.exc_info] == []
