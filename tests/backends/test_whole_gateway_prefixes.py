"""A home's IPv6 as providers give it: a prefix that a real server delegates, a host that talks beyond the WAN."""

import ipaddress
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backends.netlink_socket import inside
from tests.backends.tr181.test_dhcpv6_server import ask
from tests.backends.whole_gateway import WholeGateway, gateway
from tests.netlab.dhcpd import DelegatingServer
from tests.netlab.fixtures import make_namespace
from tests.netlab.gateway import HOST6, INSIDE6, OUTSIDE6, STRANGER6
from tests.waiting import until

__all__ = ["gateway", "make_namespace"]

BEYOND = "2001:db8:beef::1"
FIRST, SECOND = "2001:db8:100::/56", "2001:db8:900::/56"
ECHO_REQUEST = bytes.fromhex("8000000000010001")
CLIENTS, SERVER = "Device.DHCPv6.Client.", "Device.DHCPv6.Server."
ADVERTISED = "Device.RouterAdvertisement.InterfaceSetting."


class Home:
    """The gateway, its provider, and a host that has no address but those that it makes of what is advertised."""

    def __init__(self, gateway: WholeGateway, folder: Path) -> None:
        places = gateway.places
        self.gateway, self.host, self.provider = gateway, places.lan, places.wan
        subnet = ipaddress.IPv6Interface(f"{STRANGER6}/64").network
        self.server = DelegatingServer(places.wan, folder, "up0", str(subnet))
        self.host.ip(f"-6 addr del {HOST6}/64 dev eth0")
        self.host.ip("-6 route flush default")
        places.router.ip(f"-6 addr del {INSIDE6}/64 dev lan0")
        self.provider.ip(f"-6 addr add {BEYOND}/128 dev lo")
        for prefix in (FIRST, SECOND):
            self.provider.ip(f"-6 route add {prefix} via {OUTSIDE6}")
        places.router.ip(f"-6 route add default via {STRANGER6}")

    def delegates(self, prefix: str) -> None:
        """The provider has this one prefix to give."""
        network = ipaddress.IPv6Network(prefix)
        only = str(network.network_address)
        self.server.start(only, only, network.prefixlen)

    def set(self, row: str, **values: Any) -> None:
        """Change a row by a person's wish."""
        self.gateway.agent.ask("set", values={f"{row}{name}": text for name, text in values.items()})

    def hosts_address(self, prefix: str, **wanted: Any) -> str:
        """The address that the host has of a prefix, once it has one like that."""
        network = ipaddress.IPv6Network(prefix)

        def found() -> str | None:
            [link] = json.loads(self.host.ip("-j -6 addr show dev eth0"))
            for one in link["addr_info"]:
                is_like = all(one.get(name) == value for name, value in wanted.items())
                if ipaddress.IPv6Address(one["local"]) in network and is_like:
                    return str(one["local"])
            return None

        return until(found, lambda: f"no address of {prefix} with {wanted}: {self.host.ip('-6 addr show dev eth0')}")

    def reaches_beyond(self, source: str) -> bool:
        """Whether the provider's side answers the host's echo request."""
        family, kind = socket.AF_INET6, socket.SOCK_RAW
        with inside(self.host.path, lambda: socket.socket(family, kind, socket.IPPROTO_ICMPV6)) as made:
            made.settimeout(1)
            try:
                made.bind((source, 0))
                made.sendto(ECHO_REQUEST, (BEYOND, 0))
                while made.recvfrom(64)[1][0] != BEYOND:
                    pass
            except OSError:  # no answer in time, or the address is still being looked for on the link
                return False
        return True

    def unreachable(self) -> list[tuple[str, int]]:
        """Where the gateway sends nobody, of what was delegated."""
        routes = json.loads(self.gateway.router.ip("-j -6 route show type unreachable"))
        return [(one["dst"], one["metric"]) for one in routes if one.get("protocol") == "static"]

    def lan_addresses(self) -> dict[str, Any]:
        """The gateway's global addresses on the LAN, with their lifetimes."""
        links = json.loads(self.gateway.router.ip("-j -6 addr show dev lan0 scope global"))
        return {one["local"]: one for link in links for one in link.get("addr_info", []) if one}


