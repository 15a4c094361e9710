"""The core as a conversation: a small device with a real data model, fake time, and an ACS that a test plays.

What the core wants done is noted, and every envelope is held against the published XSDs. ``Talk`` outlives the agent:
``restarted`` builds it anew from its documents.
"""

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from agent.cwmp import management_server as ms
from agent.cwmp import messages as m
from agent.cwmp.event_queue import Event
from agent.cwmp.heartbeat import Heartbeat
from agent.cwmp.inform import inform
from agent.cwmp.notifications import Notifications
from agent.cwmp.outbox import Outbox
from agent.cwmp.planned_reboot import DELAY_REBOOT, SCHEDULE_REBOOT, PlannedReboot
from agent.cwmp.retry import Retries
from agent.cwmp.rpc import Clocks, Rpc
from agent.cwmp.schedule import Recurring
from agent.model.data_model import Caller
from agent.runtime import actions as do
from agent.runtime import events as on
from agent.runtime.calendar import Calendar
from agent.runtime.commit_confirm import CommitConfirm
from agent.runtime.core import Core, Parts, Policy
from agent.runtime.delivery import Delivery
from agent.runtime.doctor import Surroundings
from agent.runtime.events import Moment
from agent.runtime.redactor import Redactor
from agent.runtime.status import Device, Verbs
from agent.runtime.transfers import Transfers
from agent.runtime.verbs import ModelVerbs
from agent.transfers.requests import TransferRequests
from tests.cwmp.small_device import DEVICE_ID, SmallDevice, System
from tests.fakes.documents import Documents
from tests.fakes.transfers import POLICY, Depot
from tests.shorthand import valid

CONFIRM_WITHIN = 180.0
START = 1_772_363_100.0  # 2026-03-01, five minutes past the hour, in seconds of Unix time


