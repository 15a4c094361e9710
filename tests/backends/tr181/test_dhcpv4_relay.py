"""A request that an entry is for gets its address from the server elsewhere; others are served here."""

import json
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.backends.lan_device import Answer, Gateway, until
from tests.netlab.namespace import Namespace, veth

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


@pytest.mark.usefixtures("elsewhere")
def test_without_a_server_here_everybody_is_relayed(gateway: Gateway, house: Namespace) -> None:
    gateway.set_row(RELAY, Enable="1")
    row = gateway.add(f"{RELAY}Forwarding.", Enable="1", Interface=gateway.interface(), DHCPServerIPAddress=ELSEWHERE)
    assert not gateway.is_serving()
    assert Answer(house).address == "192.0.2.200"
    gateway.set_row(row, Interface="")
    assert gateway.get(f"{row}Status") == "Error_Misconfigured"
