"""What the OLT says of the ACS, as discovery weighs it: a chore of the owner's thread."""

import logging
from collections.abc import Callable
from typing import Final

from agent.discovery.offer import Offer, Source
from backends.omci.acs_chain import AcsNamed, NoneNamed, Tag

NO_VLAN: Final = 4095
LOOK: Final = 60.0
"""Seconds between looks at whether the management traffic is in the OLT's VLAN: links and settings come and go."""

log = logging.getLogger(__name__)


class Offers:
    """``read`` gives what the chain to the ACS came to; None: nothing yet. ``said`` takes the offer.

    None named, whyever, is an offer of nothing, with the reason: what is in force stays. ``advice`` says what has to be
    done so that the management traffic is in a VLAN, "" when it is there.
    """

    def __init__(
        self,
        read: Callable[[], AcsNamed | NoneNamed | None],
        device: str,
        said: Callable[[Source, Offer | None], None],
        note: Callable[..., object] = lambda *_told, **_fields: None,
        advice: Callable[[int], str] = lambda _vlan: "",
    ) -> None:
        self._read = read
        self._device = device
        self._said = said
        self._note = note
        self._advice = advice
        self._last: AcsNamed | NoneNamed | None = None
        self._offer: Offer | None = None
        self._look_at = 0.0

    def due(self, now: float) -> float | None:
        """See agent.runtime.housekeeping.Chore."""
        if self._read() != self._last:
            return now
        return self._look_at if self._offer is not None and self._offer.vlan is not None else None

    def act(self, now: float) -> frozenset[str]:
        """See agent.runtime.housekeeping.Chore: nothing has changed yet; discovery's own chore decides."""
        before, last = self._offer, self._last
        self._last, self._look_at = self._read(), now + LOOK
        self._offer = _offer(self._last, self._device, self._advice)
        if (self._offer, self._last) != (before, last):
            self._said(Source.OMCI, self._offer)
        if (tag := _tag(self._last)) is not None and tag != _tag(last):
            text = f"the OLT has the management traffic in VLAN {tag.vlan}, priority {tag.priority}"
            log.info("%s; next: %s", text, self._offer.advice if self._offer and self._offer.advice else "nothing")
            told = {"vlan": tag.vlan, "priority": tag.priority}
            self._note("optical", self._device, text, severity="Indeterminate", **told)
        return frozenset()

    def secrets(self) -> list[str]:
        """Texts that no log shows."""
        offer = self._offer
        return [offer.password] if offer is not None and offer.password else []


def next_step(vlan: int, management_interface: str, vlans: dict[str, int]) -> str:
    """What a person has to do for this VLAN; ``vlans``: by link of this machine, the VLAN that it is in.

    The OLT does not say which link of this machine leads to it, so that nothing is made here by itself.
    """
    if vlans.get(management_interface) == vlan:
        return ""
    there = min((name for name, number in vlans.items() if number == vlan), default="")
    if there:
        return f'[network] management_interface = "{there}" has the ACS asked in VLAN {vlan}, as the OLT says'
    return (
        f"make VLAN {vlan} over the link of the ONT (a row of Ethernet.VLANTermination. with VLANID {vlan}), "
        "then name it in [network] management_interface"
    )


def _tag(named: AcsNamed | NoneNamed | None) -> Tag | None:
    """The tag of a VLAN; 0 stands for none, and 4095 for nothing that could be had."""
    tag = named.tag if isinstance(named, AcsNamed) else None
    return tag if tag is not None and 0 < tag.vlan < NO_VLAN else None


def _offer(named: AcsNamed | NoneNamed | None, device: str, advice: Callable[[int], str]) -> Offer | None:
    if isinstance(named, AcsNamed):
        offer = Offer(Source.OMCI, device, url=named.url, username=named.username, password=named.password)
        if (tag := _tag(named)) is None:
            return offer
        return offer._replace(vlan=tag.vlan, vlan_priority=tag.priority, advice=advice(tag.vlan))
    return Offer(Source.OMCI, device, refused=(named.reason,)) if named else None
