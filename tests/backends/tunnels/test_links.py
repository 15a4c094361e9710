"""Tunnel links of a kernel that has VXLAN."""

import pytest

from backends.errors import MechanismError, Missing
from backends.tunnels.links import OURS, TunnelLinks
from backends.tunnels.options import TunnelLink, Way, vxlan
from tests.backends.tunnels.bench import HOME, ISP, Bench


def link(bench: Bench, vni: int) -> TunnelLink:
    return vxlan(Way(bench.told("w0")["ifindex"], HOME, ISP), vni, (0, 4789), 0)


def test_a_kind_is_asked_for_and_nothing_is_made(bench: Bench) -> None:
    before = bench.home.ip("link")
    made = TunnelLinks(bench.home.open_socket)
    assert made.may_make()
    assert made.has("vxlan")
    assert not made.has("no-such-kind")
    assert bench.home.ip("link") == before


def test_a_link_is_made_known_as_ours_and_taken_away(bench: Bench) -> None:
    made = TunnelLinks(bench.home.open_socket)
    made.make("vxlan-1", link(bench, 7))
    told = made.told()["vxlan-1"]
    assert (told.is_ours, told.is_up, told.carrier) == (True, False, bench.told("w0")["ifindex"])
    assert bench.told("vxlan-1")["ifalias"] == OURS
    made.set_up("vxlan-1")
    assert made.told()["vxlan-1"].is_as(link(bench, 7))
    assert not made.told()["vxlan-1"].is_as(link(bench, 8))
    assert not made.change("vxlan-1", link(bench, 8)), "it has to be made anew for that"
    made.delete("vxlan-1")
    assert bench.told("vxlan-1") == {}


def test_what_cannot_be_made_is_told_in_words(bench: Bench) -> None:
    made = TunnelLinks(bench.home.open_socket)
    with pytest.raises(MechanismError, match="making w0"):
        made.make("w0", link(bench, 7))
    with pytest.raises(Missing):
        made.delete("vxlan-9")
    assert not made.told()["w0"].is_ours
