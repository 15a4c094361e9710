"""Links, addresses and all protocols over one /etc/config/network: in one transaction, all of it or nothing."""

from pathlib import Path

import pytest

from agent.model.errors import Refusals
from backends.tr181.dhcpv4_client import dhcpv4_client
from backends.tr181.dhcpv6_client import dhcpv6_client
from backends.tr181.gre import gre
from backends.tr181.openwrt_dhcp_clients import openwrt_dhcp_clients
from backends.tr181.openwrt_name_servers import openwrt_name_servers
from backends.tr181.openwrt_network import network_part
from backends.tr181.openwrt_ppp import openwrt_ppp
from backends.tr181.ppp import ppp
from tests.backend_contract.test_name_servers import SERVERS, declared, lan_that_asks
from tests.backend_contract.test_tunnels import over_uci
from tests.backends.openwrt.procd import Procd
from tests.backends.openwrt.protocols.dumps import WAN, WAN6
from tests.backends.openwrt.protocols.gateway import NETWORK, Gateway, with_pppoe

pytestmark = pytest.mark.slow
BUILDS = (
    network_part, openwrt_dhcp_clients, lan_that_asks, openwrt_name_servers, with_pppoe(openwrt_ppp), over_uci,
)  # fmt: skip
DECLARES = (dhcpv4_client, dhcpv6_client, declared, ppp, gre)


@pytest.fixture
def gateway(tmp_path: Path, procd: Procd) -> Gateway:
    procd.interfaces = [WAN, WAN6]
    return Gateway(tmp_path, BUILDS, DECLARES, bus=procd.path, over_uci=True)


def rows(gateway: Gateway) -> dict[str, str]:
    """Values of each service, for rows that are there."""
    above = gateway.add("Device.IP.Interface.", LowerLayers=gateway.row("eth2", "Device.Ethernet.Link."))
    client = gateway.add("Device.DHCPv4.Client.")
    connection = gateway.add("Device.PPP.Interface.")
    server = gateway.add(SERVERS)
    tunnel = gateway.add("Device.GRE.Tunnel.")
    return {
        f"{above}Enable": "true", f"{client}Interface": above[:-1], f"{client}Enable": "true",
        f"{connection}LowerLayers": gateway.row("eth2", "Device.Ethernet.Link."), f"{connection}Username": "me",
        f"{server}DNSServer": "192.0.2.53", f"{server}Enable": "true", f"{tunnel}RemoteEndpoints": "192.0.2.9",
        "Device.DHCPv4.Client.1.SentOption.1.Value": "6162",
    }  # fmt: skip


def test_one_transaction_holds_on_all_and_netifd_is_told_once(gateway: Gateway, procd: Procd) -> None:
    values = rows(gateway)
    procd.told.clear()
    gateway.set(values)
    assert {path: gateway.get(path) for path in values} == values
    assert procd.events() == ["reload"]
    again = gateway.again()
    assert {path: again.get(path) for path in values} == values
    assert again.says("wan")["unknown"] == "kept"


@pytest.mark.parametrize("bad", ["Device.DHCPv4.Client.2.Interface", "Device.PPP.Interface.1.MaxMRUSize"])
def test_a_refusal_of_one_service_leaves_all_as_it_was(gateway: Gateway, bad: str) -> None:
    values = rows(gateway)
    before = gateway.text
    with pytest.raises(Refusals):
        gateway.set({**values, bad: "64"})
    assert gateway.text == before


def test_what_cannot_be_saved_is_taken_back_by_all(gateway: Gateway, procd: Procd) -> None:
    values = rows(gateway)
    before = gateway.text
    procd.told.clear()
    gateway.store.refused = "model"
    with pytest.raises(Refusals):
        gateway.set(values)
    assert gateway.text == before
    assert procd.events()[-1] == "reload"
    gateway.store.refused = ""
    gateway.set(values)
    assert {path: gateway.get(path) for path in values} == values


def test_reading_all_of_it_asks_netifd_once(gateway: Gateway, procd: Procd) -> None:
    gateway.get("Device.DHCPv4.Client.1.Enable")
    procd.dumps = 0
    assert len(gateway.tree("Device.")) > 300
    assert procd.dumps == 1


def test_deleting_everything_that_was_added_leaves_the_file_as_it_was(gateway: Gateway) -> None:
    added = [gateway.add(table) for table in ("Device.DHCPv4.Client.", "Device.DHCPv6.Client.", SERVERS,
                                              "Device.PPP.Interface.", "Device.GRE.Tunnel.")]  # fmt: skip
    assert gateway.text != NETWORK
    for row in added:
        gateway.delete(row)
    assert gateway.text == NETWORK
