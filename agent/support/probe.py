"""The verb test on the control socket: connection tests, one at a time, each in a thread of its own, line by line."""

import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from queue import Empty, SimpleQueue
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from agent.cwmp.acs_url import check_acs_url
from agent.cwmp.messages import Inform
from agent.runtime.control import error
from agent.runtime.endpoint import AcsEndpoint, Limits, shown_url
from agent.runtime.memory import give_back
from agent.runtime.wire import Resolve

if TYPE_CHECKING:
    from agent.support.probe_run import ProbeRun, Step

log = logging.getLogger(__name__)

LONGEST: Final = 60.0
"""Seconds for a test as a whole; those that look at it are told no later than then."""
TURN_WITHIN: Final = 15.0
"""Seconds to wait until no session is under way or due."""
LOOK_AGAIN: Final = 0.25
LONGEST_TEXT: Final = 256
_LINK: Final = re.compile(r"[^\s/\x00]{1,15}")
_PLACE: Final = {"url", "username", "password", "ca_file", "interface"}

Line = dict[str, Any]


class Owner(NamedTuple):
    """What a test needs of the agent; all but ``is_clock_set`` and ``mask`` are for its owner's thread, by ``ask``."""

    ask: Callable[[Callable[[], Any]], Any]
    """Has something done there, and waits for what came of it; raises TimeoutError."""
    endpoint: Callable[[], AcsEndpoint]
    """The ACS as it is configured, with an empty URL while there is none."""
    lend: Callable[[], Inform | str]
    """The Inform to send; from now on no session begins, until ``over``. Or why not, as a sentence."""
    over: Callable[[], None]
    resolve: Callable[[str], Resolve]
    """How names are found on an interface ("": wherever the routes lead)."""
    is_clock_set: Callable[[], bool]
    mask: Callable[[str], str]
    """Takes secrets out of a text."""


class _Refused(Exception):
    """The request cannot be served; ``document`` says why."""

    def __init__(self, document: Line) -> None:
        super().__init__()
        self.document = document


class Probe:
    """Serves the stream ``test``; its methods are called by the control socket's thread only."""

    def __init__(self, owner: Owner, limits: Limits | None = None, longest: float = LONGEST) -> None:
        self._owner = owner
        self._limits = limits
        self._longest = longest
        self._at_work: _Work | None = None

    def stream(self, arguments: Mapping[str, Any]) -> Iterator[Line | None]:
        """The steps as they are made: step, ok, what, next, details; the first that fails is the last.

        Arguments, each optional: ``url``, ``username``, ``password``, ``ca_file``, ``interface``; what is absent is as
        configured, user name and password only for the configured host. A test ends when nobody looks any more.
        """
        try:
            work = self._begin(arguments)
        except _Refused as refusal:
            yield refusal.document
            return
        until = monotonic() + self._longest
        try:
            while not work.is_told:
                line = work.next_line()
                if line is None and monotonic() > until:
                    what = f"took longer than {self._longest:.0f} s, and was ended"
                    facts: Line = {"step": work.stage, "ok": False, "what": what}
                    yield {**facts, "next": "try again; the log may know more", "details": {}}
                    return
                if not work.is_told:
                    yield line
        finally:
            work.cancel()

    def _begin(self, arguments: Mapping[str, Any]) -> "_Work":
        wanted = _checked(arguments)
        if self._at_work is not None and self._at_work.is_alive:
            raise _Refused(error("busy", "another connection test is under way", "try again when it has ended"))
        self._at_work = _Work(self._owner, wanted, self._limits)
        return self._at_work


