"""Which ONT the verb onu speaks to, and how: by options or by the agent's settings; and what was on the line, kept."""

import argparse
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Literal

from agent.cli.client import DEFAULT_CONFIG, USAGE, Failure
from agent.cli.options import count
from agent.cli.output import printable

if TYPE_CHECKING:
    from agent.settings import Omci
    from backends.omci.codecs import Codec
    from backends.omci.consoles.drivers import Driver
    from backends.omci.exchange import Exchange
    from backends.omci.frames import Action
    from backends.omci.onts import Ont
    from backends.omci.trailers import Trailer

CODECS: Final = ("hdlc", "slip", "hexline", "raw48")
DRIVERS: Final = ("raw", "lantiq", "realtek", "cortina")
TRAILERS: Final = ("crc32", "zero", "none", "ignore", "cmac")
_HELP: Final = (
    "is it plugged in, is it somebody else's (the agent's, a terminal's), does it speak this --codec or --driver?"
)
_TAKEN: Final = "end the other program that has the line: the agent (systemctl stop cpe-agent), a terminal, onu watch"
_OTHER_TRAILER: Final = "does this line have another --trailer, or another --key for cmac? --trailer ignore takes any"


def add_line(parser: argparse.ArgumentParser) -> None:
    """Add what says which line, and how. What is not given is as the agent's settings have it in [omci]."""
    add = parser.add_argument
    add("--device", metavar="DEVICE", help="/dev/ttyUSB0, socket://HOST:PORT, rfc2217://HOST:PORT; default: [omci]")
    add("--baud", metavar="BITS", type=count, help="default 115200")
    add("--codec", choices=CODECS, help="how frames stand on the line; default hdlc")
    add("--trailer", choices=TRAILERS, help="what frames end with; default: any, and CRC-32 of ours")
    add("--key", metavar="HEX", help="OMCI_IK, for --trailer cmac")
    add("--driver", choices=DRIVERS, help="raw for frames (default), or whose console it is")
    add("--user", metavar="NAME", help="who logs in to the console")
    add("--password-file", metavar="FILE", type=Path, help="its first line is the password")
    add("--config", metavar="FILE", help=f"the agent's settings; default {DEFAULT_CONFIG}, where it can be read")
    add("--pcap", metavar="FILE", type=Path, help="also write what is sent and heard, passwords too, to a capture")
    add("--json", action="store_true", help='JSON with "schema": 1')


PATIENCE: Final = 2.0
"""Seconds of silence after which it is said what is waited for."""


class Recorder:
    """A codec around another, which keeps the frames that pass."""

    def __init__(self, codec: "Codec", file: BinaryIO | None) -> None:
        """``file``: where a capture is written to, frame by frame."""
        self._codec, self._file = codec, file
        self.is_checked = codec.is_checked
        self.sent = self.heard = 0
        self.error: OSError | None = None
        """Why nothing is kept any more."""
        if file and not os.fstat(file.fileno()).st_size:
            from backends.omci.capture import HEAD

            self._write(file, HEAD)

    def wrapped(self, frame: bytes) -> bytes:
        """See Codec."""
        self.sent += 1
        self._keep(frame)
        return self._codec.wrapped(frame)

    def feed(self, octets: bytes) -> list[bytes]:
        """See Codec."""
        found = self._codec.feed(octets)
        self.heard += len(found)
        for frame in found:
            self._keep(frame)
        return found

    def _keep(self, octets: bytes) -> None:
        if self._file is None or self.error:
            return
        from backends.omci.capture import packet
        from backends.omci.frames import NotAFrame, parse

        with suppress(NotAFrame):
            self._write(self._file, packet(parse(octets), time.time()))

    def _write(self, file: BinaryIO, octets: bytes) -> None:
        """The line is read on when the file takes no more."""
        try:
            file.write(octets)
            file.flush()
        except OSError as error:
            self.error = error


@dataclass(slots=True)
class Access:
    """A line that is open. ``exchange`` of one with frames, ``driver`` of a console; ``ont`` of both."""

    device: str
    ont: "Ont"
    exchange: "Exchange | None" = None
    driver: "Driver | None" = None
    recorder: Recorder | None = None

    @property
    def is_kept(self) -> bool:
        """Whether the capture has all that was on the line; without one, that is nothing."""
        return self.recorder is None or self.recorder.error is None


