"""Tunnels through which packets go, compared with ip(8) and wg(8); run in the throw-away machine."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from agent.model.coverage import coverage
from agent.model.errors import Refusals
from backends.netlink_types import RouteTo
from tests.backends.tunnels.bench import HOME, HOME6, ISP, ISP6, Bench, TunnelDevice
from tests.netlab.fixtures import make_namespace
from tests.netlab.namespace import Namespace

__all__ = ["make_namespace"]

GRE = "Device.GRE.Tunnel."
VXLAN = "Device.VXLAN.Tunnel."
SIX_RD = "Device.IPv6rd."
DS_LITE = "Device.DSLite."
WIREGUARD = "Device.X_CPEAGENT_WireGuard.Interface."


@pytest.fixture
def bench(make_namespace: Callable[[], Namespace]) -> Iterator[Bench]:
    made = Bench(make_namespace)
    yield made
    made.close()


def tunnel(device: TunnelDevice, table: str, remote: str, **values: str) -> tuple[str, str]:
    """A tunnel to an endpoint with one enabled interface; their paths."""
    version = "IPv6" if ":" in remote else "IPv4"
    row = device.add(table, RemoteEndpoints=remote, DeliveryHeaderProtocol=version, Enable="1")
    return row, device.add(f"{row}Interface.", Enable="1", **values)


def addressed(bench: Bench, device: TunnelDevice, interface: str) -> None:
    """Give a tunnel's link an address by an IP interface above it."""
    above = device.add("Device.IP.Interface.", LowerLayers=interface[:-1], Enable="1")
    device.add(f"{above}IPv4Address.", IPAddress="10.5.5.1", SubnetMask="255.255.255.0", Enable="1")
    assert "10.5.5.1" in bench.home.ip(f"address show dev {device.get(f'{interface}Name')}")


def test_the_profiles_are_whole(bench: Bench) -> None:
    device = bench.device()
    names = ["GREBasic:1", "VXLANBasic:1", "IPv6rd:1", "DSLite:1"]
    for found in coverage(device.model.tree, names, lambda _: ""):
        assert found.missing == ()


@pytest.mark.parametrize("remote", [ISP, ISP6])
@pytest.mark.parametrize("payload", ["0", "25944"])
def test_gre_carries_ip_and_ethernet_over_both_versions(bench: Bench, remote: str, payload: str) -> None:
    device = bench.device()
    row, interface = tunnel(
        device, GRE, remote, ProtocolIdOverride=payload, UseChecksum="1", KeyIdentifier="77", UseSequenceNumber="1",
        KeyIdentifierGenerationPolicy="Provisioned",
    )  # fmt: skip
    name = device.get(f"{interface}Name")
    info = bench.told(name)["linkinfo"]
    kind = ("ip6gre" if ":" in remote else "gre") + ("tap" if payload != "0" else "")
    assert info["info_kind"] == kind
    data = info["info_data"]
    assert (data["remote"], data["local"]) == (remote, HOME6 if ":" in remote else HOME)
    assert (data["ikey"], data["link"]) == ("0.0.0.77", "w0")
    local = HOME6 if ":" in remote else HOME
    bench.isp.ip(f"link add t0 type {kind} local {remote} remote {local} key 77 csum seq")
    bench.isp.ip("address add 10.5.5.2/24 dev t0")
    bench.isp.ip("link set t0 up")
    addressed(bench, device, interface)
    assert bench.pings("10.5.5.2")
    assert device.get(f"{row}Status") == "Enabled"
    assert device.get(f"{interface}Status") == "Up"
    assert device.get(f"{row}ConnectedRemoteEndpoint") == remote
    assert int(device.get(f"{row}Stats.PacketsReceived")) > 0
    assert device.get(f"{interface}LowerLayers") == device.find("Device.IP.Interface.", Name="w0")[:-1]
    above = device.find("Device.IP.Interface.", Name=name)
    below = device.get(f"{above}LowerLayers")
    assert below == interface[:-1] or device.get(f"{below}.LowerLayers") == interface[:-1]

    again = bench.device(device.store)
    assert again.writes() == 0
    index = bench.told(name)["ifindex"]
    again.set({f"{row}DefaultDSCPMark": "46"})
    assert bench.told(name)["ifindex"] == index, "changed in place"
    assert bench.pings("10.5.5.2")
    again.set({f"{interface}Enable": "0"})
    assert bench.told(name) == {}
    assert (again.get(f"{row}Status"), again.get(f"{interface}Status")) == ("Error", "Down")


