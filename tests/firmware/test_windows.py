"""ScheduleDownload of an image: what stands, under CWMP, for the windows of TR-181's Activate(), which is USP's."""

import json
from pathlib import Path

import pytest

from agent.cwmp import messages as m
from agent.runtime import actions as do
from agent.runtime import events as on
from agent.transfers.file_types import Outcome, Taken
from agent.transfers.queue import State
from tests.fakes.transfers import FIRMWARE
from tests.firmware.machine import Device, order
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
    if len(windows) == 2:
        assert reboots(talk) == 1
    else:
        assert reboots(talk) == 0
        assert ended(talk).code == 9020


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
