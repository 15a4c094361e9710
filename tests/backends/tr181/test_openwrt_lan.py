"""The LAN's part on OpenWrt: beside people and their events, services told once, all of a change or nothing."""

import threading
from pathlib import Path

import pytest

from agent.model.data_model import Caller
from agent.model.errors import Refusals, Unavailable
from backends.lan.records import Pool4
from backends.netlink_types import Address
from backends.tr181.openwrt_lan import Surface, openwrt_lan
from tests.backends.openwrt.conftest import make_router, procd, router
from tests.backends.openwrt.procd import Procd
from tests.backends.openwrt.router import DHCP, NETWORK, Make, Router
from tests.waiting import until

__all__ = ["make_router", "procd", "router"]

SERVER = "Device.DHCPv4.Server."
POOL = f"{SERVER}Pool.1."


def test_services_are_told_once_of_a_change_and_of_none_that_is_refused(make_router: Make, procd: Procd) -> None:
    router = make_router(bus=procd.path)
    router.set({f"{POOL}LeaseTime": "900", f"{POOL}StaticAddress.1.Enable": "0", "Device.DNS.Relay.Enable": "0"})
    assert procd.events() == ["dhcp"]
    assert router.refused_in(POOL, LeaseTime="1")
    router.set_row(POOL, LeaseTime="900")
    assert procd.events() == ["dhcp"], "nothing was changed"


def test_a_change_that_cannot_be_saved_is_taken_back_and_told_of(make_router: Make, procd: Procd) -> None:
    router = make_router(bus=procd.path)
    router.get(f"{POOL}LeaseTime")
    router.store.refused = "model"
    with pytest.raises(Refusals):
        router.set_row(POOL, LeaseTime="900")
    assert router.dhcp == DHCP
    assert procd.events() == ["dhcp", "dhcp"]
    assert router.get(f"{POOL}LeaseTime") == "43200"


