"""The RPCs that an ACS sends a CPE: their arguments as JSON, checked and written as XML.

``ARGUMENTS`` says what each takes.

A ``url`` that starts with "/files/" becomes absolute at the address by which the CPE reaches the lab ACS, and gets the
lab's own credentials unless a ``username`` is given.

A value's type: the one given, else the one the CPE itself told for that path, else by the JSON: ``true`` is boolean,
``1`` int, text string.

Results: SetParameterValues and DeleteObject ``{"status"}``, AddObject ``{"instance_number", "status"}``,
GetParameterValues ``{"parameters": [{"path", "value", "type"}]}``, GetParameterNames ``{"names": [{"path",
"writable"}]}``, GetParameterAttributes ``{"attributes": [{"path", "notification", "access_list"}]}``, GetRPCMethods
``{"methods"}``, Download and Upload ``{"status", "start_time", "complete_time"}``, Get(All)QueuedTransfers
``{"transfers": [{"command_key", "state", …}]}``, all others ``{}``. A
fault: ``{"code", "string", "parameters": [{"path", "code", "string"}]}``.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from agent.lab.soap import xml_text

Json = dict[str, Any]

TYPES = (
    "string", "boolean", "int", "unsignedInt", "long", "unsignedLong", "dateTime", "base64", "base64Binary",
    "hexBinary", "decimal",
)  # fmt: skip
_METHOD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")


ARGUMENTS: Final[dict[str, str]] = {
    "GetRPCMethods": "none",
    "SetParameterValues": (
        'parameters: {path: value} or {path: {"value": …, "type": "unsignedInt"}}, or a list of {"path", '
        '"value", "type"} (may then hold a path twice); parameter_key ""'
    ),
    "GetParameterValues": "names: list of paths",
    "GetParameterNames": 'path "", next_level true',
    "SetParameterAttributes": (
        'parameters: {path: {"notification": 0 … 6, "access_list": ["Subscriber"]}}; what is absent is not changed'
    ),
    "GetParameterAttributes": "names: list of paths",
    "AddObject": 'path ending in "."; parameter_key ""',
    "DeleteObject": 'path ending in "."; parameter_key ""',
    "Reboot": 'command_key ""',
    "FactoryReset": "none",
    "Download": (
        'url; file_type "1 Firmware Upgrade Image", command_key "", username "", password "", file_size 0, '
        'target_file_name "", delay_seconds 0, success_url "", failure_url ""'
    ),
    "Upload": (
        'url; file_type "1 Vendor Configuration File", command_key "", username "", password "", delay_seconds 0'
    ),
    "ScheduleInform": 'delay_seconds; command_key ""',
    "ScheduleDownload": (
        'url, time_windows: one or two of {"start": s, "end": s, "mode": "1 At Any Time", "user_message": "", '
        '"max_retries": -1}; file_type, command_key, username, password, file_size, target_file_name as '
        "Download"
    ),
    "CancelTransfer": "command_key",
    "GetQueuedTransfers": "none",
    "GetAllQueuedTransfers": "none",
    "ChangeDUState": (
        'operations: list of {"operation": "Install", "url", "uuid", "username", "password", '
        '"execution_env_ref"}, {"operation": "Update", "uuid", "version", "url", "username", "password"}, '
        '{"operation": "Uninstall", "uuid", "version", "execution_env_ref"}; command_key ""'
    ),
    "any other name": (
        "xml: the XML inside the method's element, sent as it stands; also in place of the arguments above"
    ),
}
"""What each method takes, for people; what has a value beside it may be left out and is that then."""


class BadArguments(Exception):
    """Arguments that cannot be sent; the text says which and what is allowed."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a request's XML depends on besides its arguments."""

    known_type: Callable[[str], str | None] = lambda _path: None
    base_url: str = "http://localhost"
    """Scheme, host and port by which the CPE reaches the lab ACS."""
    username: str = ""
    password: str = ""


