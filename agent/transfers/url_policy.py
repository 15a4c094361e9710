"""Which file servers may be talked to: schemes, names and addresses; what the ACS says must not reach this machine."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

from agent.cwmp.acs_url import is_host
from agent.discovery.near_hosts import is_near, standing_for
from agent.transfers.failures import Cause, TransferFailed

PORTS: Final = {"http": 80, "https": 443, "ftp": 21}
"""The schemes that there is a mover for, and where their servers listen."""
LONGEST: Final = 2048
"""Characters; the ACS's own URLs have 256 at most, what a server redirects to may be signed and long."""

_PRINTABLE: Final = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a URL leads, in its parts; ``host`` is without brackets, ``path`` as in the URL, ``query`` included."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_tls(self) -> bool:
        """Whether the server proves who it is, and nobody else reads."""
        return self.scheme == "https"

    @property
    def url(self) -> str:
        """The URL of it, without what is no business of the server's."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """Whom credentials are for."""
        return self.scheme, self.host, self.port


@dataclass(frozen=True, slots=True)
class UrlPolicy:
    """What the owner of the device allows; ``hosts`` are names, "*.name" for all below it, or addresses: none is any.

    Outside a ``laboratory`` neither this machine, nor what only its link reaches, nor one of its ``homes`` is a file
    server (hardening A11).
    """

    schemes: tuple[str, ...] = ("http", "https")
    hosts: tuple[str, ...] = ()
    laboratory: bool = False
    homes: tuple[IPv4Network | IPv6Network, ...] = ()

    def check(self, url: str) -> Place:
        """Where the URL leads, which is allowed as far as it can be seen without asking for addresses.

        Raises TransferFailed; its ``answer_code`` is what the ACS is answered at once.
        """
        place = _place(url)
        if place.scheme not in self.schemes:
            allowed = ", ".join(self.schemes)
            raise TransferFailed(Cause.PROTOCOL, f"{place.scheme} is not allowed here; allowed: {allowed}")
        if self.hosts and not any(_matches(place.host, one) for one in self.hosts):
            raise TransferFailed(Cause.DENIED, f"{place.host} is none of the file servers allowed here")
        self._check_distance(place.host)
        return place

    def check_address(self, address: str, own: str = "") -> None:
        """Whether the address that is connected to may be a file server's; ``own`` is ours on that connection.

        Asked of each connection: a name may lead elsewhere at the second time. Raises TransferFailed.
        """
        if any(ip_address(one).is_multicast for one in standing_for(address)):
            raise TransferFailed(Cause.MULTICAST, f"{address} is a group: files are fetched from one server")
        self._check_distance(address, own)

    def _check_distance(self, host: str, own: str = "") -> None:
        if self.laboratory:
            return
        meant, where = standing_for(host), ""
        if is_near(host) or meant & standing_for(own):
            where = "this machine, or what only its link reaches"
        elif any(ip_address(one) in home for one in meant for home in self.homes):
            where = "in the home"
        if where:
            raise TransferFailed(Cause.DENIED, f"{host} is {where}: nothing is asked of it")

    def check_redirect(self, before: Place, url: str) -> Place:
        """Where a server's redirect leads: allowed as any URL, and never from https to what others can read.

        What is no URL, or of a protocol that is not spoken, is the server's fault, not that of who asked.
        """
        try:
            place = self.check(url)
        except TransferFailed as failed:
            if failed.cause not in (Cause.ARGUMENTS, Cause.PROTOCOL):
                raise
            raise TransferFailed(Cause.NO_ACCESS, f"the file server redirects elsewhere: {failed.text}") from failed
        if before.is_tls and not place.is_tls:
            raise TransferFailed(Cause.DENIED, "the file server redirects from https to http, which is not followed")
        if place.scheme == "ftp":
            raise TransferFailed(Cause.NO_ACCESS, "the file server redirects to ftp, which is not followed")
        return place


def _place(url: str) -> Place:
    """The parts of a URL; raises TransferFailed, which never repeats it."""
    if len(url) > LONGEST or not _PRINTABLE.fullmatch(url):
        raise _unusable(f"it must have at most {LONGEST} ASCII characters, and no blanks")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _unusable("it is none (RFC 3986)") from None
    if not parts.scheme:
        raise _unusable("it has no scheme")
    if parts.scheme not in PORTS:
        raise TransferFailed(Cause.PROTOCOL, f"there is no way to move files by {parts.scheme[:20]!a}")
    if "@" in parts.netloc:
        raise _unusable("it names a user, which has to be in Username and Password")
    if port == 0:
        raise _unusable("port 0 is none")
    if _is_group(host):
        raise TransferFailed(Cause.MULTICAST, f"{host} is a group: files are fetched from one server")
    if not is_host(host, in_brackets="[" in parts.netloc):
        raise _unusable("its host is neither a name nor an address")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme, host.rstrip("."), port or PORTS[parts.scheme], path)


def _is_group(host: str) -> bool:
    return any(ip_address(one).is_multicast for one in standing_for(host))


def _matches(host: str, allowed: str) -> bool:
    wanted = allowed.lower().rstrip(".")
    if wanted.startswith("*."):
        return host.endswith(wanted[1:])
    return host == wanted or bool(standing_for(host) & standing_for(wanted))


def _unusable(why: str) -> TransferFailed:
    return TransferFailed(Cause.ARGUMENTS, f"the URL cannot be used: {why}")
