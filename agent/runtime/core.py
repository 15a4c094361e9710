"""The heart of the agent: what happened, and what is to be done about it. No I/O of its own; time is an argument."""

import logging
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from agent.cwmp.event_queue import BOOTSTRAP, CONNECTION_REQUEST, HEARTBEAT, PERIODIC, VALUE_CHANGE, Event, EventQueue
from agent.cwmp.messages import Fault, Inform, InformResponse, Request, Response
from agent.cwmp.notifications import Notifications, throttled_until
from agent.cwmp.outbox import Outbox
from agent.cwmp.planned_reboot import PlannedReboot
from agent.cwmp.retry import Retries
from agent.cwmp.session import Finished, Session, SessionFailed, Waiting
from agent.cwmp.session import Post as SessionPost
from agent.model.data_model import DataModel
from agent.runtime import actions as do
from agent.runtime import events as on
from agent.runtime.actions import Action
from agent.runtime.calendar import Calendar
from agent.runtime.commit_confirm import CommitConfirm, News
from agent.runtime.control import error
from agent.runtime.events import Moment
from agent.runtime.housekeeping import Housekeeping
from agent.runtime.new_ways import SETTLING, TOPICS, NewWays
from agent.runtime.operations import Operation

log = logging.getLogger(__name__)

SURPRISED: Final = error("internal", "the agent could not do that", "see the agent's log")
BREATH: Final = 1.0
"""Seconds without looking at the time after a surprise: what keeps failing must not keep the processor busy."""
GOING_DOWN: Final = 60.0
"""Seconds that the system has for a reboot before a session begins all the same."""
TEST_TAKES: Final = 45.0
"""Seconds that a connection test may keep sessions waiting."""
POLL: Final = 60.0
"""Seconds between looks at watched parameters that no event of the system announces."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the ACS or a person has configured, as the core needs it; read anew before each decision."""

    acs: str
    """Identifies the ACS (its URL); "" while none is configured."""
    retry_minimum_wait: int
    retry_multiplier: int
    throttle: int
    """DefaultActiveNotificationThrottle in seconds."""
    is_enabled: bool = True
    """EnableCWMP. Without it no session begins; the one under way comes to its end."""

    @property
    def may_speak(self) -> bool:
        """Whether a session may begin."""
        return self.is_enabled and bool(self.acs)


@dataclass(slots=True)
class _Attempt:
    """The session that is under way."""

    number: int
    events: tuple[Event, ...]
    session: Session | None = None
    """From when there is a connection."""
    other_way_at: float | None = None
    """When it is given up without one, since a new way to the ACS has come; ``None``: none has."""


