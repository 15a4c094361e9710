"""Host name and time zone as one thing that is changed all or nothing."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from backends.errors import MechanismError
from backends.time_zone import TimeZone

HOST_NAME, TIME_ZONE = "host_name", "time_zone"


class Host(Protocol):
    """The part of System that is changed here."""

    def host_name(self) -> str:
        """The kernel's host name."""

    def check_host_name(self, name: str) -> None:
        """MechanismError unless it can be a host name."""

    def set_host_name(self, name: str) -> None:
        """Name the machine."""

    def clock(self) -> datetime:
        """The time."""


class Settings(Protocol):
    """Host name and time zone as a backend (agent.model.object) that objects set them in."""

    name: str
    topics: tuple[str, ...]
    """Those of the system's changes after which they may be others; () where nobody tells."""

    def host_name(self) -> str:
        """The host name that is wanted, else the present one."""

    def time_zone(self) -> str:
        """The POSIX time zone that is wanted, else the present one."""

    def stage_host_name(self, name: str) -> None:
        """Want a host name; MechanismError (EINVAL) if it cannot be one."""

    def stage_time_zone(self, posix: str) -> None:
        """Want a time zone; MechanismError (EINVAL) if it is no POSIX TZ string."""

    def begin(self) -> None:
        """See Backend."""

    def prepare(self) -> bool:
        """See Backend."""

    def undo_record(self) -> Any:
        """See Backend."""

    def commit(self) -> None:
        """See Backend."""

    def postpone(self) -> None:
        """See Backend."""

    def rollback(self) -> None:
        """See Backend."""

    def recover(self, record: Any, same_boot: bool) -> None:
        """See Backend."""

    def state(self) -> Any:
        """See Backend."""

    def restore(self, state: Any) -> None:
        """See Backend."""


class SystemSettings:
    """A backend (agent.model.object): stages, makes and undoes changes. The system's own files keep what was made; its
    state is only what was accepted and has to wait for the session's end.
    """

    name = "system"
    topics: tuple[str, ...] = ()

    def __init__(self, system: Host, time_zone: TimeZone) -> None:
        self._system = system
        self._time_zone = time_zone
        self._wanted: dict[str, str] = {}
        self._wanted_before: dict[str, str] = {}
        self._made_over: dict[str, Any] = {}

    def host_name(self) -> str:
        """The host name that is wanted, else the present one."""
        return self._wanted.get(HOST_NAME) or self._system.host_name()

    def time_zone(self) -> str:
        """The POSIX time zone that is wanted, else the present one."""
        return self._wanted.get(TIME_ZONE) or self._time_zone.posix(self._system.clock())

    def stage_host_name(self, name: str) -> None:
        """Want a host name; MechanismError (EINVAL) if it cannot be one."""
        self._system.check_host_name(name)
        self._wanted[HOST_NAME] = name

    def stage_time_zone(self, posix: str) -> None:
        """Want a time zone; MechanismError (EINVAL) if it is no POSIX TZ string."""
        self._time_zone.check(posix)
        self._wanted[TIME_ZONE] = posix

    def begin(self) -> None:
        """Remember what was wanted, forget how to undo the last commit."""
        self._wanted_before, self._made_over = dict(self._wanted), {}

    def prepare(self) -> bool:
        """Drop what is so already; never cuts the path to the management server."""
        present = {HOST_NAME: self._system.host_name(), TIME_ZONE: self._time_zone.posix(self._system.clock())}
        self._wanted = {key: value for key, value in self._wanted.items() if value != present[key]}
        return False

    def undo_record(self) -> Any:
        """The present host name and time zone as far as they would be changed; None if nothing would be."""
        record: dict[str, Any] = {}
        if HOST_NAME in self._wanted:
            record[HOST_NAME] = self._system.host_name()
        if TIME_ZONE in self._wanted:
            record[TIME_ZONE] = dict(self._time_zone.saved())
        return record or None

    def commit(self) -> None:
        """Change the system; MechanismError if it refuses."""
        self._made_over = self.undo_record() or {}
        if HOST_NAME in self._wanted:
            self._system.set_host_name(self._wanted[HOST_NAME])
        if TIME_ZONE in self._wanted:
            self._time_zone.set(self._wanted[TIME_ZONE])
        self._wanted = {}

    def postpone(self) -> None:
        """What is staged stays wanted until a later commit."""

    def rollback(self) -> None:
        """Forget what is staged, undo what was made."""
        before, self._made_over = self._made_over, {}
        self._wanted = dict(self._wanted_before)
        self._undo(before)

    def recover(self, record: Any, same_boot: bool) -> None:  # noqa: ARG002 - the files outlive a boot
        """Undo by a record; MechanismError for what cannot be undone."""
        self._wanted, self._wanted_before, self._made_over = {}, {}, {}
        self._undo(record if isinstance(record, dict) else {})

    def state(self) -> Any:
        """What is wanted and not made yet."""
        return dict(self._wanted)

    def restore(self, state: Any) -> None:
        """Take over what is wanted and not made yet."""
        self._wanted = {key: str(value) for key, value in (state or {}).items() if key in {HOST_NAME, TIME_ZONE}}
        self._wanted_before, self._made_over = dict(self._wanted), {}

    def backup(self) -> Any:
        """Host name and time zone as they are, or as they are wanted."""
        return {HOST_NAME: self.host_name(), TIME_ZONE: self.time_zone()}

    def bring_back(self, kept: Any) -> None:
        """Stage them; ValueError for what is neither."""
        try:
            if HOST_NAME in kept and kept[HOST_NAME] != self.host_name():
                self.stage_host_name(str(kept[HOST_NAME]))
            if TIME_ZONE in kept and kept[TIME_ZONE] != self.time_zone():
                self.stage_time_zone(str(kept[TIME_ZONE]))
        except MechanismError as wrong:
            raise ValueError(wrong.reason) from wrong

    def _undo(self, before: Mapping[str, Any]) -> None:
        steps: tuple[tuple[str, Callable[[Any], None]], ...] = (
            (TIME_ZONE, self._time_zone.restore),
            (HOST_NAME, self._system.set_host_name),
        )
        failed: list[str] = []
        for key, undo in steps:
            if key in before:
                try:
                    undo(before[key])
                except MechanismError as error:
                    failed.append(error.reason)
        if failed:
            raise MechanismError("; ".join(failed))
