"""Finds the ACS while the agent runs: the offers in force, and what the policy makes of them, applied to the model."""

import hashlib
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from agent.cwmp import management_server as ms
from agent.cwmp.acs_url import check_acs_url
from agent.discovery.handed_over import Handed
from agent.discovery.offer import Neighbour, Offer, Source
from agent.discovery.policy import (
    DHCP,
    FAILING_FOR,
    FAILURES,
    LOOPBACK,
    Decision,
    Followed,
    InForce,
    Rules,
    Situation,
    Verdict,
    Word,
    decide,
    host_of,
    in_force,
)
from agent.model.data_model import Caller, DataModel
from agent.model.errors import ModelError
from agent.model.own_values import OwnValues
from agent.model.transaction import Transaction
from agent.runtime.clock import iso
from agent.runtime.endpoint import shown_url
from agent.runtime.events import Moment
from agent.runtime.lease_events import LeaseEvents
from agent.runtime.leases import Leases

log = logging.getLogger(__name__)

REMEMBERED_HOST: Final = "Discovery.RememberedHost"
PROVISIONED: Final = "Discovery.Provisioned"
OWN_VALUES: Final[dict[str, Any]] = {REMEMBERED_HOST: "", PROVISIONED: ""}
AGAIN: Final = 60.0
"""Seconds before a change that the model refused is tried once more."""
FOLLOWS: Final[Mapping[str, str]] = {
    "provisioning_code": "DeviceInfo.ProvisioningCode",
    "retry_minimum_wait": "ManagementServer.CWMPRetryMinimumWaitInterval",
    "retry_multiplier": "ManagementServer.CWMPRetryIntervalMultiplier",
}
"""The parameters that follow options, by the field of an offer (TR-069 §3.1, table 3)."""
FOLLOWED_FROM: Final = frozenset({*DHCP, Source.OMCI})
TOPICS: Final = frozenset({"own", "lease"})
CONCERNED: Final = frozenset({"link", "address", "route", "own", "everything"})


class Settings(Protocol):
    """``[discovery]``."""

    @property
    def enable(self) -> bool:
        """Whether offers are looked at."""

    @property
    def allow_http(self) -> bool:
        """Whether DHCP may name an http:// ACS."""

    @property
    def allow_change(self) -> bool:
        """Whether DHCP may name another host than it did first."""

    @property
    def interface(self) -> str:
        """The only link whose leases count; "" is the one that leads out."""


class Contact(NamedTuple):
    """How it goes with the ACS in force: failures in a row, since when (monotonic), whether a session was complete."""

    failures: int = 0
    failing_since: float | None = None
    has_answered: bool = False


