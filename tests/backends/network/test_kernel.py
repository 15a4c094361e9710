"""The kernel as the plan sees it: every kind of thing is read as it was made, and removed."""

import pytest

from backends.errors import MechanismError
from backends.netlink import Route
from backends.network.kernel import Kernel, route_ident
from backends.network.plan import Change, Ident
from tests.backends.conftest import Bench

MADE = {
    ("bridge", "br0"): {"stp": True, "ageing_time": 6000},
    ("port", "eth1"): {"bridge": "br0", "path_cost": 7},
    ("link", "eth1"): {"mtu": 1400, "mac": "02:00:00:00:00:77"},
    ("ipv6", "eth1"): {"enabled": False},
    ("address", "eth0", "203.0.113.1/24"): {},
    ("route", "4", "198.18.0.0/15", "192.0.2.9", "eth0", "12", "unicast"): {"protocol": "static"},
    ("route", "6", "2001:db8:9::/48", "2001:db8::9", "eth0", "12", "unicast"): {"protocol": "static"},
}


def test_what_is_made_is_observed(bench: Bench) -> None:
    for ident, after in MADE.items():
        bench.kernel.make(Change(ident, None, after))
    observed = bench.kernel.observe()
    for ident, after in MADE.items():
        assert {key: observed[ident][key] for key in after} == after


def test_what_is_removed_is_gone_and_removing_it_again_is_no_mistake(bench: Bench) -> None:
    removable = [ident for ident in MADE if ident[0] not in ("link", "ipv6")]
    for ident in removable:
        bench.kernel.make(Change(ident, None, MADE[ident]))
    for _ in range(2):
        for ident in reversed(removable):
            bench.kernel.make(Change(ident, MADE[ident], None))
    assert not set(removable) & bench.kernel.observe().keys()


def test_a_route_is_removed_whoever_made_it(bench: Bench) -> None:
    bench.netlink.add_route(Route(4, "10.45.0.0/16", "192.0.2.9", "eth0", protocol="boot"))
    bench.netlink.add_route(Route(6, "2001:db8:9::/48", "2001:db8::9", "eth0", 12, protocol="bird"))
    observed = bench.kernel.observe()
    strange = [ident for ident, there in observed.items() if there.get("protocol") in ("boot", "bird")]
    assert len(strange) == 2
    for ident in strange:
        bench.kernel.make(Change(ident, observed[ident], None))
    assert not set(strange) & bench.kernel.observe().keys()


def test_a_route_that_expires_still_does_after_it_was_put_back(bench: Bench) -> None:
    bench.netlink.add_route(Route(6, "2001:db8:9::/48", "2001:db8::9", "eth0", 12, expires=600))
    [(ident, before)] = [one for one in bench.kernel.observe().items() if "2001:db8:9::/48" in one[0]]
    bench.kernel.make(Change(ident, before, None))
    bench.kernel.make(Change(ident, None, before))
    assert 590 <= bench.kernel.observe()[ident]["expires"] <= 600


def test_what_the_kernel_refuses_is_a_mechanism_error(bench: Bench) -> None:
    ident: Ident = ("route", "4", "198.18.0.0/15", "10.99.0.1", "eth0", "0", "unicast")
    with pytest.raises(MechanismError):
        bench.kernel.make(Change(ident, None, {"protocol": "static"}))


def test_the_identity_of_a_route_has_everything_that_tells_it_from_others(memory: Bench) -> None:
    idents = [route_ident(route) for route in memory.netlink.routes()]
    assert len(set(idents)) == len(idents)
    assert ("route", "4", "default", "192.0.2.254", "eth0", "0", "unicast") in idents


def test_a_link_whose_name_is_no_path_has_unknown_ipv6(memory: Bench) -> None:
    assert Kernel(memory.netlink, memory.procfs).ipv6_enabled("nosuch") is None
