"""Where files of each type go to and come from: the type decides, never a name or a path of the ACS's."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from agent.model.errors import Denied, InvalidArguments
from agent.transfers.orders import FileOrder, Readable, Received

FIRMWARE: Final = "1 Firmware Upgrade Image"
CONFIGURATION: Final = "3 Vendor Configuration File"
DOWNLOADS: Final = (FIRMWARE, "2 Web Content", CONFIGURATION, "4 Tone File", "5 Ringer File")
UPLOADS: Final = (
    "1 Vendor Configuration File",
    "2 Vendor Log File",
    "3 Vendor Configuration File",
    "4 Vendor Log File",
)
"""TR-069 §A.3.2.8 and §A.4.1.5; the last two go on with the number of an instance."""
_OF_AN_INSTANCE: Final = re.compile(r"([34] Vendor (?:Configuration|Log) File) ([1-9][0-9]{0,9})")
_OF_A_VENDOR: Final = re.compile(r"X \S+ \S.*")


@dataclass(frozen=True, slots=True)
class Taken:
    """A file was taken. ``needs_reboot``: it is in force after one. ``awaits``: by whose word it is in force at last
    (``FileTypes.register_awaited``), "" for the reboot's alone.
    """

    needs_reboot: bool = False
    awaits: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file that had to prove itself: a code of TransferComplete's, 0 for success, and a sentence."""

    code: int = 0
    text: str = ""


class Destination(Protocol):
    """What becomes of files of one type. Both are called in the transfers' own thread; they raise TransferFailed.

    An attribute ``largest`` says how many bytes such a file has at most; without it, 1 GiB.
    """

    def room(self, size: int) -> Path:
        """The directory to download into, which has room for so many bytes (0: unknown); the same one each time."""

    def take(self, received: Received, order: FileOrder) -> Taken:
        """Verify the file, and put it in force. It may be called again after a crash in the middle of it."""


class Source(Protocol):
    """What an upload of one type sends."""

    def open(self, order: FileOrder) -> Readable:
        """What to send. Called in the transfers' own thread; raises TransferFailed."""


class FileTypes:
    """Which types there are. What is registered last counts, so that a vendor's own may replace ours."""

    def __init__(self) -> None:
        self._destinations: dict[str, Destination] = {}
        self._sources: dict[str, Source] = {}
        self._awaited: dict[str, Callable[[FileOrder], Outcome | None]] = {}

    def register_download(self, name: str, destination: Destination) -> None:
        """Files of this type go there; a name of the specification's, or a vendor's "X 00D09E Certificate"."""
        _check(name, DOWNLOADS)
        self._destinations[name] = destination

    def register_upload(self, name: str, source: Source) -> None:
        """Files of this type come from there; "3 …" and "4 …" are registered without the number of an instance."""
        _check(name, UPLOADS)
        self._sources[name] = source

    def register_awaited(self, awaits: str, outcome: Callable[[FileOrder], Outcome | None]) -> None:
        """Who says what became of files taken with ``Taken(awaits=awaits)``: None as long as it is not known.

        Asked in the owner's thread at each start, at each event, and every other second.
        """
        self._awaited[awaits] = outcome

    def destination(self, name: str) -> Destination:
        """Where files of that type go to; raises ModelError."""
        if name not in self._destinations:
            raise _unknown(name, DOWNLOADS)
        return self._destinations[name]

    def source(self, name: str) -> Source:
        """Where files of that type come from; raises ModelError."""
        found = _OF_AN_INSTANCE.fullmatch(name)
        plain = found[1] if found else name
        if plain not in self._sources or (plain[0] in "34" and not found):
            raise _unknown(name, UPLOADS)
        return self._sources[plain]

    def check(self, name: str, *, is_upload: bool) -> None:
        """Raise ModelError unless files of that type can be moved that way."""
        if is_upload:
            self.source(name)
        else:
            self.destination(name)

    def outcome(self, awaits: str, order: FileOrder) -> Outcome | None:
        """What became of a file that was taken; None when that is not known yet."""
        ask = self._awaited.get(awaits)
        return ask(order) if ask else Outcome()

    @property
    def destinations(self) -> Iterator[Destination]:
        """All of them."""
        return iter(self._destinations.values())

    @property
    def names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What can be downloaded, and what uploaded."""
        return tuple(sorted(self._destinations)), tuple(sorted(self._sources))


def _check(name: str, known: tuple[str, ...]) -> None:
    if name not in known and not _OF_A_VENDOR.fullmatch(name):
        raise ValueError(f"{name!r} is no file type")


def _unknown(name: str, known: tuple[str, ...]) -> Denied | InvalidArguments:
    """A type that the specification has and this device does not is denied; one that nobody has is a mistake."""
    found = _OF_AN_INSTANCE.fullmatch(name)
    if name in DOWNLOADS and known is DOWNLOADS:
        return Denied("", f"this device has no use for files of the type {name}")
    if known is UPLOADS and found and found[1] in UPLOADS:
        return Denied("", f"this device has no {name}")
    return InvalidArguments("", "there is no such file type")
