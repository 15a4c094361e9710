"""What a dhcpcd of ours is told: its configuration, from the records of one client. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from backends.dhcp_client.records import Client6, RequestedOption4, SentOption4, SentOption6

COMMON: Final = (
    "persistent",  # a new run takes the lease up where the last one left it
    "timeout 0",
    "script /dev/null",  # the lease is read from its file; nothing else of this machine is dhcpcd's to change
)
HOST_NAME: Final = re.compile(rb"[A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?")
ALWAYS_ASKED4: Final = (3, 6)
ALWAYS_ASKED6: Final = (23, 24)
NAMES_ACS4: Final = (43, 125)
NAMES_ACS6: Final = (17,)
"""In which a server names the ACS (TR-069 §3.1): asked for behind everything else."""
BROADBAND_FORUM: Final = 3561
VENDOR_CLASS: Final = b"dslforum.org"
"""How a device shows that it wants to know the ACS, unless something else is to be sent as option 60, or 16."""
RAPID_COMMIT: Final = 14
NEVER_ASKED4: Final = frozenset((50, 52, 53, 54, 55, 57, 61, 82))
"""Of the conversation itself: who asks for one of these gets no sensible packet (RFC 2132)."""
NEVER_ASKED6: Final = frozenset((1, 2, 3, 4, 5, 6, 8, 9, 11, 12, 13, 14, 15, 16, 18, 19, 20, 25, 26))
"""Not for an Option Request option (RFC 8415, 24)."""
LONGEST_CLASS: Final = 254


class Unsendable(ValueError):
    """dhcpcd cannot send this option, or not with this value."""


def conf4(sent: Sequence[SentOption4], requested: Sequence[RequestedOption4]) -> str:
    """The configuration of a DHCPv4 client; raises Unsendable."""
    lines = [*COMMON, "noipv4ll", "noipv6"]
    tags = {one.tag for one in sent}
    lines += [] if 61 in tags else ["clientid"]  # the hardware address, RFC 2132's form
    lines += [] if 60 in tags else sent4(60, VENDOR_CLASS)
    lines += ["fqdn disable"]
    for option in sent:
        lines += sent4(option.tag, bytes.fromhex(option.value))
    wanted = (one.tag for one in sorted(requested, key=lambda one: one.order))
    for tag in dict.fromkeys([*ALWAYS_ASKED4, *wanted, *NAMES_ACS4]):
        lines += [f"define {tag} binhex o{tag}", f"option {tag}"]
    return "".join(f"{line}\n" for line in lines)


def conf6(link: str, client: Client6, sent: Sequence[SentOption6]) -> str:
    """The configuration of a DHCPv6 client; raises Unsendable. Router advertisements stay the kernel's."""
    lines = [*COMMON, "duid", "noipv6rs", "noipv4"]
    lines += [] if any(one.tag == 16 for one in sent) else [f"vendclass {BROADBAND_FORUM} {quoted(VENDOR_CLASS)}"]
    for option in sent:
        lines += sent6(option.tag, bytes.fromhex(option.value))
    for tag in dict.fromkeys([*ALWAYS_ASKED6, *client.requested_options, *NAMES_ACS6]):
        lines += [f"define6 {tag} binhex o{tag}", f"option dhcp6_o{tag}"]
    if client.rapid_commit:
        lines += ["option dhcp6_rapid_commit"]
    lines += [f"interface {link}"]
    if client.request_addresses:
        lines += ["ia_na 1"]
    if client.request_prefixes:
        lines += ["ia_pd 2"]
    if not client.request_addresses and not client.request_prefixes:
        lines += ["inform6"]
    return "".join(f"{line}\n" for line in lines)


def quoted(value: bytes) -> str:
    """Any octets as dhcpcd reads them: no character of them has a meaning there."""
    return '"' + "".join(f"\\x{octet:02x}" for octet in value) + '"'


def sent4(tag: int, value: bytes) -> list[str]:
    """The lines that make dhcpcd send a DHCPv4 option; raises Unsendable."""
    if tag not in SENDS4:
        raise Unsendable(f"option {tag} cannot be sent by this DHCP client; {_list(SENDS4)} can")
    return list(SENDS4[tag](value))


