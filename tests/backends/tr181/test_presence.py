"""Somebody is there who was heard lately, by ARP or by a bridge."""

from backends.netlink_types import Neighbour, Station
from backends.tr181.presence import is_present
from tests.fakes.netlink import FakeKernel, FakeNetlink

MAC = "02:00:00:00:00:01"


def kernel(state: str = "stale", age: float = 1000.0) -> FakeKernel:
    made = FakeKernel()
    made.neighbours = [Neighbour("br0", "192.0.2.5", MAC, state, confirmed_age=age)]
    return made


def test_a_neighbour_is_there_while_the_kernel_believes_it() -> None:
    assert is_present(FakeNetlink(kernel("reachable")), MAC)
    assert is_present(FakeNetlink(kernel(age=10.0)), "", ["192.0.2.5"])
    assert not is_present(FakeNetlink(kernel()), MAC, ["192.0.2.5"])
    assert not is_present(FakeNetlink(kernel("reachable")), "", ["192.0.2.6"])


def test_whom_a_bridge_hears_is_there() -> None:
    heard = kernel()
    heard.stations = [Station(MAC, "lan1", "br0", used_age=5.0)]
    assert is_present(FakeNetlink(heard), MAC)
    assert not is_present(FakeNetlink(heard), "")
