"""Which interfaces and addresses there are, by netifaces, or by netlink where that is not installed."""

import importlib
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol

from backends.errors import MechanismError, Missing
from backends.netlink_types import Address, Link


class Tables(Protocol):
    """The part of Netlink that can stand in for netifaces."""

    def links(self) -> Sequence[Link]:
        """Every link."""

    def addresses(self) -> Sequence[Address]:
        """Every address."""


@dataclass(frozen=True, slots=True)
class InterfaceAddress:
    """An IP address and its prefix length; ``family`` is 4 or 6."""

    family: int
    address: str
    prefix_length: int


def installed_netifaces() -> ModuleType | None:
    """The netifaces module; None where nobody installed one."""
    try:
        return importlib.import_module("netifaces")
    except ImportError:
        return None


class Addresses:
    """Interfaces and their addresses in this process's network namespace. Routes and lifetimes are netlink's to tell:
    netifaces.gateways() misleads on routers.
    """

    def __init__(self, netlink: Tables, netifaces: ModuleType | None) -> None:
        """``netifaces``: what ``installed_netifaces`` found."""
        self._netlink = netlink
        self._netifaces: Any = netifaces

    def interfaces(self) -> Sequence[str]:
        """The names of all interfaces, sorted."""
        if self._netifaces is None:
            return tuple(sorted(link.name for link in self._netlink.links()))
        return tuple(sorted(self._netifaces.interfaces()))

    def addresses(self, interface: str) -> Sequence[InterfaceAddress]:
        """An interface's addresses, sorted, IPv4 first; Missing if there is no such interface."""
        if interface not in self.interfaces():
            raise Missing(f"{interface}: no such interface", "ENODEV")
        if self._netifaces is None:
            found = [
                InterfaceAddress(row.family, row.address, row.prefix_length)
                for row in self._netlink.addresses()
                if row.interface == interface
            ]
        else:
            found = self._by_netifaces(interface)
        return tuple(sorted(found, key=lambda row: (row.family, ipaddress.ip_address(row.address))))

    def _by_netifaces(self, interface: str) -> list[InterfaceAddress]:
        try:
            rows = self._netifaces.ifaddresses(interface)
        except (OSError, ValueError) as error:  # gone since it was listed
            raise Missing(f"{interface}: {error}", "ENODEV") from error
        found = []
        for family, version in ((socket.AF_INET, 4), (socket.AF_INET6, 6)):
            for row in rows.get(family, ()):
                try:
                    address = ipaddress.ip_address(row["addr"].partition("%")[0])
                    found.append(InterfaceAddress(version, str(address), _prefix_length(row, address.max_prefixlen)))
                except (KeyError, ValueError) as error:
                    raise MechanismError(f"{interface}: netifaces says {row!r}") from error
        return found


def _prefix_length(row: dict[str, str], longest: int) -> int:
    """Of a mask "255.255.255.0", "ffff:ffff::" or "ffff:ffff::/32"; point-to-point links may show none."""
    mask = row.get("mask") or row.get("netmask")
    if not mask:
        return longest
    _, slash, length = mask.partition("/")
    return int(length) if slash else int(ipaddress.ip_address(mask)).bit_count()
