"""Somebody is there who was heard lately, by ARP or by a bridge."""

from datetime import UTC, datetime, timedelta

from backends.netlink_types import Neighbour, Station
from backends.tr181.presence import Evidence, Seen, is_present, judged
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


NOW = datetime(2027, 1, 15, 8, 0, 0, tzinfo=UTC)
HEARD = Evidence(silence=20.0, is_heard=True, is_associated=False, is_cut=False)
SILENT = Evidence(silence=310.0, is_heard=False, is_associated=False, is_cut=False)


def before(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def test_the_moment_of_a_change_is_the_kernel_s_within_what_was_looked_at() -> None:
    there, away = (Seen(active, before(4000), "br0") for active in (True, False))
    assert judged(HEARD, None, None, NOW, "br0", None).since == before(20)
    assert judged(HEARD, away, before(60), NOW, "br0", None).since == before(20)
    assert judged(HEARD, away, before(5), NOW, "br0", None).since == before(5)
    assert judged(SILENT, there, before(60), NOW, "br0", None).since == before(10), "300 s after they were last heard"
    assert judged(SILENT, there, before(5), NOW, "br0", None).since == before(5)
    assert judged(HEARD, there, before(5), NOW, "br0", None).since == there.since


def test_without_a_carrier_only_an_association_counts() -> None:
    there = Seen(True, before(4000), "br0", "lan1")
    cut = Evidence(silence=20.0, is_heard=True, is_associated=False, is_cut=True)
    assert judged(cut, there, before(5), NOW, "br0", "lan1") == Seen(False, NOW, "br0", "lan1", NOW)
    assert judged(Evidence(20.0, True, True, True), there, before(5), NOW, "br0", "lan1").active
    lost = Seen(False, before(10), "br0", "lan1", before(10))
    assert not judged(HEARD, lost, before(5), NOW, "br0", "lan1").active
    heard_since = judged(Evidence(3.0, True, False, False), lost, before(5), NOW, "br0", "lan1")
    assert (heard_since.active, heard_since.since, heard_since.cut_at) == (True, before(3), None)