@pytest.mark.parametrize("remote", [ISP, ISP6])
def test_vxlan_carries_frames_over_both_versions(bench: Bench, remote: str) -> None:
    device = bench.device()
    row, interface = tunnel(device, VXLAN, remote, VNI="4711")
    device.set({f"{row}RemotePort": "8472", f"{row}SourcePort": "4000"})
    data = bench.told(device.get(f"{interface}Name"))["linkinfo"]["info_data"]
    assert (data["id"], data["port"], data["link"]) == (4711, 8472, "w0")
    assert data["port_range"]["low"] == 4000
    local = HOME6 if ":" in remote else HOME
    bench.isp.ip(f"link add t0 type vxlan id 4711 local {remote} remote {local} dstport 8472")
    bench.isp.ip("address add 10.5.5.2/24 dev t0")
    bench.isp.ip("link set t0 up")
    addressed(bench, device, interface)
    assert bench.pings("10.5.5.2")
    assert int(device.get(f"{interface}Stats.BytesReceived")) > 0
    assert bench.device(device.store).writes() == 0


def test_6rd_carries_ipv6_to_the_relay_and_within_the_provider(bench: Bench) -> None:
    device = bench.device()
    wan = device.find("Device.IP.Interface.", Name="w0")
    source = device.find(f"{wan}IPv4Address.", IPAddress=HOME)[:-1]
    setting = f"{SIX_RD}InterfaceSetting.1."
    device.set(
        {
            f"{setting}BorderRelayIPv4Addresses": ISP,
            f"{setting}SPIPv6Prefix": "2001:db8::/40",
            f"{setting}IPv4MaskLength": "8",
            f"{setting}AddressSource": source,
            f"{setting}Enable": "1",
            f"{SIX_RD}Enable": "1",
        }
    )
    assert device.get(f"{setting}Status") == "Enabled"
    told = bench.home.ip("-d link show 6rd-wan")
    assert f"local {HOME}" in told
    assert "6rd-prefix 2001:db8::/40 6rd-relay_prefix 192.0.0.0/8" in told
    bench.isp.ip(f"link add t0 type sit local {ISP} remote any")
    bench.isp.ip("link set t0 type sit 6rd-prefix 2001:db8::/40 6rd-relay_prefix 192.0.0.0/8")
    bench.isp.ip("link set t0 up")
    bench.isp.ip("address add 2001:db8:0:202::1/40 dev t0 nodad")
    assert bench.pings("2001:db8:0:202::1")
    above = device.find("Device.IP.Interface.", Name="6rd-wan")[:-1]
    assert device.get(f"{setting}TunnelInterface") == device.get(f"{setting}TunneledInterface") == above
    assert "via ::192.0.2.2 dev 6rd-wan" in bench.home.ip("-6 route show default")
    assert bench.device(device.store).writes() == 0
    device.set({f"{setting}AllTrafficToBorderRelay": "1"})
    assert "2001:db8:0:201::1/128" in bench.home.ip("-6 -o address show dev 6rd-wan scope global")
    device.set({f"{SIX_RD}Enable": "0"})
    assert bench.told("6rd-wan") == {}


