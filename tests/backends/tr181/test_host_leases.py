"""A host on the LAN has the name, the addresses and the clients' rows of its leases."""

import json

import pytest

from tests.backends.lan_device import Answer, Gateway
from tests.netlab.namespace import Namespace
from tests.waiting import until

HOSTS = "Device.Hosts.Host."


def test_a_host_is_told_with_its_lease(gateway: Gateway, house: Namespace) -> None:
    pool = gateway.pool()
    mac = json.loads(house.run("ip", "-j", "link", "show", "eth0"))[0]["address"]
    gateway.add(f"{pool}StaticAddress.", Enable="1", Chaddr=mac, Yiaddr="192.0.2.60")
    assert Answer(house, "-x", "hostname:laptop").address == "192.0.2.60"
    told = gateway.tree(HOSTS)
    row = next(key.partition(".")[0] for key, text in told.items() if text == mac)
    host = {key.removeprefix(f"{row}."): text for key, text in told.items() if key.startswith(f"{row}.")}
    assert (host["HostName"], host["IPAddress"], host["IPv4Address.1.IPAddress"]) == (
        "laptop",
        "192.0.2.60",
        "192.0.2.60",
    )
    assert host["DHCPClient"] == f"{pool}Client.1"
    assert host["AssociatedDevice"] == ""
    assert gateway.get(host["Layer3Interface"] + ".Name") == "br0"


def test_who_has_only_a_lease_is_told_as_inactive(gateway: Gateway) -> None:
    gateway.pool()
    tablet = "4102444800 02:00:5e:00:00:77 192.0.2.77 tablet *\n"
    television = "4102444800 9 2001:db8:1::77 tv 00:03:00:01:02:00:5e:00:00:77\n"
    gateway.set_row("Device.DHCPv6.Server.", Enable="1")
    pool6 = gateway.add("Device.DHCPv6.Server.Pool.", Enable="1", Interface=gateway.interface())

    def told_with_leases() -> dict[str, str]:
        """A server that was just started may still write its own, which are none."""
        gateway.tables.leases.path.write_text(tablet + television)
        return gateway.tree(HOSTS)

    told = until(told_with_leases)
    host = {key.partition(".")[2]: text for key, text in told.items()}
    assert (host["PhysAddress"], host["HostName"], host["Active"]) == ("02:00:5e:00:00:77", "tablet", "false")
    assert (host["IPv4Address.1.IPAddress"], host["IPv6Address.1.IPAddress"]) == ("192.0.2.77", "2001:db8:1::77")
    assert host["DHCPClient"] == f"Device.DHCPv4.Server.Pool.1.Client.1,{pool6}Client.1"


@pytest.mark.slow
def test_the_address_of_the_lease_is_the_hosts_whatever_else_was_heard(gateway: Gateway, house: Namespace) -> None:
    pool = gateway.pool()
    link = json.loads(house.run("ip", "-j", "link", "show", "eth0"))[0]
    before = Answer(house).address
    house.ip(f"addr add {before}/24 dev eth0")
    house.python("import socket; s=socket.socket(type=socket.SOCK_DGRAM); s.sendto(b'x',('192.0.2.1',9)); print(1)")
    other = "192.0.2.60" if before != "192.0.2.60" else "192.0.2.61"
    gateway.add(f"{pool}StaticAddress.", Enable="1", Chaddr=link["address"], Yiaddr=other)
    assert Answer(house).address == other
    gateway.namespace.ip(f"neigh replace 2001:db8:1::5 lladdr {link['address']} dev br0 nud reachable")
    assert before in gateway.namespace.run("ip", "neigh", "show", "dev", "br0")
    told = gateway.tree(HOSTS)
    assert told["1.PhysAddress"] == link["address"]
    assert (told["1.IPAddress"], told["1.IPv4AddressNumberOfEntries"]) == (other, "2")
    assert "2001:db8:1::5" in told.values()
