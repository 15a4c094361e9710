"""The local time zone as a POSIX TZ string, read from and written to /etc/localtime (TZif, RFC 8536)."""

import base64
import io
import os
import re
import struct
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from backends.errors import MechanismError
from backends.files import read_bytes, replace_file, unwritable

NAME = r"[A-Za-z]{3,16}|<[A-Za-z0-9+-]{3,16}>"
HOURS = r"(?:1[0-5]\d|16[0-7]|\d{1,2})(?::[0-5]\d(?::[0-5]\d)?)?"  # rules may say up to 167 hours
# Nobody lives further than 15 hours from Greenwich; POSIX allows 24, which Python cannot reckon with.
OFFSET = r"(?P<sign>[+-]?)(?P<hours>1[0-5]|0?\d)(?::(?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d))?)?"
PLAIN_OFFSET = r"[+-]?(?:1[0-5]|0?\d)(?::[0-5]\d(?::[0-5]\d)?)?"
DAY = r"(?:J(?:36[0-5]|3[0-5]\d|[12]\d\d|[1-9]\d?)|36[0-5]|3[0-5]\d|[12]\d\d|\d{1,2}|M(?:1[0-2]|[1-9])\.[1-5]\.[0-6])"
RULE = rf"{DAY}(?:/[+-]?{HOURS})?"
POSIX = re.compile(rf"(?P<name>{NAME}){OFFSET}(?:(?:{NAME})(?:{PLAIN_OFFSET})?,{RULE},{RULE})?")
HEADER = struct.Struct(">4sc15x6I")
UTC_STRING = "UTC0"


class TimeZone:
    """The zone that /etc/localtime below ``root`` says; without it, UTC (localtime(5))."""

    def __init__(self, root: str | Path = "/") -> None:
        self._path = Path(root) / "etc/localtime"
        self._zone: tzinfo | None = None
        self._content: bytes | None = None

    def forget(self) -> None:
        """Let the next reckoning read the file again."""
        self._zone = self._content = None

    def posix(self, now: datetime) -> str:
        """The rule in force from now on; of a zone that has none, its present offset. Kept until ``forget``."""
        content = self._read()
        footer = (
            content.rpartition(b"\n")[0].rpartition(b"\n")[2]
            if content[:4] == b"TZif" and content[4:5] >= b"2"
            else b""
        )
        text = footer.decode("ascii", "replace")
        return text if POSIX.fullmatch(text) else _present(self.zone(), now)

    def zone(self) -> tzinfo:
        """The zone with its history, for reckoning local times; UTC where the file is absent or damaged. Kept until
        ``forget``.
        """
        if self._zone is None:
            self._zone = self._read_zone()
        return self._zone

    def _read_zone(self) -> tzinfo:
        from zoneinfo import ZoneInfo  # loads the interpreter's build settings: only who reckons local times pays

        content = self._read()
        try:
            return ZoneInfo.from_file(io.BytesIO(content), key="localtime") if content else UTC
        except (ValueError, IndexError, struct.error, EOFError):
            return UTC

    def _read(self) -> bytes:
        if self._content is None:
            self._content = read_bytes(self._path, 1 << 18) or b""
        return self._content

    def check(self, posix: str) -> None:
        """MechanismError unless ``posix`` is a TZ string with an offset and, for daylight saving, both its rules."""
        if not POSIX.fullmatch(posix):
            raise MechanismError(f"{posix!r} is no POSIX time zone like CET-1CEST,M3.5.0,M10.5.0/3", "EINVAL")

    def set(self, posix: str) -> None:
        """Make it the zone of this machine: a TZif file without history takes the place of the file or link."""
        self.check(posix)
        self.forget()
        replace_file(self._path, compiled(posix))

    def saved(self) -> Mapping[str, str]:
        """JSON from which ``restore`` puts back what is there now."""
        with suppress(OSError):
            return {"link": os.readlink(self._path)}
        content = read_bytes(self._path, 1 << 18)
        return {} if content is None else {"content": base64.b64encode(content).decode()}

    def restore(self, saved: Mapping[str, str]) -> None:
        """Put back what was there; MechanismError if it cannot be."""
        self.forget()
        try:
            if "content" in saved:
                replace_file(self._path, base64.b64decode(saved["content"]))
            elif "link" in saved:
                temporary = self._path.with_name(".localtime.link")
                with suppress(FileNotFoundError):
                    temporary.unlink()
                temporary.symlink_to(saved["link"])
                os.replace(temporary, self._path)
            else:
                self._path.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(self._path, error) from error


def compiled(posix: str) -> bytes:
    """A TZif file, version 2, whose footer is the rule (RFC 8536 section 3).

    Its one transition, in 1901, changes nothing: glibc looks at the footer only after the last transition.
    """
    found = POSIX.fullmatch(posix)
    if found is None:
        raise MechanismError(f"{posix!r} is no POSIX time zone", "EINVAL")
    west = 3600 * int(found["hours"]) + 60 * int(found["minutes"] or 0) + int(found["seconds"] or 0)
    seconds = west if found["sign"] == "-" else -west  # POSIX counts west of Greenwich
    name = found["name"].strip("<>").encode() + b"\0"
    head = HEADER.pack(b"TZif", b"2", 0, 0, 0, 1, 1, len(name))
    types = struct.pack(">xiBB", seconds, 0, 0) + name  # the transition is to the first type
    old, new = (head + struct.pack(size, -(2**31)) + types for size in (">i", ">q"))
    return old + new + b"\n" + posix.encode() + b"\n"


def _present(zone: tzinfo, now: datetime) -> str:
    try:
        local = now.astimezone(zone)
        offset, name = local.utcoffset(), local.tzname()
    except ValueError:  # an offset of a day in somebody else's file
        return UTC_STRING
    if not offset:
        return UTC_STRING
    west = -int(offset.total_seconds())
    hours, rest = divmod(abs(west), 3600)
    minutes, seconds = divmod(rest, 60)
    text = f"{'-' if west < 0 else ''}{hours}"
    text += f":{minutes:02d}" if minutes or seconds else ""
    text += f":{seconds:02d}" if seconds else ""
    plain = name if name and name.isascii() and name.isalpha() else "LCL"
    return plain + text
