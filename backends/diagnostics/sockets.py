"""Sockets of diagnostics: bound to the asked interface, with the asked DSCP and priority, of the asked family."""

import errno
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final

from backends.diagnostics.failures import DiagnosticFailed

FAMILIES: Final = {"Any": socket.AF_UNSPEC, "IPv4": socket.AF_INET, "IPv6": socket.AF_INET6}
"""Of TR-181's ProtocolVersion."""
HEARD_WITHIN: Final = 0.1
"""Seconds until a cancel is heard while a name is looked up."""

Place = tuple[int, Any]
"""Address family and socket address."""
Refusal = Callable[[str, int], str]
"""Why an address and port must not be spoken to; "" where they may be."""


@dataclass(frozen=True, slots=True)
class Way:
    """How packets leave. ``link`` "" leaves it to the routes; ``dscp`` 0–63; ``priority`` 0–7, of IEEE 802.1Q."""

    link: str = ""
    dscp: int = 0
    priority: int = 0
    version: str = "Any"


def mark(made: socket.socket, way: Way) -> None:
    """Bind a socket of IPv4 or IPv6 to the link, and mark what it sends. DiagnosticFailed where that is not possible.

    The priority is what a VLAN's egress map makes the priority code point of; it comes last, as the kernel derives one
    from the DSCP.
    """
    try:
        if way.link:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, way.link.encode())
        if made.family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, way.dscp << 2)
        else:
            made.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, way.dscp << 2)
        if way.priority:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, way.priority)
    except OSError as error:
        if error.errno == errno.ENODEV:
            raise DiagnosticFailed("Error_Internal", f"there is no interface {way.link}") from error
        raise DiagnosticFailed("Error_Internal", f"a socket on {way.link or 'any link'}: {error.strerror}") from error


def places_of(host: str, port: int, kind: int, way: Way, cancelled: Callable[[], bool]) -> list[Place]:
    """The addresses of a host, the system's preference first, for sockets of this kind.

    The look-up cannot be cut short: once ``cancelled`` it is left to itself, and there are none.
    DiagnosticFailed(Error_CannotResolveHostName) where nobody knows one.
    """
    found: list[Place] = []
    failed: list[str] = []

    def look() -> None:
        try:
            asked = socket.getaddrinfo(host, port, FAMILIES[way.version], kind)
            found.extend((int(family), place) for family, _, _, _, place in asked)
        except UnicodeError:  # by IDNA's rules
            failed.append("that is no host's name")
        except OSError as error:
            failed.append(error.strerror or "nobody knows it")

    if _is_address(host):
        look()
    else:
        asking = threading.Thread(target=look, name="look-up", daemon=True)
        asking.start()
        while asking.is_alive() and not cancelled():
            asking.join(HEARD_WITHIN)
    if not found and not cancelled():
        raise DiagnosticFailed("Error_CannotResolveHostName", f"{host}: {(failed or ['no address'])[0]}")
    return [_with_scope(place, way) for place in found]


def permitted(places: list[Place], refusal: Refusal) -> list[Place]:
    """Those that may be spoken to. DiagnosticFailed(Error_Other) with the reason where none may."""
    reasons = [refusal(place[0].partition("%")[0], place[1]) for _, place in places]
    left = [one for one, reason in zip(places, reasons, strict=True) if not reason]
    if places and not left:
        raise DiagnosticFailed("Error_Other", reasons[0])
    return left


def anywhere(address: str, port: int) -> str:  # noqa: ARG001 - as every Refusal is asked
    """The Refusal that refuses nothing."""
    return ""


def one_host(address: str, port: int) -> str:  # noqa: ARG001 - as every Refusal is asked
    """The Refusal of groups: what goes to one comes to many, and all of them answer."""
    meant = ip_address(address)
    return (
        f"{address} is a group: one host is asked"
        if (getattr(meant, "ipv4_mapped", None) or meant).is_multicast
        else ""
    )


def _is_address(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host.partition("%")[0])
        except (OSError, UnicodeError, ValueError):
            continue
        return True
    return False


def _with_scope(place: Place, way: Way) -> Place:
    family, address = place
    if family == socket.AF_INET6 and way.link and address[0].lower().startswith("fe80") and not address[3]:
        return family, (*address[:3], index_of(way.link))
    return place


def index_of(link: str) -> int:
    """The kernel's number of a link; 0 where there is none."""
    try:
        return socket.if_nametoindex(link)
    except OSError:
        return 0
