"""The lab ONU's line: a pty as slow as a real one, that can be unplugged, stalled and spoilt. The lab's own."""

import errno
import os
import pty
import random
import tty
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

SPOILS: Final = ("cut", "merge", "duplicate", "corrupt", "noise", "drop")
BITS: Final = 10
"""On a line of 8N1, for each octet."""
_AT_ONCE: Final = 65536
_DEVICES: Final = "/dev/pts/"


class PtyLine:
    """A pty whose far end a CPE opens. ``link``: a path that leads to it, also after it was unplugged and is back."""

    def __init__(self, link: Path | None = None, baud: int = 0) -> None:
        """``baud``: octets come and go no faster than on such a line; 0: at once."""
        self.link = link
        self.device = ""
        self.descriptor = -1
        self._slave = -1
        self._octet = BITS / baud if baud else 0.0
        self._going: deque[tuple[float, bytes]] = deque()
        self._coming: deque[tuple[float, bytes]] = deque()
        self._free = {"out": 0.0, "in": 0.0}
        self._stalled_until = 0.0
        self._spoil = ""
        self._left = 0
        self._held = b""
        self._chance = random.Random(7)  # noqa: S311 - noise, no secret

    def plug(self) -> None:
        """A new device; the link leads to it. Raises OSError where something else stands there, and makes none then."""
        if self.link:
            _clear(self.link)
        self.descriptor, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self.descriptor, False)
        self.device = os.ttyname(self._slave)
        if self.link:
            try:
                self.link.symlink_to(self.device)
            except OSError:
                self.unplug()
                raise

    def unplug(self) -> None:
        """The device is gone: whoever has it open gets EIO. A link that leads elsewhere by now stays."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            os.close(self._slave)
            if self.link and _leads_to(self.link) == self.device:
                self.link.unlink(missing_ok=True)
        self.descriptor = self._slave = -1
        self._going.clear()
        self._coming.clear()

    def stall(self, until: float) -> None:
        """Nothing is sent until then; what is to be sent waits."""
        self._stalled_until = until

    def spoil(self, how: str, count: int) -> None:
        """One of SPOILS, for the next frames. Raises ValueError."""
        if how not in SPOILS:
            raise ValueError(f"the line can be spoilt by {', '.join(SPOILS)}")
        self._spoil, self._left = how, count

    def read(self, now: float) -> None:
        """Take what was written to the device; it counts as heard when a line would have carried it."""
        with suppress(OSError):
            octets = os.read(self.descriptor, _AT_ONCE)
            self._coming.append((self._until("in", now, len(octets)), octets))

    def heard(self, now: float) -> Iterator[bytes]:
        """What has come by now."""
        while self._coming and self._coming[0][0] <= now:
            yield self._coming.popleft()[1]

    def send(self, octets: bytes, now: float) -> None:
        """Send a frame, or a text: whole, when its last octet would have arrived."""
        for part in self._spoilt(octets):
            for at in range(0, len(part), 64):
                piece = part[at : at + 64]
                self._going.append((self._until("out", now, len(piece)), piece))

    def flush(self, now: float) -> None:
        """Write what is due. What nobody reads is lost, as on a real line."""
        while self._going and max(self._going[0][0], self._stalled_until) <= now:
            _, octets = self._going.popleft()
            with suppress(OSError):
                os.write(self.descriptor, octets)

    def due(self, now: float) -> float | None:
        """Seconds until something is due; None: nothing waits."""
        times = [self._coming[0][0]] if self._coming else []
        if self._going:
            times.append(max(self._going[0][0], self._stalled_until))
        return max(min(times) - now, 0.0) if times else None

    def _until(self, way: str, now: float, octets: int) -> float:
        self._free[way] = max(self._free[way], now) + octets * self._octet
        return self._free[way]

    def _spoilt(self, octets: bytes) -> Iterator[bytes]:
        if self._held:
            octets, self._held = self._held + octets, b""
        if self._left <= 0 or not octets:
            yield octets
            return
        self._left -= 1
        how: Callable[[bytes], list[bytes]] = getattr(self, f"_{self._spoil}")
        yield from how(octets)

    def _cut(self, octets: bytes) -> list[bytes]:
        return [octets[: self._chance.randrange(len(octets))]]

    def _merge(self, octets: bytes) -> list[bytes]:
        self._held = octets
        return []

    def _duplicate(self, octets: bytes) -> list[bytes]:
        return [octets, octets]

    def _corrupt(self, octets: bytes) -> list[bytes]:
        at = self._chance.randrange(len(octets))
        return [octets[:at] + bytes([octets[at] ^ 1 << self._chance.randrange(8)]) + octets[at + 1 :]]

    def _noise(self, octets: bytes) -> list[bytes]:
        return [self._chance.randbytes(self._chance.randrange(1, 64)), octets]

    def _drop(self, _: bytes) -> list[bytes]:
        return []


def _clear(link: Path) -> None:
    """Take away the link that another device left; what could be of use to somebody stays. Raises FileExistsError."""
    leads_to = _leads_to(link)
    if leads_to is None:
        if link.exists():
            kind = "a directory" if link.is_dir() else "a file" if link.is_file() else "a device, or a socket,"
            raise FileExistsError(errno.EEXIST, f"{kind} is there, and is left alone")
    elif link.exists() and not leads_to.startswith(_DEVICES):
        raise FileExistsError(errno.EEXIST, f"a link to {leads_to} is there, and is left alone")
    else:
        link.unlink(missing_ok=True)


def _leads_to(link: Path) -> str | None:
    """None: it is no link."""
    try:
        return str(link.readlink())
    except OSError:
        return None
