"""Jobs run beside the owner, and what they tell comes to its inbox."""

import threading

from agent.runtime import events as on
from agent.runtime.loop import Inbox
from agent.runtime.operations import Broke, OperationThreads, Tell
from tests.durability.stand import PATIENCE


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
