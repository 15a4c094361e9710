"""What watches leases for the daemon where no hook tells of them; nothing is loaded before it is wanted."""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from agent.discovery.offer import Neighbour
from backends.tr181.mechanisms import Mechanisms

log = logging.getLogger(__name__)

AGAIN: Final = 5.0
"""Seconds before a watch that went wrong begins anew."""

Tell = Callable[[Mapping[str, Any]], None]


class LeaseWatches:
    """``begin`` starts them once, each in a thread of its own; they end with ``stop``.

    ``asks`` tells whether the WAN's server is to be asked (DHCPINFORM), ``link`` on which link: "" is the one with the
    default route. Both are called in the watch's thread.
    """

    def __init__(
        self,
        mechanisms: Mechanisms,
        device: Neighbour,
        asks: Callable[[], bool],
        link: Callable[[], str],
        tell: Tell,
        stop: threading.Event,
    ) -> None:
        self._mechanisms = mechanisms
        self._device = device
        self._asks = asks
        self._link = link
        self._tell = tell
        self._stop = stop
        self._has_begun = False

    def begin(self) -> None:
        """Start the watches, where they do not run yet."""
        if self._has_begun:
            return
        from agent.discovery.options import asking4
        from backends.dhcp_client.instance import Folders
        from backends.dhcp_inform import Vendor
        from backends.dhcp_sources import LeaseWatch, Way, sources

        self._has_begun = True
        given, vendor = self._mechanisms, Vendor(*asking4(self._device))
        ours = Folders(given.directory / "dhcp-client", given.state_directory / "dhcp-client")
        has_files = given.dhcp_clients is not None and given.dhcp_clients.has_lease_files
        watches = sources(ours if has_files else None, lambda: Way(self._asks(), self._link()), lambda: vendor)

        def watch(name: str, one: LeaseWatch) -> None:
            while not self._stop.is_set():
                try:
                    one.watch(self._tell, self._stop)
                except Exception:
                    log.exception("%s: leases are not seen for a moment", name)
                    self._stop.wait(AGAIN)

        for name, one in watches.items():
            threading.Thread(target=watch, args=(name, one), name=name, daemon=True).start()
