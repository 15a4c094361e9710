"""The ONT at a serial line as a service of this machine; nothing of it is loaded where the settings name no line."""

import json
import logging
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
    def unlock(self) -> tuple[str, ...]:
        """Commands that may be sent although they change the ONT."""


def optical_line(given: Mechanisms) -> Part | None:
    """The line, watched in a thread of its own; None where there is none."""
    if given.omci is None:
        return None
    try:
        watching = _watching(given.omci, given.state_directory)
    except MechanismError as error:  # of a CMAC without its library
        log.error("the line to the ONT is not opened: %s", error)
        return None
    from backends.tr181.optical_line import OpticalLine

    made = OpticalLine(watching, given.omci, given.faults.faults if given.faults else None)
    return Part("optical", {"optical": made}, watch=watching.watch, look=made.look, follows=frozenset())


def _watching(settings: LineSettings, state: Path) -> "Watching":
    from backends.omci.codecs import CODECS
    from backends.omci.ddm import levels
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
    file = state / FILE
    listens = exchange if is_monitor else None
    return Watching(asks, listens, line.close, _kept(file), lambda totals: _keep(file, totals), levels)


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


def _kept(file: Path) -> Any:
    try:
        return json.loads(read_text(file) or "null")
    except ValueError:
        log.warning("%s cannot be read: the ONT's counters are added up anew", file)
        return None


def _keep(file: Path, totals: Any) -> None:
    try:
        write_if_different(file, json.dumps(totals, separators=(",", ":")))
    except MechanismError as error:
        log.warning("the totals of the ONT's counters cannot be kept: %s", error.reason)
