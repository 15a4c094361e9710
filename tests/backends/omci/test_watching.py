"""The thread that owns the line, over a pty with the lab ONU at its other end."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.lab.onu import LabOnu
from backends.omci import alarms, watching
from backends.omci.acs_chain import AcsNamed, NoneNamed
from backends.omci.codecs import CODECS
from backends.omci.consoles.drivers import DRIVERS
from backends.omci.exchange import Exchange
from backends.omci.frames import Action, Frame, parse
from backends.omci.link import Line
from backends.omci.messages import contents
from backends.omci.notices import AlarmsTold, AllAlarms, Changed, LineIs, Notice, PonAlarms
from backends.omci.onts import ANI, FEC, ByConsole, ByFrames
from backends.omci.picture import Module, Reading
from backends.omci.watching import Watching
from tests.backends.omci.pty_onu import onu as onu_on_a_pty
from tests.lab.onus import lab_onu
from tests.waiting import PATIENCE, until

MODULE = Module(3, "SC", "EXAMPLE", "STICK", "A1", "1")
ACS = "acs https://acs.example/cwmp --user cpe --password not-a-secret --vlan 100 --priority 1"


class Recorded(Line):
    """A line that remembers what was sent."""

    def __init__(self, device: str) -> None:
        super().__init__(device)
        self.sent: list[bytes] = []

    def write(self, octets: bytes) -> None:
        self.sent.append(octets)
        super().write(octets)


class Watched:
    """A watching at work, and what it has told."""

    def __init__(self, onu: LabOnu, kept: Any = None, measured: Callable[[], Reading] = Reading) -> None:
        self.onu = onu
        line = Recorded(onu.device)
        self.line = line
        self.totals: list[Any] = []
        self.told: list[frozenset[str]] = []
        self._seen: list[Notice] = []

        def exchange() -> Exchange:
            line.open()
            return Exchange(line, CODECS[onu.like.codec]())

        def console() -> ByConsole:
            line.open()
            return ByConsole(DRIVERS[onu.like.console](line, None))

        asks: Any = console if onu.like.console else lambda: ByFrames(exchange())
        is_mirror = onu.like.is_mirror
        self.watching = Watching(
            None if is_mirror else asks, exchange if is_mirror else None, line.close, kept, self.totals.append, measured
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.watching.watch, args=(self.told.append, self._stop), daemon=True)
        self._thread.start()

    def notices(self) -> list[Notice]:
        self._seen += self.watching.notices()
        return self._seen

    def counted(self) -> dict[str, int]:
        return self.watching._alarms._counts

    def until(self, condition: Callable[[], Any]) -> Any:
        return until(condition, lambda: f"{self.watching.picture} {self.watching.acs} {self.notices()}")

    def end(self) -> None:
        self._stop.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


@contextmanager
def watched(
    kept: Any = None, link: Path | None = None, measured: Callable[[], Reading] = Reading, **likeness: Any
) -> Iterator[Watched]:
    with lab_onu(link, **likeness) as onu:
        one = Watched(onu, kept, measured)
        try:
            until(lambda: one.line.is_open, "nobody listens to what is said")
            yield one
        finally:
            one.end()


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "AGAIN", 0.1)
    monkeypatch.setattr(watching, "LEVELS", 1.0)


def test_what_the_ont_is_and_that_it_names_no_acs_is_known_soon() -> None:
    with watched() as one:
        one.until(lambda: len(one.watching.picture.entities) > 6)
        assert one.watching.picture.is_there
        assert one.watching.picture.text(257, 0, 1) == "Lab ONU 2500"
        assert one.watching.acs == NoneNamed("the management server is locked")
        assert LineIs(is_there=True) in one.notices()
        assert one.told


def test_an_acs_that_the_olt_provisions_is_followed_and_one_that_it_takes_back_as_well() -> None:
    with watched() as one:
        one.until(lambda: one.watching.acs)
        one.onu.order(ACS)
        named = one.until(lambda: isinstance(one.watching.acs, AcsNamed) and one.watching.acs)
        assert (named.url, named.username, named.tag.vlan) == ("https://acs.example/cwmp", "cpe", 100)
        one.onu.order("acs https://other.example/")
        one.until(lambda: getattr(one.watching.acs, "url", "") == "https://other.example/")
        one.onu.order("reset")
        one.until(lambda: one.watching.acs == NoneNamed("the management server is locked"))


def test_alarms_and_changes_are_told_when_they_come() -> None:
    with watched() as one:
        one.until(lambda: AllAlarms({}) in one.notices())
        one.onu.order("drift off")
        one.onu.order("alarm 2 on")
        one.until(lambda: one.watching.picture.has_alarm(ANI, 0x8001, 2))
        one.onu.order("light -20 2")
        one.until(lambda: one.watching.picture.octets(ANI, 0x8001, 10) == b"\xd8\xf0")
        assert any(isinstance(notice, AlarmsTold) and notice.bitmap[0] == 0x20 for notice in one.notices())
        assert any(isinstance(notice, Changed) and notice.key == (ANI, 0x8001) for notice in one.notices())


@pytest.mark.slow
def test_after_an_alarm_that_was_lost_all_are_asked_for() -> None:
    with watched() as one:
        one.until(lambda: one.watching.picture.is_there and (ANI, 0x8001) in one.watching.picture.entities)
        one.onu.order("alarm 2 on")
        one.until(lambda: one.watching.picture.has_alarm(ANI, 0x8001, 2))
        one.onu.order("spoil drop 1")
        one.onu.order("alarm 4 on 11 257")
        one.onu.order("alarm 2 off")
        one.until(lambda: one.watching.picture.has_alarm(11, 257, 4))


@pytest.mark.slow
@pytest.mark.parametrize("begins_anew", ["reboot", "reset"])  # of sysUpTime, of MIB data sync
def test_after_a_restart_without_a_gap_an_alarm_that_is_over_is_over(begins_anew: str) -> None:
    with watched() as one:
        one.onu.order("service")
        one.onu.order("alarm 2 on")
        one.until(lambda: one.watching.picture.has_alarm(ANI, 0x8001, 2))
        one.until(lambda: "changes" in one.counted() and one.counted().get("uptime", 0) > 10)
        one.onu.mib.alarms.clear()
        one.onu.order(begins_anew)
        one.until(lambda: not one.watching.picture.alarms)
        assert one.notices()[-1] == AllAlarms({})
        assert [notice.is_there for notice in one.notices() if isinstance(notice, LineIs)] == [True]


def test_at_first_all_alarms_are_told_also_that_there_are_none() -> None:
    with watched() as one:
        one.until(lambda: AllAlarms({}) in one.notices())
        one.onu.order("alarm 3 on")
        one.until(lambda: one.watching.picture.has_alarm(ANI, 0x8001, 3))
        one.end()
        again = Watched(one.onu)
        try:
            again.until(lambda: [n.bitmaps.keys() for n in again.notices() if isinstance(n, AllAlarms)])
            assert again.watching.picture.has_alarm(ANI, 0x8001, 3)
        finally:
            again.end()


class Hostile:
    """An ONU that answers for an ONU-G, and claims alarms without end."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def answer(self, octets: bytes) -> list[bytes]:
        asked = parse(octets)
        fields: dict[str, int | bytes] = {"result": 0 if asked.class_id == 256 else 4}
        self.asked.append(asked.action)
        if asked.action == Action.GET_ALL_ALARMS:
            fields = {"commands": 65535}
        elif asked.action == Action.GET_ALL_ALARMS_NEXT:
            fields = {"entities": b"\x01\x07" + len(self.asked).to_bytes(2) + b"\xff" * 28}
        elif asked.class_id == 256:
            fields |= {"mask": int.from_bytes(asked.contents[:2]) & 0x0200, "values": b"\0"}
        said = contents(Action(asked.action), fields, answers=True)
        frame = Frame(asked.tci, asked.action, asked.class_id, asked.instance, said, answers=True)
        return [CODECS["hdlc"]().wrapped(frame.to_bytes())]

    def times(self) -> int:
        return self.asked.count(Action.GET_ALL_ALARMS)


