"""The LAN's services behind their records: what can be made of them is checked, then made by daemons of our own."""

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from backends.desired_state import NotOurs, Record, Wanted
from backends.dnsmasq import Dnsmasq
from backends.errors import MechanismError
from backends.files import read_text
from backends.lan.advertising import advertised_links, check_advertised
from backends.lan.checks import problems
from backends.lan.companion import Companion
from backends.lan.lease_times import LONGEST, lease_time, shortens_in, times_in
from backends.lan.matching import Unmatchable
from backends.lan.options import Unsayable
from backends.lan.others import NOBODY, Blocking, LeftOut, left_out
from backends.lan.records import Advertised, DnsRelay, Forwarding4, Pool4, Pool6
from backends.lan.relaying import ignored, relay_document
from backends.lan.rendering import (
    LinkOf,
    Surroundings,
    render,
    served_pools4,
    served_pools6,
)
from backends.programs import Program

log = logging.getLogger(__name__)

WRITTEN_WITHIN: Final = 5
"""Seconds from giving a lease until its file is read."""
ON_LINKS: Final[tuple[type[Pool4] | type[Pool6] | type[Advertised] | type[Forwarding4], ...]] = (
    Pool4,
    Pool6,
    Advertised,
    Forwarding4,
)


@dataclass(frozen=True, slots=True)
class Ground:
    """What the machine says to the service: see Surroundings. ``may_change``: the link is given to the agent;
    ``address_of`` a link's IPv4 address; ``lasting``: for how many seconds its IPv6 prefixes are good, None for ever.
    """

    link_of: LinkOf
    may_change: Callable[[str], bool]
    address_of: Callable[[str], str | None]
    name_links: Callable[[], Sequence[str]]
    name_servers: Callable[[Wanted], Sequence[tuple[str, str | None]]]
    blocking: Blocking
    lasting: Callable[[str], int | None] = lambda _: None