class _Work:
    """One test and its thread; lines wait here until they are asked for."""

    def __init__(self, owner: Owner, wanted: Mapping[str, str], limits: Limits | None) -> None:
        self._owner = owner
        self._wanted = wanted
        self._limits = limits
        self._lines: SimpleQueue[Line | None] = SimpleQueue()  # None: there are no more
        self._run: ProbeRun | None = None
        self._is_cancelled = False
        self.is_told = False
        """Whether all lines have been asked for."""
        self._thread = threading.Thread(target=self._work, name="connection-test", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the test is at work; a name server's silence may hold a cancelled one up."""
        return self._thread.is_alive()

    @property
    def stage(self) -> str:
        """The step that is being made."""
        return self._run.stage if self._run else "dns"

    def next_line(self) -> Line | None:
        """A line, None while there is none."""
        try:
            line = self._lines.get_nowait()
        except Empty:
            return None
        self.is_told = line is None
        return line

    def cancel(self) -> None:
        """End it soon."""
        self._is_cancelled = True
        if self._run is not None:
            self._run.cancel()

    def _work(self) -> None:
        try:
            self._test()
        except _Refused as refusal:
            self._lines.put(refusal.document)
        except TimeoutError:
            self._lines.put(error("timeout", "the agent is too busy for a connection test", "try again in a minute"))
        except Exception:
            log.exception("a connection test broke")
            self._lines.put(error("internal", "the connection test broke", "see the agent's log"))
        finally:
            self._run = None
            self._lines.put(None)
            give_back()

    def _test(self) -> None:
        from agent.support.probe_run import LIMITS, ProbeRun  # brings TLS along: only who tests pays for it

        endpoint = _merged(self._owner.ask(self._owner.endpoint), self._wanted)
        if not endpoint.url:
            raise _Refused(error("no_acs", "no ACS is configured", "`cpe-agent setup --url URL`, or name one with url"))
        steps: list[Step] = []

        def tell(step: "Step") -> None:
            mask = self._owner.mask
            step = step._replace(what=mask(step.what), next=mask(step.next))
            steps.append(step)
            self._lines.put(step.line())

        run = ProbeRun(
            endpoint,
            self._lend,
            tell,
            resolve=self._owner.ask(lambda: self._owner.resolve(endpoint.interface)),
            wall_clock_trusted=self._owner.is_clock_set(),
            limits=self._limits or LIMITS,
        )
        self._run = run
        try:
            if not self._is_cancelled:
                run.run()
        finally:
            self._owner.ask(self._owner.over)
        last = f"{steps[-1].step}: {steps[-1].what}" if steps else "cancelled"
        log.info("connection test of %s: %s", shown_url(endpoint.url), last)

    def _lend(self) -> Inform:
        """The Inform, once no session is in the way: an ACS has one session with a device at a time."""
        from agent.support.probe_run import NotNow

        until = monotonic() + TURN_WITHIN
        while True:
            lent: Inform | str = self._owner.ask(self._owner.lend)
            if not isinstance(lent, str):
                return lent
            if self._is_cancelled or monotonic() > until:
                raise NotNow(lent)
            sleep(LOOK_AGAIN)


def _checked(arguments: Mapping[str, Any]) -> dict[str, str]:
    """The arguments that are given; an empty text is none. Raises _Refused."""
    wanted = {name: value for name, value in arguments.items() if value not in (None, "")}
    for name, value in wanted.items():
        if name not in _PLACE:
            raise _unusable(f"there is no argument {name!r}")
        if not isinstance(value, str) or len(value) > LONGEST_TEXT or not all(one.isprintable() for one in value):
            raise _unusable(f"{name} has to be a text of at most {LONGEST_TEXT} characters")
    if url := wanted.get("url"):
        try:
            check_acs_url(url)
        except ValueError as wrong:
            raise _unusable(f"url: {wrong}", "write it whole, such as https://acs.example.net/cwmp") from None
    if (link := wanted.get("interface")) and not _LINK.fullmatch(link):
        raise _unusable("interface has to be the name of a link, such as eth0")
    return wanted


def _unusable(what: str, next_step: str = "see `cpe-agent doctor --help`") -> _Refused:
    return _Refused(error("invalid_arguments", what, next_step))


def _merged(configured: AcsEndpoint, wanted: Mapping[str, str]) -> AcsEndpoint:
    """What is asked for over what is configured. The configured password is for the configured host's eyes only."""
    url = wanted.get("url") or configured.url
    if _origin(url) != _origin(configured.url):
        configured = replace(configured, password="", is_elsewhere=False)
    return replace(
        configured,
        url=url,
        username=wanted.get("username", configured.username),
        password=wanted.get("password", configured.password),
        ca_file=wanted.get("ca_file", configured.ca_file),
        interface=wanted.get("interface", configured.interface),
    )


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme.lower())
