"""Who may not open hostapd's sockets hears of stations over the bus, and not of everybody who looks around."""

import threading
from pathlib import Path

import pytest

from backends.openwrt.wireless.events import HostapdEvents
from backends.ubus import Bus
from tests.backends.openwrt.wireless.netifd import Netifd
from tests.waiting import until

pytestmark = pytest.mark.slow


class ForbiddenSockets(HostapdEvents):
    """A folder that is not for us, also where the test is run by root."""

    def is_needed(self) -> bool:
        return True


def test_stations_are_told_of(netifd: Netifd, tmp_path: Path) -> None:
    told: list[frozenset[str]] = []
    stop = threading.Event()
    events = ForbiddenSockets(Bus(netifd.path), tmp_path)
    watch = threading.Thread(target=events.watch, args=(told.append, stop))
    watch.start()

    def comes() -> bool:
        netifd.notify("probe")
        netifd.notify("assoc")
        return bool(told)

    try:
        assert until(comes)
        assert set(told) == {frozenset({"station"})}
        told.clear()
        netifd.notify("probe")
        netifd.notify("probe")
        netifd.notify("disassoc")
        assert until(lambda: bool(told))
    finally:
        stop.set()
        watch.join()


def test_whoever_may_open_the_sockets_hears_there(tmp_path: Path) -> None:
    events = HostapdEvents(Bus(tmp_path / "no-bus"), tmp_path)
    assert not events.is_needed()
    events.watch(lambda _: None, threading.Event())
    assert not HostapdEvents(Bus(tmp_path / "no-bus"), tmp_path / "nothing").is_needed()
