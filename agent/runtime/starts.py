"""Counts starts that follow a crash: after five within ten minutes the agent leaves the system alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

DOCUMENT: Final = "starts"
WINDOW: Final = 600.0
LIMIT: Final = 5


@dataclass(frozen=True, slots=True)
class Starts:
    """Starts of this boot that no clean end followed, as seconds of the monotonic clock; ``boot`` names the boot."""

    boot: str
    unclean: tuple[float, ...] = ()

    @classmethod
    def read(cls, document: Any, boot: str) -> "Starts":
        """From the saved document; another boot's starts do not count."""
        if not isinstance(document, dict) or document.get("boot") != boot:
            return cls(boot)
        return cls(boot, tuple(float(at) for at in document.get("unclean", ())[-LIMIT:]))

    def started(self, now: float) -> "Starts":
        """One more start."""
        recent: Sequence[float] = [at for at in self.unclean if now - WINDOW < at <= now]
        return Starts(self.boot, (*recent, now))

    def ended(self) -> "Starts":
        """A clean end: what was before no longer counts."""
        return Starts(self.boot)

    @property
    def are_too_many(self) -> bool:
        """Whether the agent keeps crashing: more than five starts in the window, the present one included."""
        return len(self.unclean) > LIMIT

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {"version": 1, "boot": self.boot, "unclean": list(self.unclean)}
