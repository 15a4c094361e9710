"""hostapd's notifications on OpenWrt's bus: for those who may not open its control sockets."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from backends.ubus import Bus, BusService, Subscription

STATION: Final = frozenset({"station"})
HEEDED: Final = frozenset({"assoc", "sta-authorized", "disassoc", "deauth", "inactive-deauth", "channel-switch"})
"""After these something may read differently. Most are of other kinds: whoever looks around (probe) is told of as well.
"""


class HostapdEvents:
    """Of every access point, as they come and go."""

    def __init__(self, bus: Bus, sockets: Path) -> None:
        self._bus, self._sockets = bus, sockets

    def is_needed(self) -> bool:
        """Whether the control sockets are there and not for us; they tell of less, and so wake nobody for nothing."""
        return self._sockets.is_dir() and not os.access(self._sockets, os.X_OK)

    def watch(self, tell: Callable[[frozenset[str]], None], stop: threading.Event) -> None:
        """Tell "station" until ``stop`` is set."""
        if not self.is_needed():
            return
        service = BusService(self._bus.path)

        def heard(_path: str, name: str, _values: object) -> None:
            if name in HEEDED:
                tell(STATION)

        service.subscribe(Subscription("hostapd.*", heard, lambda _path: tell(STATION)))
        try:
            service.run(stop)
        finally:
            service.close()
