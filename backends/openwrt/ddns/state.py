"""What ddns-scripts do: from the files in which each updater keeps its state, and the end of its log."""

import os
import stat
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from backends.desired_state import Wanted
from backends.dynamic_dns.instance import ASLEEP
from backends.dynamic_dns.records import Client, Hostname, Server
from backends.dynamic_dns.reports import GOOD, Told
from backends.errors import MechanismError
from backends.files import read_number, read_text
from backends.inotify import watched
from backends.netlink_types import Address
from backends.openwrt.configured import Configured
from backends.openwrt.ddns.document import is_complete
from backends.openwrt.ddns.log import Outcome, outcome
from backends.openwrt.ddns.mapping import DdnsMapping
from backends.openwrt.ddns.sections import DdnsSections, interface_name, is_ipv6, source
from backends.uci import Package, Section, Uci

RUN, LOG = "/var/run/ddns", "/var/log/ddns"
UPDATER: Final = "dynamic_dns_updater"
LONGEST_LOG: Final = 16_384
LONGEST_LIST: Final = 1024
"""Characters of SupportedServices (TR-181)."""
KINDS: Final = frozenset({".ip", ".update", ".pid", ".log"})
LOOK: Final = 1.0
CONNECTING: Final = "connecting"


class Kernel(Protocol):
    """What is asked of netlink."""

    def addresses(self) -> Iterable[Address]:
        """The addresses that links have."""


class Seen(NamedTuple):
    """What the updater of one section shows. ``updated`` in Unix time, 0: never; ``registered``: what DNS says."""

    runs: bool
    registered: str
    updated: int
    last: Outcome


class DdnsOnOpenWrt(Configured):
    """See backends.tr181.dynamic_dns.Naming; ``runs`` tells whether a process is an updater."""

    program = "ddns-scripts"

    def __init__(
        self,
        uci: Uci,
        mapping: DdnsMapping,
        committed: Callable[[Collection[str]], None],
        kernel: Kernel,
        root: Path = Path("/"),
        runs: Callable[[int], bool] | None = None,
    ) -> None:
        super().__init__(uci, mapping, committed)
        self._ddns = mapping
        self._kernel = kernel
        self._root = root
        self._runs = runs or is_updater
        self._here: DdnsSections | None = None
        self._last = mapping.sections(Package)
        self._seen: dict[str, Seen] = {}

    def forget(self) -> None:
        """What was read may be old."""
        super().forget()
        self._here = None
        self._seen.clear()

    def services(self) -> Sequence[str]:
        """The services that are installed, those in use first, as far as the parameter has room for them."""
        used = [one.service for one in self.now().of(Server).values() if self._ddns.services.knows(one.service)]
        found, left = list[str](), LONGEST_LIST
        for name in dict.fromkeys([*used, *self._ddns.services.names()]):
            left -= len(name) + 1
            if left < 0:
                break
            found.append(name)
        return found

    def protocols(self, server: Server) -> Sequence[str]:
        """How the service of a server can be asked here."""
        return self._ddns.protocols(server.service)

    def is_complete(self, wanted: Wanted, key: str) -> bool:
        """Whether everything is told that a client needs."""
        names = [name for name, one in wanted.children(Hostname, key).items() if one.enable]
        server = wanted.of(Server).get(wanted.get(Client, key).server)
        usable = server is not None and server.enable and bool(names)
        return usable and all(is_complete(self._sections(), wanted, name) for name in names)

    def address_of(self, wanted: Wanted, key: str) -> str | None:
        """The address that a client publishes; where it is not the machine's own, what was published last."""
        section = next((self._section(name) for name in wanted.children(Hostname, key)), Section("", "", ""))
        if source(section) in ("web", "script"):
            told = (self._see(name) for name in wanted.children(Hostname, key))
            return next((address for one in told if (address := one.last.address or one.registered)), None)
        link = self._link(wanted.get(Client, key), section)
        family = 6 if is_ipv6(section) else 4
        held = (one for one in self._kernel.addresses() if one.interface == link and one.family == family)
        return next((one.address for one in held if one.scope == "global"), None)

    def doing(self, wanted: Wanted, key: str) -> str:
        """What a client does; "" when no updater of it runs."""
        seen = [one for name in wanted.children(Hostname, key) if (one := self._see(name)).runs]
        return "" if not seen else ASLEEP if all(one.last.is_waiting for one in seen) else CONNECTING

    def told(self, wanted: Wanted, key: str) -> Mapping[str, Told]:
        """What became of a client's names."""
        address = self.address_of(wanted, key)
        return {
            one.name: _told(self._see(name), address)
            for name, one in wanted.children(Hostname, key).items()
            if one.name
        }

    def error(self, wanted: Wanted, key: str) -> str:
        """Why a client's last attempt failed; "" when it did not."""
        address = self.address_of(wanted, key)
        seen = (self._see(name) for name, one in wanted.children(Hostname, key).items() if one.enable)
        return next((one.last.error for one in seen if one.last.error and _told(one, address).status != GOOD), "")

    def folders(self) -> tuple[Path, Path]:
        """Where updaters keep their state, and their logs."""
        section = self._sections().section("global")
        run, log = section.text("ddns_rundir") or RUN, section.text("ddns_logdir") or LOG
        return self._root / run.lstrip("/"), self._root / log.lstrip("/")

    # -- inside -------------------------------------------------------------------------------------------------------

    def _sections(self) -> DdnsSections:
        if self._here is None:
            try:
                self._here = self._last = self._ddns.sections(self._uci.read)
            except MechanismError:  # the log hears of it where the rows are read
                self._here = self._last
        return self._here

    def _section(self, key: str) -> Section:
        return self._sections().section(key)

    def _link(self, client: Client, section: Section) -> str:
        here = self._sections()
        named = here.link_of(client.interface)
        if named or client.interface is not None:
            return named or ""
        found = here.interfaces.get(interface_name(section) or ("wan6" if is_ipv6(section) else "wan"))
        return found.link if found else ""

    def _see(self, key: str) -> Seen:
        """Files are called by what libuci calls the section now."""
        if key not in self._seen:
            name = self._section(key).id
            run, log = self.folders()
            pid = read_number(run / f"{name}.pid") if name else None
            self._seen[key] = Seen(
                runs=pid is not None and self._runs(pid),
                registered=_same(read_text(run / f"{name}.ip", 64) or ""),
                updated=_updated(run / f"{name}.update"),
                last=outcome(_end_of(log / f"{name}.log", LONGEST_LOG)),
            )
        return self._seen[key]


