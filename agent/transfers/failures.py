"""Why a transfer failed, and the fault code of each cause: one table for requests and for TransferComplete."""

from enum import Enum
from typing import Final, NamedTuple


class Cause(Enum):
    """What went wrong."""

    DENIED = "denied"
    INTERNAL = "internal"
    ARGUMENTS = "arguments"
    NO_ROOM = "no room"
    PROTOCOL = "protocol"
    NOT_READY = "not ready"
    MULTICAST = "multicast"
    NOT_AUTHENTICATED = "not authenticated"
    NO_CONTACT = "no contact"
    NO_ACCESS = "no access"
    INCOMPLETE = "incomplete"
    CORRUPTED = "corrupted"
    NOT_GENUINE = "not genuine"
    OUTSIDE_WINDOWS = "outside windows"


class Rule(NamedTuple):
    """The codes of a cause: in the FaultStruct after a download or an upload, and in the answer to the request."""

    download: int
    upload: int
    answer: int
    may_resume: bool
    """Whether trying again may help, with what has come so far."""
    clause: str


# The FaultStruct of TransferComplete may have 9001, 9002, 9010-9012 and 9014-9020 only (cwmp-1-4.xsd,
# TransferCompleteFaultCodeType), and 9014-9019 speak of downloads (TR-069 A.5.1): an upload fails with 9011.
RULES: Final[dict[Cause, Rule]] = {
    Cause.DENIED: Rule(9001, 9001, 9001, False, "A.5.1 9001: request denied; a rule of this device forbids it"),
    Cause.INTERNAL: Rule(9002, 9002, 9002, True, "A.5.1 9002: internal error; this device could not read or write"),
    Cause.ARGUMENTS: Rule(9010, 9011, 9003, False, "A.3.2.8: the URL MUST be as RFC 3986 has it, without userinfo"),
    Cause.NO_ROOM: Rule(9010, 9011, 9004, False, "A.3.2.8 FileSize: the CPE may check that it has the space"),
    Cause.PROTOCOL: Rule(9010, 9011, 9013, False, "A.5.1 9013: unsupported protocol for file transfer"),
    Cause.NOT_READY: Rule(9010, 9011, 9010, True, "A.5.1 9010, 9011: file transfer failure; the server has trouble"),
    Cause.MULTICAST: Rule(9014, 9011, 9014, False, "A.5.1 9014: unable to join multicast group"),
    Cause.NOT_AUTHENTICATED: Rule(9012, 9012, 9012, False, "A.5.1 9012: file transfer server authentication failure"),
    Cause.NO_CONTACT: Rule(9015, 9011, 9015, True, "A.5.1 9015: unable to contact file server"),
    Cause.NO_ACCESS: Rule(9016, 9011, 9016, False, "A.5.1 9016: unable to access file"),
    Cause.INCOMPLETE: Rule(9017, 9011, 9017, True, "A.5.1 9017: unable to complete download"),
    Cause.CORRUPTED: Rule(9018, 9011, 9018, False, "A.5.1 9018: file corrupted or otherwise unusable"),
    Cause.NOT_GENUINE: Rule(9019, 9011, 9019, False, "A.5.1 9019: file authentication failure"),
    Cause.OUTSIDE_WINDOWS: Rule(9020, 9011, 9020, False, "A.5.1 9020: not within the specified time windows"),
}


class TransferFailed(Exception):
    """A transfer, or what was to be done with its file, failed. ``text`` is for people and has no secret."""

    def __init__(self, cause: Cause, text: str) -> None:
        super().__init__(text)
        self.cause = cause
        self.text = text
        self.is_upload = False
        """Said by whoever moves the file: who raises it need not know."""

    @property
    def code(self) -> int:
        """The FaultCode of a TransferComplete."""
        rule = RULES[self.cause]
        return rule.upload if self.is_upload else rule.download

    @property
    def answer_code(self) -> int:
        """The fault that answers the request itself: it may name 9003, 9004 and 9013 (TR-069 A.3.2.8, A.4.1.5)."""
        return RULES[self.cause].answer

    @property
    def may_resume(self) -> bool:
        """Whether another try may succeed."""
        return RULES[self.cause].may_resume


class Cancelled(Exception):
    """The transfer is not wanted any more, or not now; nobody is told of it."""
