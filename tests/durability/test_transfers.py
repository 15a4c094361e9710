"""Files come and go between the real daemon and the lab ACS, and a kill -9 at any moment loses and doubles nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.durability.stand import Stand
from tests.durability.test_kill import MOST_POINTS
from tests.durability.transfer_world import SHELF, TransferWorld
from tests.durability.world import CALLS
from tests.waiting import PATIENCE

KB = 1024
SAMPLED = (("rename", 2), ("rename", 4), ("write", 3), ("unlink", 1))
"""Counted for each thread: the owner's and the mover's."""


@pytest.fixture
def make_world(make_stand: Callable[..., Stand], tmp_path: Path) -> Callable[[int], TransferWorld]:
    return lambda size: TransferWorld(make_stand, tmp_path, size)


@pytest.mark.slow
def test_a_file_is_fetched_and_another_sent(make_world: Callable[[int], TransferWorld]) -> None:
    world = make_world(300 * KB)
    stand, agent = world.stand, world.agent
    assert stand.done(agent, "Download", **world.arguments("in"))["status"] == 1
    assert stand.acs.wait_for_transfer("in", timeout=PATIENCE).fault_code == 0
    assert (world.shelf / "taken-in").read_bytes() == world.content

    (world.shelf / "sent").write_bytes(b"something to send")
    stand.done(agent, "Upload", url="/files/backup", file_type=SHELF, command_key="out")
    assert stand.acs.wait_for_transfer("out", timeout=PATIENCE).fault_code == 0
    assert (world.served / "backup").read_bytes() == b"something to send"

    stand.done(agent, "Download", **(world.arguments("none") | {"url": "/files/nothing"}))
    assert stand.acs.wait_for_transfer("none", timeout=PATIENCE).fault_code == 9016
    world.settle()
    assert stand.done(agent, "GetAllQueuedTransfers")["transfers"] == []
    assert [one.session for one in stand.acs.told] == sorted(one.session for one in stand.acs.told)


@pytest.mark.slow
@pytest.mark.usefixtures("strace")
def test_a_crash_at_sampled_points_of_a_transfer_loses_and_doubles_nothing(
    make_world: Callable[[int], TransferWorld],
) -> None:
    world = make_world(300 * KB)
    for call, number in SAMPLED:
        assert world.survives(call, number), f"a transfer has no {call} number {number}"


@pytest.mark.slow
@pytest.mark.usefixtures("strace")
@pytest.mark.sweep
@pytest.mark.parametrize("call", CALLS)
def test_a_crash_at_any_point_of_a_transfer_loses_and_doubles_nothing(
    make_world: Callable[[int], TransferWorld], call: str
) -> None:
    world = make_world(300 * KB)
    number = 0
    while world.survives(call, number + 1):
        number += 1
        assert number < MOST_POINTS
    print(f"{number} crashes at {call}")
