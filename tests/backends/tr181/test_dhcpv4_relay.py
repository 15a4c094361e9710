"""A request that an entry is for gets its address from the server elsewhere; others are served here."""

import json
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from backends.desired_state import Pointer
from backends.firewall.leases import system_clock
from backends.firewall.records import FirewallSettings, InterfaceNat
from backends.netlink_socket import inside
from backends.tr181.firewall_backend import FirewallTables, tables_over
from backends.tr181.links import Links
from backends.tr181.staging import LinuxNetwork
from tests.backends.lan_device import Answer, Gateway
from tests.netlab.namespace import Namespace, veth
from tests.netlab.packet_filter import packet_filter
from tests.waiting import until

RELAY = "Device.DHCPv4.Relay."
ELSEWHERE = "198.51.100.53"


@pytest.fixture
def elsewhere(gateway: Gateway, house: Namespace, make_namespace: Callable[[], Namespace]) -> Iterator[None]:
    """A server outside that gives the house 192.0.2.200."""
    outside = make_namespace()
    veth(gateway.namespace, "wan", outside, "eth0")
    gateway.namespace.ip("addr add 198.51.100.1/24 dev wan")
    outside.ip(f"addr add {ELSEWHERE}/24 dev eth0")
    outside.ip("route add 192.0.2.0/24 via 198.51.100.1")
    mac = json.loads(house.run("ip", "-j", "link", "show", "eth0"))[0]["address"]
    arguments = ("-C", "/dev/null", "--port=0", "--pid-file", f"--dhcp-leasefile={gateway.directory}/elsewhere",
                 "--dhcp-range=192.0.2.190,192.0.2.210,255.255.255.0", f"--dhcp-host={mac},192.0.2.200")  # fmt: skip
    server = subprocess.Popen(outside.command("dnsmasq", "-k", *arguments), stderr=subprocess.DEVNULL)
    assert until(lambda: ":67" in outside.run("ss", "-lunH"))
    yield
    server.terminate()
    server.wait()


@pytest.mark.usefixtures("elsewhere")
def test_the_first_entry_that_fits_decides_where_a_request_goes(gateway: Gateway, house: Namespace) -> None:
    mac = json.loads(house.run("ip", "-j", "link", "show", "eth0"))[0]["address"]
    pool = gateway.pool()
    gateway.add(f"{pool}StaticAddress.", Enable="1", Chaddr=mac, Yiaddr="192.0.2.60")
    gateway.set_row(RELAY, Enable="1")
    usual = {"Enable": "1", "Interface": gateway.interface()}
    row = gateway.add(
        f"{RELAY}Forwarding.", VendorClassID="phone", DHCPServerIPAddress=ELSEWHERE, LocallyServed="0", **usual
    )
    assert gateway.get(f"{row}Status") == "Enabled"
    assert Answer(house, "-V", "phone").address == "192.0.2.200"
    assert Answer(house, "-V", "phones").address == "192.0.2.60"
    relay = gateway.tables.daemons.relay.pid()
    gateway.add(f"{RELAY}Forwarding.", Order="1", Chaddr=mac, LocallyServed="1", **usual)
    assert Answer(house, "-V", "phone").address == "192.0.2.60"
    assert gateway.tables.daemons.relay.pid() == relay
    gateway.set_row(RELAY, Enable="0")
    assert gateway.tables.daemons.relay.pid() is None
    assert gateway.get(f"{row}Status") == "Disabled"


@pytest.fixture
def firewall(gateway: Gateway) -> FirewallTables:
    """What keeps strangers behind ``wan`` away from the gateway, and gives its address to what goes there."""
    nftables = packet_filter(gateway.namespace)
    network = LinuxNetwork(gateway.netlink, gateway.procfs, ("br0", "wan"))
    mechanisms = replace(gateway.mechanisms, network=network, links=Links(network))
    tables = tables_over(mechanisms, nftables, system_clock("boot"))
    gateway.netlink.forget()
    tables.begin()
    tables.add(InterfaceNat(enable=True, interface=Pointer("Device.IP.Interface.{i}.", ("wan",))))
    tables.put("", FirewallSettings(enable=True, config="Low"))
    tables.prepare()
    tables.commit()
    return tables


def renewed(house: Namespace, address: str) -> bool:
    """Whether the server elsewhere gives a host that has an address the same again, asked for it alone."""
    house.ip(f"address add {address}/24 dev eth0")
    house.ip("route add default via 192.0.2.1")
    mac = json.loads(house.run("ip", "-j", "link", "show", "eth0"))[0]["address"].replace(":", "")
    request = bytes((1, 1, 6, 0, *b"cpe!")) + bytes(4) + socket.inet_aton(address) + bytes(12) + bytes.fromhex(mac)
    request = request.ljust(236, b"\0") + bytes.fromhex("63825363 350103 ff")
    with inside(house.path, lambda: socket.socket(type=socket.SOCK_DGRAM)) as client:
        client.settimeout(10)
        client.bind((address, 68))
        client.sendto(request, (ELSEWHERE, 67))
        try:
            return b"\x35\x01\x05" in client.recv(1500)  # DHCPACK
        except TimeoutError:
            return False


@pytest.mark.usefixtures("elsewhere", "firewall")
def test_the_firewall_lets_the_relay_s_servers_answer_as_long_as_they_are_asked(
    gateway: Gateway, house: Namespace
) -> None:
    gateway.namespace.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    before = gateway.namespace.run("nft", "-s", "list", "ruleset")
    gateway.set_row(RELAY, Enable="1")
    row = gateway.add(f"{RELAY}Forwarding.", Enable="1", Interface=gateway.interface(), DHCPServerIPAddress=ELSEWHERE)
    assert Answer(house).address == "192.0.2.200"
    assert renewed(house, "192.0.2.200")
    gateway.delete(row)
    assert gateway.namespace.run("nft", "-s", "list", "ruleset") == before


@pytest.mark.usefixtures("elsewhere")
def test_without_a_server_here_everybody_is_relayed(gateway: Gateway, house: Namespace) -> None:
    gateway.set_row(RELAY, Enable="1")
    row = gateway.add(f"{RELAY}Forwarding.", Enable="1", Interface=gateway.interface(), DHCPServerIPAddress=ELSEWHERE)
    assert not gateway.is_serving()
    assert Answer(house).address == "192.0.2.200"
    gateway.set_row(row, Interface="")
    assert gateway.get(f"{row}Status") == "Error_Misconfigured"
