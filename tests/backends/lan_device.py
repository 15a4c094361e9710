"""A gateway in a network namespace: a bridge for the LAN with our own dnsmasq on it, and houses that hang on it."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.model.data_model import DataModel
from agent.model.object import Object
from agent.model.own_values import OwnValues
from backends.dnsmasq import is_installed
from backends.lan.ports import open_diag_socket
from backends.netlink_socket import inside
from backends.sysfs import Sysfs
from backends.system import System
from backends.tr181.dhcpv4_relay import dhcpv4_relay
from backends.tr181.dhcpv4_server import dhcpv4_server
from backends.tr181.dhcpv6_server import dhcpv6_server
from backends.tr181.dns import dns
from backends.tr181.hosts import hosts
from backends.tr181.ip import ip
from backends.tr181.lan import Surface, lan
from backends.tr181.lan_tables import OwnLanTables
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.root import root
from backends.tr181.router_advertisement import router_advertisement
from backends.tr181.staging import LinuxNetwork
from tests.backends.acs import Acs
from tests.backends.device import NamespaceSettings
from tests.fakes.documents import Documents
from tests.netlab.namespace import Namespace, veth
from tests.schemas import shipped_schema
from tests.waiting import HANGS, until

DECLARED: tuple[Callable[[Mechanisms], list[Object[Any]]], ...] = (
    root,
    ip,
    hosts,
    dhcpv4_server,
    dhcpv4_relay,
    dhcpv6_server,
    dns,
    router_advertisement,
)


class Gateway(Acs):
    """``br0`` with 192.0.2.1/24 and 2001:db8:1::1/64, and the data model over it. ``close`` ends what it started.

    ``blind``: how often from now on the kernel does not tell who listens on a port.
    """

    def __init__(
        self, namespace: Namespace, directory: Path, store: Documents | None = None, manage: Sequence[str] = ("br0",)
    ) -> None:
        self.namespace = namespace
        self.directory = directory
        self.manage = manage
        self.blind = 0
        self.store = store or Documents()
        self.netlink = namespace.netlink()
        self.procfs = NamespaceSettings(namespace)
        network = LinuxNetwork(self.netlink, self.procfs, manage, lambda: None)
        own = OwnValues({}, {})
        nothing: Any = None
        surface = Surface(namespace.command(), directory, self._diag_socket)
        mechanisms = Mechanisms(
            self.netlink, nothing, self.procfs, Sysfs(namespace.sysfs), System("/"), network, own,
            links=Links(network), directory=directory / "run", state_directory=directory / "state",
        )  # fmt: skip
        part = lan(mechanisms, surface)
        assert part is not None
        self.part: Part = part
        self.tables: OwnLanTables = part.provides["lan"]
        self.mechanisms = replace(mechanisms, lan=self.tables)
        self.model = DataModel(
            shipped_schema(),
            [one for declare in DECLARED for one in declare(self.mechanisms)],
            own,
            [network, self.tables],
            self.store,
            time.monotonic,
            forget=[self.netlink.forget, *part.forget],
            boot_id="boot",
        )
        self.model.load(self.tables.apply_at_start)

    def set_row(self, path: str, **values: str) -> None:
        """Set parameters of one row; raises Refusals."""
        self.set({path + name: text for name, text in values.items()})

    def refused_in(self, path: str, **values: str) -> dict[str, str]:
        """The class of the refusal of each parameter, by its name."""
        refused = self.refused({path + name: text for name, text in values.items()})
        return {one.removeprefix(path): refusal for one, refusal in refused.items()}

    def interface(self, name: str = "br0") -> str:
        """The IP interface with this name."""
        return self.find("Device.IP.Interface.", Name=name).removesuffix(".")

    def pool(self, **values: str) -> str:
        """A DHCPv4 pool on br0, enabled; its path."""
        self.set_row("Device.DHCPv4.Server.", Enable="1")
        usual = {
            "Enable": "1", "Interface": self.interface(), "MinAddress": "192.0.2.50", "MaxAddress": "192.0.2.99",
            "SubnetMask": "255.255.255.0", "IPRouters": "192.0.2.1", "LeaseTime": "3600",
        }  # fmt: skip
        return self.add("Device.DHCPv4.Server.Pool.", **{**usual, **values})

    def again(self) -> "Gateway":
        """The same after a restart of the agent."""
        return Gateway(self.namespace, self.directory, self.store, self.manage)

    @property
    def server(self) -> int | None:
        """The process id of dnsmasq."""
        return self.tables.daemons.program.pid()

    @property
    def advertiser(self) -> int | None:
        """The process id of the program that sends router advertisements."""
        return self.tables.daemons.advertiser.pid()

    def is_serving(self) -> bool:
        """Whether dnsmasq runs."""
        return self.server is not None

    def _diag_socket(self) -> socket.socket:
        if self.blind:
            self.blind -= 1
            raise PermissionError
        return inside(self.namespace.path, open_diag_socket)

    def close(self) -> None:
        self.tables.daemons.program.stop()
        self.tables.daemons.advertiser.stop()
        self.tables.daemons.relay.stop()
        self.procfs.close()


@pytest.fixture
def house(make_namespace: Callable[[], Namespace]) -> Namespace:
    """A namespace for the gateway's clients, made first so that cables can lead to it."""
    made = make_namespace()
    made.ip("link set lo up")
    without_dad(made)
    return made


def without_dad(namespace: Namespace) -> None:
    """Links that are made from now on have their link-local address at once: nobody else is there to ask."""
    namespace.run("sh", "-c", "for link in default all; do echo 0 > /proc/sys/net/ipv6/conf/$link/accept_dad; done")


@pytest.fixture
def gateway(house: Namespace, make_namespace: Callable[[], Namespace], tmp_path: Path) -> Iterator[Gateway]:
    """A gateway whose br0 the house's eth0 hangs on. Skips where dnsmasq is not installed or namespaces may not be."""
    if not is_installed():
        pytest.skip("dnsmasq is not installed")
    router = make_namespace()
    router.ip("link set lo up")
    without_dad(router)
    router.ip("link add br0 type bridge")
    veth(router, "lan1", house, "eth0")
    router.ip("link set lan1 master br0")
    router.ip("addr add 192.0.2.1/24 dev br0")
    router.ip("addr add 2001:db8:1::1/64 dev br0 nodad")
    router.ip("link set br0 up")
    (tmp_path / "state").mkdir()
    made = Gateway(router, tmp_path)
    yield made
    made.close()


class Answer:
    """What busybox's DHCP client was given."""

    def __init__(self, namespace: Namespace, *options: str, link: str = "eth0") -> None:
        script = Path(__file__).parent / "udhcpc_tells"
        done = subprocess.run(
            namespace.command(
                "busybox", "udhcpc", "-i", link, "-q", "-n", "-f", "-s", str(script), "-t", "4", "-T", "2", *options
            ),
            check=False, capture_output=True, text=True, timeout=HANGS,
        )  # fmt: skip
        lines = (line.partition("=") for line in done.stdout.splitlines() if "=" in line)
        self.told = {name: value for name, _, value in lines}

    @classmethod
    def with_address(cls, address: str, namespace: Namespace, *options: str) -> "Answer":
        """What it is given once that is this address: dnsmasq reads again a moment after it was told to."""
        answers: list[Answer] = []

        def is_given() -> bool:
            answers.append(cls(namespace, *options))
            return answers[-1].address == address

        until(is_given, lambda: str([one.told for one in answers]))
        return answers[-1]

    @property
    def address(self) -> str:
        """The address leased, "" for none."""
        return self.told.get("ip", "")