@contextmanager
def access(options: argparse.Namespace) -> Iterator[Access]:
    """Open the line for a while. Raises Failure, also for what goes wrong while it is used.

    A capture that cannot be written is told of at the end: show inside what was read.
    """
    from agent.cli.onu import unwritable
    from backends.errors import MechanismError
    from backends.omci.codecs import CODECS as MADE
    from backends.omci.consoles.console import LogIn, LogInRefused
    from backends.omci.consoles.drivers import DRIVERS as FAMILIES
    from backends.omci.consoles.told import NotUnderstood
    from backends.omci.exchange import Exchange, WrongTrailer
    from backends.omci.frames import NotAFrame
    from backends.omci.link import Line, LineTaken
    from backends.omci.onts import ByConsole, ByFrames

    _complete(options)
    line = Line(options.device, options.baud)
    capture = _created(options)
    try:
        line.open()
        if options.driver == "raw":
            recorder = Recorder(MADE[options.codec](), capture)
            exchange = Exchange(line, recorder, _trailer(options), unlocked=_unlocked(options))
            with _telling(options, f"frames in {options.codec}", lambda: recorder.heard > 0):
                yield Access(options.device, ByFrames(exchange), exchange, recorder=recorder)
            if recorder.error:
                raise unwritable(options.pcap, recorder.error)
        else:
            driver = FAMILIES[options.driver](line, LogIn(options.user or "", options.password))
            ont = ByConsole(driver)
            try:
                with _telling(options, f"a prompt of {options.driver}'s console", lambda: driver.is_ready):
                    yield Access(options.device, ont, driver=driver)
            finally:
                ont.leave()
    except LogInRefused as error:
        raise Failure("log_in_refused", str(error), "give --user and --password-file") from None
    except LineTaken as error:
        raise Failure("no_ont", str(error), _TAKEN) from None
    except WrongTrailer as error:
        raise Failure("no_ont", str(error), _OTHER_TRAILER) from None
    except (MechanismError, NotAFrame, NotUnderstood) as error:
        raise Failure("no_ont", str(error), _HELP) from None
    finally:
        line.close()
        if capture:
            with suppress(OSError):  # what it did not take was told of, frame by frame
                capture.close()


@contextmanager
def _telling(options: argparse.Namespace, what: str, has_come: Callable[[], bool]) -> Iterator[None]:
    """Say on standard error, once, what is waited for while it does not come."""

    def tell() -> None:
        if not has_come():
            options.has_told = True
            print(printable(f"waiting for {what} at {options.device}"), file=sys.stderr, flush=True)

    timer = threading.Timer(PATIENCE, tell)
    timer.daemon = True
    if not getattr(options, "has_told", False):
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _complete(options: argparse.Namespace) -> None:
    """Fill in what the options leave open, from the settings. Raises Failure."""
    from agent.settings import Omci

    is_sending = getattr(options, "is_sending", False)
    settings = _settings(options) if is_sending or not options.device or options.config else Omci()
    options.unlock = settings.unlock if is_sending else ()
    omci = Omci() if options.device and not options.config else settings
    options.device = options.device or omci.device
    if not options.device:
        raise Failure("usage", "no device is named", "give --device, or set device in [omci] of the settings", USAGE)
    options.baud = options.baud or omci.baud
    options.driver = options.driver or omci.driver
    options.codec = options.codec or omci.codec
    options.trailer = options.trailer or omci.trailer
    options.key = options.key or omci.key
    options.user = options.user or omci.username
    options.password = _first_line(options.password_file) if options.password_file else omci.password
    if options.pcap and options.driver != "raw":
        raise Failure("usage", "a console shows no frames that could be captured", "leave --pcap away", USAGE)


def _settings(options: argparse.Namespace) -> "Omci":
    from agent.settings import Settings, SettingsError, load

    try:
        return load(Path(options.config) if options.config else None).settings.omci
    except SettingsError as error:
        if options.config:
            raise Failure("settings", str(error), "mend the file, or name the line with --device", USAGE) from None
        return Settings().omci


def _trailer(options: argparse.Namespace) -> "Trailer":
    from agent.cli.onu import keyed
    from backends.omci.exchange import trailer_for
    from backends.omci.trailers import Trailer

    try:
        policy = trailer_for(options.codec, options.trailer)
        return Trailer(policy, keyed(options.key) if policy == "cmac" else None)
    except ValueError as error:
        raise Failure("usage", str(error), "see cpe-agent onu info --help", USAGE) from None


def _unlocked(options: argparse.Namespace) -> "frozenset[Action]":
    from backends.omci.frames import Action

    return frozenset(Action[word.replace("-", "_").upper()] for word in options.unlock)


def _created(options: argparse.Namespace) -> BinaryIO | None:
    """The capture: begun anew once, and gone on with when a line that was lost is back."""
    from agent.cli.onu import for_us, unwritable

    file: Path | None = options.pcap
    if file is None:
        return None
    how: Literal["ab", "wb"] = "ab" if getattr(options, "is_captured", False) else "wb"
    options.is_captured = True
    try:
        return open(file, how, opener=for_us)
    except OSError as error:
        raise unwritable(file, error) from None


def _first_line(file: Path) -> str:
    try:
        return file.read_text().splitlines()[0]
    except (OSError, UnicodeDecodeError, IndexError):
        raise Failure("usage", f"the password file {file} has no first line", "see --help", USAGE) from None
