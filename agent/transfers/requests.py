"""What Download, Upload, ScheduleDownload, CancelTransfer and the queries ask of the queue, in CWMP's messages."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from agent.cwmp import messages as m
from agent.cwmp.outbox import Waiting
from agent.model.errors import Denied, InvalidArguments, ModelError, ResourcesExceeded, UnsupportedProtocol
from agent.transfers.failures import TransferFailed
from agent.transfers.orders import LONGEST_TEXT, LONGEST_TYPE, LONGEST_URL, FileOrder
from agent.transfers.queue import AUTONOMOUS_TRANSFER_COMPLETE, REQUEST_DOWNLOAD, State, Transfer, TransferQueue
from agent.transfers.url_policy import UrlPolicy
from agent.transfers.windows import Window, wrong_with

TRANSFER_COMPLETE: Final = "7 TRANSFER COMPLETE"
PERMITTED: Final = frozenset({0, 9001, 9002, 9010, 9011, 9012, *range(9014, 9021)})  # cwmp-1-2.xsd, FaultStruct
PERMITTED_OF_UPLOADS: Final = frozenset({0, 9001, 9002, 9011, 9012})
_REFUSALS: Final[Mapping[int, type[ModelError]]] = {
    9001: Denied,
    9003: InvalidArguments,
    9004: ResourcesExceeded,
    9013: UnsupportedProtocol,
}


class TransferRequests:
    """The RPCs of transfers, over the queue. ``policy`` tells which URLs are allowed now; ``mask`` takes secrets out of
    what the ACS is told. Each refusal is a ModelError.
    """

    def __init__(
        self,
        queue: TransferQueue,
        policy: Callable[[], UrlPolicy],
        mask: Callable[[str], str] = str,
    ) -> None:
        self._queue = queue
        self._policy = policy
        self._mask = mask

    def accept(self, request: m.Download | m.Upload | m.ScheduleDownload, now: float, wall: float | None) -> None:
        """Put it into the queue."""
        order = self._order(request)
        match request:
            case m.ScheduleDownload(time_window_list=asked):
                windows = tuple(
                    Window(one.window_start, one.window_end, one.window_mode, one.user_message, one.max_retries)
                    for one in asked
                )
                windows = tuple(sorted(windows, key=lambda one: one.start))
                if wrong := wrong_with(windows):
                    raise InvalidArguments("", wrong)
                if any(len(one.user_message) > LONGEST_TEXT for one in windows):
                    raise InvalidArguments("", f"UserMessage has more than {LONGEST_TEXT} characters")
                self._queue.add(order, "ScheduleDownload", now, wall, windows=windows)
            case _:
                self._queue.add(order, type(request).__name__, now, wall, delay=request.delay_seconds)

    def cancel(self, command_key: str) -> None:
        """Forget what has this key; a key that nothing has is no mistake."""
        self._queue.cancel(command_key)

    def listed(self, *, everybody: bool) -> Sequence[m.AllQueuedTransferStruct]:
        """What is in the queue; ``everybody``: also what was not asked for by the ACS."""
        return [
            m.AllQueuedTransferStruct(
                one.order.command_key,
                one.wire_state,
                not one.order.is_upload,
                one.order.file_type,
                one.order.file_size,
                one.order.target_file_name,
            )
            for one in self._queue.all
            if one.method or everybody
        ]

    def checkpoint(self) -> object:
        """To go ``back_to`` when it cannot be saved."""
        return self._queue.checkpoint()

    def back_to(self, checkpoint: object) -> None:
        """Be as at that checkpoint."""
        self._queue.back_to(checkpoint)

    def _order(self, request: m.Download | m.Upload | m.ScheduleDownload) -> FileOrder:
        is_upload = isinstance(request, m.Upload)
        size, name = (0, "") if isinstance(request, m.Upload) else (request.file_size, request.target_file_name)
        for what, text, longest in (
            ("URL", request.url, LONGEST_URL),
            ("Username", request.username, LONGEST_TEXT),
            ("Password", request.password, LONGEST_TEXT),
            ("TargetFileName", name, LONGEST_TEXT),
            ("FileType", request.file_type, LONGEST_TYPE),
        ):
            if len(text) > longest:
                raise InvalidArguments("", f"{what} has more than {longest} characters")
        self.check_url(request.url)
        return FileOrder(
            request.url, request.username, request.password, request.file_type, size, name, is_upload,
            request.command_key,
        )  # fmt: skip

    def check_url(self, url: str) -> None:
        """Raise ModelError for a URL that is not allowed. What no answer may say is told by TransferComplete."""
        try:
            self._policy().check(url)
        except TransferFailed as refused:
            if kind := _REFUSALS.get(refused.answer_code):
                raise kind("", refused.text) from None

    # -- for the outbox ---------------------------------------------------------------------------------------------

    def waiting(self) -> Sequence[Waiting]:
        """TransferComplete and AutonomousTransferComplete of what has ended, and RequestDownload."""
        ended = [one for one in self._queue.all if one.state is State.ENDED]
        return [
            *(Waiting(one.id, self._complete(one), TRANSFER_COMPLETE) for one in ended if one.method),
            *(Waiting(one.id, self._autonomous(one), AUTONOMOUS_TRANSFER_COMPLETE) for one in ended if not one.method),
            *(Waiting(key, m.RequestDownload(wanted), REQUEST_DOWNLOAD) for key, wanted in self._queue.requests),
        ]

    def delivered(self, key: str) -> None:
        """The ACS knows of it."""
        self._queue.is_told(key)

    def _complete(self, one: Transfer) -> m.TransferComplete:
        return m.TransferComplete(one.order.command_key, self._fault(one), _time(one.start), _time(one.complete))

    def _autonomous(self, one: Transfer) -> m.AutonomousTransferComplete:
        return m.AutonomousTransferComplete(
            transfer_url=shown(one.order.url),
            is_download=not one.order.is_upload,
            file_type=one.order.file_type,
            file_size=one.order.file_size,
            target_file_name=one.order.target_file_name,
            fault_struct=self._fault(one),
            start_time=_time(one.start),
            complete_time=_time(one.complete),
        )

    def _fault(self, one: Transfer) -> m.FaultStruct:
        code, text = one.outcome.code, one.outcome.text
        if code not in (PERMITTED_OF_UPLOADS if one.order.is_upload else PERMITTED):
            code = 9011 if one.order.is_upload else 9010
        return m.FaultStruct(code, self._mask(text) if code else "")


class Policy:
    """Of which transfers that it did not ask for the ACS wants to hear (AutonomousTransferCompletePolicy)."""

    def __init__(self, value: Callable[[str], object]) -> None:
        """``value`` reads a parameter of the policy by its name."""
        self._value = value

    def wants(self, one: Transfer) -> bool:
        """Whether this is one of them."""
        types = self._value("FileTypeFilter")
        return (
            bool(self._value("Enable"))
            and self._value("TransferTypeFilter") in ("Both", "Upload" if one.order.is_upload else "Download")
            and self._value("ResultTypeFilter") in ("Both", "Failure" if one.outcome.code else "Success")
            and (not types or (isinstance(types, (list, tuple)) and one.order.file_type in types))
        )


def shown(url: str) -> str:
    """The URL without user name, password, query and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _time(unix: float | None) -> datetime:
    return m.UNKNOWN_TIME if unix is None else datetime.fromtimestamp(int(unix), UTC)
