"""The two kernels that every promise is tried on: Linux's in a namespace of the test, and the fake."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from backends.netlink import Netlink
from backends.netlink_types import Neighbour
from tests.fakes.netlink import FakeKernel, FakeNetlink
from tests.netlab.fixtures import lab, make_namespace
from tests.netlab.namespace import Namespace

__all__ = ["lab", "make_namespace"]


class RealKernel:
    """Linux, in a namespace of its own."""

    name = "real"

    def __init__(self, namespace: Namespace) -> None:
        self.namespace = namespace
        # No second of doubt before an IPv6 address may be used.
        namespace.run("sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad")
        self.netlink = namespace.netlink()

    def another(self) -> Netlink:
        return self.namespace.netlink()

    def put_neighbour(self, interface: str, address: str, mac: str) -> None:
        self.namespace.ip(f"neighbour add {address} lladdr {mac} dev {interface} nud reachable")
        self.netlink.forget()


class MemoryKernel:
    """The fake."""

    name = "fake"

    def __init__(self) -> None:
        self.kernel = FakeKernel()
        self.netlink: Netlink = FakeNetlink(self.kernel)

    def another(self) -> Netlink:
        return FakeNetlink(self.kernel)

    def put_neighbour(self, interface: str, address: str, mac: str) -> None:
        row = Neighbour(interface, address, mac, "reachable", confirmed_age=0.0, used_age=0.0)
        self.kernel.neighbours.append(replace(row))
        self.netlink.forget()


Kernel = RealKernel | MemoryKernel


@pytest.fixture(params=["real", "fake"])
def kernel(request: pytest.FixtureRequest, make_namespace: Callable[[], Namespace]) -> Kernel:
    """A kernel with ``lo``, up, and the pair ``a``–``b``, down."""
    if request.param == "fake":
        made: Kernel = MemoryKernel()
    else:
        made = RealKernel(make_namespace())
        made.netlink.set_link("lo", up=True)
    made.netlink.add_veth("a", "b")
    return made


@pytest.fixture
def net(kernel: Kernel) -> Netlink:
    """The mechanism on that kernel."""
    return kernel.netlink


@pytest.fixture
def wired(net: Netlink) -> Netlink:
    """The same with both ends up and 192.0.2.1/24 and 2001:db8::1/64 on ``a``."""
    net.set_link("a", up=True)
    net.set_link("b", up=True)
    net.add_address("a", "192.0.2.1", 24)
    net.add_address("a", "2001:db8::1", 64)
    return net
