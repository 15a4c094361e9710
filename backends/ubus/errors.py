"""The bus's status codes, and each as an error with a name."""

from enum import IntEnum
from typing import Final

from backends.errors import MechanismError, Missing, TimedOut


class Status(IntEnum):
    """How a request ended."""

    OK = 0
    INVALID_COMMAND = 1
    INVALID_ARGUMENT = 2
    METHOD_NOT_FOUND = 3
    NOT_FOUND = 4
    NO_DATA = 5
    PERMISSION_DENIED = 6
    TIMEOUT = 7
    NOT_SUPPORTED = 8
    UNKNOWN_ERROR = 9
    CONNECTION_FAILED = 10
    NO_MEMORY = 11
    PARSE_ERROR = 12
    SYSTEM_ERROR = 13


WORDS: Final = {
    Status.INVALID_COMMAND: "this is no command of the bus",
    Status.INVALID_ARGUMENT: "an argument is missing or wrong",
    Status.METHOD_NOT_FOUND: "there is no such method",
    Status.NOT_FOUND: "it is not there",
    Status.NO_DATA: "there was no answer",
    Status.PERMISSION_DENIED: "it is not permitted",
    Status.TIMEOUT: "it took too long",
    Status.NOT_SUPPORTED: "it is not supported",
    Status.UNKNOWN_ERROR: "it failed",
    Status.CONNECTION_FAILED: "the connection failed",
    Status.NO_MEMORY: "there is no memory left",
    Status.PARSE_ERROR: "the message cannot be read",
    Status.SYSTEM_ERROR: "the system failed",
}


class BusError(MechanismError):
    """A request to the bus, or over it, failed. ``status`` says how; ``code`` is its name (``NO_DATA``)."""

    def __init__(self, reason: str, status: int = Status.UNKNOWN_ERROR) -> None:
        known = _known(status)
        super().__init__(reason, known.name if known else "")
        self.status = status


class NotThere(BusError, Missing):
    """The object is not on the bus, or what the method was to find is not there."""


class NoSuchMethod(BusError):
    """The object has no method of that name."""


class WrongArgument(BusError):
    """The object refused the arguments."""


class NotPermitted(BusError):
    """The bus's access lists, or the object, do not permit it."""


class TookTooLong(BusError, TimedOut):
    """No answer before the deadline; what was asked for may have been done or not."""


class NoBus(BusError, Missing):
    """Nobody listens on the bus's socket."""


class ConnectionLost(BusError):
    """The bus went away meanwhile; what was asked for may have been done or not."""


class NotUnderstood(BusError):
    """What came over the bus is not its protocol."""


_KINDS: Final = {
    Status.METHOD_NOT_FOUND: NoSuchMethod,
    Status.INVALID_ARGUMENT: WrongArgument,
    Status.NOT_FOUND: NotThere,
    Status.PERMISSION_DENIED: NotPermitted,
    Status.TIMEOUT: TookTooLong,
    Status.CONNECTION_FAILED: ConnectionLost,
    Status.PARSE_ERROR: NotUnderstood,
}


def error_for(status: int, what: str) -> BusError:
    """The error that a status other than OK means; ``what`` was asked for. Unknown numbers are a BusError as well."""
    known = _known(status)
    if not known:
        return BusError(f"{what}: it failed with status {status}", status)
    return _KINDS.get(known, BusError)(f"{what}: {WORDS[known]}", known)


def _known(status: int) -> Status | None:
    try:
        return Status(status)
    except ValueError:
        return None
