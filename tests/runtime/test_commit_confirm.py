"""A deferred change is made once, has its time to be confirmed, and is taken back when that is over."""

import pytest

from agent.runtime.commit_confirm import CommitConfirm, News
from tests.model.device import IP, Device

MTU = f"{IP}1.MaxMTUSize"


@pytest.fixture
def device() -> Device:
    device = Device()
    device.network.cuts_path = True
    device.change({MTU: "1400"}, key="after")
    return device


def test_without_a_change_nothing_happens() -> None:
    confirm = CommitConfirm(Device().model, 180)

    assert confirm.resumed(0, has_acs=True) is None
    assert confirm.no_session_runs(1, has_acs=True) is None
    confirm.acs_was_reached()
    assert (confirm.deadline, confirm.time_passed(1e9), confirm.is_overdue(1e9)) == (None, None, False)


def test_the_session_in_which_it_was_accepted_does_not_confirm_it(device: Device) -> None:
    confirm = CommitConfirm(device.model, 180)
    confirm.acs_was_reached()

    assert device.model.awaits_application
    assert confirm.no_session_runs(10, has_acs=True) is News.MADE
    assert confirm.deadline == 190


def test_the_acs_confirms_it_by_being_reached(device: Device) -> None:
    confirm = CommitConfirm(device.model, 180)
    confirm.no_session_runs(10, has_acs=True)
    confirm.informed()

    assert confirm.deadline is None
    assert not device.model.awaits_confirmation
    assert confirm.time_passed(1000) is None
    assert device.get(MTU) == "1400"


def test_unconfirmed_it_is_taken_back_once(device: Device) -> None:
    confirm = CommitConfirm(device.model, 180)
    confirm.no_session_runs(10, has_acs=True)

    assert confirm.time_passed(189.9) is None
    assert confirm.is_overdue(190)
    assert confirm.time_passed(190) is News.REVERTED
    assert device.get(MTU) == "1500"
    assert confirm.time_passed(500) is None
    assert device.model.was_taken_back
    confirm.informed()
    assert not device.model.was_taken_back


@pytest.mark.parametrize("way", ["confirmed", "taken back", "failed", "nobody to lose"])
def test_it_is_told_once_when_nothing_waits_any_more(device: Device, way: str) -> None:
    waits: list[bool] = []
    confirm = CommitConfirm(device.model, 180, lambda: waits.append(device.model.awaits_confirmation))
    device.network.fails_at = {"commit"} if way == "failed" else set()
    confirm.no_session_runs(10, has_acs=way != "nobody to lose")
    assert waits == ([False] if way in ("failed", "nobody to lose") else [])
    if way == "confirmed":
        confirm.acs_was_reached()
    confirm.time_passed(1000)
    confirm.acs_was_reached()
    assert waits == [False]


def test_what_cannot_be_made_is_news_too(device: Device) -> None:
    device.network.fails_at = {"commit"}

    confirm = CommitConfirm(device.model, 180)
    assert confirm.no_session_runs(10, has_acs=True) is News.REVERTED
    assert confirm.deadline is None


def test_after_a_start_it_has_its_time_anew_and_is_told_again(device: Device) -> None:
    confirm = CommitConfirm(device.restarted().model, 180)
    assert confirm.resumed(1000, has_acs=True) is News.MADE
    assert confirm.deadline == 1180

    device.model.apply_deferred()
    device.model.revert()
    assert CommitConfirm(device.restarted().model, 180).resumed(0, has_acs=True) is News.REVERTED


def test_without_an_acs_to_lose_it_is_made_and_stays(device: Device) -> None:
    confirm = CommitConfirm(device.model, 180)

    assert confirm.no_session_runs(10, has_acs=False) is None
    assert confirm.deadline is None
    assert not device.model.awaits_confirmation
    assert device.get(MTU) == "1400"


def test_after_a_start_without_an_acs_nothing_is_taken_back(device: Device) -> None:
    after = device.restarted()

    assert CommitConfirm(after.model, 180).resumed(1000, has_acs=False) is None
    assert not after.model.awaits_confirmation


def test_a_factory_reset_leaves_nothing_to_take_back(device: Device) -> None:
    confirm = CommitConfirm(device.model, 180)
    confirm.no_session_runs(10, has_acs=True)
    device.model.forget_everything()

    assert confirm.time_passed(500) is None


def test_the_time_to_confirm_may_be_set_anew(device: Device) -> None:
    confirm = CommitConfirm(device.model, 180)
    confirm.seconds = 10
    confirm.no_session_runs(100, has_acs=True)
    assert confirm.deadline == 110
