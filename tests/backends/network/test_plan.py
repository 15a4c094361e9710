"""The plan reaches what is wanted and nothing else, is empty when it holds, and its undo leads back exactly."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.errors import MechanismError
from backends.netlink import Route
from backends.network.kernel import Kernel
from backends.network.plan import Change, Ident, Wish, can_return, disturbed, from_json, plan, to_json, undo_of
from tests.backends.device import KernelSettings
from tests.fakes.netlink import FakeKernel, FakeNetlink

LINKS = ("eth0", "eth1", "eth0.10", "eth0.10.20", "br0")
LINK = {"up": True, "mtu": 1500, "mac": "02:00:00:00:00:01"}
ADDRESSES = ("192.0.2.1/24", "192.0.2.2/24", "203.0.113.1/30", "2001:db8::1/64", "2001:db8:1::1/64")
VLAN = {"protocol": 0x8100}

links = st.sampled_from(LINKS)
wishes: st.SearchStrategy[dict[Ident, Any]] = st.dictionaries(
    st.one_of(
        st.tuples(st.just("link"), links),
        st.tuples(st.just("ipv6"), links),
        st.tuples(st.just("address"), links, st.sampled_from(ADDRESSES)),
        st.tuples(st.just("vlan"), st.sampled_from(("eth0.10", "eth0.10.20"))),
        st.tuples(st.just("bridge"), st.just("br0")),
        st.tuples(st.just("port"), st.sampled_from(("eth1", "eth0.10"))),
        links.map(lambda name: ("route", "4", "198.51.100.0/24", "-", name, str(LINKS.index(name)), "unicast")),
    ),
    st.booleans(),
    max_size=9,
).map(lambda told: {ident: attributes(ident, value) for ident, value in told.items()})


def attributes(ident: Ident, value: bool) -> dict[str, Any] | None:
    match ident[0]:
        case "link":
            return {"up": value} if value else {"up": False, "mtu": 1400}
        case "ipv6":
            return {"enabled": value}
        case "vlan":
            lower = "eth0" if ident[1] == "eth0.10" else "eth0.10"
            return {"lower": lower, "id": int(ident[1].rpartition(".")[2]), **VLAN} if value else None
        case "bridge":
            return {"ageing_time": 6000} if value else None
        case "port":
            return {"bridge": "br0"} if value else None
    return {"protocol": "static"} if value and ident[0] == "route" else {} if value else None


def machine() -> Kernel:
    fake = FakeKernel()
    netlink = FakeNetlink(fake)
    for name, peer in (("eth0", "far0"), ("eth1", "far1")):
        netlink.add_veth(name, peer)
        netlink.set_link(peer, up=True)
    netlink.set_link("eth0", up=True)
    netlink.add_address("eth0", "192.0.2.9", 24)
    netlink.add_address("eth0", "2001:db8::9", 64)
    netlink.add_route(Route(4, "", "192.0.2.254", "eth0"))
    netlink.add_route(Route(4, "203.0.113.0/24", "192.0.2.254", "eth0", source="192.0.2.9"))
    netlink.add_route(Route(6, "", "2001:db8::fe", "eth0"))
    return Kernel(netlink, KernelSettings(fake))


def reach(kernel: Kernel, wish: Wish) -> list[Change]:
    """Make the plan, and again while the kernel dropped something; what was made at first."""
    first = changes = plan(wish, kernel.observe())
    for _ in range(4):
        for change in changes:
            kernel.make(change)
        changes = plan(wish, kernel.observe())
        if not changes:
            return first
    raise AssertionError(f"never done: {changes}")


@settings(max_examples=200, deadline=None)
@given(wishes, wishes)
def test_what_is_wanted_is_reached_and_then_nothing_is_left_to_do(earlier: Wish, later: Wish) -> None:
    kernel = machine()
    reach(kernel, earlier)
    before = kernel.observe()
    reach(kernel, later)
    after = kernel.observe()
    for ident, wanted in later.items():
        if wanted is None and ident[0] not in ("link", "ipv6"):
            assert ident not in after
        elif ident in after and wanted and ident[0] not in ("address", "route"):
            asked_up_but_lower_is_down = ident[0] == "link" and wanted.get("up") and not after[ident]["up"]
            assert asked_up_but_lower_is_down or all(after[ident][key] == value for key, value in wanted.items())
    kept = {ident for ident in before if ident[0] in ("vlan", "bridge") and later.get(ident, {}) is not None}
    assert {ident for ident in kept if ident[1] != "eth0.10.20"} <= after.keys()


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(wishes, wishes)
def test_undo_leads_back_exactly(earlier: Wish, later: Wish) -> None:
    kernel = machine()
    reach(kernel, earlier)
    before = kernel.observe()
    undo = from_json(to_json(undo_of(plan(later, before), before)))
    reach(kernel, later)
    reach(kernel, undo)
    assert kernel.observe() == before


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(wishes, wishes, st.integers(0, 20))
def test_undo_leads_back_from_wherever_the_making_stopped(earlier: Wish, later: Wish, steps: int) -> None:
    kernel = machine()
    reach(kernel, earlier)
    before = kernel.observe()
    changes = plan(later, before)
    undo = undo_of(changes, before)
    for change in changes[:steps]:
        try:
            kernel.make(change)
        except MechanismError:
            break
    reach(kernel, undo)
    assert kernel.observe() == before


def test_what_carries_is_made_first_and_removed_last() -> None:
    kernel = machine()
    wish: Wish = {
        ("route", "4", "198.51.100.0/24", "-", "eth0.10", "5", "unicast"): {},
        ("address", "eth0.10", "203.0.113.1/30"): {},
        ("port", "eth1"): {"bridge": "br0"},
        ("link", "eth0.10"): {"up": True},
        ("vlan", "eth0.10"): {"lower": "eth0", "id": 10, **VLAN},
        ("bridge", "br0"): {},
    }
    made = [change.ident[0] for change in reach(kernel, wish)]
    assert made == ["bridge", "vlan", "link", "port", "address", "route"]
    removed = [change.ident[0] for change in plan(dict.fromkeys(wish), kernel.observe())]
    assert removed == ["route", "address", "port", "vlan", "bridge"]


def test_a_vlan_whose_identifier_changes_is_made_anew() -> None:
    observed = {("link", "eth0"): LINK, ("link", "v"): LINK, ("vlan", "v"): {"lower": "eth0", "id": 1, **VLAN}}
    wanted = {"lower": "eth0", "id": 2, **VLAN}
    changes = plan({("vlan", "v"): wanted}, observed)
    assert [(change.before is None, change.after is None) for change in changes] == [(False, True), (True, False)]


def test_what_lies_on_a_link_that_is_nowhere_is_left_out() -> None:
    assert plan({("address", "eth9", "192.0.2.1/24"): {}, ("link", "eth9"): {"up": True}}, {}) == []


def test_a_link_going_down_disturbs_its_routes_and_ipv6_addresses_but_no_kernel_routes() -> None:
    observed = machine().observe()
    lost = disturbed([Change(("link", "eth0"), {"up": True}, {"up": False})], observed)
    assert {ident[2] for ident in lost if ident[0] == "route"} == {"default", "203.0.113.0/24"}
    assert ("address", "eth0", "2001:db8::9/64") in lost


def test_an_address_that_goes_disturbs_routes_of_other_links_that_start_from_it() -> None:
    route: Ident = ("route", "4", "198.51.100.0/24", "-", "eth1", "0", "unicast")
    observed = {**machine().observe(), route: {"protocol": "static", "source": "192.0.2.9"}}
    gone = Change(("address", "eth0", "192.0.2.9/24"), {}, None)
    assert route in disturbed([gone], observed)
    without = {ident: there for ident, there in observed.items() if ident != gone.ident}
    assert not can_return(route, observed[route], {**without, ("link", "eth1"): LINK})
    assert can_return(route, observed[route], {**observed, ("link", "eth1"): LINK})


def test_what_comes_back_by_itself_is_left_to_come_back() -> None:
    observed: dict[Ident, Any] = {
        ("link", "eth0"): LINK,
        ("address", "eth0", "fe80::1/64"): {"protocol": "kernel_ll"},
        ("address", "eth0", "192.0.2.1/24"): {"protocol": "", "flags": ["noprefixroute", "permanent"]},
        ("route", "4", "192.0.2.0/24", "-", "eth0", "0", "unicast"): {"protocol": "kernel"},
        ("route", "4", "192.0.2.0/24", "-", "eth0", "100", "unicast"): {"protocol": "kernel"},
        ("route", "6", "default", "fe80::9", "eth0", "1024", "unicast"): {"protocol": "ra"},
    }
    lost = disturbed([Change(("link", "eth0"), {"up": True}, {"up": False})], observed)
    assert {ident for ident in lost if ident[0] != "link"} == {
        ("address", "eth0", "192.0.2.1/24"),
        ("route", "4", "192.0.2.0/24", "-", "eth0", "100", "unicast"),
    }


def test_a_change_says_in_words_what_it_does() -> None:
    assert str(Change(("address", "eth0", "192.0.2.1/24"), None, {})) == "add address eth0 192.0.2.1/24"
    assert str(Change(("link", "eth0"), {"up": True}, {"up": False})) == "change link eth0"