def test_an_onu_that_talks_without_end_is_asked_rarely_and_what_is_shown_of_it_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("backends.omci.queries.MOST_ALARMS", 300)
    hostile = Hostile()
    with onu_on_a_pty(hostile.answer) as far:
        line = Line(far.device)
        one, stop = Watching(lambda: ByFrames(Exchange(line, CODECS["hdlc"]())), None, line.close), threading.Event()
        thread = threading.Thread(target=one.watch, args=(lambda _: None, stop), daemon=True)
        thread.start()
        until(lambda: one.picture.alarms, lambda: str(one.picture))
        for number in range(400):
            alarm = contents(Action.ALARM, {"bitmap": b"\xff" * 28, "sequence": number * 7 % 255 + 1})
            change = contents(Action.AVC, {"mask": 0x8000, "values": b"\0"})
            for class_id, action, body in ((263, Action.ALARM, alarm), (329, Action.AVC, change)):
                frame = Frame(0, action, class_id, number, body)
                far.write(far.framed(frame.to_bytes()))
        until(lambda: len(one.picture.instances(329)) == watching.MOST_SHOWN, lambda: str(one.picture))
        until(lambda: hostile.times() > 1)
        stop.set()
        thread.join(PATIENCE)
    assert hostile.times() == 2
    assert len(one.picture.alarms) <= alarms.MOST_ALARMED
    assert len(one.notices()) <= 256


