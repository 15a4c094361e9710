"""Why a change of the network is refused; the caller translates these into its own words."""

from backends.network.plan import Ident
from backends.network.records import Reference


class Refused(Exception):
    """The network will not be changed like this; ``reason`` is a sentence for people.

    ``ident`` is what cannot be in the kernel, where it is one thing; ``row`` the one row to blame, where that is known
    already, and ``field`` what its record says wrongly.
    """

    def __init__(
        self, reason: str, ident: Ident | None = None, row: Reference | None = None, field: str | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.ident = ident
        self.row = row
        self.field = field


class NotManaged(Refused):
    """The owner has not given this interface to the agent (``[network] manage``)."""


class Conflict(Refused):
    """The value contradicts what is there, or what else is wanted."""


class HandMade(Refused):
    """The value contradicts what somebody configured on this system without the agent, and that is left as it is."""


class Fixed(Refused):
    """This belongs to somebody else (a DHCP client, the kernel) or to what the row is, and cannot be changed."""
