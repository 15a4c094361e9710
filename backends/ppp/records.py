"""What is wanted of PPP connections: a record each."""

from dataclasses import dataclass
from typing import Final

from backends.desired_state import Pointer, Record

ALWAYS_ON, ON_DEMAND, MANUAL = "AlwaysOn", "OnDemand", "Manual"
ETHERNET_MRU: Final = 1492
"""What PPPoE leaves of an Ethernet frame (RFC 2516, 7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PppInterface(Record):
    """A PPPoE connection over the link of ``lower``; times in seconds, 0 for never.

    ``resets`` counts how often it was to be set up anew: another number is another connection.
    """

    enable: bool = False
    lower: Pointer | None = None
    username: str = ""
    password: str = ""
    access_concentrator: str = ""
    service: str = ""
    trigger: str = ALWAYS_ON
    auto_disconnect: int = 0
    idle_disconnect: int = 0
    mru: int = ETHERNET_MRU
    echo_interval: int = 20
    echo_failures: int = 3
    echo_adaptive: bool = True
    ipv4: bool = True
    ipv6: bool = True
    resets: int = 0


KINDS: Final = (PppInterface,)