class Discovery:
    """A chore of the owner's thread (``due``, ``act``), and what people ask of it.

    ``ways`` tells by family the links that lead out, ``contact`` how it goes with the ACS; ``applied`` is called after
    a change of the ACS, for the core to follow, ``lease_changed`` with the link that a client told of; ``own_hosts``
    are this machine's names and addresses, ``index_of`` is the kernel's number of a link, 0 for none. While a reboot or
    a factory reset is promised (``is_going_down``) nothing is set: it is for the next start.
    """

    def __init__(
        self,
        model: DataModel,
        own: OwnValues,
        settings: Callable[[], Settings],
        ways: Callable[[], Mapping[int, tuple[str, ...]]],
        contact: Callable[[], Contact],
        clock: Callable[[], Moment],
        events: LeaseEvents,
        applied: Callable[[], None] = lambda: None,
        is_going_down: Callable[[], bool] = lambda: False,
        lease_changed: Callable[[str], None] = lambda _link: None,
        own_hosts: Callable[[], Iterable[str]] = tuple,
        index_of: Callable[[str], int] = lambda _link: 0,
    ) -> None:
        self._model = model
        self._own = own
        self._settings = settings
        self._ways = ways
        self.leases = Leases(events, ways, index_of)
        self._contact = contact
        self._clock = clock
        self._applied = applied
        self._is_going_down = is_going_down
        self._lease_changed = lease_changed
        self._own_hosts = own_hosts
        self._said: dict[Source, Offer] = {}
        self._refused: dict[tuple[str, str, str], str] = {}
        self._is_dirty = True
        self._not_before = 0.0
        self._seen = (False, False)
        self.asks = False
        """Whether the WAN's server is to be asked by ourselves (DHCPINFORM), for any thread to see."""

    # -- what is heard ----------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Take over the leases that were in force, and what clients left since."""
        self.leases.begin()
        self._is_dirty = True

    def heard(self, event: Mapping[str, Any]) -> tuple[Handed | None, str]:
        """A client told of a lease: what it means, or why it is of no use."""
        handed, why = self.leases.hear(event, self.asks)
        self._is_dirty |= handed is not None
        if handed is not None:
            self._lease_changed(handed.interface)
        return handed, why

    def said(self, source: Source, offer: Offer | None) -> None:
        """What a source that has no leases (the settings file, a preset, OMCI) says from now on; None: nothing."""
        if offer is None:
            self._said.pop(source, None)
        else:
            self._said[source] = offer
        self.leases.heard_of.add(("", source))
        self._is_dirty = True

    def system_changed(self, topics: frozenset[str]) -> None:
        """Links, routes or settings changed: another lease may be the WAN's, or allowed."""
        if topics & {"link", "everything"} and self.leases.links_seen():
            self._is_dirty = True
        self._is_dirty |= bool(topics & CONCERNED and self.leases) or "own" in topics

    @property
    def has_a_say(self) -> bool:
        """Whether DHCP may name the ACS as things are: else nobody need look for leases that no client tells of."""
        holder = self._in_force()
        return self._settings().enable and (not holder.url or holder.yields or holder.source in DHCP)

    @property
    def advice(self) -> str:
        """What a person should do about what a source says beside the ACS; "" for nothing."""
        return next((offer.advice for offer in self._said.values() if offer.advice), "")

    @property
    def is_elsewhere(self) -> bool:
        """Whether DHCP has named the ACS in force, and not in a laboratory on loopback: it is no host of ours then."""
        by = self._own.set_by(ms.URL)
        return str(by.get("source")) in DHCP and by.get("interface") != LOOPBACK

    def neighbour(self) -> Neighbour | None:
        """Who the gateway says it is in the WAN's lease (TR-069 Annex F)."""
        return self.leases.neighbour()

    # -- the chore --------------------------------------------------------------------------------------------------

    def due(self, now: float) -> float | None:
        """When the policy is to be asked next: with news, and when an ACS begins to count as unreachable."""
        if self._is_going_down():
            return None
        if self._is_dirty:
            return max(now, self._not_before)
        if not self.leases and Source.OMCI not in self._said:
            return None
        contact = self._contact()
        if self._seen != (_is_unreachable(contact, now), contact.has_answered):
            return max(now, self._not_before)
        since = contact.failing_since
        return since + FAILING_FOR if since is not None and since + FAILING_FOR > now else None

    def act(self, now: float) -> frozenset[str]:
        """Ask the policy and do what it says; the topics of what changed. Nothing is kept from the next try."""
        self._is_dirty, self._not_before = False, 0.0
        situation = self._situation(now)
        self._seen = (situation.is_unreachable, situation.has_answered)
        decision = decide(situation, check_acs_url)
        self._log_refused(decision.verdicts, has_way_out=any(situation.ways.values()))
        has_changed = self._remember(decision.remembered, situation.rules.allow_change)
        if decision.sets is not None:
            has_changed |= self._set_acs(decision.sets, situation.in_force, _why(decision, decision.sets))
        if situation.rules.enable:
            has_changed |= self._follow(decision.follow)
        self.asks = self._is_to_ask(situation)
        return TOPICS if has_changed else frozenset({"lease"})

    def _situation(self, now: float) -> Situation:
        settings, contact = self._settings(), self._contact()
        return Situation(
            in_force=self._in_force(),
            offers=(*self._said.values(), *self.leases.offers()),
            ways=self._ways(),
            remembered=str(self._own.get(REMEMBERED_HOST)),
            is_unreachable=_is_unreachable(contact, now),
            failures=contact.failures,
            has_answered=contact.has_answered,
            renewed=frozenset(source for source, offer in self._said.items() if self._is_renewed(offer)),
            rules=Rules(settings.enable, settings.allow_http, settings.allow_change),
            own=frozenset(self._own_hosts()) if self.leases else frozenset(),
        )

    def _in_force(self) -> InForce:
        url = str(self._own.get(ms.URL))
        if not url:
            return InForce()
        file = self._said.get(Source.FILE)
        by = self._own.set_by(ms.URL)  # a preset's URL is in force without having been set
        is_from_file = not self._own.was_set(ms.URL) and not by
        return in_force(url, by, is_from_file, file.told_by if file else "")

    def _is_to_ask(self, now: Situation) -> bool:
        """Where DHCP has a say, and no client of the machine hands over what the WAN's server says."""
        return self.has_a_say and not self.leases.is_told_of(now.ways.get(4, ()))

    # -- what is done -----------------------------------------------------------------------------------------------

    def _set_acs(self, offer: Offer, before: InForce, why: str) -> bool:
        """Configure the ACS. Credentials that another ACS or source gave are not for this host; on the same host, the
        offered ones are set when they are others than before: the ACS may have set its own since.
        """
        author = _author(offer)
        moment = iso(self._clock().wall)
        if moment:
            author["at"] = moment
        is_new_host = host_of(before.url) != host_of(offer.url)
        brings = offer.source not in DHCP and (is_new_host or self._is_renewed(offer))

        def edit(change: Transaction) -> None:
            if (before.url, before.source) != (offer.url, offer.source):
                change.set(self._model.root + ms.URL, offer.url)
            if before.url and is_new_host:
                for name in ms.CREDENTIALS:
                    if str(self._own.set_by(name).get("source")) in (Source.ACS, *FOLLOWED_FROM):
                        change.forget_own(name)
            if not brings:
                return
            for name, value in zip(ms.CREDENTIALS, (offer.username, offer.password), strict=True):
                if value is not None:
                    change.set(self._model.root + name, value)
            if offer.source is Source.OMCI:
                change.set_own(PROVISIONED, _fingerprint(offer, str(self._own.get(PROVISIONED))))

        if not self._changed(author, edit):
            return False
        log.info("the ACS is %s now, named by %s: %s", shown_url(offer.url), _by_whom(offer), why)
        self._applied()
        return True

    def _is_renewed(self, offer: Offer) -> bool:
        """Whether it has credentials, and others than those that were applied last."""
        applied = str(self._own.get(PROVISIONED))
        return (offer.username, offer.password) != (None, None) and _fingerprint(offer, applied) != applied

    def for_its_host_only(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """What a person sets, by path; where the ACS becomes another host, the password kept for the one before goes,
        unless one is told with it: who may write secrets shall not have them sent to where they can be read.
        """
        url, secret = (self._model.root + name for name in (ms.URL, ms.PASSWORD))
        before, password = str(self._own.get(ms.URL)), self._own.get(ms.PASSWORD)
        if url not in wanted or not before or not password or host_of(before) == host_of(wanted[url]):
            return dict(wanted)
        return {secret: "", **wanted}

    def file_was_read(self, url: str, password: str) -> bool:
        """After a reload: the same holds for another ACS in the file. ``url``, ``password``: as they were before it.

        True when the password was taken away.
        """
        now = str(self._own.get(ms.URL))
        is_kept = password and password == self._own.get(ms.PASSWORD)
        if not is_kept or not url or host_of(url) == host_of(now):
            return False
        self._own.stage(ms.PASSWORD, "", {"source": "person"})
        return True

    def _follow(self, wanted: Mapping[str, Followed]) -> bool:
        """Let parameters follow options, where neither the ACS nor a person nor a preset has set them."""
        has_changed = False
        for field, name in FOLLOWS.items():
            by = self._own.set_by(name)
            is_followed = str(by.get("source")) in FOLLOWED_FROM
            if (by or self._own.was_set(name)) and not is_followed and by.get("yields") is not True:
                continue
            followed = wanted.get(field)
            if followed is not None and followed.value != self._own.get(name):
                has_changed |= self._changed(_author(followed.offer), _setting(self._model.root + name, followed.value))
            elif followed is None and is_followed and self._is_over(by, field):
                has_changed |= self._changed(by, lambda change, name=name: change.forget_own(name))  # type: ignore[misc]
        return has_changed

    def _is_over(self, by: Mapping[str, Any], field: str) -> bool:
        """Whether the option that a value came from is known to be there no more: after a start it may yet be told."""
        interface, source = str(by.get("interface", "")), Source(by["source"])
        if (interface, source) not in self.leases.heard_of:
            return False
        offers = (*self._said.values(), *self.leases.offers())
        return all(
            offer.source is not source or offer.interface != interface or getattr(offer, field) is None
            for offer in offers
        )

    def _remember(self, host: str, may_change: bool) -> bool:
        if host == self._own.get(REMEMBERED_HOST):
            return False
        limit = "may name another one ([discovery] allow_change)" if may_change else "alone cannot name another one"
        log.info("the ACS's host %s is remembered: DHCP %s", host, limit)
        return self._changed({"source": "discovery"}, lambda change: change.set_own(REMEMBERED_HOST, host))

    def _changed(self, author: Mapping[str, Any], edit: Callable[[Transaction], None]) -> bool:
        """Change the model, all or nothing; what it refuses now is tried again."""
        try:
            change = self._model.transaction(Caller.DISCOVERY, author)
        except ModelError:
            return self._refusal("another change is under way")
        try:
            edit(change)
            change.commit()
        except ModelError as refusal:
            return self._refusal(str(refusal))
        finally:
            change.abandon()
        return True

    def _refusal(self, why: str) -> bool:
        log.info("what was found cannot be configured now, and is tried again: %s", why)
        self._is_dirty, self._not_before = True, self._clock().monotonic + AGAIN
        return False

    def _log_refused(self, verdicts: Sequence[Verdict], has_way_out: bool) -> None:
        """A refused offer is told once, not once a renewal; without a way out it may yet be taken: no warning."""
        level = logging.WARNING if has_way_out else logging.INFO
        refused: dict[tuple[str, str, str], str] = {}
        for verdict in verdicts:
            offer = verdict.offer
            if offer is None or (verdict.word is not Word.REFUSED and not offer.refused):
                continue
            reasons = [*([verdict.why] if verdict.word is Word.REFUSED else []), *offer.refused]
            key = (offer.source.value, offer.told_by, offer.interface)
            refused[key] = "; ".join(dict.fromkeys(reasons))
            if self._refused.get(key) != refused[key]:
                is_usual = offer.source is Source.OMCI and not offer.url  # most OLTs name no ACS
                how = logging.INFO if is_usual else level
                log.log(how, "what %s says is not taken: %s", _by_whom(offer), refused[key])
        self._refused = refused

    # -- what people ask --------------------------------------------------------------------------------------------

    def picture(self, now: float) -> "Picture":
        """What the policy is asked, and what it says; nothing is changed."""
        situation = self._situation(now)
        followed = {
            name: (self._own.get(name), self._own.set_by(name))
            for name in FOLLOWS.values()
            if str(self._own.set_by(name).get("source")) in FOLLOWED_FROM
        }
        return Picture(situation, decide(situation, check_acs_url), self._contact(), self._settings(), followed)


class Picture(NamedTuple):
    """All that people are shown. ``followed``: by parameter without the root, its value and who has set it."""

    situation: Situation
    decision: Decision
    contact: Contact
    settings: Settings
    followed: Mapping[str, tuple[Any, Mapping[str, Any]]]


def _is_unreachable(contact: Contact, now: float) -> bool:
    has_failed_long = contact.failing_since is not None and now - contact.failing_since >= FAILING_FOR
    return contact.failures >= FAILURES or has_failed_long


def _fingerprint(offer: Offer, before: str) -> str:
    """What tells an offer's credentials from others and not what they are; salted as ``before`` is, or anew."""
    salt = before.partition(" ")[0] or secrets.token_hex(8)
    return f"{salt} {hashlib.sha256(repr((salt, offer.username, offer.password)).encode()).hexdigest()}"


def _author(offer: Offer) -> dict[str, Any]:
    """Who sets what an offer says, as it is kept beside the values."""
    return {"source": offer.source.value, "told_by": offer.told_by, "interface": offer.interface}


def _by_whom(offer: Offer) -> str:
    on = f" on {offer.interface}" if offer.interface else ""
    return f"{offer.source.value} ({offer.told_by}{on})"


def _setting(path: str, value: str | int) -> Callable[[Transaction], None]:
    return lambda change: change.set(path, str(value))


def _why(decision: Decision, offer: Offer) -> str:
    return next((verdict.why for verdict in decision.verdicts if verdict.offer is offer), "")
