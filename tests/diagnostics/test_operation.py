"""Whose turn it is: what the ACS asks for, what a person runs, cancels, restarts; jobs in real threads."""

import logging
import queue
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from agent.cwmp.event_queue import EventQueue
from agent.diagnostics.operation import Diagnostics, Surroundings
from agent.runtime.actions import Begin
from agent.runtime.events import Moment
from agent.runtime.operations import Broke
from tests.backends.tr181.diagnosed import FAILING, HOST, STATE, WAITING, Diagnosed
from tests.diagnostics.answering import Waiting
from tests.waiting import PATIENCE

EVENT = "8 DIAGNOSTICS COMPLETE"


class Owner:
    """The agent around it: one thread that takes what jobs tell, and acts after it."""

    def __init__(self, device: Diagnosed, *, is_boot: bool = False) -> None:
        self.device = device
        self.events = EventQueue()
        self.inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.saved: list[str] = []
        self.notes: list[Any] = []
        self.in_session = False
        self.changed: list[frozenset[str]] = []
        around = Surroundings(
            self.events,
            lambda: self.saved.append(device.get(STATE)),
            device.schema.parameter,
            self.changed.append,
            self._ask,
            lambda *told, **fields: self.notes.append((told, fields)),
        )
        self.diagnostics = Diagnostics(device.tables, around)
        self.diagnostics.started(is_boot=is_boot)

    def _ask(self, work: Any) -> Any:
        answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def act() -> None:
            try:
                answer, failure = work(), None
            except Exception as raised:  # noqa: BLE001 - it is raised again where it was asked for
                answer, failure = None, raised
            answers.put((answer, failure))

        self.inbox.put(act)
        answer, failure = answers.get(timeout=PATIENCE)
        if failure is not None:
            raise failure
        return answer

    def turn(self) -> None:
        """One turn of the core."""
        now = Moment(time.monotonic(), None)
        for action in self.diagnostics.act(now, self.in_session):
            assert isinstance(action, Begin)
            threading.Thread(target=action.job, args=(self.inbox.put,), daemon=True).start()

    def hear(self, seconds: float = PATIENCE) -> None:
        """The next thing that somebody tells or asks."""
        told = self.inbox.get(timeout=seconds)
        if callable(told):
            told()
        else:
            self.diagnostics.heard(told, Moment(time.monotonic(), None))
        self.turn()

    @property
    def told(self) -> list[str]:
        return [event.code for event in self.events.pending]


@pytest.fixture
def owner() -> Iterator[Owner]:
    Waiting.go.clear()
    Waiting.at_work.clear()
    Waiting.most_at_work.clear()
    yield Owner(Diagnosed())
    Waiting.go.set()


def test_what_the_acs_asks_for_begins_after_the_session_and_ends_with_event_8(owner: Owner) -> None:
    Waiting.go.set()
    owner.in_session = True
    owner.device.set({HOST: "h", STATE: "Requested"})
    owner.turn()
    assert (owner.inbox.qsize(), owner.diagnostics.due(Moment(1.0, None), True)) == (0, None)
    owner.in_session = False
    assert owner.diagnostics.due(Moment(1.0, None), False) == 1.0
    owner.turn()
    assert owner.device.get(STATE) == "Requested"
    owner.hear()
    assert (owner.device.get(STATE), owner.told, owner.changed) == ("Complete", [EVENT], [frozenset({"diagnostics"})])
    assert owner.saved[-1] == "Complete"
    assert owner.notes == [(("diagnostics", "Waiting", "it is complete"), {"state": "Complete"})]


def test_who_cannot_do_it_tells_the_acs_too(owner: Owner) -> None:
    owner.device.set({f"{FAILING}Host": "h", f"{FAILING}DiagnosticsState": "Requested"})
    owner.turn()
    owner.hear()
    assert owner.device.get(f"{FAILING}DiagnosticsState") == "Error_NoRouteToHost"
    assert owner.told == [EVENT]


def test_several_requests_are_served_one_after_the_other_in_their_order(owner: Owner) -> None:
    owner.device.set({HOST: "h", STATE: "Requested"})
    owner.device.set({f"{FAILING}Host": "h", f"{FAILING}DiagnosticsState": "Requested"})
    owner.turn()
    Waiting.go.set()
    owner.hear()
    assert owner.device.get(f"{FAILING}DiagnosticsState") == "Requested"
    owner.hear()
    assert owner.device.get(f"{FAILING}DiagnosticsState") == "Error_NoRouteToHost"


