"""What holds on every bus: the fake's, that of a real ubusd named by UBUS_SOCKET, and one started from UBUSD_BIN."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from backends.ubus import (
    Bus,
    BusError,
    BusService,
    Call,
    Kind,
    Method,
    NoBus,
    NoSuchMethod,
    NotPermitted,
    NotThere,
    NotWritable,
    Number,
    Published,
    Request,
    Status,
    Subscription,
    TookTooLong,
    WrongArgument,
)
from tests.fakes.ubusd import FakeUbusd
from tests.waiting import PATIENCE, until

KINDS = [
    "fake",
    *(["named"] if "UBUS_SOCKET" in os.environ else []),
    *(["started"] if "UBUSD_BIN" in os.environ else []),
]
NAME = f"cpe-test-{os.getpid()}"
EVERYTHING = {
    "nothing": None,
    "yes": True,
    "no": False,
    "small": -5,
    "int32": 2**31 - 1,
    "int64": -(2**40),
    "double": 0.1,
    "text": "grüße\n'\"",
    "empty": "",
    "list": [1, "two", None, [3.5], {"four": 4}],
    "table": {"": "no name", "a": {"b": {"c": []}}, "d": {}},
}


class StartedUbusd:
    """The real one, from its start to its end."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def start(self) -> None:
        self._process = subprocess.Popen([os.environ["UBUSD_BIN"], "-s", str(self.path)])
        until(self.path.exists)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)
        self.path.unlink(missing_ok=True)

    def restart(self) -> None:
        self.stop()
        self.start()


@pytest.fixture(params=[kind for kind in KINDS if kind != "named"])
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FakeUbusd | StartedUbusd]:
    """A ubusd of the test's, which can be restarted."""
    ubusd = (FakeUbusd if request.param == "fake" else StartedUbusd)(tmp_path / "ubus.sock")
    ubusd.start()
    yield ubusd
    ubusd.stop()


@pytest.fixture(params=KINDS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """The socket of a bus."""
    if request.param == "named":
        yield Path(os.environ["UBUS_SOCKET"])
        return
    ubusd = (FakeUbusd if request.param == "fake" else StartedUbusd)(tmp_path / "ubus.sock")
    ubusd.start()
    yield ubusd.path
    ubusd.stop()


class Present:
    """A service of the test's on the bus, in a thread of its own."""

    def __init__(self, path: Path) -> None:
        self.service = BusService(path, reconnect_after=0.02)
        self.later: list[Request] = []
        self.heard: list[tuple[Any, ...]] = []
        self.connected = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.service.run, args=(self._stop,))
        self.service.on_connect(self._note)

    def _note(self) -> None:
        self.connected += 1

    def thing(self, name: str = NAME) -> None:
        methods = {
            "echo": Method(
                lambda request: request.answer(request.arguments) and None,
                {
                    "values": Kind.TABLE,
                    "name": Kind.STRING,
                    "number": Kind.INT32,
                    "switch": Kind.BOOL,
                    "any": Kind.UNSPEC,
                },
            ),
            "later": Method(self.later.append),
            "silent": Method(lambda request: request.answer(None) and None),
            "who": Method(lambda request: request.answer({"user": request.user, "group": request.group}) and None),
            "refuse": Method(lambda request: request.answer({"why": "so"}, Status.PERMISSION_DENIED) and None),
            "fail": Method(lambda request: {}["nothing"]),
            "large": Method(lambda request: request.answer({"text": "x" * 2**20}) and None),
        }
        self.service.publish(Published(name, methods, {"error": "too large"}))

    def start(self) -> "Present":
        self._thread.start()
        until(lambda: self.connected)
        return self

    def stop(self) -> None:
        self._stop.set()
        self.service.wake()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        self.service.close()


@pytest.fixture
def present() -> Iterator[Callable[[Path], Present]]:
    """Makes services; they end with the test."""
    made: list[Present] = []

    def make(path: Path) -> Present:
        made.append(Present(path))
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture
def thing(path: Path, present: Callable[[Path], Present]) -> Present:
    """One that has an object."""
    made = present(path)
    made.thing()
    return made.start()


@pytest.fixture
def bus(path: Path) -> Iterator[Bus]:
    """One who asks."""
    made = Bus(path, deadline=5.0)
    yield made
    made.close()


def test_an_object_is_found_by_its_path_with_its_methods(bus: Bus, thing: Present) -> None:
    (found,) = bus.objects(NAME)
    assert found.path == NAME
    assert found.methods["later"] == {"ubus_rpc_session": Kind.STRING}
    assert found.methods["echo"]["values"] == Kind.TABLE
    assert found.methods["echo"]["switch"] == Kind.BOOL


