"""The OLT's side of the lab ONU: what it provisions, as the frames that an OLT sends. No I/O."""

import struct
from collections.abc import Iterator
from typing import Final

from agent.lab import onu_frames as omci
from agent.lab.onu_classes import NULL
from agent.lab.onu_frames import Message
from agent.lab.onu_mib import ADDRESS, ANI, METHOD, PM, SERVER, STRING, VEIP_INSTANCE

PART: Final = 25
URL_STRING, SECURITY, NETWORK = 0x0000, 0x0000, 0x8000
"""Instances that the OLT gives: strings from 0 up, addresses from 0x8000 up."""
SCHEMES: Final = {"off": 0, "digest": 1, "basic": 3}


class TooLong(Exception):
    """A text has no room in an entity."""


class Olt:
    """Makes commands; each has a transaction of its own."""

    def __init__(self) -> None:
        """Low priority, from 1 on."""
        self._tci = 0

    def _command(self, kind: int, number: int, instance: int, body: bytes = b"") -> Message:
        self._tci = self._tci % 0x7FF + 1
        return Message(self._tci, kind, number, instance, body, 0x40)

    def _set(self, number: int, instance: int, mask: int, values: bytes) -> Message:
        return self._command(omci.SET, number, instance, struct.pack(">H", mask) + values)

    def provision(
        self, url: str, user: str = "", password: str = "", realm: str = "", scheme: str = "digest", tag: int = NULL
    ) -> Iterator[Message]:
        """The way to an ACS: a string, who logs in, the address of both; last the server, unlocked. Raises TooLong."""
        octets = url.encode()
        if not octets or len(octets) > 15 * PART:
            raise TooLong(f"a URL has 1 to {15 * PART} octets")
        if max(len(user.encode()) / 2, len(password.encode()), len(realm.encode())) > PART:
            raise TooLong("a user has 50 octets at most, a password and a realm have 25")
        yield from self.withdraw()
        parts = [octets[at : at + PART].ljust(PART, b"\0") for at in range(0, len(octets), PART)]
        yield self._command(omci.CREATE, STRING, URL_STRING)
        yield self._set(STRING, URL_STRING, 0x8000, bytes([len(parts)]))
        for at, part in enumerate(parts):
            yield self._set(STRING, URL_STRING, 0x4000 >> at, part)
        security = NULL
        if user:
            security = SECURITY
            yield self._command(omci.CREATE, METHOD, SECURITY)
            first, second = user.encode()[:PART], user.encode()[PART:]
            for mask, value in (
                (0x4000, first),
                (0x2000, password.encode()),
                (0x1000, realm.encode()),
                (0x0800, second),
            ):
                yield self._set(METHOD, SECURITY, mask, value.ljust(PART, b"\0"))
            yield self._set(METHOD, SECURITY, 0x8000, bytes([SCHEMES[scheme]]))
        yield self._command(omci.CREATE, ADDRESS, NETWORK, struct.pack(">HH", security, URL_STRING))
        yield self._set(SERVER, VEIP_INSTANCE, 0x6000, struct.pack(">HH", NETWORK, tag))
        yield self.lock(is_locked=False)

    def withdraw(self) -> Iterator[Message]:
        """The server locked and pointing nowhere, and what it pointed to gone (or not there: that is refused)."""
        yield self._set(SERVER, VEIP_INSTANCE, 0xE000, struct.pack(">BHH", 1, NULL, NULL))
        for number, instance in ((ADDRESS, NETWORK), (METHOD, SECURITY), (STRING, URL_STRING)):
            yield self._command(omci.DELETE, number, instance)

    def lock(self, *, is_locked: bool) -> Message:
        """The server's administrative state."""
        return self._set(SERVER, VEIP_INSTANCE, 0x8000, bytes([is_locked]))

    def reset(self) -> Message:
        """MIB reset."""
        return self._command(omci.RESET, 2, 0)

    def reboot(self) -> Message:
        """Reboot."""
        return self._command(omci.REBOOT, 256, 0)

    def service(self) -> Iterator[Message]:
        """A T-CONT with a GEM port, what counts on them, and a VLAN rule: a table."""
        yield self._set(262, 0x8000, 0x8000, struct.pack(">H", 1045))
        gem = struct.pack(">HHBHHHHB", 1087, 0x8000, 3, 0, NULL, 0, NULL, 0)
        yield self._command(omci.CREATE, 268, 0x0001, gem)
        for number in PM:
            yield self._command(omci.CREATE, number, 0x0001 if number == 341 else ANI, struct.pack(">H", NULL))
        yield self._command(omci.CREATE, 171, 0x0101, struct.pack(">BH", 2, 0x0101))
        for vlan in (100, 200, 300):
            row = struct.pack(">IIII", 0xF8000000, 8 << 28 | vlan << 15, 1 << 30 | 0x000F0000, 8 << 16 | vlan << 3 | 2)
            yield self._set(171, 0x0101, 0x0400, row)
