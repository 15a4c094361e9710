"""One dhcpcd of ours for one link and family: started, renewed, released; its lease read from its file.

It runs with its own /run/dhcpcd and /var/lib/dhcpcd, so that one of the machine's own is neither met nor disturbed.
"""

import re
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from backends.errors import MechanismError
from backends.files import names_in, read_bytes, read_text, replace_file, unwritable
from backends.private_folders import with_folders
from backends.programs import Program, find_program

RUN, LEASES = "/run/dhcpcd", "/var/lib/dhcpcd"
"""Where dhcpcd was compiled to keep its things."""
FAMILIES: Final = (4, 6)
LONGEST_LEASE: Final = 65_536
RELEASE_SECONDS: Final = 3.0
ANSWERED_BY: Final = re.compile(r"REPLY6 received from (\S+)")


@dataclass(frozen=True, slots=True)
class Folders:
    """Where our clients live: ``run`` is lost with a boot, ``leases`` is not. ``inside`` enters a laboratory's
    namespace before anything is started; it is empty on a real machine.
    """

    run: Path
    leases: Path
    inside: Sequence[str] = ()


class Instance:
    """The client of a link."""

    def __init__(self, folders: Folders, link: str, family: int) -> None:
        self.link, self.family = link, family
        self._folders = folders
        self._name = f"dhcpcd-{link}-{family}"
        self._conf = folders.run / f"{self._name}.conf"
        self._lease = folders.leases / f"{link}.lease{'' if family == 4 else '6'}"
        self._program = Program(self._name, folders.run)

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self._program.is_running()

    def lease_file(self) -> Path:
        """Where dhcpcd keeps the packet that gave the lease; not there without one."""
        return self._lease

    def lease(self) -> bytes | None:
        """That packet."""
        return read_bytes(self.lease_file(), LONGEST_LEASE)

    def leased_at(self) -> datetime | None:
        """When that packet came, by this machine's clock; None without one."""
        try:
            return datetime.fromtimestamp(int(self.lease_file().stat().st_mtime), UTC)
        except OSError:
            return None

    def answered_by(self) -> str | None:
        """The address of the DHCPv6 server that answered last, as far as dhcpcd's output still tells."""
        found = ANSWERED_BY.findall(read_text(self._folders.run / f"{self._name}.log", LONGEST_LEASE) or "")
        return found[-1].partition("%")[0] if found else None

    def duid(self) -> bytes:
        """The identifier that it sends as a DHCPv6 client; empty before it has made one."""
        text = read_text(self._folders.leases / "duid", 1024) or ""
        try:
            return bytes.fromhex(text.replace(":", ""))
        except ValueError:
            return b""

    def holds(self, conf: str) -> bool:
        """Whether it runs with this configuration."""
        return self.is_running and read_text(self._conf) == conf.strip()

    def start(self, conf: str) -> None:
        """Run with this configuration, taking up the lease of the run before. MechanismError."""
        dhcpcd = find_program("dhcpcd")
        if dhcpcd is None:
            raise MechanismError("dhcpcd is not installed (package dhcpcd-base)")
        folders = {self._folders.run / "run": RUN, self._folders.leases: LEASES}
        arguments = [str(dhcpcd), f"-{self.family}", "-B", "-f", str(self._conf.resolve()), self.link]
        try:
            command = with_folders(folders, arguments)
        except OSError as error:
            raise unwritable(self._folders.run, error) from error
        self._program.stop()
        replace_file(self._conf, conf.encode(), 0o600)
        self._program.start([*self._folders.inside, *command])

    def renew(self) -> None:
        """Ask the server for the lease again now."""
        self._program.signal(signal.SIGUSR1)

    def stop(self) -> None:
        """Give the lease back, and end; what it configured is gone."""
        self._program.signal(signal.SIGALRM)
        deadline = time.monotonic() + RELEASE_SECONDS
        while self._program.pid() is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        self._program.stop()
        self._conf.unlink(missing_ok=True)


def instances(folders: Folders) -> list[Instance]:
    """Every client that was started and not stopped, whether or not it still runs."""
    found = []
    for name in names_in(folders.run):
        link, dash, family = name.removeprefix("dhcpcd-").removesuffix(".conf").rpartition("-")
        if name.startswith("dhcpcd-") and name.endswith(".conf") and dash and family in ("4", "6"):
            found.append(Instance(folders, link, int(family)))
    return found
