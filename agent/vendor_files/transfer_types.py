"""What a transfer of a configuration or a log means: where such a file goes to, and where it comes from."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent.model.data_model import Caller
from agent.model.errors import Denied, ModelError, Refusals, Unavailable
from agent.transfers.failures import Cause, TransferFailed
from agent.transfers.file_types import CONFIGURATION, FileTypes, Taken
from agent.transfers.orders import FileOrder, Readable, Received, Stream
from backends.errors import MechanismError
from backends.tr181.device_files import BACKUP, CONFIGURATIONS, LOGS

if TYPE_CHECKING:
    from agent.vendor_files.document import Backup
    from agent.vendor_files.service import ConfigurationFile, Restored

log = logging.getLogger(__name__)

LARGEST: Final = 1_048_576
"""Bytes of a configuration file (agent.vendor_files.document)."""

CONFIGURATION_TABLE: Final = CONFIGURATIONS.removesuffix("{i}.")
LOG_TABLE: Final = LOGS.removesuffix("{i}.")
LAST_BYTES: Final = 1_048_576
"""Of a system's log: its end."""
NUMBERED_CONFIGURATION: Final = "3 Vendor Configuration File"
NUMBERED_LOG: Final = "4 Vendor Log File"


@dataclass(frozen=True, slots=True)
class Parts:
    """What the types stand on. ``in_turn`` has something done in the owner's thread and waits for it; ``mask`` takes
    secrets out of a text; ``key_of`` tells what the row of a table with this number is, "" where there is none.
    """

    file: "Callable[[], ConfigurationFile]"
    in_turn: Callable[[Callable[[], Any]], Any]
    directory: Path
    history: Callable[[], bytes]
    history_file: str
    mask: Callable[[str], str]
    key_of: Callable[[str, int], str]
    root: Path = Path("/")
    note: Callable[[str], object] = lambda _text: None
    """Takes what the history is to say of a configuration file; called in turn."""


def register(types: FileTypes, parts: Parts) -> None:
    """The types of the specification that are about configuration and logs."""
    types.register_download(CONFIGURATION, ConfigurationDestination(parts))
    types.register_upload("1 Vendor Configuration File", ConfigurationSource(parts))
    types.register_upload(NUMBERED_CONFIGURATION, ConfigurationSource(parts))
    types.register_upload("2 Vendor Log File", LogSource(parts))
    types.register_upload(NUMBERED_LOG, LogSource(parts))


class ConfigurationDestination:
    """See agent.transfers.file_types.Destination: the file is put in force as a whole, or refused."""

    largest = LARGEST

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def room(self, size: int) -> Path:
        """See Destination."""
        if size > LARGEST:
            raise TransferFailed(Cause.NO_ROOM, f"a configuration file has at most {LARGEST} bytes")
        try:
            self._parts.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            there = os.statvfs(self._parts.directory)
        except OSError as error:
            raise TransferFailed(Cause.INTERNAL, f"no place for the file: {error.strerror}") from error
        if there.f_bavail * there.f_frsize < size:
            raise TransferFailed(Cause.NO_ROOM, "there is no room for the file")
        return self._parts.directory

    def take(self, received: Received, order: FileOrder) -> Taken:
        """See Destination. Twice is as good as once."""
        from agent.vendor_files.service import checked, summed_up

        try:
            if received.size > LARGEST:
                raise TransferFailed(Cause.CORRUPTED, f"a configuration file has at most {LARGEST} bytes")
            content = received.path.read_bytes()
        except OSError as error:
            raise TransferFailed(Cause.INTERNAL, f"the file cannot be read: {error.strerror}") from error
        try:
            backup = checked(content)  # here: it would keep the owner's thread
            author = Caller.LOCAL if order.is_of_person else Caller.ACS
            restored = self._parts.in_turn(lambda: self._restored(backup, author))
        except ModelError as refusal:
            raise TransferFailed(_cause(refusal), self._parts.mask(summed_up(refusal))) from refusal
        except OSError as error:
            raise TransferFailed(Cause.INTERNAL, f"the key of backups cannot be read: {error.strerror}") from error
        log.info("a configuration file is in force: %d parameters differ", len(restored.differences))
        return Taken()

    def _restored(self, backup: "Backup", author: Caller) -> "Restored":
        """In the owner's thread. What comes over the network has no more say than the ACS, whoever wanted it."""
        from agent.vendor_files.service import left_out

        restored = self._parts.file().restore(backup, Caller.ACS, author=author)
        if restored.unknown:
            text = self._parts.mask(left_out(restored.unknown))
            log.warning("%s", text)
            self._parts.note(text)
        return restored


