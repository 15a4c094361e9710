"""PPPoE connections made by pppd: one of our own for each, with a /etc/ppp of its own; state from what it tells.

pppd reads its options from a file of ours. What it would read of the machine's /etc/ppp (options, secrets) or change
there (resolv.conf), and the scripts that it would run from there, are not there for it: an empty folder of ours is.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from backends.desired_state import NotOurs, Pointer, Refused, Wanted, make_each
from backends.errors import MechanismError
from backends.files import make_directory, names_in, read_text, replace_file, unwritable
from backends.inotify import watched
from backends.netlink_types import RouteTo
from backends.ppp import output
from backends.ppp.links import Kernel, PppLinks, pppoe_sessions
from backends.ppp.options import Unsayable, check, options
from backends.ppp.records import MANUAL, PppInterface
from backends.private_folders import with_folders
from backends.programs import Program, find_program

TOPIC: Final = "ppp"
LOOK: Final = 1.0
"""Seconds after which the watch looks whether it is to end."""
ETC: Final = "/etc/ppp"
PREFIX: Final = "ppp-"
LONGEST_OUTPUT: Final = 65_536
PLUGINS: Final = ("pppoe.so", "rp-pppoe.so")
"""The kernel plugin's name since pppd 2.4.9, and before."""


@dataclass(frozen=True, slots=True)
class Place:
    """What connections stand on: which link a row is, whether it is given to the agent, how the ACS is reached.

    ``inside`` enters a laboratory's namespace before a pppd is started; it is empty on a real machine.
    """

    link_of: Callable[[Pointer], str | None]
    may_change: Callable[[str], bool]
    management_path: Callable[[], RouteTo | None]
    sessions: Path = Path("/proc/net/pppoe")
    inside: Sequence[str] = ()


def plugin() -> str | None:
    """The PPPoE plugin of the pppd that is installed; None where there is no such pppd."""
    if find_program("pppd") is None:
        return None
    there = {path.name for path in Path("/usr/lib/pppd").glob("*/*.so")}
    return next((name for name in PLUGINS if name in there), None)


def link_name(key: str) -> str:
    """The name of the link of a connection that was added under this key."""
    return f"{PREFIX}{key.removeprefix('+')}"


