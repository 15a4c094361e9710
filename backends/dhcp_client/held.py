"""Leases of the machine's own DHCP clients, and which of them holds a link: NetworkManager, networkd, dhclient, dhcpcd.

All from files that those programs keep, so that nothing is asked and nothing is forked.
"""

import ipaddress
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.dhcp_client.packets import (
    CLIENT_ID,
    DNS,
    LEASE_TIME,
    MASK,
    ROUTERS,
    SERVER,
    SERVER_ID,
    T1,
    T2,
    Lease4,
    Lease6,
    lease4,
    lease6,
)
from backends.files import read_bytes, read_text

LEASE_BLOCK: Final = re.compile(r"^lease6? \{(.*?)^\}", re.MULTILINE | re.DOTALL)
STATEMENT: Final = re.compile(r"^\s*(?:option )?([\w.-]+)\s+(.*?);\s*$", re.MULTILINE)
ADDRESS6: Final = re.compile(r"iaaddr (\S+) \{")
NAMED: Final = {
    "subnet_mask": MASK, "subnet-mask": MASK, "NETMASK": MASK,
    "routers": ROUTERS, "ROUTER": ROUTERS,
    "domain_name_servers": DNS, "domain-name-servers": DNS, "DNS": DNS,
    "dhcp_server_identifier": SERVER, "dhcp-server-identifier": SERVER, "SERVER_ADDRESS": SERVER,
    "dhcp_lease_time": LEASE_TIME, "dhcp-lease-time": LEASE_TIME, "LIFETIME": LEASE_TIME,
    "dhcp-renewal-time": T1, "T1": T1, "dhcp-rebinding-time": T2, "T2": T2,
}  # fmt: skip
"""Options by the names that NetworkManager, dhclient and networkd have for them."""
TIMES: Final = (LEASE_TIME, T1, T2)


@dataclass(frozen=True, slots=True)
class Holder:
    """A client of the machine's own: its name, and what an owner does to give the link to the agent."""

    name: str
    next_step: str