def sent6(tag: int, value: bytes) -> list[str]:
    """The lines that make dhcpcd send a DHCPv6 option; raises Unsendable."""
    if tag not in SENDS6:
        raise Unsendable(f"option {tag} cannot be sent by this DHCPv6 client; {_list(SENDS6)} can")
    return list(SENDS6[tag](value))


def _list(tags: Mapping[int, object]) -> str:
    *first, last = map(str, tags)
    return f"{', '.join(first)} and {last}"


def _host_name(value: bytes) -> Iterator[str]:
    if not HOST_NAME.fullmatch(value) or b".." in value:
        raise Unsendable("option 12 is a host name")
    yield f"hostname {value.decode()}"


def _vendor(value: bytes) -> Iterator[str]:
    _fits(value, 43)
    yield f"vendor ,{quoted(value)}"


def _vendor_class(value: bytes) -> Iterator[str]:
    _fits(value, 60)
    yield f"vendorclassid {quoted(value)}"


def _client_id(value: bytes) -> Iterator[str]:
    if not 2 <= len(value) <= LONGEST_CLASS:
        raise Unsendable(f"option 61 has 2 to {LONGEST_CLASS} octets")
    yield f"clientid {value.hex(':')}"


def _user_class(value: bytes) -> Iterator[str]:
    """RFC 3004: each class behind its length, which dhcpcd puts there."""
    at = 0
    while at < len(value):
        length = value[at]
        if length == 0 or at + 1 + length > len(value):
            break
        yield f"userclass {quoted(value[at + 1 : at + 1 + length])}"
        at += 1 + length
    if at != len(value) or not value:
        raise Unsendable("option 77 is a list of classes, each behind an octet with its length (RFC 3004)")


def _vendor_identifying_class(value: bytes) -> Iterator[str]:
    """RFC 3925: one enterprise."""
    if len(value) < 6 or value[4] != len(value) - 5:
        raise Unsendable("option 124 is an enterprise number, a length and the data of one enterprise (RFC 3925)")
    yield f"vendclass {int.from_bytes(value[:4], 'big')} {quoted(value[5:])}"


def _user_class6(value: bytes) -> Iterator[str]:
    for part in _parts16(value, 15):
        yield f"userclass {quoted(part)}"


def _vendor_class6(value: bytes) -> Iterator[str]:
    parts = _parts16(value[4:], 16) if len(value) > 4 else []
    if len(parts) != 1:
        raise Unsendable("option 16 is an enterprise number and one piece of data behind its length (RFC 8415, 21.16)")
    yield f"vendclass {int.from_bytes(value[:4], 'big')} {quoted(parts[0])}"


def _parts16(value: bytes, tag: int) -> list[bytes]:
    """Pieces, each behind two octets with its length (RFC 8415, 21.15)."""
    parts, at = [], 0
    while at + 2 < len(value):
        length = int.from_bytes(value[at : at + 2], "big")
        parts.append(value[at + 2 : at + 2 + length])
        at += 2 + length
    if at != len(value) or not parts or not all(parts) or max(map(len, parts)) > LONGEST_CLASS:
        raise Unsendable(f"option {tag} is a list, each piece behind two octets with its length (RFC 8415)")
    return parts


def _fits(value: bytes, tag: int) -> None:
    if not 1 <= len(value) <= LONGEST_CLASS:
        raise Unsendable(f"option {tag} has 1 to {LONGEST_CLASS} octets")


SENDS4: Final[Mapping[int, Callable[[bytes], Iterator[str]]]] = {
    12: _host_name,
    43: _vendor,
    60: _vendor_class,
    61: _client_id,
    77: _user_class,
    124: _vendor_identifying_class,
}
"""What dhcpcd has words for (dhcpcd.conf); it has none for an option in general."""

SENDS6: Final[Mapping[int, Callable[[bytes], Iterator[str]]]] = {15: _user_class6, 16: _vendor_class6}
