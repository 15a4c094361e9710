"""The messages of CWMP 1.0 to 1.4, both ways, as the published XSDs have them.

The declarations are the only table of the wire form: ``codec`` reads and writes every class here by its annotations.
A field ``parameter_key`` is the element ``ParameterKey`` (``url`` is ``URL``), in the order of declaration; a sequence
is a SOAP array of its member type; a field with a default may be missing in what an ACS sends. SetVouchers and
GetOptions are deprecated and absent: they arrive as ``UnknownRequest``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, ClassVar

VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4")
"""Every version of CWMP, the oldest first."""

UNKNOWN_TIME = datetime(1, 1, 1, tzinfo=UTC)
"""TR-106's "Unknown Time"."""


class Form(Enum):
    """What an annotation says of a field's XML beyond its Python type."""

    UNSIGNED = "an integer of 0 to 4294967295"
    REPEATED = "the element itself repeats; no SOAP array"
    TYPE_OF_VALUE = "no element: the xsi:type of the element before it"


Unsigned = Annotated[int, Form.UNSIGNED]


class Message:
    """Whatever a SOAP body holds; the class name is the element's name."""

    __slots__ = ()
    since: ClassVar[str] = "1.0"


class Request(Message):
    """A message that wants a response."""

    __slots__ = ()


class Response(Message):
    """The answer to the request of the same name without "Response"."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class ParameterFault:
    """One SetParameterValuesFault: what was refused and why."""

    name: str
    code: int
    string: str = ""


@dataclass(frozen=True, slots=True)
class Fault(Message):
    """A refusal. ``code`` 0: a plain SOAP fault without CWMP detail, then ``soap_code`` says all there is."""

    code: int
    string: str = ""
    parameter_faults: Sequence[ParameterFault] = ()
    soap_code: str = ""
    """The local name of the SOAP faultcode; empty: by the code, when rendered (``faults.soap_code``)."""


@dataclass(frozen=True, slots=True)
class Nothing(Message):
    """An envelope around an empty body: the same as no envelope at all."""


@dataclass(frozen=True, slots=True)
class UnknownRequest(Request):
    """A method that no CWMP version known here has; the answer is 9000."""

    name: str


@dataclass(frozen=True, slots=True)
class InvalidRequest(Request):
    """A known method whose arguments cannot be read; the answer is 9003."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class NotUnderstood(Request):
    """A request under a header that must be understood and is not (SOAP 1.1 §4.2.3); the session answers it."""

    name: str
    header: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message with its SOAP headers, either way. ``None`` instead of an envelope is an empty body."""

    message: Message
    id: str | None = None
    hold_requests: bool = False
    session_timeout: int | None = None
    supported_versions: Sequence[str] = ()
    use_version: str | None = None
    version: str | None = None
    """CWMP version to render for ("1.0" … "1.4"); when read, what the namespace stands for ("1.2" for 1.2–1.4)."""
    warnings: Sequence[str] = field(default=(), compare=False)
    """What was wrong with it and could be read nevertheless, for the log."""


# --- structures ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ParameterValueStruct:
    """A value as text; ``type`` is the local name of an XSD type ("unsignedInt"), None where the sender named none."""

    name: str
    value: str
    type: Annotated[str | None, Form.TYPE_OF_VALUE] = None


@dataclass(frozen=True, slots=True)
class ParameterInfoStruct:
    """A name; for an object's path ``writable`` says whether instances may be added or deleted."""

    name: str
    writable: bool


@dataclass(frozen=True, slots=True)
class ParameterAttributeStruct:
    """The attributes of one parameter."""

    name: str
    notification: int
    access_list: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SetParameterAttributesStruct:
    """Attributes to set; each field counts only if its ``…_change`` is true."""

    name: str
    notification_change: bool = False
    notification: int = 0
    access_list_change: bool = False
    access_list: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class DeviceIdStruct:
    """Who informs; ``oui`` is six upper-case hexadecimal digits."""

    manufacturer: str
    oui: str
    product_class: str
    serial_number: str


@dataclass(frozen=True, slots=True)
class EventStruct:
    """An event code as it stands on the wire ("0 BOOTSTRAP"); ``command_key`` only in "M …" events."""

    event_code: str
    command_key: str = ""


@dataclass(frozen=True, slots=True)
class FaultStruct:
    """How a transfer or a deployment unit's operation ended; code 0 is success."""

    fault_code: Unsigned = 0
    fault_string: str = ""


