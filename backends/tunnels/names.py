"""Addresses of hosts that tunnels are made to by name, looked up in a thread of their own and kept."""

import ipaddress
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

TOPIC: Final = "tunnel"
LOOK, AGAIN = 1.0, 60.0
"""Seconds after which the watch looks for new names, and asks again for those that it has."""
FAMILIES: Final = {0: socket.AF_UNSPEC, 4: socket.AF_INET, 6: socket.AF_INET6}
LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
LONGEST_NAME: Final = 253

Question = tuple[str, int]
"""A name, and the IP version that its address is to be of; 0: any."""


def version_of(text: str) -> int | None:
    """The IP version of an address, None for what is none; one with a zone is none."""
    try:
        return ipaddress.ip_address(text).version if "%" not in text else None
    except ValueError:
        return None


def is_name(text: str) -> bool:
    """Whether a text can be a host's name: no address, and not one that is nearly one."""
    labels = text.removesuffix(".").split(".")
    return len(text) <= LONGEST_NAME and all(map(LABEL.fullmatch, labels)) and not labels[-1].isdecimal()


def name_in_packet(content: bytes) -> str:
    """A name as DHCPv6 and DNS have it (RFC 1035 3.1, uncompressed); "" for what cannot be one."""
    labels = []
    while content and content[0]:
        labels.append(content[1 : 1 + content[0]].decode("ascii", "replace"))
        content = content[1 + content[0] :]
    name = ".".join(labels)
    return name if is_name(name) else ""


class ResolvedNames:
    """``resolve`` is as socket.getaddrinfo. What was found stays when the name servers cannot be reached."""

    def __init__(self, resolve: Callable[..., Sequence[Any]] = socket.getaddrinfo) -> None:
        self._resolve = resolve
        self._wanted: frozenset[Question] = frozenset()
        self._found: dict[Question, str] = {}

    def want(self, questions: Iterable[Question]) -> None:
        """These are looked up from now on, no others."""
        self._wanted = frozenset(one for one in questions if is_name(one[0]))

    def address(self, host: str, version: int = 0) -> str | None:
        """The address of a host; one that is an address is itself. None: not of that version, or not known yet."""
        literal = version_of(host)
        if literal is not None:
            return str(ipaddress.ip_address(host)) if version in (0, literal) else None
        return self._found.get((host, version))

    def look_up(self, questions: Iterable[Question]) -> bool:
        """Ask for these, which takes its time; whether an address is another than before."""
        changed = False
        for question in questions:
            try:
                answer = self._resolve(question[0], None, FAMILIES[question[1]], socket.SOCK_DGRAM)
            except (OSError, UnicodeError):
                continue
            addresses = [str(one[4][0]) for one in answer]
            # One of several stays as long as it is told: a name with many addresses does not wander.
            if addresses and self._found.get(question) not in addresses:
                self._found[question], changed = addresses[0], True
        return changed

    def watch(self, tell: Callable[[frozenset[str]], None], stop: threading.Event) -> None:
        """Look names up until ``stop``; tell "tunnel" when one has another address."""
        asked: frozenset[Question] = frozenset()
        due = 0.0
        while not stop.wait(LOOK):
            wanted, now = self._wanted, time.monotonic()
            questions = wanted if now >= due else wanted - asked
            if questions:
                due = now + AGAIN
                if self.look_up(questions):
                    tell(frozenset({TOPIC}))
            asked = wanted
