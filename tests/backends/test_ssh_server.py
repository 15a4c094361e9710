"""sshd's configuration is read as sshd reads it, and changed only where sshd would have it. With a real sshd."""

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from backends.commands import run
from backends.desired_state import NotOurs, Refused, Wanted
from backends.ssh_server import DROP_IN, SshServer, SshSetting, render

ENTER = 'mount --bind "$0" /etc/ssh && mount -t tmpfs none /run && mkdir /run/sshd && exec sshd "$@"'


class Machine:
    """A machine's files below ``root``; sshd sees them as its own, in a mount namespace."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.etc = root / "etc/ssh"
        for folder in ("etc/ssh/sshd_config.d", "usr/sbin", "run/systemd/system", "lib/systemd/system"):
            (root / folder).mkdir(parents=True)
        (root / "usr/sbin/sshd").touch()
        (root / "lib/systemd/system/ssh.service").touch()
        ends = "Match User x\nMaxAuthTries 9\n"
        self.write(f"Include /etc/ssh/sshd_config.d/*.conf\nHostKey /etc/ssh/key\nMaxAuthTries 4\n{ends}")
        self.reloads: list[Sequence[str]] = []
        self.server = self.make()

    def make(self, *, may_change: bool = True) -> SshServer:
        return SshServer(self.root, self.root / "tried", may_change, self.start)

    def write(self, text: str, name: str = "sshd_config") -> None:
        (self.etc / name).write_text(text)

    def start(self, arguments: Sequence[str], **named: Any) -> str:
        if arguments[0] == "sshd":
            return run(("unshare", "--mount", "sh", "-c", ENTER, str(self.etc), *arguments[1:]), **named)
        self.reloads.append(arguments)
        return ""

    def change(self, **values: Any) -> bool:
        wanted = Wanted().with_record("", SshSetting(**values))
        self.server.check(wanted)
        return self.server.apply(wanted)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    if os.geteuid() != 0 or run_fails("unshare", "--mount", "true"):
        pytest.skip("this user may not make a mount namespace")
    made = Machine(tmp_path)
    try:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(made.etc / "key")], check=True)
        made.start(("sshd", "-t"), seconds=5)
    except FileNotFoundError as missing:
        pytest.skip(f"openssh is not installed: {missing}")
    return made


def run_fails(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode != 0


def told(machine: Machine, *keywords: str) -> list[str]:
    machine.server.forget()
    return [machine.server.told(keyword) for keyword in keywords]


def test_the_first_value_for_everybody_is_the_one(machine: Machine) -> None:
    assert told(machine, "port", "maxauthtries", "passwordauthentication") == ["22", "4", "yes"]
    machine.write("maxauthtries=3\nPasswordAuthentication no\n# Port 7\n", "sshd_config.d/10-a.conf")
    assert told(machine, "port", "maxauthtries", "passwordauthentication") == ["22", "3", "no"]


def test_what_is_set_is_what_sshd_then_says(machine: Machine) -> None:
    assert machine.change(port=2222, allow_password_login=False, keep_alive=30)
    said = machine.start(("sshd", "-T"), seconds=5).splitlines()
    assert {"port 2222", "passwordauthentication no", "clientaliveinterval 30", "maxauthtries 4"} <= set(said)
    assert told(machine, "port", "clientaliveinterval") == ["2222", "30"]
    assert not machine.change(port=2222, allow_password_login=False, keep_alive=30)
    assert len(machine.reloads) == 1
    assert machine.change()
    assert not (machine.root / DROP_IN).exists()


def test_what_sshd_will_not_have_is_refused_before_anything_changes(machine: Machine) -> None:
    with pytest.raises(Refused, match="sshd will not have it"):
        machine.change(port=70_000)
    machine.write("Nonsense yes\n", "sshd_config.d/zz.conf")
    with pytest.raises(Refused, match="sshd will not have it"):
        machine.change(max_auth_tries=2)
    assert not (machine.root / DROP_IN).exists()


Make = Callable[[Machine], object]
IN_THE_WAY: dict[str, Make] = {
    "an earlier file": lambda one: one.write("MaxAuthTries 5\nPort 22\n", "sshd_config.d/00-cloud.conf"),
    "no Include": lambda one: one.write("HostKey /etc/ssh/key\n"),
    "no systemd": lambda one: (one.root / "run/systemd/system").rmdir(),
}


@pytest.mark.parametrize("what", IN_THE_WAY)
@pytest.mark.parametrize("values", [{"port": 2222}, {"max_auth_tries": 2}])
def test_what_would_have_no_effect_is_refused(machine: Machine, what: str, values: dict[str, int]) -> None:
    IN_THE_WAY[what](machine)
    with pytest.raises(NotOurs):
        machine.change(**values)
    assert not (machine.root / DROP_IN).exists()


def test_a_second_port_or_a_socket_of_systemds_is_in_the_way_of_a_port(machine: Machine) -> None:
    text = (machine.etc / "sshd_config").read_text()
    machine.write(f"Port 22\n{text}")
    with pytest.raises(NotOurs, match="listens"):
        machine.change(port=2222)
    machine.write(text)
    wants = machine.root / "etc/systemd/system/sockets.target.wants"
    wants.mkdir(parents=True)
    (wants / "ssh.socket").symlink_to("/lib/systemd/system/ssh.socket")
    with pytest.raises(NotOurs, match=r"ssh\.socket"):
        machine.change(port=2222)
    assert machine.change(max_auth_tries=2)


def test_the_owner_has_to_allow_it(machine: Machine) -> None:
    server, wanted = machine.make(may_change=False), Wanted().with_record("", SshSetting(port=2222))
    with pytest.raises(NotOurs, match="manage"):
        server.check(wanted)
    assert not server.apply(wanted)
    server.check(Wanted())
    assert not server.cuts(wanted)


def test_a_server_runs_where_its_file_names_one(tmp_path: Path) -> None:
    server = SshServer(tmp_path, tmp_path, True)
    assert not server.is_installed()
    assert server.pid() is None
    (tmp_path / "run").mkdir()
    (tmp_path / "run/sshd.pid").write_text("77\n")
    (tmp_path / "proc/77").mkdir(parents=True)
    for name, pid in (("sshd", 77), ("bash", None)):
        (tmp_path / "proc/77/comm").write_text(f"{name}\n")
        assert server.pid() == pid


def test_nothing_set_is_no_file() -> None:
    assert render(SshSetting()) == ""
    assert render(SshSetting(port=22, allow_password_login=True)) == "Port 22\nPasswordAuthentication yes\n"
