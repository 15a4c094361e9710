"""What the URL of an ACS may be: one rule for the settings file, the data model and the HTTP client (RFC 3986)."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

LONGEST: Final = 256
"""Characters, as TR-181's type URL has them."""

_PARTS: Final = re.compile(r"(?i:https?)://(?P<authority>[^/?#]*)(?:[/?#].*)?")
_AUTHORITY: Final = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{1,5}))?")
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]*")
_LABEL: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_NUMBER: Final = re.compile(r"(?:[0-9]+|0[xX][0-9a-fA-F]*)")
_LONGEST_NAME: Final = 253
_EVERYBODY: Final = IPv4Address("255.255.255.255")


def check_acs_url(url: str) -> None:
    """Raises ValueError, which never repeats the URL, for one that the HTTP client could not use as it stands."""
    if len(url) > LONGEST or not _PRINTABLE.fullmatch(url):
        raise ValueError(f"it must have at most {LONGEST} ASCII characters, and no blanks")
    parts = _PARTS.fullmatch(url)
    if parts is None:
        raise ValueError('it must be "http://host[:port]/path" or "https://…"')
    if "@" in parts["authority"]:
        raise ValueError("it must not name a user: put the user and the password into username and password")
    authority = _AUTHORITY.fullmatch(parts["authority"])
    if authority is None or (authority["port"] is not None and not 1 <= int(authority["port"]) <= 65535):
        raise ValueError("after the host there may be a colon and a port from 1 to 65535")
    if not is_host(authority["host"].removeprefix("[").removesuffix("]"), in_brackets="[" in authority["host"]):
        raise ValueError("the host must be a DNS name, an IPv4 address of four numbers, or an IPv6 address in brackets")


def is_host(host: str, in_brackets: bool) -> bool:
    """Whether a URL may have this host: a DNS name (RFC 1123 §2.1, IDNs in punycode), IPv4, or IPv6 ``in_brackets``.

    What ends in a number is an address, never a name: "1.2.3" and "0x7f.1" would be completed by the C library.
    """
    if in_brackets:
        return _is_address(IPv6Address, host) and "%" not in host
    return is_name(host) or _is_address(IPv4Address, host)


def is_name(host: str) -> bool:
    """Whether it is a DNS name rather than an address."""
    labels = host.removesuffix(".").split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return False
    return len(host) <= _LONGEST_NAME and all(_LABEL.fullmatch(label) for label in labels)


def _is_address(kind: type[IPv4Address] | type[IPv6Address], text: str) -> bool:
    """Whether it is the address of one host: nobody can be called at a group, at all of them, or at none."""
    try:
        address = kind(text)
    except AddressValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return not any(one.is_unspecified or one.is_multicast or one == _EVERYBODY for one in (address, mapped))
