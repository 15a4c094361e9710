"""PacketCaptureDiagnostics: what passes a link, into a file of bounded size."""

import ctypes
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from backends.diagnostics import pcap
from backends.diagnostics.capture_program import compiled
from backends.diagnostics.capture_words import NoFilter, read
from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.udp_stamps import NANOSECONDS, SO_TIMESTAMPNS

SO_ATTACH_FILTER: Final = 26
PACKET_AUXDATA: Final = 8
SOL_PACKET: Final = 263
AUXILIARY: Final = struct.Struct("=IIIHHHH")
"""struct tpacket_auxdata: status, length on the wire, length kept, two offsets, VLAN's tag and its type."""
HAS_TAG, HAS_TYPE = 1 << 4, 1 << 6
ETH_P_ALL: Final = 3
ETH_P_8021Q: Final = 0x8100
IP_PACKETS: Final = {0x0800, 0x86DD}
LIKE_ETHERNET: Final = {1, 772}
"""Kinds of link whose frames have Ethernet's header: Ethernet itself (Wi-Fi too), and the loopback interface."""
MOST_OCTETS: Final = 4 * 1024 * 1024
STEP: Final = 0.1
TELL_EVERY: Final = 0.5
NAME: Final = "capture.pcap"
BUFFER: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Target:
    """Where the file is sent to; ``url`` "" is nowhere."""

    url: str = ""
    username: str = ""
    password: str = field(default="", repr=False)


Send = Callable[[Path, Target, Callable[[], bool]], None]
"""Sends a file on; raises DiagnosticFailed. Asks what it is given last whether it is cancelled."""
NOWHERE: Final = Target()


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """``duration`` in seconds; of packets and octets 0 is as many as there is room for. The file is written into
    ``directory``, where the last one is forgotten when this one begins.
    """

    link: str
    directory: Path
    duration: int = 10
    packets: int = 0
    octets: int = 0
    filter: str = ""
    target: Target = NOWHERE
    send: Send | None = None


@dataclass(frozen=True, slots=True)
class Captured:
    """One file."""

    file_location: str
    start_time: datetime
    end_time: datetime
    count: int


@dataclass(frozen=True, slots=True)
class CaptureResult:
    """The files; there is one."""

    captures: tuple[Captured, ...]


class _Frame(NamedTuple):
    at: int
    data: bytes
    length: int


class PacketCapture:
    """PacketCaptureDiagnostics."""

    name = "PacketCaptureDiagnostics"

    def run(
        self, request: CaptureRequest, progress: Callable[[Mapping[str, Any]], None], cancelled: Callable[[], bool]
    ) -> CaptureResult:
        """See agent.diagnostics.engine.Diagnostic."""
        if not request.link:
            raise DiagnosticFailed("Error_Other", "no interface was named")
        path = file_in(request.directory)
        start = datetime.now(UTC)
        try:
            request.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            made = _socket(request)
        except OSError as error:
            raise _impossible(request, error) from error
        try:
            with made, _fresh(path) as file:
                said = {"link": request.link, "duration": request.duration, "most": request.packets}
                progress({"file": str(path), **said})
                count, lost = _captured(made, file, request, progress, cancelled)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise _impossible(request, error) from error
        end = datetime.now(UTC)
        location = path.as_uri()
        if request.target.url and request.send is not None and not cancelled():
            progress({"sending": path.stat().st_size})
            request.send(path, request.target, cancelled)
            path.unlink(missing_ok=True)
            location = request.target.url
        result = CaptureResult((Captured(location, start, end, count),))
        if lost:
            why = f"{request.link} went down ({lost}); packets until then: {count}"
            raise DiagnosticFailed("Error_Internal", why, result)
        return result


def file_in(directory: Path) -> Path:
    """Where the last capture lies, if it was not sent on."""
    return directory / NAME


def check_filter(text: str) -> None:
    """Raises NoFilter for what is no filter."""
    try:
        compiled(read(text))
    except NoFilter:
        raise
    except ValueError as error:
        raise NoFilter(str(error)) from error


def _impossible(request: CaptureRequest, error: OSError) -> DiagnosticFailed:
    return DiagnosticFailed("Error_Internal", f"{request.link} cannot be captured: {error.strerror}")


def _fresh(path: Path) -> IO[bytes]:
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), "wb")


def _socket(request: CaptureRequest) -> socket.socket:
    """A packet socket that lets through what is asked for only, from its first packet on."""
    try:
        program = compiled(read(request.filter))
    except ValueError as error:
        raise DiagnosticFailed("Error_Other", f"the filter cannot be used: {error}") from error
    is_ethernet = _kind_of(request.link) in LIKE_ETHERNET
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW if is_ethernet else socket.SOCK_DGRAM, 0)  # nothing yet
    try:
        made.setblocking(False)
        made.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        kept = ctypes.create_string_buffer(program, len(program))
        packed = struct.pack("@HP", len(program) // 8, ctypes.addressof(kept))
        made.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, packed)
        made.bind((request.link, ETH_P_ALL))
    except BaseException:
        made.close()
        raise
    return made


def _kind_of(link: str) -> int:
    """The kind of link (ARPHRD_…); OSError where it is not there."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as made:
        made.bind((link, 0))
        return int(made.getsockname()[3])


def _captured(
    made: socket.socket,
    file: IO[bytes],
    request: CaptureRequest,
    progress: Callable[[Mapping[str, Any]], None],
    cancelled: Callable[[], bool],
) -> tuple[int, str]:
    """Write until it is enough; how many packets, and why no more can come, "" where they can."""
    is_ethernet = made.type == socket.SOCK_RAW
    most = min(request.octets or MOST_OCTETS, MOST_OCTETS)
    size = file.write(pcap.head(pcap.ETHERNET if is_ethernet else pcap.RAW_IP))
    begun = told = time.monotonic()
    until, count, lost = begun + request.duration, 0, ""
    poll = select.poll()
    poll.register(made, select.POLLIN)
    while (now := time.monotonic()) < until and not cancelled():
        if now - told >= TELL_EVERY:
            progress({"seconds": round(now - begun, 3), "packets": count, "bytes": size})
            told = now
        if not poll.poll(min(until - now, STEP) * 1000):
            continue
        try:
            frame = _next(made, is_ethernet)
        except OSError as error:
            lost = error.strerror or str(error)
            break
        if frame is None:
            continue
        record = pcap.record(frame.at, frame.data, frame.length)
        if size + len(record) > most:
            break
        size += file.write(record)
        count += 1
        if count == request.packets:
            break
    progress({"seconds": round(time.monotonic() - begun, 3), "packets": count, "bytes": size})
    return count, lost


def _next(made: socket.socket, is_ethernet: bool) -> _Frame | None:
    try:
        data, ancillary, _, sender = made.recvmsg(pcap.LONGEST_PACKET, 256)
    except BlockingIOError:
        return None
    if not is_ethernet and sender[1] not in IP_PACKETS:
        return None
    at, length = 0, len(data)
    for level, kind, value in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, rest = NANOSECONDS.unpack(value[: NANOSECONDS.size])
            at = seconds * 1_000_000_000 + rest
        elif (level, kind) == (SOL_PACKET, PACKET_AUXDATA) and len(value) >= AUXILIARY.size:
            status, length, _, _, _, tag, tag_type = AUXILIARY.unpack_from(value)
            if is_ethernet and status & HAS_TAG:  # the kernel has taken it out
                said = struct.pack("!HH", tag_type if status & HAS_TYPE else ETH_P_8021Q, tag)
                data, length = data[:12] + said + data[12:], length + len(said)
    return _Frame(at or time.time_ns(), data, length)
