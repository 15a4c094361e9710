"""Leases as netifd tells of them: what an ACS is told, renewals, and a bus that is silent."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from backends.delegations import Delegation
from backends.openwrt.netifd import interfaces_told
from backends.openwrt.protocols.dhcp_leases import lease4_of, lease6_of
from backends.tr181.dhcpv4_client import dhcpv4_client
from backends.tr181.dhcpv6_client import dhcpv6_client
from backends.tr181.openwrt_dhcp_clients import openwrt_dhcp_clients
from tests.backends.openwrt.procd import Procd
from tests.backends.openwrt.protocols.dumps import EMPTY, WAN, WAN6, down, interface
from tests.backends.openwrt.protocols.gateway import Gateway

pytestmark = pytest.mark.slow
CLIENT, CLIENT6 = "Device.DHCPv4.Client.1.", "Device.DHCPv6.Client.1."
Make = Callable[..., Gateway]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return lambda **more: Gateway(tmp_path, [openwrt_dhcp_clients], (dhcpv4_client, dhcpv6_client), **more)


def test_a_lease_is_told_as_netifd_tells_it(make: Make, procd: Procd) -> None:
    procd.interfaces = [WAN, WAN6]
    gateway = make(bus=procd.path)
    procd.dumps = 0
    told = gateway.tree("Device.DHCPv4.Client.1.")
    assert procd.dumps == 1
    facts = {name: told[name] for name in (
        "Status", "DHCPStatus", "IPAddress", "SubnetMask", "IPRouters", "DNSServers", "DHCPServer", "LeaseTimeRemaining"
    )}  # fmt: skip
    assert facts == {
        "Status": "Enabled", "DHCPStatus": "Bound", "IPAddress": "198.51.100.7", "SubnetMask": "255.255.255.0",
        "IPRouters": "198.51.100.1", "DNSServers": "198.51.100.53", "DHCPServer": "198.51.100.2",
        "LeaseTimeRemaining": "3400",
    }  # fmt: skip
    row = gateway.add(f"{CLIENT}ReqOption.", Tag="42", Enable="1")
    assert gateway.get(f"{row}Value") == "C6336403C6336404"


def test_a_dhcpv6_lease_has_addresses_prefixes_and_options(make: Make, procd: Procd) -> None:
    procd.interfaces = [WAN, WAN6]
    gateway = make(bus=procd.path)
    told = gateway.tree(CLIENT6)
    assert (told["Status"], told["ReceivedOption.1.Tag"]) == ("Enabled", "23")
    lease = lease6_of(interfaces_told({"interface": [WAN6]})["wan6"])
    assert list(lease.addresses) == ["2001:db8::7"]
    assert [(one.prefix, one.valid) for one in lease.prefixes] == [("2001:db8:4700::/56", 3600)]
    delegated = gateway.linux.delegations()
    assert [one[:3] for one in delegated] == [("wan", 1, "2001:db8:4700::/56")]
    assert all(isinstance(one, Delegation) and one.valid_until > 10**9 for one in delegated)
    gateway.surface.netifd.forget()
    assert gateway.linux.delegations() is delegated, "the same as long as the same is told"


def test_an_address_of_a_lease_is_no_static_one_though_netifd_gives_it_for_good(make: Make, procd: Procd) -> None:
    procd.interfaces = [WAN, WAN6]
    gateway = make(bus=procd.path)
    gateway.kernel.addresses = [replace(one, flags=frozenset({"permanent"})) for one in gateway.kernel.addresses]
    address = f"{gateway.row('wan')}.IPv4Address.1."
    assert (gateway.get(f"{address}IPAddress"), gateway.get(f"{address}AddressingType")) == ("198.51.100.7", "DHCP")
    assert gateway.refused({f"{address}IPAddress": "198.51.100.8"}) == {f"{address}IPAddress": "NotWritable"}
    assert gateway.get(f"{gateway.row('br-lan')}.IPv4Address.1.AddressingType") == "Static"


def test_servers_that_may_not_be_used_were_told_all_the_same() -> None:
    told = interface("wan", "dhcp", ipv4_address=[{"address": "10.0.0.2", "mask": 8}],
                     inactive={**EMPTY, "dns-server": ["10.0.0.53"]}, data={"leasetime": 0xFFFFFFFF})  # fmt: skip
    lease = lease4_of(interfaces_told({"interface": [told]})["wan"])
    assert lease.addresses(6) == ["10.0.0.53"]
    assert lease.seconds(51) is None
    strange = {**told, "data": {"leasetime": "x", "dhcpserver": 7, "ntpserver": "no 10.0.0.9", "passthru": "zz"}}
    lease = lease4_of(interfaces_told({"interface": [strange]})["wan"])
    assert lease.addresses(42) == ["10.0.0.9"]
    assert lease6_of(interfaces_told({"interface": [strange]})["wan"]).first(23) == b""


def test_where_a_client_stands(make: Make, procd: Procd) -> None:
    gateway = make(bus=procd.path)
    for told, status, phase in (
        (down("wan", "dhcp", pending=True, device="wan"), "Enabled", "Selecting"),
        (down("wan", "dhcp", "NO_DEVICE", device="wan"), "Error", "Init"),
    ):
        procd.interfaces = [told]
        assert (gateway.get(f"{CLIENT}Status"), gateway.get(f"{CLIENT}DHCPStatus")) == (status, phase)
        assert (gateway.get(f"{CLIENT}IPAddress"), gateway.get(f"{CLIENT}LeaseTimeRemaining")) == ("", "0")
    procd.interfaces = [{**WAN, "data": {"leasetime": 0xFFFFFFFF}}]
    assert gateway.get(f"{CLIENT}LeaseTimeRemaining") == "-1"


def test_a_silent_bus_leaves_what_is_configured(make: Make) -> None:
    gateway = make()
    told = gateway.tree(CLIENT)
    assert (told["Enable"], told["Status"], told["DHCPStatus"], told["IPAddress"]) == ("true", "Error", "Init", "")
    assert told["ReqOption.1.Tag"] == "43"
    assert gateway.refused({f"{CLIENT}Renew": "1"}) == {f"{CLIENT}Renew": "Unavailable"}


def test_renew_asks_netifd_once_when_the_change_is_made(make: Make, procd: Procd) -> None:
    procd.interfaces = [WAN, WAN6]
    procd.serve_interface("wan")
    procd.serve_interface("wan6")
    gateway = make(bus=procd.path)
    gateway.set({f"{CLIENT}Renew": "1", f"{CLIENT6}Renew": "1"})
    assert sorted(path for path, method, _ in procd.told if method == "renew") == [
        "network.interface.wan", "network.interface.wan6",
    ]  # fmt: skip
    assert gateway.get(f"{CLIENT}Renew") == "false"
    procd.told.clear()
    gateway.set({f"{CLIENT}Renew": "0"})
    procd.interfaces = [down("wan", "dhcp", device="wan")]
    gateway.set({f"{CLIENT}Renew": "1"})
    assert procd.told == [], "a client that does not run has nothing to renew"
    procd.interfaces, procd.refuses = [WAN], {"renew"}
    assert gateway.refused({f"{CLIENT}Renew": "1"}) == {f"{CLIENT}Renew": "Unavailable"}


def test_clients_that_netifd_starts_itself_are_read_and_not_changed(make: Make, procd: Procd) -> None:
    procd.interfaces = [{**WAN6, "interface": "wan_6", "dynamic": True, "l3_device": "eth2"}]
    gateway = make(bus=procd.path)
    client = gateway.find("Device.DHCPv6.Client.", Interface=gateway.row("eth2"))
    assert gateway.get(f"{client}Status") == "Enabled"
    assert gateway.refused({f"{client}Enable": "0"}) == {f"{client}Enable": "Denied"}