class Pppd(PppLinks):
    """A service of desired_state. ``folder`` is for it alone, and lost with a boot; reads are kept until ``forget``."""

    def __init__(self, kernel: Kernel, place: Place, folder: Path) -> None:
        super().__init__(kernel)
        self._place = place
        self._folder = folder
        self._said: dict[str, output.Said] = {}

    # -- the service --------------------------------------------------------------------------------------------------

    def check(self, wanted: Wanted) -> None:
        """See desired_state.Service."""
        for key, record in wanted.of(PppInterface).items():
            try:
                check(record)
            except Unsayable as reason:
                raise Refused(str(reason), PppInterface, key, (reason.field,)) from reason
            link = self._place.link_of(record.lower) if record.lower else None
            if record.enable and link is not None and not self._place.may_change(link):
                reason_ = f"{link} is not given to the agent ([network] manage)"
                raise NotOurs(reason_, PppInterface, key, ("enable", "lower"))

    def cuts(self, wanted: Wanted) -> bool:
        """Whether the connection by which the management server is reached would be ended, or set up anew."""
        path = self._place.management_path()
        if path is None or not self.is_running(path.interface):
            return False
        wished = self._wished(wanted)
        return path.interface not in wished or not self._holds(path.interface, wished[path.interface][0])

    def apply(self, wanted: Wanted) -> bool:
        """See desired_state.Service; a connection whose lower link is absent or down is made when that comes up."""
        wished = self._wished(wanted)
        up = {link.name for link in self._kernel.links() if link.up}
        changed = False
        for name in self._names():
            if name not in wished:
                self._stop(name)
                changed = True
        starts = []
        for name, (text, record, lower) in wished.items():
            has_tried = record.trigger == MANUAL and self._told(name) == text
            if lower in up and not has_tried and not self._holds(name, text):
                starts.append(partial(self._start, name, text))
        try:
            return make_each(starts) or changed
        finally:
            self.forget()

    # -- what is so ---------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Read everything anew from now on."""
        self._said.clear()

    def is_running(self, name: str) -> bool:
        """Whether a pppd of ours runs for a link."""
        return self._program(name).is_running()

    def process(self, name: str) -> int | None:
        """The pppd of a link, while it runs."""
        return self._program(name).pid()

    def said(self, name: str) -> output.Said:
        """What the pppd of a link told; read once until ``forget``."""
        if name not in self._said:
            self._said[name] = output.read(read_text(self._output(name), LONGEST_OUTPUT) or "")
        return self._said[name]

    def link_name(self, key: str) -> str:
        """The name of the link of a connection that was added under this key."""
        return link_name(key)

    def unknown_protocols(self, name: str) -> int | None:
        """How many packets had no taker: pppd rejects them, and says so."""
        return self.said(name).unknown_protocols

    def phase(self, name: str) -> str:
        """Where a connection stands (see ppp.output): what the kernel has comes before what pppd said."""
        if self.is_up(name):
            return output.CONNECTED
        if not self.is_running(name):
            return output.DISCONNECTED
        phase = self.said(name).phase
        return output.CONNECTING if phase in (output.CONNECTED, output.DISCONNECTED) else phase

    def error(self, name: str) -> str:
        """Why it failed or ended last; none while it is there."""
        return output.NONE if self.is_up(name) else self.said(name).error

    def session(self, name: str, lower: str | None) -> int | None:
        """The PPPoE session's number, as the kernel has it."""
        sessions = pppoe_sessions(read_text(self._place.sessions) or "")
        there = [number for number, device in sessions if device == lower]
        said = self.said(name).session
        if not self.is_up(name) or not there:
            return None
        return said if said in there else there[0] if len(there) == 1 else None

    def name_servers(self, name: str) -> list[str]:
        """What IPCP told, from the resolv.conf that pppd keeps in the folder of ours."""
        if not self.is_up(name):
            return []
        words = (line.split() for line in (read_text(self._etc(name) / "resolv.conf") or "").splitlines())
        return [found[1] for found in words if len(found) == 2 and found[0] == "nameserver"]

    def watch(self, tell: Callable[[frozenset[str]], None], stop: threading.Event) -> None:
        """Tell "ppp" after a pppd of ours has said something, until ``stop``."""
        make_directory(self._folder)
        with watched([self._folder], growing=True) as folders:
            while not stop.is_set():
                if any(file.suffix == ".log" for file in folders.wait(LOOK)):
                    tell(frozenset({TOPIC}))

    # -- inside -------------------------------------------------------------------------------------------------------

    def _wished(self, wanted: Wanted) -> dict[str, tuple[str, PppInterface, str]]:
        """Of each connection that is to be there, its options, its record and its lower link, by its link's name."""
        wished = {}
        for key, record in wanted.of(PppInterface).items():
            lower = self._place.link_of(record.lower) if record.lower else None
            if record.enable and lower is not None and self._place.may_change(lower):
                name = link_name(key)
                wished[name] = (options(record, name, lower, plugin() or PLUGINS[0]), record, lower)
        return wished

    def stop_all(self) -> None:
        """End every connection of ours."""
        for name in self._names():
            self._stop(name)

    def _names(self) -> list[str]:
        """The connections that were started and not stopped."""
        return [name.removesuffix(".options") for name in names_in(self._folder) if name.endswith(".options")]

    def _holds(self, name: str, text: str) -> bool:
        return self.is_running(name) and self._told(name) == text

    def _told(self, name: str) -> str | None:
        told = read_text(self._options(name))
        return None if told is None else f"{told}\n"

    def _start(self, name: str, text: str) -> bool:
        pppd = find_program("pppd")
        if pppd is None:
            raise MechanismError("pppd is not installed (package ppp)")
        try:
            command = with_folders({self._etc(name): ETC}, [str(pppd), "file", str(self._options(name).resolve())])
        except OSError as error:
            raise unwritable(self._folder, error) from error
        self._program(name).stop()
        for left in ("options", "resolv.conf"):
            replace_file(self._etc(name) / left, b"", 0o600)
        replace_file(self._options(name), text.encode(), 0o600)
        self._program(name).start([*self._place.inside, *command])
        return True

    def _stop(self, name: str) -> None:
        self._program(name).stop()
        self._options(name).unlink(missing_ok=True)

    def _program(self, name: str) -> Program:
        return Program(name, self._folder)

    def _options(self, name: str) -> Path:
        return self._folder / f"{name}.options"

    def _output(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _etc(self, name: str) -> Path:
        return self._folder / f"{name}.etc"
