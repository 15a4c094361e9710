"""How long leases are follows what is left of a prefix, in few steps."""

from itertools import pairwise

import pytest

from backends.lan.lease_times import LONGEST, MARGIN, SHORTEST, lasting, lease_time, shortens_in, times_in
from backends.netlink_types import Address


@pytest.mark.parametrize(
    ("lasts", "before", "time"),
    [(None, 0, 7200), (None, 600, 7200), (86400, 0, 7200), (1800, 0, 600), (900, 600, 600), (620, 600, 600),
     (614, 600, 204), (1800, 204, 600), (900, 204, 204), (200, 0, 120), (136, 120, 120), (135, 120, 0), (0, 120, 0),
     (20000, 0, 6666), (21600, 6666, 7200), (7300, 7200, 7200), (7210, 7200, 2403)],
)  # fmt: skip
def test_a_lease_is_as_long_as_it_was_unless_it_cannot_or_can_be_much_longer(
    lasts: int | None, before: int, time: int
) -> None:
    assert lease_time(lasts, before) == time


@pytest.mark.parametrize(("life", "renewed_at"), [(300, 150), (1200, 600), (3600, 1800), (86400, 43200), (3600, 0)])
def test_no_lease_outlives_its_prefix_and_few_changes_do(life: int, renewed_at: int) -> None:
    times, time = [], 0
    for second in range(3 * life):
        lasts = life - second % (life - renewed_at)
        time = lease_time(lasts, time)
        assert time < lasts or time == 0
        times.append(time)
    changes = sum(one != other for one, other in pairwise(times))
    assert changes <= (0 if renewed_at else 3 * 8)


def test_it_is_known_when_a_lease_is_too_long() -> None:
    assert shortens_in(None, LONGEST) == shortens_in(100, 0) == float("inf")
    assert shortens_in(1800, 600) == 1800 - 600 - MARGIN
    assert shortens_in(SHORTEST, 600) == 0


def test_the_first_prefix_to_end_counts() -> None:
    addresses = [
        Address("br0", 6, "2001:db8::1", 64, preferred_lifetime=900, valid_lifetime=1800),
        Address("br0", 6, "2001:db8:1::1", 64, preferred_lifetime=0, valid_lifetime=1200),
        Address("br0", 6, "fd00::1", 64),
        Address("br0", 6, "fe80::1", 64, scope="link", preferred_lifetime=1, valid_lifetime=1),
        Address("br0", 4, "192.0.2.1", 24, preferred_lifetime=1, valid_lifetime=1),
        Address("br1", 6, "2001:db8:2::1", 64, preferred_lifetime=1, valid_lifetime=1),
    ]
    assert lasting(addresses, "br0") == 900
    assert lasting(addresses[1:], "br0") == 1200
    assert lasting(addresses[2:], "br0") is None
    assert lasting(addresses[3:], "br0") == 0


def test_what_was_in_force_is_read_where_it_is_written() -> None:
    text = (
        "interface=br0\ndhcp-range=tag:p1,::1:0,::ffff:ffff,constructor:br0,64,600\n"
        "dhcp-range=tag:p2,::,constructor:br1,static,64,7200\ndhcp-range=tag:p3,192.0.2.1,192.0.2.9,3600\n"
    )
    assert times_in(text) == {"br0": 600}
    assert times_in("") == {}
