"""The management interface's own routes, on the kernel's tables of a namespace."""

from collections.abc import Callable
from pathlib import Path

import pytest

from backends.errors import MechanismError
from backends.management_way import TABLE, ManagementWay
from backends.netlink import Netlink
from backends.netlink_types import Address
from tests.fakes.netlink import FakeKernel, FakeNetlink
from tests.netlab.fixtures import make_namespace
from tests.netlab.namespace import Namespace
from tests.netlab.operator_network import ACS, OWN, PROVIDER, ROUTER, OperatorNetwork

__all__ = ["make_namespace"]


@pytest.fixture
def network(tmp_path: Path, make_namespace: Callable[[], Namespace]) -> OperatorNetwork:
    return OperatorNetwork(make_namespace, tmp_path)


def way(netlink: Netlink, interface: str = "mgmt", *gateways: str) -> ManagementWay:
    return ManagementWay(netlink, lambda: interface, lambda _link: gateways)


def table(space: Namespace) -> str:
    return space.ip(f"route show table {TABLE}")


def test_what_is_bound_to_it_and_what_has_its_address_leaves_by_it(network: OperatorNetwork) -> None:
    device, netlink = network.device, network.device.netlink()
    assert f"via {PROVIDER} dev wan" in device.ip(f"route get {ACS}")

    assert way(netlink).apply()

    assert f"via {ROUTER} dev mgmt" in device.ip(f"route get {ACS} from {OWN}")
    assert f"via {ROUTER} dev mgmt" in device.ip(f"route get {ACS} oif mgmt")
    assert f"via {PROVIDER} dev wan" in device.ip(f"route get {ACS}"), "the subscriber's way is as it was"


def test_what_holds_is_not_touched_and_what_changes_is_followed(network: OperatorNetwork) -> None:
    device, netlink = network.device, network.device.netlink()
    way(netlink).apply()
    netlink.forget()
    assert not way(netlink).apply()

    device.ip("route replace default via 10.9.0.7 dev mgmt metric 500")
    device.ip("address add 2001:db8:9::2/64 dev mgmt nodad")
    device.ip("route add default via 2001:db8:9::1 dev mgmt")
    netlink.forget()
    assert way(netlink).apply()

    assert "via 10.9.0.7" in table(device)
    assert "via 2001:db8:9::1 dev mgmt" in device.ip("route get 2001:db8:ffff::1 from 2001:db8:9::2")


def test_without_the_interface_nothing_of_it_is_left(network: OperatorNetwork) -> None:
    device, netlink = network.device, network.device.netlink()
    before = device.ip("rule"), device.ip("-6 rule")
    way(netlink).apply()

    netlink.forget()
    assert way(netlink, "").apply()

    assert (device.ip("rule"), device.ip("-6 rule")) == before
    assert table(device) == ""
    assert not way(netlink, "").apply()


def test_a_lease_s_gateway_serves_where_no_route_names_one(network: OperatorNetwork) -> None:
    device, netlink = network.device, network.device.netlink()
    device.ip("route del default dev mgmt")

    way(netlink, "mgmt", "8.8.8.8", "2001:db8::1", ROUTER).apply()

    assert f"via {ROUTER} dev mgmt" in device.ip(f"route get {ACS} oif mgmt")


def test_what_the_kernel_refuses_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    kernel = FakeKernel()
    kernel.add_link("mgmt")
    kernel.addresses.append(Address("mgmt", 4, OWN, 24))
    both = way(FakeNetlink(kernel))

    for _ in range(2):
        kernel.fail_next = MechanismError("rules: Operation not permitted", "EPERM")
        assert not both.apply()

    assert len(caplog.records) == 1
