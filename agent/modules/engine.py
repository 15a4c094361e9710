"""The operations on software modules, one after the other: which is next, what it has come to, who hears of it.

Its document has the orders, what the ACS has still to hear, and which modules are deployed: so what an operation has
changed is known together with its result, or it is done again.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, TypeVar

from agent.cwmp import messages
from agent.cwmp.event_queue import DU_STATE_CHANGE_COMPLETE, EventQueue
from agent.cwmp.outbox import Waiting
from agent.model.durable_state import Store
from agent.model.errors import ResourcesExceeded, not_saved
from agent.modules import results
from agent.modules.orders import (
    INSTALL,
    MOST_TRIES,
    UNINSTALL,
    UPDATE,
    Asked,
    Done,
    Order,
    Result,
    order_from_json,
    order_to_json,
    result_from_json,
)
from agent.modules.uuids import is_uuid, uuid_of
from agent.modules.work import Tools, Work, swept
from agent.runtime import actions as do
from agent.runtime.actions import Action
from agent.runtime.endpoint import shown_url
from agent.runtime.events import Moment
from agent.runtime.operations import Broke, Tell
from backends.modules.environment import Installed
from backends.modules.inventory import Deployed, from_json, to_json, updated
from backends.modules.inventory import Order as UnitOrEnvironment

log = logging.getLogger(__name__)

NAME: Final = "modules"
DOCUMENT: Final = "modules"
UNUSABLE: Final = "modules-unusable"
"""The document of which something could not be used, for whoever mends it."""
M_CHANGE: Final = "M ChangeDUState"
AUTONOMOUS: Final = "12 AUTONOMOUS DU STATE CHANGE COMPLETE"
MOST_ORDERS: Final = 16
MOST_TOLD: Final = 64
"""Changes that the ACS did not ask for and has still to hear of; the oldest are dropped."""
LOOK: Final = 60.0
"""Seconds between looks at whether somebody else has changed what is installed."""
PAUSE: Final = 30.0
"""Seconds before a job that ended by a surprise is begun again."""
DENIED: Final = 9001

Saved = TypeVar("Saved")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the engine asks for. ``reference``: the path of a row of DeploymentUnit or ExecutionUnit by its key, "" for
    none; ``environment_at``: the name of the environment at a path; ``note``: the history of events.
    """

    reference: Callable[[str, str], str]
    environment_at: Callable[[str], str | None]
    policy: Callable[[], results.Policy] = results.Policy
    note: Callable[..., object] = lambda *_told, **_fields: None


@dataclass(frozen=True, slots=True)
class _Begun:
    """What was left by the last run is in order."""


@dataclass(frozen=True, slots=True)
class _Performed:
    """So many orders of the settings are done."""

    count: int


@dataclass(frozen=True, slots=True)
class _Ended:
    """An operation is over."""

    number: int
    done: Done


