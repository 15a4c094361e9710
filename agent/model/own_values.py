"""The agent's own durable values (the ACS's URL …): what was set, else the settings file's, else the preset's."""

from collections.abc import Collection, Mapping
from typing import Any, Final

_WORDS: Final[Mapping[str, str]] = {
    "None": "set by the ACS or on this machine",
    "acs": "set by the ACS",
    "person": "set on this machine",
    "device": "made up by this device",
}
"""Who sets values most of the time, for people."""

_NOTHING: Final = object()


def has_type_of(value: Any, default: Any) -> bool:
    """Whether a value can stand in place of a default; a list may be a tuple, which JSON does not tell apart."""
    kinds = (list, tuple) if isinstance(default, (list, tuple)) else (type(default),)
    return type(value) in kinds


class OwnValues:
    """A backend whose system is the agent itself.

    A value that was set wins over the settings file until factory reset, or until that key in the file changes: the
    file's value at the time of setting is kept beside it, and who has set it where that is known. Values are JSON
    (datetimes as ISO text).
    """

    name = "own"
    author: Mapping[str, Any] | None = None
    """Who sets what is staged from now on: a JSON object with at least "source"; None where nobody says."""

    def __init__(self, defaults: Mapping[str, Any], file: Mapping[str, Any]) -> None:
        """``defaults`` names every value that exists; ``file`` has those that the settings file gives."""
        unknown = set(file) - set(defaults)
        if unknown:
            raise ValueError(f"no such own values: {', '.join(sorted(unknown))}")
        self._defaults = dict(defaults)
        self._file = dict(file)
        self._preset: dict[str, Any] = {}
        self._preset_by: dict[str, Any] = {}
        self._bound: Mapping[str, str] = {}
        self._set: dict[str, dict[str, Any]] = {}
        self._before: dict[str, dict[str, Any]] | None = None

    def knows(self, name: str) -> bool:
        """Whether there is such a value."""
        return name in self._defaults

    def get(self, name: str) -> Any:
        """The value in force; staged ones included."""
        if name in self._set:
            return self._set[name]["value"]
        if name in self._file or not self._is_of_preset(name):
            return self._file.get(name, self._defaults[name])
        return self._preset[name]

    def first(self, name: str, value: Any) -> None:
        """The default is another one in this installation."""
        self._defaults[name] = value

    def lay_under(self, preset: Mapping[str, Any], by: Mapping[str, Any], bound: Mapping[str, str]) -> None:
        """Values of the firmware's below those of the settings file, and their ``author``.

        ``bound`` names by value another one: where a person or the file has given that one, the value does not hold.
        """
        for name, value in preset.items():
            if not has_type_of(value, self._defaults[name]):
                raise TypeError(f"{name}: {type(value).__name__} is not the type of its default")
        self._preset, self._preset_by, self._bound = dict(preset), dict(by), bound

    def _is_of_preset(self, name: str) -> bool:
        """Whether a preset's value holds, as far as nothing stronger gives one."""
        other = self._bound.get(name)
        if name not in self._preset:
            return False
        if other is None or other not in self._preset or self.get(other) == self._preset[other]:
            return True
        return other in self._set and self.set_by(other).get("source") not in (None, "person")

    def was_set(self, name: str) -> bool:
        """Whether the value was set by somebody, rather than coming from the file or the built-in default."""
        return name in self._set

    def set_by(self, name: str) -> dict[str, Any]:
        """Who has set the value, as ``author`` was then; empty when nobody has, or nobody said who."""
        if name not in self._set and name not in self._file and self._is_of_preset(name):
            return dict(self._preset_by)
        by = self._set.get(name, {}).get("by")
        return dict(by) if isinstance(by, dict) else {}

    def source(self, name: str) -> str:
        """Where the value in force comes from, for people."""
        if name in self._set:
            told = self.set_by(name)
            return _WORDS.get(str(told.get("source")), f"{told.get('source')}, told by {told.get('told_by') or 'it'}")
        if name in self._file:
            return "the settings file"
        return f"the preset {self._preset_by.get('told_by')}" if self._is_of_preset(name) else "the built-in default"

    def stage(self, name: str, value: Any, by: Mapping[str, Any] | None = None) -> None:
        """Set a value within a transaction; ``by`` says who does, where that is not ``author``."""
        if name not in self._defaults:
            raise KeyError(name)
        if not has_type_of(value, self._defaults[name]):
            raise TypeError(f"{name}: {type(value).__name__} is not the type of its default")
        author = by or self.author
        self._set[name] = {"value": value, "file": self._file.get(name), **({"by": dict(author)} if author else {})}

    def unstage(self, name: str) -> None:
        """Forget within a transaction what was set: the settings file's value, or the built-in one, comes back."""
        self._set.pop(name, None)

    def reload(self, file: Mapping[str, Any]) -> None:
        """The settings file was read again: values whose key changed there follow it."""
        self._file = dict(file)
        self._set = self._still_valid(self._set)

    def begin(self) -> None:
        """See ``agent.model.object.Backend``."""
        self._before = dict(self._set)

    def prepare(self) -> bool:
        """See ``agent.model.object.Backend``; own values never cut anything off."""
        return False

    def undo_record(self) -> None:
        """Nothing outside the document changes."""

    def commit(self) -> None:
        """The staged values hold."""

    def postpone(self) -> None:
        """Own values hold at once; the document keeps what to go back to."""

    def rollback(self) -> None:
        """Back to the values at ``begin``."""
        if self._before is not None:
            self._set, self._before = self._before, None

    def recover(self, record: Any, same_boot: bool) -> None:
        """Nothing outside the document changed."""

    def state(self) -> dict[str, Any]:
        """What was set, each with the file's value of that time."""
        return dict(self._set)

    def restore(self, state: Any) -> None:
        """Take over from JSON; what the file has changed since is dropped."""
        known = {name: entry for name, entry in (state or {}).items() if name in self._defaults}
        self._set = self._still_valid(known)
        self._before = None

    def backup(self) -> dict[str, Any]:
        """What somebody has set, without what this device has made up for itself; by whom is told as well."""
        entries = {name: entry for name, entry in self._set.items() if self.set_by(name).get("source") != "device"}
        return {
            name: {"value": entry["value"], **({"by": entry["by"]} if "by" in entry else {})}
            for name, entry in entries.items()
        }

    def bring_back(self, kept: Any, stay: Collection[str] = ()) -> None:
        """Stage what a backup says: values that it does not have are no longer set, but for those that ``stay`` as they
        are and those that the device has made up. ValueError for what is no such value.
        """
        if not isinstance(kept, Mapping):
            raise ValueError("own values are no mapping")
        for name in set(self._set) | set(kept):
            if name not in self._defaults or name in stay or self.set_by(name).get("source") == "device":
                continue
            entry = kept.get(name)
            if entry is None:
                self.unstage(name)
            elif not has_type_of(entry["value"], self._defaults[name]):
                raise ValueError(f"{name} is of another type")
            elif entry["value"] != self._set.get(name, {}).get("value", _NOTHING):
                by = entry.get("by")
                self.stage(name, entry["value"], by if isinstance(by, dict) and "source" in by else None)

    def _still_valid(self, stored: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        return {name: entry for name, entry in stored.items() if entry.get("file") == self._file.get(name)}
