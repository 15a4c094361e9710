"""When a scheduled download may begin, and which windows make no sense."""

import pytest

from agent.transfers.orders import FileOrder
from agent.transfers.queue import Asked, Transfer
from agent.transfers.windows import LOOK, MODES, OUR_CHOICE, Window, plan_of, retries_of, wrong_with

ORDER = FileOrder("http://files.example/x", "", "", "1 Firmware Upgrade Image", 0, "", False, "key", "1")
ANY, NOW, IDLE, CONSENT = MODES


def transfer(*windows: Window, **more: object) -> Transfer:
    return Transfer(ORDER, "ScheduleDownload", Asked("boot", 0.0, None), windows=windows, **more)  # type: ignore[arg-type]


def at(one: Transfer, passed: float, *, is_idle: bool = True) -> str:
    plan = plan_of(one, passed, lambda: is_idle)
    return "over" if plan.is_over else f"now in {plan.window}" if plan.is_now else f"look at {plan.at:g}"


def test_it_begins_when_a_window_opens_and_not_after_the_last_one() -> None:
    one = transfer(Window(60, 120, ANY), Window(300, 400, NOW))
    assert [at(one, passed) for passed in (0, 59.9, 60, 119.9, 120, 300, 399.9, 400)] == [
        "look at 60", "look at 60", "now in 0", "now in 0", "look at 300", "now in 1", "now in 1", "over",
    ]  # fmt: skip


def test_without_windows_a_delay_is_all_there_is() -> None:
    one = Transfer(ORDER, "Download", Asked("boot", 0.0, None), delay=10)
    assert [at(one, passed) for passed in (0, 9.9, 10, 99_999)] == ["look at 10", "look at 10", "now in 0", "now in 0"]


def test_when_idle_looks_again_and_again_until_the_window_ends() -> None:
    one = transfer(Window(0, 50, IDLE), Window(60, 70, ANY))
    assert at(one, 0, is_idle=False) == f"look at {LOOK:g}"
    assert at(one, 40, is_idle=False) == "look at 50"
    assert at(one, 40, is_idle=True) == "now in 0"
    assert at(one, 50, is_idle=False) == "look at 60"


def test_what_needs_consent_waits_for_it_as_long_as_its_window() -> None:
    windows = (Window(0, 50, CONSENT), Window(60, 70, CONSENT))
    assert at(transfer(*windows), 10) == "look at 50"
    assert at(transfer(*windows, is_confirmed=True), 10) == "now in 0"
    assert at(transfer(*windows), 70) == "over"


def test_a_pause_may_cost_the_rest_of_a_window() -> None:
    one = transfer(Window(0, 50, ANY), Window(60, 70, ANY), not_before=55.0, tries=1)
    assert [at(one, passed) for passed in (40, 60)] == ["look at 60", "now in 1"]
    assert plan_of(one, 60, lambda: True).tries == 0, "a new window counts anew"


def test_retries_are_those_of_the_window_or_our_choice() -> None:
    one = transfer(Window(0, 50, ANY, max_retries=7), Window(60, 70, ANY, max_retries=-1))
    assert retries_of(one, 5) == 7
    assert retries_of(transfer(*one.windows, window=1), 5) == OUR_CHOICE
    assert retries_of(transfer(), 5) == 5


@pytest.mark.parametrize(
    ("windows", "wrong"),
    [
        ((), "one or 2"),
        ((Window(0, 1, ANY),) * 3, "one or 2"),
        ((Window(0, 1, "5 At Full Moon"),), "no window mode"),
        ((Window(0, 1, "X 00D09E Tuesday"),), "no window mode"),
        ((Window(5, 5, ANY),), "before it begins"),
        ((Window(0, 5, ANY, max_retries=-2),), "MaxRetries"),
        ((Window(0, 5, ANY), Window(4, 9, ANY)), "overlap"),
    ],
)
def test_what_makes_no_sense_is_said(windows: tuple[Window, ...], wrong: str) -> None:
    assert wrong in wrong_with(windows)


def test_windows_that_touch_are_fine() -> None:
    assert wrong_with((Window(0, 5, ANY), Window(5, 9, NOW))) == ""
