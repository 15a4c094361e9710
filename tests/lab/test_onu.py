"""The lab ONU on its pty, spoken to by the agent's own exchange, drivers and codecs."""

import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from agent.lab.onu_door import ask
from agent.lab.onu_orders import Wrong
from backends.omci.acs_chain import AcsNamed, follow
from backends.omci.consoles.console import LogIn
from backends.omci.consoles.drivers import DRIVERS
from backends.omci.exchange import NoAnswer
from backends.omci.frames import Action, Frame
from backends.omci.link import Line, LineLost
from backends.omci.queries import Queries
from tests.lab.onus import exchange, lab_onu, queries
from tests.waiting import PATIENCE, until


@pytest.fixture(autouse=True)
def _prompts_come_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.omci.consoles.console._QUIET", 0.05)


def read_to_the_end(line: Line) -> None:
    while True:
        line.read(PATIENCE)


@pytest.mark.parametrize("codec", ["hdlc", "slip", "hexline", "raw48"])
def test_the_agent_reads_all_of_it_over_every_codec(codec: str) -> None:
    with lab_onu(codec=codec) as onu, queries(onu, "crc32") as asked:
        assert asked.get(256, 0).octets[1] == b"LABO"
        assert len(asked.get(287, 0).octets[1]) > 29
        assert set(asked.upload().entities) == set(onu.mib.values) - {(2, 0), (287, 0)}
        onu.order("alarm 0 on")
        assert list(asked.alarms()) == [(263, 0x8001)]


@pytest.mark.parametrize("trailer", ["zero", "none"])
def test_its_frames_may_have_no_check(trailer: str) -> None:
    with lab_onu(trailer=trailer) as onu, queries(onu) as asked:
        assert asked.get(329, 0x0E01).octets[1] == b"\0"


def test_what_the_olt_sets_of_the_way_to_the_acs_is_told_and_can_be_followed(tmp_path: Path) -> None:
    with lab_onu(tmp_path / "tty") as onu, exchange(onu) as line:
        assert ask(tmp_path / "tty", "acs http://acs.example/ --user lab --password x").startswith("the OLT has")
        told = []
        while frame := line.listen(0.5):
            told.append((frame.action, frame.class_id))
            if (Action.AVC, 340) in told and frame.contents[2] == 0:
                break
        assert (Action.AVC, 340) in told
        assert isinstance(follow(Queries(line).get, 0x0E01), AcsNamed)
        with pytest.raises(Wrong, match="no order"):
            ask(tmp_path / "tty", "dance")


def test_a_mirror_repeats_both_sides_and_answers_nobody() -> None:
    with lab_onu(is_mirror=True) as onu, exchange(onu) as line:
        onu.order("lock")
        heard = [line.listen(PATIENCE), line.listen(PATIENCE)]
        assert [frame.asks if frame else None for frame in heard] == [True, False]
        with pytest.raises(NoAnswer):
            line.ask(Frame(0, Action.GET, 340, 0x0E01, b"\x80\0".ljust(32, b"\0"), asks=True), within=0.05)
        assert onu.heard == 0


@pytest.mark.parametrize("family", ["lantiq", "realtek", "cortina"])
def test_each_console_is_logged_into_and_asked_by_its_driver_through_colours_and_the_kernel(family: str) -> None:
    likeness: dict[str, Any] = {
        "console": family,
        "user": "root",
        "password": "x",
        "noise_every": 300,
        "has_colours": True,
    }
    with lab_onu(**likeness) as onu:
        line = Line(onu.device)
        driver = DRIVERS[family](line, LogIn("root", "x"))
        onu.order("drift off")
        assert driver.get(263, 0x8001).octets[10] == onu.mib.values[263, 0x8001][10]
        assert driver.onu_state() == "O5"
        driver.leave()
        line.close()


def test_unplugged_the_device_is_lost_and_back_it_is_found_under_its_link(tmp_path: Path) -> None:
    with lab_onu(tmp_path / "tty") as onu:
        line = Line(onu.device)
        line.open()
        onu.order("unplug")
        with pytest.raises(LineLost):
            read_to_the_end(line)
        with pytest.raises(LineLost):
            line.open()
        onu.order("plug")
        with queries(onu) as asked:
            assert asked.get(340, 0x0E01).octets[1] == b"\x01"


def test_a_slow_line_takes_its_time() -> None:
    with lab_onu(baud=9600) as onu, queries(onu) as asked:
        begun = time.monotonic()
        asked.get(340, 0x0E01)
        assert time.monotonic() - begun >= 2 * 48 * 10 / 9600


def test_light_drifts_by_itself() -> None:
    with lab_onu() as onu, queries(onu) as asked:
        before = asked.get(263, 0x8001, 0x0044).octets
        until(lambda: asked.get(263, 0x8001, 0x0044).octets != before)


def test_nothing_is_left_of_it(tmp_path: Path) -> None:
    with lab_onu(tmp_path / "tty"):
        assert sorted(os.listdir(tmp_path)) == ["tty", "tty.do"]
        assert (tmp_path / "tty.do").stat().st_mode & 0o077 == 0
    assert os.listdir(tmp_path) == []
    with pytest.raises(OSError, match="No such file"):
        ask(tmp_path / "tty", "show")


def test_octets_at_its_door_that_are_no_text_are_refused_and_it_goes_on(tmp_path: Path) -> None:
    with lab_onu(tmp_path / "tty"), socket.socket(socket.AF_UNIX) as visitor:
        visitor.settimeout(PATIENCE)
        visitor.connect(str(tmp_path / "tty.do"))
        visitor.sendall(b"\xff\n")
        assert visitor.recv(100) == b"no \\xff is not UTF-8\n"
        assert "340 is" in ask(tmp_path / "tty", "show")
