"""The other end of a WAN cable: a namespace with a real dnsmasq that gives leases."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.netlab.namespace import Namespace
from tests.waiting import PATIENCE, until


class DhcpServer:
    """A dnsmasq on ``s0`` of a namespace, with options as given; its log tells what clients asked."""

    def __init__(self, space: Namespace, folder: Path, *options: str) -> None:
        self._space, self._folder, self.options = space, folder, options
        self._log = folder / "dnsmasq.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Serve."""
        self._log.write_text("")
        common = ["--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=s0", "--bind-interfaces",
                  f"--dhcp-leasefile={self._folder / 'dnsmasq.leases'}", "--log-dhcp", f"--log-facility={self._log}",
                  f"--pid-file={self._folder / 'dnsmasq.pid'}", "--user=root", "--dhcp-authoritative"]  # fmt: skip
        self._process = subprocess.Popen(self._space.command("dnsmasq", *common, *self.options))
        until(lambda: "started" in self.log(), "dnsmasq runs")

    def stop(self) -> None:
        """Answer nobody any more."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None

    def log(self) -> str:
        """What it wrote."""
        return self._log.read_text(errors="replace")


@contextlib.contextmanager
def serving(server: DhcpServer) -> Iterator[DhcpServer]:
    """A server for the length of a ``with``."""
    server.start()
    try:
        yield server
    finally:
        server.stop()
