"""Why a change of the network is refused; the caller translates these into its own words."""

from backends.network.plan import Ident


class Refused(Exception):
    """The network will not be changed like this; ``reason`` is a sentence for people.

    ``ident`` is what cannot be in the kernel, where it is one thing.
    """

    def __init__(self, reason: str, ident: Ident | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.ident = ident


class NotManaged(Refused):
    """The owner has not given this interface to the agent (``[network] manage``)."""


class Conflict(Refused):
    """The value contradicts what is there, or what else is wanted."""


class Fixed(Refused):
    """This belongs to somebody else (a DHCP client, the kernel) or to what the row is, and cannot be changed."""
