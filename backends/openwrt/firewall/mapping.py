"""NAT and packet filter in UCI: what /etc/config/firewall says as records, and records as what it says.

Device.NAT. and Device.Firewall. are one package here, of which fw4 makes the whole ruleset; a table of the agent's own
is not made. What stands for what is told in the modules of each kind: ``redirects`` (PortMapping, DMZ), ``rules``
(Chain.Rule, Pinhole, Service), ``policies`` (Config, Level, Chain, Policy), ``translation`` (InterfaceSetting).

An interface stands for the zone that its link is in, and a zone for the first of its interfaces that is a row: what is
told for that one holds for all of the zone. Rules are in the order of their sections, but fw4 asks those from every
zone before those from one. Of redirects the more explicit come first, as TR-181 has it: one that is added goes before a
DMZ, which would take everything.
"""

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from backends.desired_state import Pointer, Record, Wanted
from backends.firewall.conditions import check
from backends.firewall.records import (
    KINDS,
    Dmz,
    FilterRule,
    FirewallSettings,
    InterfaceNat,
    Level,
    LocalService,
    Pinhole,
    Policy,
    PortMapping,
    RuleChain,
)
from backends.firewall.surroundings import Surroundings
from backends.openwrt.configured import Read
from backends.openwrt.differences import Difference
from backends.openwrt.firewall import policies, translation
from backends.openwrt.firewall.firewall_sections import BESIDE, FIREWALL, OF, FirewallSections, Zone
from backends.openwrt.firewall.redirects import DMZS, MAPPINGS, REDIRECT, is_dmz
from backends.openwrt.firewall.rows import kept
from backends.openwrt.firewall.rules import PINHOLES, RULES, SERVICES, WORDS, input_services
from backends.openwrt.firewall.sayable import refusals
from backends.openwrt.firewall.words import TARGETS
from backends.openwrt.interfaces import interfaces
from backends.openwrt.sections import Document, Told, fresh, write
from backends.uci import Edits, Value

NETWORK: Final = "network"


@dataclass(frozen=True, slots=True)
class Ground:
    """What the machine says: ``row_of`` the IP interface of a link, ``link_of`` the link of a row, ``present`` the
    links that netifd has made of its interfaces, ``subnets`` what a link's addresses are in; ``links`` all of that, to
    compare. ``around`` is what a firewall of the agent's own depends on as well, ``way`` the link that leads to the
    management server, "" where none is known.
    """

    row_of: Callable[[str], Pointer | None]
    link_of: Callable[[Pointer | None], str | None]
    may_change: Callable[[str], bool]
    present: Callable[[], Mapping[str, str]]
    subnets: Callable[[str], tuple[str, ...]]
    links: Callable[[], Hashable]
    around: Callable[[], Surroundings]
    way: Callable[[], str]