def render(method: str, arguments: Json, context: Context) -> str:
    """The XML of a request, its element in the prefix ``cwmp``. BadArguments says what is wrong."""
    if not _METHOD_NAME.fullmatch(method):
        raise BadArguments(f"{method!r} is no name of a method")
    if "xml" in arguments:
        if set(arguments) != {"xml"} or not isinstance(arguments["xml"], str):
            raise BadArguments("xml is text and stands alone")
        inner = arguments["xml"]
    else:
        if method not in WRITERS:
            raise BadArguments(f"{method} is not one of {', '.join(WRITERS)}; anything else takes its xml")
        reader = _Arguments(method, arguments, context)
        inner = WRITERS[method](reader)
        reader.finish()
    return f"<cwmp:{method}>{inner}</cwmp:{method}>" if inner else f"<cwmp:{method}/>"


class _Arguments:
    """Takes arguments one by one; what is left over at the end was not known."""

    def __init__(self, owner: str, given: Json, context: Context) -> None:
        self.context = context
        self._owner, self._given, self._taken = owner, given, set[str]()

    def _take(self, name: str, default: Any, kind: type | tuple[type, ...], words: str) -> Any:
        self._taken.add(name)
        value = self._given.get(name, default)
        if value is None:
            raise BadArguments(f"{self._owner} needs {name}, {words}")
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise BadArguments(f"{name} of {self._owner} is {words}, not {value!r}")
        return value

    def text(self, name: str, default: str | None = None) -> str:
        return str(self._take(name, default, str, "text"))

    def number(self, name: str, default: int | None = None) -> int:
        return int(self._take(name, default, int, "a whole number"))

    def flag(self, name: str, default: bool) -> bool:
        return bool(self._take(name, default, bool, "true or false"))

    def texts(self, name: str) -> list[str]:
        values = self._take(name, None, list, "a list of texts")
        if not all(isinstance(value, str) for value in values):
            raise BadArguments(f"{name} of {self._owner} is a list of texts")
        return list(values)

    def structs(self, name: str) -> list["_Arguments"]:
        values = self._take(name, None, list, "a list of objects")
        if not all(isinstance(value, dict) for value in values):
            raise BadArguments(f"{name} of {self._owner} is a list of objects")
        return [_Arguments(f"{name} of {self._owner}", value, self.context) for value in values]

    def table(self, name: str) -> list[tuple[str, Any]]:
        """``{path: …}``, or a list of ``{"path", …}``."""
        values = self._take(name, None, (dict, list), "an object of paths")
        if isinstance(values, dict):
            return list(values.items())
        if not all(isinstance(value, dict) and isinstance(value.get("path"), str) for value in values):
            raise BadArguments(f'{name} of {self._owner} as a list holds objects with "path"')
        return [(value["path"], {key: part for key, part in value.items() if key != "path"}) for value in values]

    def finish(self) -> None:
        unknown = sorted(set(self._given) - self._taken)
        if unknown:
            known = ", ".join(sorted(self._taken)) or "no arguments"
            raise BadArguments(f"{self._owner} takes {known}; not {', '.join(unknown)}")


def _element(name: str, content: str | int | bool) -> str:
    if isinstance(content, bool):
        content = int(content)
    try:
        return f"<{name}>{xml_text(str(content))}</{name}>"
    except ValueError as wrong:
        raise BadArguments(f"{name}: {wrong}") from None


def _array(name: str, member_type: str, members: list[str]) -> str:
    return f'<{name} soap-enc:arrayType="{member_type}[{len(members)}]">{"".join(members)}</{name}>'


def _strings(name: str, texts: list[str]) -> str:
    return _array(name, "xsd:string", [_element("string", text) for text in texts])


