"""A kernel on the LAN takes this machine for its router, as its row says; what is sent is read off the wire."""

import json
import socket
import struct

import pytest

from tests.backends.lan_device import Gateway
from tests.netlab.namespace import Namespace
from tests.waiting import until

RA = "Device.RouterAdvertisement."
HEAR = """
import json, socket, sys
heard = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
heard.settimeout(5)
asked = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
asked.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
index = socket.if_nametoindex("eth0")
asked.sendto(bytes([133, 0, 0, 0, 0, 0, 0, 0]), ("ff02::2", 0, 0, index))
message = b""
while message[:1] != b"\\x86":
    message = heard.recv(1500)
print(json.dumps(message.hex()))
"""


def advertise(gateway: Gateway, **values: str) -> str:
    gateway.set_row(RA, Enable="1")
    return gateway.add(f"{RA}InterfaceSetting.", **{"Enable": "1", "Interface": gateway.interface(), **values})


def heard(house: Namespace) -> bytes:
    """The next advertisement on the house's link, which is asked for."""
    until(lambda: "tentative" not in house.run("ip", "-6", "addr", "show", "dev", "eth0"))
    return bytes.fromhex(house.python(HEAR))


def options(message: bytes) -> dict[int, bytes]:
    """The options of an advertisement by type, without type and length."""
    found, rest = {}, message[16:]
    while rest:
        size = rest[1] * 8
        found[rest[0]] = rest[2:size]
        rest = rest[size:]
    return found


def test_a_kernel_on_the_lan_takes_an_address_and_a_route_of_it(gateway: Gateway, house: Namespace) -> None:
    until(lambda: "tentative" not in house.run("ip", "-6", "addr", "show", "dev", "eth0"))
    row = advertise(gateway)
    assert until(lambda: "2001:db8:1:" in house.run("ip", "-6", "addr", "show", "dev", "eth0", "scope", "global"))
    (route,) = json.loads(house.run("ip", "-j", "-6", "route", "show", "default"))
    assert (route["protocol"], route["dev"]) == ("ra", "eth0")
    assert gateway.get(f"{row}Status") == "Enabled"
    assert gateway.get(gateway.get(f"{row}Prefixes") + ".Prefix") == "2001:db8:1::/64"


def test_everything_that_is_set_is_on_the_wire(gateway: Gateway, house: Namespace) -> None:
    row = advertise(
        gateway, MaxRtrAdvInterval="40", MinRtrAdvInterval="30", AdvDefaultLifetime="90", AdvManagedFlag="1",
        AdvOtherConfigFlag="1", AdvMobileAgentFlag="1", AdvPreferredRouterFlag="Low", AdvNDProxyFlag="1",
        AdvLinkMTU="1400", AdvReachableTime="3600000", AdvRetransTimer="4294967295", AdvCurHopLimit="61",
        RDNSS="2001:db8:1::1", AdvRDNSSLifetime="120", DNSSL="lan.example", AdvDNSSLLifetime="60",
    )  # fmt: skip
    gateway.add(f"{row}Option.", Enable="1", Tag="253", Value="0102030405060708")
    message = heard(house)
    kind, _, _, hops, flags, lifetime, reachable, retrans = struct.unpack_from("!BBHBBHII", message)
    assert (kind, hops, lifetime, reachable, retrans) == (134, 61, 90, 3_600_000, 4_294_967_295)
    assert flags == 0x80 | 0x40 | 0x20 | 0x18 | 0x04
    told = options(message)
    assert told[5] == struct.pack("!HI", 0, 1400)
    assert told[25] == struct.pack("!HI", 0, 120) + socket.inet_pton(socket.AF_INET6, "2001:db8:1::1")
    assert told[31].startswith(struct.pack("!HI", 0, 60) + b"\x03lan\x07example\0")
    assert told[253] == bytes.fromhex("0102030405060708") + bytes(6)
    assert told[3][14:] == socket.inet_pton(socket.AF_INET6, "2001:db8:1::")


@pytest.mark.slow
def test_a_change_is_told_without_a_restart_and_the_end_as_well(gateway: Gateway, house: Namespace) -> None:
    until(lambda: "tentative" not in house.run("ip", "-6", "addr", "show", "dev", "eth0"))
    row = advertise(gateway)
    process = gateway.advertiser
    again = gateway.again()
    assert again.advertiser == process, "a new run of the agent leaves it alone"
    again.procfs.close()
    gateway.set_row(row, AdvDefaultLifetime="700")
    assert gateway.advertiser == process

    def life() -> int:
        routes = json.loads(house.run("ip", "-j", "-6", "route", "show", "default"))
        return int(routes[0]["expires"]) if routes else 0

    assert until(lambda: 0 < life() <= 700)
    gateway.set_row(RA, Enable="0")
    assert gateway.get(f"{row}Status") == "Disabled"
    assert until(lambda: life() == 0), "the last word is that it is no router any more"
    assert gateway.advertiser is None


def test_a_row_that_cannot_be_says_so(gateway: Gateway) -> None:
    row = advertise(gateway)
    assert "InvalidValue" in gateway.refused_in(row, MinRtrAdvInterval="500").values()
    assert "InvalidValue" in gateway.refused_in(row, AdvDefaultLifetime="100").values()
    assert "InvalidValue" in gateway.refused_in(row, DNSSL="a b").values()
    option = gateway.add(f"{row}Option.")
    for tag in ("1", "3", "5", "256"):
        assert gateway.refused_in(option, Tag=tag) == {"Tag": "InvalidValue"}
    gateway.set_row(row, Interface="")
    assert gateway.get(f"{row}Status") == "Error_Misconfigured"


@pytest.mark.slow
def test_a_prefix_that_is_gone_is_told_as_deprecated(gateway: Gateway, house: Namespace) -> None:
    until(lambda: "tentative" not in house.run("ip", "-6", "addr", "show", "dev", "eth0"))
    advertise(gateway, MaxRtrAdvInterval="4", MinRtrAdvInterval="3", AdvDefaultLifetime="30")
    assert until(lambda: "2001:db8:1:" in house.run("ip", "-6", "addr", "show", "dev", "eth0"))
    gateway.namespace.ip("addr del 2001:db8:1::1/64 dev br0")
    assert until(lambda: "deprecated" in house.run("ip", "-6", "addr", "show", "dev", "eth0"))