@pytest.mark.parametrize("change", [{STATE: "Canceled"}, {HOST: "another"}])
def test_a_cancel_and_a_changed_setting_end_it_at_once_and_nobody_is_told(owner: Owner, change: dict[str, str]) -> None:
    owner.device.set({HOST: "h", STATE: "Requested"})
    owner.turn()
    owner.in_session = True
    owner.device.set(change)
    began = time.monotonic()
    owner.turn()
    owner.hear()
    assert time.monotonic() - began < PATIENCE / 2
    assert (owner.device.get(STATE), owner.told, Waiting.at_work) == ("None", [], [])


def test_a_new_request_ends_the_one_under_way_and_begins_anew_with_the_settings_of_now(owner: Owner) -> None:
    owner.device.set({HOST: "first", STATE: "Requested"})
    owner.turn()
    owner.in_session = True
    owner.device.set({STATE: "Requested", HOST: "second"})
    owner.turn()
    owner.hear()
    assert Waiting.at_work == []
    assert owner.device.get(STATE) == "Requested"
    owner.in_session = False
    Waiting.go.set()
    owner.turn()
    owner.hear()
    assert (owner.device.get(f"{WAITING}IPAddressUsed"), owner.told) == ("", [EVENT])
    assert owner.device.tables.result_of("Waiting")["host"] == "second"
    assert max(Waiting.most_at_work) == 1


def test_a_hundred_cancels_at_once_leave_one_end_and_room_for_the_next(owner: Owner) -> None:
    for _ in range(10):
        owner.device.set({HOST: "h", STATE: "Requested"})
        owner.turn()
        job = owner.diagnostics._engine.job
        assert job is not None
        threads = [threading.Thread(target=job.cancel) for _ in range(100)]
        for one in threads:
            one.start()
        owner.device.set({STATE: "Canceled"})
        owner.turn()
        owner.hear()
        for one in threads:
            one.join()
    assert (owner.device.get(STATE), owner.told, Waiting.at_work, max(Waiting.most_at_work)) == ("None", [], [], 1)
    Waiting.go.set()
    owner.device.set({STATE: "Requested"})
    owner.turn()
    owner.hear()
    assert (owner.device.get(STATE), owner.told) == ("Complete", [EVENT])


def test_what_the_end_of_the_agent_cut_off_is_begun_again_but_not_for_ever(owner: Owner) -> None:
    owner.device.set({HOST: "h", STATE: "Requested"})
    states = []
    device = owner.device
    for _ in range(3):
        device = device.restarted()
        again = Owner(device)
        device.model.save()
        states.append((device.get(STATE), again.told))
    assert states == [("Requested", []), ("Requested", []), ("Error_Internal", [EVENT])]


def test_after_a_reboot_nothing_is_requested_and_nothing_is_known(owner: Owner) -> None:
    Waiting.go.set()
    owner.device.set({HOST: "h", STATE: "Requested"})
    owner.turn()
    owner.hear()
    owner.device.model.save()
    kept = Owner(owner.device.restarted())
    assert kept.device.get(STATE) == "Complete"
    device = owner.device.restarted()
    Owner(device, is_boot=True)
    assert (device.get(STATE), device.get(HOST), device.tables.result_of("Waiting")) == ("None", "h", {})


def test_a_thread_that_broke_is_an_internal_error(owner: Owner) -> None:
    owner.device.set({HOST: "h", STATE: "Requested"})
    owner.turn()
    owner.diagnostics.heard(Broke(), Moment(1.0, None))
    assert (owner.device.get(STATE), owner.told) == ("Error_Internal", [EVENT])


def person(owner: Owner, name: str, **settings: str) -> tuple[list[Any], threading.Thread]:
    """A person who runs a diagnostic and reads all lines of it, in a thread as the control socket's."""
    lines: list[Any] = []

    def look() -> None:
        for line in owner.diagnostics.stream({"name": name, "settings": settings}):
            if line is None:
                time.sleep(0.005)
            else:
                lines.append(line)
        owner.inbox.put(lambda: None)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    owner.hear()
    return lines, looking


def test_a_person_sees_what_it_finds_and_the_acs_is_not_told(owner: Owner) -> None:
    Waiting.go.set()
    lines, looking = person(owner, "wait", host="192.0.2.1", repet="4")
    owner.hear()
    looking.join(PATIENCE)
    assert lines[0] == {"begun": "Waiting"}
    assert "192.0.2.1" in lines[1]["progress"]["begun"]
    assert "4" in lines[1]["progress"]["begun"]
    assert lines[-1]["ended"]["state"] == "Complete"
    assert (owner.told, owner.device.get(STATE)) == ([], "None")
    listed = owner.diagnostics.listed({})
    assert [one["last"] and one["last"]["state"] for one in listed["diagnostics"]] == ["Complete", None]