def test_ds_lite_carries_ipv4_to_the_relay(bench: Bench) -> None:
    device = bench.device()
    setting = f"{DS_LITE}InterfaceSetting.1."
    device.set(
        {f"{setting}EndpointAddress": ISP6, f"{setting}EndpointAssignmentPrecedence": "Static", f"{setting}Enable": "1"}
    )
    assert device.get(f"{setting}Status") == "Disabled"
    device.set({f"{DS_LITE}Enable": "1"})
    assert (device.get(f"{setting}Status"), device.get(f"{setting}Origin")) == ("Enabled", "Static")
    assert device.get(f"{setting}EndpointAddressInUse") == ISP6
    assert bench.told("dslite-wan")["linkinfo"]["info_data"]["remote"] == ISP6
    bench.isp.ip(f"link add t0 type ip6tnl mode ipip6 local {ISP6} remote {HOME6}")
    bench.isp.ip("address add 192.0.0.1/29 dev t0")
    bench.isp.ip("link set t0 up")
    assert bench.pings("192.0.0.1")
    routes = bench.home.ip("route show default")
    assert "dev w0" in routes, "the native way stays the better one"
    assert "default dev dslite-wan proto static scope link metric 2048" in routes
    assert bench.device(device.store).writes() == 0
    device.path = RouteTo("dslite-wan", "192.0.0.2")
    assert device.set({f"{DS_LITE}Enable": "0"}) == 1, "it would cut the session off: made after it"


