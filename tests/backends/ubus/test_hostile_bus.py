"""A bus that lies, floods, dawdles or is none: an error with a name, soon, and all is well once it is well again."""

import array
import os
import random
import socket
import struct
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backends.ubus.client import Bus, Call
from backends.ubus.connection import Connection
from backends.ubus.errors import BusError, ConnectionLost, NoBus, NotUnderstood, TookTooLong
from backends.ubus.listening import Subscription
from backends.ubus.presence import Presence
from backends.ubus.published import Method, Published
from backends.ubus.publishing import MOST_REQUESTS
from backends.ubus.service import BusService
from tests.fakes.ubusd import DATA, HELLO, STATUS, Client, FakeUbusd, attribute, message, number
from tests.waiting import PATIENCE, until

GREETING = message(HELLO, 0, 0x12345)
Script = Callable[[socket.socket], None]


class Scripted:
    """A socket that says what the test wants to whoever connects, one after the other."""

    def __init__(self, path: Path, script: Script) -> None:
        self.path = path
        self._script = script
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            with accepted:
                try:
                    self._script(accepted)
                    accepted.settimeout(PATIENCE)
                    while accepted.recv(65_536):
                        pass
                except OSError:
                    pass

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE)


@pytest.fixture
def scripted(tmp_path: Path) -> Iterator[Callable[[Script], Path]]:
    made: list[Scripted] = []

    def make(script: Script) -> Path:
        made.append(Scripted(tmp_path / f"bus{len(made)}", script))
        return made[-1].path

    yield make
    for each in made:
        each.close()


def answering(*answers: bytes) -> Script:
    """Greets, takes the look-up and the call, and answers the call by these bytes."""

    def script(client: socket.socket) -> None:
        client.sendall(GREETING)
        client.recv(65_536)
        found = number(3, 5) + attribute(2, b"thing\0") + number(5, 6)
        client.sendall(message(DATA, 1, 0, found) + message(STATUS, 1, 0, number(1, 0)))
        client.recv(65_536)
        for each in answers:
            client.sendall(each)

    return script


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", TookTooLong),
        (b"\0\0", TookTooLong),
        (GREETING[:-1], TookTooLong),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", NotUnderstood),
        (struct.pack(">BBHII", 0, 0, 0, 5, 2**24 - 1), NotUnderstood),
        (struct.pack(">BBHII", 0, 0, 0, 5, 0), NotUnderstood),
        (message(DATA, 0, 5), NotUnderstood),
    ],
)
def test_what_does_not_greet_is_no_bus(scripted: Callable[[Script], Path], said: bytes, error: type[BusError]) -> None:
    path = scripted(lambda client: client.sendall(said))
    with pytest.raises(error):
        Bus(path, deadline=0.1).objects()


def test_one_that_hangs_up_is_no_bus(scripted: Callable[[Script], Path]) -> None:
    path = scripted(lambda client: client.shutdown(socket.SHUT_RDWR))
    with pytest.raises(ConnectionLost):
        Bus(path, deadline=5.0).objects()


def test_a_file_that_is_no_socket_and_a_path_that_is_none_are_no_bus(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "none", tmp_path / "file" / "below"):
        with pytest.raises(NoBus):
            Bus(path).objects()


def test_a_long_path_is_reached_all_the_same(tmp_path: Path) -> None:
    place = tmp_path / ("d" * 100)
    place.mkdir()
    short = tmp_path / "s"
    short.symlink_to(place)
    fake = FakeUbusd(short / "ubus.sock")
    fake.start()
    assert len(bytes(place / "ubus.sock")) > 107
    assert Bus(place / "ubus.sock", deadline=5.0).objects() == []
    fake.stop()


@pytest.mark.parametrize(
    "answer",
    [
        message(DATA, 2, 5, number(3, 5), attribute(7, b"\x83\0\0\xff")),
        message(DATA, 2, 5, number(3, 5), b"\7\0\0\xff"),
        message(DATA, 2, 5, number(3, 5), attribute(7, b"abcdefgh")),
    ],
)
def test_an_answer_that_cannot_be_read_is_an_error_of_its_call_only(
    scripted: Callable[[Script], Path], answer: bytes
) -> None:
    end = message(STATUS, 2, 5, number(1, 0))
    good = message(DATA, 3, 5, attribute(7, b"")) + message(STATUS, 3, 5, number(1, 0))
    bus = Bus(scripted(answering(answer + end + good)), deadline=5.0)
    with pytest.raises(NotUnderstood, match="ubus thing echo"):
        bus.call("thing", "echo")
    bus.close()


