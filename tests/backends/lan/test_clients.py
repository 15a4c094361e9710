"""A lease is of the first pool, in order, that can have given it."""

from ipaddress import IPv6Network

from backends.desired_state import Wanted
from backends.lan.clients import leases_by_pool4, leases_by_pool6
from backends.lan.leases import Lease
from backends.lan.records import Pool4, Pool6, Static4

MAC = "02:00:5e:00:00:01"
LEASE = Lease(4, "192.0.2.50", 0, MAC, client="01aa")
RANGE = {"min_address": "192.0.2.50", "max_address": "192.0.2.99"}


def pools_of(lease: Lease, **pools: Pool4) -> list[str]:
    wanted = Wanted()
    for key, pool in pools.items():
        wanted = wanted.with_record(key, pool)
    return list(leases_by_pool4(wanted, [lease]))


def test_the_range_decides_and_then_the_order() -> None:
    assert pools_of(LEASE, b=Pool4(order=2, **RANGE), a=Pool4(order=1, **RANGE)) == ["a"]  # type: ignore[arg-type]
    assert pools_of(LEASE, a=Pool4(order=1, min_address="192.0.2.60", max_address="192.0.2.99")) == []
    assert pools_of(LEASE, a=Pool4(order=1)) == []


def test_what_is_known_of_the_client_has_to_fit() -> None:
    other = Pool4(order=2, **RANGE)  # type: ignore[arg-type]
    for field, fits, fits_not in (
        ("client_id", "01AA", "01AB"),
        ("chaddr", MAC.upper(), "02:00:5e:00:00:02"),
    ):
        values = {**RANGE, "order": 1}
        assert pools_of(LEASE, a=Pool4(**values, **{field: fits}), b=other) == ["a"]  # type: ignore[arg-type]
        assert pools_of(LEASE, a=Pool4(**values, **{field: fits_not}), b=other) == ["b"]  # type: ignore[arg-type]
        turned = {field: fits, f"{field}_exclude": True}
        assert pools_of(LEASE, a=Pool4(**values, **turned), b=other) == ["b"]  # type: ignore[arg-type]
    masked = Pool4(order=1, chaddr="02:00:5e:00:00:ff", chaddr_mask="ff:ff:ff:ff:ff:00", **RANGE)  # type: ignore[arg-type]
    assert pools_of(LEASE, a=masked, b=other) == ["a"]


def test_a_static_address_outside_the_range_is_of_its_pool() -> None:
    wanted = (
        Wanted().with_record("a", Pool4(order=1)).with_record("s", Static4(parent="a", chaddr=MAC, yiaddr="192.0.2.50"))
    )
    assert leases_by_pool4(wanted, [LEASE]) == {"a": [LEASE]}


def test_an_ipv6_lease_is_of_the_pool_whose_link_has_its_prefix() -> None:
    lease = Lease(6, "2001:db8:1::5", 0, client="0001ab")
    wanted = Wanted().with_record("a", Pool6(order=1, duid="0001AC")).with_record("b", Pool6(order=2))
    assert leases_by_pool6(wanted, [lease, LEASE], lambda _: [IPv6Network("2001:db8:1::/64")]) == {"b": [lease]}
    assert leases_by_pool6(wanted, [lease], lambda _: []) == {}
