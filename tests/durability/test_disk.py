"""A state directory that cannot be written (hardening T16): sessions go on, nothing half is left, and it heals."""

from collections.abc import Callable
from itertools import product

import pytest

from agent.cli import client
from tests.durability.stand import Stand, Tracer
from tests.durability.world import CODE, KEY, World
from tests.netlab.namespace import Namespace
from tests.waiting import PATIENCE, until

FULL, READ_ONLY = "full", "read-only"
CALLS = ("openat", "write", "fsync", "rename", "unlink")
SAMPLED = (("openat", 3, "EIO"), ("write", 1, "ENOSPC"), ("write", 2, "EIO"), ("fsync", 4, "EIO"), ("rename", 2, "EIO"))
MOST_POINTS = 40


class Disk:
    """A file system of its own for a stand's state, which can be made unfit and fit again."""

    def __init__(self, stand: Stand, lab: Namespace) -> None:
        self._stand, self._lab = stand, lab
        stand.state.mkdir(mode=0o700)
        lab.run("mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", str(stand.state))

    def spoil(self, how: str) -> None:
        """No byte more can be written."""
        if how == READ_ONLY:
            self._lab.run("mount", "-o", "remount,ro", str(self._stand.state))
        else:
            self._lab.run("sh", "-c", f"cat /dev/zero > {self._stand.state}/filler 2>&1; true")

    def mend(self, how: str) -> None:
        """As before."""
        if how == READ_ONLY:
            self._lab.run("mount", "-o", "remount,rw", str(self._stand.state))
        else:
            self._lab.run("rm", f"{self._stand.state}/filler")


@pytest.fixture
def placed(make_stand: Callable[..., Stand], lab: Namespace, tmp_path: object) -> Stand:
    """A stand in a namespace, its control socket apart from its state."""
    socket = f"{tmp_path}/control.sock"
    try:
        stand = make_stand(namespace=lab, manage=["br*"], more=f'[control]\nsocket = "{socket}"\n', control=socket)
    except OSError as refused:
        pytest.skip(f"only root may enter a network namespace: {refused}")
    return stand


def complaints(stand: Stand) -> list[str]:
    """The lines of the log that say that something is wrong."""
    return [line for line in stand.log_lines() if " ERROR " in line or (" WARNING " in line and "http://" not in line)]


def all_of(world: World) -> tuple[dict[str, str], set[str]]:
    """What the model and the kernel have of all that the tests change."""
    return world.agent.values(CODE, KEY, f"{world.row}IPAddress"), world.addresses()


@pytest.mark.slow
@pytest.mark.parametrize("how", [FULL, READ_ONLY])
def test_where_nothing_can_be_saved_changes_are_refused_whole_and_everything_else_goes_on(
    placed: Stand, lab: Namespace, how: str
) -> None:
    stand, disk = placed, Disk(placed, lab)
    world = World(stand)
    before, quiet = all_of(world), len(complaints(stand))
    wanted = {CODE: "lost", f"{world.row}IPAddress": "192.0.2.77"}
    disk.spoil(how)

    refused = [
        stand.rpc(world.agent, "SetParameterValues", parameters=wanted, parameter_key="lost"),
        stand.rpc(world.agent, "AddObject", path=f"{world.interface}IPv4Address."),
        stand.rpc(world.agent, "ScheduleInform", delay_seconds=1, command_key="lost"),
    ]

    of_room = 9004 if how == FULL else 9002
    assert [(rpc.result or {}).get("code") for rpc in refused] == [of_room, of_room, 9002]
    assert all_of(world) == before
    with pytest.raises(client.Failure):
        world.agent.ask("set", values={CODE: "lost"})
    for _ in range(20):
        assert stand.session(world.agent)
    assert stand.done(world.agent, "GetParameterValues", names=[CODE])["parameters"][0]["value"] == before[0][CODE]
    assert 1 <= len(complaints(stand)) - quiet <= 8, complaints(stand)[quiet:]

    disk.mend(how)
    kept = {CODE: "kept", f"{world.row}IPAddress": "192.0.2.78"}
    stand.done(world.agent, "SetParameterValues", parameters=kept, parameter_key="kept")
    world.agent.kill()
    world.agent = stand.start()
    assert all_of(world) == ({**kept, KEY: "kept"}, {"192.0.2.78"})
    assert not stand.informs_with("M ScheduleInform", "lost")


