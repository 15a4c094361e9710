"""Who may set the ACS, and why: one table over what is in force, what every source offers and what is remembered."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from agent.discovery.near_hosts import is_near, standing_for
from agent.discovery.offer import Offer, Source

FAILURES: Final = 3
FAILING_FOR: Final = 3600.0
"""After so many failures in a row, or so many seconds of them, an ACS counts as unreachable: with the default retry
policy that is within a minute, with the longest waits that an ACS can ask for within the hour."""
UNREACHABLE: Final = f"{FAILURES} failed attempts in a row, or {FAILING_FOR / 60:.0f} minutes of them"


LOOPBACK: Final = "lo"


class InForce(NamedTuple):
    """The ACS as it is configured, and who has set it; ``url`` "" while there is none, and then nobody has."""

    url: str = ""
    source: Source = Source.PERSON
    told_by: str = ""
    since: str = ""
    """When it was set, as ISO text; "" where that is not known."""
    yields: bool = False
    """A preset that says of itself that DHCP may replace it."""


class Rules(NamedTuple):
    """What the owner allows: the settings of ``[discovery]``."""

    enable: bool = True
    allow_http: bool = False
    allow_change: bool = False


class Situation(NamedTuple):
    """All that a decision is made from. ``ways``: by family (4, 6), the links that lead out, the preferred first."""

    in_force: InForce
    offers: tuple[Offer, ...] = ()
    ways: Mapping[int, tuple[str, ...]] = {}
    remembered: str = ""
    """The first host that DHCP named and that was an ACS; "" before that."""
    renewed: frozenset[Source] = frozenset()
    """Whose offer has other credentials than those that were applied: what was set since then stays otherwise."""
    is_unreachable: bool = False
    failures: int = 0
    """Attempts in a row that have failed."""
    has_answered: bool = False
    """Whether a session with the ACS in force has come to its end."""
    rules: Rules = Rules()
    own: frozenset[str] = frozenset()
    """The names and addresses of this machine, in lower case."""


class Word(StrEnum):
    """What becomes of a source."""

    IN_FORCE = "in force"
    SETS = "sets"
    STANDS_BY = "stands by"
    REFUSED = "refused"
    SILENT = "silent"


class Verdict(NamedTuple):
    """What becomes of one source and why, in a sentence for people; ``next`` is what they could do about it."""

    source: Source
    offer: Offer | None
    word: Word
    why: str
    next: str = ""


class Followed(NamedTuple):
    """A value that follows an option, and the offer that has it."""

    value: str | int
    offer: Offer


class Decision(NamedTuple):
    """``sets``: the offer whose ACS is to be configured now. ``follow``: by field of Offer, the values to be had."""

    sets: Offer | None
    follow: Mapping[str, Followed]
    verdicts: tuple[Verdict, ...]
    remembered: str


class Objection(NamedTuple):
    """Why an offer is not taken, and what could be done about it."""

    why: str
    next: str = ""


# --- what stands against an offer ------------------------------------------------------------------------------------

FAMILY: Final = {Source.DHCPV4: 4, Source.DHCPV6: 6}
DHCP: Final = frozenset(FAMILY)
FOLLOWING: Final = ("provisioning_code", "retry_minimum_wait", "retry_multiplier")
"""Fields of an offer that are followed as long as it is there."""


def _not_the_wan(offer: Offer, now: Situation) -> Objection | None:
    """A lease counts on the link that leads out, in its own family: who gives leases elsewhere is not the provider."""
    ways = now.ways.get(FAMILY[offer.source], ())
    if offer.interface in ways:
        return None
    leads = f"{' and '.join(ways)} leads out" if ways else "no link has the default route"
    family = f"IPv{FAMILY[offer.source]}"
    return Objection(
        f"only the WAN's lease counts: this one is on {offer.interface or 'no link'}, and for {family} {leads}",
        "[discovery] interface in the settings file names the link whose leases count",
    )


def _plain_http(offer: Offer, now: Situation) -> Objection | None:
    """An http:// ACS named by whoever answers DHCP requests could be anybody's."""
    if now.rules.allow_http or not offer.url.lower().startswith("http:"):
        return None
    return Objection(
        "it names an http:// ACS, which anybody on the way could be",
        "serve https://, or allow it: [discovery] allow_http = true",
    )


def _this_machine(offer: Offer, now: Situation) -> Objection | None:
    """No provider's ACS is on the device itself, nor where only its link reaches, as clouds' metadata are.

    A laboratory on one machine has its leases on loopback.
    """
    host = host_of(offer.url)
    is_own = host in now.own or bool(standing_for(host) & now.own)
    if not (is_own or is_near(host)) or offer.interface == LOOPBACK:
        return None
    return Objection(f"it names {host}: this machine, or what only its link reaches", "name the ACS's own address")


