"""Builds what is about vendor files from the daemon's parts: the wiring gives them, and registers what comes of it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent.cwmp import management_server as ms
from agent.cwmp.planned_reboot import DELAY_REBOOT, SCHEDULE_REBOOT
from agent.first_values import CONNECTION_REQUEST_PATH
from agent.model.data_model import DataModel
from agent.runtime.clock import iso
from agent.runtime.discovery import REMEMBERED_HOST
from agent.runtime.initial_values import APPLIED
from agent.version import VERSION
from backends.tr181.device_info import FIRST_USE_DATE
from backends.tr181.user_interface import PASSWORD_RESET

if TYPE_CHECKING:
    from agent.vendor_files.service import ConfigurationFile

STAY: Final = (
    ms.PARAMETER_KEY, DELAY_REBOOT, SCHEDULE_REBOOT, CONNECTION_REQUEST_PATH, REMEMBERED_HOST, APPLIED, FIRST_USE_DATE,
    PASSWORD_RESET,
)  # fmt: skip
"""Own values that say what has become of this device, and not how it is configured."""
DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class Given:
    """Of the daemon. ``shape`` checks the model's document, ``who`` tells what the device is."""

    model: Callable[[], DataModel]
    state_directory: Path
    is_secret: Callable[[str], bool]
    shape: Callable[[Any, str], None]
    backup: Callable[[], tuple[str, str]]
    who: Callable[[], Mapping[str, str]]
    system: str
    now: Callable[[], float | None]
    changed: Callable[[], None]
    left_alone: Callable[[], Collection[str]] = tuple


class VendorConfiguration:
    """The configuration as a file, built at the first question for it. The owner's thread's."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._file: ConfigurationFile | None = None

    def file(self) -> "ConfigurationFile":
        """What makes and takes files."""
        if self._file is None:
            from agent.vendor_files.service import ConfigurationFile, Surroundings

            given = self._given
            around = Surroundings(
                given.model(), given.state_directory, given.is_secret, self._check, given.backup, self._about, STAY,
                given.changed, given.left_alone,
            )  # fmt: skip
            self._file = ConfigurationFile(around)
        return self._file

    def version(self) -> tuple[str, datetime | None]:
        """What tells one configuration from another, and when the present one was saved."""
        digest = self.file().backup("omitted").digest.rpartition(":")[2]
        try:
            changed = (self._given.state_directory / "model.json").stat().st_mtime
        except OSError:
            return digest[:DIGITS], None
        return digest[:DIGITS], datetime.fromtimestamp(int(changed), UTC)

    def _check(self, parts: Mapping[str, Any]) -> None:
        self._given.shape({**parts, "version": 1, "transaction": 0, "unconfirmed": None}, "file")

    def _about(self) -> dict[str, Any]:
        given = self._given
        named = {name: value for name, value in given.who().items() if name not in ("address", "agent")}
        return {"made": iso(given.now()), "agent": VERSION, "system": given.system, **named}
