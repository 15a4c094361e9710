"""What a device's management needs of its machine: link, address, route, memory, disk, programs. Asks no daemon."""

import errno
import fcntl
import os
import socket
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from ipaddress import IPv6Address, ip_address
from typing import Any, Final, NamedTuple

ANYWHERE: Final = ((socket.AF_INET, "198.51.100.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses of nobody (RFC 5737, RFC 3849): the way to them is the way out. Nothing is sent."""
LEAST_MEMORY: Final = 8 * 1024 * 1024
LEAST_DISK: Final = 1024 * 1024
LIBRARIES: Final = ("requests", "lxml", "pyroute2")
PROGRAMS: Final = {
    "dnsmasq": "DHCP and DNS for the LAN",
    "hostapd": "Wi-Fi",
    "wpa_supplicant": "802.1X",
    "pppd": "PPP",
    "dhcpcd": "DHCP clients of our own",
    "bird": "RIP",
    "miniupnpd": "UPnP",
    "ddclient": "dynamic DNS",
}
_PLACES: Final = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_UP: Final = 1  # IFF_UP
_GET_ADDRESS: Final = 0x8915  # SIOCGIFADDR


class Check(NamedTuple):
    """One thing looked at: whether it is as it should be, what was seen, and the next step where it is not."""

    name: str
    ok: bool
    what: str
    next: str = ""


class Way(NamedTuple):
    """A default route, as the kernel has it."""

    interface: str
    gateway: str
    metric: int


def way_out(interface: str = "", acs: str = "", root: str = "/", known: Iterable[str] = ()) -> list[Check]:
    """Link, address and route, in this order: of ``interface``, or else of the default route.

    ``acs`` is the ACS's host; where it is an address, the route is the one to it. ``root`` is where /proc and /sys are.
    ``known`` are links that lead out when all is well, the likeliest first: where no route does, one of them is looked
    at.
    """
    default = min(default_routes(root), key=lambda way: way.metric, default=None)
    name = interface or (default.interface if default else "")
    if not name and not _route("", acs, None).ok:
        name = next((one for one in known if one in _names(root)), "")
    checks = [_link(name, root)]
    if checks[0].ok:
        checks.append(_address(name, root))
    if all(check.ok for check in checks):
        own = default if default and interface in ("", default.interface) else None
        checks.append(_route(interface, acs, own))
    return checks


def resources(state_directory: str, root: str = "/") -> list[Check]:
    """Memory, disk (where what must survive is kept) and dependencies."""
    return [_memory(root), _disk(state_directory), _dependencies()]


def default_routes(root: str = "/") -> Iterator[Way]:
    """The default routes of the main table, IPv4 before IPv6."""
    for line in _lines(root, "proc/net/route")[1:]:
        fields = line.split()
        if len(fields) > 7 and fields[1] == fields[7] == "00000000" and int(fields[3], 16) & 1:
            gateway = socket.inet_ntoa(struct.pack("=I", int(fields[2], 16)))
            yield Way(fields[0], "" if gateway == "0.0.0.0" else gateway, int(fields[6]))  # noqa: S104 - none
    for line in _lines(root, "proc/net/ipv6_route"):
        fields = line.split()
        if len(fields) > 9 and fields[1] == "00" and fields[9] != "lo" and not int(fields[0], 16):
            gateway = str(IPv6Address(int(fields[4], 16)))
            yield Way(fields[9], "" if gateway == "::" else gateway, int(fields[5], 16))


def addresses_of(name: str, root: str = "/") -> list[str]:
    """The addresses of a link but for those of IPv6 that reach no further than it."""
    found: list[str] = []
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        answer = fcntl.ioctl(asked.fileno(), _GET_ADDRESS, struct.pack("256s", name.encode()[:15]))
        found.append(socket.inet_ntoa(answer[20:24]))
    for line in _lines(root, "proc/net/if_inet6"):
        fields = line.split()
        if len(fields) > 5 and fields[5] == name and fields[3] == "00":
            found.append(str(IPv6Address(int(fields[0], 16))))
    return found


def _link(name: str, root: str) -> Check:
    links = [one for one in sorted(_names(root)) if one != "lo"]
    if not links:
        return Check("link", False, "this machine has no network link", "plug in a network adapter")
    if not name:
        up = [one for one in links if _is_up(one, root)]
        if up:
            return Check("link", True, f"{', '.join(up)} up; no default route chooses one")
        return Check("link", False, f"no link is up: {', '.join(links)}", "plug a cable in, or `ip link set LINK up`")
    if name not in links:
        next_step = "`ip link` lists them; [network] management_interface names the one for the ACS"
        return Check("link", False, f"there is no link {name}", next_step)
    if not int(_text(root, f"sys/class/net/{name}/flags") or "0", 16) & _UP:
        return Check("link", False, f"{name} is switched off", f"`ip link set {name} up`")
    if not _is_up(name, root):
        return Check("link", False, f"{name} has no carrier", "plug its cable in, or look at its other end")
    return Check("link", True, f"{name} is up")


def _is_up(name: str, root: str) -> bool:
    is_on = int(_text(root, f"sys/class/net/{name}/flags") or "0", 16) & _UP
    state = _text(root, f"sys/class/net/{name}/operstate")
    return bool(is_on) and (state in ("up", "unknown") or _text(root, f"sys/class/net/{name}/carrier") == "1")


def _address(name: str, root: str) -> Check:
    found = (
        addresses_of(name, root)
        if name
        else [a for one in _names(root) if one != "lo" for a in addresses_of(one, root)]
    )
    where = name or "no link"
    usable = [one for one in found if not ip_address(one).is_link_local]
    if usable:
        return Check("address", True, f"{name} has {', '.join(usable)}" if name else ", ".join(usable))
    if found:
        next_step = "look at the DHCP server of that network, or set an address"
        return Check("address", False, f"{where} has only {', '.join(found)}: no DHCP server has answered", next_step)
    what = f"{name} has no address" if name else "no link has an address"
    return Check("address", False, what, "let a DHCP client run there, or set an address")


def _route(interface: str, acs: str, default: Way | None) -> Check:
    targets: Sequence[tuple[int, str]] = ANYWHERE
    with suppress(ValueError):
        parsed = ip_address(acs.strip("[]"))
        targets = ((socket.AF_INET if parsed.version == 4 else socket.AF_INET6, str(parsed)),)
    refusal = 0
    for family, address in targets:
        try:
            source = _source(family, address, interface)
        except OSError as failure:
            refusal = refusal or failure.errno or 0
            continue
        where = f"to {acs}" if len(targets) == 1 else "out"
        by = f" by {interface}" if interface else ""
        via = (
            f", default by {default.interface}{f' via {default.gateway}' if default.gateway else ''}" if default else ""
        )
        return Check("route", True, f"{where} from {source}{by}{via}")
    if refusal in (errno.EPERM, errno.EACCES):
        return Check("route", True, f"not looked at on {interface}: only root may", "run it as root")
    where = f"to {acs}" if len(targets) == 1 else "out"
    on = f" on {interface}" if interface else ""
    return Check("route", False, f"no route leads {where}{on}", "set a default route, or let DHCP set it (`ip route`)")


def _source(family: int, address: str, interface: str) -> str:
    """The address of ours on the way there; raises OSError where there is none. Sends nothing."""
    with socket.socket(family, socket.SOCK_DGRAM) as asked:
        if interface:
            asked.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        asked.connect((address, 9))
        return str(asked.getsockname()[0])


def _memory(root: str) -> Check:
    facts = {}
    for line in _lines(root, "proc/meminfo"):
        name, _, rest = line.partition(":")
        facts[name] = int(rest.split()[0]) * 1024 if rest.split() else 0
    available = facts.get("MemAvailable", facts.get("MemFree", 0))
    what = f"{_megabytes(available)} of {_megabytes(facts.get('MemTotal', 0))} available"
    return Check(
        "memory", available >= LEAST_MEMORY, what, "" if available >= LEAST_MEMORY else "end what is not needed"
    )


def _disk(directory: str) -> Check:
    place = directory
    while not os.path.isdir(place) and place != os.path.dirname(place):
        place = os.path.dirname(place)
    try:
        facts = os.statvfs(place)
    except OSError as failure:
        return Check("disk", False, f"{directory}: {failure.strerror}", "see [state] directory in the settings file")
    free = facts.f_bavail * facts.f_frsize
    if facts.f_flag & os.ST_RDONLY:
        return Check("disk", False, f"{place} can only be read", "mount it writable, or name another [state] directory")
    if facts.f_files and not facts.f_favail:
        return Check("disk", False, f"{place} has no room for another file", "remove files that are not needed")
    return Check(
        "disk", free >= LEAST_DISK, f"{_megabytes(free)} free at {place}", "" if free >= LEAST_DISK else "make room"
    )


def _dependencies() -> Check:
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        next_step = f"install the Python packages {', '.join(missing)}"
        return Check("dependencies", False, f"missing: {', '.join(missing)}", next_step)
    places = dict.fromkeys([*os.environ.get("PATH", "").split(os.pathsep), *_PLACES])
    absent = [
        f"{name} ({purpose})"
        for name, purpose in PROGRAMS.items()
        if not any(os.access(os.path.join(place, name), os.X_OK) for place in places if place)
    ]
    optional = f"; optional and not installed: {', '.join(absent)}" if absent else "; so are all optional programs"
    return Check("dependencies", True, f"{', '.join(LIBRARIES)} are there{optional}")


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:.0f} MB"


def _names(root: str) -> list[str]:
    try:
        return os.listdir(os.path.join(root, "sys/class/net"))
    except OSError:
        return []


def _lines(root: str, path: str) -> list[str]:
    return _text(root, path).splitlines()


def _text(root: str, path: str) -> str:
    try:
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def document(checks: Sequence[Check]) -> list[dict[str, Any]]:
    """As programs get it."""
    return [check._asdict() for check in checks]
