"""What is wanted of DHCP clients: a record for each client and each option that it sends or asks for."""

from dataclasses import dataclass
from typing import ClassVar, Final

from backends.desired_state import Pointer, Record

LEFT_TO_THE_SERVER: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Client4(Record):
    """A DHCPv4 client on the link of an IP interface."""

    enable: bool = False
    interface: Pointer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentOption4(Record):
    """An option that it sends; ``value`` in hexadecimal. A row begins as the vendor class, switched off."""

    owner: ClassVar[type[Record] | None] = Client4
    enable: bool = False
    tag: int = 60
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedOption4(Record):
    """An option that it asks for. A row begins as the vendor's information, switched off."""

    owner: ClassVar[type[Record] | None] = Client4
    enable: bool = False
    tag: int = 43
    order: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Client6(Record):
    """A DHCPv6 client on the link of an IP interface."""

    enable: bool = False
    interface: Pointer | None = None
    request_addresses: bool = True
    request_prefixes: bool = False
    rapid_commit: bool = False
    requested_options: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SentOption6(Record):
    """An option that it sends; ``value`` in hexadecimal."""

    owner: ClassVar[type[Record] | None] = Client6
    enable: bool = False
    tag: int = 16
    value: str = ""


KINDS: Final = (Client4, SentOption4, RequestedOption4, Client6, SentOption6)
