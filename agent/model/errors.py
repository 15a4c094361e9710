"""What can be wrong with a request, as nouns of the domain; each protocol looks its own code up by class."""

from errno import EDQUOT, ENOSPC


class ModelError(Exception):
    """A refusal: an answer to the caller, never an accident.

    ``path`` is the parameter or object concerned ("" when there is none) and ``reason`` a sentence for people.
    """

    def __init__(self, path: str = "", reason: str = "") -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return ": ".join(part for part in (self.path, self.reason) if part) or type(self).__name__


class UnknownPath(ModelError):
    """No such parameter, object or instance in the supported model."""


class InvalidArguments(ModelError):
    """The request as a whole makes no sense: a duplicate, a missing argument, a key that is too long."""


class NotWritable(ModelError):
    """The parameter is read-only by the schema, or not changeable in the row's present state."""


class Denied(ModelError):
    """The system may be read but not changed here: the interface is not managed, or the owner forbade it."""


class WriteSideOff(Denied):
    """The agent itself leaves the system as it is, after repeated crashes."""


class InvalidType(ModelError):
    """The declared type is not the parameter's type."""


class InvalidValue(ModelError):
    """The text is no legal value of the parameter: syntax, range, enumeration, size or pattern."""


class NotificationRejected(ModelError):
    """The notification level asked for cannot be had for this parameter."""


class ResourcesExceeded(ModelError):
    """The table is full, or the answer would be larger than the limits allow."""


class UnsupportedProtocol(ModelError):
    """A file cannot be fetched or sent by what the URL's scheme names."""


class NotCancellable(ModelError):
    """What is to be cancelled is too far for that."""


class Unavailable(ModelError):
    """A mechanism failed or did not answer in time; the log has the cause."""


class NotSaved(Unavailable):
    """What was asked for could not be made durable. The reason is one that anybody may be told."""


class NoRoomToSave(NotSaved):
    """The disk is full."""


class Refusals(ModelError):
    """Everything that one transaction refused; nothing was changed."""

    def __init__(self, refusals: tuple[ModelError, ...]) -> None:
        super().__init__("", "; ".join(str(refusal) for refusal in refusals))
        self.refusals = refusals


def not_saved(failure: OSError) -> NotSaved:
    """The refusal of what could not be made durable; which file that was is for the log."""
    kind = NoRoomToSave if failure.errno in (ENOSPC, EDQUOT) else NotSaved
    return kind("", f"it could not be saved: {failure.strerror or 'the log has the cause'}")
