"""Whose device an address is: one that has taken many addresses of the home's network is still one."""

from contextlib import suppress
from typing import Final

from agent.web.hosts import network_of

TABLE: Final = "/proc/net/arp"
"""IPv4 only: of IPv6 the kernel tells no such table in a file."""


def crowd_of(customer: str) -> str:
    """Who is behind an address, as ``customer`` has it: the MAC address on a network of ours, else the address's own
    network (behind a router, by IPv6).
    """
    return mac_of(customer) or network_of(customer)


def mac_of(address: str, table: str = "") -> str:
    """The MAC address of an IPv4 neighbour; "" where the kernel knows none."""
    if "." not in address:
        return ""
    with suppress(OSError), open(table or TABLE, encoding="ascii", errors="replace") as lines:
        for line in lines:
            if line.startswith(f"{address} "):  # address, hardware type, flags, MAC, mask, device
                words = line.split()
                if len(words) == 6 and words[3] != "00:00:00:00:00:00":
                    return words[3]
    return ""
