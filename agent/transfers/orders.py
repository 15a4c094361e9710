"""What is to be moved: orders, and what came of moving them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

LONGEST_URL: Final = 256  # cwmp-1-0.xsd, Download
LONGEST_TEXT: Final = 256
"""Characters of user name, password and target file name (cwmp-1-0.xsd)."""
LONGEST_TYPE: Final = 64
LARGEST: Final = 1 << 30
"""Bytes of a file, where its destination does not say less."""


@dataclass(frozen=True, slots=True)
class FileOrder:
    """A file to fetch or to send; sizes in bytes, 0 unknown. ``target_file_name`` is a remark of the ACS's, no path."""

    url: str
    username: str
    password: str = field(repr=False)
    file_type: str
    file_size: int
    target_file_name: str
    is_upload: bool
    command_key: str
    id: str = ""
    """The number of the transfer, as long as it is in the queue; "" outside of it."""
    largest: int = LARGEST
    """Bytes that whoever takes the file would take at most."""
    is_of_person: bool = False
    """Whether somebody here has asked for it; told to whoever takes the file."""


@dataclass(frozen=True, slots=True)
class Received:
    """A file that arrived as a whole; ``sha256`` in hexadecimal digits, times in UTC."""

    path: Path
    size: int
    sha256: str
    start: datetime
    complete: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that the server took; times in UTC."""

    size: int
    start: datetime
    complete: datetime


@dataclass(frozen=True, slots=True)
class Stream:
    """What is sent without being a file: ``size`` bytes in the pieces of ``pieces()``, which may be asked again."""

    size: int
    pieces: Callable[[], Iterator[bytes]]


Readable = Path | Stream
