"""Whom a diagnostic must not speak to, and how its file is sent: what the owner of the device allows of transfers."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from agent.transfers.failures import Cause, TransferFailed
from agent.transfers.orders import FileOrder
from agent.transfers.url_policy import UrlPolicy
from backends.diagnostics.failures import DiagnosticFailed

if TYPE_CHECKING:
    from agent.transfers.mover import Way
    from backends.diagnostics.packet_capture import Target

Refusal = Callable[[str, int], str]


def refusal(policy: UrlPolicy, own: Iterable[str] = ()) -> Refusal:
    """Why a diagnostic must not speak to an address and port; "" where it may.

    ``own`` are this machine's addresses: what an ACS names must not become a look around the home (hardening A11),
    unless this is a laboratory.
    """
    here = frozenset(own)

    def why(address: str, _port: int) -> str:
        if address in here and not policy.laboratory:
            return f"{address} is this machine"
        try:
            policy.check_address(address)
        except TransferFailed as failure:
            return failure.text
        return ""

    return why


class CaptureFile:
    """The last capture as what an upload sends; see agent.transfers.file_types.Source."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def open(self, _order: FileOrder) -> Path:
        """Where it lies; TransferFailed where there is none."""
        from backends.diagnostics.packet_capture import file_in

        path = file_in(self._directory)
        if not path.is_file():
            raise TransferFailed(Cause.NO_ACCESS, "there is no capture: PacketCaptureDiagnostics makes one")
        return path


def sender(policy: UrlPolicy, way: "Way") -> "Callable[[Path, Target, Callable[[], bool]], None]":
    """Sends a file as an upload of the ACS's would be, by the same policy."""
    from agent.transfers.mover import upload

    def send(path: Path, target: "Target", cancelled: Callable[[], bool]) -> None:
        order = FileOrder(target.url, target.username, target.password, "", path.stat().st_size, "", True, "")
        try:
            upload(order, path, policy=policy, progress=lambda _moved, _whole: None, cancelled=cancelled, http=way)
        except TransferFailed as failure:
            raise DiagnosticFailed("Error_Other", f"the capture could not be sent: {failure.text}") from failure

    return send
