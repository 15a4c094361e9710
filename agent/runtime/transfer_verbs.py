"""The verb transfers: what is moved, what waits, and a person's say in it."""

from collections.abc import Callable, Mapping
from typing import Any

from agent.model.errors import ModelError, not_saved
from agent.runtime.control import error
from agent.runtime.events import Moment
from agent.runtime.transfers import Transfers
from agent.runtime.verbs import refused
from agent.transfers.orders import FileOrder
from agent.transfers.queue import State, Transfer
from agent.transfers.requests import shown

Reply = dict[str, Any]
STALLED = 5.0
"""Seconds without a byte after which there is no rate."""


class TransferVerbs:
    """``save`` makes what was changed durable; raises OSError. ``check_url`` raises ModelError for one not allowed."""

    def __init__(
        self,
        transfers: Transfers,
        clock: Callable[[], Moment],
        save: Callable[[], None],
        check_url: Callable[[str], None] = lambda _url: None,
    ) -> None:
        self._transfers = transfers
        self._check_url = check_url
        self._queue = transfers.queue
        self._clock = clock
        self._save = save

    @property
    def table(self) -> Mapping[str, Callable[[Mapping[str, Any]], Reply]]:
        """The verbs by name."""
        return {"transfers": self.answer}

    def answer(self, arguments: Mapping[str, Any]) -> Reply:
        """All transfers; ``cancel`` or ``confirm`` a number, ``request`` a file type of the ACS, or ``fetch`` a URL
        here, of ``file_type``: the ACS hears of that as its policy says.
        """
        asked = {name: value for name, value in arguments.items() if value is not None}
        file_type = asked.pop("file_type", "")
        if len(asked) > 1 or not set(asked) <= {"cancel", "confirm", "request", "fetch"}:
            return error("invalid_arguments", "cancel, confirm, request or fetch, and only one of them", "see --help")
        if not all(isinstance(value, str) for value in (*asked.values(), file_type)):
            return error("invalid_arguments", "a number or a file type is text", "see --help")
        before = self._queue.checkpoint()
        try:
            for what, value in asked.items():
                self._do(what, value, file_type)
            if asked:
                self._save()
                self._queue.tell_cancelled()
        except KeyError:
            return error("unknown", "there is no such transfer", "`cpe-agent transfers` lists them")
        except ModelError as refusal:
            return error("refused", refusal.reason, "`cpe-agent transfers` shows what is possible")
        except OSError as failure:
            self._queue.back_to(before)
            self._queue.tell_anew()
            return refused(not_saved(failure))
        return self._all()

    def _do(self, what: str, value: str, file_type: str) -> None:
        match what:
            case "cancel":
                self._queue.cancel_one(value)
            case "confirm":
                self._queue.confirm(value)
            case "fetch":
                self._check_url(value)
                now = self._clock()
                order = FileOrder(value, "", "", file_type, 0, "", is_upload=False, command_key="")
                self._queue.add(order, "", now.monotonic, now.wall)
            case _:
                self._queue.ask_for(value)

    def _all(self) -> Reply:
        now = self._clock()
        downloads, uploads = self._queue.types.names
        return {
            "transfers": [self._one(one, now) for one in self._queue.all],
            "over": [{"id": number, "code": how.code, "text": how.text} for number, how in self._queue.verdicts],
            "requests": [wanted for _, wanted in self._queue.requests],
            "file_types": {"download": list(downloads), "upload": list(uploads)},
        }

    def _one(self, one: Transfer, now: Moment) -> Reply:
        progress = self._transfers.progress
        is_moving = progress is not None and progress.id == one.id and one.state is State.MOVING
        stands = now.monotonic - self._transfers.progress_at > STALLED
        plan = self._queue.plan(one, now.monotonic, now.wall) if one.state is State.WAITING else None
        at = now.monotonic if plan is not None and plan.is_now else plan.at if plan is not None else None
        before = (State.MOVING, State.ARRIVED, State.TAKING)
        busy = next((each.id for each in self._queue.all if each.state in before), None)
        passed = self._queue.seconds_since(one, now.monotonic, now.wall)
        window = next((each for each in one.windows[one.window :] if passed < each.end), None)
        total = (progress.total if is_moving and progress else None) or one.order.file_size or None
        return {
            "id": one.id,
            "asked_by": one.method or "this machine",
            "command_key": one.order.command_key,
            "direction": "upload" if one.order.is_upload else "download",
            "file_type": one.order.file_type,
            "url": shown(one.order.url),
            "state": one.state.value,
            "done": progress.done if is_moving and progress else None,
            "total": total,
            "rate": (0 if stands else round(progress.rate)) if is_moving and progress else None,
            "seconds": None if at is None else max(0, round(at - now.monotonic)),
            "behind": busy if at == now.monotonic else None,
            "tries": one.tries,
            "window": window.mode if window else None,
            "message": window.user_message if window and window.asks and not one.is_confirmed else "",
            "needs_confirmation": bool(window and window.asks and not one.is_confirmed and one.state is State.WAITING),
            "fault": {"code": one.outcome.code, "text": one.outcome.text} if one.outcome.code else None,
            "started": one.start,
            "completed": one.complete,
        }