def test_the_acs_goes_before_a_person(owner: Owner) -> None:
    lines, looking = person(owner, "Waiting", host="h")
    owner.device.set({f"{FAILING}Host": "h", f"{FAILING}DiagnosticsState": "Requested"})
    owner.turn()
    while not owner.told:
        owner.hear()
    looking.join(PATIENCE)
    assert lines[-1]["ended"]["state"] == "Canceled"
    assert lines[-1]["ended"]["text"] == "the ACS asks for a diagnostic"
    assert owner.told == [EVENT]


def test_a_person_does_not_disturb_what_is_under_way(owner: Owner) -> None:
    owner.device.set({HOST: "h", STATE: "Requested"})
    owner.turn()
    lines, looking = person(owner, "failing", host="h")
    looking.join(PATIENCE)
    assert lines[0]["error"]["code"] == "busy"


def test_who_looks_away_cancels(owner: Owner) -> None:
    stream = owner.diagnostics.stream({"name": "Waiting", "settings": {"Host": "h"}})
    helper = threading.Thread(target=owner.hear)
    helper.start()
    assert next(stream) == {"begun": "Waiting"}
    helper.join()
    stream.close()  # type: ignore[attr-defined]
    owner.hear()
    assert Waiting.at_work == []
    assert owner.diagnostics.listed({})["running"] is None


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("nonsense", {}, "there is no diagnostic 'nonsense'"),
        ("ing", {}, "may be Waiting or Failing"),
        (7, {}, "name has to be"),
        ("Waiting", {"x": "1"}, "has no 'x'"),
        ("Waiting", {"Host": "h", "NumberOfRepetitions": "none"}, "NumberOfRepetitions"),
        ("Waiting", {"Host": "h", "DSCP": "64"}, "DSCP"),
        ("Waiting", {"Host": "h", "Interface": "no link"}, "Interface"),
        ("Waiting", {"Host": "h", "quickly": "perhaps"}, "true or false"),
        ("Waiting", {"Host": "h", "pace": "-5"}, "pace: has to be a whole number from 1 on"),
        ("Waiting", {"Host": "h", "pace": "0"}, "pace: has to be a whole number from 1 on"),
        ("Waiting", {"Host": "h", "pace": "fast"}, "pace: has to be a whole number from 1 on"),
        ("Waiting", {"Host": ["x"]}, "Host has to be a text"),
        ("Waiting", {"Host": "h", "Interface": 7}, "Interface has to be a text"),
        ("Waiting", {}, "Host is not set"),
        ("Waiting", "Host", "settings have to be"),
    ],
)
def test_what_cannot_be_run_is_refused_with_the_reason(owner: Owner, name: Any, settings: Any, said: str) -> None:
    stream = owner.diagnostics.stream({"name": name, "settings": settings})
    helper = threading.Thread(target=owner.hear)
    helper.start()
    [line] = list(stream)
    helper.join()
    assert said in line["error"]["message"]


def test_a_request_whose_interface_has_gone_is_an_error_that_the_acs_hears_of(
    owner: Owner, caplog: pytest.LogCaptureFixture
) -> None:
    owner.device.set({HOST: "h", f"{WAITING}Interface": "Device.IP.Interface.1", STATE: "Requested"})
    owner.device.links.clear()
    with caplog.at_level(logging.INFO):
        owner.turn()
    assert (owner.device.get(STATE), owner.told) == ("Error_Other", [EVENT])


def test_a_factory_reset_ends_what_is_under_way(owner: Owner) -> None:
    owner.device.set({HOST: "h", STATE: "Requested"})
    owner.turn()
    owner.device.model.forget_everything()
    owner.diagnostics.forget()
    owner.hear()
    assert (owner.told, Waiting.at_work) == ([], [])


def test_the_end_of_a_diagnostic_that_runs_by_itself_is_told_at_the_next_turn(owner: Owner) -> None:
    owner.diagnostics.ended_elsewhere("NeighboringWiFiDiagnostic", "Complete")
    assert owner.told == []
    owner.turn()
    assert owner.told == ["8 DIAGNOSTICS COMPLETE"]
    owner.turn()
    assert owner.told == ["8 DIAGNOSTICS COMPLETE"]
