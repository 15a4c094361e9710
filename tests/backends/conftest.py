"""A device on each of the two kernels: Linux's in a namespace of the test, and the fake."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from backends.netlink import Netlink, Route
from backends.network.kernel import Kernel
from backends.procfs import Procfs
from tests.backends.device import KernelSettings, NamespaceSettings, NetworkDevice
from tests.backends.lan_device import Gateway, gateway, house
from tests.backends.openwrt.netifd import FakeNetifd
from tests.backends.openwrt.procd import Procd
from tests.backends.openwrt.router import BARE, BARE_NETWORK, Router
from tests.fakes.documents import Documents
from tests.fakes.netlink import FakeKernel, FakeNetlink
from tests.netlab.fixtures import lab, make_namespace
from tests.netlab.namespace import Namespace
from tests.waiting import PATIENCE, until

__all__ = ["gateway", "house", "lab", "make_namespace"]


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a request may cost is tried in tests/model; here a machine that stands still for a while fails nothing."""
    monkeypatch.setattr("agent.model.view.BUDGET", PATIENCE)


@pytest.fixture(params=["linux", "openwrt"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Gateway | Router]:
    """The LAN's tables over each set of mechanisms: br0 with 192.0.2.1/24, and nothing configured."""
    if request.param == "linux":
        yield request.getfixturevalue("gateway")
        return
    procd = Procd(tmp_path / "ubus.sock")
    yield Router(tmp_path, dhcp=BARE, network=BARE_NETWORK, bus=procd.path, lan=("br0", "192.0.2.1/24"))
    procd.close()


LINK_LOCAL = "fe80::/64"


class Bench:
    """Two cables, eth0–far0 with addresses and default routes, eth1–far1 bare; everything up."""

    def __init__(self, netlink: Netlink, procfs: Procfs, lab: Namespace | None) -> None:
        self.netlink, self.procfs, self.lab = netlink, procfs, lab
        self.kernel = Kernel(netlink, procfs)
        for name, peer in (("eth0", "far0"), ("eth1", "far1")):
            netlink.add_veth(name, peer)
            netlink.set_link(name, up=True)
            netlink.set_link(peer, up=True)
        netlink.add_address("eth0", "192.0.2.1", 24)
        netlink.add_address("eth0", "2001:db8::1", 64)
        netlink.add_route(Route(4, "", "192.0.2.254", "eth0"))
        netlink.add_route(Route(4, "198.51.100.0/24", "192.0.2.253", "eth0", metric=7))
        netlink.add_route(Route(6, "", "2001:db8::fe", "eth0"))

    def device(
        self, manage: tuple[str, ...] = ("eth*", "br*"), store: Documents | None = None, **more: Any
    ) -> NetworkDevice:
        """A device on this kernel; with the store of an earlier one, that one after a restart."""
        device = NetworkDevice(self.netlink, self.procfs, manage, store=store, **more)
        if store is not None:
            device.network.apply_at_start()
        return device

    def state(self) -> dict[tuple[str, ...], Any]:
        """All that the kernel has, without what time alone changes: a link's fe80::/64 comes with its first carrier."""
        passing = {"tentative", "optimistic", "secondary"}
        state = {ident: there for ident, there in self.kernel.observe().items() if LINK_LOCAL not in ident}
        for ident, there in state.items():
            if ident[0] == "address":
                there["flags"] = [flag for flag in there["flags"] if flag not in passing]
        return state

    def as_ip_tells(self) -> Any:
        """The same as the kernel's own tool shows it; nothing for the fake."""
        if self.lab is None:
            return None
        addresses = [
            (link["ifname"], sorted(set(link["flags"]) & {"UP"}), link["mtu"], link["address"], link.get("master"),
             sorted((one["local"], one["prefixlen"]) for one in link["addr_info"]))
            for link in json.loads(self.lab.ip("-j addr"))
        ]  # fmt: skip
        routes = [
            sorted(
                (one["dst"], one.get("gateway", ""), one.get("dev", ""), one.get("metric", 0))
                for one in json.loads(told)
                if one["dst"] != LINK_LOCAL
            )
            for told in (self.lab.ip("-j -4 route"), self.lab.ip("-j -6 route"))
        ]
        return addresses, routes

    def addresses(self, name: str) -> set[str]:
        """The addresses of a link, without those that it makes itself."""
        self.netlink.forget()
        found = [one for one in self.netlink.addresses() if one.interface == name and one.scope == "global"]
        return {f"{one.address}/{one.prefix_length}" for one in found}

    def routes(self) -> set[tuple[str, str | None, str | None, int]]:
        """What was not made by the kernel itself, with metric."""
        self.netlink.forget()
        found = [one for one in self.netlink.routes() if one.protocol != "kernel"]
        return {(one.destination, one.gateway, one.interface, one.metric) for one in found}


def comes_to(device: NetworkDevice, rows: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether the rows come to have these Status values: Linux tells of a lost carrier within a second or two."""
    return until(lambda: [device.get(f"{row}Status") for row in rows] == list(wanted))


@pytest.fixture
def memory() -> Bench:
    """The bench on the fake alone."""
    kernel = FakeKernel()
    return Bench(FakeNetlink(kernel), KernelSettings(kernel), None)


@pytest.fixture
def linux(make_namespace: Callable[[], Namespace]) -> Iterator[Bench]:
    """The bench on Linux, in a namespace."""
    lab = make_namespace()
    lab.ip("link set lo up")
    lab.run("sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad")
    procfs = NamespaceSettings(lab)
    yield Bench(lab.netlink(), procfs, lab)
    procfs.close()


UCI_OF_BENCH = """
# the first cable
config interface 'one'
	option device 'eth0'
	option proto 'static'
	option ipaddr '192.0.2.1'
	option netmask '255.255.255.0'
	option gateway '192.0.2.254'
	option ip6addr '2001:db8::1/64'
	option ip6gw '2001:db8::fe'

config interface 'two'
	option device 'eth1'
	option proto 'none'

config route
	option interface 'one'
	option target '198.51.100.0'
	option netmask '255.255.255.0'
	option gateway '192.0.2.253'
	option metric '7'
"""
"""What of the bench netifd has made; the far ends of the cables are nobody's."""


class OpenWrtBench(Bench):
    """The bench on the fake, with OpenWrt's configuration of it."""

    def __init__(self, directory: Path) -> None:
        kernel = FakeKernel()
        super().__init__(FakeNetlink(kernel), KernelSettings(kernel), None)
        self.netifd = FakeNetifd(directory, UCI_OF_BENCH, self.netlink, self.procfs)

    def device(
        self, manage: tuple[str, ...] = ("eth*", "br*"), store: Documents | None = None, **more: Any
    ) -> NetworkDevice:
        return super().device(manage, store, surface=self.netifd.surface, **more)


@pytest.fixture
def openwrt(tmp_path: Path) -> OpenWrtBench:
    """The bench with OpenWrt."""
    return OpenWrtBench(tmp_path)


by_our_own_hand = pytest.mark.parametrize("bench", ["linux", "memory"], indirect=True)
"""What OpenWrt's configuration has no word for, or what netifd sees to and not the agent."""


@pytest.fixture(params=["linux", "memory", pytest.param("openwrt", marks=pytest.mark.slow)])
def bench(request: pytest.FixtureRequest) -> Bench:
    """The bench on both kernels in turn, and with OpenWrt's configuration in the place of our own hand."""
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]
