"""Makes the wired supplicants what they are wanted to be, and reads what they and those of others say."""

import os
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Final, Protocol

from backends.desired_state import NotOurs, Pointer, Refused, Wanted, make_each
from backends.errors import MechanismError, Missing
from backends.files import names_in, read_bytes
from backends.ieee8021x.configuration import Credentials, missing, text, times
from backends.ieee8021x.program import WiredProgram
from backends.ieee8021x.records import Supplicant
from backends.netlink_types import Link
from backends.wpa_supplicant import WpaSupplicant

TOPIC: Final = "ieee8021x"
TURN: Final = 1.0
"""Seconds between two looks at the state of our supplicants: wpa_supplicant tells how EAP ended, and nothing of the
states in which nobody answers.
"""
INSTANCES: Final = 64
"""How many links' paths are kept made; links may come and go for ever."""
STATE: Final = "dot1xSuppPaeState"
ELSEWHERE: Final = Path("/run/wpa_supplicant")
"""Where the machine's own wpa_supplicants have their sockets."""


class Kernel(Protocol):
    """What is asked of netlink."""

    def links(self) -> Iterable[Link]:
        """The links that are there."""


@dataclass(frozen=True, slots=True)
class Place:
    """What the supplicants stand on: which link a row is, whether that is an Ethernet port and given to the agent, and
    the links on the way to the management server.
    """

    link_of: Callable[[Pointer], str | None]
    is_port: Callable[[str], bool]
    may_change: Callable[[str], bool]
    on_the_way: Callable[[], Collection[str]]
    elsewhere: Path = ELSEWHERE
    namespace: str = "/proc/thread-self/ns/net"