def _cause(refusal: ModelError) -> Cause:
    """What of the reasons weighs most: that of the file before that of the device."""
    from agent.vendor_files.service import BadFile, NotOpened

    reasons: Sequence[ModelError] = refusal.refusals if isinstance(refusal, Refusals) else (refusal,)
    kinds: tuple[tuple[type[ModelError], Cause], ...] = (
        (NotOpened, Cause.NOT_GENUINE),
        (BadFile, Cause.CORRUPTED),
        (Denied, Cause.DENIED),
        (Unavailable, Cause.INTERNAL),
    )
    return next((cause for kind, cause in kinds if any(isinstance(one, kind) for one in reasons)), Cause.CORRUPTED)


class ConfigurationSource:
    """See agent.transfers.file_types.Source: the configuration of now, or the settings file without its secrets."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def open(self, order: FileOrder) -> Readable:
        """See Source."""
        parts = self._parts
        key = _key(parts, CONFIGURATION_TABLE, order, NUMBERED_CONFIGURATION) or BACKUP
        if key != BACKUP:
            content = _end_of(parts.root / key.lstrip("/"))
            return _stream(parts.mask(content.decode("utf-8", "replace")).encode())
        try:
            return _stream(parts.in_turn(lambda: parts.file().content()))
        except (ModelError, OSError) as failure:
            raise TransferFailed(Cause.INTERNAL, "the configuration cannot be told") from failure


class LogSource:
    """See agent.transfers.file_types.Source: the event history, or a log of the system's, both without secrets."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def open(self, order: FileOrder) -> Readable:
        """See Source."""
        parts = self._parts
        key = _key(parts, LOG_TABLE, order, NUMBERED_LOG) or parts.history_file
        if key == parts.history_file:
            return _stream(parts.history())
        text = _end_of(parts.root / key.lstrip("/")).decode("utf-8", "replace")
        return _stream("".join(parts.mask(line) for line in text.splitlines(keepends=True)).encode())


def _key(parts: Parts, table: str, order: FileOrder, numbered: str) -> str:
    """The row that the file type names by its number; "" where it names none. Raises TransferFailed."""
    number = order.file_type.removeprefix(numbered).strip()
    if not order.file_type.startswith(numbered) or not number:
        return ""
    found = parts.in_turn(lambda: parts.key_of(table, int(number))) if number.isdecimal() and len(number) < 11 else ""
    if not found:
        raise TransferFailed(Cause.NO_ACCESS, f"there is no {table}{number}.")
    return str(found)


def _end_of(path: Path) -> bytes:
    """The last bytes of a log, a journal's as text, from the beginning of a line. Raises TransferFailed."""
    try:
        if path.is_dir():
            from backends.journal import journal

            content = journal(path).encode()[-LAST_BYTES - 1 :]
        else:
            with path.open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - LAST_BYTES - 1))
                content = file.read(LAST_BYTES + 1)
    except (OSError, MechanismError) as error:
        why = error.reason if isinstance(error, MechanismError) else error.strerror
        raise TransferFailed(Cause.NO_ACCESS, f"it cannot be read: {why}") from error
    return content[content.find(b"\n") + 1 :] if len(content) > LAST_BYTES else content


def _stream(content: bytes) -> Stream:
    def pieces() -> Iterator[bytes]:
        for place in range(0, len(content), 65_536):
            yield content[place : place + 65_536]

    return Stream(len(content), pieces)


def register_vendors(types: FileTypes, found: Mapping[str, Sequence[tuple[str, Any, bool]]]) -> dict[str, str]:
    """Types of extensions: file name → (type, destination or source, whether it is an upload). What was refused, and
    why, by file name; a vendor has types "X …" only.
    """
    refused: dict[str, str] = {}
    for name, some in found.items():
        for file_type, end, is_upload in some:
            try:
                if not file_type.startswith("X "):
                    raise ValueError(f"{file_type!r} is no vendor's: those begin with X and a space")
                (types.register_upload if is_upload else types.register_download)(file_type, end)
            except ValueError as wrong:
                refused[name] = str(wrong)
                log.warning("a file type of the extension %s is left out: %s", name, wrong)
    return refused
