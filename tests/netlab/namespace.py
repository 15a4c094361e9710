"""A network namespace for one test, which cannot outlive it.

A process of its own holds the namespaces (network, host name, mounts with a /sys of their own) and ends when this end
of its socket closes, even by SIGKILL; the kernel then takes away every link in them. So nothing needs a name that could
collide or be left behind, and an ordinary user can have one where the kernel lets it make a user namespace.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from backends.netlink import Netlink
from tests.waiting import HANGS

HOLDER = """
import socket, subprocess, sys
subprocess.run(["mount", "-t", "sysfs", "sysfs", "/sys"], check=False, stderr=subprocess.DEVNULL)
end = socket.socket(fileno=int(sys.argv[1]))
end.send(b"ready")
while end.recv(1):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as made:
        socket.send_fds(end, [b"s"], [made.fileno()])
"""
START_SECONDS = 10


class NamespaceRefused(Exception):
    """This user may not make namespaces on this kernel."""


class Namespace:
    """Network, UTS and mount namespaces with ``lo`` down and nothing else."""

    def __init__(self, beside: "Namespace | None" = None) -> None:
        """``beside`` another one that cables are to lead to: an ordinary user's have to be of one user namespace."""
        self._is_root = os.geteuid() == 0
        prefix: list[str] = []
        if not self._is_root:
            enter = ["nsenter", f"--target={beside.pid}", "--user", "--preserve-credentials"] if beside else []
            prefix = enter or ["unshare", "--user", "--map-root-user"]
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._end = ours
        self._holder = subprocess.Popen(
            [
                *prefix,
                "unshare",
                "--net",
                "--uts",
                "--mount",
                sys.executable,
                "-I",
                "-S",
                "-c",
                HOLDER,
                str(theirs.fileno()),
            ],
            pass_fds=[theirs.fileno()],
            stderr=subprocess.PIPE,
        )
        theirs.close()
        ours.settimeout(START_SECONDS)
        if ours.recv(5) != b"ready":
            said = self._holder.communicate()[1].decode("utf-8", "replace").strip()
            ours.close()
            raise NamespaceRefused(said)

    @property
    def pid(self) -> int:
        """The holder's process id: ``ip link set X netns PID`` moves a link in here."""
        return self._holder.pid

    @property
    def path(self) -> str:
        """The network namespace as a file, for ``Netlink(namespace=…)`` (which needs root)."""
        return f"/proc/{self.pid}/ns/net"

    @property
    def sysfs(self) -> str:
        """A /sys that shows the links in here."""
        return f"/proc/{self.pid}/root/sys"

    def command(self, *arguments: str) -> list[str]:
        """The argument list that runs a program in here."""
        user = [] if self._is_root else ["--user", "--preserve-credentials"]
        return ["nsenter", f"--target={self.pid}", *user, "--net", "--uts", "--mount", "--", *arguments]

    def run(self, *arguments: str) -> str:
        """Run a program in here, to its end; its output. CalledProcessError if it fails."""
        done = subprocess.run(self.command(*arguments), check=False, capture_output=True, text=True, timeout=HANGS)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(arguments)}: status {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def ip(self, arguments: str) -> str:
        """``ip`` with blank-separated arguments."""
        return self.run("ip", *arguments.split())

    def python(self, code: str, *arguments: str) -> Any:
        """Run Python in here, with this project importable; what it prints, read as JSON."""
        # Entering a mount namespace leaves the working directory.
        path = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")]))
        return json.loads(self.run("env", f"PYTHONPATH={path}", sys.executable, "-c", code, *arguments))

    def open_socket(self) -> socket.socket:
        """A NETLINK_ROUTE socket that belongs in here."""
        self._end.send(b"s")
        _, descriptors, _, _ = socket.recv_fds(self._end, 1, 1)
        return socket.socket(fileno=descriptors[0])

    def netlink(self) -> Netlink:
        """The mechanism, on the kernel's tables of this namespace; patient with a busy machine."""
        return Netlink(open_socket=self.open_socket, deadline=5, change_deadline=20)

    def close(self) -> None:
        """End the holder, and with it everything in here."""
        self._end.close()
        self._holder.wait(START_SECONDS)
        if self._holder.stderr is not None:
            self._holder.stderr.close()


@contextmanager
def namespace() -> Iterator[Namespace]:
    """A namespace for the length of a ``with``."""
    made = Namespace()
    try:
        yield made
    finally:
        made.close()


def veth(left: Namespace, left_name: str, right: Namespace, right_name: str) -> None:
    """A cable between two namespaces (or two ports of one), both ends up."""
    other = "" if right is left else f" netns {right.pid}"
    left.ip(f"link add {left_name} type veth peer name {right_name}{other}")
    left.ip(f"link set {left_name} up")
    right.ip(f"link set {right_name} up")
