"""What DHCP clients hand over, each in its own words: from an event of one of them to what the server offers. Pure."""

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any, Final, Literal, NamedTuple

from agent.discovery.offer import Offer, Source
from agent.discovery.options import NotUsable, Said, option17, option43, option125

__all__ = [
    "CLIENTS",
    "MOST_NAMES",
    "MOST_TEXT",
    "Handed",
    "NotUsable",
    "family_of",
    "name_servers",
    "read",
    "routers",
]

MOST_NAMES: Final = 64
MOST_TEXT: Final = 65_536
"""Characters of all names and values of an event: of numbers between colons some 20 kB, twice what the largest frames
of Ethernet carry.
"""
INTERFACE: Final = re.compile(r"[!-.0-~]{1,15}")
"""A link's name as the kernel has it: neither blanks nor slashes."""
PAIRS: Final = re.compile(r"(?:[0-9A-Fa-f]{2})*")
ESCAPED: Final = re.compile(r"\\([\"'$`\\])")
NUMBERS: Final = re.compile(r"[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2})*")


class Handed(NamedTuple):
    """A lease that began or went on (``is_bound``), or that ended; ``offer`` is None where the server names no ACS."""

    interface: str
    client: str
    family: Literal[4, 6]
    is_bound: bool
    offer: Offer | None


class Client(NamedTuple):
    """One client's words: the variables that name the link, its reasons, which variable holds which option.

    ``name_servers`` and ``routers`` hold addresses between blanks.
    """

    interfaces: tuple[str, ...]
    bound4: frozenset[str]
    ended4: frozenset[str]
    bound6: frozenset[str] = frozenset()
    ended6: frozenset[str] = frozenset()
    options4: Mapping[str, str] = {}
    options6: Mapping[str, str] = {}
    name_servers: tuple[str, ...] = ()
    routers: tuple[str, ...] = ()

    @property
    def variables(self) -> frozenset[str]:
        """What an event of it may tell."""
        return frozenset((*self.interfaces, *self.options4, *self.options6, *self.name_servers, *self.routers))


def read(event: Mapping[str, Any]) -> Handed:
    """What an event means; NotUsable for what is no event, or says nothing of a lease."""
    client, reason, environment = _checked(event)
    words = CLIENTS[client]
    family = family_of(client, reason)
    if family is None:
        raise NotUsable(f"{client} tells nothing of a lease by {_shown(reason)}")
    interface = next((environment[name] for name in words.interfaces if environment.get(name)), "")
    if not INTERFACE.fullmatch(interface):
        raise NotUsable(f"{client} names no interface")
    is_bound = reason in (words.bound4 if family == 4 else words.bound6)
    options = words.options4 if family == 4 else words.options6
    said = _said(options, environment, _left_out(event)) if is_bound else None
    return Handed(interface, client, family, is_bound, said and _offer(said, client, interface, family))


def name_servers(event: Mapping[str, Any]) -> tuple[str, ...]:
    """Whom an event that ``read`` has taken says to ask for names; what is no address is passed over."""
    return _addresses(event, CLIENTS[event["client"]].name_servers)


def routers(event: Mapping[str, Any]) -> tuple[str, ...]:
    """The gateways that an event that ``read`` has taken tells of."""
    return _addresses(event, CLIENTS[event["client"]].routers)


def _addresses(event: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, ...]:
    words = " ".join(event["environment"].get(name, "") for name in names).split()
    return tuple(dict.fromkeys(word for word in words if _is_address(word)))


def _is_address(word: str) -> bool:
    try:
        return bool(ip_address(word))
    except ValueError:
        return False


def family_of(client: str, reason: str) -> Literal[4, 6] | None:
    """Of which family a client of the table tells by a reason; None where that is nothing of a lease."""
    words = CLIENTS[client]
    if reason in words.bound6 or reason in words.ended6:
        return 6
    return 4 if reason in words.bound4 or reason in words.ended4 else None


