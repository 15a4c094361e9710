"""What a support bundle says of the machine: versions, kernel, links, routes, load; read from files, nothing is run."""

import os
import platform
import socket
import ssl
import struct
from collections.abc import Iterator
from importlib import metadata
from ipaddress import IPv6Address
from typing import Any, Final

from agent.version import VERSION

LIBRARIES: Final = ("requests", "urllib3", "lxml", "pyroute2", "netifaces-plus", "pyserial")
MOST_LINES: Final = 500
_LINK_FACTS: Final = ("address", "operstate", "carrier", "carrier_changes", "mtu", "speed", "duplex", "type", "flags")
_COUNTERS: Final = (
    "rx_bytes",
    "rx_packets",
    "rx_errors",
    "rx_dropped",
    "tx_bytes",
    "tx_packets",
    "tx_errors",
    "tx_dropped",
)


def versions(root: str = "/") -> dict[str, Any]:
    """The agent, Python and its libraries, the kernel, the distribution."""
    return {
        "agent": VERSION,
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION,
        "libraries": {name: _version(name) for name in LIBRARIES},
        "kernel": f"{os.uname().sysname} {os.uname().release} {os.uname().version} {os.uname().machine}",
        "system": _pairs(root, "etc/os-release", ("PRETTY_NAME", "ID", "VERSION_ID")),
        "model": _text(root, "proc/device-tree/model").rstrip("\0"),
    }


def machine(state_directory: str, root: str = "/") -> dict[str, Any]:
    """Load, memory, the place for what must survive, and the network as the kernel has it."""
    return {
        "uptime_seconds": _text(root, "proc/uptime").partition(" ")[0],
        "load": _text(root, "proc/loadavg"),
        "memory": _lines(root, "proc/meminfo")[:6],
        "disk": _disk(state_directory),
        "links": {name: _link(root, name) for name in sorted(_names(root, "sys/class/net"))},
        "addresses_ipv6": list(_addresses(root)),
        "routes": [*_routes(root), *_routes_ipv6(root)],
        "name_servers": [line for line in _lines(root, "etc/resolv.conf") if line.startswith("nameserver")],
        "sockets": _lines(root, "proc/net/sockstat"),
    }


def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""


def _link(root: str, name: str) -> dict[str, str]:
    place = f"sys/class/net/{name}"
    facts = {one: _text(root, f"{place}/{one}") for one in _LINK_FACTS}
    counters = {one: _text(root, f"{place}/statistics/{one}") for one in _COUNTERS}
    return {key: value for key, value in {**facts, **counters}.items() if value}


def _addresses(root: str) -> Iterator[str]:
    for line in _lines(root, "proc/net/if_inet6"):
        fields = line.split()
        if len(fields) > 5:
            yield f"{IPv6Address(int(fields[0], 16))}/{int(fields[2], 16)} dev {fields[5]}"


def _routes(root: str) -> Iterator[str]:
    for line in _lines(root, "proc/net/route")[1:]:
        fields = line.split()
        if len(fields) > 7:
            target, via, mask = (socket.inet_ntoa(struct.pack("=I", int(fields[at], 16))) for at in (1, 2, 7))
            yield f"{target}/{int(fields[7], 16).bit_count()} via {via} dev {fields[0]} metric {fields[6]} mask {mask}"


def _routes_ipv6(root: str) -> Iterator[str]:
    for line in _lines(root, "proc/net/ipv6_route"):
        fields = line.split()
        if len(fields) > 9:
            target, via = IPv6Address(int(fields[0], 16)), IPv6Address(int(fields[4], 16))
            yield f"{target}/{int(fields[1], 16)} via {via} dev {fields[9]} metric {int(fields[5], 16)}"


def _disk(directory: str) -> dict[str, int]:
    try:
        facts = os.statvfs(directory)
    except OSError:
        return {}
    return {
        "free_bytes": facts.f_bavail * facts.f_frsize,
        "bytes": facts.f_blocks * facts.f_frsize,
        "free_files": facts.f_favail,
        "is_read_only": int(bool(facts.f_flag & os.ST_RDONLY)),
    }


def _pairs(root: str, path: str, wanted: tuple[str, ...]) -> dict[str, str]:
    pairs = (line.partition("=") for line in _lines(root, path))
    return {name: value.strip("\"'") for name, _, value in pairs if name in wanted}


def _names(root: str, path: str) -> list[str]:
    try:
        return os.listdir(os.path.join(root, path))
    except OSError:
        return []


def _lines(root: str, path: str) -> list[str]:
    return _text(root, path).splitlines()[:MOST_LINES]


def _text(root: str, path: str) -> str:
    try:
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            return file.read(262_144).strip()
    except OSError:
        return ""
