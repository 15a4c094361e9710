"""What each request of the ACS does to the data model, and how it is answered (TR-069 Annex A)."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from agent.cwmp import messages
from agent.cwmp.event_queue import BOOTSTRAP, LONGEST_KEY, M_REBOOT, EventQueue
from agent.cwmp.faults import INTERNAL_ERROR, METHOD_NOT_SUPPORTED, code_of, fault, fault_for, reason_of
from agent.cwmp.management_server import PARAMETER_KEY, acs_identity
from agent.cwmp.messages import Fault, ParameterAttributeStruct, ParameterInfoStruct, ParameterValueStruct, Response
from agent.cwmp.notifications import ACTIVE, Notifications
from agent.cwmp.schedule import ScheduledInforms
from agent.model.attributes import SUBSCRIBER
from agent.model.data_model import Attributes, Caller, DataModel, Value
from agent.model.errors import (
    InvalidArguments,
    ModelError,
    NotificationRejected,
    NotSaved,
    Refusals,
    ResourcesExceeded,
    Unavailable,
    UnknownPath,
    not_saved,
)
from agent.model.path import ParameterPath
from agent.model.transaction import Outcome, Transaction

log = logging.getLogger(__name__)

MOST_ANSWERED: Final = 20_000
"""Parameters in one answer."""
LARGEST_ANSWER: Final = 8 << 20
"""Characters of names and values in one answer."""
MOST_OPERATIONS: Final = 16
"""Operations in one ChangeDUState."""
MOST_LOGGED: Final = 16
"""Refusals of one request in the log."""
_OVERLAP: Final = 4  # how often as many parameters may be read, where paths overlap
_PORTION: Final = 16  # partial paths read at once: what hostile, overlapping ones cost is bounded by this many trees

HIGHEST_LEVEL: Final = 6  # cwmp-1-4.xsd, ParameterAttributeNotificationValueType; 3 to 6 are lightweight notification


@dataclass(frozen=True, slots=True)
class Clocks:
    """The time of a request: monotonic seconds, and Unix time, ``None`` while the clock is not set."""

    now: float
    wall: float | None


class FileTransfers(Protocol):
    """The transfers of files; each refusal is a ModelError. What is taken is durable once ``save`` has returned."""

    def accept(
        self, request: messages.Download | messages.Upload | messages.ScheduleDownload, now: float, wall: float | None
    ) -> None:
        """Put it into the queue."""

    def cancel(self, command_key: str) -> None:
        """Forget what has this key."""

    def listed(self, *, everybody: bool) -> Sequence[messages.AllQueuedTransferStruct]:
        """What is in the queue; ``everybody``: also what was not asked for by the ACS."""

    def checkpoint(self) -> object:
        """To go ``back_to`` when what happens next cannot be saved."""

    def back_to(self, checkpoint: object) -> None:
        """Be as at that checkpoint."""


class DeploymentUnits(Protocol):
    """The software modules: who installs, updates and removes them."""

    def change(self, operations: Sequence[messages.Operation], command_key: str, clocks: Clocks) -> None:
        """Take the operations, durably, to be done after the session; DUStateChangeComplete follows. ModelError."""


class Rpc:
    """Answers the requests of one ACS.

    ``save`` makes events and schedule durable and raises OSError when it cannot; it is called before the answer
    that depends on it is given. The model saves its own part. What has to wait for the session's end is remembered
    by whom it concerns: ``EventQueue.awaits_reboot``, ``awaits_factory_reset``, ``DataModel.awaits_application``.
    ``mask`` takes secrets out of reasons, which quote what is refused: others may read what goes to an ``http://`` ACS.
    """

    def __init__(
        self,
        model: DataModel,
        events: EventQueue,
        scheduled: ScheduledInforms,
        notifications: Notifications,
        save: Callable[[], None],
        mask: Callable[[str], str] = str,
        transfers: FileTransfers | None = None,
        units: DeploymentUnits | None = None,
    ) -> None:
        """Without ``transfers`` or ``units`` the methods that need them are not supported."""
        self._model = model
        self._transfers = transfers
        self._units = units
        self._mask = mask
        self._events = events
        self._scheduled = scheduled
        self._notifications = notifications
        self._save = save

    @property
    def names(self) -> tuple[str, ...]:
        """The methods that are supported, as GetRPCMethods tells them."""
        return tuple(kind.__name__ for kind, method in METHODS.items() if self._has(method))

    def _has(self, method: "Method") -> bool:
        missing = {_TRANSFERS: self._transfers is None, _UNITS: self._units is None}
        return not missing.get(method.needs, False)

    def answer(self, request: messages.Request, clocks: Clocks) -> Response | Fault:
        """The answer to a request, whatever it is; a surprise is logged in full and told as 9002."""
        method = METHODS.get(type(request))
        if isinstance(request, messages.InvalidRequest) and request.name in self.names:
            return fault(code_of(InvalidArguments()), request.reason)
        if method is None or not self._has(method):
            return fault(METHOD_NOT_SUPPORTED)
        try:
            return method.serve(self, request, clocks)
        except ModelError as refusal:
            log.info("%s is refused: %s", messages.name_of(request), _in_brief(refusal))
            told = _told(refusal, isinstance(request, messages.SetParameterValues))
            return method.permitted(fault_for(told, self._mask))
        except Exception:
            log.exception("%s could not be served", messages.name_of(request))
            return method.permitted(fault(INTERNAL_ERROR))

    # -- reading ----------------------------------------------------------------------------------------------------

    def _get_rpc_methods(self, _request: messages.GetRPCMethods, _clocks: Clocks) -> Response:
        return messages.GetRPCMethodsResponse(self.names)

    def _get_parameter_values(self, request: messages.GetParameterValues, _clocks: Clocks) -> Response:
        read = partial(self._model.get, caller=Caller.ACS)
        found = _bounded(request.parameter_names, read, lambda value: len(value.path) + len(value.text))
        return messages.GetParameterValuesResponse(
            tuple(ParameterValueStruct(value.path, value.text, value.type) for value in found)
        )

    def _get_parameter_names(self, request: messages.GetParameterNames, _clocks: Clocks) -> Response:
        found = self._model.names(request.parameter_path, request.next_level, Caller.ACS)
        return messages.GetParameterNamesResponse(tuple(ParameterInfoStruct(one.path, one.writable) for one in found))

    def _get_parameter_attributes(self, request: messages.GetParameterAttributes, _clocks: Clocks) -> Response:
        read = partial(self._model.attributes, caller=Caller.ACS)
        found = _bounded(request.parameter_names, read, lambda one: len(one.path))
        return messages.GetParameterAttributesResponse(
            tuple(ParameterAttributeStruct(one.path, one.notification, one.access_list) for one in found)
        )

    # -- changing ---------------------------------------------------------------------------------------------------

    def _set_parameter_values(self, request: messages.SetParameterValues, _clocks: Clocks) -> Response:
        with self._change(request.parameter_key) as change:
            for item in request.parameter_list:
                change.set(item.name, item.value, item.type)
            outcome = self._commit(change)
        return messages.SetParameterValuesResponse(outcome.status)

    def _add_object(self, request: messages.AddObject, _clocks: Clocks) -> Response:
        with self._change(request.parameter_key) as change:
            number = change.add(request.object_name)
            outcome = self._commit(change)
        return messages.AddObjectResponse(number, outcome.status)

    def _delete_object(self, request: messages.DeleteObject, _clocks: Clocks) -> Response:
        with self._change(request.parameter_key) as change:
            change.delete(request.object_name)
            outcome = self._commit(change)
        return messages.DeleteObjectResponse(outcome.status)

    def _set_parameter_attributes(self, request: messages.SetParameterAttributes, _clocks: Clocks) -> Response:
        with self._change(None) as change:
            for item in request.parameter_list:
                _check_attributes(item)
                change.set_attributes(
                    item.name,
                    item.notification if item.notification_change else None,
                    tuple(item.access_list) if item.access_list_change else None,
                )
            self._commit(change)
        self._notifications.follow(self._model.notified(), self._model.peek)
        return messages.SetParameterAttributesResponse()

    @contextmanager
    def _change(self, parameter_key: str | None) -> Iterator[Transaction]:
        """A transaction that also stores the ParameterKey, or changes nothing at all (TR-069 §A.3.2.1)."""
        _check_key("ParameterKey", parameter_key or "")
        change = self._model.transaction(Caller.ACS)
        try:
            if parameter_key is not None:
                change.set_own(PARAMETER_KEY, parameter_key)
            yield change
        except BaseException:
            change.abandon()
            raise

    def _commit(self, change: Transaction) -> Outcome:
        """Commit, and see to what follows from it; the change holds and is durable, whatever becomes of the rest."""
        outcome = change.commit()
        self._notifications.set_by_acs(self._model.peek, outcome.changed)
        if self._events.acs_is(acs_identity(self._model.own)):
            try:
                self._save()
            except OSError as failure:
                # The comparison is made again at every start: BOOTSTRAP is late at worst.
                log.error("the event of another ACS could not be saved: %s", failure)
        return outcome

    # -- for later --------------------------------------------------------------------------------------------------

    def _reboot(self, request: messages.Reboot, _clocks: Clocks) -> Response:
        _check_key("CommandKey", request.command_key)
        reboot = partial(self._events.occurred, M_REBOOT, request.command_key, after_reboot=True)
        try:
            with self._saved():
                reboot()
        except NotSaved as failure:
            log.error("rebooting all the same, which may be the cure; its M Reboot may be lost: %s", failure)
            reboot()
        return messages.RebootResponse()

    def _factory_reset(self, _request: messages.FactoryReset, _clocks: Clocks) -> Response:
        with self._saved():
            self._events.occurred(BOOTSTRAP, after_reboot=True)
        return messages.FactoryResetResponse()

    def _schedule_inform(self, request: messages.ScheduleInform, clocks: Clocks) -> Response:
        _check_key("CommandKey", request.command_key)
        if request.delay_seconds < 1:
            raise InvalidArguments("", "DelaySeconds has to be 1 or more")
        self._scheduled.add(request.delay_seconds, request.command_key, clocks.now, clocks.wall)
        try:
            with self._saved():
                pass
        except Unavailable:
            self._scheduled.remove_last()
            raise
        return messages.ScheduleInformResponse()

    # -- files ------------------------------------------------------------------------------------------------------

    def _download(self, request: messages.Download, clocks: Clocks) -> Response:
        self._accept(request, clocks)
        return messages.DownloadResponse(1)

    def _upload(self, request: messages.Upload, clocks: Clocks) -> Response:
        self._accept(request, clocks)
        return messages.UploadResponse(1)

    def _schedule_download(self, request: messages.ScheduleDownload, clocks: Clocks) -> Response:
        self._accept(request, clocks)
        return messages.ScheduleDownloadResponse()

    def _accept(self, request: messages.Download | messages.Upload | messages.ScheduleDownload, clocks: Clocks) -> None:
        _check_key("CommandKey", request.command_key)
        with self._queued() as transfers:
            transfers.accept(request, clocks.now, clocks.wall)

    def _cancel_transfer(self, request: messages.CancelTransfer, _clocks: Clocks) -> Response:
        with self._queued() as transfers:
            transfers.cancel(request.command_key)
        return messages.CancelTransferResponse()

    def _get_queued_transfers(self, _request: messages.GetQueuedTransfers, _clocks: Clocks) -> Response:
        found = self._transfers.listed(everybody=False) if self._transfers else ()
        return messages.GetQueuedTransfersResponse(
            [messages.QueuedTransferStruct(one.command_key, one.state) for one in found]
        )

    def _get_all_queued_transfers(self, _request: messages.GetAllQueuedTransfers, _clocks: Clocks) -> Response:
        found = self._transfers.listed(everybody=True) if self._transfers else ()
        return messages.GetAllQueuedTransfersResponse(found)

    @contextmanager
    def _queued(self) -> Iterator[FileTransfers]:
        """Save what the body does to the queue before anything is answered, or take it back."""
        transfers = self._transfers
        if transfers is None:
            raise Unavailable("", "no files are moved here")
        before = transfers.checkpoint()
        try:
            with self._saved():
                yield transfers
        except BaseException:
            transfers.back_to(before)
            raise

    def _change_du_state(self, request: messages.ChangeDUState, clocks: Clocks) -> Response:
        key = request.command_key or ""
        _check_key("CommandKey", key)
        if self._units is None:
            raise Unavailable("", "there are no software modules here")
        if not 1 <= len(request.operations) <= MOST_OPERATIONS:
            raise ResourcesExceeded("", f"1 to {MOST_OPERATIONS} operations are done at once")
        self._units.change(request.operations, key, clocks)
        return messages.ChangeDUStateResponse()

    @contextmanager
    def _saved(self) -> Iterator[None]:
        """Save what the body queues before anything is answered; when that fails, it was not queued."""
        before = self._events.checkpoint()
        try:
            yield
            self._save()
        except OSError as failure:
            self._events.back_to(before)
            raise not_saved(failure) from failure
        except BaseException:
            self._events.back_to(before)
            raise


# --- the table of methods --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Method:
    """How a request is served, and the codes with which it may be refused (TR-069 Annex A)."""

    serve: Callable[[Rpc, Any, Clocks], Response]
    codes: frozenset[int]
    needs: str = ""
    """What has to be there for it."""

    def permitted(self, refusal: Fault) -> Fault:
        """The refusal, under the nearest code that this method may use."""
        code = refusal.code
        while code not in self.codes:
            code = _NEAREST.get(code, INTERNAL_ERROR)
        return refusal if code == refusal.code else fault(code, reason_of(refusal))


_NEAREST: Final = {9003: 9001, 9004: 9002, 9005: 9003, 9006: 9003, 9007: 9003, 9008: 9001, 9009: 9001, 9013: 9003}
_TRANSFERS, _UNITS = "transfers", "units"
_ONE, _TWO, _THREE, _FIVE = ({*range(9001, last + 1)} for last in (9001, 9002, 9003, 9005))

_OF_FILES: Final = frozenset({9000, 9004, 9012, 9013} | _THREE)

# TR-069 Annex A and §A.5: what GetRPCMethods lists, in this order, is what stands here.
METHODS: Final[dict[type[messages.Request], Method]] = {
    messages.GetRPCMethods: Method(Rpc._get_rpc_methods, frozenset(_TWO)),
    messages.SetParameterValues: Method(Rpc._set_parameter_values, frozenset(range(9001, 9009))),
    messages.GetParameterValues: Method(Rpc._get_parameter_values, frozenset(_FIVE)),
    messages.GetParameterNames: Method(Rpc._get_parameter_names, frozenset(_THREE | {9005})),
    messages.SetParameterAttributes: Method(Rpc._set_parameter_attributes, frozenset(_FIVE | {9009})),
    messages.GetParameterAttributes: Method(Rpc._get_parameter_attributes, frozenset(_FIVE)),
    messages.AddObject: Method(Rpc._add_object, frozenset(_FIVE)),
    messages.DeleteObject: Method(Rpc._delete_object, frozenset(_THREE | {9005})),
    messages.Reboot: Method(Rpc._reboot, frozenset(_THREE)),
    messages.FactoryReset: Method(Rpc._factory_reset, frozenset({9000} | _THREE)),
    messages.ScheduleInform: Method(Rpc._schedule_inform, frozenset({9000} | _THREE)),
    messages.Download: Method(Rpc._download, _OF_FILES | {9010}, _TRANSFERS),
    messages.Upload: Method(Rpc._upload, _OF_FILES | {9011}, _TRANSFERS),
    messages.ScheduleDownload: Method(Rpc._schedule_download, _OF_FILES | {9010}, _TRANSFERS),
    messages.CancelTransfer: Method(Rpc._cancel_transfer, frozenset({9000, 9001, 9002, 9021}), _TRANSFERS),
    messages.GetQueuedTransfers: Method(Rpc._get_queued_transfers, frozenset({9000} | _TWO), _TRANSFERS),
    messages.GetAllQueuedTransfers: Method(Rpc._get_all_queued_transfers, frozenset({9000} | _TWO), _TRANSFERS),
    messages.ChangeDUState: Method(Rpc._change_du_state, frozenset({9000, 9001, 9002, 9004}), _UNITS),
}


# --- rules of the arguments ------------------------------------------------------------------------------------------


def _check_key(name: str, key: str) -> None:
    if len(key) > LONGEST_KEY:
        raise InvalidArguments("", f"{name} has more than {LONGEST_KEY} characters")


def _check_attributes(item: messages.SetParameterAttributesStruct) -> None:
    if ParameterPath.parse(item.name).has_wildcard:
        raise UnknownPath(item.name, "wildcards are for reading")
    if item.notification_change and item.notification not in range(HIGHEST_LEVEL + 1):
        raise InvalidArguments(item.name, f"there is no notification level {item.notification}")
    if item.notification_change and item.notification > ACTIVE:
        raise NotificationRejected(item.name, "lightweight notification is not supported")
    if item.access_list_change and not set(item.access_list) <= set(SUBSCRIBER):
        raise InvalidArguments(item.name, "the only entity of an access list is Subscriber")


def _in_brief(refusal: ModelError) -> str:
    """For the log: a request can have some thousand refusals."""
    if not isinstance(refusal, Refusals) or len(refusal.refusals) <= MOST_LOGGED:
        return str(refusal)
    return f"{Refusals(refusal.refusals[:MOST_LOGGED])}; and {len(refusal.refusals) - MOST_LOGGED} more"


def _told(error: ModelError, by_parameter: bool) -> ModelError:
    """The refusal as the ACS is told: one row per parameter where the method has rows, else the first of them alone."""
    if not isinstance(error, Refusals):
        return error
    # What is refused as a whole has no path; only a parameter can be unknown, also one that is called "".
    named = tuple(refusal for refusal in error.refusals if refusal.path or isinstance(refusal, UnknownPath))
    return Refusals(named) if by_parameter and named else error.refusals[0]


Found = TypeVar("Found", Value, Attributes)


def _bounded(
    paths: Sequence[str], read: Callable[[Sequence[str]], list[Found]], size: Callable[[Found], int]
) -> list[Found]:
    """Read all paths, in portions, each parameter once; stop where the answer would be larger than what is allowed."""
    found: dict[str, Found] = {}
    characters = cost = 0
    for portion in _portions(list(dict.fromkeys(paths))):
        here = read(portion)
        cost += len(here)
        new = {one.path: one for one in here if one.path not in found}
        found |= new
        characters += sum(map(size, new.values()))
        if len(found) > MOST_ANSWERED or cost > MOST_ANSWERED * _OVERLAP or characters > LARGEST_ANSWER:
            raise ResourcesExceeded("", f"the answer would have more than {MOST_ANSWERED} parameters or be too large")
    return list(found.values())


def _portions(paths: list[str]) -> Iterator[list[str]]:
    portion: list[str] = []
    several = 0
    for path in paths:
        portion.append(path)
        several += path == "" or path.endswith(".") or "*" in path
        if several == _PORTION:
            yield portion
            portion, several = [], 0
    if portion:
        yield portion
