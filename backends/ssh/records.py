"""What is wanted of SSH: a record for each server and for each key that lets somebody in."""

from dataclasses import dataclass
from typing import Final

from backends.desired_state import Pointer, Record
from backends.firewall.records import Leased

MACHINE: Final = "sshd"
"""The key of the machine's own server; the others are ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SshService(Record):
    """Servers of our own as a whole."""

    enable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SshServer(Leased):
    """What was set of a server; None is left to the rest of the machine's configuration. Times in seconds.

    ``enable``, ``interface`` and the lease (after which it is disabled) are of servers of our own. ``group`` may log in
    alone, and from the networks (CIDR) alone where not from everywhere.
    """

    enable: bool = False
    interface: Pointer | None = None
    port: int | None = None
    idle_timeout: int | None = None
    keep_alive: int | None = None
    root_login: bool | None = None
    password_login: bool | None = None
    root_password_login: bool | None = None
    max_auth_tries: int | None = None
    from_all_ipv4: bool | None = None
    from_ipv4: tuple[str, ...] = ()
    from_all_ipv6: bool | None = None
    from_ipv6: tuple[str, ...] = ()
    group: Pointer | None = None


ADDED: Final = SshServer(
    port=22, idle_timeout=180, keep_alive=300, root_login=False, password_login=False, root_password_login=False,
    max_auth_tries=3, from_all_ipv4=False, from_all_ipv6=False,
)  # fmt: skip
"""A server as it is added (TR-181, the defaults of Server.{i}): it lets nobody in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizedKey(Record):
    """A public key that lets a user in; neither need be said at once."""

    user: Pointer | None = None
    text: str = ""


KINDS: Final = (SshService, SshServer, AuthorizedKey)
