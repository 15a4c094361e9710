"""What an ANI's numbers are in the units of TR-181. Pure.

Dbm1000 is dBm times 1000; of the thresholds, a value outside of all others stands for the ONU's own policy.
"""

from typing import Final

LEAST_LEVEL: Final = -65536
OWN_RECEIVE_POLICY: Final = -127500
OWN_TRANSMIT_POLICY: Final = -63500
NOBODY: Final = -35.0
"""dBm below which no receiver of a PON hears anything (class C+ ends at -32)."""


def level(octets: bytes | None) -> int:
    """Dbm1000 of a level (263, attributes 10 and 14: 0.002 dB); the least there is where it is not told."""
    return 2 * _signed(octets) if octets is not None else LEAST_LEVEL


def tenths(octets: bytes | None) -> int:
    """The same in tenths of a dBm."""
    return round(level(octets) / 100)


def receive_threshold(octets: bytes | None) -> int:
    """Dbm1000 of attributes 11 and 12: an octet without a sign, in halves of a dB below 0; 255 is the ONU's policy."""
    number = 255 if octets is None else int.from_bytes(octets)
    return OWN_RECEIVE_POLICY if number == 255 else -500 * number


def transmit_threshold(octets: bytes | None) -> int:
    """Dbm1000 of attributes 15 and 16: halves of a dB with a sign; 0x81, and 0x80 that nobody may say: the policy."""
    number = -127 if octets is None else _signed(octets)
    return 500 * max(number, -127)


def _signed(octets: bytes) -> int:
    return int.from_bytes(octets, signed=True)