class Supplicants:
    """A service of desired_state; reads are kept until ``forget``. ``command`` starts wpa_supplicant, ``folder`` is for
    secrets: a file system in memory, of root alone.
    """

    def __init__(
        self, kernel: Kernel, place: Place, folder: Path, command: Sequence[str], credentials: Credentials
    ) -> None:
        self._kernel = kernel
        self._place = place
        self._folder = folder
        self._credentials = credentials
        self._counted: dict[tuple[str, bool], Mapping[str, str]] = {}
        self._foreign: dict[str, WpaSupplicant] | None = None
        self._program = lru_cache(INSTANCES)(lambda link: WiredProgram(link, folder / link, command))

    # -- the service --------------------------------------------------------------------------------------------------

    def check(self, wanted: Wanted) -> None:
        """See desired_state.Service."""
        self.forget()
        taken: set[str] = set()
        for key, record in wanted.of(Supplicant).items():
            link = self.link(record)
            if link is None:
                continue
            if link in taken:
                raise Refused(f"{link} has a supplicant already", Supplicant, key, ("interface",))
            taken.add(link)
            if record.enable:
                self._check_link(link, key)

    def cuts(self, wanted: Wanted) -> bool:
        """Whether a link on the way to the management server would have to authenticate itself anew, or not at all."""
        on_the_way = self._place.on_the_way()
        wished, links = self._wished(wanted), self._links()
        for link in set(on_the_way) & {*wished, *self._running()}:
            there = links.get(link)
            if link not in wished or not self._program(link).holds(self._text(link, wished[link]), _bridge(there)):
                return True
        return False

    def apply(self, wanted: Wanted) -> bool:
        """See desired_state.Service; a supplicant whose link is absent or down runs from when that is up."""
        self.forget()
        wished, links = self._wished(wanted), self._links()
        changed = False
        for link in self._running():
            if link not in wished or not _is_up(links.get(link)):  # wpa_supplicant would set the link up by itself
                self._program(link).stop()
                changed = True
        there = [(one, record) for link, record in wished.items() if (one := links.get(link)) is not None and one.up]
        try:
            return make_each(partial(self._bring, *each) for each in there) or changed
        finally:
            self.forget()

    # -- what is so ---------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Read everything anew from now on."""
        self._counted.clear()
        self._foreign = None

    def link(self, record: Supplicant) -> str | None:
        """The link of a supplicant, if there is one."""
        return self._place.link_of(record.interface) if record.interface else None

    def missing(self, record: Supplicant) -> str | None:
        """What a supplicant lacks that it needs; None: nothing."""
        return "an interface" if self.link(record) is None else missing(record, self._credentials)

    def is_running(self, link: str) -> bool:
        """Whether a supplicant of ours runs there."""
        return self._program(link).is_running()

    def is_up(self, link: str) -> bool:
        """Whether a link is there and up."""
        return _is_up(self._links().get(link))

    def has_carrier(self, link: str) -> bool:
        """Whether anybody is at the other end of a link."""
        there = self._links().get(link)
        return there is not None and there.up and there.running

    def counted(self, link: str, is_own: bool = True) -> Mapping[str, str]:
        """The state and the counters of the supplicant of a link, see WpaSupplicant.counted; {} where none runs."""
        if (link, is_own) not in self._counted:
            control = self._program(link).control if is_own else self.foreign().get(link)
            try:
                self._counted[link, is_own] = control.counted() if control else {}
            except Missing:
                self._counted[link, is_own] = {}
        return self._counted[link, is_own]

    def foreign(self) -> Mapping[str, WpaSupplicant]:
        """The wired supplicants of the machine's own that let themselves be asked, by link."""
        if self._foreign is None:
            there = (name for name in names_in(self._place.elsewhere) if self._place.is_port(name))
            controls = {name: WpaSupplicant(self._place.elsewhere / name) for name in there}
            self._foreign = {name: control for name, control in controls.items() if control.is_there()}
        return self._foreign

    def watch(self, tell: Callable[[frozenset[str]], None], stop: threading.Event) -> None:
        """Tell "ieee8021x" after the state of a supplicant of ours has changed, or one has ended, until ``stop``."""
        known: dict[str, str] = {}
        while not stop.wait(TURN):
            states = {link: self._state(link) for link in self._running()}
            if states != known:
                known = states
                tell(frozenset({TOPIC}))

    # -- inside -------------------------------------------------------------------------------------------------------

    def _wished(self, wanted: Wanted) -> dict[str, Supplicant]:
        """The supplicants that are to run, by link."""
        wished = {}
        for record in wanted.of(Supplicant).values():
            link = self.link(record)
            if record.enable and link is not None and self.missing(record) is None and self._is_given(link):
                wished[link] = record
        return wished

    def _is_given(self, link: str) -> bool:
        return self._place.is_port(link) and self._place.may_change(link)

    def _running(self) -> list[str]:
        """The links for which a supplicant was started and not stopped."""
        return [link for link in names_in(self._folder) if self._program(link).exists()]

    def _links(self) -> dict[str, Link]:
        return {link.name: link for link in self._kernel.links()}

    def _text(self, link: str, record: Supplicant) -> str:
        return text(record, self._credentials, self._folder / link)

    def _bring(self, there: Link, record: Supplicant) -> bool:
        program = self._program(there.name)
        user = self._user_of(there.name)
        if user is not None:
            program.stop()
            raise MechanismError(f"{there.name} is used by {user}")
        changed = program.run(self._text(there.name, record), _bridge(there))
        changed = program.keep_times(times(record)) or changed
        return (there.running and program.follow(there.carrier_changes)) or changed

    def _check_link(self, link: str, key: str) -> None:
        if not self._place.is_port(link):
            raise Refused(f"{link} is no Ethernet port", Supplicant, key, ("interface",))
        if not self._place.may_change(link):
            reason = f"{link} is not given to the agent ([network] manage)"
            raise NotOurs(reason, Supplicant, key, ("enable", "interface"))
        user = self._user_of(link)
        if user is not None:
            reason = f"{link} is used by {user}: stop that, or take {link} out of it, and set this again"
            raise NotOurs(reason, Supplicant, key, ("enable", "interface"))

    def _user_of(self, link: str) -> str | None:
        """Which wpa_supplicant that is not ours has this link."""
        if link in self.foreign():
            return f"the wpa_supplicant that answers at {self._place.elsewhere / link}"
        process = _process_on(link, self._program(link).pid(), self._place.namespace)
        return None if process is None else f"the wpa_supplicant that is process {process}"

    def _state(self, link: str) -> str:
        """Where a supplicant of ours stands; "" where it does not answer."""
        try:
            return self._program(link).control.counted().get(STATE, "")
        except MechanismError:
            return ""


def _is_up(link: Link | None) -> bool:
    return link is not None and link.up


def _bridge(link: Link | None) -> str | None:
    """The bridge whose port a link is: answers that are for the port come in there."""
    return link.master if link is not None and link.port is not None else None


def _process_on(link: str, ours: int | None, namespace: str) -> int | None:
    """A wpa_supplicant in a network namespace that was started for a link, and is not ``ours``."""
    here = _inode(namespace)
    for name in names_in(Path("/proc")):
        if not name.isdecimal() or int(name) == ours:
            continue
        program, *words = (read_bytes(f"/proc/{name}/cmdline") or b"").split(b"\0")
        if os.path.basename(program) != b"wpa_supplicant" or not _names(words, os.fsencode(link)):
            continue
        if _inode(f"/proc/{name}/ns/net") == here:
            return int(name)
    return None


def _names(words: Sequence[bytes], link: bytes) -> bool:
    return b"-i" + link in words or (b"-i", link) in pairwise(words)


def _inode(path: str) -> int | None:
    try:
        return os.stat(path).st_ino
    except OSError:
        return None
