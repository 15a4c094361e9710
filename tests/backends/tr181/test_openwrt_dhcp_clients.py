"""DHCP clients on OpenWrt as a part of the machine: told of events, whole or not at all."""

from pathlib import Path

import pytest

from backends.dhcp_client.records import Client4
from backends.tr181.dhcpv4_client import dhcpv4_client
from backends.tr181.openwrt_dhcp_clients import UciDhcpClientTables, openwrt_dhcp_clients
from tests.backends.openwrt.conftest import procd
from tests.backends.openwrt.procd import Procd
from tests.backends.openwrt.protocols.dumps import WAN, down
from tests.backends.openwrt.protocols.gateway import NETWORK, Gateway

__all__ = ["procd"]

pytestmark = pytest.mark.slow
CLIENT = "Device.DHCPv4.Client.1."


def test_netifd_s_news_are_the_clients_news(tmp_path: Path, procd: Procd) -> None:
    procd.interfaces = [down("wan", "dhcp", device="wan")]
    gateway = Gateway(tmp_path, [openwrt_dhcp_clients], [dhcpv4_client], bus=procd.path)
    [part] = gateway.parts
    tables = part.backend
    assert isinstance(tables, UciDhcpClientTables)
    assert not tables.has_lease_files, "leases are netifd's to tell"
    followed: list[bool] = []
    tables.followers.append(lambda: followed.append(tables.in_force.get(Client4, "wan").enable))
    assert part.look is not None
    assert part.look(frozenset({"link"})) == frozenset()
    gateway.write(NETWORK.replace("proto 'dhcp'\n", "proto 'dhcp'\n\toption disabled '1'\n"))
    procd.interfaces = [WAN]
    assert part.look(frozenset({"netifd"})) == frozenset({"dhcp"})
    assert followed == [False]
    assert "dhcp" in gateway.model.changed_by(f"{CLIENT}DHCPStatus")


def test_services_are_told_once_of_a_change(tmp_path: Path, procd: Procd) -> None:
    gateway = Gateway(tmp_path, [openwrt_dhcp_clients], [dhcpv4_client], bus=procd.path)
    gateway.set({f"{CLIENT}Enable": "0", f"{CLIENT}SentOption.1.Value": "6162"})
    assert procd.events() == ["reload"]
    assert gateway.refused({f"{CLIENT}ReqOption.1.Enable": "0"})
    assert procd.events() == ["reload"]


def test_without_the_package_there_is_no_part(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, [], [])
    (gateway.places.config / "network").unlink()
    gateway.uci.forget()
    assert openwrt_dhcp_clients(gateway.mechanisms, gateway.surface) is None
