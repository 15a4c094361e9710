"""Jobs run beside the owner, and what they tell comes to its inbox."""

import gc
import threading
import weakref

import pytest

from agent.runtime import events as on
from agent.runtime.loop import Inbox
from agent.runtime.operations import Broke, OperationThreads, Tell
from tests.waiting import PATIENCE, until


def test_a_job_runs_beside_its_owner_and_tells_it() -> None:
    inbox, here = Inbox(), threading.get_ident()

    def job(tell: Tell) -> None:
        tell(threading.get_ident() != here)
        tell("done")

    OperationThreads(inbox.put).begin("work", job)
    assert inbox.wait(PATIENCE) == on.Told("work", True)
    assert inbox.wait(PATIENCE) == on.Told("work", "done")


def test_a_job_that_ends_by_a_surprise_says_so() -> None:
    inbox = Inbox()

    def job(_tell: Tell) -> None:
        raise RuntimeError("on fire")

    OperationThreads(inbox.put).begin("work", job)
    told = inbox.wait(PATIENCE)
    assert isinstance(told, on.Told)
    assert isinstance(told.told, Broke)


@pytest.mark.parametrize("ends_well", [True, False])
def test_what_a_job_leaves_behind_goes_with_it(ends_well: bool) -> None:
    """Without a session to an ACS nobody else collects what is in a cycle."""

    class Part:
        def __init__(self) -> None:
            self.itself = self

    left: list[weakref.ref[Part]] = []

    def job(_tell: Tell) -> None:
        left.append(weakref.ref(Part()))
        if not ends_well:
            raise RuntimeError("on fire")

    for one in threading.enumerate():
        if one.name == "work":
            one.join(PATIENCE)  # of two that collect at once the second one does nothing
    gc.disable()
    try:
        OperationThreads(Inbox().put).begin("work", job)
        assert until(lambda: bool(left) and left[0]() is None)
    finally:
        gc.enable()
