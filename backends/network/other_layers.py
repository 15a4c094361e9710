"""Links that another service's tables own: Wi-Fi, PPP, tunnels. What they are to the stack of interfaces here."""

from typing import Protocol

from backends.netlink_types import Link
from backends.network.records import Reference


class OtherLayers(Protocol):
    """One table of such rows. Its answers have to be cheap, and the same throughout a request but for staged edits.

    ``kind`` names its rows in references ("wifi_ssid", "ppp"): no kind of record has that name. ``table`` is how the
    data model names the table; nothing here looks into it.
    """

    kind: str
    table: str

    def reference_of(self, link: Link) -> Reference | None:
        """The row that a link of the kernel is, None for a link that is none of these."""

    def link_of(self, reference: Reference) -> str | None:
        """The name of the link that a row is or will be; None where it has none, or is no longer there."""

    def keys_of(self, reference: Reference) -> tuple[str, ...]:
        """The keys of the row in its table, one for each ``{i}``; the last is the reference's key."""
        return (reference.key,)

    def carrier_of(self, link: Link) -> str | None:  # noqa: ARG002 - most tables leave it to the kernel to tell
        """The link that this one is made over, where the kernel does not tell: who manages that manages this one."""
        return None