def _another_host(offer: Offer, now: Situation) -> Objection | None:
    """The first host that DHCP named and that answered is the one that it may name."""
    if now.rules.allow_change or not offer.url or host_of(offer.url) == (now.remembered or host_of(offer.url)):
        return None
    return Objection(
        f"DHCP named the host {now.remembered} first, and another one by DHCP alone is not believed",
        "if it has moved: [discovery] allow_change = true, or set the ACS by hand, or a factory reset",
    )


# --- the table -------------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """What one source may do. ``replaces``: whose ACS at once; ``replaces_unreachable``: whose after it failed."""

    name: str
    fills: bool = False
    replaces: frozenset[Source] = frozenset()
    replaces_unreachable: frozenset[Source] = frozenset()
    yielded_to: bool = False
    """Whether a preset that yields yields to it."""
    objections: tuple[Callable[[Offer, Situation], Objection | None], ...] = ()
    silent: Objection = Objection("it has not set one")


_ONLY_THE_WAN: Final = (_not_the_wan, _this_machine, _plain_http, _another_host)
_NO_LEASE: Final = (
    "`cpe-agent setup --dhcp-hooks` has the DHCP client ask for option {} and hand its leases over; "
    "where that is done already, the next lease tells: renew it"
)

TABLE: Final[Mapping[Source, Row]] = {
    Source.ACS: Row("the ACS", silent=Objection("no ACS has set another one")),
    Source.PERSON: Row("a person", silent=Objection("nobody has set one here", "`cpe-agent setup --url URL` sets one")),
    Source.FILE: Row(
        "the settings file",
        silent=Objection("it names no ACS", "[acs] url names one"),
    ),
    Source.PRESET: Row(
        "the preset",
        fills=True,
        silent=Objection("this machine has no preset with an ACS"),
    ),
    Source.OMCI: Row(
        "the optical line (OMCI)",
        fills=True,
        replaces=frozenset({Source.OMCI, *DHCP}),
        yielded_to=True,
        silent=Objection("no optical line has named one"),
    ),
    Source.DHCPV6: Row(
        "DHCPv6",
        fills=True,
        replaces_unreachable=DHCP,
        yielded_to=True,
        objections=_ONLY_THE_WAN,
        silent=Objection("no lease has been heard of", _NO_LEASE.format("17")),
    ),
    Source.DHCPV4: Row(
        "DHCPv4",
        fills=True,
        replaces_unreachable=DHCP,
        yielded_to=True,
        objections=_ONLY_THE_WAN,
        silent=Objection("no lease has been heard of", _NO_LEASE.format("43 or 125")),
    ),
}
"""Every source, the strongest first: of two that both may set the ACS the upper one does, so DHCPv6 before DHCPv4."""

_RANK: Final = {source: rank for rank, source in enumerate(TABLE)}


# --- the decision ----------------------------------------------------------------------------------------------------


def decide(now: Situation, check: Callable[[str], None]) -> Decision:
    """What the table says. ``check`` raises ValueError for what cannot be an ACS's URL."""
    offers = sorted(now.offers, key=lambda offer: _order(offer, now))
    objections = [_objection(offer, now, check) for offer in offers]
    verdicts: list[Verdict] = []
    sets: Offer | None = None
    for offer, objection in zip(offers, objections, strict=True):
        verdict = _verdict(offer, objection, now, is_taken=sets is not None)
        if verdict.word is Word.SETS:
            sets = offer
        verdicts.append(verdict)
    taken = [offer for offer, objection in zip(offers, objections, strict=True) if objection is None]
    every = (*verdicts, *_of_the_others(now, verdicts))
    return Decision(
        sets,
        dict(_followed(taken)) if now.rules.enable else {},
        tuple(sorted(every, key=lambda verdict: _RANK[verdict.source])),
        _remembered(now),
    )


