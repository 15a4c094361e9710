"""Sends router advertisements (RFC 4861 §6.2): a program of its own; the LAN keeps its router without the agent.

Its one file says what is advertised on which link; SIGHUP lets it be read again, SIGTERM ends with a last word. The
prefixes are those of the links' addresses at each moment: one that comes or goes is told at once (RFC 7084 L-13), as
far as RFC 4861 lets it. Only the standard library: it stays small.
"""

import fcntl
import json
import random
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from backends.lan import program
from backends.lan.advertisement import Advertisement, Prefix, domain_names, message

ALL_NODES, ALL_ROUTERS = "ff02::1", "ff02::2"
HOP_LIMIT: Final = 255
ROUTER_SOLICITATION: Final = 133
INITIAL_COUNT, INITIAL_INTERVAL = 3, 16.0
MIN_DELAY, MAX_RESPONSE_DELAY = 3.0, 0.5
"""RFC 4861 §10: between two multicast advertisements; before an answer to a solicitation."""
RETRY: Final = 1.0
FOR_EVER: Final = 0xFFFFFFFF
VALID, PREFERRED = 2_592_000, 604_800
"""AdvValidLifetime and AdvPreferredLifetime of an address that lives for ever (RFC 4861 §6.2.1)."""
LAST_HOURS: Final = 7200
"""How long a prefix that is gone is still told as deprecated (RFC 7084 L-13)."""
ICMP6_FILTER, IPV6_RECVPKTINFO, IPV6_PKTINFO, IPV6_RECVHOPLIMIT, IPV6_HOPLIMIT = 1, 49, 50, 51, 52
SIOCGIFHWADDR: Final = 0x8927
RTM_NEWADDR, RTM_GETADDR, NLM_F_REQUEST_DUMP, NLMSG_DONE = 20, 22, 0x301, 3
RTMGRP_IPV6_IFADDR: Final = 0x100
IFA_ADDRESS, IFA_CACHEINFO, IFA_FLAGS = 1, 6, 8
UNFIT: Final = 0x01 | 0x08 | 0x40
"""IFA_F_TEMPORARY, _DADFAILED and _TENTATIVE: addresses that say nothing of the link's prefixes."""
DEPRECATED: Final = 0x20


@dataclass
class Speaker:
    """One link: what is told there, and when next."""

    told: Advertisement
    shortest: float
    longest: float
    due: float
    left_initially: int = INITIAL_COUNT
    last: float = float("-inf")
    index: int = 0
    prefixes: Mapping[bytes, Prefix] = None  # type: ignore[assignment]
    gone: dict[bytes, tuple[Prefix, float]] = None  # type: ignore[assignment]


def read(text: str, now: float) -> dict[str, Speaker]:
    """The speakers that a file asks for, by link."""
    return {name: _speaker(told, now) for name, told in json.loads(text).items()}


def _speaker(told: Mapping[str, Any], now: float) -> Speaker:
    said = Advertisement(
        lifetime=told["lifetime"],
        flags=told["flags"],
        hop_limit=told["hop_limit"],
        reachable_time=told["reachable_time"],
        retrans_timer=told["retrans_timer"],
        mtu=told["mtu"],
        rdnss=tuple(socket.inet_pton(socket.AF_INET6, one) for one in told["rdnss"]),
        rdnss_lifetime=told["rdnss_lifetime"],
        dnssl=domain_names(told["dnssl"]),
        dnssl_lifetime=told["dnssl_lifetime"],
        options=tuple((kind, bytes.fromhex(value)) for kind, value in told["options"]),
    )
    return Speaker(said, told["shortest"], told["longest"], due=now, prefixes={}, gone={})


def next_due(speaker: Speaker, now: float, chance: float) -> float:
    """When to speak again unasked; ``chance`` from 0 to 1. Thrice at least while what was told is preferred."""
    pause = speaker.shortest + chance * (speaker.longest - speaker.shortest)
    lasts = min((one.preferred for one in speaker.prefixes.values() if one.preferred > 0), default=FOR_EVER)
    pause = min(pause, max(lasts / 3, MIN_DELAY))
    return now + (min(pause, INITIAL_INTERVAL) if speaker.left_initially > 0 else pause)


