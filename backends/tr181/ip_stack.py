"""What Device.IP. says of the stack as a whole: IPv6 and the prefix of unique local addresses."""

import ipaddress
import os
from typing import Any, Final

from agent.model.errors import Denied, InvalidValue
from backends.network.network import Network
from backends.network.records import IpStack
from backends.network.rows import Row
from backends.procfs import Procfs
from backends.tr181.ip_addresses import ipv6_network

STACK: Final = Row("", IpStack())
UNIQUE_LOCAL: Final = ipaddress.IPv6Network("fd00::/8")
"""Those that are assigned locally (RFC 4193 3.1); fc00::/8 is not in use."""
ULA_LENGTH: Final = 48


class IpStackRow:
    """Reads the kernel's switch for all links, and sets those of the links that are the agent's."""

    def __init__(self, network: Network, procfs: Procfs) -> None:
        self._network = network
        self._procfs = procfs

    def ipv6(self) -> bool:
        """IPv6Enable: what was asked for, else the kernel's switch."""
        told = self._network.stack().ipv6
        return self._procfs.setting("net/ipv6/conf/all/disable_ipv6") == "0" if told is None else told

    def set_ipv6(self, _: Any, value: bool) -> None:
        """Of the links in [network] manage; each interface's own IPv6Enable stays what it was."""
        if self._procfs.setting("net/ipv6/conf/all/disable_ipv6") is None and value:
            raise InvalidValue("", "this kernel has no IPv6")
        if not any(self._network.may_change(name) for name in self._network.topology.links):
            raise Denied("", "no interface is in [network] manage")
        self._network.edit(STACK, ipv6=value)

    def set_ula_prefix(self, _: Any, value: str) -> None:
        """ULAPrefix: a /48 of fd00::/8; "" is a new one when the next interface asks for it."""
        prefix = ipv6_network(value) if value else None
        if prefix is not None and (prefix.prefixlen != ULA_LENGTH or not prefix.subnet_of(UNIQUE_LOCAL)):
            raise InvalidValue("", f"a ULA prefix is a /{ULA_LENGTH} of {UNIQUE_LOCAL} (RFC 4193)")
        self._network.edit(STACK, ula_prefix=str(prefix) if prefix else None)


def random_ula_prefix() -> str:
    """A /48 with forty random bits (RFC 4193 3.2)."""
    return str(ipaddress.IPv6Network((b"\xfd" + os.urandom(5) + bytes(10), ULA_LENGTH)))
