"""What updaters show by their files, and what of it is told."""

import os
import threading
import time
from pathlib import Path

import pytest

from backends.openwrt.ddns.state import LONGEST_LIST, LONGEST_LOG, is_updater, watch
from tests.backends.openwrt.ddns.device import BASE, DELIVERED, DdnsRouter
from tests.backends.openwrt.ddns.test_log import ANSWER, BEGIN, GOOD, REFUSED, WAIT
from tests.waiting import until

pytestmark = pytest.mark.slow

FIRST = f"{BASE}Client.1."
NAME = f"{FIRST}Hostname.1."
ON = DELIVERED.replace("option use_api_check '0'", "option use_api_check '0'\n\toption enabled '1'")
HERE = "198.51.100.7"


def shows(router: DdnsRouter) -> tuple[str, str, str]:
    return router.get(f"{FIRST}Status"), router.get(f"{FIRST}LastError"), router.get(f"{NAME}Status")


@pytest.mark.parametrize(
    ("log", "ip", "told"),
    [
        ("", "", ("Connecting", "NO_ERROR", "Updating")),
        (BEGIN + GOOD + WAIT, "", ("Updated", "NO_ERROR", "Registered")),
        (BEGIN + WAIT, HERE, ("Updated", "NO_ERROR", "Registered")),
        (BEGIN + GOOD.replace(HERE, "198.51.100.8") + WAIT, "198.51.100.8", ("Connecting", "NO_ERROR", "UpdateNeeded")),
        (f"{BEGIN}{ANSWER}badauth\n{REFUSED}{WAIT}", "", ("Error", "AUTHENTICATION_ERROR", "Error")),
        (f"{BEGIN}{ANSWER}nohost\n{GOOD}{WAIT}", "", ("Error", "MISCONFIGURATION_ERROR", "Error")),
        (f"{BEGIN}{ANSWER}911\n{REFUSED}{WAIT}", "", ("Error", "PROTOCOL_ERROR", "UpdateNeeded")),
        (BEGIN + " 120002  WARN : NO valid IP found\n" + WAIT, HERE, ("Updated", "NO_ERROR", "Registered")),
    ],
)
def test_what_became_of_the_last_attempt_is_shown(tmp_path: Path, log: str, ip: str, told: tuple[str, ...]) -> None:
    router = DdnsRouter(tmp_path, ON)
    router.updater("myddns_ipv4", log.splitlines(), ip=ip)
    assert shows(router) == told


def test_an_updater_that_ended_shows_why(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path, ON)
    router.updater("myddns_ipv4", [" 120002  WARN : Transfer failed after 5 retries - TERMINATE"])
    router.running.clear()
    router.model.forget()
    assert shows(router) == ("Error", "MISCONFIGURATION_ERROR", "UpdateNeeded")


def test_the_last_update_is_a_moment(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path, ON)
    uptime = int(time.clock_gettime(time.CLOCK_BOOTTIME))
    router.updater("myddns_ipv4", [], update=max(0, uptime - 5))
    assert router.get(f"{NAME}LastUpdate")[:4] == time.strftime("%Y")
    os.utime(tmp_path / "var/run/ddns/myddns_ipv4.update", (0, 0))  # as if the clock had not been set
    router.model.forget()
    assert router.get(f"{NAME}LastUpdate")[:4] == time.strftime("%Y")


def test_a_section_without_a_name_has_files_by_the_one_that_libuci_gives_it(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path)
    [section] = [one for one in router.uci.read("ddns").sections if one.anonymous]
    router.updater(section.id, (BEGIN + GOOD + WAIT).splitlines())
    told = router.given.dynamic_dns.clients.told(router.given.dynamic_dns.wanted, "service_caca5eb048_client")
    assert told["www.example.org"].address == HERE


def test_an_address_that_others_see_is_the_one_that_was_published(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path, ON.replace("ip_source 'network'", "ip_source 'web'"))
    router.updater("myddns_ipv4", (BEGIN + GOOD.replace(HERE, "8.8.4.4") + WAIT).splitlines())
    assert shows(router) == ("Updated", "NO_ERROR", "Registered")


def test_files_are_where_a_person_says_and_only_so_much_of_them_is_read(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path, ON.replace("option ddns_loglines '250'", "option ddns_logdir '/tmp/log'"))
    assert router.part.watch is not None
    (tmp_path / "tmp/log").mkdir()
    router.updater("myddns_ipv4")
    file = tmp_path / "tmp/log/myddns_ipv4.log"
    file.write_text(BEGIN + GOOD + "x" * LONGEST_LOG + "\n" + WAIT)
    assert shows(router)[0] == "Connecting"
    file.unlink()
    os.mkfifo(file)
    router.model.forget()
    assert shows(router)[0] == "Connecting"


def test_without_an_address_or_a_name_nothing_is_published(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path, ON.replace("option ip_network 'wan'", "").replace("option interface 'wan'\n", "\n"))
    assert router.get(f"{FIRST}Interface") == ""
    router.updater("myddns_ipv4", (BEGIN + GOOD + WAIT).splitlines())
    assert shows(router)[0] == "Updated", "wan is meant"
    router.kernel.addresses.clear()
    router.model.forget()
    assert shows(router)[0] == "Connecting"
    router.set({f"{NAME}Name": ""})
    assert shows(router)[:2] == ("Error_Misconfigured", "MISCONFIGURATION_ERROR")


def test_only_so_many_services_are_listed_and_those_in_use_first(tmp_path: Path) -> None:
    folder = tmp_path / "usr/share/ddns/default"
    folder.mkdir(parents=True)
    for number in range(100):
        (folder / f"a-service-{number:03}.json").write_text("{}")
    router = DdnsRouter(tmp_path)
    listed = router.get(f"{BASE}SupportedServices")
    assert listed.startswith("dyndns.org,a-service-000,")
    assert len(listed) <= LONGEST_LIST
    router.set({f"{BASE}Server.1.ServiceName": "a-service-099"})
    assert router.get(f"{BASE}SupportedServices").startswith("a-service-099,")


def test_a_process_is_an_updater_by_its_name() -> None:
    assert not is_updater(os.getpid())


def test_what_people_and_updaters_write_is_told(tmp_path: Path) -> None:
    package, run = tmp_path / "config/ddns", tmp_path / "run"
    package.parent.mkdir()
    told, stop = list[frozenset[str]](), threading.Event()
    watcher = threading.Thread(target=watch, args=(package, [run], "ddns", told.append, stop))
    watcher.start()

    def wrote(path: Path) -> bool:
        path.write_text("")
        return bool(told)

    try:
        assert until(lambda: wrote(package))
        told.clear()
        run.mkdir()
        assert until(lambda: wrote(run / "a.update"))
    finally:
        stop.set()
        watcher.join()
    assert set(told) == {frozenset({"ddns"})}
