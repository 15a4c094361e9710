"""ScheduleDownload of an image: what stands, under CWMP, for the windows of TR-181's Activate(), which is USP's."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from agent.cwmp import messages as m
from agent.runtime import actions as do
from agent.runtime import events as on
from agent.runtime.transfers import HOLDS_SESSIONS
from agent.transfers.file_types import Outcome, Taken
from agent.transfers.queue import State
from tests.fakes.transfers import FIRMWARE
from tests.firmware.machine import Device, Killed, order
from tests.runtime.conversation import Talk, begun

ONE = m.TimeWindowStruct(100, 200, "1 At Any Time", "", 0)
ANOTHER = m.TimeWindowStruct(300, 400, "1 At Any Time", "", 0)


def scheduled(*windows: m.TimeWindowStruct) -> Talk:
    """The session is over in which the ACS has asked for an image that is in force after a restart."""
    talk = begun()
    talk.depot.firmware.says = Taken(needs_reboot=True, awaits="firmware")
    talk.pass_on(on.ConnectionRequested())
    talk.ends(
        m.ScheduleDownload(
            command_key="tonight", file_type=FIRMWARE, url="http://files.example/image", time_window_list=windows
        )
    )
    return talk


def reboots(talk: Talk) -> int:
    return sum(isinstance(one, do.Reboot) for one in talk.done)


def ended(talk: Talk) -> Outcome:
    [one] = talk.delivery.transfers.all
    assert one.state is State.ENDED
    return one.outcome


def test_nothing_is_fetched_before_its_window_and_the_machine_restarts_within_it() -> None:
    talk = scheduled(ONE)
    talk.let_pass(99)
    assert talk.jobs == []
    talk.let_pass(2)
    talk.works()
    assert (talk.depot.firmware.taken, reboots(talk)) == ([b"new firmware"], 1)


@pytest.mark.parametrize("windows", [(ONE,), (ONE, ANOTHER)])
def test_an_image_whose_window_is_over_when_it_could_be_installed_waits_for_the_next(
    windows: tuple[m.TimeWindowStruct, ...],
) -> None:
    talk = scheduled(*windows)
    talk.let_pass(101)
    [job] = talk.jobs
    talk.jobs.clear()
    talk.pass_on(on.ConnectionRequested())
    job.job(lambda told: talk.pass_on(on.Told(job.name, told)))
    talk.let_pass(100)
    talk.says(m.InformResponse())
    talk.says(None)
    talk.works()
    assert (talk.depot.firmware.taken, reboots(talk)) == ([], 0)
    if len(windows) == 1:
        assert ended(talk).code == 9020
        assert list(talk.depot.directory.iterdir()) == []
        return
    talk.let_pass(100)
    talk.works()
    assert (talk.depot.firmware.taken, reboots(talk)) == ([b"new firmware"], 1)


@pytest.mark.parametrize("windows", [(ONE,), (ONE, ANOTHER)])
def test_a_machine_that_could_only_restart_after_the_window_does_so_in_the_next_or_not_at_all(
    windows: tuple[m.TimeWindowStruct, ...],
) -> None:
    talk = scheduled(*windows)
    talk.let_pass(101)
    [job] = talk.jobs
    talk.jobs.clear()
    job.job(lambda told: talk.pass_on(on.Told(job.name, told)))
    [job] = talk.jobs
    talk.jobs.clear()
    talk.let_pass(100)
    job.job(lambda told: talk.pass_on(on.Told(job.name, told)))
    talk.let_pass(50)
    assert (talk.depot.firmware.taken, reboots(talk)) == ([b"new firmware"], 0)
    talk.let_pass(50)
    talk.works()
    if len(windows) == 2:
        assert (len(talk.depot.firmware.taken), reboots(talk)) == (2, 1)
    else:
        assert reboots(talk) == 0
        assert ended(talk).code == 9020


def test_what_a_killed_agent_had_installed_is_taken_back_when_it_starts_after_the_window() -> None:
    talk = scheduled(ONE, ANOTHER)
    talk.let_pass(101)
    [job] = talk.jobs
    job.job(lambda told: talk.pass_on(on.Told(job.name, told)))
    talk = talk.restarted()
    queue = talk.delivery.transfers
    taken_back: list[str] = []
    queue.take_back = lambda one: taken_back.append(one.id)
    talk.let_pass(100)
    [one] = queue.all
    assert (taken_back, one.state, one.window) == ([one.id], State.WAITING, 1)
    assert one.outcome.text == "the window was over before the file was in force"


def test_what_was_started_before_the_window_was_over_waits_for_its_verdict() -> None:
    talk = scheduled(ONE, ANOTHER)
    talk.let_pass(101)
    [job] = talk.jobs
    job.job(lambda told: talk.pass_on(on.Told(job.name, told)))
    talk = talk.restarted(booted=True)
    queue = talk.delivery.transfers
    queue.take_back = lambda _one: Taken(False, "firmware")
    talk.depot.verdict = None
    talk.let_pass(100)
    assert queue.all[0].state is State.AWAITING
    talk.depot.verdict = Outcome()
    talk.let_pass(3)
    assert ended(talk).code == 0


def test_an_image_is_taken_back_amid_a_session_that_runs_across_the_end_of_its_window() -> None:
    talk = scheduled(replace(ONE, window_end=500), replace(ONE, window_start=600, window_end=700))
    queue = talk.delivery.transfers
    taken_back: list[float] = []
    queue.take_back = lambda _one: taken_back.append(talk.now)
    talk.let_pass(101)
    [moving] = talk.jobs
    talk.jobs.clear()
    moving.job(lambda told: talk.pass_on(on.Told(moving.name, told)))
    [taking] = talk.jobs
    talk.pass_on(on.ConnectionRequested())
    talk.let_pass(HOLDS_SESSIONS + 1)
    assert talk.in_session
    taking.job(lambda told: talk.pass_on(on.Told(taking.name, told)))
    asked = queue.all[0].asked.now
    talk.let_pass(asked + 499 - talk.now)
    assert (taken_back, queue.needs_reboot, talk.in_session) == ([], True, True)
    talk.let_pass(1)
    assert (len(taken_back), queue.needs_reboot, reboots(talk)) == (1, False, 0)


def test_wherever_the_installation_was_killed_a_restart_after_the_window_is_into_the_former(tmp_path: Path) -> None:
    for point in range(1, 99):
        device = Device(tmp_path / str(point))
        received, device.kill_at = device.received(), device.points + point
        try:
            device.upgrade.take(received, order())
        except Killed:
            device.begin()
        is_through, device.kill_at = device.kill_at is not None, None
        assert device.upgrade.take_back("7") is None
        device.restart()
        device.begin()
        assert device.upgrade.installer.is_running("bank 1"), point
        if is_through:
            return


def test_after_its_window_an_image_is_started_by_nothing_and_installed_anew_in_the_next(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.upgrade.take(device.received(), order())
    device.begin()  # after kill -9
    assert device.upgrade.take_back("6") is None
    assert device.upgrade.is_restarting
    assert device.upgrade.take_back("7") is None
    assert json.loads((tmp_path / "lab/boot.json").read_text())["tried"] == ""
    assert device.upgrade.told().failure == "the window was over before the machine restarted"
    device.pass_time(3000)
    assert device.reboots == 0
    device.restart()  # by the ACS
    device.begin()
    assert device.upgrade.installer.is_running("bank 1")
    assert device.upgrade.take(device.received(), order()).needs_reboot
    device.restart()
    device.begin()
    assert device.upgrade.installer.is_running("bank 2")
    assert device.upgrade.outcome(order()) is None
    assert device.upgrade.take_back("7") == Taken(False, "firmware")
    device.upgrade.session_finished()
    assert device.upgrade.outcome(order()) == Outcome()


def test_an_image_that_was_given_up_is_not_started_by_the_next_restart(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.upgrade.take(device.received(), order())
    device.upgrade.transfer_ended("7", 9020, "its windows are over")
    assert json.loads((tmp_path / "lab/boot.json").read_text())["tried"] == ""
    assert device.upgrade.outcome(order()) == Outcome(9020, "its windows are over")
    device.restart()
    device.begin()
    assert device.upgrade.installer.is_running("bank 1")


def test_the_restart_of_an_image_with_windows_is_left_to_its_transfer(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.has_windows = True
    device.upgrade.take(device.received(), order())
    device.pass_time(3000)
    assert device.reboots == 0
    device.has_windows = False
    device.pass_time(400)
    assert device.upgrade.installer.is_running("bank 2")
