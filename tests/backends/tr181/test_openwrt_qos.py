"""Device.QoS. on OpenWrt beside people, and why it is absent where it is."""

import threading
from pathlib import Path

import pytest

from agent.model.coverage import coverage
from backends.openwrt.netifd import TOPIC as NETIFD
from backends.tr181.openwrt_qos import openwrt_qos
from backends.tr181.qos import qos
from tests.backends.openwrt.bench import OneService
from tests.backends.openwrt.conftest import procd
from tests.backends.openwrt.procd import Procd
from tests.backends.openwrt.qos.device import DELIVERED, QOS, QosRouter
from tests.waiting import until

__all__ = ["procd"]

FIRST = f"{QOS}Shaper.1."

pytestmark = pytest.mark.slow


def test_the_profiles_are_as_whole_as_on_any_linux(tmp_path: Path) -> None:
    router = QosRouter(tmp_path)
    found = {one.name: one for one in coverage(router.model.tree, ["QoS:2", "QoSStats:1"], lambda _: "")}
    ours = {path for one in found.values() for path in (missing.path for missing in one.missing)}
    assert {path for path in ours if path.startswith(QOS)} == {f"{QOS}QueueStats.{{i}}.DroppedBytes"}


def test_procd_is_told_once(tmp_path: Path, procd: Procd) -> None:
    router = QosRouter(tmp_path, bus=procd.path)
    router.set({f"{FIRST}Enable": "1", f"{QOS}Shaper.2.Enable": "1"})
    assert procd.events() == ["sqm"]
    router.set({f"{FIRST}Enable": "1"})
    assert procd.events() == ["sqm"]


def test_what_a_person_does_is_seen_at_once(tmp_path: Path) -> None:
    router, told, stop = QosRouter(tmp_path), list[frozenset[str]](), threading.Event()
    assert router.part.watch is not None
    watcher = threading.Thread(target=router.part.watch, args=(told.append, stop))
    watcher.start()

    def seen() -> bool:
        router.write("sqm", DELIVERED.replace("'10000'", "'20000'"))
        return bool(told)

    try:
        assert until(seen)
    finally:
        stop.set()
        watcher.join()
    assert router.get(f"{FIRST}ShapingRate") == "20000000"
    followed: list[int] = []
    router.given.qos.followers.append(lambda: followed.append(1))
    assert router.part.look is not None
    assert router.part.look(told[0]) == frozenset({"link"})
    assert router.part.look(frozenset({NETIFD})) == frozenset({"link"})
    assert router.part.look(frozenset({"lease"})) == frozenset()
    assert followed == [1, 1]
    assert "link" in router.model.changed_by(f"{FIRST}Status")


def test_a_staged_edit_of_a_person_s_is_not_lost(tmp_path: Path) -> None:
    router = QosRouter(tmp_path)
    (router.places.staged / "sqm").write_text("sqm.eth1.upload='5000'\n")
    assert router.refused({f"{FIRST}ShapingRate": "9000000"}) == {f"{FIRST}ShapingRate": "Denied"}
    router.set({f"{FIRST}Enable": "1"})
    assert (router.places.staged / "sqm").read_text() == "sqm.eth1.upload='5000'\n"


def test_without_sqm_it_is_said_so(tmp_path: Path) -> None:
    router = OneService(tmp_path, openwrt_qos, [qos], {"sqm": DELIVERED})
    assert router.given.qos is None
    assert "sqm-scripts is not installed" in router.given.lacks["Device.QoS."]
