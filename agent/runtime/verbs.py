"""What the command line can ask of the daemon, each verb one function over the model; answers are JSON documents."""

import fnmatch
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

from agent.model.coverage import coverage
from agent.model.data_model import Attributes, Caller, DataModel, Value
from agent.model.errors import (
    Denied,
    InvalidArguments,
    InvalidType,
    InvalidValue,
    ModelError,
    NoRoomToSave,
    NotCancellable,
    NotificationRejected,
    NotSaved,
    NotWritable,
    Refusals,
    ResourcesExceeded,
    Unavailable,
    UnknownPath,
    UnsupportedProtocol,
    WriteSideOff,
)
from agent.model.path import ParameterPath
from agent.model.transaction import Transaction
from agent.runtime.control import error

log = logging.getLogger(__name__)

Arguments = Mapping[str, Any]
Reply = dict[str, Any]

# One word for programs and the next step for people, by what is wrong.
WORDS: Final[Mapping[type[ModelError], tuple[str, str]]] = {
    UnknownPath: ("unknown_path", "`cpe-agent names PATH` lists what is supported"),
    InvalidArguments: ("invalid_arguments", "see the verb's --help"),
    NotWritable: ("not_writable", "`cpe-agent names PATH` shows what can be set"),
    WriteSideOff: ("denied", "mend what the agent's log tells, then restart the agent"),
    Denied: (
        "denied",
        "the owner gives more to the agent by [network] and [system] manage; the rest is changed by hand",
    ),
    InvalidType: ("invalid_type", "`cpe-agent schema show PATH` shows the type"),
    InvalidValue: ("invalid_value", "`cpe-agent schema show PATH` shows what is allowed"),
    UnsupportedProtocol: ("unsupported_protocol", "[transfers] schemes says by what URLs files may be moved"),
    NotCancellable: ("not_cancellable", "`cpe-agent transfers` shows how far it is"),
    NotificationRejected: ("notification_rejected", "0 is off, 1 passive, 2 active; some parameters allow fewer"),
    ResourcesExceeded: ("resources_exceeded", "delete rows that are not needed"),
    NoRoomToSave: ("not_saved", "make room in the state directory"),
    NotSaved: ("not_saved", "see that the state directory can be written"),
    Unavailable: ("unavailable", "see the agent's log, then try again"),
}


@dataclass(frozen=True, slots=True)
class Profiles:
    """The profiles that matter for this kind of device, by group, and why something is not there."""

    groups: Mapping[str, Sequence[str]]
    reason_of: Callable[[str], str]


NO_PROFILES: Final = Profiles({}, lambda _: "")


class BadArgument(Exception):
    """A request whose arguments have the wrong shape."""


