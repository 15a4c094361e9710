"""What connections of the agent's own were told of is asked for the LAN, and seen by the ACS."""

import contextlib
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.model.object import Object
from agent.model.own_values import OwnValues
from backends.desired_state import Pointer
from backends.dhcp_client.clients import DhcpClients, Place
from backends.dhcp_client.held import MachinesOwn
from backends.lan.ports import open_diag_socket
from backends.lan.resolver import NameServer
from backends.netlink_socket import inside
from backends.ppp.records import PppInterface
from backends.sysfs import Sysfs
from backends.tr181.dhcp_clients import DhcpClientTables
from backends.tr181.dhcpv4_client import dhcpv4_client
from backends.tr181.dhcpv6_client import dhcpv6_client
from backends.tr181.dns import dns
from backends.tr181.ethernet import ethernet
from backends.tr181.ip import ip
from backends.tr181.lan import Surface, lan
from backends.tr181.lan_tables import LanTables
from backends.tr181.learned_servers import learned_servers
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Machine
from backends.tr181.ppp_connections import PppConnections
from backends.tr181.staging import LinuxNetwork
from tests.backends.dhcp_client.conftest import lab, make_namespace, make_wan
from tests.backends.dhcp_client.wan import CLIENT4, CLIENT6, Wan
from tests.backends.small_device import SmallDevice
from tests.backends.test_pppd import Bench
from tests.backends.tr181.test_dns import ASK
from tests.netlab.isp import serving
from tests.netlab.namespace import Namespace, veth
from tests.waiting import until

__all__ = ["lab", "make_namespace", "make_wan"]

SERVERS = "Device.DNS.Client.Server."
NEWS = frozenset({"dhcp"})


class Router:
    """A WAN's gateway with a LAN on br0, and the agent's model over both."""

    def __init__(self, wan: Wan, house: Namespace, folder: Path) -> None:
        home, links_given = wan.home, ("c0", "br0")
        home.ip("link add br0 type bridge")
        veth(home, "lan1", house, "eth0")
        home.ip("link set lan1 master br0")
        home.ip("addr add 203.0.113.1/24 dev br0")
        home.ip("link set br0 up")
        house.ip("addr add 203.0.113.9/24 dev eth0")
        self.house = house
        network = LinuxNetwork(wan.netlink, wan.procfs, links_given, lambda: None)
        links = Links(network)
        place = Place(links.link_of, links.may_change, lambda: None, lambda name: network.topology.below(name))
        clients = DhcpClients(wan.netlink, wan.procfs, place, wan.folders, MachinesOwn(folder / "machine"))
        tables = DhcpClientTables(clients, links)
        nothing: Any = None
        (folder / "state").mkdir()
        given = Mechanisms(
            wan.netlink, nothing, wan.procfs, Sysfs(home.sysfs), nothing, network, OwnValues({}, {}), links=links,
            dhcp_clients=tables, directory=folder / "lan", state_directory=folder / "state",
        )  # fmt: skip
        surface = Surface(home.command(), folder / "root", lambda: inside(home.path, open_diag_socket))
        self.machine = Machine(given, [lambda one: lan(one, surface)])
        mechanisms = self.machine.mechanisms
        assert mechanisms.lan is not None
        self.lan: LanTables = mechanisms.lan
        declare: Sequence[Callable[[Mechanisms], list[Object[Any]]]] = (ethernet, ip, dhcpv4_client, dhcpv6_client, dns)
        self.device = SmallDevice(
            [one for each in declare for one in each(mechanisms)],
            backends=(network, tables, self.lan),
            forget=(wan.netlink.forget, clients.forget, *self.machine.forget),
        )

    def news(self) -> None:
        """What the agent does when a lease came or went."""
        self.device.model.forget()
        self.machine.changed(NEWS)

    def ask(self) -> str:
        """The address of www.example by the gateway; "" for none."""
        answer = self.house.python(ASK, "203.0.113.1", "www.example")
        return str(answer.get("address", "")) if answer.get("code") == 0 else ""

    def server(self) -> dict[str, str]:
        """What the first name server's row says."""
        told = self.device.tree(f"{SERVERS}1.")
        return {name: told[name] for name in ("DNSServer", "Type", "Interface", "Status")}

    def close(self) -> None:
        """End the LAN's server."""
        self.lan.daemons.program.stop()