def answer_due(speaker: Speaker, now: float, chance: float) -> float:
    """When to speak next after somebody asked."""
    return min(speaker.due, max(now + chance * MAX_RESPONSE_DELAY, speaker.last + MIN_DELAY))


def with_gone(speaker: Speaker, there: Mapping[bytes, Prefix], now: float) -> list[Prefix]:
    """The prefixes to tell: those that are there, and, as deprecated, those that were until lately."""
    for network, prefix in speaker.prefixes.items():
        if network not in there:
            speaker.gone.setdefault(network, (prefix, now + min(prefix.valid, LAST_HOURS)))
    speaker.prefixes = there
    speaker.gone = {key: one for key, one in speaker.gone.items() if key not in there and one[1] > now}
    ending = [replace(prefix, preferred=0, valid=int(ends - now)) for prefix, ends in speaker.gone.values()]
    return [*there.values(), *ending]


def has_news(speaker: Speaker, there: Mapping[bytes, Prefix]) -> bool:
    """Whether hosts would use other prefixes, if they knew: one came, or went, or is no longer or again preferred."""
    return {key: one.preferred > 0 for key, one in there.items()} != {
        key: one.preferred > 0 for key, one in speaker.prefixes.items()
    }


class Advertiser:
    """The sockets and the speakers."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._speakers: dict[str, Speaker] = {}
        self._socket = _open_socket()
        self._addresses = _watch_addresses()
        self._stopping = False

    def reload(self) -> None:
        """Read the file again. A link that is not in it any more hears a last word."""
        speakers = read(self._path.read_text(), time.monotonic())
        for name, before in self._speakers.items():
            if name not in speakers:
                self._say(name, replace(before.told, lifetime=0), before)
            else:
                speakers[name].prefixes, speakers[name].gone = before.prefixes, before.gone
                speakers[name].index, speakers[name].last = before.index, before.last
                speakers[name].due = max(speakers[name].due, before.last + MIN_DELAY)
        self._speakers = speakers

    def run(self, wake: socket.socket) -> None:
        """Speak until told to stop; ``wake`` has a byte for each signal."""
        while not self._stopping:
            now = time.monotonic()
            for name, speaker in self._speakers.items():
                if speaker.due <= now:
                    self._speak(name, speaker, now)
            due = min((speaker.due for speaker in self._speakers.values()), default=now + 3600)
            heard = [self._socket, self._addresses, wake]
            ready, _, _ = select.select(heard, [], [], max(due - time.monotonic(), 0.0))
            if wake in ready:
                self._signals(wake.recv(64))
            if self._socket in ready:
                self._hear()
            if self._addresses in ready:
                self._look()
        for name, speaker in self._speakers.items():
            self._say(name, replace(speaker.told, lifetime=0), speaker)

    def _signals(self, numbers: bytes) -> None:
        if signal.SIGTERM in numbers:
            self._stopping = True
        elif signal.SIGHUP in numbers:
            self.reload()

    def _speak(self, name: str, speaker: Speaker, now: float) -> None:
        if not self._say(name, speaker.told, speaker):
            speaker.due = now + RETRY  # no such link at the moment, or it has no address yet
            return
        speaker.last = now
        speaker.left_initially -= 1
        speaker.due = next_due(speaker, now, random.random())  # noqa: S311 - no secret: it spreads load

    def _hear(self) -> None:
        _, ancillary, _, _ = self._socket.recvmsg(1500, 256)
        told = {kind: data for level, kind, data in ancillary if level == socket.IPPROTO_IPV6}
        index = struct.unpack_from("=I", told.get(IPV6_PKTINFO, b"\0" * 20), 16)[0]
        hops = struct.unpack("=i", told.get(IPV6_HOPLIMIT, b"\0" * 4))[0]
        if hops != HOP_LIMIT:
            return  # RFC 4861 §6.1.1: it came from beyond the link
        for speaker in self._speakers.values():
            if speaker.index == index:
                speaker.due = answer_due(speaker, time.monotonic(), random.random())  # noqa: S311

    def _look(self) -> None:
        """Addresses changed: whoever has news of it speaks soon."""
        try:
            while self._addresses.recv(65536):
                pass
        except OSError:  # all is read, or the kernel had to drop some: what there is now is asked anyway
            pass
        now = time.monotonic()
        for speaker in self._speakers.values():
            if speaker.index and has_news(speaker, dict(prefixes_on(speaker.index))):
                speaker.due = answer_due(speaker, now, random.random())  # noqa: S311

    def _say(self, name: str, told: Advertisement, speaker: Speaker) -> bool:
        try:
            index = socket.if_nametoindex(name)
            if index != speaker.index:
                group = socket.inet_pton(socket.AF_INET6, ALL_ROUTERS) + struct.pack("=I", index)
                self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
                speaker.index = index
            prefixes = with_gone(speaker, dict(prefixes_on(index)), time.monotonic())
            self._socket.sendto(message(told, self._mac(name), prefixes), (ALL_NODES, 0, 0, index))
        except OSError:
            return False
        return True

    def _mac(self, name: str) -> bytes:
        answer = fcntl.ioctl(self._socket, SIOCGIFHWADDR, struct.pack("16s24x", name.encode()))
        kind, mac = struct.unpack_from("=H6s", answer, 16)
        return mac if kind == 1 else b""


def prefixes_on(index: int) -> Iterator[tuple[bytes, Prefix]]:
    """The prefixes of a link's addresses, with what is left of their lives (rtnetlink(7))."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) as asked:
        asked.settimeout(1)
        asked.send(struct.pack("=IHHIIBBBBI", 24, RTM_GETADDR, NLM_F_REQUEST_DUMP, 1, 0, socket.AF_INET6, 0, 0, 0, 0))
        while True:
            received = asked.recv(65536)
            while len(received) >= 16:
                length, kind = struct.unpack_from("=IH", received)
                if kind != RTM_NEWADDR:
                    return
                prefix = _prefix(received[16:length], index)
                if prefix is not None:
                    yield prefix.address[: prefix.length // 8] + bytes([prefix.length]), prefix
                received = received[(length + 3) & ~3 :]


def _prefix(answer: bytes, wanted: int) -> Prefix | None:
    _, length, short_flags, scope, index = struct.unpack_from("=BBBBI", answer)
    attributes = dict(_attributes(answer[8:]))
    flags = struct.unpack("=I", attributes[IFA_FLAGS])[0] if IFA_FLAGS in attributes else short_flags
    if index != wanted or scope != 0 or length >= 128 or flags & UNFIT or IFA_ADDRESS not in attributes:
        return None
    preferred, valid = FOR_EVER, FOR_EVER
    if IFA_CACHEINFO in attributes:
        preferred, valid = struct.unpack_from("=II", attributes[IFA_CACHEINFO])
    preferred = 0 if flags & DEPRECATED else min(preferred, PREFERRED)
    return Prefix(attributes[IFA_ADDRESS], length, preferred, min(valid, VALID))


def _attributes(rest: bytes) -> Iterator[tuple[int, bytes]]:
    while len(rest) >= 4:
        length, kind = struct.unpack_from("=HH", rest)
        yield kind, rest[4:length]
        rest = rest[(max(length, 4) + 3) & ~3 :]


def _watch_addresses() -> socket.socket:
    watch = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
    watch.bind((0, RTMGRP_IPV6_IFADDR))
    watch.setblocking(False)
    return watch


def _open_socket() -> socket.socket:
    made = socket.socket(socket.AF_INET6, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.IPPROTO_ICMPV6)
    hears = bytearray(b"\xff" * 32)  # a set bit blocks (RFC 3542 §3.2); words are the machine's
    word, bit = divmod(ROUTER_SOLICITATION, 32)
    struct.pack_into("=I", hears, word * 4, 0xFFFFFFFF & ~(1 << bit))
    made.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, bytes(hears))
    for number, value in (
        (socket.IPV6_MULTICAST_HOPS, HOP_LIMIT),
        (socket.IPV6_UNICAST_HOPS, HOP_LIMIT),
        (socket.IPV6_MULTICAST_LOOP, 0),
        (IPV6_RECVPKTINFO, 1),
        (IPV6_RECVHOPLIMIT, 1),
    ):
        made.setsockopt(socket.IPPROTO_IPV6, number, value)
    return made


def main(arguments: list[str]) -> None:
    """Advertise by the file that is named first; the second is made once it does."""
    program.run(Advertiser, arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