@pytest.mark.slow
def test_all_alarms_are_asked_for_ever_more_rarely_while_messages_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarms, "PAUSE", 0.2)
    with watched() as one:
        one.until(lambda: any(isinstance(notice, AllAlarms) for notice in one.notices()))
        begun = time.monotonic()
        while time.monotonic() - begun < 2:
            one.onu._protocol.alarm(ANI, 0x8001, bytes(28))  # and it is lost
            one.onu.order("alarm 2 on")
            time.sleep(0.1)
        frames = [parse(frame) for octets in one.line.sent for frame in CODECS["hdlc"]().feed(octets)]
        assert 2 < len([frame for frame in frames if frame.action == Action.GET_ALL_ALARMS]) < 7


def test_what_is_told_while_alarms_without_end_are_asked_for_is_heard_meanwhile() -> None:
    nexts: list[int] = []
    seen = threading.Event()

    def answer(octets: bytes) -> list[bytes]:
        asked = parse(octets)
        told: list[bytes] = []
        fields: dict[str, int | bytes] = {"result": 0 if asked.class_id == 256 else 4}
        if asked.action == Action.GET_ALL_ALARMS:
            fields = {"commands": 4000}
        elif asked.action == Action.GET_ALL_ALARMS_NEXT:
            nexts.append(len(nexts))
            time.sleep(0.002)
            if len(nexts) == 5:
                alarm = contents(Action.ALARM, {"bitmap": b"\x08" + bytes(27), "sequence": 1})
                told.append(Frame(0, Action.ALARM, 11, 257, alarm).to_bytes())
            fields = {"entities": b"" if seen.is_set() else b"\x01\x07" + len(nexts).to_bytes(2) + b"\x20"}
        elif asked.class_id == 256:
            fields |= {"mask": int.from_bytes(asked.contents[:2]) & 0x0200, "values": b"\0"}
        said = contents(Action(asked.action), fields, answers=True)
        told.append(Frame(asked.tci, asked.action, asked.class_id, asked.instance, said, answers=True).to_bytes())
        return [CODECS["hdlc"]().wrapped(frame) for frame in told]

    with onu_on_a_pty(answer) as far:
        line = Line(far.device)
        one, stop = Watching(lambda: ByFrames(Exchange(line, CODECS["hdlc"]())), None, line.close), threading.Event()
        thread = threading.Thread(target=one.watch, args=(lambda _: None, stop), daemon=True)
        thread.start()
        until(lambda: one.picture.has_alarm(11, 257, 4), lambda: str(one.picture))
        assert 5 <= len(nexts) < 4000
        seen.set()
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_a_device_that_was_unplugged_is_there_again_when_it_is_back(tmp_path: Path) -> None:
    with watched(link=tmp_path / "onu") as one:
        one.until(lambda: one.watching.picture.is_there)
        one.onu.order("unplug")
        one.until(lambda: not one.watching.picture.is_there)
        one.onu.order("plug")
        one.onu.order(ACS)
        one.until(lambda: one.watching.picture.is_there and isinstance(one.watching.acs, AcsNamed))
        lines = [notice.is_there for notice in one.notices() if isinstance(notice, LineIs)]
        assert lines == [True, False, True]