def test_a_status_that_is_none_is_an_error(scripted: Callable[[Script], Path]) -> None:
    bus = Bus(scripted(answering(message(STATUS, 2, 5))), deadline=5.0)
    with pytest.raises(NotUnderstood):
        bus.call("thing", "echo")
    bus.close()


def test_answers_to_what_nobody_asked_are_dropped(scripted: Callable[[Script], Path]) -> None:
    stray = [
        message(DATA, 9, 5),
        message(STATUS, 2, 6, number(1, 3)),
        message(5, 2, 5, number(3, 1)),
        message(77, 2, 5),
    ]
    good = message(DATA, 2, 5, attribute(7, b"")) + message(STATUS, 2, 5, number(1, 0))
    bus = Bus(scripted(answering(*stray, good)), deadline=5.0)
    assert bus.call("thing", "echo") == {}
    bus.close()


def test_an_answer_without_end_is_not_kept(scripted: Callable[[Script], Path]) -> None:
    flood = message(DATA, 2, 5, attribute(7, bytes(100_000)))

    def script(client: socket.socket) -> None:
        answering()(client)
        client.settimeout(5.0)
        for _ in range(300):
            client.sendall(flood)
        client.sendall(message(STATUS, 2, 5, number(1, 0)))

    bus = Bus(scripted(script), deadline=PATIENCE)
    tracemalloc.start()
    with pytest.raises(NotUnderstood, match="longer than is taken"):
        bus.call("thing", "echo")
    assert tracemalloc.get_traced_memory()[1] < 12_000_000
    tracemalloc.stop()
    bus.close()


def test_a_flood_of_what_nobody_asked_does_not_keep_a_call_beyond_its_deadline(
    scripted: Callable[[Script], Path],
) -> None:
    stray = message(DATA, 9, 9) * 2_000

    def script(client: socket.socket) -> None:
        answering()(client)
        while True:
            client.sendall(stray)

    bus = Bus(scripted(script), deadline=0.2)
    begun = time.monotonic()
    with pytest.raises(TookTooLong):
        bus.call("thing", "echo")
    assert time.monotonic() - begun < 10
    bus.close()


def test_descriptors_that_are_passed_along_are_not_taken(scripted: Callable[[Script], Path]) -> None:
    good = message(DATA, 2, 5, attribute(7, b"")) + message(STATUS, 2, 5, number(1, 0))
    with open(os.devnull) as passed:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [passed.fileno()] * 50).tobytes())]

        def script(client: socket.socket) -> None:
            answering()(client)
            client.sendmsg([good[:3]], rights)
            client.sendmsg([good[3:]], rights)

        bus = Bus(scripted(script), deadline=5.0)
        bus.objects("thing")  # connected
        before = len(os.listdir("/proc/self/fd"))
        bus.close()
        bus = Bus(scripted(script), deadline=5.0)
        assert bus.call("thing", "echo") == {}
        assert len(os.listdir("/proc/self/fd")) <= before + 4  # this bus's own, the script's ends
        bus.close()


class LyingUbusd(FakeUbusd):
    """Alters, cuts and repeats what it sends while it lies."""

    is_lying = False
    chance = random.Random(11)

    def _send(self, client: Client, content: bytes) -> None:
        if self.is_lying and self.chance.random() < 0.3:
            altered = bytearray(content)
            for _ in range(self.chance.randrange(4)):
                altered[self.chance.randrange(len(altered))] = self.chance.randrange(256)
            if self.chance.random() < 0.1:
                del altered[self.chance.randrange(len(altered)) :]
            content = bytes(altered) * self.chance.choice((1, 1, 1, 2))
        super()._send(client, content)


@pytest.fixture
def lying(tmp_path: Path) -> Iterator[LyingUbusd]:
    ubusd = LyingUbusd(tmp_path / "ubus.sock")
    ubusd.start()
    yield ubusd
    ubusd.is_lying = False
    ubusd.stop()