def watch(
    package: Path,
    folders: Collection[Path],
    topic: str,
    tell: Callable[[frozenset[str]], None],
    stop: threading.Event,
) -> None:
    """Tell a topic after a person has written the package, or an updater its state (the first makes the folders)."""
    with watched([package.parent]) as changes:
        missing = set(folders)
        while not stop.is_set():
            missing = {one for one in missing if not changes.add(one)}
            if any(file in (package, package.parent) or file.suffix in KINDS for file in changes.wait(LOOK)):
                tell(frozenset({topic}))


def is_updater(pid: int) -> bool:
    """Whether a process is one of ddns-scripts'."""
    return UPDATER in (read_text(f"/proc/{pid}/cmdline") or "")


def _told(seen: Seen, address: str | None) -> Told:
    here = _same(address or "")
    sent = seen.last.address if seen.last.status == GOOD else ""
    if here and here in (seen.registered, _same(sent)):
        return Told(GOOD, address or "", seen.updated, seen.updated)
    return Told(seen.last.status, seen.last.address or seen.registered, seen.updated, seen.updated)


def _same(text: str) -> str:
    """An address in the one way of writing it."""
    try:
        return str(ip_address(text))
    except ValueError:
        return ""


def _updated(path: Path) -> int:
    """When the file was written, in which a machine's uptime at that time stands; 0 without one."""
    uptime = read_number(path)
    if uptime is None:
        return 0
    told = round(time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)) + uptime
    try:
        written = int(path.stat().st_mtime)
    except OSError:
        return told
    return written if abs(written - told) < 120 else told  # the clock was set since


def _end_of(path: Path, most: int) -> str:
    """The last bytes of a file, from the beginning of a line on."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    with open(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return ""
        file.seek(max(0, found.st_size - most))
        text = file.read(most).decode("utf-8", "replace")
    return text.partition("\n")[2] if found.st_size > most else text
