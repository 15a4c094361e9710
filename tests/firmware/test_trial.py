"""The trial of an image, as a table."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.firmware import trial as t
from agent.firmware.trial import Stage, Step, Trial

WITHIN = 600.0


def an_image(stage: Stage = Stage.INSTALLED, **more: object) -> Trial:
    begun = t.begun("7", "2.0", "Acme 2.0")
    return replace(t.installed(begun, "2", has_former=True), stage=stage, **more)  # type: ignore[arg-type]


def test_an_image_that_comes_up_and_finishes_a_session_is_confirmed() -> None:
    trial = t.restarting(an_image())
    assert trial.awaits_restart
    trial, step = t.started(trial, is_running=True, is_boot=True, now=100.0)
    assert (trial.stage, step) == (Stage.TRYING, Step.NOTHING)
    assert t.deadline(trial, WITHIN) == 700.0
    assert t.session_finished(trial) is Step.CONFIRM
    trial = t.confirmed(trial)
    assert (trial.is_over, trial.code, trial.text, trial.failure) == (True, 0, "", "")


def test_one_that_finishes_no_session_in_time_goes_back() -> None:
    trial, _ = t.started(t.restarting(an_image()), is_running=True, is_boot=True, now=100.0)
    assert t.time_passed(trial, WITHIN, 699.0) == (trial, Step.NOTHING)
    trial, step = t.time_passed(trial, WITHIN, 700.0)
    assert (trial.stage, step) == (Stage.RETURNING, Step.GO_BACK)
    assert t.session_finished(trial) is Step.NOTHING
    trial, step = t.started(t.restarting(trial), is_running=False, is_boot=True, now=5.0)
    assert (trial.code, trial.failure) == (9010, "ActivationFailed")
    assert trial.text == "no session with the ACS came to its end within 600 s; the former image is back"


@pytest.mark.parametrize(
    ("stage", "is_running", "is_boot", "then", "step"),
    [
        (Stage.INSTALLING, False, False, Stage.OVER, Step.NOTHING),
        (Stage.INSTALLING, False, True, Stage.OVER, Step.NOTHING),
        (Stage.INSTALLING, True, False, Stage.TRYING, Step.NOTHING),
        (Stage.INSTALLED, False, False, Stage.INSTALLED, Step.RESTART),
        (Stage.INSTALLED, False, True, Stage.OVER, Step.NOTHING),
        (Stage.INSTALLED, True, True, Stage.TRYING, Step.NOTHING),
        (Stage.STARTING, False, False, Stage.STARTING, Step.RESTART),
        (Stage.STARTING, False, True, Stage.OVER, Step.NOTHING),
        (Stage.STARTING, True, True, Stage.TRYING, Step.NOTHING),
        (Stage.TRYING, True, False, Stage.TRYING, Step.NOTHING),
        (Stage.TRYING, True, True, Stage.TRYING, Step.NOTHING),
        (Stage.TRYING, False, True, Stage.OVER, Step.NOTHING),
        (Stage.RETURNING, True, False, Stage.RETURNING, Step.GO_BACK),
        (Stage.RETURNING, True, True, Stage.RETURNING, Step.GO_BACK),
        (Stage.RETURNING, False, True, Stage.OVER, Step.NOTHING),
        (Stage.OVER, True, True, Stage.OVER, Step.NOTHING),
    ],
)
def test_a_start_finds_out_where_the_machine_is(
    stage: Stage, is_running: bool, is_boot: bool, then: Stage, step: Step
) -> None:
    trial, found = t.started(an_image(stage), is_running=is_running, is_boot=is_boot, now=3.0)
    assert (trial.stage, found) == (then, step)
    if trial.is_over and stage is not Stage.OVER:
        assert (trial.code, bool(trial.text)) == (9010, True)


def test_a_crash_of_the_agent_does_not_give_an_image_more_time_but_a_boot_does_three_times() -> None:
    trial, _ = t.started(t.restarting(an_image()), is_running=True, is_boot=True, now=100.0)
    trial, _ = t.started(trial, is_running=True, is_boot=False, now=500.0)
    assert trial.since == 100.0
    for now in (10.0, 20.0):
        trial, step = t.started(trial, is_running=True, is_boot=True, now=now)
        assert (trial.since, step) == (now, Step.NOTHING)
    trial, step = t.started(trial, is_running=True, is_boot=True, now=30.0)
    assert (trial.stage, step) == (Stage.RETURNING, Step.GO_BACK)
    assert "4 times" in trial.text


def test_an_image_without_a_former_one_has_no_deadline() -> None:
    trial = replace(an_image(Stage.TRYING, boots=9), has_former=False)
    assert t.deadline(trial, WITHIN) is None
    assert t.started(trial, is_running=True, is_boot=True, now=1.0)[1] is Step.NOTHING
    assert t.session_finished(trial) is Step.CONFIRM


def test_a_machine_that_does_not_restart_is_asked_three_times() -> None:
    trial = an_image()
    for _ in range(3):
        assert t.started(trial, is_running=False, is_boot=False, now=1.0)[1] is Step.RESTART
        trial = t.restarting(trial)
    trial, step = t.started(trial, is_running=False, is_boot=False, now=1.0)
    assert (trial.code, trial.text, step) == (9010, "the machine does not restart", Step.NOTHING)


def test_where_the_way_back_is_barred_what_runs_goes_on_and_may_still_prove_itself() -> None:
    trial, _ = t.time_passed(an_image(Stage.TRYING), WITHIN, 700.0)
    trial = t.cannot_return(trial, "no former image")
    assert (trial.stage, t.deadline(trial, WITHIN)) == (Stage.TRYING, None)
    assert t.confirmed(trial).code == 0


events = st.lists(st.tuples(st.sampled_from(["start", "boot", "fallback", "session", "time", "restart"])), max_size=30)


@given(events)
def test_whatever_happens_it_ends_with_one_verdict_and_stays_there(happened: list[tuple[str]]) -> None:
    trial, now, runs = an_image(), 0.0, False
    verdict = None
    for (what,) in happened:
        now += 100.0
        step = Step.NOTHING
        if what == "restart" and trial.awaits_restart:
            trial = t.restarting(trial)
            runs = trial.stage is Stage.STARTING
            trial, step = t.started(trial, is_running=runs, is_boot=True, now=now)
        elif what in ("start", "boot", "fallback"):
            runs = runs and what != "fallback"
            trial, step = t.started(trial, is_running=runs, is_boot=what != "start", now=now)
        elif what == "session" and t.session_finished(trial) is Step.CONFIRM:
            assert runs
            trial = t.confirmed(trial)
        elif what == "time":
            trial, step = t.time_passed(trial, WITHIN, now)
        assert t.load(t.dump(trial)) == trial
        if verdict is not None:
            assert (trial.code, trial.text) == verdict
            assert step is Step.NOTHING
        if trial.is_over:
            verdict = (trial.code, trial.text)
            assert trial.code == 0 or trial.text


def test_what_was_not_dumped_is_not_loaded() -> None:
    good = t.dump(an_image())
    assert t.load(None) is None
    assert t.load({name: good[name] for name in good if name != "package"}) == an_image()  # of an earlier agent
    for change in ({"stage": "flying"}, {"boots": "1"}, {"has_former": 1}, {"version": 2}, {"since": True}):
        with pytest.raises((ValueError, TypeError)):
            t.load({**good, **change})
    with pytest.raises(KeyError):
        t.load({})
