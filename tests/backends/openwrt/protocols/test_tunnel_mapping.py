"""All kinds of tunnels as one service's records over UCI: names of links, and what may be changed when."""

from pathlib import Path

import pytest

from backends.netlink_types import Route, RouteTo
from backends.openwrt.protocols.tunnel_mapping import TunnelNames
from backends.tr181.dslite import dslite
from backends.tr181.gre import gre
from backends.tr181.vxlan import vxlan
from backends.tr181.wireguard import wireguard
from backends.tunnels.records import DsLite, GreInterface, SixRd, VxlanInterface, WireGuardInterface
from tests.backend_contract.test_tunnels import over_uci
from tests.backends.openwrt.protocols.gateway import NETWORK, Gateway
from tests.backends.openwrt.protocols.test_provider_tunnels import LITE, THEIRS
from tests.backends.openwrt.protocols.test_sections import ground
from tests.backends.openwrt.protocols.test_tunnels import ROW, TUNNELS
from tests.backends.openwrt.protocols.test_wireguard import ROW as VPN_ROW
from tests.backends.openwrt.protocols.test_wireguard import VPN

pytestmark = pytest.mark.slow
ALL = NETWORK + TUNNELS + VPN + THEIRS


def gateway(directory: Path, manage: tuple[str, ...] = ("*",)) -> Gateway:
    return Gateway(directory, [over_uci], [gre, vxlan, wireguard, dslite], network=ALL, manage=manage)


def test_links_are_known_by_name_before_they_are_there(tmp_path: Path) -> None:
    names = TunnelNames(gateway(tmp_path).uci, ground())()
    assert names == {
        GreInterface: {"branch": ("branch", "gre4t-branch")}, VxlanInterface: {"cloud": ("cloud", "cloud")},
        WireGuardInterface: {"vpn": ("", "vpn")}, SixRd: {"1": ("", "6rd-six")}, DsLite: {"1": ("", "ds-lite")},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("link", "path", "value"),
    [
        ("gre4t-branch", f"{ROW}RemoteEndpoints", "192.0.2.10"),
        ("gre4t-branch", f"{ROW}Interface.1.KeyIdentifier", "8"),
        ("vpn", f"{VPN_ROW}ListenPort", "51821"),
        ("vpn", f"{VPN_ROW}Peer.1.PersistentKeepalive", "25"),
        ("ds-lite", f"{LITE}EndpointAddress", "2001:db8::8"),
        ("cloud", "Device.VXLAN.Tunnel.1.Interface.1.VNI", "8"),
    ],
)
def test_only_a_change_of_the_tunnel_on_the_way_waits_for_the_session_s_end(
    tmp_path: Path, link: str, path: str, value: str
) -> None:
    device = gateway(tmp_path)
    device.way = RouteTo(link, "10.9.0.1", "10.9.0.2")
    assert device.set({path: value}) == 1
    assert device.text == ALL


def test_another_tunnel_than_the_one_on_the_way_is_changed_at_once(tmp_path: Path) -> None:
    device = gateway(tmp_path)
    device.way = RouteTo("vpn", "10.9.0.1", "10.9.0.2")
    assert device.set({f"{LITE}EndpointAddress": "2001:db8::8", f"{ROW}DefaultDSCPMark": "10"}) == 0


def test_a_tunnel_over_what_is_not_given_to_the_agent_stays_as_it_is(tmp_path: Path) -> None:
    device = gateway(tmp_path, manage=("br-lan",))
    device.kernel.routes.append(Route(4, "", "198.51.100.1", "wan"))
    for path, value in (
        (f"{ROW}Interface.1.Enable", "0"),
        (f"{ROW}RemoteEndpoints", "192.0.2.10"),
        (f"{VPN_ROW}ListenPort", "51821"),
        (f"{VPN_ROW}Peer.1.PersistentKeepalive", "25"),
        (f"{LITE}EndpointAddress", "2001:db8::8"),
    ):
        assert device.refused({path: value}) == {path: "Denied"}
    assert device.text == ALL
    device.set({"Device.VXLAN.Tunnel.1.RemotePort": "4789"})
    assert device.text != ALL, "one that is off may be anything"


def test_a_tunnel_that_is_given_itself_may_be_changed(tmp_path: Path) -> None:
    device = gateway(tmp_path, manage=("vpn",))
    device.kernel.routes.append(Route(4, "", "198.51.100.1", "wan"))
    assert device.set({f"{VPN_ROW}ListenPort": "51821"}) == 0
