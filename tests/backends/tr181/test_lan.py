"""The service stands on the links that were given to the agent and do not lead outside."""

from backends.netlink_types import Address, Route
from backends.tr181.lan import name_links
from tests.backends.lan_device import Gateway
from tests.fakes.netlink import FakeKernel, FakeNetlink


def test_names_are_served_on_managed_links_that_do_not_lead_outside() -> None:
    kernel = FakeKernel()
    addressed = ("wan", "wan1", "br0", "br1")
    for name in (*addressed, "br2"):
        kernel.add_link(name, up=True)
    kernel.addresses = [Address(name, 4, f"192.0.2.{number}", 24) for number, name in enumerate(addressed)]
    kernel.routes.append(Route(4, "", "192.0.2.254", "wan"))
    served = name_links(FakeNetlink(kernel), lambda name: name != "br1", lambda name: name == "wan1")
    assert list(served) == ["br0"]


def test_the_part_follows_what_it_stands_on(gateway: Gateway) -> None:
    assert gateway.part.follows >= {"link", "address", "route", "resolver", "dhcp", "ppp"}
    assert gateway.part.backend is gateway.tables
    assert gateway.part.watch is not None
