"""What UCI says no longer is not seen any more, though netifd takes a moment to take it down."""

import pytest

from backends.netlink_types import Address
from backends.openwrt.network.settling import PATIENCE, SettlingNetlink
from tests.fakes.netlink import FakeKernel, FakeNetlink

pytestmark = pytest.mark.slow


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def kernel() -> tuple[FakeKernel, SettlingNetlink, Clock]:
    made, clock = FakeKernel(), Clock()
    made.add_link("lan1", up=True)
    made.addresses.append(Address("lan1", 4, "192.0.2.1", 24))
    return made, SettlingNetlink(FakeNetlink(made), clock), clock


IDENT = ("address", "lan1", "192.0.2.1/24")


def test_what_leaves_is_gone_at_once_and_forgotten_when_it_is_gone() -> None:
    made, netlink, _ = kernel()
    before = netlink.addresses()
    assert netlink.addresses() is before
    netlink.leave([IDENT], [])
    assert netlink.addresses() == ()
    assert netlink.addresses() is netlink.addresses()
    made.addresses.clear()
    netlink.forget()
    assert netlink.addresses() == ()
    made.addresses.append(Address("lan1", 4, "192.0.2.1", 24))
    netlink.forget()
    assert len(netlink.addresses()) == 1, "somebody has made it anew"


def test_what_comes_again_is_seen_and_what_stays_too_long_as_well() -> None:
    _, netlink, clock = kernel()
    netlink.leave([IDENT], [])
    netlink.leave([], [IDENT])
    assert len(netlink.addresses()) == 1
    netlink.leave([IDENT], [])
    clock.now += PATIENCE + 1
    netlink.forget()
    assert len(netlink.addresses()) == 1


def test_all_else_is_the_kernel_s() -> None:
    made, netlink, _ = kernel()
    netlink.leave([IDENT, ("bridge", "br9")], [])
    assert [link.name for link in netlink.links()] == ["lo", "lan1"]
    assert netlink.routes() == netlink.rules() == netlink.bridge_vlans() == ()
    assert netlink.state_age("lan1") >= 0
    assert made.links
