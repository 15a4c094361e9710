"""Device.UPnP. on OpenWrt, as an ACS sees it: switches are UCI's, mappings are miniupnpd's."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from backends.firewall.leases import Now
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.nat import nat
from backends.tr181.openwrt_firewall import tables_over_uci
from backends.tr181.openwrt_lan import Surface
from backends.tr181.openwrt_upnp import UciUpnpTables, openwrt_upnp
from backends.tr181.parts import Part
from backends.tr181.upnp import upnp
from tests.backends.openwrt.bench import OneService
from tests.backends.openwrt.conftest import procd
from tests.backends.openwrt.procd import Procd
from tests.backends.openwrt.upnpd.test_mapping import DELIVERED
from tests.waiting import until

__all__ = ["procd"]

DEVICE = "Device.UPnP.Device."

pytestmark = pytest.mark.slow


def make(directory: Path, text: str = DELIVERED, bus: Path | None = None, **more: object) -> OneService:
    return OneService(
        directory,
        openwrt_upnp,
        [upnp],
        {"upnpd": text},
        programs=("miniupnpd",),
        bus=bus,
        **more,  # type: ignore[arg-type]
    )


def test_the_switches_are_written_and_the_service_is_told_once(tmp_path: Path, procd: Procd) -> None:
    router = make(tmp_path, bus=procd.path)
    assert [router.get(DEVICE + name) for name in ("Enable", "UPnPIGD")] == ["false", "true"]
    router.run("miniupnpd")
    router.set({f"{DEVICE}Enable": "1", f"{DEVICE}UPnPIGD": "0"})
    assert router.text("upnpd") == DELIVERED.replace("enabled '0'", "enabled '1'").replace(
        "enable_upnp '1'", "enable_upnp '0'"
    )
    assert procd.events() == ["upnpd"]
    router.set({f"{DEVICE}Enable": "0"})
    assert router.get(f"{DEVICE}Enable") == "false", "that one is ours to end"


def test_others_daemons_are_told_of_and_theirs(tmp_path: Path) -> None:
    router = make(tmp_path)
    assert [router.get(f"{DEVICE}Capabilities.{name}") for name in ("UPnPIGD", "UPnPMediaServer")] == ["1", "0"]
    assert router.refused({f"{DEVICE}UPnPMediaServer": "1"}) == {f"{DEVICE}UPnPMediaServer": "Denied"}
    (tmp_path / "usr/sbin/minidlnad").touch()
    assert router.get(f"{DEVICE}Capabilities.UPnPMediaServer") == "1"


def test_what_hosts_asked_for_are_port_mappings_while_it_is_on(tmp_path: Path) -> None:
    router = make(tmp_path)
    (tmp_path / "var/run/miniupnpd.leases").write_text("TCP:8080:192.168.1.5:80:0:a game\n")
    tables = router.given.upnp
    assert isinstance(tables, UciUpnpTables)
    now = Now("boot", 100.0, 1_800_000_000.0)
    assert tables.mappings(now) == {}
    router.set({f"{DEVICE}Enable": "1"})
    [(key, row)] = tables.mappings(now).items()
    assert (key, row.external_port, row.internal_client, row.description) == ("TCP 8080", 8080, "192.168.1.5", "a game")
    assert row.interface is not None
    assert row.interface.table == "Device.IP.Interface.{i}."


def test_what_a_person_does_is_seen_at_once(tmp_path: Path) -> None:
    router, told, stop = make(tmp_path), list[frozenset[str]](), threading.Event()
    assert router.part.watch is not None
    watcher = threading.Thread(target=router.part.watch, args=(told.append, stop))
    watcher.start()

    def seen() -> bool:
        router.write("upnpd", DELIVERED.replace("enabled '0'", "enabled '1'"))
        (tmp_path / "var/run/miniupnpd.leases").write_text("TCP:8080:192.168.1.5:80:0:a game\n")
        return {"upnp", "firewall"} <= frozenset().union(*told)

    try:
        assert until(seen)
    finally:
        stop.set()
        watcher.join()
    assert router.get(f"{DEVICE}Enable") == "true"
    followed: list[int] = []
    router.given.upnp.followers.append(lambda: followed.append(1))
    assert router.part.look is not None
    assert router.part.look(frozenset({"upnp"})) == frozenset()
    assert followed == [1]
    assert "upnp" in router.model.changed_by(f"{DEVICE}Enable")


@pytest.mark.parametrize("lacking", ["miniupnpd", "upnpd"])
def test_where_it_is_not_installed_it_is_said_so(tmp_path: Path, lacking: str) -> None:
    packages = {} if lacking == "upnpd" else {"upnpd": DELIVERED}
    router = OneService(
        tmp_path, openwrt_upnp, [upnp], packages, programs=() if lacking == "miniupnpd" else ("miniupnpd",)
    )
    assert router.given.upnp is None
    assert "miniupnpd is not installed" in router.given.lacks["Device.UPnP."]


FIREWALL = """
config zone
	option name 'wan'
	list network 'wan'
	option input 'REJECT'
	option masq '1'
"""


def test_what_hosts_asked_for_stands_among_the_firewall_s_port_mappings(tmp_path: Path) -> None:
    def build(given: Mechanisms, surface: Surface) -> Part | None:
        part = openwrt_upnp(given, surface)
        assert part is not None
        tables = tables_over_uci(given, surface, lambda: Now("boot", 100.0, 1_800_000_000.0), None)
        return replace(part, provides={**part.provides, "firewall": tables})

    text = DELIVERED.replace("enabled '0'", "enabled '1'")
    router = OneService(tmp_path, build, [upnp, nat], {"upnpd": text, "firewall": FIREWALL}, programs=("miniupnpd",))
    (tmp_path / "var/run/miniupnpd.leases").write_text("TCP:8080:192.168.1.5:80:1800003600:a game\n")
    row = router.find("Device.NAT.PortMapping.", ExternalPort="8080")
    told = {"Origin": "UPnP", "InternalClient": "192.168.1.5", "Interface": router.interface("wan"),
            "RemainingLeaseTime": "3600"}  # fmt: skip
    assert {name: router.get(row + name) for name in told} == told
    assert set(router.refused({f"{row}Enable": "0"}).values()) == {"Denied"}