@dataclass(frozen=True, slots=True)
class QueuedTransferStruct:
    """A transfer of this CPE's; ``state`` 1 not started, 2 in progress, 3 completed."""

    command_key: str
    state: int


@dataclass(frozen=True, slots=True)
class AllQueuedTransferStruct:
    """A transfer, whoever asked for it; ``state`` 1 not started, 2 in progress, 3 completed; size in bytes."""

    command_key: str
    state: int
    is_download: bool
    file_type: str
    file_size: Unsigned = 0
    target_file_name: str = ""


@dataclass(frozen=True, slots=True)
class TimeWindowStruct:
    """When a scheduled download may run: seconds from the request; ``max_retries`` -1 leaves it to the CPE."""

    window_start: Unsigned
    window_end: Unsigned
    window_mode: str
    user_message: str = ""
    max_retries: int = 0


@dataclass(frozen=True, slots=True)
class ArgStruct:
    """An argument of RequestDownload."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class InstallOpStruct:
    """Install a deployment unit."""

    url: str
    uuid: str | None = None
    username: str | None = None
    password: str | None = None
    execution_env_ref: str | None = None


@dataclass(frozen=True, slots=True)
class UpdateOpStruct:
    """Update one deployment unit, or all that an absent UUID and version leave open."""

    uuid: str | None = None
    version: str | None = None
    url: str | None = None
    username: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True)
class UninstallOpStruct:
    """Uninstall a deployment unit."""

    uuid: str
    version: str | None = None
    execution_env_ref: str | None = None


Operation = InstallOpStruct | UpdateOpStruct | UninstallOpStruct


@dataclass(frozen=True, slots=True, kw_only=True)
class OpResultStruct:
    """What became of one operation; ``current_state`` is Installed, Uninstalled or Failed."""

    uuid: str
    deployment_unit_ref: str
    version: str
    current_state: str
    resolved: bool
    execution_unit_ref_list: str
    start_time: datetime
    complete_time: datetime
    fault: FaultStruct


@dataclass(frozen=True, slots=True, kw_only=True)
class AutonOpResultStruct(OpResultStruct):
    """The same of an operation that the ACS did not ask for: Install, Update or Uninstall."""

    operation_performed: str


# --- both ways ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GetRPCMethods(Request):
    """What do you serve? Both sides may ask."""


@dataclass(frozen=True, slots=True)
class GetRPCMethodsResponse(Response):
    """The names of the methods served."""

    method_list: Sequence[str] = ()


# --- the ACS asks the CPE -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SetParameterValues(Request):
    """Set all of them or none."""

    parameter_list: Sequence[ParameterValueStruct]
    parameter_key: str = ""


@dataclass(frozen=True, slots=True)
class SetParameterValuesResponse(Response):
    """``status`` 0 applied, 1 committed and yet to be applied."""

    status: int


@dataclass(frozen=True, slots=True)
class GetParameterValues(Request):
    """Parameters and partial paths (ending in "."; empty: everything)."""

    parameter_names: Sequence[str]


@dataclass(frozen=True, slots=True)
class GetParameterValuesResponse(Response):
    """The values; long lists are rendered piece by piece."""

    parameter_list: Sequence[ParameterValueStruct]


@dataclass(frozen=True, slots=True)
class GetParameterNames(Request):
    """The names below a path, all or one level."""

    parameter_path: str
    next_level: bool


@dataclass(frozen=True, slots=True)
class GetParameterNamesResponse(Response):
    """The names; objects end in "."."""

    parameter_list: Sequence[ParameterInfoStruct]


@dataclass(frozen=True, slots=True)
class SetParameterAttributes(Request):
    """Set attributes of parameters or of all below a partial path."""

    parameter_list: Sequence[SetParameterAttributesStruct]


@dataclass(frozen=True, slots=True)
class SetParameterAttributesResponse(Response):
    """Done."""


@dataclass(frozen=True, slots=True)
class GetParameterAttributes(Request):
    """The attributes of parameters and partial paths."""

    parameter_names: Sequence[str]


@dataclass(frozen=True, slots=True)
class GetParameterAttributesResponse(Response):
    """The attributes."""

    parameter_list: Sequence[ParameterAttributeStruct]


@dataclass(frozen=True, slots=True)
class AddObject(Request):
    """A new instance of the table ``object_name`` (ends in ".")."""

    object_name: str
    parameter_key: str = ""


@dataclass(frozen=True, slots=True)
class AddObjectResponse(Response):
    """The new instance's number; ``status`` as of SetParameterValues."""

    instance_number: Unsigned
    status: int


