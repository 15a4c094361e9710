"""Which UPnP devices this machine is to others: told by the daemons that are installed, and those that run."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

GATEWAY, SERVER, RENDERER = "UPnPIGD", "UPnPMediaServer", "UPnPMediaRenderer"
DAEMONS: Final = {
    "miniupnpd": GATEWAY,
    "minidlnad": SERVER,
    "rygel": SERVER,
    "gmediarender": RENDERER,
    "upmpdcli": RENDERER,
}
"""The programs, by the name that their processes have, and what each is."""


class Upnp:
    """``running`` gives the names of all processes, ``find`` where a program is installed."""

    def __init__(self, running: Callable[[], Iterable[str]], find: Callable[[str], Path | None]) -> None:
        self._running = running
        self._find = find
        self._runs: frozenset[str] | None = None

    def forget(self) -> None:
        """Look again for the next request."""
        self._runs = None

    def is_installed(self, kind: str = "") -> bool:
        """Whether there is a daemon of a kind; of any."""
        return any(self._find(name) for name, is_kind in DAEMONS.items() if kind in ("", is_kind))

    def runs(self, kind: str = "") -> bool:
        """Whether a daemon of a kind runs; of any."""
        if self._runs is None:
            self._runs = frozenset(DAEMONS[name] for name in self._running() if name in DAEMONS)
        return kind in self._runs if kind else bool(self._runs)
