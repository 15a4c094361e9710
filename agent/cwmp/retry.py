"""How long to wait before a failed session is tried again (TR-069 §3.2.1.1), and what RetryCount counts."""

from dataclasses import dataclass
from typing import Final

DEFAULT_MINIMUM_WAIT: Final = 5
DEFAULT_MULTIPLIER: Final = 2000
LAST_STEP: Final = 10  # from the tenth retry on the interval stays the same


def retry_range(attempt: int, minimum_wait: int, multiplier: int) -> tuple[float, float]:
    """Seconds between which the wait before retry number ``attempt`` (1 is the first) has to lie.

    ``minimum_wait`` is CWMPRetryMinimumWaitInterval (seconds), ``multiplier`` CWMPRetryIntervalMultiplier (1/1000).
    """
    step = max(1, min(attempt, LAST_STEP))
    factor = multiplier / 1000
    return minimum_wait * factor ** (step - 1), minimum_wait * factor**step


def retry_wait(attempt: int, minimum_wait: int, multiplier: int, chance: float) -> float:
    """Seconds to wait before that retry; ``chance`` is uniformly random in [0, 1)."""
    shortest, longest = retry_range(attempt, minimum_wait, multiplier)
    return shortest + (longest - shortest) * chance


@dataclass(slots=True)
class Retries:
    """RetryCount: how often the session has failed since the last success. A reboot begins with a new one.

    A new event starts a session at once and leaves the count as it is. Success is an InformResponse and a clean end.
    """

    count: int = 0

    @property
    def is_retrying(self) -> bool:
        """Whether the next session is a retry."""
        return self.count > 0

    def failed(self, minimum_wait: int, multiplier: int, chance: float) -> float:
        """A session failed; the seconds until it is tried again."""
        self.count += 1
        return retry_wait(self.count, minimum_wait, multiplier, chance)

    def succeeded(self) -> None:
        """A session ended as it should."""
        self.count = 0
