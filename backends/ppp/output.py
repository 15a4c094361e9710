"""What pppd's output says of a connection: how far it came, why it ended, what was agreed. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

CONNECTING, AUTHENTICATING, CONNECTED, DISCONNECTING, DISCONNECTED = (
    "Connecting", "Authenticating", "Connected", "Disconnecting", "Disconnected",
)  # fmt: skip
NONE, AUTHENTICATION, TIME_OUT, ISP_DISCONNECT, USER_DISCONNECT, IDLE, FORCED, CONFIGURATION, UNKNOWN = (
    "ERROR_NONE", "ERROR_AUTHENTICATION_FAILURE", "ERROR_ISP_TIME_OUT", "ERROR_ISP_DISCONNECT",
    "ERROR_USER_DISCONNECT", "ERROR_IDLE_DISCONNECT", "ERROR_FORCED_DISCONNECT", "ERROR_IP_CONFIGURATION",
    "ERROR_UNKNOWN",
)  # fmt: skip
"""TR-181's words for where a connection stands, and for what ended it."""


@dataclass(frozen=True, slots=True)
class Said:
    """``error`` is why the last attempt failed or the last connection ended, ``has_failed`` whether the attempt under
    way has; ``session`` the PPPoE session's number, ``unknown_protocols`` how many packets had no taker.
    """

    phase: str = CONNECTING
    error: str = NONE
    has_failed: bool = False
    session: int | None = None
    unknown_protocols: int = 0


PHASES: Final[Sequence[tuple[str, str]]] = (
    ("Connect: ", AUTHENTICATING),
    ("local  IP address ", CONNECTED),
    ("local  LL address ", CONNECTED),
    ("Terminating ", DISCONNECTING),
    ("Connection terminated", CONNECTING),  # it tries again; one that does not says so with its next line
    ("Exit.", DISCONNECTED),
)
ERRORS: Final[Sequence[tuple[str, str]]] = (
    ("CHAP authentication failed", AUTHENTICATION),
    ("PAP authentication failed", AUTHENTICATION),
    ("EAP authentication failed", AUTHENTICATION),
    ("Failed to authenticate ourselves", AUTHENTICATION),
    ("Timeout waiting for PAD", TIME_OUT),
    ("Unable to complete PPPoE Discovery", TIME_OUT),
    ("LCP: timeout sending", TIME_OUT),
    ("No response to ", TIME_OUT),
    ("LCP terminated by peer", ISP_DISCONNECT),
    ("Modem hangup", ISP_DISCONNECT),
    ("Terminating on signal", USER_DISCONNECT),
    ("Terminating connection due to lack of activity", IDLE),
    ("Connect time expired", FORCED),
    ("Could not determine ", CONFIGURATION),
    ("Peer refused to agree to ", CONFIGURATION),
    ("Couldn't ", UNKNOWN),
    ("Can't ", UNKNOWN),
)
"""By how a line begins; of one attempt the first error stands, as what follows from it is told as an error too."""
ENDS: Final = ("Connection terminated", "Unable to complete PPPoE Discovery", "Exit.")
"""With these an attempt is over."""
SESSION: Final = re.compile(r"PPP session is (\d+)")
UNKNOWN_PROTOCOL: Final = re.compile(r"Unsupported protocol .* received")


def read(text: str) -> Said:
    """Take pppd's lines in turn."""
    said = Said()
    for line in text.splitlines():
        said = _after(said, line.strip())
    return said


def _after(said: Said, line: str) -> Said:
    phase = next((phase for start, phase in PHASES if line.startswith(start)), said.phase)
    error = next((error for start, error in ERRORS if line.startswith(start)), None)
    if found := SESSION.match(line):
        said, phase = replace(said, session=int(found[1])), CONNECTING
    if phase == CONNECTED != said.phase:
        said = replace(said, error=NONE, has_failed=False)
    if error is not None and not said.has_failed:
        said = replace(said, error=error, has_failed=True)
    if line.startswith(ENDS):
        said = replace(said, has_failed=False)
    if UNKNOWN_PROTOCOL.match(line):
        said = replace(said, unknown_protocols=said.unknown_protocols + 1)
    return replace(said, phase=phase)