@pytest.mark.slow
def test_counters_are_added_up_over_intervals_and_restarts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ByFrames, "pause", 0.2)
    with watched() as one:
        one.onu.order("service")
        first = one.until(lambda: one.watching.picture.total(FEC, 0x8001, 6))
        one.onu.order("interval")
        one.until(lambda: len(one.totals) > 1)
        then = one.watching.picture.total(FEC, 0x8001, 6)
        assert then >= first
        one.end()
        other = Watched(one.onu, kept=one.totals[-1])
        try:
            assert other.watching.picture.total(FEC, 0x8001, 6) >= then  # also before the ONT is heard
            other.until(lambda: other.watching.picture.is_there)
            assert other.watching.picture.total(FEC, 0x8001, 6) >= then
        finally:
            other.end()


@pytest.mark.slow
def test_a_mirror_of_the_line_is_enough() -> None:
    with watched(is_mirror=True) as one:
        one.onu.order(ACS)
        named = one.until(lambda: isinstance(one.watching.acs, AcsNamed) and one.watching.acs)
        assert named.password == "not-a-secret"
        assert one.watching.picture.is_there
        one.onu.order("alarm 3 on")
        one.until(lambda: one.watching.picture.has_alarm(ANI, 0x8001, 3))
        one.onu.order("reset")
        one.until(lambda: one.watching.acs == NoneNamed("the management server is locked"))


@pytest.mark.slow
def test_an_acs_whose_last_word_came_before_the_line_dropped_is_named_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "SETTLED", 1.0)
    with watched(is_mirror=True, link=tmp_path / "onu") as one:
        one.onu.order(ACS)
        one.until(lambda: one.watching._mirror.entities.get((340, 0x0E01), {}).get(1) == b"\0")
        one.onu.order("unplug")
        one.until(lambda: not one.watching.picture.is_there)
        assert one.watching.acs is None
        one.onu.order("plug")
        named = one.until(lambda: one.watching.acs)
        assert getattr(named, "url", "") == "https://acs.example/cwmp", named


def test_what_a_mirror_showed_counts_over_a_gap_and_the_first_word_after_it_too(tmp_path: Path) -> None:
    with watched(is_mirror=True, link=tmp_path / "onu") as one:
        one.onu.order("drift off")
        one.onu.order("light -20 2")
        one.onu.order("avc 329 0x0e01 2 1")
        one.onu.order("alarm 2 on")
        one.until(lambda: one.watching.picture.has_alarm(ANI, 0x8001, 2))
        one.onu.order("unplug")
        one.until(lambda: not one.watching.picture.is_there)
        one.onu.order("plug")
        time.sleep(0.5)
        one.onu.order("alarm 2 off")
        one.until(lambda: AlarmsTold((ANI, 0x8001), bytes(28)) in one.notices())
        assert not one.watching.picture.has_alarm(ANI, 0x8001, 2)
        one.onu.order("avc 256 0 7 0")
        one.until(lambda: (256, 0) in one.watching.picture.entities)
        assert {(ANI, 0x8001), (329, 0x0E01)} <= one.watching.picture.entities.keys()


def test_who_listens_to_an_onu_from_anew_hears_that_an_alarm_is_over() -> None:
    with watched(is_mirror=True) as one:
        one.onu.order("alarm 2 off")
        one.until(lambda: AlarmsTold((ANI, 0x8001), bytes(28)) in one.notices())