class ModuleEngine:
    """An operation of the core (agent.runtime.operations), the RPC's DeploymentUnits, an owner of the outbox."""

    name = NAME
    holds_sessions = False

    def __init__(self, tools: Tools, store: Store, events: EventQueue, given: Surroundings) -> None:
        self.tools = tools
        self.modules = tools.modules
        self._store = store
        self._events = events
        self._given = given
        self._orders: list[Order] = []
        self._told: list[tuple[int, Result]] = []
        self._next = 1
        self._has_begun = False
        self._is_busy = False
        self._not_before = 0.0
        self._look_at = 0.0
        self._stamps: dict[str, object] = {}
        self._troubles: dict[str, str] = {}
        self._knows_what_is_there = False
        self._references: Mapping[str, str] = {}
        self._load()

    # -- asked by the ACS ---------------------------------------------------------------------------------------------

    def change(self, operations: Sequence[messages.Operation], command_key: str, clocks: object) -> None:  # noqa: ARG002
        """See agent.cwmp.rpc.DeploymentUnits. Where it cannot be saved, what only uninstalls is done all the same: it
        makes room, and what a crash can lose is an order that a second one replaces.
        """
        self._drop_unheard()
        if len(self._orders) >= MOST_ORDERS:
            raise ResourcesExceeded("", f"{MOST_ORDERS} orders wait already")
        order = Order(self._next, command_key, tuple(self._asked(one) for one in operations))
        self._orders.append(order)
        self._next += 1
        try:
            self._save()
        except OSError as failure:
            if any(one.kind != UNINSTALL for one in order.operations):
                self._orders.remove(order)
                raise not_saved(failure) from failure
            log.warning("an order that only uninstalls could not be saved, and is done: %s", failure)

    def _drop_unheard(self) -> None:
        """Orders that are over, and of which nobody wants to hear any more: another ACS has come (TR-069 §3.7.1.5)."""
        pending = {event.code for event in self._events.pending}
        if DU_STATE_CHANGE_COMPLETE not in pending:
            self._orders = [order for order in self._orders if not order.is_complete]

    def _asked(self, one: messages.Operation) -> Asked:
        match one:
            case messages.InstallOpStruct():
                return Asked(INSTALL, one.url, one.uuid or "", "", one.username or "", one.password or "",
                             self._environment(one.execution_env_ref))  # fmt: skip
            case messages.UpdateOpStruct():
                return Asked(UPDATE, one.url or "", one.uuid or "", one.version or "", one.username or "",
                             one.password or "")  # fmt: skip
            case messages.UninstallOpStruct():
                environment = self._environment(one.execution_env_ref)
                return Asked(UNINSTALL, uuid=one.uuid, version=one.version or "", environment=environment)

    def _environment(self, reference: str | None) -> str | None:
        return self._given.environment_at(reference) if reference else ""

    # -- the core's side ----------------------------------------------------------------------------------------------

    @property
    def holds_reboots(self) -> bool:
        """While a module is being changed: each change ends by itself, and what a reboot breaks off is undone."""
        return self._is_busy and bool(self.modules.changing)

    def due(self, now: Moment, in_session: bool) -> float | None:
        """See Operation."""
        if self._is_busy:
            return None
        if not self._has_begun or self.modules.orders or (self._next_order() and not in_session):
            return max(now.monotonic, self._not_before)
        return self._look_at

    def act(self, now: Moment, in_session: bool) -> Sequence[Action]:
        """See Operation. One job at a time; what it is for is saved before it begins."""
        if self._is_busy or now.monotonic < self._not_before:
            return ()
        if not self._has_begun:
            order = self._next_order()
            return self._begin(partial(self._set_up, order.ran if order else ()))
        if wanted := self.modules.orders:
            return self._begin(partial(self._perform, wanted))
        order = self._next_order()
        if order is not None and not in_session:
            return self._begin_operation(order)
        if now.monotonic >= self._look_at:
            self._look_at = now.monotonic + LOOK
            self._look_for_others(now)
        return ()

    def heard(self, told: object, now: Moment) -> None:
        """See Operation."""
        self._is_busy = False
        self.modules.forget()
        match told:
            case _Begun():
                self._has_begun = True
                self._look_for_others(now)
                swept(self.tools.directory, (f"{order.number}." for order in self._orders))
            case _Performed(count):
                self.modules.orders = self.modules.orders[count:]
            case _Ended(number, done):
                self._over(number, done)
            case Broke():
                self._has_begun = False  # what it left half made is undone first
                self.modules.changing = {}
                self._not_before = now.monotonic + PAUSE
                if self.modules.orders:
                    self.modules.orders = self.modules.orders[1:]  # whichever it was, the rest is done

    def forget(self) -> None:
        """A factory reset: what was ordered does not count any more, and what is there is looked at anew.

        Archives are emptied by ``agent.modules.feature``; packages are the system's to reset.
        """
        self._orders, self._told = [], []
        self.modules.orders, self.modules.deployed = (), {}
        self._knows_what_is_there = False
        self._save_quietly()

    def _begin(self, job: Callable[[Tell], None]) -> Sequence[Action]:
        self._is_busy = True
        return (do.Begin(NAME, job),)

    def _set_up(self, ran: Sequence[str], tell: Tell) -> None:
        self.modules.begin(ran)
        tell(_Begun())

    def _perform(self, wanted: Sequence[UnitOrEnvironment], tell: Tell) -> None:
        for one in wanted:
            self.modules.perform(one)
        tell(_Performed(len(wanted)))

    def _next_order(self) -> Order | None:
        return next((order for order in self._orders if not order.is_complete), None)

    def _begin_operation(self, order: Order) -> Sequence[Action]:
        place = len(order.results)
        asked = order.operations[place]
        if order.tries >= MOST_TRIES:
            known = asked.uuid.lower() if is_uuid(asked.uuid) else uuid_of("", asked.url)
            result = Result(asked.kind, known, asked.version, code=DENIED, text="given up: it was broken off each time")
            self._over(order.number, Done((result,)))
            return ()
        work = Work(self.tools, asked, f"{order.number}.{place}.")
        ran = order.ran if order.tries else work.running()
        self._replace(replace(order, tries=order.tries + 1, ran=ran))
        self._save_quietly()
        self._references = self._known_references()
        return self._begin(lambda tell: tell(_Ended(order.number, work.do())))

    # -- what has come of it ------------------------------------------------------------------------------------------

    def _over(self, number: int, done: Done) -> None:
        order = next((one for one in self._orders if one.number == number), None)
        if order is None:
            return  # a factory reset came between
        self._take(done.changed)
        told = self._with_references(done.results)
        url = shown_url(order.operations[len(order.results)].url)
        for one in told:
            self._note(one, _in_words(one, url), url=url[:128], command_key=order.command_key)
        order = order.with_results(told)
        self._replace(order)
        self._save_quietly()
        self._look_at = 0.0  # what others did meanwhile
        if order.is_complete:
            self._raise(order)

    def _note(self, one: Result, text: str, **told: str) -> None:
        """In the log and in the history."""
        log.log(logging.WARNING if one.code else logging.INFO, "%s", text)
        self._given.note(
            "module", one.reference, text, operation=one.kind, code=one.code, uuid=one.uuid, name=one.name,
            version=one.version, **{name: value for name, value in told.items() if value},
        )  # fmt: skip

    def _take(self, changed: Mapping[str, Deployed | None]) -> None:
        every = {**self.modules.deployed, **changed}
        self.modules.deployed = {key: one for key, one in every.items() if one is not None}

    def _with_references(self, told: Sequence[Result]) -> tuple[Result, ...]:
        """Keys become paths: those of now, for what has gone those of before."""
        known = {**self._references, **self._known_references()}
        return tuple(
            replace(
                one,
                reference=known.get(one.reference, ""),
                units=tuple(path for key in one.units if (path := known.get(f"unit {key}"))),
            )
            for one in told
        )

    def _known_references(self) -> dict[str, str]:
        modules, reference = self.modules, self._given.reference
        return {
            **{key: reference("DeploymentUnit", key) for key in modules.deployed},
            **{f"unit {unit.key}": reference("ExecutionUnit", unit.key) for unit in modules.units()},
        }

    def _raise(self, order: Order) -> None:
        try:
            self._events.occurred(M_CHANGE, order.command_key)
        except ResourcesExceeded:
            self._events.occurred(DU_STATE_CHANGE_COMPLETE)  # by it the request is sent all the same

    # -- what others do -----------------------------------------------------------------------------------------------

    def _look_for_others(self, now: Moment) -> None:
        """Compare what is deployed with what is installed; what differs was done by somebody else, or by hand."""
        if self._next_order() is not None and self._knows_what_is_there:
            return
        changed, is_all_known = False, True
        for name, environment in self.modules.environments.items():
            stamp = environment.stamp()
            if self._stamps.get(name) == stamp:
                continue
            environment.forget()
            installed = environment.installed()
            if trouble := environment.trouble():
                is_all_known = False
                self._complain(name, trouble)
                continue
            self._stamps[name] = stamp
            changed = self._compare(name, installed, now) or changed
        if changed or (is_all_known and not self._knows_what_is_there):
            self._knows_what_is_there |= is_all_known
            self._save_quietly()

    def _complain(self, environment: str, trouble: str) -> None:
        if self._troubles.get(environment) != trouble:
            self._troubles[environment] = trouble
            log.error("%s: what is installed cannot be known, and nothing can be changed: %s", environment, trouble)

    def _compare(self, environment: str, installed: Mapping[str, Installed], now: Moment) -> bool:
        known = {one.identifier: one for one in self.modules.deployed.values() if one.environment == environment}
        before = self._known_references()
        done: list[tuple[str, Deployed, Deployed | None]] = []
        for identifier, found in installed.items():
            there = known.get(identifier)
            if there is None:
                new = Deployed(uuid_of(found.vendor, found.name), environment, identifier, found.name, found.vendor,
                               found.version, found.description)  # fmt: skip
                done.append((INSTALL, new, new))
            elif there.version != found.version:
                new = updated(there, found)
                done.append((UPDATE, new, new))
        done += [(UNINSTALL, one, None) for identifier, one in known.items() if identifier not in installed]
        self._take({one.key: then for _, one, then in done})
        after = {**before, **self._known_references()}
        for kind, one, then in done:
            if self._knows_what_is_there:
                self._tell(self._result_of(kind, one, then, after, now))
        return bool(done)

    def _result_of(
        self, kind: str, one: Deployed, new: Deployed | None, references: Mapping[str, str], now: Moment
    ) -> Result:
        units = [references.get(f"unit {unit.key}", "") for unit in self.modules.units(one.key)] if new else []
        found = self.modules.installed(one) if new else None
        return Result(
            kind, one.uuid, one.version, "Installed" if new else "Uninstalled", found is not None and found.is_resolved,
            references.get(one.key, ""), tuple(filter(None, units)), None, now.wall, name=one.name,
        )  # fmt: skip

    def _tell(self, result: Result) -> None:
        self._note(result, f"{_in_words(result)}, by somebody here")
        if not self._given.policy().wants(result):
            return
        self._told = [*self._told, (self._next, result)][-MOST_TOLD:]
        self._next += 1
        self._events.occurred(AUTONOMOUS)

    # -- what the ACS has still to hear -------------------------------------------------------------------------------

    def waiting(self) -> Sequence[Waiting]:
        """See agent.cwmp.outbox.Owner."""
        ended = [
            Waiting(f"order {order.number}", results.complete(order), DU_STATE_CHANGE_COMPLETE)
            for order in self._orders
            if order.is_complete
        ]
        if not self._told:
            return ended
        last = self._told[-1][0]
        return [*ended, Waiting(f"told {last}", results.autonomous([one for _, one in self._told]), AUTONOMOUS)]

    def delivered(self, key: str) -> None:
        """See agent.cwmp.outbox.Owner."""
        kind, _, number = key.partition(" ")
        if kind == "order":
            self._orders = [order for order in self._orders if order.number != int(number)]
        else:
            self._told = [(one, result) for one, result in self._told if one > int(number)]
        self._save_quietly()
        swept(self.tools.directory, (f"{order.number}." for order in self._orders))

    # -- what people see ----------------------------------------------------------------------------------------------

    def secrets(self) -> list[str]:
        """What is in no log: the passwords of orders."""
        return [one.password for order in self._orders for one in order.operations if one.password]

    def picture(self) -> dict[str, Any]:
        """Orders and modules as a document for people; without secrets."""
        return {
            "orders": [
                {
                    "command_key": order.command_key,
                    "operations": [
                        {
                            "operation": one.kind,
                            "uuid": one.uuid,
                            "state": _state(order, place),
                            "code": max((result.code for result in order.results[place]), default=0)
                            if place < len(order.results)
                            else 0,
                        }
                        for place, one in enumerate(order.operations)
                    ],
                }
                for order in self._orders
            ],
        }

    # -- the document -------------------------------------------------------------------------------------------------

    def _replace(self, order: Order) -> None:
        self._orders = [order if one.number == order.number else one for one in self._orders]

    def _load(self) -> None:
        stored = self._store.read(DOCUMENT)
        if not isinstance(stored, dict):
            return
        orders, lost_orders = _sound(stored.get("orders"), order_from_json)
        told, lost_told = _sound(stored.get("told"), _told_from_json)
        deployed, lost_deployed = _sound(stored.get("deployed"), from_json)
        following: int = stored["next"] if type(stored.get("next")) is int else 0
        losses = {
            "orders of the ACS": lost_orders,
            "changes that the ACS has still to hear of": lost_told,
            "deployment units": lost_deployed,
            "the number of the next order": not following,
        }
        for what, is_lost in losses.items():
            if is_lost:
                log.error("software modules: not all that was saved can be used (%s): it is kept as %s", what, UNUSABLE)
        if any(losses.values()):
            with suppress(OSError):
                self._store.write(UNUSABLE, stored)
        self._orders, self._told = orders[:MOST_ORDERS], told[-MOST_TOLD:]
        known = [0, *(order.number for order in orders), *(number for number, _ in told)]
        self._next = max(following, max(known) + 1)
        self.modules.deployed = {one.key: one for one in deployed}
        self._knows_what_is_there = not lost_deployed  # what was lost was not installed by somebody here
        pending = [(event.code, event.command_key) for event in self._events.pending]
        for order in self._orders:
            if order.is_complete and (M_CHANGE, order.command_key) not in pending:
                self._raise(order)  # a crash came between its result and its event
        if self._told and (AUTONOMOUS, "") not in pending:
            self._events.occurred(AUTONOMOUS)

    def _save(self) -> None:
        self._store.write(
            DOCUMENT,
            {
                "version": 1,
                "next": self._next,
                "orders": [order_to_json(order) for order in self._orders],
                "told": [[number, _as_json(one)] for number, one in self._told],
                "deployed": to_json(self.modules.deployed),
            },
        )

    def _save_quietly(self) -> None:
        try:
            self._save()
        except OSError as failure:
            log.debug("what is known of software modules could not be saved: %s", failure)


def _sound(entries: Any, read: Callable[[Any], Saved]) -> tuple[list[Saved], bool]:
    """Those that can be used, and whether there are others."""
    found: list[Saved] = []
    if not isinstance(entries, list):
        return found, True
    for one in entries:
        with suppress(ValueError, TypeError, KeyError, AttributeError):
            found.append(read(one))
    return found, len(found) < len(entries)


def _told_from_json(entry: Any) -> tuple[int, Result]:
    number, result = entry
    if type(number) is not int:
        raise TypeError("a number is needed")
    return number, result_from_json(result)


def _as_json(result: Result) -> Any:
    return order_to_json(Order(0, "", (Asked(""),), ((result,),)))["results"][0][0]


def _state(order: Order, place: int) -> str:
    if place < len(order.results):
        return "done"
    return "in progress" if place == len(order.results) and order.tries else "waits"


def _in_words(one: Result, url: str = "") -> str:
    what = f"{one.kind.lower()} of {one.name or url or one.uuid}"
    if one.code:
        return f"{what} failed with {one.code}: {one.text}"
    but = f", but {one.text}" if one.text else ""
    return f"{what}: {one.version} is {one.state.lower()}{but}"