def test_objects_are_found_by_the_beginning_of_their_path(
    bus: Bus, path: Path, present: Callable[[Path], Present]
) -> None:
    made = present(path)
    made.thing(f"{NAME}.one")
    made.thing(f"{NAME}.two")
    made.start()
    assert [one.path for one in bus.objects(f"{NAME}.*")] == [f"{NAME}.one", f"{NAME}.two"]
    assert {f"{NAME}.one", f"{NAME}.two"} <= {one.path for one in bus.objects()}
    assert bus.objects(f"{NAME}.none") == bus.objects(f"{NAME}.none*") == []


def test_values_of_every_kind_come_back_as_they_went(bus: Bus, thing: Present) -> None:
    assert bus.call(NAME, "echo", {"values": EVERYTHING}) == {"values": EVERYTHING}


def test_numbers_of_a_chosen_width_come_back(bus: Bus, thing: Present) -> None:
    sent = {"a": Number(Kind.INT16, -2), "b": Number(Kind.INT8, 5), "c": Number(Kind.INT32, 2**32 - 2)}
    assert bus.call(NAME, "echo", {"values": sent}) == {"values": {"a": -2, "b": 5, "c": -2}}


def test_an_answer_without_values_is_empty(bus: Bus, thing: Present) -> None:
    assert bus.call(NAME, "silent") == {}


def test_who_asks_is_told(bus: Bus, thing: Present) -> None:
    assert bus.call(NAME, "who") == {"user": "root", "group": "root"}


def test_what_goes_wrong_has_a_name(bus: Bus, thing: Present) -> None:
    wrong: list[tuple[str, str, dict[str, Any], type[BusError]]] = [
        (f"{NAME}.none", "echo", {}, NotThere),
        ("", "echo", {}, NotThere),
        (NAME, "none", {}, NoSuchMethod),
        (NAME, "echo", {"name": 5}, WrongArgument),
        (NAME, "echo", {"number": True}, WrongArgument),
        (NAME, "echo", {"other": 5}, WrongArgument),
        (NAME, "refuse", {}, NotPermitted),
    ]
    for where, method, values, kind in wrong:
        with pytest.raises(kind) as refused:
            bus.call(where, method, values)
        assert where in str(refused.value)
    with pytest.raises(BusError) as failed:
        bus.call(NAME, "fail")
    assert failed.value.status == Status.UNKNOWN_ERROR
    assert bus.call(NAME, "echo", {"name": "it goes on"}) == {"name": "it goes on"}


def test_what_a_web_server_adds_of_its_own_is_no_argument(bus: Bus, thing: Present) -> None:
    assert bus.call(NAME, "echo", {"ubus_rpc_session": "0" * 32, "name": "a", "number": None}) == {"name": "a"}


def test_an_answer_may_come_later_and_from_another_thread(bus: Bus, thing: Present) -> None:
    threading.Thread(target=lambda: until(lambda: thing.later).pop().answer({"late": True})).start()
    assert bus.call(NAME, "later") == {"late": True}


def test_a_request_is_answered_once(bus: Bus, thing: Present) -> None:
    def answer() -> None:
        request = until(lambda: thing.later).pop()
        assert request.answer({"n": 1})
        assert not request.answer({"n": 2})

    threading.Thread(target=answer).start()
    assert bus.call(NAME, "later") == {"n": 1}
    assert bus.call(NAME, "silent") == {}


def test_a_call_that_is_not_answered_ends_and_its_late_answer_disturbs_nobody(bus: Bus, thing: Present) -> None:
    assert bus.call(NAME, "silent") == {}
    begun = time.monotonic()
    with pytest.raises(TookTooLong, match="later"):
        bus.call(NAME, "later", deadline=0.05)
    assert time.monotonic() - begun < 10
    until(lambda: thing.later).pop().answer({"late": True})
    assert bus.call(NAME, "echo", {"name": "a"}) == {"name": "a"}


def test_while_one_waits_others_are_answered_and_too_many_are_refused(bus: Bus, thing: Present) -> None:
    outcomes = bus.together([Call(NAME, "later")] * 17 + [Call(NAME, "none")], deadline=0.3)
    refused = [one.status for one in outcomes if isinstance(one, BusError)]
    assert refused[:16] == [Status.TIMEOUT] * 16
    assert {*refused[16:]} <= {Status.SYSTEM_ERROR, Status.TIMEOUT}  # the latter where the machine is slow
    assert len(thing.later) == 16
    while thing.later:
        thing.later.pop().answer({})
    until(lambda: not isinstance(bus.together([Call(NAME, "silent")])[0], BusError))