@dataclass(frozen=True, slots=True)
class DeleteObject(Request):
    """Delete the instance ``object_name`` (ends in ".")."""

    object_name: str
    parameter_key: str = ""


@dataclass(frozen=True, slots=True)
class DeleteObjectResponse(Response):
    """``status`` as of SetParameterValues."""

    status: int


@dataclass(frozen=True, slots=True)
class Reboot(Request):
    """Restart after the session; "M Reboot" brings the key back."""

    command_key: str = ""


@dataclass(frozen=True, slots=True)
class RebootResponse(Response):
    """It will."""


@dataclass(frozen=True, slots=True)
class FactoryReset(Request):
    """Return to the state of delivery after the session."""


@dataclass(frozen=True, slots=True)
class FactoryResetResponse(Response):
    """It will."""


@dataclass(frozen=True, slots=True)
class ScheduleInform(Request):
    """Inform once more after so many seconds."""

    delay_seconds: Unsigned
    command_key: str = ""


@dataclass(frozen=True, slots=True)
class ScheduleInformResponse(Response):
    """It will."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Download(Request):
    """Fetch a file; ``file_size`` in bytes, 0 unknown."""

    command_key: str = ""
    file_type: str
    url: str
    username: str = ""
    password: str = ""
    file_size: Unsigned = 0
    target_file_name: str = ""
    delay_seconds: Unsigned = 0
    success_url: str = ""
    failure_url: str = ""


@dataclass(frozen=True, slots=True)
class DownloadResponse(Response):
    """``status`` 0 done, with its times; 1 TransferComplete will follow."""

    status: int
    start_time: datetime = UNKNOWN_TIME
    complete_time: datetime = UNKNOWN_TIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload(Request):
    """Send a file."""

    command_key: str = ""
    file_type: str
    url: str
    username: str = ""
    password: str = ""
    delay_seconds: Unsigned = 0


@dataclass(frozen=True, slots=True)
class UploadResponse(Response):
    """``status`` 0 done, with its times; 1 TransferComplete will follow."""

    status: int
    start_time: datetime = UNKNOWN_TIME
    complete_time: datetime = UNKNOWN_TIME


@dataclass(frozen=True, slots=True)
class GetQueuedTransfers(Request):
    """Which transfers wait? (Deprecated by GetAllQueuedTransfers.)"""


@dataclass(frozen=True, slots=True)
class GetQueuedTransfersResponse(Response):
    """At most sixteen."""

    transfer_list: Sequence[QueuedTransferStruct]


@dataclass(frozen=True, slots=True)
class GetAllQueuedTransfers(Request):
    """Which transfers wait, whoever asked for them?"""

    since: ClassVar[str] = "1.1"


@dataclass(frozen=True, slots=True)
class GetAllQueuedTransfersResponse(Response):
    """At most sixteen."""

    transfer_list: Sequence[AllQueuedTransferStruct]
    since: ClassVar[str] = "1.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDownload(Request):
    """Fetch a file within one or two windows of time."""

    command_key: str = ""
    file_type: str
    url: str
    username: str = ""
    password: str = ""
    file_size: Unsigned = 0
    target_file_name: str = ""
    time_window_list: Sequence[TimeWindowStruct]
    since: ClassVar[str] = "1.2"


@dataclass(frozen=True, slots=True)
class ScheduleDownloadResponse(Response):
    """It will."""

    since: ClassVar[str] = "1.2"


@dataclass(frozen=True, slots=True)
class CancelTransfer(Request):
    """Forget the transfers with this key."""

    command_key: str
    since: ClassVar[str] = "1.2"


@dataclass(frozen=True, slots=True)
class CancelTransferResponse(Response):
    """Forgotten."""

    since: ClassVar[str] = "1.2"


@dataclass(frozen=True, slots=True)
class ChangeDUState(Request):
    """Install, update and uninstall deployment units."""

    operations: Annotated[Sequence[Operation], Form.REPEATED]
    command_key: str | None = None
    since: ClassVar[str] = "1.2"


@dataclass(frozen=True, slots=True)
class ChangeDUStateResponse(Response):
    """DUStateChangeComplete will follow."""

    since: ClassVar[str] = "1.2"


# --- the CPE asks the ACS -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Inform(Request):
    """The first message of every session; ``event`` holds at most 64, ``current_time`` is local with its offset."""

    device_id: DeviceIdStruct
    event: Sequence[EventStruct]
    max_envelopes: Unsigned = 1
    current_time: datetime
    retry_count: Unsigned = 0
    parameter_list: Sequence[ParameterValueStruct]


@dataclass(frozen=True, slots=True)
class InformResponse(Response):
    """The ACS took the Inform; what it says of envelopes is ignored: there is one per message (Amendment 1)."""

    max_envelopes: Unsigned = 1


@dataclass(frozen=True, slots=True)
class TransferComplete(Request):
    """A transfer that the ACS asked for has ended; unknown times are ``UNKNOWN_TIME``."""

    command_key: str
    fault_struct: FaultStruct
    start_time: datetime = UNKNOWN_TIME
    complete_time: datetime = UNKNOWN_TIME


@dataclass(frozen=True, slots=True)
class TransferCompleteResponse(Response):
    """Known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AutonomousTransferComplete(Request):
    """A transfer that the ACS did not ask for has ended; size in bytes."""

    announce_url: str = ""
    transfer_url: str = ""
    is_download: bool
    file_type: str
    file_size: Unsigned = 0
    target_file_name: str = ""
    fault_struct: FaultStruct
    start_time: datetime = UNKNOWN_TIME
    complete_time: datetime = UNKNOWN_TIME
    since: ClassVar[str] = "1.1"


