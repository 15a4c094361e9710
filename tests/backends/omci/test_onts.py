"""The same questions to the lab ONU by frames and by consoles."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from agent.lab.onu import LabOnu
from backends.errors import TimedOut
from backends.omci.codecs import Hdlc
from backends.omci.consoles.drivers import DRIVERS, Realtek
from backends.omci.exchange import TRIES, Exchange, NoAnswer
from backends.omci.frames import Action, Frame, parse
from backends.omci.link import Line
from backends.omci.messages import contents
from backends.omci.onts import (
    ANI,
    FEC,
    GEM_PORT,
    GEM_PORT_HISTORY,
    ONU_2G,
    PPTP,
    SERVER,
    VEIP,
    ByConsole,
    ByFrames,
    Ont,
)
from backends.omci.queries import NoEntity
from tests.backends.omci.pty_onu import PtyOnu, onu
from tests.lab.onus import lab_onu


@contextmanager
def ont(is_uploaded: bool = False, **likeness: Any) -> Iterator[tuple[Ont, LabOnu]]:
    with lab_onu(**likeness) as far:
        line = Line(far.device)
        line.open()
        try:
            if likeness.get("console"):
                yield ByConsole(DRIVERS[likeness["console"]](line, None)), far
            else:
                yield ByFrames(Exchange(line, Hdlc()), is_uploaded=is_uploaded), far
        finally:
            line.close()


def test_entities_are_found_where_onus_have_them() -> None:
    with ont() as (asked, _):
        assert [asked.instances(number) for number in (ANI, VEIP, SERVER, PPTP)] == [
            [0x8001], [0x0E01], [0x0E01], [0x0101, 0x0102],
        ]  # fmt: skip
        assert asked.instances(GEM_PORT) == []
        assert asked.instances(FEC) == [0x8001]  # where it would be; the OLT makes it


def test_an_upload_names_what_the_olt_has_made() -> None:
    with ont(is_uploaded=True) as (asked, onu):
        onu.order("service")
        assert [asked.instances(number) for number in (GEM_PORT, GEM_PORT_HISTORY, ANI)] == [[1], [1], [0x8001]]


def test_after_the_olt_has_changed_something_all_is_uploaded_again_but_not_at_once() -> None:
    now = [1000.0]
    with lab_onu() as far:
        line = Line(far.device)
        line.open()
        asked = ByFrames(Exchange(line, Hdlc()), is_uploaded=True, clock=lambda: now[0])
        assert asked.instances(GEM_PORT) == []
        far.order("service")
        asked.changes()
        assert asked.instances(GEM_PORT) == []
        now[0] += 61
        asked.changes()
        assert asked.instances(GEM_PORT) == [1]
        uploads = far.heard
        now[0] += 61
        asked.changes()
        assert asked.instances(GEM_PORT) == [1]
        assert far.heard == uploads + 1  # the question for what was changed alone
        line.close()


def test_a_console_that_tells_alarms_with_its_entities_tells_those_that_were_listed() -> None:
    with ont(console="lantiq") as (asked, onu):
        assert asked.alarms() is None
        onu.order("alarm 3 on")
        asked.instances(ANI)
        assert {key: bits[:1] for key, bits in (asked.alarms() or {}).items()} == {(ANI, 0x8001): b"\x10"}
        onu.order("alarm 3 off")
        asked.instances(PPTP)
        asked.instances(ANI)
        assert not any(map(any, (asked.alarms() or {1: b"x"}).values()))


def test_a_history_has_an_interval_that_ended_and_one_that_runs() -> None:
    with ont() as (asked, onu):
        with pytest.raises(NoEntity):
            asked.get(FEC, 0x8001, 0xBC00)
        onu.order("service")
        onu.order("interval")
        assert asked.get(FEC, 0x8001, 0xBC00).octets.keys() == {1, 3, 4, 5, 6}
        running = asked.running(FEC, 0x8001, 0x2000)
        assert running is not None
        assert running.octets.keys() == {3}


def test_changes_of_the_olt_are_counted() -> None:
    with ont() as (asked, onu):
        before = asked.changes()
        onu.order("unlock")
        assert before is not None
        assert asked.changes() == before % 255 + 1


def test_notifications_are_heard_and_those_during_a_question_too() -> None:
    with ont() as (asked, onu):
        assert asked.listen(0) == []
        onu.order("alarm 2 on")
        assert [frame.class_id for frame in asked.listen(10)] == [ANI]
        onu.order("alarm 2 off")
        asked.changes()
        assert [frame.class_id for frame in asked.listen(10)] == [ANI]
        assert asked.alarms() is not None
        assert (asked.state(), asked.levels(), asked.pon_alarms()) == (None, {}, {})
        asked.leave()


def test_an_onu_that_is_silent_about_what_it_does_not_have_is_not_asked_for_that_again() -> None:
    """It answers for the ONU alone, and for a history of it as if there were none."""
    asked: list[tuple[int, int]] = []

    def answer(octets: bytes) -> list[bytes]:
        frame = parse(octets)
        asked.append((frame.class_id, frame.action))
        if frame.class_id != 256:
            return []
        fields = {"result": 0, "mask": 0x0200, "values": b"\0"}
        said = Frame(frame.tci, frame.action, 256, 0, contents(Action.GET, fields, answers=True), answers=True)
        return [Hdlc().wrapped(said.to_bytes())]

    with onu(answer) as far:
        line = Line(far.device)
        ont = ByFrames(Exchange(Hasty(line), Hdlc(), clock=Hasty.now))
        assert ont.get(256, 0, 0x0200).octets == {7: b"\0"}
        for _ in range(2):
            assert (ont.changes(), ont.running(FEC, 1, 0x2000), ont.instances(VEIP)) == (None, None, [])
        with pytest.raises(NoAnswer):
            ont.get(ANI, 0x8001, 0x0040)
        assert ont.alarms() is None
        assert asked.count((2, Action.GET)) == TRIES
        line.close()


class Choosy:
    """An ONU that answers for the classes it likes, with a single attribute, and for the others not at all."""

    def __init__(self, *likes: int) -> None:
        self.likes = set(likes)
        self.asked: list[int] = []
        self.now = 0.0

    def answers(self, octets: bytes) -> list[bytes]:
        frame = parse(octets)
        self.asked.append(frame.class_id)
        if frame.class_id not in self.likes:
            return []
        fields: dict[str, int | bytes] = {"result": 0, "mask": 0x8000, "values": b"\0"}
        said = contents(Action.GET, fields, answers=True)
        return [
            Hdlc().wrapped(
                Frame(frame.tci, frame.action, frame.class_id, frame.instance, said, answers=True).to_bytes()
            )
        ]

    @contextmanager
    def asking(self) -> Iterator[tuple[ByFrames, PtyOnu]]:
        with onu(self.answers) as far:
            line = Line(far.device)
            yield ByFrames(Exchange(Hasty(line), Hdlc(), clock=Hasty.now), clock=lambda: self.now), far
            line.close()


def test_a_class_that_has_answered_is_there_whatever_gets_lost_later() -> None:
    choosy = Choosy(SERVER)
    with choosy.asking() as (ont, _):
        assert ont.instances(SERVER)
        choosy.likes.clear()
        for _ in range(2):
            with pytest.raises(NoAnswer):
                ont.get(SERVER, 0x0E01, 0x8000)
        choosy.likes.add(SERVER)
        assert ont.get(SERVER, 0x0E01, 0x8000).octets == {1: b"\0"}


def test_an_onu_that_never_told_its_uptime_is_not_asked_for_it_again() -> None:
    choosy = Choosy(ONU_2G)
    with choosy.asking() as (ont, _):
        ont.get(ONU_2G, 0, 0x8000)
        choosy.likes.clear()
        assert [ont.uptime(), ont.uptime()] == [None, None]
        assert choosy.asked == [ONU_2G] * (1 + TRIES)


def test_an_onu_that_once_told_its_uptime_and_is_silent_now_is_not_there() -> None:
    choosy = Choosy(ONU_2G)
    with choosy.asking() as (ont, _):
        ont.uptime()
        choosy.likes.clear()
        with pytest.raises(NoAnswer):
            ont.uptime()


def test_the_uptime_begins_anew_with_a_restart() -> None:
    with ont() as (asked, onu):
        time.sleep(0.05)
        before = asked.uptime()
        onu.order("reboot")
        assert (before or 0) > (asked.uptime() or 0)


def test_a_class_that_has_never_answered_is_asked_for_again_after_a_minute_and_then_after_two() -> None:
    choosy = Choosy(ANI)
    with choosy.asking() as (ont, _):
        for choosy.now in (0, 59, 61, 179):
            assert ont.instances(SERVER) == []
        assert choosy.asked == [SERVER] * 2 * TRIES
        choosy.likes.add(SERVER)
        choosy.now = 182
        assert ont.instances(SERVER)


def test_a_class_that_the_onu_tells_of_is_asked_for_at_once() -> None:
    choosy = Choosy(ANI)
    with choosy.asking() as (ont, far):
        assert ont.instances(SERVER) == []
        choosy.likes.add(SERVER)
        changed = Frame(0, Action.AVC, SERVER, 0x0E01, contents(Action.AVC, {"mask": 0x8000, "values": b"\0"}))
        far.write(Hdlc().wrapped(changed.to_bytes()))
        assert len(ont.listen(1000)) == 1
        assert 0x0E01 in ont.instances(SERVER)


class Hasty:
    """A line, and a clock, by which the seconds of who waits there are hundredths."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.write = line.write

    def read(self, seconds: float) -> bytes:
        return self._line.read(seconds / 100)

    @staticmethod
    def now() -> float:
        return time.monotonic() * 100