def test_whatever_the_bus_says_those_who_ask_and_those_who_serve_outlive_it(
    lying: LyingUbusd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backends.ubus.presence.STEP_WITHIN", 0.05)
    heard: list[str] = []
    service = BusService(lying.path, reconnect_after=0.001)
    service.publish(Published("thing", {"silent": Method(lambda request: request.answer({"n": 1}) and None)}))
    service.listen("*", lambda name, _: heard.append(name))
    service.subscribe(Subscription("other*", lambda *_: None))
    stop = threading.Event()
    thread = threading.Thread(target=service.run, args=(stop,))
    thread.start()
    bus = Bus(lying.path, deadline=0.01)
    outcomes = []
    until(lambda: lying.published() == ["thing"])
    lying.is_lying = True
    for _ in range(150):
        try:
            outcomes.append(type(bus.call("thing", "silent")))
            bus.send_event("event", {})
        except BusError as error:
            outcomes.append(type(error))
    lying.is_lying = False
    lying.restart()
    assert len(set(outcomes)) > 1

    def is_well() -> bool:
        try:
            return bus.call("thing", "silent") == {"n": 1}
        except BusError:
            return False

    until(is_well)
    heard.clear()
    bus.send_event("at last", {})
    until(lambda: "at last" in heard)
    stop.set()
    service.wake()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    service.close()
    bus.close()


def test_a_message_that_begins_and_does_not_end_makes_the_service_come_anew(
    scripted: Callable[[Script], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backends.ubus.presence.STEP_WITHIN", 0.05)
    monkeypatch.setattr("backends.ubus.service.LOOK_AGAIN", 0.02)
    path = scripted(lambda client: client.sendall(GREETING + GREETING[:-1]))
    service, connected = BusService(path, reconnect_after=0.01), []
    service.on_connect(lambda: connected.append(1))
    stop = threading.Event()
    thread = threading.Thread(target=service.run, args=(stop,))
    thread.start()
    until(lambda: len(connected) > 2)
    stop.set()
    service.wake()
    thread.join(PATIENCE)
    service.close()


def test_garbage_of_every_kind_ends_in_an_error_with_a_name(scripted: Callable[[Script], Path]) -> None:
    chance = random.Random(5)

    def script(client: socket.socket) -> None:
        client.sendall(GREETING + chance.randbytes(chance.randrange(1, 200)))
        client.shutdown(socket.SHUT_WR)

    path = scripted(script)
    for _ in range(200):
        with pytest.raises(BusError):
            Bus(path, deadline=5.0).objects()


def test_requests_that_nobody_answers_are_bounded_and_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.ubus.publishing.ANSWER_WITHIN", 0.2)
    monkeypatch.setattr("backends.ubus.service.LOOK_AGAIN", 0.05)
    ubusd = FakeUbusd(tmp_path / "ubus.sock")
    ubusd.start()
    kept: list[object] = []
    service = BusService(ubusd.path)
    service.publish(Published("thing", {"never": Method(kept.append)}))
    stop = threading.Event()
    thread = threading.Thread(target=service.run, args=(stop,))
    thread.start()
    until(lambda: ubusd.published() == ["thing"])
    bus = Bus(ubusd.path, deadline=PATIENCE)
    outcomes = bus.together([Call("thing", "never")] * (MOST_REQUESTS + 3))
    assert [one.status for one in outcomes if isinstance(one, BusError)] == [7] * MOST_REQUESTS + [13] * 3
    assert len(kept) == MOST_REQUESTS
    stop.set()
    service.wake()
    thread.join(PATIENCE)
    service.close()
    bus.close()
    ubusd.stop()


def test_a_deaf_bus_is_given_up_at_the_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.ubus.presence.STEP_WITHIN", 0.05)
    ubusd = FakeUbusd(tmp_path / "ubus.sock")
    ubusd.start()
    ubusd.is_deaf = True
    with pytest.raises(TookTooLong):
        Bus(ubusd.path, deadline=0.05).objects()
    with pytest.raises(TookTooLong):
        Presence(ubusd.path).add("listening")
    connection = Connection(ubusd.path, time.monotonic() + PATIENCE)
    assert connection.is_alive()
    ubusd.stop()
    until(lambda: not connection.is_alive())
    connection.close()
