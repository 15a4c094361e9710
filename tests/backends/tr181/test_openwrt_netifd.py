"""netifd's events and its configuration's changes are watched once for all services."""

import threading
from pathlib import Path
from typing import Any

import pytest

from backends.openwrt.reloads import Reloads
from backends.tr181.openwrt_lan import Surface
from backends.tr181.openwrt_netifd import netifd_events, network_package
from backends.ubus import Bus
from backends.uci import FileUci, Places
from tests.waiting import until

pytestmark = pytest.mark.slow
NOTHING: Any = None


def surface(root: Path) -> Surface:
    places = Places.under(root)
    places.config.mkdir(parents=True)
    bus = Bus(root / "no-bus")
    return Surface(FileUci(places), bus, Reloads(bus), root)


def test_without_the_package_there_is_nothing_to_watch(tmp_path: Path) -> None:
    bare = surface(tmp_path)
    assert netifd_events(NOTHING, bare) is None
    assert network_package(NOTHING, bare) is None


def test_both_watches_tell_one_topic(tmp_path: Path) -> None:
    given = surface(tmp_path)
    package = tmp_path / "etc/config/network"
    package.write_text("config interface 'lan'\n")
    events, files = netifd_events(NOTHING, given), network_package(NOTHING, given)
    assert events is not None
    assert files is not None
    assert files.watch is not None
    assert events.watch == given.netifd.watch
    told: list[frozenset[str]] = []
    stop = threading.Event()
    watcher = threading.Thread(target=files.watch, args=(told.append, stop))
    watcher.start()
    try:

        def written() -> bool:
            package.write_text("config interface 'lan'\n\toption proto 'dhcp'\n")
            return bool(told)

        assert until(written)
    finally:
        stop.set()
        watcher.join()
    assert set(told) == {frozenset({"netifd"})}
