"""How OMCI frames stand on a line of octets: hdlc, slip, hexline, raw48. Pure; each finds its way back after noise."""

from collections.abc import Callable
from typing import Final, Protocol

from backends.omci import hex_text
from backends.omci.frames import BASELINE, LENGTH_FIELD
from backends.omci.trailers import RESIDUE, register

MOST: Final = 2 * 1980 + 64
"""Octets that are kept of what may become a frame: the longest, all of it escaped."""
NEEDS_CRC: Final = ("slip", "raw48")
"""Codecs without a check of their own: a trailer has to tell noise from frames."""


class Codec(Protocol):
    """One direction of a line each way. It keeps MOST octets at most.

    ``is_checked``: whether it tells frames from noise by itself; else their trailer has to.
    """

    is_checked: bool

    def wrapped(self, frame: bytes) -> bytes:
        """The octets that carry a frame."""
        ...

    def feed(self, octets: bytes) -> list[bytes]:
        """The frames that end in these octets, which follow those of before."""
        ...


def _fcs_step(octet: int) -> int:
    for _ in range(8):
        octet = octet >> 1 ^ 0x8408 * (octet & 1)
    return octet


_FCS: Final = tuple(map(_fcs_step, range(256)))
_FCS_GOOD: Final = 0xF0B8


def fcs16(octets: bytes) -> int:
    """The register of RFC 1662's frame check; over a frame and its check it is 0xF0B8."""
    value = 0xFFFF
    for octet in octets:
        value = value >> 8 ^ _FCS[(value ^ octet) & 0xFF]
    return value


class Hdlc:
    """RFC 1662's octet stuffing: flags, escapes and a check of 16 bits around the frame alone."""

    is_checked = True
    FLAG: Final = 0x7E
    ESCAPE: Final = 0x7D

    def __init__(self) -> None:
        """Nothing was heard."""
        self._kept = bytearray()

    def wrapped(self, frame: bytes) -> bytes:
        """A flag, the frame and its check with what has to be escaped escaped, a flag."""
        checked = frame + (fcs16(frame) ^ 0xFFFF).to_bytes(2, "little")
        return _stuffed(checked, self.FLAG, self.ESCAPE, {self.FLAG: 0x5E, self.ESCAPE: 0x5D})

    def feed(self, octets: bytes) -> list[bytes]:
        """A frame ends at a flag, whose octet also begins the next; one that was aborted (7d 7e) is none."""
        return [
            plain[:-2]
            for piece in _pieces(self._kept, octets, self.FLAG)
            if (plain := self._plain(piece)) and len(plain) > 2 and fcs16(plain) == _FCS_GOOD
        ]

    def _plain(self, piece: bytes) -> bytes:
        if self.ESCAPE not in piece:
            return piece
        head, *escaped = piece.split(bytes([self.ESCAPE]))
        if not all(escaped):
            return b""
        return head + b"".join(bytes([part[0] ^ 0x20]) + part[1:] for part in escaped)


class Slip:
    """RFC 1055: END between frames. It has no check."""

    is_checked = False
    END: Final = 0xC0
    ESCAPE: Final = 0xDB
    _ESCAPED: Final = {END: 0xDC, ESCAPE: 0xDD}

    def __init__(self) -> None:
        """Nothing was heard."""
        self._kept = bytearray()

    def wrapped(self, frame: bytes) -> bytes:
        """END before the frame as well: it ends whatever noise stood before."""
        return _stuffed(frame, self.END, self.ESCAPE, self._ESCAPED)

    def feed(self, octets: bytes) -> list[bytes]:
        """What stands between two ENDs, unless an escape in it is none."""
        return [plain for piece in _pieces(self._kept, octets, self.END) if (plain := self._plain(piece))]

    def _plain(self, piece: bytes) -> bytes:
        head, *escaped = piece.split(bytes([self.ESCAPE]))
        meant = {escape: octet for octet, escape in self._ESCAPED.items()}
        if not all(part and part[0] in meant for part in escaped):
            return b""
        return head + b"".join(bytes([meant[part[0]]]) + part[1:] for part in escaped)


class HexLine:
    """A frame a line, as hexadecimal digits, whatever stands before them: logs are read as well, and dumps in rows."""

    is_checked = False

    def __init__(self) -> None:
        """Nothing was heard."""
        self._kept = bytearray()
        self._log = hex_text.Log()

    def wrapped(self, frame: bytes) -> bytes:
        """The digits and a line end."""
        return frame.hex().encode("ascii") + b"\n"

    def feed(self, octets: bytes) -> list[bytes]:
        """What looks like a frame in each line that ended; CR, LF or both end one."""
        pieces = _pieces(self._kept, octets.replace(b"\r", b"\n"), 0x0A)
        return [frame for piece in pieces for frame in self._log.line(piece.decode("ascii", "replace"))]


class Raw48:
    """Baseline frames of 48 octets one after the other: known by device, length field and CRC."""

    is_checked = False
    SIZE: Final = 48

    def __init__(self, accepts: Callable[[bytes], bool] = lambda frame: register(frame) == RESIDUE) -> None:
        """``accepts``: what says of 48 octets that they are a frame."""
        self._kept = bytearray()
        self._accepts = accepts

    def wrapped(self, frame: bytes) -> bytes:
        """The frame; raises ValueError for one that is not 48 octets of baseline."""
        if len(frame) != self.SIZE or frame[3] != BASELINE:
            raise ValueError("this line carries baseline frames of 48 octets only")
        return frame

    def feed(self, octets: bytes) -> list[bytes]:
        """The next frame begins right behind one; after noise, at the next octet that can begin one."""
        found = []
        kept = self._kept
        kept += octets
        at = 0
        while len(kept) - at >= self.SIZE:
            if kept[at + 3] == BASELINE and kept[at + 40 : at + 44] == LENGTH_FIELD:
                frame = bytes(kept[at : at + self.SIZE])
                if self._accepts(frame):
                    found.append(frame)
                    at += self.SIZE
                    continue
            mark = kept.find(BASELINE, at + 4)
            at = mark - 3 if mark >= 0 else len(kept) - 3
        del kept[:at]
        return found


CODECS: Final[dict[str, Callable[[], Codec]]] = {"hdlc": Hdlc, "slip": Slip, "hexline": HexLine, "raw48": Raw48}


def _stuffed(octets: bytes, end: int, escape: int, escaped: dict[int, int]) -> bytes:
    out = bytearray([end])
    for octet in octets:
        if octet in escaped:
            out += bytes([escape, escaped[octet]])
        else:
            out.append(octet)
    out.append(end)
    return bytes(out)


def _pieces(kept: bytearray, octets: bytes, end: int) -> list[bytes]:
    """What ended, without empty ones; the beginning of the next stays in ``kept``.

    One that grew longer than a frame is cut to a length that no frame has, and is no piece when it ends.
    """
    *ended, begun = (bytes(kept) + octets).split(bytes([end]))
    kept[:] = begun[: MOST + 1]
    return [piece for piece in ended if piece and len(piece) <= MOST]