@pytest.fixture
def home(gateway: WholeGateway, tmp_path: Path) -> Iterator[Home]:
    made = Home(gateway, tmp_path)
    yield made
    made.server.stop()


@pytest.mark.slow
def test_a_host_of_the_lan_talks_to_the_world_by_a_delegated_prefix(home: Home, tmp_path: Path) -> None:
    gateway = home.gateway
    home.delegates(FIRST)
    client, ra, pool = gateway.add(CLIENTS), gateway.add(ADVERTISED), gateway.add(f"{SERVER}Pool.")
    wan, lan = gateway.interface("wan0"), gateway.interface("lan0")
    slot, child = gateway.add(f"{wan}.IPv6Prefix."), gateway.add(f"{lan}.IPv6Prefix.")
    home.set(slot, StaticType="PrefixDelegation", Enable="1")
    home.set(child, StaticType="Child", ParentPrefix=slot, ChildPrefixBits="0:0:0:7::/64", Enable="1")
    home.set(ra, Interface=lan, Enable="1", MinRtrAdvInterval="200", MaxRtrAdvInterval="600")
    home.set("Device.RouterAdvertisement.", Enable="1")
    home.set(pool, Interface=lan, Enable="1", IANAEnable="1")
    home.set(SERVER, Enable="1")
    home.set(client, Interface=wan, RequestAddresses="0", RequestPrefixes="1", Enable="1")

    address = home.hosts_address("2001:db8:100:7::/64")
    until(lambda: home.reaches_beyond(address), lambda: "no answer from beyond the provider")
    told = gateway.agent.values(slot, child)
    assert (told[f"{slot}Prefix"], told[f"{slot}Origin"]) == (FIRST, "PrefixDelegation")
    assert (told[f"{child}Prefix"], told[f"{child}Origin"]) == ("2001:db8:100:7::/64", "Child")
    assert told[f"{child}ValidLifetime"] == told[f"{slot}ValidLifetime"]
    announced = gateway.agent.values(f"{ra}Prefixes", f"{pool}IANAPrefixes")
    assert set(announced.values()) == {child.removesuffix(".")}
    assert "iaaddr 2001:db8:100:7::" in ask(home.host, tmp_path)
    [own] = home.lan_addresses().values()
    assert 1000 < own["valid_life_time"] <= 1800
    assert home.unreachable() == [(FIRST, 1024)]

    before = _lasting(gateway.system())
    gateway.agent.kill()
    until(lambda: home.reaches_beyond(address), lambda: "no answer while the agent is dead")
    gateway.agent = gateway.stand.start()
    gateway.quiet()
    assert _lasting(gateway.system()) == before

    home.server.stop()  # the provider renumbers
    home.delegates(SECOND)
    home.set(client, Renew="1")
    address = home.hosts_address("2001:db8:900:7::/64")
    until(lambda: home.reaches_beyond(address), lambda: "no answer by the new prefix")
    home.hosts_address("2001:db8:100:7::/64", deprecated=True)
    assert list(home.lan_addresses()) != []
    assert all(one.startswith("2001:db8:900:7:") for one in home.lan_addresses())
    until(lambda: home.unreachable() == [(SECOND, 1024)])
    assert gateway.agent.values(f"{child}Prefix") == {f"{child}Prefix": "2001:db8:900:7::/64"}

    home.set(client, Enable="0")  # the prefix is given back
    home.hosts_address("2001:db8:900:7::/64", deprecated=True)
    until(lambda: home.lan_addresses() == {} and home.unreachable() == [])
    told = gateway.agent.values(slot, child)
    assert [told[f"{row}{name}"] for row in (slot, child) for name in ("Prefix", "Status")] == ["", "Disabled"] * 2


def _lasting(system: dict[str, Any]) -> dict[str, Any]:
    """Without the time that is left of routes."""
    for name in ("routes", "routes6"):
        routes = json.loads(system[name])
        for one in routes:
            one.pop("expires", None)
        system[name] = routes
    return system
