"""The agent on OpenWrt's bus: the control socket's verbs by another door, which nobody slow keeps shut."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent import settings
from agent.runtime.control import Answer, error
from agent.ubus_object import DOORS, NAME, UbusObject
from backends.ubus import Bus, BusError, NoSuchMethod, NotPermitted, NotThere, Status, WrongArgument
from tests.durability.stand import Stand
from tests.fakes.ubusd import FakeUbusd
from tests.waiting import PATIENCE, until

ROOT = Path(__file__).parent.parent
SECRET = "canary-secret-7"


class Owner:
    """Answers what it is told to; ``slow`` verbs when the test says so."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.replies: dict[str, dict[str, Any]] = {}
        self.waiting: list[Answer] = []

    def ask(self, verb: str, arguments: dict[str, Any], answer: Answer) -> None:
        self.asked.append((verb, arguments))
        if verb == "doctor":
            self.waiting.append(answer)
        else:
            answer(self.replies.get(verb, {}))

    @staticmethod
    def sessions(arguments: dict[str, Any]) -> Iterator[dict[str, Any] | None]:
        yield {"asked": arguments}
        raise AssertionError("more than the first line was asked for")


@pytest.fixture
def ubusd(tmp_path: Path) -> Iterator[FakeUbusd]:
    made = FakeUbusd(tmp_path / "ubus.sock")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def owner() -> Owner:
    return Owner()


@pytest.fixture
def bus(ubusd: FakeUbusd, owner: Owner, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    monkeypatch.setattr("backends.ubus.service.LOOK_AGAIN", 0.01)
    stop = threading.Event()
    watch = UbusObject(ubusd.path, owner.ask, owner.sessions).watch
    thread = threading.Thread(target=watch, args=(None, stop))
    thread.start()
    until(lambda: ubusd.published() == [NAME])
    made = Bus(ubusd.path, deadline=5.0)
    yield made
    made.close()
    stop.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()


@pytest.mark.parametrize("method", sorted({*DOORS} - {"doctor"}))
def test_each_method_asks_its_verb_and_tells_what_it_answers(bus: Bus, owner: Owner, method: str) -> None:
    owner.replies[DOORS[method].verb] = {"told": [method, None, 1.5, {"a": True}]}
    assert bus.call(NAME, method) == {"schema": 1, "told": [method, None, 1.5, {"a": True}]}
    assert [verb for verb, _ in owner.asked] == [DOORS[method].verb]


@pytest.mark.parametrize(
    ("method", "given", "becomes"),
    [
        ("get", {"path": "Device."}, {"paths": ["Device."]}),
        ("get", {"paths": ["A.", "B."], "explain": True}, {"paths": ["A.", "B."], "explain": True}),
        ("get", {"paths": ["A."], "path": "B."}, {"paths": ["A.", "B."]}),
        ("set", {"path": "A", "value": "x"}, {"values": {"A": "x"}}),
        ("set", {"path": "A", "value": True, "dry_run": True}, {"values": {"A": "true"}, "dry_run": True}),
        ("set", {"values": {"A": 5, "B": False, "C": [1]}}, {"values": {"A": "5", "B": "false", "C": [1]}}),
        ("set", {"path": "A"}, {"values": {"A": None}}),
        ("set", {}, {"values": {}}),
        ("inform", {"dry_run": True}, {"dry_run": True}),
        ("names", {"path": "Device.", "next_level": True}, {"path": "Device.", "next_level": True}),
        ("settings", {"ubus_rpc_session": "0" * 32}, {}),
        ("dhcp_event", {"event": {"client": "udhcpc", "n": 1}}, {"event": {"client": "udhcpc", "n": 1}}),
    ],
)
def test_arguments_become_the_verbs(
    bus: Bus, owner: Owner, method: str, given: dict[str, Any], becomes: dict[str, Any]
) -> None:
    bus.call(NAME, method, given)
    assert owner.asked == [(method, becomes)]


@pytest.mark.parametrize(
    ("method", "given"),
    [
        ("settings", {"values": {"acs.url": "http://x/"}}),
        ("get", {"paths": "Device."}),
        ("set", {"values": "Device.A=1"}),
        ("session", {"id": "last"}),
        ("session", {"follow": True}),
        ("inform", {"dry_run": 1}),
        ("status", {"anything": 1}),
    ],
)
def test_others_are_refused_and_reach_nobody(bus: Bus, owner: Owner, method: str, given: dict[str, Any]) -> None:
    with pytest.raises(WrongArgument):
        bus.call(NAME, method, given)
    assert owner.asked == []


def test_a_verb_that_has_no_method_is_not_reached(bus: Bus, owner: Owner) -> None:
    for verb in ("page_password", "setup", "preset", "support_bundle", "test"):
        with pytest.raises(NoSuchMethod):
            bus.call(NAME, verb)
    assert owner.asked == []


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("unknown_path", Status.NOT_FOUND),
        ("invalid_value", Status.INVALID_ARGUMENT),
        ("denied", Status.PERMISSION_DENIED),
        ("timeout", Status.TIMEOUT),
        ("no_acs", Status.UNKNOWN_ERROR),
    ],
)
def test_a_verbs_error_ends_the_call_with_its_status(bus: Bus, owner: Owner, code: str, status: Status) -> None:
    owner.replies["get"] = error(code, "so it is", "do that")
    with pytest.raises(BusError) as refused:
        bus.call(NAME, "get", {"path": "Device."})
    assert refused.value.status == status


