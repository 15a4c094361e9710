"""Where the log goes with its fields: systemd's journal by its own protocol, syslog by RFC 5424's structured data."""

import logging
import os
import re
import socket
import struct
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

from agent.runtime.logs import is_line

JOURNAL: Final = Path("/run/systemd/journal/socket")
SYSLOG: Final = Path("/dev/log")
NAME: Final = "cpe-agent"
DAEMON: Final = 3
"""syslog's facility."""
LONGEST: Final = 16_384
"""Characters of a field: what does not fit into one datagram would be lost as a whole."""
STRUCTURED_ID: Final = "cpe@32473"  # RFC 5424 §6.3.2 wants a number of one's own behind @; this one is for examples
NAMESPACE: Final = UUID("5b1c4c02-6a1f-4b5c-9d5a-3f1e7b0e6c11")
"""Of the journal's MESSAGE_ID: one for each kind of event, the same on every device."""

_PRIORITIES: Final = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
_NO_FIELD: Final = re.compile(r"[^A-Z0-9_]")
_NO_NAME: Final = re.compile(r"[^!#-<>-\\^-~]")  # RFC 5424, SD-NAME: no blank, =, ] or "

Fields = Mapping[str, Any]


def priority_of(level: int) -> int:
    """syslog's severity of a level of logging."""
    return next((priority for least, priority in _PRIORITIES if level >= least), 7)


def is_shown_by_journal() -> bool:
    """Whether standard error is the journal's (sd_journal_stream_fd): then the same lines can go there with fields."""
    told = os.environ.get("JOURNAL_STREAM", "")
    try:
        status = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return told == f"{status.st_dev}:{status.st_ino}" and JOURNAL.exists()


def message_id(kind: str) -> str:
    """The journal's MESSAGE_ID of a kind of event: ``journalctl MESSAGE_ID=…`` finds all of them."""
    return uuid5(NAMESPACE, kind).hex


class DatagramHandler(logging.Handler, ABC):
    """A log by datagrams that never waits; what cannot be sent goes to standard error, and so does the reason, once."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._socket: socket.socket | None = None
        self._is_failing = False
        self.setFormatter(logging.Formatter("%(message)s"))

    @abstractmethod
    def encoded(self, record: logging.LogRecord) -> bytes:
        """The datagram of a record."""

    def emit(self, record: logging.LogRecord) -> None:
        """Send a line."""
        try:
            datagram = self.encoded(record)
            try:
                self._send(datagram)
            except OSError:
                self._hang_up()  # the other end was started anew, perhaps
                self._send(datagram)
        except OSError as error:
            self._hang_up()
            if not self._is_failing:
                sys.stderr.write(f"WARNING {self._path} takes no log: {error.strerror or error}\n")
            self._is_failing = True
            if is_line(record):
                sys.stderr.write(f"{record.levelname} {self.format(record)}\n")
        except Exception:  # noqa: BLE001 - as logging's own handlers do
            self.handleError(record)
        else:
            self._is_failing = False

    def close(self) -> None:
        """Without the socket."""
        self._hang_up()
        super().close()

    def _send(self, datagram: bytes) -> None:
        if self._socket is None:
            made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
            try:
                made.connect(str(self._path))
            except OSError:
                made.close()
                raise
            self._socket = made
        self._socket.send(datagram)

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class JournalHandler(DatagramHandler):
    """systemd's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): a field a line, or its length before it."""

    def __init__(self, path: Path = JOURNAL) -> None:
        super().__init__(path)

    def encoded(self, record: logging.LogRecord) -> bytes:
        """See DatagramHandler."""
        fields = {
            "MESSAGE": self.format(record),
            "PRIORITY": priority_of(record.levelno),
            "SYSLOG_IDENTIFIER": NAME,
            "SYSLOG_FACILITY": DAEMON,
            "LOGGER": record.name,
        }
        if event := getattr(record, "event", None):
            fields["MESSAGE_ID"] = message_id(str(event["kind"]))
            fields |= {f"CPE_{_NO_FIELD.sub('_', name.upper())}": value for name, value in fields_of(event).items()}
        return b"".join(_field(name, str(value)[:LONGEST]) for name, value in fields.items())


class SyslogHandler(DatagramHandler):
    """RFC 5424 over the machine's own socket; the fields are structured data."""

    def __init__(self, path: Path = SYSLOG) -> None:
        super().__init__(path)
        self._host = _word(socket.gethostname(), 255)

    def encoded(self, record: logging.LogRecord) -> bytes:
        """See DatagramHandler."""
        event = getattr(record, "event", None)
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        head = f"<{DAEMON * 8 + priority_of(record.levelno)}>1 {at} {self._host} {NAME} {os.getpid()}"
        kind = _word(str(event["kind"]), 32) if event else "-"
        fields = {"logger": record.name} | (fields_of(event) if event else {})
        said = " ".join(f'{_NO_NAME.sub("_", name)[:32]}="{_quoted(str(value))}"' for name, value in fields.items())
        text = self.format(record)[:LONGEST].replace("\n", " | ")
        return f"{head} {kind} [{STRUCTURED_ID} {said}] {text}".encode("utf-8", "replace")


def fields_of(event: Fields) -> dict[str, Any]:
    """What a structured log has beside the text: kind, severity, about and the event's own fields."""
    told = {"event": event["kind"], "severity": event["severity"], "about": event["about"], **event.get("fields", {})}
    return {name: _plain(value) for name, value in told.items() if value not in ("", None)}


def _plain(value: Any) -> Any:
    return ("false", "true")[value] if isinstance(value, bool) else value


def _field(name: str, value: str) -> bytes:
    content = value.encode("utf-8", "replace")
    if b"\n" in content:
        return name.encode() + b"\n" + struct.pack("<Q", len(content)) + content + b"\n"
    return name.encode() + b"=" + content + b"\n"


def _quoted(value: str) -> str:
    """RFC 5424 §6.3.3: three characters are escaped; a line stays one."""
    escaped = value[:LONGEST].replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")
    return "".join(letter if letter.isprintable() else " " for letter in escaped)


def _word(text: str, most: int) -> str:
    """Printable ASCII without blanks (RFC 5424 §6), "-" for nothing."""
    return "".join(letter if "!" <= letter <= "~" else "_" for letter in text)[:most] or "-"