class LanService:
    """DHCP, router advertisements, relays and names; see ``backends.desired_state.Service``."""

    def __init__(self, dnsmasq: Dnsmasq, advertiser: Companion, relay: Companion, ground: Ground) -> None:
        self._dnsmasq = dnsmasq
        self._ground = ground
        self._advertiser = advertiser
        self._relay = relay
        self._programs: tuple[Dnsmasq | Companion, ...] = (dnsmasq, advertiser, relay)
        self.missed: frozenset[str] = frozenset()
        """The programs that are missing since the last ``apply``, which failed: the log has heard of them."""
        self.shortens_at = math.inf
        """When DHCPv6 leases have to be shorter than they are since the last ``apply``, in monotonic seconds."""
        self._lease_times: Mapping[str, int] = {}
        self.left = NOBODY
        """What is left to others since the last ``apply``."""
        self._applied = Wanted()

    def check(self, wanted: Wanted) -> None:
        """See Service."""
        for refused in problems(wanted):
            raise refused
        check_advertised(wanted)
        self._check_links(wanted)
        self._check_ports(wanted)

    def cuts(self, wanted: Wanted) -> bool:  # noqa: ARG002 - nothing of it lies on the way to the management server
        """Never."""
        return False

    def apply(self, wanted: Wanted) -> bool:
        """See Service. Where somebody else serves, nobody of ours does: all other links are served."""
        self._applied = wanted
        left = self._left_out(wanted)
        try:
            return self._make(wanted, left)
        except MechanismError:
            come = self._left_out(wanted)
            if come.is_as(left):
                raise
            return self._make(wanted, come)  # somebody was quicker than the program that has just ended over it

    def has_others_moved(self) -> bool:
        """Whether somebody else has come to serve where we do, or has gone, since the last ``apply``."""
        return not self._left_out(self._applied).is_as(self.left)

    def _left_out(self, wanted: Wanted) -> LeftOut:
        return left_out(wanted, self._ground.link_of, self._ground.name_links(), self._ground.blocking)

    def _make(self, wanted: Wanted, left: LeftOut) -> bool:
        ground = self._ground
        self._tell_of_others(left)
        self._lease_times = self._times_of_leases(wanted)
        names = tuple(link for link in ground.name_links() if link not in left.names)
        servers = tuple(ground.name_servers(wanted))
        around = Surroundings(ground.link_of, names, servers, self._lease_times, left.pools4, left.pools6)
        try:
            left_alone = tuple(ignored(wanted, ground.link_of))
            rendered = render(wanted, around, self._dnsmasq.places, self._dnsmasq.user(), left_alone)
        except (Unmatchable, Unsayable) as error:
            raise MechanismError(f"dnsmasq cannot be told what is wanted: {error}") from error
        advertised = advertised_links(wanted, ground.link_of)
        relayed = relay_document(wanted, ground.link_of, ground.address_of)
        needed = zip(self._programs, (rendered.configuration, advertised, relayed), strict=True)
        self._tell_of([one.program for one, document in needed if document and one.is_missing()])
        changed = [self._dnsmasq.make(rendered), self._advertiser.make(advertised), self._relay.make(relayed)]
        self.missed = frozenset()
        return any(changed)

    def _times_of_leases(self, wanted: Wanted) -> Mapping[str, int]:
        """By link. What is in force, or was when the agent ended, stays as long as it can."""
        lasts = {link: self._ground.lasting(link) for link in served_pools6(wanted, self._ground.link_of).values()}
        before = times_in(read_text(self._dnsmasq.places.configuration) or "")
        times = {link: lease_time(left, before.get(link, 0)) for link, left in lasts.items()}
        soonest = min((shortens_in(left, times[link]) for link, left in lasts.items()), default=math.inf)
        self.shortens_at = time.monotonic() + soonest
        return times

    def is_whole(self, seconds: float) -> bool:
        """Whether a DHCPv6 lease that was given for so long, or a little less, was cut by nobody."""
        return any(abs(seconds - one) <= WRITTEN_WITHIN for one in {*self._lease_times.values(), LONGEST})

    def missing(self) -> list[Program]:
        """The programs that should run and do not: somebody ended them, or they could not go on."""
        return [one.program for one in self._programs if one.is_missing()]

    @property
    def program(self) -> Program:
        """dnsmasq's process."""
        return self._dnsmasq.program

    @property
    def advertiser(self) -> Program:
        """The process that sends router advertisements."""
        return self._advertiser.program

    def is_running(self, family: int = 4) -> bool:  # noqa: ARG002 - it is one for both
        """Whether the server is there to serve."""
        return self.program.is_running()

    def serves(self, family: int, link: str | None) -> bool:
        """Whether the server serves this link, and does not leave it to somebody else."""
        return self.is_running(family) and link not in (self.left.pools6 if family == 6 else self.left.pools4)

    def is_advertising(self) -> bool:
        """Whether router advertisements are sent."""
        return self.advertiser.is_running()

    @property
    def relay(self) -> Program:
        """The process that relays requests."""
        return self._relay.program

    def is_relaying(self) -> bool:
        """Whether requests are relayed."""
        return self.relay.is_running()

    def serves_names(self) -> bool:
        """Whether there is a link of the LAN on which names are served, and a server to do it."""
        return self.is_running() and not self.left.names.keys() >= set(self._ground.name_links())

    def links_served(self, wanted: Wanted) -> frozenset[str]:
        """The links whose hosts are given addresses, or told of prefixes."""
        link_of = self._ground.link_of
        pools = (*served_pools4(wanted, link_of).values(), *served_pools6(wanted, link_of).values())
        return frozenset((*pools, *advertised_links(wanted, link_of)))

    def _tell_of(self, missing: Sequence[Program]) -> None:
        """Whatever lets them be started again, the log hears of it; once of one that cannot be started."""
        for one in sorted(missing, key=lambda one: one.name):
            if one.name not in self.missed:
                words = one.last_words().strip().rpartition("\n")[2]
                told = "%s should run and does not: it is started again; its last words: %s"
                log.warning(told, one.name, words or "none")
        self.missed = frozenset(one.name for one in missing)

    def _tell_of_others(self, left: LeftOut) -> None:
        """The log hears once of who is in the way, and of who no longer is."""
        before, now = self.left.reasons(), left.reasons()
        self.left = left
        for reason in (one for one in now if one not in before):
            log.warning("%s: what would be served there is left to it until it goes", reason)
        for reason in (one for one in before if one not in now):
            log.info("no longer: %s", reason)

    def _check_links(self, wanted: Wanted) -> None:
        for kind in ON_LINKS:
            for key, record in wanted.of(kind).items():
                link = self._ground.link_of(record.interface) if record.enable else None
                if link is not None and not self._ground.may_change(link):
                    reason = f"{link} is not given to the agent: [network] manage, or cpe-agent setup --manage {link}"
                    raise NotOurs(reason, kind, key, ("interface", "enable"))

    def _check_ports(self, wanted: Wanted) -> None:
        """What is new has to find its ports free. What served before is no reason to refuse anything else."""
        link_of, left = self._ground.link_of, self._left_out(wanted)
        for kind, key, link, who in self._pools_in_the_way(wanted, left):
            of = served_pools4 if kind is Pool4 else served_pools6
            if of(self._applied, link_of).get(key) != link:
                raise NotOurs(_let_be(who), kind, key, ("enable", "interface"))
        if left.names and wanted.get(DnsRelay).enable and not self._applied.get(DnsRelay).enable:
            is_everywhere = left.names.keys() >= set(self._ground.name_links())
            if is_everywhere or any(who in left.names.values() for *_, who in self._pools_in_the_way(wanted, left)):
                raise NotOurs(_let_be(left.reasons()[0]), DnsRelay, "", ("enable",))

    def _pools_in_the_way(self, wanted: Wanted, left: LeftOut) -> Iterator[tuple[type[Record], str, str, str]]:
        """Kind and key of each pool that is left to somebody else, with its link, and who that is."""
        link_of = self._ground.link_of
        for key, link in served_pools4(wanted, link_of).items():
            if link in left.pools4:
                yield Pool4, key, link, left.pools4[link]
        for key, link in served_pools6(wanted, link_of).items():
            if link in left.pools6:
                yield Pool6, key, link, left.pools6[link]


def _let_be(reason: str) -> str:
    return f"{reason}: stop it there, or let it keep that link"
