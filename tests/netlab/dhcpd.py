"""A provider's real DHCPv6 server that delegates prefixes: ISC's dhcpd, in a namespace."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.netlab.namespace import Namespace
from tests.waiting import PATIENCE, until

CONFIGURATION = """authoritative;
server-duid LL ethernet 02:00:00:00:00:01;
default-lease-time {valid};
preferred-lifetime {preferred};
option dhcp-renewal-time {renewal};
option dhcp-rebinding-time {rebinding};
subnet6 {subnet} {{ prefix6 {first} {last} /{length}; }}
"""


class DelegatingServer:
    """Serves ``link``, whose ``subnet`` clients are in. Lifetimes in seconds; a restart has forgotten every lease."""

    def __init__(self, space: Namespace, folder: Path, link: str, subnet: str) -> None:
        self.program = shutil.which("dhcpd", path="/usr/sbin:/sbin:/usr/bin")
        if self.program is None:
            pytest.skip("needs dhcpd (package isc-dhcp-server)")
        self._space, self._folder, self._link, self._subnet = space, folder, link, subnet
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, first: str, last: str, length: int, preferred: int = 1200, valid: int = 1800) -> None:
        """Delegate the prefixes of a length from the first to the last."""
        times = {"preferred": preferred, "valid": valid, "renewal": preferred // 2, "rebinding": preferred * 4 // 5}
        configuration = CONFIGURATION.format(subnet=self._subnet, first=first, last=last, length=length, **times)
        files = {name: self._folder / f"dhcpd.{name}" for name in ("conf", "leases", "pid", "log")}
        files["conf"].write_text(configuration)
        files["leases"].write_text("")
        assert self.program is not None
        command = [self.program, "-6", "-f", "-d", "-cf", str(files["conf"]), "-lf", str(files["leases"]),
                   "-pf", str(files["pid"]), self._link]  # fmt: skip
        with files["log"].open("wb") as log:
            self._process = subprocess.Popen(self._space.command(*command), stderr=log, stdout=log)
        until(lambda: b"Server starting service" in files["log"].read_bytes(), "dhcpd runs")

    def stop(self) -> None:
        """Answer nobody any more."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None
