"""When this machine started anew, and why: what was announced before it went down, else what can be found out after.

Kept in one small file that is replaced as a whole, at starts of the machine only.
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from backends.errors import MechanismError
from backends.files import names_in, read_number, read_text, write_if_different

log = logging.getLogger(__name__)

FILE: Final = "reboots.json"
LOCAL, REMOTE, FACTORY_RESET = "LocalReboot", "RemoteReboot", "RemoteFactoryReset"
"""TR-181, DeviceInfo.Reboots.Reboot.{i}.Cause."""
CAUSES: Final = frozenset({LOCAL, REMOTE, FACTORY_RESET, "FactoryReset", "LocalFactoryReset"})
MOST: Final = 32
"""Rows where the ACS leaves it to us, and the most that there are."""
LONGEST_TEXT: Final = 128
WATCHDOGS: Final = "sys/class/watchdog"
CARD_RESET: Final = 0x20  # linux/watchdog.h, WDIOF_CARDRESET: the watchdog was the last to restart the machine


@dataclass(frozen=True, slots=True)
class Reboot:
    """One of them; ``time`` in Unix seconds, None where the clock was not set. ``number`` is its own for good."""

    number: int
    time: float | None
    cause: str
    reason: str
    is_update: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """Since the last factory reset; those of the version since it came."""

    all: int = 0
    of_version: int = 0
    by_watchdog: int = 0


class Reboots:
    """``wall`` tells the time, None while the clock is not set; ``most`` how many rows are wanted, -1 as we like."""

    def __init__(
        self, root: Path, directory: Path, wall: Callable[[], float | None], most: Callable[[], int] = lambda: -1
    ) -> None:
        self._root = root
        self._file = directory / FILE
        self._wall = wall
        self._most = most
        self.counts = Counts()
        self._rows: list[Reboot] = []
        self._number = 0
        self._version = ""
        self._announced: Reboot | None = None
        self._read()

    @property
    def rows(self) -> Sequence[Reboot]:
        """As many as are wanted, the oldest first."""
        most = self._room()
        return self._rows[-most:] if most else []

    def going_down(self, cause: str, reason: str) -> None:
        """The machine is about to start anew, for this reason."""
        self._announced = Reboot(0, None, cause, reason[:LONGEST_TEXT])
        self._write()

    def stays_up(self) -> None:
        """It was not."""
        if self._announced is not None:
            self._announced = None
            self._write()

    def started(self, version: str, *, was_clean: bool, crashes: Sequence[str] = (), is_update: bool = False) -> Reboot:
        """The machine has started anew, with software of that version. ``was_clean``: the agent's last run was ended
        as it should be; ``crashes`` are those that left a log. ``is_update``: another image came up than before.
        """
        is_watchdog = self._was_watchdog()
        is_first = not (self._number or was_clean or is_watchdog or crashes)
        why = "the first start that is known of" if is_first else _reason(was_clean, is_watchdog, crashes)
        told = self._announced or Reboot(0, None, LOCAL, why)
        if crashes and self._announced is not None:
            told = replace(told, reason=f"{told.reason}; {_reason(was_clean, is_watchdog, crashes)}"[:LONGEST_TEXT])
        self._number += 1
        now = replace(told, number=self._number, time=self._wall(), is_update=is_update)
        is_new = version != self._version
        self.counts = Counts(
            self.counts.all + 1,
            1 if is_new else self.counts.of_version + 1,
            self.counts.by_watchdog + is_watchdog,
        )
        self._version, self._announced = version, None
        self._rows = [*self._rows, now][-MOST:]
        most = self._room()
        self._rows = self._rows[-most:] if most else []
        self._write()
        return now

    def forget(self) -> None:
        """Factory reset: it begins to count anew."""
        self.counts, self._rows = Counts(), []
        self._write()

    def _room(self) -> int:
        wanted = self._most()
        return MOST if wanted < 0 else min(wanted, MOST)

    def _was_watchdog(self) -> bool:
        folder = self._root / WATCHDOGS
        return any((read_number(folder / name / "bootstatus") or 0) & CARD_RESET for name in names_in(folder))

    def _read(self) -> None:
        try:
            kept = json.loads(read_text(self._file) or "{}")
            rows = [_row(one) for one in kept.get("rows", [])][-MOST:]
            counts = Counts(**{one.name: int(kept.get("counts", {}).get(one.name, 0)) for one in fields(Counts)})
            announced = kept.get("announced")
            self._announced = _row(announced) if announced else None
            self._number = int(kept.get("number", 0))
            self._version = str(kept.get("version", ""))
            self._rows, self.counts = rows, counts
        except (ValueError, TypeError, KeyError, AttributeError):
            log.warning("%s cannot be read: the record of reboots begins anew", self._file)

    def _write(self) -> None:
        kept: dict[str, Any] = {
            "number": self._number,
            "version": self._version,
            "counts": asdict(self.counts),
            "announced": asdict(self._announced) if self._announced else None,
            "rows": [asdict(row) for row in self._rows],
        }
        try:
            write_if_different(self._file, json.dumps(kept, separators=(",", ":")))
        except MechanismError as error:
            log.warning("the record of reboots cannot be kept: %s", error.reason)


def _row(kept: Any) -> Reboot:
    made = Reboot(int(kept["number"]), kept["time"], str(kept["cause"]), str(kept["reason"]), bool(kept["is_update"]))
    if made.cause not in CAUSES or not (made.time is None or isinstance(made.time, (int, float))):
        raise ValueError(made.cause)
    return made


def _reason(was_clean: bool, is_watchdog: bool, crashes: Sequence[str]) -> str:
    if crashes:
        return "the kernel crashed"
    if is_watchdog:
        return "watchdog"
    return "by the system" if was_clean else "loss of power, or a crash"