def _checked(event: Mapping[str, Any]) -> tuple[str, str, dict[str, str]]:
    client, reason, environment = (event.get(name) for name in ("client", "reason", "environment"))
    if not isinstance(client, str) or client not in CLIENTS:
        raise NotUsable(f"an event is of one of the clients {', '.join(CLIENTS)}")
    if not isinstance(reason, str) or not isinstance(environment, Mapping):
        raise NotUsable("an event has a reason and an environment")
    texts = [text for pair in environment.items() for text in pair]
    if not all(isinstance(text, str) for text in texts):
        raise NotUsable("an event's environment has names and texts only")
    if len(texts) > 2 * MOST_NAMES or sum(map(len, texts)) > MOST_TEXT:
        raise NotUsable(f"an event has {MOST_NAMES} variables and {MOST_TEXT} characters at most")
    return client, reason, dict(environment)


def _left_out(event: Mapping[str, Any]) -> Mapping[str, int]:
    """The variables that a hook had no room for, and how many characters each had."""
    told = event.get("left_out")
    if not isinstance(told, Mapping):
        return {}
    return {str(name): size for name, size in [*told.items()][:MOST_NAMES] if type(size) is int}


def _said(options: Mapping[str, str], environment: Mapping[str, str], left_out: Mapping[str, int]) -> Said | None:
    """Everything that the options say, those named first before the others; None where there are none."""
    whole: Said | None = None
    for name, form in options.items():
        said = None
        if environment.get(name):
            said = FORMS[form](environment[name])
        elif name in left_out:
            too_long = f"{name} has {left_out[name]} characters; what an event tells has {MOST_TEXT} at most"
            said = Said(refused=(too_long,))
        if said is not None:
            whole = said if whole is None else whole.over(said)
    return whole


def _offer(said: Said, client: str, interface: str, family: Literal[4, 6]) -> Offer | None:
    if said == Said():
        return None
    return Offer(
        Source.DHCPV4 if family == 4 else Source.DHCPV6,
        client,
        interface,
        said.url,
        provisioning_code=said.provisioning_code,
        retry_minimum_wait=said.retry_minimum_wait,
        retry_multiplier=said.retry_multiplier,
        neighbour=said.neighbour,
        refused=said.refused,
    )


# -- forms ---------------------------------------------------------------------------------------------------------


def octets(text: str) -> bytes | None:
    """Hexadecimal, contiguous or as numbers between colons that may lack a leading zero; None for anything else."""
    text = text.strip()
    if PAIRS.fullmatch(text):
        return bytes.fromhex(text)
    if NUMBERS.fullmatch(text):
        return bytes(int(number, 16) for number in text.split(":"))
    return None


def _by(option: Callable[[bytes], Said], name: str, before: bytes = b"") -> Callable[[str], Said]:
    """Reads an option's text. dhclient writes what is nothing but text as such, some characters behind a backslash."""

    def said(text: str) -> Said:
        content = octets(text)
        if content is None and text.strip()[:8].lower().startswith(("http://", "https://")):
            content = ESCAPED.sub(r"\1", text).encode(errors="replace")
        return Said(refused=(f"{name} is no hexadecimal number",)) if content is None else option(before + content)

    return said


def _sub_option(code: int) -> Callable[[str], Said]:
    """Reads one of option 43's values that a client has taken out already, as text."""

    def said(text: str) -> Said:
        value = text.encode(errors="replace")
        return option43(bytes((code, len(value))) + value) if len(value) < 256 else Said(refused=("too long a text",))

    return said


FORUM: Final = (3561).to_bytes(4, "big")
FORMS: Final[Mapping[str, Callable[[str], Said]]] = {
    "43": _by(option43, "option 43"),
    "125": _by(option125, "option 125"),
    "17": _by(option17, "option 17"),
    "in 17": _by(option17, "option 17", before=FORUM),
    "url": _sub_option(1),
    "code": _sub_option(2),
    "wait": _sub_option(3),
    "multiplier": _sub_option(4),
}
"""How a variable's text is read: a whole option, one enterprise's part of it, or one value."""


# -- clients -------------------------------------------------------------------------------------------------------

_DHCLIENT_ENDED: Final = frozenset({"PREINIT", "EXPIRE", "FAIL", "RELEASE", "STOP"})
_TAKEN_OUT: Final = {"acs_url": "url", "prov_code": "code", "retry_min": "wait", "retry_mult": "multiplier"}
"""What dhcpcd's manual shows people to call the parts of vendor 3561."""

