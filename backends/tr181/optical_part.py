"""The ONT at a serial line as a service of this machine; nothing of it is loaded where the settings name no line."""

import json
import logging
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from backends.errors import MechanismError
from backends.files import read_text, write_if_different
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part

if TYPE_CHECKING:
    from backends.omci.trailers import Trailer
    from backends.omci.watching import Watching

FILE: Final = "optical.json"

log = logging.getLogger(__name__)


class LineSettings(Protocol):
    """``[omci]``; config/agent.toml says what each means."""

    @property
    def device(self) -> str:
        """Where the line is."""

    @property
    def baud(self) -> int:
        """Its speed."""

    @property
    def codec(self) -> str:
        """How frames stand on it."""

    @property
    def trailer(self) -> str:
        """What they end with."""

    @property
    def key(self) -> str:
        """Of the trailer "cmac", as hexadecimal digits."""

    @property
    def driver(self) -> str:
        """Who answers: "raw", or a family of consoles."""

    @property
    def username(self) -> str:
        """Who logs in to a console."""

    @property
    def password(self) -> str:
        """And by what."""

    @property
    def mode(self) -> str:
        """Whether the ONT is asked ("query"), or only listened to ("monitor")."""

    @property
    def upload(self) -> bool:
        """Whether its entities are uploaded."""

    @property
    def pon_mode(self) -> str:
        """The kind of PON, which OMCI does not tell."""

    @property
    def module(self) -> str:
        """The port of this machine that the ONT is in as a module; "": the only one that has any."""

    @property
    def unlock(self) -> tuple[str, ...]:
        """Commands that may be sent although they change the ONT."""


def optical_line(given: Mechanisms) -> Part | None:
    """The line, watched in a thread of its own; None where there is none."""
    if given.omci is None:
        return None
    try:
        kept = Kept(given.state_directory / FILE)
        watching = _watching(given.omci, kept)
    except MechanismError as error:  # of a CMAC without its library
        log.error("the line to the ONT is not opened: %s", error)
        return None
    from backends.tr181.optical_line import OpticalLine

    made = OpticalLine(watching, given.omci, given.faults.faults if given.faults else None, forget=kept.forget)
    return Part("optical", {"optical": made}, watch=watching.watch, look=made.look, follows=frozenset())


def _watching(settings: LineSettings, kept: "Kept") -> "Watching":
    from backends.omci.codecs import CODECS
    from backends.omci.ddm import reading
    from backends.omci.exchange import Exchange
    from backends.omci.frames import Action
    from backends.omci.link import Line
    from backends.omci.watching import Watching

    line = Line(settings.device, settings.baud)
    trailer = _trailer(settings)
    unlocked = frozenset(Action[word.replace("-", "_").upper()] for word in settings.unlock)

    def exchange() -> Exchange:
        line.open()
        return Exchange(line, CODECS[settings.codec](), trailer, unlocked=unlocked)

    def frames() -> Any:
        from backends.omci.onts import ByFrames

        return ByFrames(exchange(), is_uploaded=settings.upload)

    def console() -> Any:
        from backends.omci.consoles.console import LogIn
        from backends.omci.consoles.drivers import DRIVERS
        from backends.omci.onts import ByConsole

        line.open()
        return ByConsole(DRIVERS[settings.driver](line, LogIn(settings.username, settings.password)))

    is_monitor = settings.mode == "monitor"
    asks = None if is_monitor else frames if settings.driver == "raw" else console
    listens = exchange if is_monitor else None
    return Watching(asks, listens, line.close, kept.read(), kept.keep, partial(reading, settings.module))


def _trailer(settings: LineSettings) -> "Trailer":
    from backends.omci.exchange import trailer_for
    from backends.omci.trailers import Trailer

    policy = trailer_for(settings.codec, settings.trailer)
    if policy != "cmac":
        return Trailer(policy)
    from backends.omci.cmac import NoCryptography, cmac

    try:
        return Trailer(policy, cmac(bytes.fromhex(settings.key)))
    except NoCryptography as error:
        raise MechanismError(str(error)) from None


class Kept:
    """The totals of the ONT's counters, in a file: of the thread that has the line, and of a factory reset."""

    def __init__(self, file: Path) -> None:
        """Nothing is read yet."""
        self._file = file
        self._is_over = False
        self._lock = threading.Lock()

    def read(self) -> Any:
        """What was kept; None where there is nothing that can be read."""
        try:
            return json.loads(read_text(self._file) or "null")
        except ValueError:
            log.warning("%s cannot be read: the ONT's counters are added up anew", self._file)
            return None

    def keep(self, totals: Any) -> None:
        """Make them durable, unless they were forgotten."""
        with self._lock:
            if self._is_over:
                return
            try:
                write_if_different(self._file, json.dumps(totals, separators=(",", ":")))
            except MechanismError as error:
                log.warning("the totals of the ONT's counters cannot be kept: %s", error.reason)

    def forget(self) -> None:
        """A factory reset: they are gone, and what is counted until the end of this run is not kept."""
        with self._lock:
            self._is_over = True
            try:
                self._file.unlink(missing_ok=True)
            except OSError as error:
                log.warning("the totals of the ONT's counters cannot be removed: %s", error.strerror)
