"""Who is logged in is told with where from. Real sshd and ssh."""

import subprocess

import pytest

from backends.ssh.records import AuthorizedKey
from backends.ssh.sessions import Session, sessions
from tests.backends.ssh.bench import HERE, Bench
from tests.backends.ssh.test_instance import OPEN, PORT, ROOT
from tests.waiting import until


def found(bench: Bench, servers: dict[int, str]) -> list[Session]:
    listed = subprocess.run(["pgrep", "-x", "sshd"], capture_output=True, text=True, check=False).stdout.split()
    mine = [int(one) for one in listed]
    return [one for one in sessions(mine, servers, "another", "/proc") if one.server != "another"]


@pytest.mark.slow
def test_a_session_is_there_while_somebody_is_logged_in(bench: Bench) -> None:
    machine = bench.start()
    bench.set(("+1", OPEN), ("+2", AuthorizedKey(user=ROOT, text=bench.public())))
    servers = {bench.ssh.instances.pid("1") or 0: "+1", machine: "sshd"}
    assert found(bench, servers) == []
    for port, key in ((PORT, "+1"), (22, "sshd")):
        command = bench.client(port, "echo $SSH_CONNECTION; cat")
        session = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert session.stdin is not None
        assert session.stdout is not None
        address, client_port, _, _ = session.stdout.readline().split()
        [one] = found(bench, servers)
        assert (one.server, one.user, one.address, one.port) == (key, "root", HERE, int(client_port))
        assert address == HERE
        session.communicate()
        assert session.returncode == 0
        until(lambda: found(bench, servers) == [])


def test_who_has_not_said_who_he_is_has_no_session(bench: Bench) -> None:
    bench.set(("+1", OPEN))
    process = bench.ssh.instances.pid("1") or 0
    waiting = subprocess.Popen(
        bench.lab.command("bash", "-c", f"exec 3<>/dev/tcp/{HERE}/{PORT}; read -u 3 banner; echo $banner; cat"),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert waiting.stdout is not None
    assert waiting.stdout.readline().startswith("SSH-2.0")
    assert found(bench, {process: "+1"}) == []
    waiting.communicate()
