"""Device.DynamicDNS. on OpenWrt beside people: services told once, rows that stay, and reasons where it is absent."""

from pathlib import Path

import pytest

from backends.openwrt.netifd import TOPIC as NETIFD
from backends.tr181.dynamic_dns import dynamic_dns
from backends.tr181.openwrt_ddns import SCRIPT, openwrt_ddns
from tests.backends.openwrt.bench import OneService
from tests.backends.openwrt.ddns.device import BASE, DELIVERED, DdnsRouter

pytestmark = pytest.mark.slow

FIRST = f"{BASE}Client.1."


def test_the_scripts_are_told_once_of_a_change_and_of_none_that_is_refused(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path)
    router.set({f"{FIRST}Username": "a", f"{FIRST}Enable": "1", f"{BASE}Server.1.CheckInterval": "900"})
    assert router.told.calls == [("/etc/init.d/ddns", "restart")]
    assert router.refused({f"{BASE}Server.1.CheckInterval": "1"})
    router.set({f"{FIRST}Username": "a"})
    assert len(router.told.calls) == 1


def test_what_a_person_does_is_seen_and_told(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path)
    assert router.get(f"{FIRST}Username") == "your_username"
    router.write("ddns", DELIVERED.replace("your_username", "mine"))
    followed: list[int] = []
    assert router.given.dynamic_dns is not None
    router.given.dynamic_dns.followers.append(lambda: followed.append(1))
    assert router.part.look is not None
    assert router.part.look(frozenset({"ddns"})) == frozenset()
    assert router.part.look(frozenset({NETIFD})) == frozenset({"ddns"})
    assert router.part.look(frozenset({"link"})) == frozenset()
    assert followed == [1, 1]
    router.model.forget()
    assert router.get(f"{FIRST}Username") == "mine"
    assert "ddns" in router.model.changed_by(f"{FIRST}Status")


def test_a_broken_package_takes_no_row_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    router = DdnsRouter(tmp_path)
    before = router.tree(BASE)
    router.write("ddns", "config service 'x\n")
    router.model.forget()
    assert router.tree(BASE) == before
    assert caplog.text.count("what it said last is taken") == 1
    assert router.refused({f"{FIRST}Username": "a"}) == {f"{FIRST}Username": "Unavailable"}


def test_a_staged_edit_of_a_person_s_is_not_lost(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path)
    (router.places.staged / "ddns").write_text("ddns.myddns_ipv4.username='mine'\n")
    assert router.refused({f"{FIRST}Username": "a"}) == {f"{FIRST}Username": "Denied"}
    router.set({f"{FIRST}Password": "b"})
    assert (router.places.staged / "ddns").read_text() == "ddns.myddns_ipv4.username='mine'\n"


def test_numbers_stay_over_a_restart_whatever_becomes_of_sections(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path)
    path = router.client(router.server(), "a.example.org", "b.example.org")
    router.set({f"{path}Alias": "ours", f"{BASE}Client.2.Alias": "theirs"})
    router.delete(f"{path}Hostname.2.")
    again = router.again()
    assert again.get(f"{BASE}Client.[ours].Hostname.1.Name") == "a.example.org"
    assert again.get(f"{BASE}Client.[theirs].Username") == "me"


@pytest.mark.parametrize("lacking", ["script", "package"])
def test_where_it_is_not_installed_it_is_said_so(tmp_path: Path, lacking: str) -> None:
    if lacking != "script":
        (tmp_path / SCRIPT).parent.mkdir(parents=True)
        (tmp_path / SCRIPT).touch()
    router = OneService(tmp_path, openwrt_ddns, [dynamic_dns], {} if lacking == "package" else {"ddns": DELIVERED})
    assert router.given.dynamic_dns is None
    assert "ddns-scripts is not installed" in router.given.lacks["Device.DynamicDNS."]
