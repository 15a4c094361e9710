"""What the diagnostics have of the rest of the agent: whom not to speak to, how files go, and scans of the air."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from agent.diagnostics.reach import CaptureFile, refusal, sender
from agent.transfers.file_types import FileTypes
from agent.transfers.url_policy import UrlPolicy
from backends.tr181.mechanisms import Mechanisms

if TYPE_CHECKING:
    from agent.transfers.mover import Way

SCAN: Final = "NeighboringWiFiDiagnostic"


class Listener(Protocol):
    """Who is told of a diagnostic that runs by itself; see agent.diagnostics.operation.Diagnostics."""

    def ended_elsewhere(self, name: str, state: str) -> None:
        """It has ended."""


def connect(
    listener: Listener,
    mechanisms: Mechanisms,
    policy: Callable[[], UrlPolicy],
    way: "Callable[[], Way]",
    types: FileTypes,
    oui: str,
) -> None:
    """Give the diagnostics what they need; the last capture is what an upload of "X OUI Packet Capture" sends."""
    book, wifi = mechanisms.diagnostics, mechanisms.wifi
    if book is None:
        return
    from backends.tr181.diagnostics_capture import directory_of

    book.provided["refusal"] = lambda: refusal(policy(), _own(mechanisms))
    book.provided["send"] = lambda: sender(policy(), way())
    types.register_upload(f"X {oui} Packet Capture", CaptureFile(directory_of(mechanisms)))
    if wifi is not None:
        scan = wifi.scan
        book.elsewhere[SCAN] = lambda: scan.state
        scan.finished = lambda: listener.ended_elsewhere(SCAN, scan.state)


def _own(mechanisms: Mechanisms) -> list[str]:
    return [one.address for one in mechanisms.netlink.addresses()]