class Core:
    """One owner of model, session and timers; ``handle`` takes an event and says what is to be done.

    Nothing that it says is lost by a crash afterwards: ``Parts.save`` is called before the actions are handed out.
    """

    def __init__(self, parts: "Parts", now: Moment) -> None:
        self._parts = parts
        self._now = now
        self._attempt: _Attempt | None = None
        self._sessions = parts.last_session
        self._has_news = True  # an event came up since the last attempt: it does not wait for the retry
        self._retry_at: float | None = None
        self._new_ways = NewWays()
        self._not_before = now.monotonic + parts.boot_delay
        self._last_success: float | None = None
        self._poll_at = now.monotonic + POLL
        self._breathe_until = now.monotonic
        self._after: list[Action] = []
        self._is_promise_due = True  # that of an earlier run: its session ended with it
        self._quiet_until = 0.0
        """Until then a connection test speaks to the ACS, which has one session with a device at a time."""
        self.stopped = False
        self.last_outcome = ""
        self.last_ended: Moment | None = None
        self.failing_since: float | None = None
        """When the first of the failures in a row happened."""
        self.has_answered = False
        """Whether a session with the ACS as it is configured now has come to its end."""
        self._follow_notifications()
        self._look_at(frozenset({"everything"}))  # what changed while nobody looked is told
        self._news_of_change(parts.commit_confirm.resumed(now.monotonic, parts.policy().may_speak))

    # -- the loop's side --------------------------------------------------------------------------------------------

    def handle(self, event: on.Event | None, now: Moment) -> list[Action]:
        """What to do about an event; ``None``: time has passed.

        A surprise is logged in full and ends the session under way, never the agent.
        """
        self._now = now
        try:
            return self._handle(event, now)
        except Exception:
            log.exception("%s could not be handled", type(event).__name__ if event else "the time")
            self._breathe_until = now.monotonic + BREATH
            actions = self._failed("internal error", now)
            if isinstance(event, on.ControlAsked):
                actions.append(do.Answer(event.answer, SURPRISED))
            return actions

    def _handle(self, event: on.Event | None, now: Moment) -> list[Action]:
        actions: list[Action] = []
        match event:
            case on.AcsFound() | on.AcsReplied() | on.AcsUnreachable():
                actions += self._heard_of_session(event, now)
            case on.ConnectionRequested():
                self._occurred(CONNECTION_REQUEST)
            case on.LeaseHeard(told):
                self._parts.lease_heard(told)
            case on.Changed(topics):
                self._system_changed(topics, now)
            case on.ControlAsked(verb, arguments, answer):
                actions.append(do.Answer(answer, self._parts.control(self, verb, arguments, now)))
            case on.Told(name, told):
                self._work(lambda operation: operation.heard(told, now) if operation.name == name else None)
            case on.Reload():
                actions.append(do.ReloadSettings())
            case on.Stop(reason):
                log.info("the agent stops: %s", reason)
                actions += self._stop()
            case _:
                pass
        actions += self._time_passed(now)
        if not self._attempt:
            self._make_what_waits(now)
            self._after, after = [], self._after
            actions += after + self._do_what_was_promised(now)
        actions += self._operate(now)
        actions += self._begin_if_due(now)
        self._parts.save()
        return actions

    def _heard_of_session(self, event: on.AcsFound | on.AcsReplied | on.AcsUnreachable, now: Moment) -> list[Action]:
        if not self._is_current(event.session):
            return []
        match event:
            case on.AcsFound(_, address):
                return self._found(address, now)
            case on.AcsReplied(_, envelope):
                return self._guarded(lambda session: session.receive(envelope), now)
            case on.AcsUnreachable(_, reason, host_answered):
                if host_answered:
                    self._parts.commit_confirm.acs_was_reached()
                return self._failed(reason, now, was_reached=host_answered)

    def next_due(self, now: Moment) -> float:
        """The monotonic time at which time alone gives something to do."""
        parts = self._parts
        policy = parts.policy()
        dues = [
            parts.calendar.next_due(now),
            parts.commit_confirm.deadline,
            parts.housekeeping.next_due(now),
            self._poll_at,
        ]
        in_session = self._attempt is not None
        dues += [operation.due(now, in_session) for operation in parts.operations]
        if self._attempt is None and not self._must_stay_up:
            dues.append(parts.planned_reboot.next_due(now.monotonic, now.wall))
        elif self._attempt is not None and self._attempt.session is None:
            dues.append(self._attempt.other_way_at)
        if self._attempt is None and policy.may_speak and not self._are_held:
            dues.append(self._session_due(policy))
        if self._attempt is None and (self._after or parts.model.awaits_application):
            dues.append(now.monotonic)
        return max(min(due for due in dues if due is not None), self._breathe_until)

    # -- what people ask --------------------------------------------------------------------------------------------

    @property
    def session_number(self) -> int | None:
        """The session that is under way."""
        return self._attempt.number if self._attempt else None

    def session_wanted(self, now: Moment) -> float | None:
        """When the next session begins as things stand, in monotonic seconds; ``None`` when nothing asks for one."""
        policy = self._parts.policy()
        if not policy.may_speak:
            return None
        dues = (self._session_due(policy), self._parts.calendar.next_due(now))
        return min((due for due in dues if due is not None), default=None)

    def lend_turn(self, now: Moment) -> Inform | str:
        """Let a connection test speak to the ACS: the Inform for it, which takes no event along; or why not now.

        Until ``turn_is_over``, and ``TEST_TAKES`` seconds at most, no session begins.
        """
        model = self._parts.model
        due = self.session_wanted(now)
        if self._attempt is not None or (due is not None and due <= now.monotonic):
            return "a session with the ACS is under way"
        if model.awaits_application or model.awaits_confirmation:
            return "a change waits for its confirmation by the ACS"
        inform = self._parts.inform((Event(PERIODIC),), 0, now)
        self._quiet_until = now.monotonic + TEST_TAKES
        return inform

    def turn_is_over(self) -> None:
        """The connection test has ended."""
        self._quiet_until = 0.0

    def inform_now(self) -> None:
        """A person wants a session at once."""
        self._occurred(PERIODIC)
        self._not_before = 0.0

    def values_may_differ(self) -> None:
        """Somebody here has changed something: the watched parameters are looked at, however they are announced."""
        self._follow_notifications()
        self._look_at(frozenset({"everything"}))

    def stays_up(self) -> None:
        """The system could not go down as it was told to: sessions begin again."""
        self._not_before = 0.0

    def settings_changed(self) -> None:
        """The settings file was read again, or a person has set parameters."""
        self.values_may_differ()
        self._after.append(do.Listen())

    # -- events -----------------------------------------------------------------------------------------------------

    def _occurred(self, code: str, **details: Any) -> None:
        self._parts.events.occurred(code, **details)
        self._has_news = True

    def _system_changed(self, topics: frozenset[str], now: Moment) -> None:
        topics |= self._parts.system_changed(topics)
        self._look_at(topics)
        if topics & TOPICS:
            self._look_for_a_new_way(now)
        if topics & {"link", "everything"}:
            self._after.append(do.Listen())  # the interface to listen on may have come to be

    def _look_for_a_new_way(self, now: Moment) -> None:
        """One ends the wait for the next attempt, or an attempt that finds nobody by the way that was there before."""
        attempt = self._attempt
        if attempt is None:
            if self._retry_at is not None and self._has_new_way():
                self._retry_at = min(self._retry_at, now.monotonic + SETTLING)
                log.info("there is a new way to the ACS: the next attempt in %.0f s", self._retry_at - now.monotonic)
        elif attempt.session is None and attempt.other_way_at is None and self._new_ways.is_new(self._parts.way()):
            attempt.other_way_at = now.monotonic + SETTLING

    def _give_up_for_a_new_way(self, now: Moment) -> list[Action]:
        """End the attempt under way that still has no connection, where the new way is there still."""
        attempt = self._attempt
        if attempt is None or attempt.session is not None or attempt.other_way_at is None:
            return []
        if now.monotonic < attempt.other_way_at:
            return []
        attempt.other_way_at = None
        if not self._new_ways.is_new(self._parts.way()):
            return []
        return self._failed("there is a new way to the ACS", now, was_reached=False, settling=0.0)

    def _look_at(self, topics: frozenset[str]) -> None:
        """Compare what the topics may have changed with what the ACS knows."""
        notifications, model = self._parts.notifications, self._parts.model
        concerned = None
        if "everything" not in topics:
            concerned = [path for path in notifications.watched if topics.intersection(model.changed_by(path))]
        self._tell(notifications.check(model.peek, concerned))

    def _poll(self, now: Moment) -> None:
        model, notifications = self._parts.model, self._parts.notifications
        silent = [path for path in notifications.watched if not model.changed_by(path)]
        self._tell(notifications.check(model.peek, silent))
        self._poll_at = now.monotonic + POLL

    def _tell(self, changes: Any) -> None:
        events, is_active = self._parts.events, self._parts.notifications.is_active
        if not changes or any(event.code == BOOTSTRAP for event in events.pending):
            return  # to an ACS at first contact everything is new: no value of it has changed
        # What flaps while the ACS is down must not turn the retries into a storm: such a change waits with its like.
        is_waiting = self._parts.retries.is_retrying and any(is_active(path) for path in events.changed_paths)
        events.occurred(VALUE_CHANGE, paths=changes.paths)
        self._has_news |= bool(changes.active) and not is_waiting

    def _follow_notifications(self) -> None:
        model = self._parts.model
        self._parts.notifications.follow(model.notified(), model.peek)

    def _time_passed(self, now: Moment) -> list[Action]:
        parts = self._parts
        actions: list[Action] = []
        if topics := parts.housekeeping.come_due(now):  # first: it may find another ACS
            self._look_at(topics)
        if self._attempt is None and parts.events.acs_is(parts.policy().acs):
            self._has_news, self._retry_at = True, None
            self.has_answered, self.failing_since = False, None
            parts.retries.succeeded()
            self._new_ways.succeeded()
        if parts.calendar.come_due(parts.events, now):
            self._has_news = True
        actions += self._give_up_for_a_new_way(now)
        if parts.commit_confirm.is_overdue(now.monotonic):
            actions += self._failed("the ACS was not reached in time after the change", now)
            self._news_of_change(parts.commit_confirm.time_passed(now.monotonic))
        if now.monotonic >= self._poll_at:
            self._poll(now)
        parts.planned_reboot.look(now.monotonic, now.wall, in_session=self._attempt is not None)
        is_free = self._attempt is None and not self._must_stay_up
        if is_free and parts.planned_reboot.come_due(now.monotonic, now.wall):
            self._not_before = now.monotonic + GOING_DOWN
            actions.append(do.Reboot())
        return actions

    def _make_what_waits(self, now: Moment) -> None:
        """A deferred change spares the session under way; there is none now, whoever has made the change."""
        self._news_of_change(self._parts.commit_confirm.no_session_runs(now.monotonic, self._parts.policy().may_speak))

    def _news_of_change(self, news: News | None) -> None:
        """The ACS is told of a deferred change at once; a session is what confirms it."""
        if news is News.MADE:
            self._not_before = self._quiet_until = 0.0  # its time to be confirmed runs
        if news is not None:
            self._occurred(f"X {self._parts.oui()} {news.value}")
            self.values_may_differ()

    # -- sessions ---------------------------------------------------------------------------------------------------

    def _is_current(self, number: int) -> bool:
        return self._attempt is not None and self._attempt.number == number

    def _session_due(self, policy: Policy) -> float | None:
        """When what is queued asks for a session; ``None``: it does not."""
        parts = self._parts
        is_retrying = parts.retries.is_retrying
        due = max(self._not_before, self._quiet_until)
        if not (is_retrying and self._retry_at is not None) and not parts.events.opens_session(
            parts.notifications.is_active, parts.outbox.put_off
        ):
            refused_at = parts.outbox.retry_at
            return None if refused_at is None else max(due, refused_at)
        if is_retrying and self._retry_at is not None and not self._has_news:
            due = max(due, self._retry_at)
        if parts.events.only_notifies(parts.events.for_inform(retrying=is_retrying)):
            due = max(due, throttled_until(self._last_success, policy.throttle))
        return due

    def _begin_if_due(self, now: Moment) -> list[Action]:
        policy = self._parts.policy()
        if self._attempt is not None or self.stopped or not policy.may_speak or self._are_held:
            return []
        due = self._session_due(policy)
        return self._begin() if due is not None and due <= now.monotonic else []

    def _begin(self) -> list[Action]:
        """Have a connection made first: the Inform says at which address of ours the ACS can reach us."""
        self._look_at(frozenset({"everything"}))
        events = self._parts.events.for_inform(retrying=self._parts.retries.is_retrying)
        self._sessions += 1
        self._has_news = False
        self._new_ways.begun(self._parts.way())
        self._parts.outbox.begin(events)
        self._attempt = _Attempt(self._sessions, events)
        return [do.OpenSession(self._sessions, tuple(event.code for event in events))]

    def _found(self, address: str, now: Moment) -> list[Action]:
        attempt, parts = self._attempt, self._parts
        if attempt is None or attempt.session is not None:
            return []
        parts.acs_met(address)
        self._look_at(frozenset({"address"}))
        if any(event.code == VALUE_CHANGE for event in parts.events.pending):
            attempt.events = parts.events.for_inform(retrying=parts.retries.is_retrying)
        attempt.session = session = Session(
            parts.inform(attempt.events, parts.retries.count, now),
            lambda request: parts.answer(request, self._now),
            lambda: parts.outbox.next_request(session.version),
            self._got_response,
        )
        return [do.Post(attempt.number, session.start().envelope)]

    def _got_response(self, request: Request, response: Response | Fault) -> None:
        """The ACS has answered a request of ours."""
        if isinstance(request, Inform) and isinstance(response, InformResponse) and self._attempt:
            self._parts.events.informed(self._attempt.events)
            self._parts.commit_confirm.informed()
        self._parts.outbox.answered(request, response, self._now.monotonic)

    def _guarded(self, turn: Callable[[Session], SessionPost | Waiting | Finished], now: Moment) -> list[Action]:
        attempt = self._attempt
        if attempt is None or attempt.session is None:
            return []
        try:
            match turn(attempt.session):
                case Finished():
                    return self._finished(attempt, now)
                case SessionPost(envelope):
                    return [do.Post(attempt.number, envelope)]
                case Waiting():
                    return []
        except SessionFailed as failure:
            self._parts.commit_confirm.acs_was_reached()
            return self._failed(str(failure), now)

    def _finished(self, attempt: _Attempt, now: Moment) -> list[Action]:
        parts = self._parts
        self._end(now, "complete")
        if HEARTBEAT not in {event.code for event in attempt.events}:  # it goes alone: it could not carry what waits
            self._last_success = now.monotonic
        self._retry_at = self.failing_since = None
        self.has_answered = True
        parts.retries.succeeded()
        self._new_ways.succeeded()
        self._follow_notifications()
        self._is_promise_due = True
        return [do.CloseSession(attempt.number, "complete"), do.Listen()]

    def _do_what_was_promised(self, now: Moment) -> list[Action]:
        """Reboot and FactoryReset come after the clean end of the session that asked for them, between operations."""
        parts = self._parts
        if not self._is_promise_due or self._must_stay_up:
            return []
        self._is_promise_due = False
        if not parts.events.awaits_reboot:
            return []
        self._not_before = now.monotonic + GOING_DOWN
        if parts.events.awaits_factory_reset:
            parts.model.forget_everything()
            parts.calendar.scheduled.clear()
            for operation in parts.operations:
                operation.forget()
            return [do.FactoryReset()]
        return [do.Reboot()]

    # -- long work --------------------------------------------------------------------------------------------------

    @property
    def _are_held(self) -> bool:
        """Whether no session is to begin just now."""
        return any(operation.holds_sessions for operation in self._parts.operations)

    @property
    def _must_stay_up(self) -> bool:
        """Whether the system must not go down just now."""
        return any(operation.holds_reboots for operation in self._parts.operations)

    def _work(self, turn: Callable[[Operation], Sequence[Action] | None]) -> list[Action]:
        """Give each operation its turn; an event that one of them brings about is news."""
        events = self._parts.events
        before = events.latest
        actions = [action for operation in self._parts.operations for action in turn(operation) or ()]
        self._has_news |= events.latest != before
        return actions

    def _operate(self, now: Moment) -> list[Action]:
        in_session = self._attempt is not None
        actions = self._work(lambda operation: operation.act(now, in_session))
        if any(isinstance(action, do.Reboot) for action in actions):
            self._not_before = now.monotonic + GOING_DOWN
        return actions

    def _failed(
        self, reason: str, now: Moment, *, was_reached: bool = True, settling: float = SETTLING
    ) -> list[Action]:
        attempt, parts = self._attempt, self._parts
        if attempt is None:
            return []
        policy = parts.policy()
        if attempt.session is None or not attempt.session.informed:
            parts.events.failed(attempt.events)
        wait = parts.retries.failed(policy.retry_minimum_wait, policy.retry_multiplier, parts.chance())
        self._new_ways.failed(was_reached)
        if self._has_new_way():
            wait = min(wait, settling)
        self._retry_at = now.monotonic + wait
        self.failing_since = self.failing_since if self.failing_since is not None else now.monotonic
        log.warning("session %d failed: %s; the next attempt in %.0f s", attempt.number, reason.rstrip("."), wait)
        self._end(now, reason)
        self._follow_notifications()
        return [do.CloseSession(attempt.number, reason)]

    def _has_new_way(self) -> bool:
        return self._new_ways.may_help and self._new_ways.has_come(self._parts.way())

    def _end(self, now: Moment, outcome: str) -> None:
        self._attempt = None
        self.last_outcome, self.last_ended = outcome, now

    def _stop(self) -> list[Action]:
        self.stopped = True
        if self._attempt is None:
            return []
        return [do.CloseSession(self._attempt.number, "the agent was stopped")]


