"""A server of our own lets in whom it should, outlives the agent, and takes its sessions with it. Real sshd and ssh."""

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backends.desired_state import Pointer
from backends.errors import MechanismError
from backends.ssh.instance import Ground, Instances, children, started_at
from backends.ssh.records import ADDED, AuthorizedKey, SshServer
from tests.backends.ssh.bench import Bench
from tests.waiting import PATIENCE, until

ROOT = Pointer("Device.Users.User.{i}.", ("root",))
PORT = 2300
OPEN = replace(ADDED, enable=True, port=PORT, root_login=True, from_all_ipv4=True)


def own(bench: Bench, server: SshServer) -> int | None:
    bench.set(("+1", server), ("+2", AuthorizedKey(user=ROOT, text=bench.public())))
    return bench.ssh.instances.pid("1")


@pytest.mark.slow
def test_it_lets_in_whom_it_was_told_to(bench: Bench) -> None:
    process = own(bench, replace(ADDED, enable=True, port=PORT))
    assert process
    assert not bench.logs_in(PORT), "as it was added, nobody"
    assert own(bench, replace(OPEN, root_login=False)) == process
    assert not bench.logs_in(PORT)
    assert own(bench, OPEN) == process
    assert bench.logs_in(PORT)
    assert not bench.logs_in_by_password(PORT)
    assert own(bench, replace(OPEN, password_login=True, root_password_login=True)) == process
    assert bench.logs_in_by_password(PORT)
    assert abs((started_at(process, "/proc") or 0) - time.time()) < 600
    assert bench.make().instances.pid("1") == process, "another run of the agent knows it"
    assert own(bench, replace(OPEN, enable=False)) is None
    assert not bench.logs_in(PORT)


def test_a_change_leaves_sessions_and_the_end_does_not(bench: Bench) -> None:
    own(bench, OPEN)
    session = subprocess.Popen(bench.client(PORT, "cat"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert session.stdin is not None
    assert session.stdout is not None
    session.stdin.write(b"there\n")
    session.stdin.flush()
    assert session.stdout.readline() == b"there\n"
    own(bench, replace(OPEN, max_auth_tries=2))
    session.stdin.write(b"still\n")
    session.stdin.flush()
    assert session.stdout.readline() == b"still\n"
    own(bench, replace(OPEN, enable=False))
    assert session.wait(PATIENCE) != 0
    session.communicate()


@pytest.mark.slow
def test_who_says_nothing_for_too_long_is_sent_away(bench: Bench) -> None:
    own(bench, replace(OPEN, idle_timeout=1))
    session = subprocess.Popen(bench.client(PORT, "cat"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert session.wait(PATIENCE) != 0
    session.communicate()


def test_a_server_that_ended_is_started_again_and_one_that_cannot_be_says_why(bench: Bench) -> None:
    process = own(bench, OPEN)
    assert process
    os.kill(process, 9)
    until(lambda: bench.ssh.instances.pid("1") is None)
    bench.desired.reapply()
    assert bench.ssh.instances.pid("1") not in (None, process)
    bench.desired.begin()
    bench.desired.put("+3", OPEN)
    with pytest.raises(MechanismError, match="Address already in use"):
        bench.desired.commit()
    assert bench.ssh.instances.pid("1")
    assert bench.ssh.instances.pid("3") is None


def test_where_systemd_is_it_starts_the_server_outside_of_the_agents_limits(tmp_path: Path) -> None:
    ran: list[Sequence[str]] = []

    def command(arguments: Sequence[str], **_: Any) -> str:
        ran.append(arguments)
        (tmp_path / "7.sshd").write_text(str(os.getpid()))
        return ""

    instances = Instances(tmp_path, Ground((), command, True, str(tmp_path / "proc"), str(tmp_path / "sshd")))
    (tmp_path / f"proc/{os.getpid()}").mkdir(parents=True)
    (tmp_path / f"proc/{os.getpid()}/cmdline").write_text(f"sshd: sshd -D -f {tmp_path}/7.conf [listener]")
    assert instances.make({"7": "Port 22\n"})
    assert ran[0][:4] == ("systemd-run", "--quiet", "--collect", "--unit=cpe-agent-ssh-7")
    assert ran[0][-2:] == ("-f", f"{tmp_path}/7.conf")
    (tmp_path / "7.sshd").unlink()
    assert instances.make({})
    assert not (tmp_path / "7.conf").exists()


def test_a_process_has_children_and_a_beginning() -> None:
    child = subprocess.Popen(["sleep", "60"])
    assert child.pid in children(os.getpid(), "/proc")
    child.kill()
    child.wait()
    assert started_at(child.pid, "/proc") is None
