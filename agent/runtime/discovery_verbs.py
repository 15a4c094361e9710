"""The verbs discover and dhcp_event: what every source says of the ACS and who wins, and what a DHCP client tells."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from agent.discovery.offer import Offer
from agent.discovery.policy import DHCP, TABLE, UNREACHABLE, Situation, Verdict, Word
from agent.runtime.control import error
from agent.runtime.discovery import Contact, Discovery, Picture
from agent.runtime.endpoint import shown_url
from agent.runtime.events import Moment

Reply = dict[str, Any]


class DiscoveryVerbs:
    """``forget`` has the system read anew, for each answer."""

    def __init__(
        self, discovery: Discovery, clock: Callable[[], Moment], forget: Callable[[], None], root: str
    ) -> None:
        self._discovery = discovery
        self._clock = clock
        self._forget = forget
        self._root = root
        self.table: Mapping[str, Callable[[Mapping[str, Any]], Reply]] = {
            "discover": self.discover,
            "dhcp_event": self.dhcp_event,
        }

    def discover(self, _arguments: Mapping[str, Any]) -> Reply:
        """→ ``acs``, ``why``, ``next``, ``sources``, ``following``, ``ways``, ``settings``; see the manual."""
        self._forget()
        return report(self._discovery.picture(self._clock().monotonic), self._root)

    def dhcp_event(self, arguments: Mapping[str, Any]) -> Reply:
        """``event`` → ``accepted``, whether it could be used, and ``why``: what the policy makes of it."""
        event = arguments.get("event")
        if not isinstance(event, Mapping):
            return error("invalid_arguments", "event has to be an object", "see `cpe-agent dhcp-event --help`")
        self._forget()
        handed, why = self._discovery.heard(event)
        if handed is None:
            return {"accepted": False, "why": why}
        now = self._clock().monotonic
        before = self._discovery.picture(now).decision.verdicts
        self._discovery.act(now)
        if not handed.is_bound:
            return {"accepted": True, "why": f"the lease on {handed.interface} has ended; the ACS stays"}
        mine = (handed.client, handed.interface, handed.family)
        return {"accepted": True, "why": next((_sentence(one) for one in before if _slot(one.offer) == mine), "")}


def report(picture: Picture, root: str) -> Reply:
    """The document of the verb discover; no password is in it, and of a URL nothing behind its path."""
    now, decision = picture.situation, picture.decision
    holder = now.in_force
    winner = next((one for one in decision.verdicts if one.word in (Word.SETS, Word.IN_FORCE)), None)
    return {
        "acs": {
            "url": shown_url(holder.url),
            "source": holder.source.value if holder.url else "",
            "name": TABLE[holder.source].name if holder.url else "",
            "told_by": holder.told_by,
            "since": holder.since,
            "contact": _contact(picture.contact, now),
            "failed_attempts": picture.contact.failures,
        },
        "why": _summary(now, winner),
        "next": _next(picture, winner),
        "remembered_host": now.remembered,
        "sources": [_source(verdict) for verdict in decision.verdicts],
        "following": [
            {
                "parameter": root + name,
                "value": value,
                "source": str(by.get("source")),
                "told_by": by.get("told_by", ""),
            }
            for name, (value, by) in picture.followed.items()
        ],
        "ways": {f"ipv{family}": list(links) for family, links in now.ways.items()},
        "settings": {name: getattr(picture.settings, name) for name in SETTINGS},
    }


SETTINGS: Final = ("enable", "allow_http", "allow_change", "interface")


def _source(verdict: Verdict) -> Reply:
    offer = verdict.offer
    said: Reply = {}
    if offer is not None:
        said = {
            "told_by": offer.told_by,
            "interface": offer.interface,
            "url": shown_url(offer.url),
            "provisioning_code": offer.provisioning_code,
            "retry_minimum_wait": offer.retry_minimum_wait,
            "retry_multiplier": offer.retry_multiplier,
            "vlan": offer.vlan,
            "vlan_priority": offer.vlan_priority,
            "gateway": offer.neighbour._asdict() if offer.neighbour else None,
            "refused": list(offer.refused),
        }
    return {
        "source": verdict.source.value,
        "name": TABLE[verdict.source].name,
        "verdict": verdict.word.value,
        "why": verdict.why,
        "next": verdict.next or (offer.advice if offer else ""),
        **said,
    }


def _contact(contact: Contact, now: Situation) -> str:
    if not now.in_force.url:
        return "none"
    if now.is_unreachable:
        return "unreachable"
    if contact.failures:
        return "failing"
    return "reached" if contact.has_answered else "not tried yet"


def _summary(now: Situation, winner: Verdict | None) -> str:
    if winner is None:
        return "no source names an ACS that may be used"
    name = TABLE[winner.source].name
    if winner.word is Word.SETS:
        return f"{name} wins: {winner.why}"
    state = f"; it cannot be reached ({UNREACHABLE})" if now.is_unreachable else ""
    return f"{name} wins: {winner.why}{state}"


def _next(picture: Picture, winner: Verdict | None) -> str:
    """The one step that helps most: none where all is well."""
    if winner is not None and not picture.situation.is_unreachable:
        return ""
    if (refused := _nearest(picture)) is not None:
        return refused.next
    if winner is not None:
        return "`cpe-agent doctor` looks for the reason"
    by_hand = "`cpe-agent setup --url URL` sets one by hand"
    said = {one.source for one in picture.decision.verdicts if one.offer is not None}
    if said & DHCP or not picture.settings.enable:
        return by_hand
    return (
        f"{by_hand}; `cpe-agent setup --dhcp-hooks` has the DHCP clients of this machine ask for one, "
        "and after that the next lease tells"
    )


def _nearest(picture: Picture) -> Verdict | None:
    """The refused offer that is the nearest to being taken: one of a link that leads out before all others."""
    ways = {link for links in picture.situation.ways.values() for link in links}
    refused = [one for one in picture.decision.verdicts if one.word is Word.REFUSED and one.offer and one.next]
    return min(refused, key=lambda one: one.offer is None or one.offer.interface not in ways, default=None)


def of_no_acs(picture: Picture) -> tuple[str, str]:
    """Why an ACS that was offered is not taken, and what to do about that; "" and "" where none was offered."""
    refused = _nearest(picture)
    if refused is None:
        return "", ""
    return f"what {TABLE[refused.source].name} names is not taken: {refused.why}", refused.next


def _sentence(verdict: Verdict) -> str:
    return f"{TABLE[verdict.source].name} {verdict.word.value}: {verdict.why}"


def _slot(offer: Offer | None) -> tuple[str, str, int] | None:
    if offer is None:
        return None
    return offer.told_by, offer.interface, 6 if offer.source.value == "dhcpv6" else 4