def _value(path: str, given: Any, context: Context) -> str:
    kind: str | None = None
    if isinstance(given, dict):
        if not set(given) <= {"value", "type"} or "value" not in given:
            raise BadArguments(f"the value of {path} is an object with value and type only")
        given, kind = given["value"], given.get("type")
    if kind is not None:
        kind = str(kind).removeprefix("xsd:").removeprefix("xs:")
        if kind not in TYPES:
            raise BadArguments(f"the type of {path} is one of {' '.join(TYPES)}, not {kind}")
    if not isinstance(given, str | bool | int | float):
        raise BadArguments(f"the value of {path} is text, a number, true or false")
    if kind is None:
        inferred = "boolean" if isinstance(given, bool) else "int" if isinstance(given, int) else "string"
        kind = context.known_type(path) or inferred
    text = str(given)
    if isinstance(given, bool):
        text = str(int(given)) if kind == "boolean" else str(given).lower()
    prefix = "soap-enc" if kind == "base64" else "xsd"
    try:
        return f'<Value xsi:type="{prefix}:{kind}">{xml_text(text)}</Value>'
    except ValueError as wrong:
        raise BadArguments(f"{path}: {wrong}") from None


def _set_parameter_values(given: _Arguments) -> str:
    structs = [
        f"<ParameterValueStruct>{_element('Name', path)}{_value(path, value, given.context)}</ParameterValueStruct>"
        for path, value in given.table("parameters")
    ]
    values = _array("ParameterList", "cwmp:ParameterValueStruct", structs)
    return values + _element("ParameterKey", given.text("parameter_key", ""))


def _get_by_name(given: _Arguments) -> str:
    names = given.texts("names")
    if not names:
        raise BadArguments('names needs a path; [""] asks for everything')
    return _strings("ParameterNames", names)


def _get_parameter_names(given: _Arguments) -> str:
    return _element("ParameterPath", given.text("path", "")) + _element("NextLevel", given.flag("next_level", True))


def _set_parameter_attributes(given: _Arguments) -> str:
    structs = []
    for path, wanted in given.table("parameters"):
        if not isinstance(wanted, dict):
            raise BadArguments(f"the attributes of {path} are an object with notification, access_list or both")
        attributes = _Arguments(f"the attributes of {path}", wanted, given.context)
        notification = attributes.number("notification", -1)
        access = attributes.texts("access_list") if "access_list" in wanted else None
        attributes.finish()
        structs.append(
            "<SetParameterAttributesStruct>"
            + _element("Name", path)
            + _element("NotificationChange", notification >= 0)
            + _element("Notification", max(notification, 0))
            + _element("AccessListChange", access is not None)
            + _strings("AccessList", access or [])
            + "</SetParameterAttributesStruct>"
        )
    return _array("ParameterList", "cwmp:SetParameterAttributesStruct", structs)


def _object(given: _Arguments) -> str:
    return _element("ObjectName", given.text("path")) + _element("ParameterKey", given.text("parameter_key", ""))


def _command_key(given: _Arguments) -> str:
    return _element("CommandKey", given.text("command_key", ""))


def _cancel_transfer(given: _Arguments) -> str:
    return _element("CommandKey", given.text("command_key"))


def _nothing(_given: _Arguments) -> str:
    return ""


def _target(given: _Arguments, file_type: str) -> str:
    """CommandKey to Password, which all transfers share."""
    url, username = given.text("url"), given.text("username", "")
    password = given.text("password", "")
    if url.startswith("/files/"):
        url = given.context.base_url + url
        if not username:
            username, password = given.context.username, given.context.password
    return (
        _element("CommandKey", given.text("command_key", ""))
        + _element("FileType", given.text("file_type", file_type))
        + _element("URL", url)
        + _element("Username", username)
        + _element("Password", password)
    )


def _download(given: _Arguments) -> str:
    return (
        _target(given, "1 Firmware Upgrade Image")
        + _element("FileSize", given.number("file_size", 0))
        + _element("TargetFileName", given.text("target_file_name", ""))
        + _element("DelaySeconds", given.number("delay_seconds", 0))
        + _element("SuccessURL", given.text("success_url", ""))
        + _element("FailureURL", given.text("failure_url", ""))
    )


def _upload(given: _Arguments) -> str:
    delay = _element("DelaySeconds", given.number("delay_seconds", 0))
    return _target(given, "1 Vendor Configuration File") + delay


