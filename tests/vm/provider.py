"""A provider with a real PPPoE server, in a network namespace of its own; for inside the machine."""

import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from backends.ppp.options import quoted
from backends.private_folders import with_folders
from tests.netlab.namespace import Namespace

SERVER = """require-chap
ms-dns 9.9.9.9
ms-dns 8.8.8.8
lcp-echo-interval 2
lcp-echo-failure 2
nodefaultroute
+ipv6
"""


def give_terminals() -> None:
    """Let this machine have pseudo terminals, which the server needs; namespaces that were made before have none."""
    if not Path("/dev/pts/ptmx").exists():
        Path("/dev/pts").mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "devpts", "devpts", "/dev/pts"], check=True)


class Provider:
    """Answers on a port of ``isp``: names and their passwords are ``secrets``. ``folder`` is made."""

    def __init__(self, isp: Namespace, port: str, folder: Path, secrets: Mapping[str, str]) -> None:
        self.secrets = dict(secrets)
        self._isp, self._port, self._folder = isp, port, folder
        self._server: subprocess.Popen[bytes] | None = None

    def serve(self) -> None:
        """Let the provider answer."""
        command = ["/usr/sbin/pppoe-server", "-I", self._port, "-F", "-O", "/etc/ppp/server", "-L", "10.64.0.1",
                   "-R", "10.64.1.1", "-N", "8", "-C", "ac-1"]  # fmt: skip
        command = with_folders({self._folder: "/etc/ppp"}, command)
        (self._folder / "options").write_text("")
        (self._folder / "server").write_text(SERVER)
        lines = [f"{quoted(user, '')} * {quoted(secret, '')} *\n" for user, secret in self.secrets.items()]
        (self._folder / "chap-secrets").write_text("".join(lines))
        self._server = subprocess.Popen(self._isp.command(*command))

    def fall_silent(self) -> None:
        """Let its end go away without a word; nothing where it does not serve."""
        if self._server is None:
            return
        self._server.kill()
        self._server.wait()
        self._server = None
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                is_theirs = os.readlink(process / "ns/net") == os.readlink(f"/proc/{self._isp.pid}/ns/net")
                if is_theirs and int(process.name) != self._isp.pid:
                    os.kill(int(process.name), 9)
