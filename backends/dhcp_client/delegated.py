"""The prefixes that were delegated to our DHCPv6 clients, and until when.

Time is counted from the last start of the machine: its clock may be set while a lease runs.
"""

import time
from collections.abc import Iterable
from typing import Final

from backends.delegations import Delegation
from backends.dhcp_client.instance import Instance
from backends.dhcp_client.packets import INFINITE, lease6

MOST_KNOWN: Final = 64


class DelegatedPrefixes:
    """Remembers when each lease began. Of several prefixes of a lease those still preferred come first: a server that
    renumbers tells the old one beside the new one for a while.
    """

    def __init__(self) -> None:
        self._begun: dict[tuple[str, float], float] = {}

    def of(self, clients: Iterable[Instance]) -> tuple[Delegation, ...]:
        """What is in force. A client that ended without being told to (a crash) had it delegated all the same."""
        return tuple(one for client in clients if client.family == 6 for one in self._of(client))

    def _of(self, client: Instance) -> Iterable[Delegation]:
        packet, written = client.lease(), client.leased_at()
        lease = lease6(packet) if packet else None
        if lease is None or written is None or not lease.prefixes:
            return
        now, wall = time.clock_gettime(time.CLOCK_BOOTTIME), time.time()
        longest = max(one.valid for one in lease.prefixes)
        begun = self._began(client, written.timestamp(), now, wall - written.timestamp(), longest)
        for number, one in enumerate(sorted(lease.prefixes, key=lambda one: one.preferred == 0), 1):
            if one.valid == INFINITE or begun + one.valid > now:
                ends = (
                    0 if each == INFINITE else round(wall - now + begun + each) for each in (one.preferred, one.valid)
                )
                yield Delegation(client.link, number, one.prefix, *ends)

    def _began(self, client: Instance, written: float, now: float, age: float, longest: int) -> float:
        """When a lease came, first seen at this age. An age that cannot be comes of a clock that was set meanwhile: a
        client that runs counts the time as well, and would not keep what is over.
        """
        lease = (client.link, written)
        if lease not in self._begun:
            self._begun = dict(list(self._begun.items())[1 - MOST_KNOWN :])
            is_likely = 0 <= age < longest or (age > 0 and not client.is_running)
            self._begun[lease] = now - age if is_likely else now
        return self._begun[lease]