def test_while_a_verb_is_slow_others_are_answered(bus: Bus, owner: Owner, ubusd: FakeUbusd) -> None:
    slow: list[dict[str, Any]] = []
    asking = Bus(ubusd.path, deadline=PATIENCE)
    thread = threading.Thread(target=lambda: slow.append(asking.call(NAME, "doctor")))
    thread.start()
    answer = until(lambda: owner.waiting)[0]
    owner.replies["version"] = {"version": "1"}
    assert bus.call(NAME, "version") == {"schema": 1, "version": "1"}
    assert slow == []
    answer({"checks": []})
    thread.join(PATIENCE)
    assert slow == [{"schema": 1, "checks": []}]
    asking.close()


def test_sessions_are_read_without_the_owner_one_or_all(bus: Bus, owner: Owner) -> None:
    assert bus.call(NAME, "sessions")["asked"] == {}
    assert bus.call(NAME, "session")["asked"] == {"id": "last"}
    assert bus.call(NAME, "session", {"id": 7, "xml": True})["asked"] == {"id": 7, "xml": True}
    assert owner.asked == []


def test_an_answer_larger_than_a_message_is_told_as_such(bus: Bus, owner: Owner) -> None:
    owner.replies["get"] = {"text": "x" * 2**20}
    with pytest.raises(BusError) as refused:
        bus.call(NAME, "get", {"path": "Device."})
    assert refused.value.status == Status.NOT_SUPPORTED


def test_the_bus_is_met_where_it_is_and_where_a_person_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, other = tmp_path / "usual", tmp_path / "other"
    monkeypatch.setattr(settings, "UBUS", usual)
    assert settings.Settings().bus_socket() is None
    usual.touch()
    assert settings.Settings().bus_socket() == usual
    assert settings.parse(f'[ubus]\nsocket = "{other}"').bus_socket() == other
    assert settings.parse("[ubus]\nenable = false").bus_socket() is None


@pytest.mark.slow
def test_where_there_is_no_bus_nothing_of_it_is_loaded() -> None:
    program = "import sys, agent.wiring; print([one for one in sys.modules if 'ubus' in one])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"


@pytest.mark.slow
def test_a_real_agent_is_on_the_bus_and_says_what_it_says_by_the_control_socket(
    ubusd: FakeUbusd, tmp_path: Path
) -> None:
    more = f"[discovery]\nenable = false\n[web]\nenable = false\n[ubus]\nsocket = '{ubusd.path}'\n"
    with Stand(tmp_path, more=more) as stand:
        stand.settings.write_text(stand.settings.read_text().replace("[acs]", f'[acs]\npassword = "{SECRET}"'))
        agent = stand.first_contact()
        until(lambda: ubusd.published() == [NAME])
        bus = Bus(ubusd.path, deadline=PATIENCE)
        path = "Device.ManagementServer."
        assert bus.call(NAME, "get", {"path": path}) == agent.ask("get", paths=[path])
        assert bus.call(NAME, "status")["acs"]["state"] == agent.ask("status")["acs"]["state"]
        assert bus.call(NAME, "set", {"path": f"{path}PeriodicInformInterval", "value": 1234})["status"] == 0
        assert agent.values(f"{path}PeriodicInformInterval") == {f"{path}PeriodicInformInterval": "1234"}
        with pytest.raises(NotThere):
            bus.call(NAME, "get", {"path": "Device.None."})
        with pytest.raises(NotPermitted):
            bus.call(NAME, "set", {"path": "Device.DeviceInfo.UpTime", "value": "1"})
        asked = [bus.call(NAME, method) for method in ("settings", "discover", "doctor", "sessions", "log")]
        asked += [bus.call(NAME, "session", {"xml": True}), bus.call(NAME, "get", {"path": "Device."})]
        assert all(one["schema"] == 1 for one in asked)
        assert SECRET not in repr(asked)
        assert bus.call(NAME, "inform") == {"schema": 1, "started": True}
        until(lambda: len(stand.acs.informs) > 1)
        ubusd.restart()
        until(lambda: ubusd.published() == [NAME])
        assert bus.call(NAME, "version")["version"] == agent.ask("version")["version"]
        bus.close()
        assert agent.stop() == 0