def test_a_service_that_cannot_be_told_is_no_success(router: Router, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> str:
        raise OSError("no such script")

    monkeypatch.setattr(router.reloads, "_run", fails)
    with pytest.raises(Refusals, match="could not be changed"):
        router.set_row(POOL, LeaseTime="900")
    assert router.dhcp == DHCP


def test_a_power_cut_in_the_middle_leaves_nothing_half_made(router: Router) -> None:
    written = router.store.texts.copy()

    def cut(name: str) -> None:
        if name == "model":
            written.update(router.store.texts)
            raise KeyboardInterrupt

    router.get(f"{POOL}LeaseTime")
    router.store.before_write = cut
    seen: list[str] = []
    router.model.settle = lambda: seen.append(router.dhcp)
    with pytest.raises(KeyboardInterrupt):
        router.add(f"{SERVER}Pool.")
    assert ["cpe_" in one for one in seen] == [True, False]
    router.write("dhcp", seen[0])  # as if nobody had lived to take it back
    router.store.texts, router.store.before_write = written, lambda _: None
    again = router.again()
    assert "cpe_" not in again.dhcp
    assert again.dhcp == DHCP
    assert again.told.calls, "whoever serves is told of it"


def test_what_a_person_commits_is_a_row_and_an_event(router: Router) -> None:
    told: list[frozenset[str]] = []
    stop = threading.Event()
    assert router.part.watch is not None
    watcher = threading.Thread(target=router.part.watch, args=(told.append, stop))
    watcher.start()
    try:
        router.get(f"{POOL}LeaseTime")
        assert until(lambda: bool(writes(router, told)))
    finally:
        stop.set()
        watcher.join()
    assert router.get(f"{POOL}LeaseTime") == "7200"
    assert router.get(f"{POOL}StaticAddress.2.Yiaddr") == "192.168.1.77"
    assert "lan" in router.model.changed_by(f"{POOL}LeaseTime")


def test_who_stands_on_it_is_told_of_a_person_s_change_too(router: Router) -> None:
    times: list[int] = []
    router.tables.followers.append(lambda: times.append(router.tables.in_force.get(Pool4, "lan").lease_time))
    router.write("dhcp", DHCP.replace("12h", "2h"))
    assert router.part.look is not None
    assert router.part.look(frozenset({"lan"})) == frozenset()
    router.part.look(frozenset({"link"}))
    assert times == [7200]


def test_a_link_that_comes_is_the_row_s_at_once(make_router: Make) -> None:
    network = NETWORK.replace("'br-guest'", "'br-new'")
    dhcp = DHCP + "\nconfig dhcp 'guest'\n\toption interface 'guest'\n"
    router = make_router(dhcp=dhcp, network=network)
    assert router.get(f"{SERVER}Pool.2.Interface") == ""
    router.kernel.add_link("br-new", "bridge", up=True)
    router.kernel.addresses.append(Address("br-new", 4, "10.9.0.1", 16))
    assert router.get(f"{SERVER}Pool.2.Interface") == router.interface("br-new")


def test_a_person_who_commits_while_an_acs_edits_is_not_overwritten(
    router: Router, caplog: pytest.LogCaptureFixture
) -> None:
    def change(lease_time: str, text: str) -> None:
        transaction = router.model.transaction(Caller.ACS)
        transaction.set(f"{POOL}LeaseTime", lease_time)
        router.write("dhcp", text)
        transaction.commit()

    change("900", DHCP.replace("192.168.1.20", "192.168.1.30"))
    assert router.says("lan")["leasetime"] == "900"
    assert "192.168.1.30" in router.dhcp, "beside what the person did"
    with pytest.raises(Refusals) as refused:
        change("600", DHCP.replace("12h", "2h"))
    assert [type(one) for one in refused.value.refusals] == [Unavailable]
    assert "lease_time of Pool4 lan was changed by somebody else meanwhile" in caplog.text
    assert router.get(f"{POOL}LeaseTime") == "7200"
    with pytest.raises(Refusals):
        change("600", "config dhcp 'lan\n")
    assert router.dhcp == "config dhcp 'lan\n"


def writes(router: Router, told: list[frozenset[str]]) -> bool:
    """Whether it was told of; the watch may not have begun when the first is written."""
    host = "config host\n\toption ip '192.168.1.77'\n\toption mac '02:00:00:00:00:77'\n"
    router.write("dhcp", DHCP.replace("12h", "2h") + "\n" + host)
    return any("lan" in one for one in told)


def test_numbers_stay_when_an_anonymous_section_is_named(router: Router) -> None:
    path = f"{POOL}StaticAddress.1."
    router.set({f"{path}Alias": "printer"})
    router.set_row(path, Enable="0")
    assert router.again().get(f"{POOL}StaticAddress.[printer].Yiaddr") == "192.168.1.20"
    assert "config host 'host_" in router.dhcp


def test_an_edit_that_a_person_has_staged_is_reported_and_kept(
    router: Router, caplog: pytest.LogCaptureFixture
) -> None:
    (router.places.staged / "dhcp").write_text("dhcp.lan.leasetime='1h'\n")
    router.set_row(POOL, MinAddress="192.168.1.50")
    assert "set dhcp.lan.leasetime is staged" in caplog.text
    assert router.refused_in(POOL, LeaseTime="900") == {"LeaseTime": "Denied"}
    assert "uci commit dhcp, or uci revert dhcp" in caplog.text
    assert (router.places.staged / "dhcp").read_text() == "dhcp.lan.leasetime='1h'\n"


def test_a_broken_package_takes_no_row_away(router: Router, caplog: pytest.LogCaptureFixture) -> None:
    before = router.tree(SERVER)
    router.write("dhcp", "config dhcp 'lan\n")
    assert router.tree(SERVER) == before
    assert "what it said last is taken" in caplog.text
    assert router.refused_in(POOL, LeaseTime="900") == {"LeaseTime": "Unavailable"}
    router.write("dhcp", DHCP)
    router.set_row(POOL, LeaseTime="900")


def test_netifd_knows_links_that_the_file_does_not_name(make_router: Make, procd: Procd) -> None:
    text = DHCP.replace("option interface 'wan'", "option interface 'wan'\n\toption start '5'")
    router = make_router(bus=procd.path, dhcp=text)
    pool = router.find(f"{SERVER}Pool.", Interface=router.interface("wan"))
    procd.links = {"wan": "br-guest"}
    assert router.get(f"{pool}Interface") == router.interface("br-guest")


def test_there_is_no_part_where_openwrt_has_no_such_configuration(router: Router, tmp_path: Path) -> None:
    (router.places.config / "dhcp").unlink()
    surface = Surface(router.uci, None, router.reloads, tmp_path)  # type: ignore[arg-type]  # nobody is asked
    assert openwrt_lan(None, surface) is None  # type: ignore[arg-type]