class ModelVerbs:
    """The verbs that read and change the data model for a local caller."""

    def __init__(
        self,
        model: DataModel,
        changed: Callable[[], None],
        profiles: Profiles = NO_PROFILES,
        completed: Callable[[Mapping[str, str]], dict[str, str]] = dict,
    ) -> None:
        """``changed`` is called after each successful change: values that notify are to be looked at again.

        ``completed`` gives what is to be set, with what has to change together with it.
        """
        self._model = model
        self._changed = changed
        self._profiles = profiles
        self._completed = completed
        self.table: Mapping[str, Callable[[Arguments], Reply]] = {
            "get": self.get,
            "set": self.set,
            "add": self.add,
            "delete": self.delete,
            "names": self.names,
            "attributes": self.attributes,
            "coverage": self.coverage,
        }

    def answer(self, verb: str, arguments: Arguments) -> Reply:
        """Serve one of the verbs in ``table``; what is refused comes back as an error document."""
        try:
            return self.table[verb](arguments)
        except ModelError as refusal:
            return refused(refusal)
        except BadArgument as wrong:
            return error("invalid_arguments", str(wrong), "see the verb's --help")

    def get(self, arguments: Arguments) -> Reply:
        """``paths`` (globs allowed), ``explain`` → ``parameters``: path, value, type, of secrets also ``secret``
        ("kept" or "none"), and, explained, source.
        """
        values = {value.path: value for text in _texts(arguments, "paths") for value in self._matching(text)}
        shown = shown_values(values.values())
        if switch(arguments, "explain"):
            sources = self._model.sources(list(values))
            return {"parameters": [one | {"source": sources.get(one["path"], "gone")} for one in shown]}
        return {"parameters": shown}

    def set(self, arguments: Arguments) -> Reply:
        """``values``: path → text, all or nothing → ``status`` 0 applied, 1 applied as soon as no session runs.

        With ``dry_run`` nothing is changed → ``changes``: path, type, the text before and after, and the ``status``; of
        secrets also ``secret``: "new" (whether or not it is another one), "emptied" or "none".
        """
        wanted = arguments.get("values")
        if not isinstance(wanted, dict) or not all(isinstance(text, str) for text in wanted.values()):
            raise BadArgument("values has to be an object of texts by path")
        wanted = self._completed(wanted)
        if switch(arguments, "dry_run"):
            return self._preview(wanted)
        with self._change() as change:
            for path, text in wanted.items():
                change.set(path, text)
            outcome = change.commit()
        self._changed()
        return {"status": outcome.status, "parameters": list(outcome.changed)}

    def _preview(self, wanted: Mapping[str, str]) -> Reply:
        before = {value.path: value for value in self._model.present(list(wanted), Caller.LOCAL)}
        with self._change() as change:
            for path, text in wanted.items():
                change.set(path, text)
            status = change.preview()
            after = self._model.present(list(wanted), Caller.LOCAL)
        changes = [
            {"path": one.path, "type": one.type, "before": before[one.path].text, "after": one.text}
            | ({"secret": _fate(before[one.path].is_kept, one.is_kept)} if one.is_secret else {})
            for one in after
            if one.path in before
        ]
        return {"status": status, "changes": changes}

    def add(self, arguments: Arguments) -> Reply:
        """``path`` of a table → ``instance`` and its ``path``."""
        table = _text(arguments, "path")
        with self._change() as change:
            instance = change.add(table)
            outcome = change.commit()
        self._changed()
        return {
            "status": outcome.status,
            "instance": instance,
            "path": table if table.endswith("].") else f"{table}{instance}.",
        }

    def delete(self, arguments: Arguments) -> Reply:
        """``path`` of a row → ``status``."""
        path = _text(arguments, "path")
        with self._change() as change:
            change.delete(path)
            outcome = change.commit()
        self._changed()
        return {"status": outcome.status}

    def names(self, arguments: Arguments) -> Reply:
        """``path``, ``next_level`` → ``names``: path and writable."""
        found = self._model.names(_text(arguments, "path"), switch(arguments, "next_level"), Caller.LOCAL)
        return {"names": [{"path": name.path, "writable": name.writable} for name in found]}

    def attributes(self, arguments: Arguments) -> Reply:
        """``path``, and ``notification`` to set it → ``attributes``: path, notification, access_list."""
        path, level = _text(arguments, "path"), arguments.get("notification")
        if level is not None:
            if type(level) is not int or level not in (0, 1, 2):  # to Python, true and 1.0 are 1 as well
                raise BadArgument("notification has to be 0 (off), 1 (passive) or 2 (active)")
            with self._change() as change:
                change.set_attributes(path, level, None)
                change.commit()
            self._changed()
        return {"attributes": [_attributes(one) for one in self._model.attributes([path], Caller.LOCAL)]}

    def coverage(self, arguments: Arguments) -> Reply:
        """``profile`` for one, ``all`` for every one of the schema → ``profiles``: name, bound, required and missing, a
        list of path and reason; and the ``groups`` in which people see them: name and profiles.
        """
        profile = arguments.get("profile") or ""
        if not isinstance(profile, str):
            raise BadArgument("profile has to be a text")
        groups = self._profiles.groups
        known = (
            list(self._model.schema.profiles)
            if switch(arguments, "all")
            else [one for some in groups.values() for one in some]
        )
        found = coverage(self._model.tree, [profile] if profile else known, self._profiles.reason_of)
        return {
            "profiles": [asdict(one) for one in found],
            "groups": [{"name": name, "profiles": list(some)} for name, some in groups.items()],
        }

    def _matching(self, text: str) -> list[Value]:
        """The values below a path, or those whose path fits a glob ("Device.*.Stats.*", "…Interface.?.Name")."""
        if not any(mark in text for mark in "?*") and "[!" not in text:
            return self._model.get([text], Caller.LOCAL)
        fixed = text[: min(text.index(mark) for mark in "?*[" if mark in text)]
        try:
            prefix = fixed[: fixed.rindex(".") + 1]
        except ValueError:
            prefix = ""
        return [
            value
            for value in self._model.get([prefix], Caller.LOCAL)
            if fnmatch.fnmatchcase(value.path, text)
            or (text.endswith(".") and fnmatch.fnmatchcase(value.path, text + "*"))
        ]

    @contextmanager
    def _change(self) -> Iterator[Transaction]:
        """A local caller's transaction, which is over at the end of the block in any case."""
        change = self._model.transaction(Caller.LOCAL)
        try:
            yield change
        finally:
            change.abandon()


def refused(refusal: ModelError) -> Reply:
    """A refusal as an error document; several refusals of one change stand in its ``refusals``."""
    if isinstance(refusal, Refusals) and refusal.refusals:
        first = refused(refusal.refusals[0])
        if len(refusal.refusals) > 1:
            first["error"]["message"] = "; ".join(str(one) for one in refusal.refusals)
            first["error"]["refusals"] = [refused(one)["error"] for one in refusal.refusals]
        return first
    code, next_step = next((words for kind, words in WORDS.items() if isinstance(refusal, kind)), ("refused", ""))
    told = error(code, str(refusal), next_step)
    if refusal.path:
        told["error"]["path"] = refusal.path
    return told


def shown_values(values: Iterable[Value]) -> list[Reply]:
    """Parameters as people are told them: of a secret only whether there is one."""
    return [
        {"path": value.path, "value": value.text, "type": value.type}
        | ({"secret": "kept" if value.is_kept else "none"} if value.is_secret else {})
        for value in values
    ]


def _fate(had: bool | None, has: bool | None) -> str:
    """What becomes of a secret. Whether the new one is the old one is not told: who guesses would learn it."""
    return "new" if has else "emptied" if had else "none"


def _attributes(one: Attributes) -> Reply:
    return {"path": one.path, "notification": one.notification, "access_list": list(one.access_list)}


def _text(arguments: Arguments, name: str) -> str:
    value = arguments.get(name)
    if not isinstance(value, str):
        raise BadArgument(f"{name} has to be a text")
    ParameterPath.parse(value)
    return value


def switch(arguments: Arguments, name: str) -> bool:
    """Read an argument that is true or false, false where it is absent; raises BadArgument."""
    value = arguments.get(name, False)
    if not isinstance(value, bool):
        raise BadArgument(f"{name} has to be true or false")
    return value


def _texts(arguments: Arguments, name: str) -> list[str]:
    value = arguments.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise BadArgument(f"{name} has to be a list of texts")
    return value
