"""What texts of Device.NAT. and Device.Firewall. have to be, beyond what the schema says of them."""

import ipaddress
import re
from datetime import datetime, timedelta
from typing import Final

from agent.model.errors import InvalidValue
from backends.firewall.conditions import is_host_address
from backends.firewall.nat import BROADCAST
from backends.tr181.moments import EPOCH, FOR_EVER

LABEL: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
LONGEST_NAME: Final = 253
MASK: Final = re.compile(r"[^/]*/([0-9]{1,3})")
LONGEST_MASK: Final = 128


def remote_host(text: str) -> str:
    """An IPv4 address, or "" for any; InvalidValue."""
    if text and not is_host_address(text):
        raise InvalidValue("", "the remote host is told by its IPv4 address")
    return text


def internal_client(text: str) -> str:
    """The IPv4 address or the name of a host inside, or ""; InvalidValue."""
    if not text or is_host_address(text) or text == BROADCAST:
        return text
    labels = text.split(".")
    if len(text) > LONGEST_NAME or not all(LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise InvalidValue("", "the client is told by its IPv4 address or its host name")
    return text


def ipv4_prefix(text: str) -> str:
    """An IPv4 address or prefix, or ""; InvalidValue."""
    try:
        if text:
            ipaddress.IPv4Network(text, strict=False)
    except ValueError as error:
        raise InvalidValue("", "an IPv4 address or prefix is needed") from error
    return text


def prefix(text: str) -> str:
    """An address or prefix of either version; InvalidValue."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise InvalidValue("", "an IP address or prefix is needed") from error
    return text


def address(text: str) -> str:
    """An address of either version, or ""; InvalidValue."""
    try:
        if text:
            ipaddress.ip_address(text)
    except ValueError as error:
        raise InvalidValue("", "an IP address is needed") from error
    return text


def host(text: str) -> str:
    """The IPv4 address of one host, or ""; InvalidValue."""
    if text and not is_host_address(text):
        raise InvalidValue("", "the address of one host is needed")
    return text


def mask(text: str) -> str:
    """An IPPrefix whose address counts for nothing, or ""; InvalidValue."""
    told = MASK.fullmatch(text)
    if text and (told is None or int(told[1]) > LONGEST_MASK):
        raise InvalidValue("", "a mask is a prefix without its address, such as /24")
    return text


def expiry(value: datetime | timedelta | None) -> int | None:
    """Unix time; None for never. InvalidValue for a time that is not known, or counts from the start."""
    if not isinstance(value, datetime):
        raise InvalidValue("", "a rule ends at a date")
    return None if value >= FOR_EVER else round((value - EPOCH).total_seconds())