def test_several_calls_are_under_way_at_once_and_answered_in_their_order(bus: Bus, thing: Present) -> None:
    calls = [Call(NAME, "echo", {"number": n}) for n in range(50)]
    outcomes = bus.together([*calls, Call(NAME, "none"), Call("none", "none")])
    assert outcomes[:50] == [{"number": n} for n in range(50)]
    assert [type(one) for one in outcomes[50:]] == [NoSuchMethod, NotThere]


def test_large_values_pass_and_larger_ones_are_refused(bus: Bus, thing: Present) -> None:
    text = "x" * 1_000_000
    assert bus.call(NAME, "echo", {"name": text}) == {"name": text}
    with pytest.raises(BusError) as refused:
        bus.call(NAME, "large")
    assert refused.value.status == Status.NOT_SUPPORTED
    with pytest.raises(WrongArgument):
        bus.call(NAME, "echo", {"name": "x" * 2**20})
    with pytest.raises(NotWritable):
        bus.send_event(f"{NAME}.event", {"name": "x" * 2**20})


def test_an_object_that_is_published_anew_is_found_again(
    path: Path, bus: Bus, present: Callable[[Path], Present]
) -> None:
    first = Present(path)
    first.thing()
    first.start()
    assert bus.call(NAME, "silent") == {}
    first.stop()
    until(lambda: not Bus(path, deadline=5.0).objects(NAME))  # ubusd has seen that it went
    with pytest.raises(NotThere):
        bus.call(NAME, "silent")
    second = present(path)
    second.thing()
    second.start()
    assert bus.call(NAME, "silent") == {}


def test_an_object_whose_service_was_restarted_between_two_calls_is_found_at_once(
    path: Path, bus: Bus, present: Callable[[Path], Present]
) -> None:
    first = Present(path)
    first.thing()
    first.start()
    assert bus.call(NAME, "silent") == {}
    first.stop()
    until(lambda: not Bus(path, deadline=5.0).objects(NAME))
    second = present(path)
    second.thing()
    second.start()
    assert bus.call(NAME, "silent") == {}