@contextlib.contextmanager
def answering(isp: Namespace) -> Iterator[None]:
    """A name server at the provider's that knows www.example."""
    arguments = ("-C", "/dev/null", "-R", "-h", "--address=/www.example/198.51.100.7", "--pid-file")
    process = subprocess.Popen(isp.command("dnsmasq", "-k", *arguments), stderr=subprocess.DEVNULL)
    try:
        until(lambda: ":53" in isp.run("ss", "-lunH"), "the provider's name server listens")
        yield
    finally:
        process.terminate()
        process.wait()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "server", "address", "origin"),
    [
        (CLIENT4, ("--dhcp-range=192.0.2.50,192.0.2.99,120", "--dhcp-option=6,192.0.2.1"), "192.0.2.1", "DHCPv4"),
        (
            CLIENT6,
            ("--dhcp-range=2001:db8:1::100,2001:db8:1::1ff,64,120", "--dhcp-option=option6:23,[2001:db8:1::1]"),
            "2001:db8:1::1",
            "DHCPv6",
        ),
    ],
)
def test_the_lan_is_answered_by_the_server_that_a_lease_told_of(
    make_wan: Callable[..., Wan], make_namespace: Callable[[], Namespace], tmp_path: Path,
    table: str, server: tuple[str, ...], address: str, origin: str,
) -> None:  # fmt: skip
    wan = make_wan(*server)
    router = Router(wan, make_namespace(), tmp_path)
    device = router.device
    with serving(wan.server), answering(wan.isp), contextlib.closing(router):
        device.set({"Device.DNS.Relay.Enable": "1"})
        assert router.ask() == ""
        running = router.lan.daemons.program.pid()
        for route in ("2001:db8:1::/64", "default via 2001:db8:1::1"):  # as a router advertisement would tell
            wan.home.ip(f"-6 route add {route} dev c0")
        client = wan.client(device, table)
        until(lambda: device.tree(SERVERS) != {}, "a lease")
        router.news()
        until(lambda: router.ask() == "198.51.100.7", "an answer")
        assert router.lan.daemons.program.pid() == running, "a name server is taken up without a restart"
        row = device.find("Device.IP.Interface.", Name="c0").removesuffix(".")
        told = {"DNSServer": address, "Type": origin, "Interface": row, "Status": "Enabled"}
        assert router.server() == told
        assert device.get("Device.DNS.Relay.Forwarding.1.Type") == origin
        device.set({f"{client}Enable": "0"})
        router.news()
        assert device.tree(SERVERS) == {}
        until(lambda: router.ask() == "", "no answer")


def test_what_a_ppp_connection_agreed_on_is_learned_while_it_is_up(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    links: Any = SimpleNamespace(link_of=lambda pointer: "eth0")
    connections = PppConnections(bench.pppd, links)
    connections.begin()
    connections.put("+7", PppInterface(enable=True, lower=Pointer("Device.Ethernet.Link.{i}.", ("eth0",))))
    nothing: Any = None
    without = Mechanisms(nothing, nothing, nothing, nothing, nothing, nothing, OwnValues({}, {}), links=nothing)
    given = replace(without, ppp=connections)
    assert list(learned_servers(given)) == []
    bench.up()
    told_by = "a PPP connection of the agent"
    assert list(learned_servers(given)) == [
        NameServer("9.9.9.9", "IPCP", "ppp-7", told_by),
        NameServer("8.8.8.8", "IPCP", "ppp-7", told_by),
    ]
    connections.edit(PppInterface, "+7", enable=False)
    assert list(learned_servers(given)) == []
    assert list(learned_servers(without)) == []