@dataclass(frozen=True, slots=True)
class AutonomousTransferCompleteResponse(Response):
    """Known."""

    since: ClassVar[str] = "1.1"


@dataclass(frozen=True, slots=True)
class DUStateChangeComplete(Request):
    """What became of a ChangeDUState, one result per operation."""

    results: Annotated[Sequence[OpResultStruct], Form.REPEATED]
    command_key: str | None = None
    since: ClassVar[str] = "1.2"


@dataclass(frozen=True, slots=True)
class DUStateChangeCompleteResponse(Response):
    """Known."""

    since: ClassVar[str] = "1.2"


@dataclass(frozen=True, slots=True)
class AutonomousDUStateChangeComplete(Request):
    """Deployment units changed without the ACS."""

    results: Annotated[Sequence[AutonOpResultStruct], Form.REPEATED]
    since: ClassVar[str] = "1.2"


@dataclass(frozen=True, slots=True)
class AutonomousDUStateChangeCompleteResponse(Response):
    """Known."""

    since: ClassVar[str] = "1.2"


@dataclass(frozen=True, slots=True)
class RequestDownload(Request):
    """Please start a Download of this type."""

    file_type: str
    file_type_arg: Sequence[ArgStruct] = ()


@dataclass(frozen=True, slots=True)
class RequestDownloadResponse(Response):
    """Known."""


@dataclass(frozen=True, slots=True)
class Kicked(Request):
    """The CPE's web page was "kicked" (Annex D)."""

    command: str
    referer: str
    arg: str
    next: str


@dataclass(frozen=True, slots=True)
class KickedResponse(Response):
    """Where to send the browser."""

    next_url: str = ""


NOT_ON_THE_WIRE: frozenset[type[Message]] = frozenset(
    {Request, Response, UnknownRequest, InvalidRequest, NotUnderstood}
)
# Not __subclasses__(): there the classes still linger that slots=True has replaced.
_DECLARED = [kind for kind in list(globals().values()) if isinstance(kind, type) and kind not in NOT_ON_THE_WIRE]
METHODS: dict[str, type[Request]] = {kind.__name__: kind for kind in _DECLARED if issubclass(kind, Request)}
"""Every request by its name on the wire."""
RESPONSES: dict[str, type[Response]] = {kind.__name__: kind for kind in _DECLARED if issubclass(kind, Response)}
"""Every response by its name on the wire."""


def name_of(message: Message) -> str:
    """The method's name on the wire, also of a request that could not be read."""
    match message:
        case UnknownRequest(name=name) | InvalidRequest(name=name) | NotUnderstood(name=name):
            return name
        case _:
            return type(message).__name__


def response_to(request: Request) -> type[Response]:
    """The class of the answer; KeyError for what is ``NOT_ON_THE_WIRE``."""
    return RESPONSES[type(request).__name__ + "Response"]