@dataclass(slots=True)
class Parts:
    """What the core is made of; ``wiring`` builds it."""

    model: DataModel
    events: EventQueue
    notifications: Notifications
    retries: Retries
    calendar: Calendar
    commit_confirm: CommitConfirm
    policy: Callable[[], Policy]
    inform: Callable[[tuple[Event, ...], int, Moment], Inform]
    answer: Callable[[Request, Moment], Response | Fault]
    save: Callable[[], None]
    control: Callable[[Core, str, Any, Moment], dict[str, Any]]
    oui: Callable[[], str]
    chance: Callable[[], float]
    acs_met: Callable[[str], None] = lambda _address: None
    """Takes the address at which the ACS was found."""
    way: Callable[[], Hashable | None] = lambda: None
    """How the kernel would send to the ACS now; ``None``: it has no way."""
    system_changed: Callable[[frozenset[str]], frozenset[str]] = lambda _topics: frozenset()
    """Lets what is configured follow the system: a link that comes up gets its addresses. More topics of its own."""
    lease_heard: Callable[[Mapping[str, Any]], object] = lambda _event: None
    """Takes what a DHCP client has told of a lease."""
    housekeeping: Housekeeping = field(default_factory=Housekeeping)
    planned_reboot: PlannedReboot = field(default_factory=PlannedReboot)
    outbox: Outbox = field(default_factory=lambda: Outbox((), EventQueue()))
    """What the ACS still has to hear in requests of ours."""
    operations: Sequence[Operation] = ()
    """Long work that is begun between sessions, or beside them."""
    boot_delay: float = 0.0
    """Seconds after the start before which no session begins."""
    last_session: int = 0
    """The number of the last session of an earlier run."""
