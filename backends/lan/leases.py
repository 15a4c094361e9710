"""The lease file of dnsmasq: who has which address until when; read as often as asked, parsed when it changed."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from backends.files import read_bytes

NOTHING: Final = "*"
ETHERNET: Final = 6
MOST_LEASES: Final = 4096
LARGEST_FILE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Lease:
    """One lease. ``expires`` in seconds since 1970, 0 never; ``mac`` "" for IPv6, ``client`` the client identifier or
    the DUID, in hexadecimal digits; ``iaid`` only IPv6's. ``given`` is not before it was given or renewed: when the
    file was written that said so first, as far as was seen.
    """

    family: int
    address: str
    expires: int
    mac: str = ""
    host_name: str = ""
    client: str = ""
    iaid: int = 0
    given: int = 0


class LeaseFile:
    """The leases of a file as they are now. ``forget`` lets the next question look at the file again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, int, int] | None = None
        self._is_fresh = False
        self._leases: tuple[Lease, ...] = ()

    def forget(self) -> None:
        """What was read may be old."""
        self._is_fresh = False

    def leases(self) -> Sequence[Lease]:
        """All leases, () where there is no file. The same object as long as the file is the same."""
        if not self._is_fresh:
            self._is_fresh = True
            stamp = self._stamp_now()
            if stamp != self._stamp:
                self._leases = self._dated(self._read(), stamp[0] // 1_000_000_000 if stamp else 0)
                self._stamp = stamp
        return self._leases

    def _dated(self, leases: tuple[Lease, ...], written: int) -> tuple[Lease, ...]:
        known = {(one.address, one.expires, one.client): one.given for one in self._leases}
        return tuple(replace(one, given=known.get((one.address, one.expires, one.client), written)) for one in leases)

    def _read(self) -> tuple[Lease, ...]:
        """dnsmasq writes the file in place: one that is being written ends within a line, and is read once more."""
        content = b""
        for _ in range(3):
            content = read_bytes(self.path, LARGEST_FILE) or b""
            if content.endswith(b"\n"):
                break
        return tuple(parse_leases(content.decode("utf-8", "replace")))

    def _stamp_now(self) -> tuple[int, int, int] | None:
        with suppress(OSError):
            found = self.path.stat()
            return found.st_mtime_ns, found.st_size, found.st_ino
        return None


def parse_leases(text: str) -> Iterator[Lease]:
    """The leases of a lease file; lines that are none are left out, as is the server's own DUID."""
    for line in text.splitlines()[:MOST_LEASES]:
        words = line.split(" ")
        if len(words) != 5 or not words[0].isdigit():
            continue
        expires, second, address, name, client = words
        with suppress(ValueError):
            family = ip_address(address).version
            host_name = "" if name == NOTHING else name
            known = "" if client == NOTHING else _hex(client)
            if family == 4:
                yield Lease(4, address, int(expires), _mac(second), host_name, known)
            else:
                yield Lease(6, address, int(expires), _mac_of_duid(known), host_name, known, int(second.lstrip("T")))


def _hex(text: str) -> str:
    return bytes.fromhex(text.replace(":", "")).hex()


def _mac(text: str) -> str:
    """The hardware address; of another kind than Ethernet ("20-00:…") there is no MAC address to tell."""
    address = bytes.fromhex(text.replace(":", "")) if "-" not in text else b""
    return address.hex(":") if len(address) == ETHERNET else ""


def _mac_of_duid(duid: str) -> str:
    """The MAC address in a DUID that was made of one (RFC 8415 §11.2 and §11.4, hardware type 1); else ""."""
    for beginning, length in (("00010001", 28), ("00030001", 20)):
        if duid.startswith(beginning) and len(duid) == length:
            return bytes.fromhex(duid[-12:]).hex(":")
    return ""
