"""Why a change of the network is refused; the caller translates these into its own words."""


class Refused(Exception):
    """The network will not be changed like this; ``reason`` is a sentence for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotManaged(Refused):
    """The owner has not given this interface to the agent (``[network] manage``)."""


class Conflict(Refused):
    """The value contradicts what is there, or what else is wanted."""


class Fixed(Refused):
    """This belongs to somebody else (a DHCP client, the kernel) or to what the row is, and cannot be changed."""
