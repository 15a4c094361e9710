"""What the kernel says of PPP links, whoever made them: which there are, whether they are up, what was agreed on."""

import ipaddress
from collections.abc import Iterable
from typing import Final, Protocol

from backends.netlink_types import Address, Link

ARPHRD_PPP: Final = 512


class Kernel(Protocol):
    """What is asked of netlink."""

    def links(self) -> Iterable[Link]:
        """The links that are there."""

    def addresses(self) -> Iterable[Address]:
        """Their addresses."""


class PppLinks:
    """Reads of one request: nothing is kept here."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def links(self) -> list[Link]:
        """Every PPP link of this machine, whoever made it."""
        return [link for link in self._kernel.links() if link.type == ARPHRD_PPP]

    def is_up(self, name: str) -> bool:
        """Whether the link is there and a network protocol has come up on it."""
        there = next((one for one in self._kernel.links() if one.name == name), None)
        return there is not None and there.running and any(one.interface == name for one in self._kernel.addresses())

    def address(self, name: str) -> Address | None:
        """The IPv4 address that IPCP agreed on, with the peer's."""
        return next((one for one in self._kernel.addresses() if one.interface == name and one.family == 4), None)

    def identifiers(self, name: str) -> tuple[str, str]:
        """Our interface identifier by IPv6CP and the peer's, as the lower halves of addresses; empty without IPv6."""
        own = (one for one in self._kernel.addresses() if one.interface == name and one.family == 6)
        local = next((one for one in own if one.scope == "link"), None)
        return (lower_half(local.address), lower_half(local.peer or "::")) if local else ("", "")


def pppoe_sessions(text: str) -> list[tuple[int, str]]:
    """The number and the device of each session in /proc/net/pppoe, which shows the number's octets in the wire's
    order as one hexadecimal number of this machine.
    """
    found = []
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) == 3 and len(words[0]) == 8:
            found.append((int.from_bytes(bytes.fromhex(words[0][4:]), "little"), words[2]))
    return found


def lower_half(address: str) -> str:
    """An address without its upper 64 bits."""
    return str(ipaddress.IPv6Address(int(ipaddress.IPv6Address(address)) % 2**64))