class FirewallMapping:
    """See backends.openwrt.configured.Mapping."""

    packages = (FIREWALL, NETWORK)
    kinds = KINDS

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._read: FirewallSections | None = None
        self._read_around: Hashable = None

    def surroundings(self) -> Hashable:
        """The links and their rows."""
        return tuple(sorted(self._ground.present().items())), self._ground.links()

    def read(self, read: Read) -> Wanted:
        """See Mapping."""
        here = self.sections(read)
        rules = RULES.rows(here)
        return Wanted(1, {
            InterfaceNat: translation.settings(here),
            PortMapping: MAPPINGS.rows(here),
            Dmz: DMZS.rows(here),
            FirewallSettings: {"": policies.settings(here)},
            Level: policies.levels(here),
            RuleChain: policies.chains(),
            FilterRule: {key: replace(rule, order=place) for place, (key, rule) in enumerate(rules.items(), 1)},
            Policy: policies.policies(here),
            Pinhole: PINHOLES.rows(here),
            LocalService: {**SERVICES.rows(here), **input_services(here, policies.usual(here, "input"))},
        })  # fmt: skip

    def check(self, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        ground = self._ground
        check(after, before, ground.around(), ground.may_change)
        here = self._read
        for refused in refusals(here, before, after) if here else ():
            raise refused

    def write(self, edits: Edits, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        here = self.sections(edits.read)
        changed = {*Difference.between(before, after).rows()}
        was, wanted = document(here, before, changed), document(here, after, changed)
        if was != wanted:
            was = _as_kept(here, before, was)
        for told in wanted.values():  # a section that something is kept of is known by its name from now on
            if (
                told.type == BESIDE
                and (section := here.all.get(str(told.options[OF]))) is not None
                and not section.name
            ):
                edits.identify(FIREWALL, section.id)
        orders = _redirect_orders(here, was, wanted)
        if any(kind is FilterRule for kind, _ in changed):
            orders.append(_rule_order(after))
        write(edits, FIREWALL, was, wanted, orders)

    def cuts(self, before: Wanted, after: Wanted) -> bool:
        """What this machine sends, and what belongs to a connection that exists, passes fw4 whatever is said here. But
        neighbours, routers and DHCPv6 servers of the link on the way are heard by what is let in from its zone.
        """
        zone = self._read.zone_on(self._ground.way()) if self._read else None
        was, wanted = before.of(LocalService), after.of(LocalService)
        return zone is not None and any(
            zone in (self._zone_of(one), self._zone_of(other)) and _may_shut_out(one, other)
            for one, other in ((was.get(key), wanted.get(key)) for key in {*was, *wanted})
        )

    def key_for(self, record: Record, taken: Collection[str]) -> str:  # noqa: ARG002 - whatever it is
        """See Mapping."""
        return fresh(taken)

    def _zone_of(self, service: LocalService | None) -> Zone | None:
        return self._read.zone_of(service.interface) if self._read and service else None

    def sections(self, read: Read) -> FirewallSections:
        """The package as it is read."""
        ground, package = self._ground, read(FIREWALL)
        around = read(NETWORK), self.surroundings()
        if self._read is None or self._read_around != around or self._read.package != package:
            found = interfaces(around[0], ground.present())
            self._read = FirewallSections(package, found, ground.row_of, ground.link_of, ground.subnets)
            self._read_around = around
        return self._read


def _may_shut_out(before: LocalService | None, after: LocalService | None) -> bool:
    """Whether something is let in no longer, or kept out from now on."""
    lets_in = before is not None and before.enable and before.action == "Accept"
    keeps_out = after is not None and after.enable and after.action != "Accept"
    return before != after and (lets_in or keeps_out)


def document(sections: FirewallSections, wanted: Wanted, changed: Collection[tuple[type[Record], str]]) -> Document:
    """What the records that are ``changed`` say, by section; of zones and ``defaults`` at least that they stay."""
    only = {kind: {key for one, key in changed if one is kind} for kind in KINDS}
    parts: list[Mapping[str, Told]] = [
        {zone.key: Told("zone") for zone in sections.zones.values()},
        policies.say_whole(sections, wanted.get(FirewallSettings), wanted.get(Level, policies.LEVEL)),
        translation.say(sections, wanted.of(InterfaceNat)),
        MAPPINGS.document(sections, wanted.of(PortMapping), only[PortMapping]),
        DMZS.document(sections, wanted.of(Dmz), only[Dmz]),
        RULES.document(sections, wanted.of(FilterRule), only[FilterRule]),
        PINHOLES.document(sections, wanted.of(Pinhole), only[Pinhole]),
        _services(sections, wanted, only[LocalService]),
        policies.say_policies(sections, wanted.of(Policy)),
    ]
    told: dict[str, Told] = {}
    for part in parts:
        for key, one in part.items():
            known = told.get(key, Told(one.type))
            told[key] = Told(one.type, {**known.options, **one.options})
    return told


def _as_kept(sections: FirewallSections, before: Wanted, told: Document) -> dict[str, Told]:
    """With what was kept beside rows that a person has taken away since, and without what is under another name."""
    there = sections.of(BESIDE)
    rows = {policies.LEVEL}.union(*before.by_kind.values())
    named = {str(one.options[OF]) for one in told.values() if one.type == BESIDE}
    left_over = {
        key: Told(BESIDE)
        for key, section in there.items()
        if section.text(OF) not in rows or (key not in told and section.text(OF) in named)
    }
    return left_over | {key: one for key, one in told.items() if one.type != BESIDE or key in there}


def _services(sections: FirewallSections, wanted: Wanted, only: Collection[str]) -> dict[str, Told]:
    zones = {zone.key: zone.section for zone in sections.zones.values()}
    records = wanted.of(LocalService)
    told = SERVICES.document(sections, {key: one for key, one in records.items() if key not in zones}, only)
    for key, section in zones.items():
        if key in records:
            now = TARGETS.get(section.text("input", policies.usual(sections, "input")).lower(), "Drop")
            word: Value = WORDS.get(records[key].action, "")
            told[key] = Told("zone", {"input": kept(section, "input", now == records[key].action, word)})
    return told


def _rule_order(wanted: Wanted) -> list[str]:
    """The sections of rules as they are looked at."""
    rules = wanted.of(FilterRule)
    return sorted(rules, key=lambda key: rules[key].order)


def _redirect_orders(sections: FirewallSections, before: Document, after: Document) -> list[list[str]]:
    """For each redirect that is new or other than it was: it, before those there that are less explicit."""
    there = [key for key in sections.of(REDIRECT) if key not in before or key in after]
    rows = {*MAPPINGS.places(sections).values(), *DMZS.places(sections).values(), *after}
    orders = []
    for key, told in after.items():
        if told.type != REDIRECT or before.get(key) == told:
            continue
        rank = _rank(told.options, "src_dport" not in told.options)
        ahead = there[: there.index(key)] if key in there else there
        behind = [one for one in ahead if one in rows and _rank_of(sections, one, after) > rank]
        if behind:
            orders.append([key, *behind])
            there = [one for one in there if one != key]
            there.insert(there.index(behind[0]), key)
    return orders


def _rank_of(sections: FirewallSections, key: str, after: Document) -> tuple[bool, bool, int]:
    if key in after:
        return _rank(after[key].options, "src_dport" not in after[key].options)
    return _rank(sections.section(key).options, is_dmz(sections, sections.section(key)))


def _rank(said: Mapping[str, Value], is_all: bool) -> tuple[bool, bool, int]:
    """The order of what TR-181 calls more explicit: by remote host, then by port; DMZs last, the narrower first."""
    source = str(said.get("src_ip", ""))
    if not is_all:
        return False, not source, int(not said.get("src_dport"))
    return True, False, -int(source.partition("/")[2] or 32) if source else 0
