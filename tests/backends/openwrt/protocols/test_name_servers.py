"""Name servers in /etc/config/network: what people wrote, what was added, and what netifd has learnt."""

from collections.abc import Callable
from pathlib import Path

import pytest

from backends.tr181.openwrt_name_servers import openwrt_name_servers
from tests.backend_contract.test_name_servers import SERVERS, declared, lan_that_asks
from tests.backends.openwrt.procd import Procd
from tests.backends.openwrt.protocols.dumps import EMPTY, WAN, WAN6, interface
from tests.backends.openwrt.protocols.gateway import NETWORK, Gateway

pytestmark = pytest.mark.slow
Make = Callable[..., Gateway]
THEIRS = NETWORK.replace("proto 'dhcp'\n", "proto 'dhcp'\n\tlist dns '9.9.9.9'\n\tlist dns 'nonsense'\n")


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return lambda **more: Gateway(tmp_path, [lan_that_asks, openwrt_name_servers], [declared], **more)


def test_people_s_servers_are_rows(make: Make) -> None:
    gateway = make(network=THEIRS)
    row = gateway.find(SERVERS, DNSServer="9.9.9.9")
    assert (gateway.get(f"{row}Interface"), gateway.get(f"{row}Type")) == (gateway.row("wan"), "Static")
    gateway.set({f"{row}DNSServer": "9.9.9.10"})
    assert gateway.says("wan")["dns"] == ("9.9.9.10", "nonsense")
    gateway.set({f"{row}Enable": "0"})
    assert gateway.says("wan")["dns"] == ("nonsense",)
    assert gateway.get(f"{row}DNSServer") == "9.9.9.10"
    gateway.delete(row)
    assert "cpe_dns" not in gateway.text


def test_one_without_an_interface_is_said_of_what_is_always_up(make: Make) -> None:
    gateway = make()
    row = gateway.add(SERVERS, Enable="1", DNSServer="192.0.2.53")
    assert gateway.says("loopback")["dns"] == ("192.0.2.53",)
    gateway.set({f"{row}Interface": gateway.row("wan")})
    assert gateway.says("wan")["dns"] == ("192.0.2.53",)
    assert "dns" not in gateway.says("loopback")
    assert gateway.get(f"{row}Interface") == gateway.row("wan")
    gateway.delete(row)
    assert gateway.text == NETWORK


def test_a_text_of_several_is_a_list_when_it_is_edited(make: Make) -> None:
    gateway = make(network=NETWORK.replace("proto 'dhcp'\n", "proto 'dhcp'\n\toption dns '9.9.9.9 149.112.112.112'\n"))
    gateway.add(SERVERS, Interface=gateway.row("wan"), DNSServer="192.0.2.53", Enable="1")
    assert gateway.says("wan")["dns"] == ("9.9.9.9", "149.112.112.112", "192.0.2.53")


def test_an_interface_that_openwrt_does_not_know_is_refused(make: Make) -> None:
    gateway = make()
    row = gateway.add(SERVERS, DNSServer="192.0.2.53")
    assert gateway.refused({f"{row}Interface": gateway.row("eth2")}) == {f"{row}Interface": "InvalidValue"}


def test_what_netifd_has_learnt_is_told_by_whom_and_switched_as_a_whole(make: Make, procd: Procd) -> None:
    procd.interfaces = [{**WAN, "dns-server": ["9.9.9.9", "198.51.100.53", "198.51.100.54"]}, WAN6]
    gateway = make(bus=procd.path, network=THEIRS)
    procd.dumps = 0
    told = gateway.tree(SERVERS)
    assert procd.dumps == 1
    rows = {told[f"{n}.DNSServer"]: told[f"{n}.Type"] for n in range(1, 5)}
    assert rows == {
        "198.51.100.53": "DHCPv4", "198.51.100.54": "DHCPv4", "2001:db8::53": "DHCPv6", "9.9.9.9": "Static",
    }  # fmt: skip
    assert gateway.get(f"{gateway.find(SERVERS, DNSServer='9.9.9.9')}Status") == "Enabled"
    row = gateway.find(SERVERS, DNSServer="198.51.100.53")
    assert gateway.get(f"{row}Interface") == gateway.row("wan")
    gateway.set({f"{row}Enable": "0"})
    assert gateway.says("wan")["peerdns"] == "0"
    procd.interfaces[0] = {**WAN, "dns-server": ["9.9.9.9"], "inactive": {**EMPTY, "dns-server": ["198.51.100.53"]}}
    assert (gateway.get(f"{row}Enable"), gateway.get(f"{row}Status")) == ("false", "Disabled")
    gateway.set({f"{row}Enable": "1"})
    assert "peerdns" not in gateway.text


def test_servers_of_what_no_section_is_stay_as_they_are(make: Make, procd: Procd) -> None:
    procd.interfaces = [interface("wan_6", "dhcpv6", dynamic=True, l3_device="wan", dns_server=["2001:db8::54"])]
    gateway = make(bus=procd.path)
    row = gateway.find(SERVERS, DNSServer="2001:db8::54")
    assert gateway.get(f"{row}Enable") == "true"
    assert gateway.refused({f"{row}Enable": "0"}) == {f"{row}Enable": "Denied"}


def test_a_silent_bus_leaves_what_the_resolver_s_file_says(make: Make) -> None:
    gateway = make()
    row = gateway.add(SERVERS, Enable="1", DNSServer="192.0.2.53")
    assert gateway.get(f"{row}Status") == "Error"
    told = gateway.directory / "tmp/resolv.conf.d/resolv.conf.auto"
    told.parent.mkdir(parents=True)
    told.write_text("# Interface loopback\nnameserver 192.0.2.53\n")
    assert gateway.get(f"{row}Status") == "Enabled"