class Talk:
    """``now`` is the monotonic clock, ``wall`` the other one (``None``: not set). ``done`` collects the actions."""

    def __init__(
        self,
        documents: Documents | None = None,
        system: System | None = None,
        *,
        boot: str = "boot 1",
        now: float = 1000.0,
        wall: float | None = START,
        chance: float = 0.5,
        boot_delay: float = 0.0,
        is_forced_boot: bool = False,
        way: str | None = "eth0",
        depot: Depot | None = None,
    ) -> None:
        self.boot = boot
        self.now = now
        self.wall = wall
        self.chance = chance
        self.device = SmallDevice(documents, system, boot, depot)
        self.documents = self.device.documents
        self.system = self.device.system
        self.own = self.device.own
        self.model = self.device.model
        self.done: list[Any] = []
        self.jobs: list[do.Begin] = []
        self.delivery = Delivery(self.documents, boot, self.moment)
        self.depot = self.device.depot
        self.depot.register(self.delivery.transfers.types)
        self.transfers = Transfers(
            self.delivery.transfers,
            lambda: self.depot.courier,
            lambda: ms.acs_identity(self.own),
            self.delivery.save,
        )
        self.requests = TransferRequests(self.delivery.transfers, lambda: POLICY)
        self.delivery.started(is_forced_boot, ms.acs_identity(self.own))
        self.rpc = Rpc(
            self.model,
            self.delivery.events,
            self.delivery.scheduled,
            self.delivery.notifications,
            self.delivery.save,
            transfers=self.requests,
        )
        self.retries = Retries()
        self.way = way
        self.parts = self._parts(boot_delay)
        self.core = Core(self.parts, self.moment)
        self.pass_on(None)

    @property
    def moment(self) -> Moment:
        return Moment(self.now, self.wall)

    @property
    def events(self) -> Any:
        return self.delivery.events

    @property
    def notifications(self) -> Notifications:
        return self.delivery.notifications

    def _parts(self, boot_delay: float) -> Parts:
        get = self.own.get
        verbs = Verbs(
            lambda: self.parts,
            ModelVerbs(self.model, lambda: self.core.settings_changed()),
            Device(dict, dict),
            Surroundings(list, list, dict, lambda: True),
            Redactor(),
        )
        return Parts(
            model=self.model,
            events=self.delivery.events,
            notifications=self.delivery.notifications,
            retries=self.retries,
            calendar=Calendar(
                lambda: ms.periodic_inform(self.own),
                lambda: ms.heartbeat_policy(self.own),
                self.delivery.scheduled,
                Recurring(self.chance),
                Heartbeat(self.chance),
            ),
            commit_confirm=CommitConfirm(self.model, CONFIRM_WITHIN),
            policy=lambda: Policy(
                ms.acs_identity(self.own),
                get("ManagementServer.CWMPRetryMinimumWaitInterval"),
                get("ManagementServer.CWMPRetryIntervalMultiplier"),
                get("ManagementServer.DefaultActiveNotificationThrottle"),
                get(ms.ENABLE_CWMP),
            ),
            inform=self._inform,
            answer=lambda request, now: self.rpc.answer(request, Clocks(now.monotonic, now.wall)),
            save=self._save,
            control=verbs.answer,
            oui=lambda: DEVICE_ID.oui,
            chance=lambda: self.chance,
            boot_delay=boot_delay,
            way=lambda: self.way,
            outbox=Outbox([self.requests], self.delivery.events),
            operations=[self.transfers],
            planned_reboot=PlannedReboot(lambda: get(DELAY_REBOOT), lambda: get(SCHEDULE_REBOOT)),
        )

    def _inform(self, events: tuple[Event, ...], retry_count: int, now: Moment) -> m.Inform:
        return inform(
            self.model,
            DEVICE_ID,
            events,
            changed=self.events.changed_paths,
            chosen=ms.inform_parameters(self.own),
            retry_count=retry_count,
            current_time=m.UNKNOWN_TIME if now.wall is None else datetime.fromtimestamp(now.wall, UTC),
        )

    def _save(self) -> None:
        with contextlib.suppress(OSError):
            self.delivery.save()

    def restarted(self, *, booted: bool = False, seconds: float = 1.0) -> "Talk":
        """The agent's process ended at once and starts anew; ``booted``: the kernel too, with a clock of its own."""
        return Talk(
            self.documents,
            self.system,
            boot=self.boot + "+" if booted else self.boot,
            now=5.0 if booted else self.now + seconds,
            wall=None if self.wall is None else self.wall + seconds,
            chance=self.chance,
            depot=self.depot,
        )

    # -- what happens -------------------------------------------------------------------------------------------------

    def pass_on(self, event: on.Event | None) -> list[Any]:
        """An event for the core (``None``: the time): what it wants done."""
        actions = self.core.handle(event, self.moment)
        for opened in [action for action in actions if isinstance(action, do.OpenSession)]:
            actions += self.core.handle(on.AcsFound(opened.session, "192.0.2.10"), self.moment)
        for action in actions:
            if isinstance(action, do.Post) and action.envelope is not None:
                valid(action.envelope)
            if isinstance(action, do.Answer):
                action.answer(action.reply)
        self.done += actions
        self.jobs += [action for action in actions if isinstance(action, do.Begin)]
        return actions

    def works(self) -> list[object]:
        """The jobs that were begun are done, one after the other: what they told."""
        told = list[object]()
        while self.jobs:
            begun = self.jobs.pop(0)
            said = list[object]()
            begun.job(said.append)
            told += said
            for one in said:
                self.pass_on(on.Told(begun.name, one))
        return told

    def let_pass(self, seconds: float, *, step: Callable[[], None] = lambda: None) -> None:
        """Time goes on, as the loop would let it: the core is woken whenever it asked to be. No event comes."""
        end = self.now + seconds
        turns = 0
        while True:
            due = self.core.next_due(self.moment)
            if due > end:
                break
            self.to(max(self.now, due))
            self.pass_on(None)
            step()
            turns += 1
            assert turns < 2000, f"the loop spins at {self.now}"
            if self.core.next_due(self.moment) <= self.now:
                self.to(self.now + 0.001)
        self.to(end)

    def to(self, now: float) -> None:
        if self.wall is not None:
            self.wall += now - self.now
        self.now = now

    def says(self, message: m.Message | None) -> list[Any]:
        """The ACS answers in the session under way."""
        number = self.core.session_number
        assert number is not None, "there is no session"
        identifier = "acs" if isinstance(message, m.Request) else "1"
        envelope = None if message is None else m.Envelope(message, id=identifier, version="1.2")
        return self.pass_on(on.AcsReplied(number, envelope))

    def breaks(self, reason: str = "no route to host", host_answered: bool = False) -> list[Any]:
        """The session under way breaks."""
        number = self.core.session_number
        assert number is not None, "there is no session"
        return self.pass_on(on.AcsUnreachable(number, reason, host_answered))

    def ends(self, *requests: m.Request) -> list[Any]:
        """The ACS takes the Inform, asks these, and lets the session end well: the responses."""
        self.says(m.InformResponse())
        answers = []
        for request in requests:
            self.says(request)
            answers.append(self.last_posted())
        self.says(None)
        return answers

    def system_says(self, path: str, text: str, topic: str = "link") -> None:
        """The system changes by itself, and an event names what."""
        self.device.becomes(path, text)
        self.pass_on(on.Changed(frozenset({topic})))

    def person(self, verb: str, **arguments: Any) -> dict[str, Any]:
        """Somebody here asks through the control socket: the reply."""
        replies: list[dict[str, Any]] = []
        self.pass_on(on.ControlAsked(verb, arguments, replies.append))
        [reply] = replies
        return reply

    # -- what came of it ----------------------------------------------------------------------------------------------

    @property
    def informs(self) -> list[m.Inform]:
        """All Informs so far."""
        posts = (action.envelope for action in self.done if isinstance(action, do.Post))
        return [envelope.message for envelope in posts if envelope and isinstance(envelope.message, m.Inform)]

    @property
    def told(self) -> list[str]:
        """The event codes of the last Inform."""
        return [event.event_code for event in self.informs[-1].event]

    @property
    def in_session(self) -> bool:
        return self.core.session_number is not None

    def last_posted(self) -> Any:
        posts = [action for action in self.done if isinstance(action, do.Post)]
        return posts[-1].envelope.message if posts[-1].envelope else None

    def wanted(self, kind: type[Any]) -> list[Any]:
        """The actions of a kind so far."""
        return [action for action in self.done if isinstance(action, kind)]

    def get(self, path: str) -> str:
        return self.model.get([path], Caller.LOCAL)[0].text


def begun() -> Talk:
    """A device that the ACS knows: its first session is over."""
    talk = Talk()
    talk.ends()
    talk.done.clear()
    return talk
