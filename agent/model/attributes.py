"""Notification levels and access lists of parameters (TR-069 §A.3.2.4), kept where they differ from the default."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from agent.model.errors import InvalidValue, ResourcesExceeded

MOST: Final = 20_000
"""Parameters with a level or an access list of their own."""

SUBSCRIBER: Final = ("Subscriber",)
HIGHEST: Final = 2
"""Level: active notification."""


class ParameterAttributes:
    """What SetParameterAttributes has set, by concrete path with instance numbers; absent paths have the defaults.

    ``begin`` and ``rollback`` bracket a transaction.
    """

    def __init__(self) -> None:
        self._notification: dict[str, int] = {}
        self._access: dict[str, tuple[str, ...]] = {}
        self._before: tuple[dict[str, int], dict[str, tuple[str, ...]]] | None = None

    def notification(self, path: str) -> int | None:
        """The level that was set, ``None`` where none was."""
        return self._notification.get(path)

    def access_list(self, path: str) -> tuple[str, ...]:
        """Who besides the management server may write the parameter; everybody by default."""
        return self._access.get(path, SUBSCRIBER)

    def notified(self) -> dict[str, int]:
        """Every path with a level of its own."""
        return dict(self._notification)

    def set_notification(self, path: str, level: int) -> None:
        """Remember a level, 0 included: it can be below the schema's default. Raises ResourcesExceeded."""
        self._check_room(self._notification, path)
        self._notification[path] = level

    def set_access_list(self, path: str, entities: tuple[str, ...]) -> None:
        """Remember who may write. Raises ResourcesExceeded."""
        if entities == SUBSCRIBER:
            self._access.pop(path, None)
        else:
            self._check_room(self._access, path)
            self._access[path] = entities

    def drop(self, prefix: str) -> None:
        """Forget everything below an object that was deleted."""
        self.keep(lambda path: not path.startswith(prefix))

    def keep(self, is_kept: Callable[[str], bool]) -> None:
        """Forget every parameter that ``is_kept`` is false of."""
        self._notification = {path: level for path, level in self._notification.items() if is_kept(path)}
        self._access = {path: entities for path, entities in self._access.items() if is_kept(path)}

    def begin(self) -> None:
        """Remember everything as it is, until ``commit`` or ``rollback``."""
        self._before = (dict(self._notification), dict(self._access))

    def commit(self) -> None:
        """What happened since ``begin`` holds."""
        self._before = None

    def rollback(self) -> None:
        """Back to what ``begin`` remembered."""
        if self._before is not None:
            self._notification, self._access = self._before
            self._before = None

    def state(self) -> dict[str, Any]:
        """As JSON."""
        access = {path: list(entities) for path, entities in self._access.items()}
        return {"notification": dict(self._notification), "access": access}

    def restore(self, state: dict[str, Any] | None) -> None:
        """Take over from JSON."""
        stored = state or {}
        self._notification = {str(path): int(level) for path, level in stored.get("notification", {}).items()}
        self._access = {str(path): tuple(who) for path, who in stored.get("access", {}).items()}
        self._before = None

    def bring_back(self, state: Mapping[str, Any]) -> None:
        """As ``restore``, within a transaction. Raises ResourcesExceeded, InvalidValue for what nobody could have set,
        and what JSON of another form raises.
        """
        if max((len(part) for part in state.values()), default=0) > MOST:
            raise ResourcesExceeded("", f"more than {MOST} parameters have attributes of their own")
        before = self._before
        self.restore(dict(state))
        self._before = before
        for path, level in self._notification.items():
            if level > HIGHEST:
                raise InvalidValue(path, "lightweight notification is not supported")
        for path, entities in self._access.items():
            if not {*entities} <= {*SUBSCRIBER}:
                raise InvalidValue(path, "the only entity of an access list is Subscriber")

    @staticmethod
    def _check_room(kept: Mapping[str, object], path: str) -> None:
        if path not in kept and len(kept) >= MOST:
            raise ResourcesExceeded(path, f"{MOST} parameters have attributes of their own already")
