"""kill -9 at every write point (hardening T14): old or new, never half; what was promised is kept and told once."""

from contextlib import suppress
from functools import partial

import pytest

from agent.cli import client
from tests.durability.stand import Agent, Stand, killed_at
from tests.durability.world import CALLS, CODE, LOAD, STEPS, Move, MoveAway, WanWorld, World, survives
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.usefixtures("strace")

SAMPLED = (
    ("SetParameterValues", "rename", 2),  # after the kernel was changed, before the document says so
    ("SetParameterValues", "unlink", 1),  # after that, before the journal is gone
    ("DeleteObject", "rename", 2),
    ("AddObject", "rename", 1),
    ("Reboot", "rename", 2),
    ("ScheduleInform", "rename", 3),
    ("a local change", "rename", 3),
)
MOST_POINTS = 200
STRIDES = pytest.mark.parametrize(
    "stride", [19, pytest.param(1, marks=pytest.mark.sweep)], ids=["every nineteenth", "every"]
)
"""Every nineteenth point takes `make check` minutes; `make sweep` does all of them."""
ANY_CALL = [call if call in ("write", "rename") else pytest.param(call, marks=pytest.mark.sweep) for call in CALLS]
"""What is between one rename and the next is the same for the agent; `make sweep` crashes there too."""


def has_told_everything(agent: Agent) -> bool:
    """Whether no event waits for the ACS."""
    return not agent.ask("queue")["events"]


@pytest.mark.slow
def test_a_crash_at_sampled_write_points_leaves_no_half_change(networked: Stand) -> None:
    world = World(networked)

    for step, call, number in SAMPLED:
        assert survives(world, STEPS[step], call, number), f"{step} has no {call} number {number}"


@pytest.mark.slow
def test_a_crash_on_the_answer_to_a_set_does_not_tell_the_acs_what_it_set_itself(stand: Stand) -> None:
    agent = stand.first_contact()
    for number in range(3):
        rpc = stand.queue("SetParameterValues", parameters={CODE: f"tag-{number}"})
        agent.ask("inform")
        stand.acs.wait(rpc, PATIENCE)
        agent.kill()
        assert rpc.state == "done"
        seen = len(stand.acs.informs)

        agent = stand.start()
        agent.ask("inform")
        stand.acs.wait_for_inform(after=seen, timeout=PATIENCE)
        until(partial(has_told_everything, agent))

        assert {event for inform in stand.acs.informs[seen:] for event in inform.events} == {"2 PERIODIC"}
        assert agent.values(CODE) == {CODE: f"tag-{number}"}


@pytest.mark.slow
def test_a_device_moves_twice_and_a_crash_of_the_second_time_leaves_one_address(remote: Stand) -> None:
    world = WanWorld(remote)

    assert not survives(world, Move, "unlink", 1), "a deferred change has no journal"
    assert survives(world, Move, "rename", 4)  # made in the kernel, and the ACS not yet told


@pytest.mark.slow
@STRIDES
@pytest.mark.parametrize("call", ANY_CALL)
@pytest.mark.parametrize("step", STEPS)
def test_a_crash_at_any_write_point_leaves_no_half_change(networked: Stand, step: str, call: str, stride: int) -> None:
    world = World(networked)
    number = 0

    while survives(world, STEPS[step], call, number + 1):
        number += stride
        assert number < MOST_POINTS

    print(f"{step}: {number // stride} crashes at {call}, the slowest start took {world.slowest:.1f} s")


@pytest.mark.slow
@STRIDES
@pytest.mark.parametrize("call", [call for call in CALLS if call != "unlink"])
def test_a_crash_at_any_write_point_of_the_first_start_is_a_first_start_again(
    stand: Stand, call: str, stride: int
) -> None:
    for number in range(1, MOST_POINTS, stride):
        for document in stand.state.glob("*.json"):
            document.unlink()
        seen = len(stand.acs.informs)
        agent = stand.launch(*killed_at(stand.state, call, number))
        if agent.until_ready():
            with suppress(client.Failure):
                until(partial(has_told_everything, agent))
        was_killed = not agent.until_ready()
        if was_killed:
            agent = stand.start()
        assert "0 BOOTSTRAP" in stand.acs.wait_for_inform(after=seen, timeout=PATIENCE).events
        assert stand.unusable() == []
        assert agent.ask("status")["connection_request"]["problem"] == ""
        agent.kill()
        if not was_killed:
            return
    raise AssertionError(f"more than {MOST_POINTS} write points, or starts longer than {LOAD} s")


@pytest.mark.slow
@STRIDES
@pytest.mark.parametrize("call", [call for call in CALLS if call != "unlink"])
def test_a_crash_at_any_write_point_of_a_move_leaves_the_old_address_or_the_new_one(
    remote: Stand, call: str, stride: int
) -> None:
    world = WanWorld(remote)
    number = 0

    while survives(world, Move, call, number + 1):
        number += stride
        assert number < MOST_POINTS
    assert number > 0


@pytest.mark.slow
@STRIDES
@pytest.mark.parametrize("call", ["rename"])  # ten seconds a crash
def test_a_crash_at_any_write_point_of_a_move_that_fails_ends_at_the_old_address(
    remote: Stand, call: str, stride: int
) -> None:
    world = WanWorld(remote)
    number = 0

    while survives(world, MoveAway, call, number + 1):
        number += stride
        assert number < MOST_POINTS
    assert number > 0