def test_a_mirror_s_counters_are_added_up() -> None:
    """Heard: OLTs that ask for a history, as they do each quarter of an hour, and for what runs."""
    heard = [(Action.GET, 1, 5), (Action.GET_CURRENT, 1, 7), (Action.GET_CURRENT, 2, 1), (Action.GET, 2, 9)]
    with onu_on_a_pty(lambda _octets: []) as far:
        line = Line(far.device)
        one = Watching(None, lambda: Exchange(line, CODECS["hdlc"]()), line.close)
        stop = threading.Event()
        thread = threading.Thread(target=one.watch, args=(lambda _topics: None, stop), daemon=True)
        line.open()
        thread.start()
        found = []
        for tci, (action, end, count) in enumerate(heard, start=1):
            fields = {"result": 0, "mask": 0xA000, "values": bytes([end]) + count.to_bytes(4)}
            said = Frame(tci, action, 312, 1, contents(action, fields, answers=True), answers=True)
            far.write(far.framed(said.to_bytes()))
            time.sleep(0.2)  # nothing tells that a frame was heard which changes nothing
            found.append(one.picture.total(312, 1, 3))
        stop.set()
        thread.join(PATIENCE)
    assert found[:2] == [0, 7]
    assert found[-1] == 9


def test_a_console_is_asked_as_well() -> None:
    with watched(console="lantiq") as one:
        one.onu.order(ACS)
        one.until(lambda: one.watching.picture.state == "O5")
        assert one.watching.picture.text(257, 0, 1) == "Lab ONU 2500"
        assert one.watching.picture.pon_alarms["LOS"] is False


@pytest.mark.parametrize("is_mirror", [False, True])
def test_what_this_machine_reads_of_the_module_is_known_however_the_line_is_used(is_mirror: bool) -> None:
    with watched(is_mirror=is_mirror, measured=lambda: Reading(MODULE, {"Bias": (12, "mA")})) as one:
        one.until(lambda: one.watching.picture.module == MODULE)
        assert one.watching.picture.levels == {"Bias": (12, "mA")}


@pytest.mark.slow
def test_an_alarm_of_the_console_is_noticed_as_long_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ByConsole, "pause", 0.2)
    with watched(console="realtek") as one:
        one.until(lambda: one.watching.picture.pon_alarms)
        assert PonAlarms(frozenset()) in one.notices()  # the first one is told also when there is none
        one.onu.order("light -60")
        one.until(lambda: PonAlarms(frozenset({"LOS", "LOF"})) in one.notices())
        one.onu.order("light -20")
        one.until(lambda: one.notices()[-1] == PonAlarms(frozenset()))
        assert one.watching.picture.pon_alarms["LOS"] is False


def test_nothing_is_sent_that_could_change_the_ont_and_no_upload_is_asked_for() -> None:
    with watched() as one:
        one.onu.order("service")
        one.onu.order(ACS)
        one.until(lambda: isinstance(one.watching.acs, AcsNamed))
        one.until(lambda: len(one.watching.picture.totals) == 2)
        frames = [parse(frame) for octets in one.line.sent for frame in CODECS["hdlc"]().feed(octets)]
        assert {frame.action for frame in frames} <= {
            Action.GET, Action.GET_CURRENT, Action.GET_ALL_ALARMS, Action.GET_ALL_ALARMS_NEXT,
        }  # fmt: skip
        assert len([frame for frame in frames if frame.action == Action.GET_ALL_ALARMS]) == 1


@pytest.mark.slow
def test_who_listens_sends_nothing() -> None:
    with watched(is_mirror=True) as one:
        one.onu.order(ACS)
        one.until(lambda: isinstance(one.watching.acs, AcsNamed))
        assert one.line.sent == []


@pytest.mark.slow
def test_noise_is_survived() -> None:
    with watched(noise_every=3) as one:
        one.onu.order(ACS)
        one.until(lambda: isinstance(one.watching.acs, AcsNamed))
        one.onu.order("spoil corrupt 2")
        one.onu.order("alarm 2 on")
        one.until(lambda: one.watching.picture.is_there)
