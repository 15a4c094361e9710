"""Counts since they were set to nothing."""

from backends.ethtool import MacCounters
from backends.netlink_types import Counters, Link
from backends.network.traffic import Baselines, Traffic

ETH0 = Link(2, "eth0")


def test_what_was_counted_before_is_taken_off() -> None:
    counts = Baselines()
    before = Traffic(Counters(rx_bytes=100, tx_bytes=7), MacCounters(tx_multicast=3))
    assert counts.since(ETH0, before) == before
    counts.reset(ETH0, before)
    now = Traffic(Counters(rx_bytes=150, tx_bytes=7), MacCounters(tx_multicast=5))
    assert counts.since(ETH0, now) == Traffic(Counters(rx_bytes=50), MacCounters(tx_multicast=2))


def test_a_link_that_was_made_anew_counts_from_its_own_beginning() -> None:
    counts = Baselines()
    counts.reset(ETH0, Traffic(Counters(rx_bytes=100)))
    assert counts.since(Link(9, "eth0"), Traffic(Counters(rx_bytes=30))).counters.rx_bytes == 30


def test_a_driver_that_began_anew_is_believed() -> None:
    counts = Baselines()
    counts.reset(ETH0, Traffic(Counters(rx_bytes=100, rx_packets=2)))
    assert counts.since(ETH0, Traffic(Counters(rx_bytes=30, rx_packets=3))).counters == Counters(
        rx_bytes=30, rx_packets=3
    )