@pytest.mark.parametrize("family", ["lantiq", "realtek"])
def test_consoles_tell_the_same(family: str) -> None:
    with ont(console=family) as (asked, onu):
        onu.order("drift off")
        onu.order("light -20 2")
        assert asked.instances(ANI) == [0x8001]
        for _ in range(2):  # from the list, and asked anew
            assert asked.get(ANI, 0x8001, 0x0044).octets == {10: b"\xd8\xf0", 14: b"\x03\xe8"}
        assert asked.instances(60000) == []
        assert asked.state() == "O5"
        assert (asked.running(FEC, 1, 0x2000), asked.changes(), asked.listen(0)) == (None, None, [])
        assert asked.alarms() == ({(ANI, 0x8001): b""} if family == "lantiq" else None)
        assert bool(asked.levels()) is (family == "realtek")
        asked.leave()


class Hanging(Realtek):
    """A stick whose program hangs over one question."""

    asked = 0

    def pon_alarms(self) -> dict[str, bool]:
        self.asked += 1
        raise TimedOut("the console did not end its answer to diag")


def test_a_program_that_hangs_over_alarms_is_asked_once_and_all_else_goes_on() -> None:
    with lab_onu(console="realtek") as far:
        line = Line(far.device)
        driver = Hanging(line)
        asked = ByConsole(driver)
        assert (asked.pon_alarms(), asked.pon_alarms(), driver.asked) == ({}, {}, 1)
        assert asked.state() == "O5"
        line.close()
