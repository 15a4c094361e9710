"""What of 802.1X was configured, as records."""

from dataclasses import dataclass
from typing import Final

from backends.desired_state import Pointer, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplicant(Record):
    """One port that has to authenticate itself. Periods are seconds; ``resets`` counts how often it had to anew.

    The defaults of the periods are those of IEEE 802.1X-2004, 8.2.12.1.1.
    """

    enable: bool = False
    interface: Pointer | None = None
    identity: str = ""
    max_start: int = 3
    start_period: int = 30
    held_period: int = 60
    auth_period: int = 30
    md5: bool = False
    secret: str = ""
    tls: bool = False
    mutual: bool = True
    resets: int = 0


KINDS: Final = (Supplicant,)
