"""The verb setup: what a person fills in so that a device finds its ACS, wherever each value is kept."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from agent.runtime.control import error

Reply = dict[str, Any]
Verb = Callable[[Mapping[str, Any]], Reply]


class Field(NamedTuple):
    """Where a field's value is kept: a parameter below the root, or a setting of the file."""

    name: str
    parameter: str = ""
    setting: str = ""
    type: type = str
    is_secret: bool = False


FIELDS: Final = (
    Field("enable", "ManagementServer.EnableCWMP", type=bool),
    Field("url", "ManagementServer.URL"),
    Field("username", "ManagementServer.Username"),
    Field("password", "ManagementServer.Password", is_secret=True),
    Field("inform_enable", "ManagementServer.PeriodicInformEnable", type=bool),
    Field("inform_interval", "ManagementServer.PeriodicInformInterval", type=int),
    Field("interface", setting="network.management_interface"),
    Field("connection_request.username", "ManagementServer.ConnectionRequestUsername"),
    Field("connection_request.password", "ManagementServer.ConnectionRequestPassword", is_secret=True),
    Field("connection_request.path", setting="connection_request.path"),
    Field("connection_request.port", setting="connection_request.port", type=int),
)
CALLED_AT: Final = "ManagementServer.ConnectionRequestURL"


class SetupVerb:
    """``get``, ``set`` and ``settings`` are those verbs; ``has`` says whether a parameter holds anything at all."""

    def __init__(self, root: str, get: Verb, set_: Verb, settings: Verb, has: Callable[[str], bool]) -> None:
        self._root = root
        self._get = get
        self._set = set_
        self._settings = settings
        self._has = has

    def answer(self, arguments: Mapping[str, Any]) -> Reply:
        """Without ``values`` → each field, ``has_password`` for secrets, and ``sources`` by field.

        ``values``: some of the fields as they are told; "" leaves a secret as it is. All of them hold or none does:
        the settings are written once it is known that the parameters can be set.
        """
        values = arguments.get("values")
        if values is None:
            return self._shown()
        wanted = _flat(values) if isinstance(values, dict) else {}
        known = {field.name: field for field in FIELDS}
        for name, value in wanted.items():
            field = known.get(name)
            if field is None:
                return error("bad_request", f"there is no field {name[:80]!r}", "see GET /setup")
            if type(value) is not field.type:
                return error("refused", f"{name} has to be of type {field.type.__name__}", "see GET /setup")
        given = {known[name]: value for name, value in wanted.items() if not (known[name].is_secret and value == "")}
        return self._make(given)

    def _make(self, given: Mapping[Field, Any]) -> Reply:
        parameters = {self._root + one.parameter: _text(value) for one, value in given.items() if one.parameter}
        settings = {one.setting: value for one, value in given.items() if one.setting}
        answer: Reply = {"status": 0}
        steps = [
            (self._set, parameters, {"dry_run": True}),
            (self._settings, settings, {}),
            (self._set, parameters, {}),
        ]
        for make, values, more in steps:
            told = make({"values": values, **more}) if values else answer
            if "error" in told:
                return told
            answer = {"status": told.get("status", 0)}
        return answer

    def _shown(self) -> Reply:
        told = self._get({"paths": [self._root + one.parameter for one in FIELDS if one.parameter], "explain": True})
        kept = self._settings({})
        for answer in (told, kept):
            if "error" in answer:
                return answer
        parameters = {one["path"].removeprefix(self._root): one for one in told["parameters"]}
        settings = {one["key"]: one for one in kept["settings"]}
        shown: Reply = {"connection_request": {}, "sources": {}}
        for field in FIELDS:
            above = shown["connection_request"] if "." in field.name else shown
            name = field.name.rpartition(".")[2]
            one = parameters[field.parameter] if field.parameter else settings[field.setting]
            above[name] = "" if field.is_secret else _value(one["value"], field.type)
            if field.is_secret:
                above["has_password"] = self._has(field.parameter)
            in_file = "the settings file" if one.get("is_set") else "the default"
            shown["sources"][field.name] = one["source"] if field.parameter else in_file
        return self._with_the_path_made_up(shown)

    def _with_the_path_made_up(self, shown: Reply) -> Reply:
        """Without one in the settings the listener has one of this device's own, which only its URL tells."""
        if not shown["connection_request"]["path"]:
            told = self._get({"paths": [self._root + CALLED_AT]}).get("parameters") or [{"value": ""}]
            if path := urlsplit(told[0]["value"]).path.strip("/"):
                shown["connection_request"]["path"] = path
                shown["sources"]["connection_request.path"] = "made up by this device"
        return shown


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    below = values.get("connection_request")
    inner = below if isinstance(below, dict) else {}
    plain = {name: value for name, value in values.items() if name != "connection_request"}
    return plain | {f"connection_request.{name}": value for name, value in inner.items()}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(value: Any, kind: type) -> Any:
    if kind is bool and isinstance(value, str):
        return value in ("true", "1")
    return kind(value) if kind is int else value