def test_wireguard_carries_what_its_peers_may_send(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    isp_private = bench.isp.run("wg", "genkey").strip()
    shared = bench.isp.run("wg", "genpsk").strip()
    bench.isp.run("sh", "-c", f"echo {isp_private} > /tmp/k; echo {shared} > /tmp/p")
    bench.isp.ip("link add t0 type wireguard")
    bench.isp.run("wg", "set", "t0", "private-key", "/tmp/k", "listen-port", "51820")
    isp_public = bench.isp.run("wg", "show", "t0", "public-key").strip()
    device = bench.device()
    row = device.add(WIREGUARD, ListenPort="4500", Enable="1")
    peer = device.add(
        f"{row}Peer.", PublicKey=isp_public, PresharedKey=shared, AllowedIPs="10.5.5.0/24,2001:db8:5::/64",
        Endpoint=ISP, EndpointPort="51820", PersistentKeepalive="25", Enable="1",
    )  # fmt: skip
    name, public = device.get(f"{row}Name"), device.get(f"{row}PublicKey")
    assert public == bench.home.run("wg", "show", name, "public-key").strip()
    told = bench.home.run("wg", "show", name, "dump").splitlines()[1].split("\t")
    assert told[:4] == [isp_public, shared, f"{ISP}:51820", "10.5.5.0/24,2001:db8:5::/64"]
    assert told[7] == "25"
    bench.isp.run("wg", "set", "t0", "peer", public, "preshared-key", "/tmp/p", "allowed-ips", "10.5.5.1/32")
    bench.isp.ip("address add 10.5.5.2/24 dev t0")
    bench.isp.ip("link set t0 up")
    addressed(bench, device, row)
    assert bench.pings("10.5.5.2")
    assert device.get(f"{peer}EndpointInUse") == f"{ISP}:51820"
    assert int(device.get(f"{peer}BytesReceived")) > 0
    handshake = int(bench.home.run("wg", "show", name, "latest-handshakes").split()[1])
    assert datetime.fromisoformat(device.get(f"{peer}LastHandshake")).timestamp() == handshake
    assert (device.get(f"{row}Status"), device.get(f"{row}UsedPort")) == ("Up", "4500")
    above = device.find("Device.IP.Interface.", Name=name)
    assert device.get(f"{above}LowerLayers") == row[:-1]

    private = bench.home.run("wg", "show", name, "private-key").strip()
    assert (device.get(f"{row}PrivateKey"), device.get(f"{peer}PresharedKey")) == ("", "")
    again = bench.device(device.store)
    assert again.writes() == 0
    other = device.add(f"{row}Peer.", AllowedIPs="10.6.0.0/16")
    assert device.refused({f"{other}PublicKey": private[:-3]}) == {f"{other}PublicKey": "InvalidValue"}
    assert not any(key in caplog.text for key in (private, private[:-3], shared))
    device.set({f"{peer}PersistentKeepalive": "0", f"{peer}AllowedIPs": "10.5.5.2/32"})
    told = bench.home.run("wg", "show", name, "dump").splitlines()[1].split("\t")
    assert (told[3], told[7]) == ("10.5.5.2/32", "off")
    assert bench.pings("10.5.5.2"), "the session goes on"
    device.delete(peer)
    assert bench.home.run("wg", "show", name, "peers") == ""


def test_wireguard_listens_without_a_way_out(bench: Bench) -> None:
    for version in ("-4", "-6"):
        bench.home.ip(f"{version} route del default")
    device = bench.device()
    row = device.add(WIREGUARD, ListenPort="4500", Enable="1")
    assert (device.get(f"{row}Status"), device.get(f"{row}UsedPort")) == ("Up", "4500")
    assert bench.home.run("wg", "show", device.get(f"{row}Name"), "listen-port").strip() == "4500"


def test_a_carrier_that_was_not_given_to_the_agent_is_left_alone(bench: Bench) -> None:
    device = bench.device(manage=("lan*",))
    before = bench.home.ip("-j link")
    row = device.add(GRE, RemoteEndpoints=ISP, DeliveryHeaderProtocol="IPv4", Enable="1")
    interface = device.add(f"{row}Interface.")
    assert device.refused({f"{interface}Enable": "1"}) == {f"{interface}Enable": "Denied"}
    wire = device.add(WIREGUARD)
    assert device.refused({f"{wire}Enable": "1"}) == {f"{wire}Enable": "Denied"}
    assert json.loads(bench.home.ip("-j link")) == json.loads(before)


def test_a_tunnel_of_somebody_else_is_neither_taken_nor_touched(bench: Bench) -> None:
    bench.home.ip(f"link add gre-2 type gre local {HOME} remote 198.51.100.9")
    device = bench.device()
    row = device.add(GRE, RemoteEndpoints=ISP, DeliveryHeaderProtocol="IPv4", Enable="1")
    interface = device.add(f"{row}Interface.")
    assert device.get(f"{interface}Name") == "gre-2"
    assert device.refused({f"{interface}Enable": "1"}) == {f"{interface}Enable": "Denied"}
    assert bench.told("gre-2")["linkinfo"]["info_data"]["remote"] == "198.51.100.9"


def test_what_the_kernel_refuses_leaves_everything_as_before(bench: Bench) -> None:
    device = bench.device()
    row, interface = tunnel(device, GRE, ISP)
    before = bench.told(device.get(f"{interface}Name"))
    bench.home.ip(f"link add other type gre local {HOME} remote 192.0.2.77 dev w0")
    with pytest.raises(Refusals):
        device.set({f"{row}RemoteEndpoints": "192.0.2.77"})
    assert device.get(f"{row}RemoteEndpoints") == ISP
    assert bench.told(device.get(f"{interface}Name")) == before


def test_a_tunnel_waits_for_a_way_and_follows_it(bench: Bench) -> None:
    bench.home.ip("route del default")
    device = bench.device()
    row, interface = tunnel(device, GRE, "198.51.100.1")
    name = device.get(f"{interface}Name")
    assert bench.told(name) == {}
    assert device.get(f"{row}Status") == "Error"
    bench.home.ip(f"route add default via {ISP}")
    device.tables.reapply()
    assert bench.told(name)["linkinfo"]["info_data"]["local"] == HOME
    bench.home.ip("route del default")
    bench.home.ip(f"route add default dev {name}")
    device.tables.reapply()
    assert bench.told(name)["linkinfo"]["info_data"]["link"] == "w0", "it is not sent through itself"
