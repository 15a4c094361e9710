"""The watches of leases run once, in threads of their own, and end when they are told to."""

import threading
from pathlib import Path
from typing import Any

from agent.discovery.offer import Neighbour
from agent.lease_watches import LeaseWatches
from tests.backends.whole_device import device_in_memory
from tests.waiting import until

NAMES = {"lease-files", "dhcpinform"}


def running() -> list[str]:
    return sorted(thread.name for thread in threading.enumerate() if thread.name in NAMES)


def test_they_begin_once_and_end(tmp_path: Path) -> None:
    stop, told = threading.Event(), list[Any]()
    mechanisms = device_in_memory(tmp_path)[0].mechanisms
    watches = LeaseWatches(mechanisms, Neighbour("00D09E", "1"), lambda: False, lambda: "", told.append, stop)
    assert running() == []
    try:
        watches.begin()
        watches.begin()
        assert running() == sorted(NAMES)
    finally:
        stop.set()
    until(lambda: not running())
    assert told == []
