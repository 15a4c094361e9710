"""What a server shows of itself in TLS: its chain in words, and which of its names fits."""

import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any, Final

from agent.runtime import tls
from agent.runtime.endpoint import AcsEndpoint, Unreachable

MOST: Final = 8
"""Certificates of a chain that are told."""
LONGEST: Final = 160
"""Characters of a name that are told: a certificate is a stranger's text."""

Certificate = dict[str, Any]


def chain_of(connection: ssl.SSLSocket) -> list[Certificate]:
    """The certificates that the server sent, its own first, each with subject, issuer, not_before, not_after, names.

    Also of a connection on which nothing was verified; empty where this Python cannot tell.
    """
    # Python tells the decoded chain by a method that it does not document yet (3.10 to 3.14).
    inner = getattr(connection, "_sslobj", None)
    ask: Callable[[], Sequence[Any] | None] | None = getattr(inner, "get_unverified_chain", None)
    found: Sequence[Any] = ()
    with suppress(ssl.SSLError, ValueError):
        found = (ask() if ask else None) or ()
    return [_told(one.get_info()) for one in found[:MOST]]


def look(endpoint: AcsEndpoint, connection: socket.socket, host: str) -> list[Certificate]:
    """The chain of a server that was refused, over another connection: shown only, nothing is said on it.

    Takes the connection over; empty when no handshake comes about.
    """
    try:
        stranger = replace(endpoint, client_certificate="")
        context = tls.context_for(stranger, wall_clock_trusted=True)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with context.wrap_socket(connection, server_hostname=host) as seen:
            return chain_of(seen)
    except (OSError, ValueError, Unreachable):
        return []
    finally:
        connection.close()


def fitting(certificate: Certificate, host: str) -> str:
    """The name of a certificate that stands for ``host``, "" when none does (RFC 6125)."""
    wanted = host.lower().rstrip(".")
    with suppress(ValueError):
        wanted = str(ip_address(host))
    for name in certificate["names"]:
        candidate = str(name).lower()
        with suppress(ValueError):
            candidate = str(ip_address(candidate))
        if candidate == wanted or _covers(candidate, wanted):
            return str(name)
    return ""


def _covers(pattern: str, name: str) -> bool:
    """Whether "*.example.net" stands for "acs.example.net": one label, no more."""
    first, _, rest = name.partition(".")
    return bool(first and rest) and pattern == f"*.{rest}"


def _told(info: Mapping[str, Any]) -> Certificate:
    return {
        "subject": _name(info.get("subject", ())),
        "issuer": _name(info.get("issuer", ())),
        "not_before": _date(info.get("notBefore")),
        "not_after": _date(info.get("notAfter")),
        "names": [_short(value) for _, value in info.get("subjectAltName", ())],
    }


def _name(parts: Sequence[Sequence[tuple[str, str]]]) -> str:
    """The common name, with the organisation behind it."""
    values = {key: value for part in parts for key, value in part}
    common, organisation = values.get("commonName", ""), values.get("organizationName", "")
    if common and organisation and common != organisation:
        return _short(f"{common} ({organisation})")
    return _short(common or organisation or ", ".join(values.values()))


def _short(text: object) -> str:
    plain = "".join(letter if letter.isprintable() else "?" for letter in str(text))
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"


def _date(text: Any) -> str:
    try:
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(text)), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return ""
