"""Whether a request is meant for this device and comes from its own page: the Host and Origin that a browser tells.

A page of somebody else's may make a name of its own point here (DNS rebinding); the browser then says that name.
"""

import re
from collections.abc import Collection, Mapping
from ipaddress import IPv6Network, ip_address
from typing import Final

_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::[0-9]{1,5})?")
LOOPBACK: Final = "this machine"
LOCAL_ENDS: Final = ("local", "lan", "home.arpa", "internal")
"""What home networks put behind a host's name; nobody can have such a name in the public DNS."""


def is_meant(host: str, local: str, names: Collection[str]) -> bool:
    """Whether ``host``, as the client said it, names the address that it came to, this machine, or localhost."""
    found = _HOST.fullmatch(host)
    if not found:
        return False
    name = found[1].strip("[]").lower().removesuffix(".")
    try:
        return ip_address(name) == ip_address(plain(local))
    except ValueError:
        return name == "localhost" or name in names


def names_of(host_name: str) -> frozenset[str]:
    """By what names people reach a machine that is called so."""
    name = host_name.lower().removesuffix(".")
    first = name.partition(".")[0]
    return frozenset(filter(None, (name, first, *(f"{first}.{end}" for end in LOCAL_ENDS if first))))


def is_same_origin(fields: Mapping[str, str]) -> bool:
    """Whether a browser says that the page which asks is one of ours; a script says nothing of the kind."""
    origin, host = fields.get("origin"), fields.get("host", "")
    if fields.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return False
    return origin is None or origin.lower() in (f"http://{host}".lower(), f"https://{host}".lower())


def plain(address: str) -> str:
    """An address without its zone; IPv4 as IPv4, which a socket for both shows mapped."""
    return address.partition("%")[0].removeprefix("::ffff:")


def customer(address: str) -> str:
    """Whose tries and connections count together: an address; those of this machine itself are one.

    The whole home shares one network of IPv6: one guest must not use up what its owner may try.
    """
    parsed = ip_address(plain(address))
    return LOOPBACK if parsed.is_loopback else str(parsed)


def network_of(customer: str) -> str:
    """Among whose addresses it is: of IPv6 anybody has as many as he likes within 64 bits."""
    return str(IPv6Network((customer, 64), strict=False)) if ":" in customer else customer
