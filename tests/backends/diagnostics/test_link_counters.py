"""The counters of a link."""

from pathlib import Path

from backends.diagnostics.link_counters import Traffic, traffic_of


def test_a_link_that_is_made_anew_counts_from_nothing() -> None:
    assert Traffic(5, 5).since(Traffic(100, 100)) == Traffic(0, 0)


def test_the_bytes_of_a_link_are_read_from_the_kernels_table(tmp_path: Path) -> None:
    (tmp_path / "thread-self/net").mkdir(parents=True)
    (tmp_path / "thread-self/net/dev").write_text(
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n"
        "  eth0: 1000 2 0 0 0 0 0 0 3000 4 0 0 0 0 0 0\n"
        "eth0.7: 5 2 0 0 0 0 0 0 6 4 0 0 0 0 0 0\n"
    )
    assert traffic_of("eth0", tmp_path) == Traffic(1000, 3000)
    assert traffic_of("eth0.7", tmp_path) == Traffic(5, 6)
    assert traffic_of("eth", tmp_path) == traffic_of("", tmp_path) == Traffic()
    assert traffic_of("eth0", tmp_path / "gone") == Traffic()


def test_the_loopback_interface_of_this_machine_has_counted_as_much_out_as_in() -> None:
    received, sent = traffic_of("lo")
    assert received == sent > 0