CLIENTS: Final[Mapping[str, Client]] = {
    "udhcpc": Client(
        interfaces=("interface",),
        bound4=frozenset({"bound", "renew"}),
        ended4=frozenset({"deconfig", "leasefail", "nak"}),
        options4={"opt125": "125", "opt43": "43"},
        name_servers=("dns",),
        routers=("router",),
    ),
    "odhcp6c": Client(
        interfaces=("interface",),  # its first argument
        bound4=frozenset(),
        ended4=frozenset(),
        bound6=frozenset({"bound", "informed", "updated", "rebound", "ra-updated"}),
        ended6=frozenset({"started", "stopped", "unbound"}),
        options6={"OPTION_17": "17"},
        name_servers=("RDNSS",),
    ),
    "dhclient": Client(
        interfaces=("interface",),
        bound4=frozenset({"BOUND", "RENEW", "REBIND", "REBOOT", "TIMEOUT"}),
        ended4=_DHCLIENT_ENDED,
        bound6=frozenset({"BOUND6", "RENEW6", "REBIND6"}),
        ended6=frozenset({"PREINIT6", "EXPIRE6", "RELEASE6", "STOP6"}),
        options4={"new_vivso": "125", "new_unknown_125": "125", "new_vendor_encapsulated_options": "43"},
        options6={"new_vsio_unknown_3561": "in 17", "new_dhcp6_vendor_opts": "17"},
        name_servers=("new_domain_name_servers", "new_dhcp6_name_servers"),
        routers=("new_routers",),
    ),
    "dhcpcd": Client(
        interfaces=("interface",),
        bound4=frozenset({"BOUND", "RENEW", "REBIND", "REBOOT", "INFORM", "TIMEOUT"}),
        ended4=frozenset({"EXPIRE", "NAK", "RELEASE", "STOP", "FAIL"}),
        bound6=frozenset({"BOUND6", "RENEW6", "REBIND6", "REBOOT6", "INFORM6"}),
        ended6=frozenset({"EXPIRE6", "RELEASE6", "STOP6"}),
        options4={
            "new_vivso": "125",
            **{f"new_tr069_{name}": form for name, form in _TAKEN_OUT.items()},
            "new_vendor_encapsulated_options": "43",
        },
        options6={
            "new_dhcp6_vivso": "17",
            **{f"new_dhcp6_tr069_{name}": form for name, form in _TAKEN_OUT.items()},
        },
        name_servers=("new_domain_name_servers", "new_dhcp6_name_servers"),
        routers=("new_routers",),
    ),
    "networkd": Client(
        interfaces=("interface",),
        bound4=frozenset({"lease"}),
        ended4=frozenset({"ended"}),
        options4={"VENDOR_SPECIFIC": "43"},
        name_servers=("DNS",),
        routers=("ROUTER",),
    ),
    # Its own client hides these options; with dhclient in its place it hands on what that tells it.
    "networkmanager": Client(
        interfaces=("DEVICE_IP_IFACE", "DEVICE_IFACE"),
        bound4=frozenset({"up", "dhcp4-change"}),
        ended4=frozenset({"down", "pre-down"}),
        bound6=frozenset({"dhcp6-change"}),
        options4={
            "DHCP4_VIVSO": "125",
            "DHCP4_UNKNOWN_125": "125",
            "DHCP4_VENDOR_ENCAPSULATED_OPTIONS": "43",
        },
        options6={"DHCP6_DHCP6_VENDOR_OPTS": "17"},
        name_servers=("DHCP4_DOMAIN_NAME_SERVERS", "DHCP6_DHCP6_NAME_SERVERS"),
        routers=("DHCP4_ROUTERS",),
    ),
    "dhcpinform": Client(
        interfaces=("interface",),
        bound4=frozenset({"answered"}),
        ended4=frozenset({"unanswered"}),
        options4={"option125": "125", "option43": "43"},
    ),
}
"""Where two options say the same, 125 counts: it names whose words they are."""


def _shown(reason: str) -> str:
    return repr(reason[:40])