def test_a_name_that_another_has_is_tried_again(
    path: Path, thing: Present, present: Callable[[Path], Present], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backends.ubus.publishing.PUBLISH_AGAIN", 0.02)
    monkeypatch.setattr("backends.ubus.service.LOOK_AGAIN", 0.02)
    second = present(path)
    second.thing()
    second.thing(f"{NAME}.other")
    second.start()
    bus = Bus(path, deadline=5.0)
    assert bus.call(f"{NAME}.other", "silent") == {}
    (before,) = bus.objects(NAME)
    thing.stop()
    thing.stop = lambda: None  # type: ignore[method-assign]
    until(lambda: [one.number for one in bus.objects(NAME)] not in ([], [before.number]))
    bus.close()


def test_events_reach_those_who_listen_by_name_or_beginning(
    path: Path, bus: Bus, present: Callable[[Path], Present]
) -> None:
    made = present(path)
    for pattern in (f"{NAME}.one", f"{NAME}.t*"):
        made.service.listen(pattern, lambda name, values: made.heard.append((name, values)))
    made.start()
    for name in ("one", "two", "three", "none", "one.more"):
        bus.send_event(f"{NAME}.{name}", {"values": EVERYTHING})
    bus.send_event(f"{NAME}.tail", {})
    until(lambda: (f"{NAME}.tail", {}) in made.heard)
    assert [name.rpartition(".")[2] for name, _ in made.heard] == ["one", "two", "three", "tail"]
    assert made.heard[0][1] == {"values": EVERYTHING}


def test_only_the_bus_tells_of_itself(bus: Bus) -> None:
    with pytest.raises(NotPermitted):
        bus.send_event("ubus.object.add", {})


def test_objects_that_come_and_go_are_heard_of(path: Path, present: Callable[[Path], Present]) -> None:
    made = present(path)
    made.service.listen("ubus.object.*", lambda name, values: made.heard.append((name, values["path"])))
    made.start()
    other = Present(path)
    other.thing()
    other.start()
    other.stop()
    until(lambda: ("ubus.object.remove", NAME) in made.heard)
    assert [name for name, path in made.heard if path == NAME] == ["ubus.object.add", "ubus.object.remove"]


def test_notifications_are_heard_while_an_object_is_there_and_again_when_it_is_back(
    path: Path, present: Callable[[Path], Present]
) -> None:
    ear = present(path)
    ear.service.subscribe(
        Subscription(f"{NAME}*", lambda *told: ear.heard.append(told), lambda gone: ear.heard.append(("gone", gone)))
    )
    for _ in range(2):
        thing = Present(path)
        thing.thing()
        thing.start()
        if not ear.connected:
            ear.start()

        def has_arrived(thing: Present = thing) -> bool:
            thing.service.notify(NAME, "changed", {"n": 1})
            return (NAME, "changed", {"n": 1}) in ear.heard

        until(has_arrived)
        thing.stop()
        until(lambda: ("gone", NAME) in ear.heard)
        ear.heard.clear()


def test_access_lists_of_our_objects_can_be_had(path: Path, present: Callable[[Path], Present]) -> None:
    made = present(path)
    made.thing()
    told: list[Any] = []
    made.service.watch_access(told.append)
    made.start()
    assert until(lambda: told) == [[]]


def test_two_who_ask_by_one_bus_at_once_get_each_their_own_answer(bus: Bus, thing: Present) -> None:
    wrong: list[int] = []

    def ask(start: int) -> None:
        wrong.extend(n for n in range(start, start + 50) if bus.call(NAME, "echo", {"number": n}) != {"number": n})

    threads = [threading.Thread(target=ask, args=(1000 * n,)) for n in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(PATIENCE)
    assert wrong == []


def test_after_a_restart_of_ubusd_everything_is_there_again(
    own: FakeUbusd | StartedUbusd, present: Callable[[Path], Present]
) -> None:
    target, made = present(own.path), present(own.path)
    target.thing(f"{NAME}.target")
    target.start()
    made.thing()
    made.service.listen(f"{NAME}.event", lambda name, values: made.heard.append((name, values)))
    made.service.subscribe(Subscription(f"{NAME}.target", lambda *told: made.heard.append(told)))
    made.start()
    bus = Bus(own.path, deadline=5.0)
    assert bus.call(NAME, "silent") == {}
    own.restart()
    until(lambda: made.connected == 2 and target.connected == 2)
    assert bus.call(NAME, "silent") == {}
    bus.send_event(f"{NAME}.event", {"n": 2})
    until(lambda: (f"{NAME}.event", {"n": 2}) in made.heard)

    def has_arrived() -> bool:
        target.service.notify(f"{NAME}.target", "changed", {})
        return (f"{NAME}.target", "changed", {}) in made.heard

    until(has_arrived)
    bus.close()


def test_a_bus_that_is_away_has_a_name_and_is_found_when_it_is_back(own: FakeUbusd | StartedUbusd) -> None:
    bus = Bus(own.path, deadline=5.0)
    own.stop()
    with pytest.raises(NoBus):
        bus.call(NAME, "silent")
    own.start()
    with pytest.raises(NotThere):
        bus.call(NAME, "silent")
    bus.close()


def test_a_service_waits_for_a_bus_that_comes_later_and_says_so_once(
    own: FakeUbusd | StartedUbusd, present: Callable[[Path], Present], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    own.stop()
    made = present(own.path)
    made.thing()
    starting = threading.Timer(0.1, own.start)
    starting.start()
    made.start()
    starting.join(PATIENCE)
    bus = Bus(own.path, deadline=5.0)
    assert bus.call(NAME, "silent") == {}
    told = [record.getMessage() for record in caplog.records if record.name.startswith("backends.ubus")]
    assert len(told) == 2
    assert told[0].endswith("it is tried again")
    assert told[1] == "ubus: the bus is there again"
    bus.close()


def test_who_waits_for_an_answer_is_told_when_the_bus_goes(
    own: FakeUbusd | StartedUbusd, present: Callable[[Path], Present]
) -> None:
    made = present(own.path)
    made.thing()
    made.start()
    outcome: list[BaseException] = []

    def ask() -> None:
        bus = Bus(own.path, deadline=PATIENCE)
        with suppress(Exception):
            try:
                bus.call(NAME, "later")
            except BusError as error:
                outcome.append(error)
        bus.close()

    asking = threading.Thread(target=ask)
    asking.start()
    until(lambda: made.later)
    own.stop()
    asking.join(PATIENCE)
    assert [error.status for error in outcome if isinstance(error, BusError)] == [Status.CONNECTION_FAILED]
    own.start()
    until(lambda: made.connected == 2)
    made.later.pop().answer({"too": "late"})
    assert Bus(own.path, deadline=5.0).call(NAME, "silent") == {}
