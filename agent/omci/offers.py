"""What the OLT says of the ACS, as discovery weighs it: a chore of the owner's thread."""

import logging
from collections.abc import Callable

from agent.discovery.offer import Offer, Source
from backends.omci.acs_chain import AcsNamed, NoneNamed

log = logging.getLogger(__name__)


class Offers:
    """``read`` gives what the chain to the ACS came to; None: nothing yet. ``said`` takes the offer.

    None named, whyever, is an offer of nothing, with the reason: what is in force stays.
    """

    def __init__(
        self,
        read: Callable[[], AcsNamed | NoneNamed | None],
        device: str,
        said: Callable[[Source, Offer | None], None],
        note: Callable[..., object] = lambda *_told, **_fields: None,
    ) -> None:
        self._read = read
        self._device = device
        self._said = said
        self._note = note
        self._last: AcsNamed | NoneNamed | None = None
        self._offer: Offer | None = None

    def due(self, now: float) -> float | None:
        """See agent.runtime.housekeeping.Chore."""
        return now if self._read() != self._last else None

    def act(self, now: float) -> frozenset[str]:  # noqa: ARG002 - as every chore
        """See agent.runtime.housekeeping.Chore: nothing has changed yet; discovery's own chore decides."""
        self._last = named = self._read()
        before, self._offer = self._offer, _offer(named, self._device)
        self._said(Source.OMCI, self._offer)
        tag = named.tag if isinstance(named, AcsNamed) else None
        if tag is not None and tag.vlan != (before.vlan if before else None):
            text = f"the OLT has the management traffic in VLAN {tag.vlan}, priority {tag.priority}"
            log.info("%s: [network] management_interface may name a link of it", text)
            told = {"vlan": tag.vlan, "priority": tag.priority}
            self._note("optical", self._device, text, severity="Indeterminate", **told)
        return frozenset()

    def secrets(self) -> list[str]:
        """Texts that no log shows."""
        offer = self._offer
        return [offer.password] if offer is not None and offer.password else []


def _offer(named: AcsNamed | NoneNamed | None, device: str) -> Offer | None:
    if isinstance(named, AcsNamed):
        vlan = named.tag.vlan if named.tag else None
        return Offer(Source.OMCI, device, url=named.url, username=named.username, password=named.password, vlan=vlan)
    return Offer(Source.OMCI, device, refused=(named.reason,)) if named else None
