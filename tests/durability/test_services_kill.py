"""kill -9 in the midst of a change of four mechanisms: after the next start all of it is there, or nothing of it."""

import json
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from agent.cli import client
from tests.backends.whole_gateway import Crossing, WholeGateway, is_traced
from tests.netlab.namespace import Namespace
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.usefixtures("strace")

MOST_POINTS, STEP = 300, 11
"""Calls that one change may make, and of how many one is tried."""
CALLS = ("sendto", "sendmsg", "execve", "rename", "unlink", "kill")
"""By which the kernel is asked over netlink, programs are run and told, and files are changed."""


@pytest.fixture
def crossing(tmp_path: Path, make_namespace: Callable[[], Namespace]) -> Iterator[Crossing]:
    try:
        gateway = WholeGateway(tmp_path, make_namespace)
    except OSError as refused:
        pytest.skip(f"only root may enter a network namespace: {refused}")
    with gateway:
        yield Crossing(gateway)


class Tampered:
    """strace on all threads of an agent that runs; ``what`` happens at the ``number``-th such call of one of them."""

    def __init__(self, pid: int, call: str, number: int, what: str) -> None:
        inject = f"inject={call}:{what}:when={number}"
        self._said = tempfile.NamedTemporaryFile(prefix="strace-")  # noqa: SIM115 - closed with the tracer
        self.has_injected = False
        """Whether it happened; known once it is closed."""
        command = ["strace", "-f", "-q", "-o", self._said.name, "-e", f"trace={call}", "-e", inject, "-p", str(pid)]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        until(lambda: is_traced(pid))

    def close(self) -> None:
        """Let go."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(2.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(PATIENCE)
        self.has_injected = b"(INJECTED)" in Path(self._said.name).read_bytes()
        self._said.close()


def change(crossing: Crossing, enable: bool) -> dict[str, str]:
    """All of it, switched on or off."""
    return {path: str(enable).lower() if path.endswith("Enable") else value for path, value in crossing.values.items()}


def survives(crossing: Crossing, call: str, number: int, enable: bool, what: str = "signal=SIGKILL") -> bool:
    """Kill the agent at a call of its change, or let the call fail: what is left is whole. False: nothing did."""
    gateway = crossing.gateway
    crossing.set(change(crossing, not enable))
    assert crossing.holds() is not enable
    tracer = Tampered(gateway.agent.pid, call, number, what)
    was_answered = False
    with suppress(client.Failure):
        gateway.agent.ask("set", values=change(crossing, enable))
        was_answered = True
    tracer.close()
    if tracer.has_injected:  # who was killed, the agent or a daemon, is not dead at once
        with suppress(subprocess.TimeoutExpired):
            gateway.agent.process.wait(1.0)
    if gateway.agent.is_alive:
        is_made = crossing.holds()
        assert crossing.shown() == change(crossing, is_made)
        assert is_made is enable or not was_answered, "an accepted change is lost"
        return tracer.has_injected  # what died may have been the daemon
    gateway.agent.process.wait(PATIENCE)
    starts = gateway.stand.state / "starts.json"
    starts.write_text(json.dumps({**json.loads(starts.read_text()), "unclean": []}))  # the limit is not tested here
    gateway.agent = gateway.stand.start()
    is_made = crossing.holds()
    assert len(gateway.processes(crossing.daemon)) == int(is_made)
    assert crossing.shown() == change(crossing, is_made)
    assert is_made is enable or not was_answered, "an accepted change is lost"
    assert gateway.stand.unusable() == []
    return True


@pytest.mark.slow
@pytest.mark.parametrize(("call", "number"), [("rename", 3), ("sendmsg", 1)])
def test_a_crash_at_sampled_points_leaves_no_half_change(crossing: Crossing, call: str, number: int) -> None:
    assert survives(crossing, call, number, True)


@pytest.mark.slow
@pytest.mark.parametrize("enable", [True, False])
@pytest.mark.parametrize("call", CALLS)
def test_a_crash_at_sampled_points_of_a_change_of_four_mechanisms_leaves_no_half_of_it(
    crossing: Crossing, call: str, enable: bool
) -> None:
    number = 1 + enable  # not the same points both ways
    while survives(crossing, call, number, enable):
        number += STEP
        assert number < MOST_POINTS


@pytest.mark.slow
@pytest.mark.parametrize("enable", [True, False])
@pytest.mark.parametrize("call", ["sendto", "sendmsg", "execve"])
def test_a_request_of_the_kernel_that_fails_at_sampled_points_leaves_no_half_change(
    crossing: Crossing, call: str, enable: bool
) -> None:
    number = 2 - enable
    while survives(crossing, call, number, enable, "error=EPERM"):
        number += STEP
        assert number < MOST_POINTS
