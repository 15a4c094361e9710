"""A port that somebody else has at the start is had once that one is gone, without anybody's doing."""

import socket

from agent.runtime import actions as do
from agent.runtime.events import Moment
from agent.runtime.housekeeping import Housekeeping
from agent.runtime.listen_again import FIRST, LONGEST, ListenAgain
from agent.runtime.loop import Inbox
from agent.runtime.workers import Listening, Workers


def moment(at: float) -> Moment:
    return Moment(monotonic=at, wall=None)


def port_of(workers: Workers) -> int:
    return workers.listener.port if workers.listener else 0


def test_a_port_that_is_given_back_is_listened_on_at_the_next_try() -> None:
    port = 0
    workers = Workers(
        Inbox(),
        lambda _number, _events: None,  # type: ignore[arg-type, return-value]
        lambda: Listening(port, "path", "MD5", "", True),
        lambda: ("user", "password"),
        lambda: None,
        lambda: None,
        lambda: None,
    )
    chores = Housekeeping([ListenAgain(lambda: workers.problem, lambda: workers.perform(do.Listen()))])
    with socket.create_server(("", 0)) as holder:
        port = holder.getsockname()[1]
        workers.perform(do.Listen())
        assert workers.problem
        assert chores.next_due(moment(100)) == 100 + FIRST
        chores.come_due(moment(100 + FIRST))
        assert port_of(workers) == 0
    again = chores.next_due(moment(100 + FIRST))
    assert again == 100 + FIRST + 2 * FIRST
    chores.come_due(moment(again))
    assert port_of(workers) == port
    assert chores.next_due(moment(again)) is None
    workers.close()


def test_the_pauses_grow_up_to_a_minute_and_begin_anew_with_another_problem() -> None:
    problem = "taken"
    tries: list[int] = []
    chore = ListenAgain(lambda: problem, lambda: tries.append(1))
    now = 0.0
    pauses = []
    for _ in range(6):
        due = chore.due(now)
        assert due is not None
        pauses.append(due - now)
        chore.act(now := due)
    assert pauses == [5, 10, 20, 40, LONGEST, LONGEST]
    assert len(tries) == 6
    problem = ""
    assert chore.due(now) is None
    problem = "taken again"
    assert chore.due(now) == now + FIRST