def host_of(url: str) -> str:
    """The host that a URL names, in lower case; "" where it names none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def in_force(url: str, by: Mapping[str, Any], is_from_file: bool, file: str = "") -> InForce:
    """What is in force, from what is kept beside the URL; what says nothing of use counts as set by a person."""
    if is_from_file:
        return InForce(url, Source.FILE, file)
    try:
        source = Source(by.get("source", ""))
    except ValueError:
        return InForce(url, Source.PERSON, "the ACS or a person")
    told_by, since = (text if isinstance(text := by.get(name), str) else "" for name in ("told_by", "at"))
    return InForce(url, source, told_by, since, by.get("yields") is True)


def _order(offer: Offer, now: Situation) -> tuple[int, int]:
    """Stronger sources first, and of one source what came by the preferred link."""
    ways = now.ways.get(FAMILY.get(offer.source, 0), ())
    return _RANK[offer.source], ways.index(offer.interface) if offer.interface in ways else len(ways)


def _objection(offer: Offer, now: Situation, check: Callable[[str], None]) -> Objection | None:
    if offer.is_silent:
        return None  # every client of the home's other links tells of its leases too: nothing of them is refused
    if not now.rules.enable and offer.source not in (Source.FILE, Source.PRESET):
        return Objection("nothing is looked for", "[discovery] enable = true looks for it")
    if offer.url:
        try:
            check(offer.url)
        except ValueError as wrong:
            return Objection(f"what it names is no ACS: {wrong}", "correct it where it comes from")
    found = (objects(offer, now) for objects in TABLE[offer.source].objections)
    return next((objection for objection in found if objection is not None), None)


def _verdict(offer: Offer, objection: Objection | None, now: Situation, is_taken: bool) -> Verdict:
    if objection is not None:
        return Verdict(offer.source, offer, Word.REFUSED, *objection)
    if not offer.url:
        unusable = f": {'; '.join(offer.refused)}" if offer.refused else ""
        return Verdict(offer.source, offer, Word.SILENT, f"it names no ACS{unusable}")
    if offer.url == now.in_force.url:
        is_its = offer.source is now.in_force.source
        has_a_say = now.in_force.source in TABLE[offer.source].replaces
        if has_a_say and not is_taken and offer.source in now.renewed:
            return Verdict(offer.source, offer, Word.SETS, "its user name or password is another one")
        why = "it has named the ACS in force" if is_its else f"it names the same as {TABLE[now.in_force.source].name}"
        return Verdict(offer.source, offer, Word.IN_FORCE if is_its else Word.STANDS_BY, why)
    word, why, next_step = _against_the_one_in_force(TABLE[offer.source], now)
    if word is Word.SETS and is_taken:
        return Verdict(offer.source, offer, Word.STANDS_BY, "a stronger source, or a nearer link, has named one too")
    return Verdict(offer.source, offer, word, why, next_step)


def _against_the_one_in_force(row: Row, now: Situation) -> tuple[Word, str, str]:
    """Whether a source may put its ACS in the place of the one in force."""
    holder = now.in_force
    who = TABLE[holder.source].name
    if not holder.url:
        return (Word.SETS, "no ACS is known", "") if row.fills else (Word.STANDS_BY, "it sets none by itself", "")
    if holder.source in row.replaces:
        return Word.SETS, "it has changed" if TABLE[holder.source] is row else f"it is stronger than {who}", ""
    if holder.source is Source.PRESET and holder.yields and row.yielded_to:
        return Word.SETS, "the preset lets it have its way (dhcp_may_replace)", ""
    if holder.source in row.replaces_unreachable:
        if now.is_unreachable:
            return Word.SETS, f"the ACS that {who} has named cannot be reached", ""
        so_far = f"; {now.failures} so far" if now.failures else ""
        return Word.STANDS_BY, f"{who} has named the ACS, which is replaced only after {UNREACHABLE}{so_far}", ""
    next_step = "a factory reset lets it be found anew"
    if holder.source is Source.FILE:
        next_step = "take [acs] url out of the settings file to have it found"
    return Word.STANDS_BY, f"the ACS is set by {who}, which is stronger", next_step


def _of_the_others(now: Situation, verdicts: Iterable[Verdict]) -> Iterator[Verdict]:
    """Verdicts on sources that offer nothing: one of them may have set the ACS nevertheless."""
    told = {verdict.source for verdict in verdicts}
    has_holder = any(verdict.word is Word.IN_FORCE for verdict in verdicts)
    for source, row in TABLE.items():
        if now.in_force.url and source is now.in_force.source and not has_holder:
            why = "it has set the ACS"
            if source in DHCP:
                why = "it has named the ACS; the lease does so no more, and the ACS stays"
            yield Verdict(source, None, Word.IN_FORCE, why)
        elif source not in told:
            off = source in DHCP and not now.rules.enable
            yield Verdict(source, None, Word.SILENT, *(_OFF if off else row.silent))


_OFF: Final = Objection("nothing is looked for", "[discovery] enable = true looks for it")


def _followed(offers: Iterable[Offer]) -> Iterator[tuple[str, Followed]]:
    """What the strongest of the offers that are not refused says, field by field."""
    seen: set[str] = set()
    for offer in offers:
        if offer.source in (Source.FILE, Source.PRESET):
            continue  # what they say holds until somebody else says otherwise: they are first values
        for name in FOLLOWING:
            value = getattr(offer, name)
            if value is not None and name not in seen:
                seen.add(name)
                yield name, Followed(value, offer)


def _remembered(now: Situation) -> str:
    """The host that DHCP may name from now on."""
    holder = now.in_force
    if holder.source not in DHCP or not holder.url or not now.has_answered:
        return now.remembered
    return host_of(holder.url) if not now.remembered or now.rules.allow_change else now.remembered
