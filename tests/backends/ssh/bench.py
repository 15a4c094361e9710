"""A machine with an sshd of its own, in a network and mount namespace, and whoever logs in there."""

import os
import subprocess
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from backends.accounts import hashed
from backends.commands import run
from backends.desired_state import Desired, Pointer, Record, Wanted
from backends.ssh.instance import Ground
from backends.ssh.records import KINDS
from backends.ssh.service import Around, Ssh
from tests.netlab.namespace import Namespace
from tests.waiting import until

PASSWORD = "a word of root's"
HERE = "127.0.0.1"
ENTER = 'mount --bind "$1/etc/ssh" /etc/ssh && mount --bind "$1/run" /run && mount --bind "$1/etc/shadow" /etc/shadow'
QUIET = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-F", "none")


class Bench:
    """Its files are below ``root``, and the namespace's own see them as theirs."""

    def __init__(self, lab: Namespace, root: Path) -> None:
        self.lab, self.root = lab, root
        for folder in ("etc/ssh/sshd_config.d", "usr/sbin", "run/sshd", "client"):
            (root / folder).mkdir(parents=True)
        (root / "run/sshd").chmod(0o755)
        (root / "proc").symlink_to("/proc")
        (root / "usr/sbin/sshd").touch()
        (root / "etc/shadow").write_text(f"root:{hashed(PASSWORD)}:19000:0:99999:7:::\nsshd:*:19000::::::\n")
        self.configure("Include /etc/ssh/sshd_config.d/*.conf\nHostKey /etc/ssh/host\n")
        for name in ("etc/ssh/host", "client/key", "client/other"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(root / name)], check=True)
        lab.run("sh", "-c", ENTER, "sh", str(root))
        self.taken: dict[int, str] = {}
        self.addresses: list[str] = [HERE]
        self.names: dict[tuple[str, ...], str] = {("root",): "root"}
        self.has_systemd = False
        self.ran: list[Sequence[str]] = []
        self.ssh = self.make()
        self.desired = Desired("ssh", KINDS, self.ssh)

    def make(self, *, may_change: bool = True) -> Ssh:
        """The service; again, it is that of another run of the agent."""

        def blocking(port: int, _: Collection[str]) -> str | None:
            return self.taken.get(port)

        around = Around(self.name_of, lambda _: self.addresses, lambda _: True, blocking)
        return Ssh(self.root, self.root / "run/ours", may_change, around, self.ground())

    def ground(self) -> Ground:
        """Where servers are started."""
        return Ground(self.lab.command(), self.run, self.has_systemd, "/proc", str(self.root / "run/sshd"))

    def name_of(self, pointer: Pointer) -> str | None:
        """Of a user or group."""
        return self.names.get(pointer.keys)

    def configure(self, text: str, name: str = "sshd_config") -> None:
        """Write a file of the machine's own configuration."""
        (self.root / "etc/ssh" / name).write_text(text)

    def run(self, arguments: Sequence[str], **named: Any) -> str:
        """Run a program of the machine's."""
        self.ran.append(arguments)
        if arguments[0] == "systemctl":
            self.lab.run("/usr/sbin/sshd")
            return ""
        return run((*self.lab.command(), *arguments), **named)

    def set(self, *records: tuple[str, Record]) -> None:
        """Let the machine have these records too, as one transaction."""
        self.desired.begin()
        for key, record in records:
            self.desired.put(key, record)
        self.desired.prepare()
        self.desired.commit()

    def change(self, wanted: Wanted) -> bool:
        """Check and make."""
        self.ssh.check(wanted)
        return self.ssh.apply(wanted)

    def start(self) -> int:
        """Run the machine's own server."""
        self.lab.run("/usr/sbin/sshd")
        until(lambda: self.ssh.pid() is not None)
        return self.ssh.pid() or 0

    def public(self, name: str = "key") -> str:
        """A client's public key."""
        return (self.root / f"client/{name}.pub").read_text().strip()

    def client(self, port: int, *words: str, key: str = "key") -> list[str]:
        """The command that logs in by a key."""
        ours = ("-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-i", str(self.root / "client" / key))
        return self.lab.command("ssh", *QUIET, *ours, "-p", str(port), f"root@{HERE}", *words)

    def logs_in(self, port: int, key: str = "key") -> bool:
        """Whether a key lets root in."""
        ended = subprocess.run(self.client(port, "echo in", key=key), capture_output=True, text=True, check=False)
        return ended.stdout == "in\n"

    def logs_in_by_password(self, port: int, password: str = PASSWORD) -> bool:
        """Whether the password lets root in."""
        ask = self.root / "client/ask"
        ask.write_text(f'#!/bin/sh\necho "{password}"\n')
        ask.chmod(0o700)
        asking = ("-o", "PreferredAuthentications=password,keyboard-interactive", "-o", "NumberOfPasswordPrompts=1")
        command = self.lab.command("ssh", *QUIET, *asking, "-p", str(port), f"root@{HERE}", "echo in")
        environment = {**os.environ, "SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force"}
        ended = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, stdin=subprocess.DEVNULL
        )
        return ended.stdout == "in\n"

    def close(self) -> None:
        """End every server."""
        self.ssh.forget()
        process = self.ssh.pid()
        self.ssh.instances.make({})
        if process is not None:
            with suppress(ProcessLookupError):
                os.kill(process, 15)


def bench_or_skip(make_namespace: Callable[[], Namespace], root: Path) -> Bench:
    """A bench, for whoever may have one."""
    if os.geteuid() != 0:
        pytest.skip("this user may not be root for sshd")
    lab = make_namespace()
    lab.ip("link set lo up")
    try:
        made = Bench(lab, root)
        made.lab.run("/usr/sbin/sshd", "-t")
    except FileNotFoundError as missing:
        pytest.skip(f"openssh is not installed: {missing}")
    return made
