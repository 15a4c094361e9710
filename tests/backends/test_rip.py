"""What BIRD is told for which records, and what is refused before; what BIRD makes of it: tr181/test_rip.py."""

from pathlib import Path

import pytest

from backends.bird import Bird
from backends.desired_state import NotOurs, Pointer, Refused, Wanted
from backends.netlink_types import Route, RouteTo
from backends.rip import RIP_METRIC, Ground, Rip, RipInterface, RipService, is_learned, render

BOTH = RipInterface(enable=True, accept_ra=True, send_ra=True)
ODD = ('a"; }', "et*", "e?h0", "tab\there", "", "x" * 16)
"""The kernel lets links have most of these names."""


class Kernel:
    """A main table that nothing is learned into."""

    def __init__(self, *routes: Route) -> None:
        self.held = list(routes)

    def routes(self) -> list[Route]:
        return self.held

    def delete_route(self, route: Route) -> None:
        self.held.remove(route)


def service(folder: Path, *routes: Route, path: RouteTo | None = None, blocker: str | None = None) -> RipService:
    """Over links that are called as the rows are, all but eth9 given to the agent."""
    ground = Ground(
        lambda pointer: pointer.keys[0], lambda link: link != "eth9", lambda: path, lambda _port, _link: blocker
    )
    return RipService(Bird(folder), Kernel(*routes), ground)


def wanted(*links: str, enable: bool = True, **values: bool) -> Wanted:
    made = Wanted().with_record("", Rip(enable=enable))
    for number, link in enumerate(links, 1):
        pointer = Pointer("Device.IP.Interface.{i}.", (link,))
        made = made.with_record(f"+{number}", RipInterface(enable=True, interface=pointer, **values))
    return made


def test_nothing_runs_where_nobody_is_to_be_spoken_with(tmp_path: Path) -> None:
    assert render([]) == ""
    assert render([("eth0", RipInterface(enable=True))]) == ""
    assert not service(tmp_path).is_missing(wanted("eth0", enable=False, send_ra=True))
    assert service(tmp_path).is_missing(wanted("eth0", send_ra=True))
    assert not service(tmp_path).apply(wanted("eth0"))
    assert list(tmp_path.iterdir()) == []


def test_links_that_are_believed_and_links_that_are_not_are_kept_apart() -> None:
    told = render([("eth2", BOTH), ("eth1", RipInterface(send_ra=True)), ("eth0", RipInterface(accept_ra=True)),
                   ("eth3", RipInterface())])  # fmt: skip
    heard, sent = told.split("protocol rip ")[1:]
    assert [line.split()[1] for line in heard.splitlines() if "interface" in line] == ['"eth0"', '"eth2"']
    assert "passive yes" in heard.split('"eth0"')[1].splitlines()[0]
    assert "passive no" in heard.split('"eth2"')[1]
    assert ("import where" in heard, "import none" in sent, '"eth1"' in sent) == (True, True, True)
    assert 'interface "eth0", "eth1", "eth2", "eth3";' in told
    assert render([("eth1", BOTH), ("eth0", BOTH)]) == render([("eth0", BOTH), ("eth1", BOTH)])


@pytest.mark.parametrize("link", ODD)
def test_a_link_that_bird_has_no_word_for_is_refused_and_never_written(link: str, tmp_path: Path) -> None:
    odd = wanted(link, send_ra=True)
    with pytest.raises(Refused, match="BIRD has no word"):
        service(tmp_path).check(odd)
    assert service(tmp_path).status(odd, "+1") == "Error_Misconfigured"
    assert not service(tmp_path).is_missing(odd)


def test_who_speaks_rip_already_is_named(tmp_path: Path) -> None:
    blocked = service(tmp_path, blocker="ripd (process 7)")
    blocked.check(wanted("eth0"))
    blocked.check(wanted("eth0", enable=False, send_ra=True))
    with pytest.raises(NotOurs, match=r"ripd \(process 7\) has UDP port 520 on eth0"):
        blocked.check(wanted("eth0", send_ra=True))
    with pytest.raises(NotOurs, match="--manage eth9"):
        service(tmp_path).check(wanted("eth9"))


def test_a_link_has_one_row(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        service(tmp_path).check(wanted("eth0", "eth0"))
    assert (refused.value.key, refused.value.fields) == ("+2", {"interface"})


LEARNED = Route(4, "198.51.100.0/24", "192.0.2.1", "eth0", RIP_METRIC, protocol="bird")


@pytest.mark.parametrize(
    ("others", "path", "cut"),
    [
        ((), RouteTo("eth0", "192.0.2.2", "192.0.2.1"), True),
        ((), RouteTo("eth0", "192.0.2.2", "192.0.2.254"), False),
        ((), RouteTo("eth0", "192.0.2.2"), False),
        ((), None, False),
        ((Route(4, "", "192.0.2.1", "eth0"),), RouteTo("eth0", "192.0.2.2", "192.0.2.1"), False),
    ],
)
def test_the_way_to_the_management_server_is_cut_where_it_was_learned(
    others: tuple[Route, ...], path: RouteTo | None, cut: bool, tmp_path: Path
) -> None:
    rip = service(tmp_path, LEARNED, *others, path=path)
    assert rip.cuts(wanted("eth0", send_ra=True)) == cut
    assert rip.cuts(wanted("eth0", enable=False, accept_ra=True)) == cut
    assert not rip.cuts(wanted("eth0", accept_ra=True))


def test_another_birds_routes_are_not_taken_for_learned_ones() -> None:
    assert is_learned(LEARNED)
    assert not is_learned(Route(4, "198.51.100.0/24", "192.0.2.1", "eth0", 32, protocol="bird"))
    assert not is_learned(Route(4, "198.51.100.0/24", "192.0.2.1", "eth0", RIP_METRIC))