@pytest.mark.slow
@pytest.mark.parametrize("how", [FULL, READ_ONLY])
def test_it_starts_where_nothing_can_be_saved_with_what_was_saved_before(
    placed: Stand, lab: Namespace, how: str
) -> None:
    stand, disk = placed, Disk(placed, lab)
    world = World(stand)
    before = all_of(world)
    world.agent.kill()
    disk.spoil(how)

    world.agent = stand.start()

    assert all_of(world) == before
    assert stand.session(world.agent)
    boots = len(stand.informs_with("1 BOOT"))
    stand.done(world.agent, "Reboot", command_key="may be lost")
    until(lambda: len(stand.informs_with("1 BOOT")) > boots)
    assert not any("Traceback" in line for line in stand.log_lines())


@pytest.mark.slow
def test_a_new_device_whose_disk_is_full_is_managed_all_the_same(placed: Stand, lab: Namespace) -> None:
    disk = Disk(placed, lab)
    disk.spoil(FULL)

    agent = placed.start()

    placed.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)
    assert placed.session(agent)
    assert not any("Traceback" in line for line in placed.log_lines())
    disk.mend(FULL)
    placed.done(agent, "SetParameterValues", parameters={CODE: "kept"})
    agent.kill()
    assert placed.start().values(CODE) == {CODE: "kept"}


def fails_whole(world: World, call: str, number: int, error: str) -> bool:
    """One call of a change fails; then it is refused and nothing has changed, or it is done. False: no such call."""
    stand = world.stand
    before = all_of(world)
    host = next(world.tags)
    wanted = {CODE: f"code-{host}", f"{world.row}IPAddress": f"192.0.2.{host % 200 + 2}"}
    with Tracer(world.agent, stand.state, f"{call}:error={error}:when={number}") as tracer:
        rpc = stand.rpc(world.agent, "SetParameterValues", parameters=wanted, parameter_key=f"key-{host}")
    expected = ({**wanted, KEY: f"key-{host}"}, {wanted[f"{world.row}IPAddress"]}) if rpc.state == "done" else before
    assert rpc.state == "done" or (rpc.result or {})["code"] == (9004 if error == "ENOSPC" else 9002)
    assert all_of(world) == expected
    world.agent.kill()
    world.restart()
    assert all_of(world) == expected, "after a restart it is not what the ACS was told"
    return tracer.has_injected


@pytest.mark.usefixtures("strace")
@pytest.mark.slow
def test_a_change_is_refused_whole_when_a_sampled_call_fails(networked: Stand) -> None:
    world = World(networked)

    for call, number, error in SAMPLED:
        assert fails_whole(world, call, number, error), f"no {call} number {number}"


@pytest.mark.slow
@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize(
    ("call", "error"),
    [
        pytest.param(*each, marks=[] if each in (("write", "ENOSPC"), ("rename", "EIO")) else pytest.mark.sweep)
        for each in product(CALLS, ["EIO", "ENOSPC"])
    ],
)
def test_a_change_is_refused_whole_whichever_call_fails(networked: Stand, call: str, error: str) -> None:
    world = World(networked)
    number = 1

    while fails_whole(world, call, number, error):
        number += 1
        assert number < MOST_POINTS
    assert number > 1


@pytest.mark.slow
def test_a_page_s_password_that_cannot_be_saved_is_never_in_force_and_can_be_forgotten_for_good(
    placed: Stand, lab: Namespace
) -> None:
    stand, disk = placed, Disk(placed, lab)
    agent = stand.first_contact()
    old, new = "scrypt:16384:old:one", "scrypt:16384:new:one"
    agent.ask("page_keep", password=old, generation=agent.ask("page_secret")["generation"])
    kept = agent.ask("page_secret")
    for how in (FULL, READ_ONLY):
        disk.spoil(how)
        with pytest.raises(client.Failure, match="nothing has changed") as refused:
            agent.ask("page_keep", password=new, generation=kept["generation"])
        assert "make room" in refused.value.next_step
        assert agent.ask("page_secret") == kept
        if how == READ_ONLY:
            with pytest.raises(client.Failure, match="could not be forgotten"):
                agent.ask("page_forget")
        else:
            disk.mend(how)
    agent.kill()
    disk.mend(READ_ONLY)
    agent = stand.start()
    assert agent.ask("page_secret")["password"] == old
    disk.spoil(FULL)
    assert agent.ask("page_forget")["forgotten"]
    agent.kill()
    assert not stand.start().ask("page_state")["has_password"]
