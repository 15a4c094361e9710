"""Builds what is about vendor files from the daemon's parts: the wiring gives them, and registers what comes of it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent.model.data_model import DataModel
from agent.runtime.clock import iso
from agent.version import VERSION

if TYPE_CHECKING:
    from agent.vendor_files.service import ConfigurationFile

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
            from agent.vendor_files.device_values import STAY
            from agent.vendor_files.service import ConfigurationFile, Surroundings

            given = self._given
            around = Surroundings(
                given.model(), given.state_directory, given.is_secret, self._check, given.backup, self._about, STAY,
                given.changed, given.left_alone,
            )  # fmt: skip
            self._file = ConfigurationFile(around)
        return self._file

    def version(self) -> tuple[str, datetime | None]:
        """What tells one saved configuration from another, and when this one was saved: cheap, for each reading."""
        saved = self._given.state_directory / "model.json"
        try:
            when = datetime.fromtimestamp(int(saved.stat().st_mtime), UTC)
            return sha256(saved.read_bytes()).hexdigest()[:DIGITS], when
        except OSError:
            return "", None

    def _check(self, parts: Mapping[str, Any]) -> None:
        self._given.shape({**parts, "version": 1, "transaction": 0, "unconfirmed": None}, "file")

    def _about(self) -> dict[str, Any]:
        given = self._given
        named = {name: value for name, value in given.who().items() if name not in ("address", "agent")}
        return {"made": iso(given.now()), "agent": VERSION, "system": given.system, **named}
