"""What is wanted of dynamic DNS: a record for each server, each client and each of a client's names."""

from dataclasses import dataclass
from typing import Final

from backends.desired_state import Pointer, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Server(Record):
    """A service, and how it is reached: "" and 0 are the service's own. Intervals in seconds.

    ``check_interval`` 0: the address is not looked at but when the kernel tells of a change.
    """

    enable: bool = False
    name: str = ""
    service: str = ""
    address: str = ""
    port: int = 0
    protocol: str = ""
    check_interval: int = 300
    retry_interval: int = 300
    max_retries: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Client(Record):
    """An account at the server with this key; without an interface the one of the default route is meant."""

    enable: bool = False
    server: str = ""
    interface: Pointer | None = None
    username: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostname(Record):
    """A name of a client's."""

    owner = Client
    enable: bool = False
    name: str = ""


KINDS: Final = (Server, Client, Hostname)