def _schedule_inform(given: _Arguments) -> str:
    return _element("DelaySeconds", given.number("delay_seconds")) + _command_key(given)


def _schedule_download(given: _Arguments) -> str:
    windows = []
    for window in given.structs("time_windows"):
        windows.append(
            "<TimeWindowStruct>"
            + _element("WindowStart", window.number("start"))
            + _element("WindowEnd", window.number("end"))
            + _element("WindowMode", window.text("mode", "1 At Any Time"))
            + _element("UserMessage", window.text("user_message", ""))
            + _element("MaxRetries", window.number("max_retries", -1))
            + "</TimeWindowStruct>"
        )
        window.finish()
    return (
        _target(given, "1 Firmware Upgrade Image")
        + _element("FileSize", given.number("file_size", 0))
        + _element("TargetFileName", given.text("target_file_name", ""))
        + _array("TimeWindowList", "cwmp:TimeWindowStruct", windows)
    )


_OPERATIONS = {
    "Install": ("URL", "UUID", "Username", "Password", "ExecutionEnvRef"),
    "Update": ("UUID", "Version", "URL", "Username", "Password"),
    "Uninstall": ("UUID", "Version", "ExecutionEnvRef"),
}
_NEEDED = {"Install": ("URL",), "Update": (), "Uninstall": ("UUID",)}


def _change_du_state(given: _Arguments) -> str:
    operations = []
    for operation in given.structs("operations"):
        kind = operation.text("operation")
        if kind not in _OPERATIONS:
            raise BadArguments(f"operation is one of {', '.join(_OPERATIONS)}, not {kind!r}")
        parts = ""
        for name in _OPERATIONS[kind]:
            key = "execution_env_ref" if name == "ExecutionEnvRef" else name.lower()
            text = operation.text(key, None if name in _NEEDED[kind] else "")
            parts += _element(name, text) if text else ""
        operation.finish()
        operations.append(f'<Operations xsi:type="cwmp:{kind}OpStruct">{parts}</Operations>')
    if not operations:
        raise BadArguments("ChangeDUState needs operations")
    return "".join(operations) + _command_key(given)


WRITERS: dict[str, Callable[[_Arguments], str]] = {
    "GetRPCMethods": _nothing,
    "SetParameterValues": _set_parameter_values,
    "GetParameterValues": _get_by_name,
    "GetParameterNames": _get_parameter_names,
    "SetParameterAttributes": _set_parameter_attributes,
    "GetParameterAttributes": _get_by_name,
    "AddObject": _object,
    "DeleteObject": _object,
    "Reboot": _command_key,
    "FactoryReset": _nothing,
    "Download": _download,
    "Upload": _upload,
    "ScheduleInform": _schedule_inform,
    "ScheduleDownload": _schedule_download,
    "CancelTransfer": _cancel_transfer,
    "GetQueuedTransfers": _nothing,
    "GetAllQueuedTransfers": _nothing,
    "ChangeDUState": _change_du_state,
}
"""What an ACS can ask, each with the writer of its arguments."""

ANSWERED = (
    "Inform",
    "GetRPCMethods",
    "TransferComplete",
    "AutonomousTransferComplete",
    "DUStateChangeComplete",
    "AutonomousDUStateChangeComplete",
    "RequestDownload",
)
"""What a CPE can ask the lab ACS; it answers 8000 to anything else."""


def answer(method: str) -> str | None:
    """The XML of the response to a CPE's request, None for a method that is not served."""
    match method:
        case "Inform":
            return "<cwmp:InformResponse><MaxEnvelopes>1</MaxEnvelopes></cwmp:InformResponse>"
        case "GetRPCMethods":
            methods = _strings("MethodList", list(ANSWERED))
            return f"<cwmp:GetRPCMethodsResponse>{methods}</cwmp:GetRPCMethodsResponse>"
        case name if name in ANSWERED:
            return f"<cwmp:{name}Response/>"
    return None