class MachinesOwn:
    """Reads below ``root``; files are kept until ``forget``."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = str(root)  # looked at in every session: a Path would have each of its parts interned
        self._texts: dict[str, str] = {}

    def forget(self) -> None:
        """Let the next reads ask again."""
        self._texts.clear()

    def holder(self, link: str, index: int) -> Holder | None:
        """Who of the machine's own configures a link at present."""
        manager = _sections(self._text(f"run/NetworkManager/devices/{index}"))
        if manager.get("device", {}).get("managed") == "true" and "connection-uuid" in manager.get("device", {}):
            return Holder("NetworkManager", f"cpe-agent setup --manage {link}")
        networkd = _assignments(self._text(f"run/systemd/netif/links/{index}"))
        if networkd.get("ADMIN_STATE") in ("configured", "configuring", "pending", "failed"):
            return Holder("systemd-networkd", f"cpe-agent setup --manage {link}")
        if self._lives("run/dhcpcd", (f"{link}.pid", f"{link}-4.pid", f"{link}-6.pid")):
            return Holder("dhcpcd", f"stop the machine's own dhcpcd on {link}")
        if self._lives("run/dhcpcd", ("pid", "dhcpcd.pid")) and self._dhcpcd_lease(link):
            return Holder("dhcpcd", f"add 'denyinterfaces {link}' to /etc/dhcpcd.conf")
        if self._lives("run", (f"dhclient.{link}.pid", f"dhclient6.{link}.pid")):
            return Holder("dhclient", f"take {link} out of /etc/network/interfaces")
        return None

    def lease4(self, link: str, index: int) -> Lease4 | None:
        """The DHCPv4 lease that one of them got for a link; whether it is in force the kernel's address tells."""
        dhcpcd = self._dhcpcd_lease(link)
        return (
            _lease4_of(_sections(self._text(f"run/NetworkManager/devices/{index}")).get("dhcp4", {}), "dhcp4.")
            or _lease4_of(_assignments(self._text(f"run/systemd/netif/leases/{index}")), "")
            or (lease4(dhcpcd) if dhcpcd else None)
            or self._dhclient4(link)
        )

    def lease6(self, link: str) -> Lease6 | None:
        """The same for DHCPv6: what dhcpcd and dhclient keep."""
        packet = read_bytes(os.path.join(self._root, f"var/lib/dhcpcd/{link}.lease6"))
        return (lease6(packet) if packet else None) or self._dhclient6(link)

    def _dhcpcd_lease(self, link: str) -> bytes | None:
        return read_bytes(os.path.join(self._root, f"var/lib/dhcpcd/{link}.lease"))

    def _dhclient4(self, link: str) -> Lease4 | None:
        last = next(self._dhclient_leases((f"dhclient.{link}.leases", "dhclient.leases"), link), None)
        return _lease4_of(dict(STATEMENT.findall(last)), "") if last else None

    def _dhclient6(self, link: str) -> Lease6 | None:
        names = (f"dhclient6.{link}.leases", "dhclient6.leases")
        last = next(self._dhclient_leases(names, link), None)
        if last is None:
            return None
        said = {name.strip(): value for name, value in STATEMENT.findall(last)}
        pairs = ((CLIENT_ID, said.get("dhcp6.client-id")), (SERVER_ID, said.get("dhcp6.server-id")))
        options = [(tag, _octets(text)) for tag, text in pairs if text]
        return Lease6(options, [one for one in ADDRESS6.findall(last) if _is_address(one)])

    def _dhclient_leases(self, names: tuple[str, ...], link: str) -> Iterator[str]:
        """The blocks of a link in dhclient's files, the newest (the last) first."""
        for name in names:
            blocks: list[str] = LEASE_BLOCK.findall(self._text(f"var/lib/dhcp/{name}"))
            yield from (block for block in reversed(blocks) if f'interface "{link}";' in block)

    def _lives(self, folder: str, names: tuple[str, ...]) -> bool:
        for name in names:
            text = self._text(f"{folder}/{name}")
            if text.isdecimal() and os.path.isdir(os.path.join(self._root, f"proc/{text}")):
                return True
        return False

    def _text(self, path: str) -> str:
        if path not in self._texts:
            self._texts[path] = read_text(os.path.join(self._root, path)) or ""
        return self._texts[path]


def _lease4_of(said: Mapping[str, str], prefix: str) -> Lease4 | None:
    """A lease from named values; None when they do not tell an address."""
    plain = {name.removeprefix(prefix): value for name, value in said.items()}
    address = plain.get("ip_address") or plain.get("fixed-address") or plain.get("ADDRESS") or ""
    if not _is_address(address):
        return None
    options = {NAMED[name]: _encoded(NAMED[name], value) for name, value in plain.items() if name in NAMED}
    if "VENDOR_SPECIFIC" in plain:
        options[43] = _octets(plain["VENDOR_SPECIFIC"])
    return Lease4(address, {tag: value for tag, value in options.items() if value})


def _encoded(tag: int, text: str) -> bytes:
    """An option's octets again, from the words of whoever decoded it; none when they are not understood."""
    if tag in TIMES:
        return int(text).to_bytes(4, "big") if text.isdecimal() and int(text) < 2**32 else b""
    words = text.replace(",", " ").split()
    return b"".join(ipaddress.IPv4Address(word).packed for word in words if _is_address(word) and ":" not in word)


def _octets(text: str) -> bytes:
    """Hexadecimal, whole or with colons between numbers that may lack a leading zero; nothing for anything else."""
    try:
        return bytes(int(part, 16) for part in text.split(":")) if ":" in text else bytes.fromhex(text)
    except ValueError:
        return b""


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _assignments(text: str) -> dict[str, str]:
    """NAME=value lines."""
    return {name: value for name, mark, value in (line.partition("=") for line in text.splitlines()) if mark}


def _sections(text: str) -> dict[str, dict[str, str]]:
    """The same below [section] lines."""
    sections: dict[str, dict[str, str]] = {}
    for part in re.split(r"^\[", text, flags=re.MULTILINE)[1:]:
        name, _, lines = part.partition("]")
        sections[name] = _assignments(lines)
    return sections
