"""Fault codes: from the model's nouns to CWMP's numbers, and what the numbers mean."""

from collections.abc import Callable

from agent.cwmp.messages import Fault, ParameterFault
from agent.model import errors

METHOD_NOT_SUPPORTED = 9000
INTERNAL_ERROR = 9002
INVALID_ARGUMENTS = 9003
ACS_METHOD_NOT_SUPPORTED = 8000
RETRY_REQUEST = 8005

CODES: dict[type[errors.ModelError], int] = {
    errors.Denied: 9001,
    errors.Unavailable: INTERNAL_ERROR,
    errors.NoRoomToSave: 9004,
    errors.InvalidArguments: INVALID_ARGUMENTS,
    errors.Refusals: INVALID_ARGUMENTS,
    errors.ResourcesExceeded: 9004,
    errors.UnknownPath: 9005,
    errors.InvalidType: 9006,
    errors.InvalidValue: 9007,
    errors.NotWritable: 9008,
    errors.NotificationRejected: 9009,
    errors.UnsupportedProtocol: 9013,
    errors.NotCancellable: 9021,
}

STRINGS: dict[int, str] = {
    METHOD_NOT_SUPPORTED: "Method not supported",
    9001: "Request denied",
    INTERNAL_ERROR: "Internal error",
    INVALID_ARGUMENTS: "Invalid arguments",
    9004: "Resources exceeded",
    9005: "Invalid parameter name",
    9006: "Invalid parameter type",
    9007: "Invalid parameter value",
    9008: "Attempt to set a non-writable parameter",
    9009: "Notification request rejected",
    9010: "File transfer failure",
    9011: "Upload failure",
    9012: "File transfer server authentication failure",
    9013: "Unsupported protocol for file transfer",
    9014: "File transfer failure: unable to join multicast group",
    9015: "File transfer failure: unable to contact file server",
    9016: "File transfer failure: unable to access file",
    9017: "File transfer failure: unable to complete download",
    9018: "File transfer failure: file corrupted",
    9019: "File transfer failure: file authentication failure",
    9020: "File transfer failure: unable to complete download within specified time windows",
    9021: "Cancelation of file transfer not permitted in current transfer state",
    9022: "Invalid UUID format",
    9023: "Unknown execution environment",
    9024: "Disabled execution environment",
    9025: "Deployment unit to execution environment mismatch",
    9026: "Duplicate deployment unit",
    9027: "System resources exceeded",
    9028: "Unknown deployment unit",
    9029: "Invalid deployment unit state",
    9030: "Invalid deployment unit update: downgrade not permitted",
    9031: "Invalid deployment unit update: version not specified",
    9032: "Invalid deployment unit update: version already exists",
    ACS_METHOD_NOT_SUPPORTED: "Method not supported",
    8001: "Request denied",
    8002: "Internal error",
    8003: "Invalid arguments",
    8004: "Resources exceeded",
    RETRY_REQUEST: "Retry request",
    8006: "ACS version incompatible with CPE",
}

_NEWER: dict[int, str] = {**dict.fromkeys(range(9014, 9020), "1.1"), 9020: "1.2"}
"""Codes of transfers and the version of CWMP that has them first; before, all of them were 9010."""

_LONGEST_STRING = 256
_BLAMED_ON_THE_ACS = frozenset({9003, 9005, 9006, 9007, 9008, 8003, 8006})


def fault(code: int, reason: str = "") -> Fault:
    """A fault in the standard's words, with the reason (a sentence for people) after them."""
    return Fault(code, _string(code, reason))


def fault_for(error: Exception, mask: Callable[[str], str] = str) -> Fault:
    """How an error is told to the ACS; ``mask`` takes what nobody is to read out of a reason.

    ``Refusals`` become 9003 with one row each (TR-069 §A.3.2.1), but for what is wrong with the request as a whole,
    which is its text; whatever is no ``ModelError`` is 9002 without details.
    """
    code = code_of(error)
    if isinstance(error, errors.Refusals):
        whole = next((str(one) for one in error.refusals if isinstance(one, errors.InvalidArguments)), "")
        rows = (_row(one, mask) for one in error.refusals if not isinstance(one, errors.InvalidArguments))
        return Fault(code, _string(code, mask(whole)), tuple(rows))
    return fault(code, mask(_reason(error)))


def reason_of(told: Fault) -> str:
    """What stands behind the standard's words for the code; "" when nothing does."""
    return told.string.removeprefix(STRINGS.get(told.code, "")).removeprefix(": ")


def code_of(error: Exception) -> int:
    """The code of an error's class or of the nearest class above it."""
    for kind in type(error).__mro__:
        if kind in CODES:
            return CODES[kind]
    return INTERNAL_ERROR


def code_in(version: str, code: int) -> int:
    """The code of a transfer's fault in the words of a version of CWMP."""
    return 9010 if version < _NEWER.get(code, "1.0") else code


def soap_code(code: int) -> str:
    """The SOAP faultcode of a CWMP code: who is to blame."""
    return "Client" if code in _BLAMED_ON_THE_ACS else "Server"


def _row(refusal: errors.ModelError, mask: Callable[[str], str]) -> ParameterFault:
    code = code_of(refusal)
    return ParameterFault(refusal.path, code, _string(code, mask(_reason(refusal))))


def _reason(error: Exception) -> str:
    """That of an internal error names mechanisms of the system, which are no business of the ACS's: the log has it."""
    is_inner = code_of(error) == INTERNAL_ERROR and not isinstance(error, errors.NotSaved)
    return error.reason if isinstance(error, errors.ModelError) and not is_inner else ""


def _string(code: int, reason: str = "") -> str:
    standard = STRINGS.get(code, "Vendor fault")
    return f"{standard}: {reason}"[:_LONGEST_STRING] if reason else standard
