"""Who may set the ACS: the table as a whole, what stands against an offer, and what no sequence of offers can do."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.discovery.offer import Neighbour, Offer, Source
from agent.discovery.policy import (
    DHCP,
    TABLE,
    Decision,
    InForce,
    Rules,
    Situation,
    Verdict,
    Word,
    decide,
    host_of,
    in_force,
)

A, B = "https://a.example/cwmp", "https://b.example/cwmp"
WAYS = {4: ("wan",), 6: ("wan",)}


def check(url: str) -> None:
    """The smallest rule: an ACS has a scheme and no user."""
    if not url.lower().startswith(("http://", "https://")) or "@" in url:
        raise ValueError("it must be https://…, without a user")


def offer(source: Source, url: str = B, interface: str = "wan", **more: Any) -> Offer:
    return Offer(source, "a client", interface if source in DHCP else "", url, **more)


def asked(*offers: Offer, **more: Any) -> Decision:
    return decide(Situation(**{"in_force": InForce(), "ways": WAYS, **more, "offers": offers}), check)


def verdict(decision: Decision, source: Source) -> Verdict:
    """That on its offer; without one, that on itself."""
    found = [one for one in decision.verdicts if one.source is source]
    assert len(found) == 1 or (found[0].offer and found[1].word is Word.IN_FORCE and not found[1].offer)
    return found[0]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.9.9.9",
        "169.254.169.254",
        "[::1]",
        "[fe80::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:0.0.0.0]",
        "[64:ff9b::7f00:1]",
        "localhost",
        "localhost.localdomain",
        "ip6-localhost",
        "a.localhost.",
    ],
)
def test_dhcp_names_neither_this_machine_nor_what_only_its_link_reaches(host: str) -> None:
    for source in (Source.DHCPV4, Source.DHCPV6):
        decision = asked(offer(source, f"https://{host}:7547/cwmp"))
        assert decision.sets is None
        assert verdict(decision, source).word is Word.REFUSED
    assert asked(offer(Source.PRESET, f"https://{host}/")).sets is not None


@pytest.mark.parametrize("host", ["192.0.2.7", "[2001:db8::7]", "[::ffff:192.0.2.7]", "[64:ff9b::c000:207]", "Router"])
def test_dhcp_names_no_address_or_name_of_the_device_itself(host: str) -> None:
    own = frozenset({"192.0.2.7", "2001:db8::7", "router"})
    for source in (Source.DHCPV4, Source.DHCPV6):
        decision = asked(offer(source, f"https://{host}:7547/cwmp"), own=own)
        assert decision.sets is None
        assert "this machine" in verdict(decision, source).why
        assert asked(offer(source, "https://192.0.2.8/"), own=own).sets is not None
    in_a_laboratory = asked(offer(Source.DHCPV4, f"https://{host}/", "lo"), ways={4: ("lo",)}, own=own)
    assert in_a_laboratory.sets is not None


# --- the table -------------------------------------------------------------------------------------------------------

NEVER, ALWAYS, WHEN_UNREACHABLE = "never", "always", "when the ACS cannot be reached"
NOBODY = "nobody"
# Who has set the ACS (rows) against who offers another one (columns): when it is replaced.
REPLACED = {
    #               PRESET  OMCI    DHCPv6            DHCPv4
    NOBODY:        (ALWAYS, ALWAYS, ALWAYS,           ALWAYS),
    Source.ACS:    (NEVER,  NEVER,  NEVER,            NEVER),
    Source.PERSON: (NEVER,  NEVER,  NEVER,            NEVER),
    Source.FILE:   (NEVER,  NEVER,  NEVER,            NEVER),
    Source.PRESET: (NEVER,  NEVER,  NEVER,            NEVER),
    Source.OMCI:   (NEVER,  ALWAYS, NEVER,            NEVER),
    Source.DHCPV6: (NEVER,  ALWAYS, WHEN_UNREACHABLE, WHEN_UNREACHABLE),
    Source.DHCPV4: (NEVER,  ALWAYS, WHEN_UNREACHABLE, WHEN_UNREACHABLE),
}  # fmt: skip
OFFERING = (Source.PRESET, Source.OMCI, Source.DHCPV6, Source.DHCPV4)
CELLS = [(holder, source, cell) for holder, row in REPLACED.items() for source, cell in zip(OFFERING, row, strict=True)]


@pytest.mark.parametrize(("holder", "source", "when"), CELLS, ids=lambda one: str(one))
def test_who_replaces_whose_acs(holder: Source | str, source: Source, when: str) -> None:
    held = InForce(A, Source(holder)) if holder in list(Source) else InForce()
    for is_unreachable in (False, True):
        decision = asked(offer(source), in_force=held, is_unreachable=is_unreachable)
        is_replaced = when == ALWAYS or (when == WHEN_UNREACHABLE and is_unreachable)
        assert (decision.sets is not None) == is_replaced
        assert verdict(decision, source).word is (Word.SETS if is_replaced else Word.STANDS_BY)
        if held.url and not is_replaced and source is not holder:
            assert verdict(decision, held.source).word is Word.IN_FORCE


def test_the_settings_file_sets_its_acs_itself_and_is_only_shown() -> None:
    assert asked(offer(Source.FILE)).sets is None
    decision = asked(offer(Source.FILE, A), in_force=InForce(A, Source.FILE, "agent.toml"))
    assert verdict(decision, Source.FILE).word is Word.IN_FORCE
    assert "[acs] url" in verdict(asked(offer(Source.DHCPV4), in_force=InForce(A, Source.FILE)), Source.DHCPV4).next


@pytest.mark.parametrize("source", [Source.OMCI, Source.DHCPV6, Source.DHCPV4])
def test_a_preset_that_says_so_yields_at_once(source: Source) -> None:
    assert asked(offer(source), in_force=InForce(A, Source.PRESET, yields=True)).sets == offer(source)


def test_every_source_has_a_row_and_a_verdict_with_a_sentence() -> None:
    assert set(TABLE) == set(Source)
    for held in (InForce(), InForce(A, Source.DHCPV4), InForce(A, Source.ACS)):
        verdicts = asked(in_force=held).verdicts
        assert [one.source for one in verdicts] == list(TABLE)
        assert all(one.why for one in verdicts)


@pytest.mark.parametrize("strong", OFFERING)
@pytest.mark.parametrize("weak", OFFERING)
def test_of_two_the_stronger_one_wins_whatever_comes_first(strong: Source, weak: Source) -> None:
    if OFFERING.index(strong) >= OFFERING.index(weak):
        return
    offers = [offer(weak, A), offer(strong, B)]
    for order in (offers, offers[::-1]):
        decision = asked(*order)
        assert decision.sets is not None
        assert decision.sets.source is strong
        assert verdict(decision, weak).word is Word.STANDS_BY


def test_dhcpv6_wins_over_dhcpv4_unless_it_is_refused() -> None:
    six, four = offer(Source.DHCPV6, "http://six.example/"), offer(Source.DHCPV4, A)
    assert asked(six, four).sets == four
    assert asked(six, four, rules=Rules(allow_http=True)).sets == six


def test_of_two_leases_that_of_the_preferred_link_wins() -> None:
    ways = {4: ("fast", "slow"), 6: ()}
    slow, fast = offer(Source.DHCPV4, A, "slow"), offer(Source.DHCPV4, B, "fast")
    assert asked(slow, fast, ways=ways).sets == fast
    assert asked(slow, ways=ways).sets == slow


def test_when_the_one_in_force_fails_another_offer_is_tried() -> None:
    six, four = offer(Source.DHCPV6, A), offer(Source.DHCPV4, B)
    held = InForce(A, Source.DHCPV6)
    waiting = asked(six, four, in_force=held, failures=2)
    assert waiting.sets is None
    assert verdict(waiting, Source.DHCPV4).why.endswith(
        "replaced only after 3 failed attempts in a row, or 60 minutes of them; 2 so far"
    )
    assert asked(six, four, in_force=held, is_unreachable=True).sets == four


# --- what stands against an offer ------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", sorted(DHCP))
def test_only_a_lease_on_the_link_that_leads_out_in_its_own_family_counts(source: Source) -> None:
    other = {4: 6, 6: 4}[6 if source is Source.DHCPV6 else 4]
    for ways in ({4: ("lan",), 6: ("lan",)}, {4: (), 6: ()}, {}, {other: ("wan",)}):
        decision = asked(offer(source), ways=ways)
        assert decision.sets is None
        assert verdict(decision, source).word is Word.REFUSED
        assert "[discovery] interface" in verdict(decision, source).next


@pytest.mark.parametrize("source", sorted(DHCP))
@pytest.mark.parametrize("url", ["http://a.example/", "HTTP://a.example/"])
def test_an_http_acs_from_dhcp_is_taken_only_where_that_is_allowed(source: Source, url: str) -> None:
    assert verdict(asked(offer(source, url)), source).word is Word.REFUSED
    assert asked(offer(source, url), rules=Rules(allow_http=True)).sets is not None


def test_a_lease_of_another_link_that_says_nothing_is_not_refused() -> None:
    decision = asked(offer(Source.DHCPV4, "", "lan"))
    assert verdict(decision, Source.DHCPV4).word is Word.SILENT


def test_what_is_no_acs_is_refused_by_the_same_rule_as_elsewhere() -> None:
    for url in ("ftp://a.example/", "https://user:s3cret@a.example/"):
        for source in (Source.DHCPV4, Source.OMCI, Source.PRESET):
            decision = asked(offer(source, url), rules=Rules(allow_http=True, allow_change=True))
            assert decision.sets is None
            assert "s3cret" not in verdict(decision, source).why


def test_the_host_that_dhcp_named_first_and_that_answered_is_remembered() -> None:
    held = InForce(A, Source.DHCPV4)
    assert asked(in_force=held).remembered == ""
    assert asked(in_force=held, has_answered=True).remembered == "a.example"
    assert asked(in_force=InForce(A, Source.ACS), has_answered=True).remembered == ""
    later = asked(offer(Source.DHCPV4, B), in_force=held, is_unreachable=True, remembered="a.example")
    assert later.sets is None
    assert "a.example first" in verdict(later, Source.DHCPV4).why
    assert later.remembered == "a.example"


def test_another_url_of_the_remembered_host_is_no_change_of_host() -> None:
    other = "https://A.example.:7548/other"
    held = InForce(A, Source.DHCPV4)
    decision = asked(offer(Source.DHCPV4, other), in_force=held, is_unreachable=True, remembered="a.example")
    assert decision.sets is not None


def test_a_change_of_host_that_is_allowed_is_remembered_once_it_has_answered() -> None:
    allowed = Rules(allow_change=True)
    held = InForce(B, Source.DHCPV4)
    assert asked(in_force=held, remembered="a.example", rules=allowed).remembered == "a.example"
    assert asked(in_force=held, remembered="a.example", rules=allowed, has_answered=True).remembered == "b.example"
    assert asked(in_force=held, remembered="a.example", has_answered=True).remembered == "a.example"


def test_where_nothing_is_looked_for_nothing_is_found() -> None:
    decision = asked(offer(Source.DHCPV4, provisioning_code="x"), offer(Source.OMCI), rules=Rules(enable=False))
    assert decision.sets is None
    assert decision.follow == {}
    assert "[discovery] enable" in verdict(decision, Source.DHCPV4).next
    assert "[discovery] enable" in verdict(asked(rules=Rules(enable=False)), Source.DHCPV6).next


def test_a_lease_that_ends_leaves_the_acs_that_it_has_named() -> None:
    decision = asked(in_force=InForce(A, Source.DHCPV4, "udhcpc"))
    assert decision.sets is None
    assert verdict(decision, Source.DHCPV4).word is Word.IN_FORCE
    assert "the ACS stays" in verdict(decision, Source.DHCPV4).why


def test_an_offer_that_could_not_be_read_says_why() -> None:
    decision = asked(offer(Source.DHCPV4, "", refused=("sub-option 1 is no URL",)))
    assert verdict(decision, Source.DHCPV4).word is Word.SILENT
    assert "sub-option 1 is no URL" in verdict(decision, Source.DHCPV4).why


# --- what follows options --------------------------------------------------------------------------------------------


def test_values_follow_the_strongest_offer_that_has_them_and_is_not_refused() -> None:
    six = offer(Source.DHCPV6, "", provisioning_code="six")
    four = offer(Source.DHCPV4, "", provisioning_code="four", retry_minimum_wait=30)
    lan = offer(Source.DHCPV4, "", "lan", retry_multiplier=4000)
    plain = offer(Source.DHCPV6, "http://a.example/", retry_multiplier=5000)
    follow = asked(lan, four, six, plain, in_force=InForce(A, Source.ACS)).follow
    assert {name: one.value for name, one in follow.items()} == {"provisioning_code": "six", "retry_minimum_wait": 30}


def test_the_first_values_of_a_preset_are_not_followed() -> None:
    assert asked(offer(Source.PRESET, provisioning_code="first")).follow == {}


# --- who has set it --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [{}, {"source": "magic"}, {"source": 7}, {"source": ["dhcpv4"]}, {"told_by": "x"}])
def test_a_state_that_says_nothing_of_use_reads_as_set_by_the_acs_or_a_person(by: dict[str, Any]) -> None:
    held = in_force(A, by, is_from_file=False)
    assert held.source is Source.PERSON
    assert asked(offer(Source.DHCPV4), in_force=held, is_unreachable=True).sets is None


def test_who_has_set_the_acs_is_read_from_beside_it() -> None:
    by = {"source": "dhcpv4", "told_by": "udhcpc", "at": "2026-01-01T00:00:00Z"}
    assert in_force(A, by, is_from_file=False) == InForce(A, Source.DHCPV4, "udhcpc", "2026-01-01T00:00:00Z")
    assert in_force(A, {"source": "preset", "told_by": 7, "yields": True}, is_from_file=False) == InForce(
        A, Source.PRESET, yields=True
    )
    assert in_force(A, {}, is_from_file=True, file="agent.toml") == InForce(A, Source.FILE, "agent.toml")


@pytest.mark.parametrize(
    ("url", "host"),
    [(A, "a.example"), ("https://[2001:DB8::1]:7547/", "2001:db8::1"), ("https://[x/", ""), ("", ""), ("x", "")],
)
def test_the_host_of_a_url(url: str, host: str) -> None:
    assert host_of(url) == host


# --- properties ------------------------------------------------------------------------------------------------------

URLS = [
    "",
    A,
    B,
    "https://a.example/other",
    "http://a.example/",
    "ftp://x/",
    "https://u:p@a.example/",
    "https://[",
    "\0",
]
OFFERS = st.builds(
    Offer,
    st.sampled_from([Source.DHCPV4, Source.DHCPV6]),
    st.sampled_from(["udhcpc", "dhcpinform", ""]),
    st.sampled_from(["wan", "lan", ""]),
    st.sampled_from(URLS),
    provisioning_code=st.none() | st.text(max_size=3),
    retry_minimum_wait=st.none() | st.integers(1, 65_535),
    neighbour=st.none() | st.just(Neighbour("00D09E", "1")),
    refused=st.sampled_from([(), ("no URL",)]),
)
SITUATIONS = st.builds(
    Situation,
    st.builds(InForce, st.sampled_from(["", A, B]), st.sampled_from(list(Source)), yields=st.booleans()),
    st.lists(OFFERS, max_size=6).map(tuple),
    st.sampled_from([{}, WAYS, {4: ("wan", "lan"), 6: ()}]),
    st.sampled_from(["", "a.example", "c.example"]),
    st.booleans(),
    st.booleans(),
    st.builds(Rules, st.booleans(), st.booleans(), st.booleans()),
)


@given(SITUATIONS)
def test_dhcp_never_does_what_it_may_not(now: Situation) -> None:
    decision = decide(now, check)
    assert {one.source for one in decision.verdicts} == set(Source)
    assert sum(one.word is Word.SETS for one in decision.verdicts) == (decision.sets is not None)
    chosen = decision.sets
    if chosen is None:
        return
    held = now.in_force
    assert now.rules.enable
    check(chosen.url)
    assert chosen.interface in now.ways[6 if chosen.source is Source.DHCPV6 else 4]
    assert now.rules.allow_http or chosen.url.startswith("https:")
    assert now.rules.allow_change or not now.remembered or host_of(chosen.url) == now.remembered
    yields = held.source is Source.PRESET and held.yields
    assert not held.url or yields or (held.source in DHCP and now.is_unreachable)
    assert chosen.url != held.url


@given(SITUATIONS, st.lists(st.lists(OFFERS, max_size=3), max_size=6), st.sampled_from([Source.ACS, Source.PERSON]))
def test_no_sequence_of_dhcp_offers_changes_an_acs_that_the_acs_or_a_person_has_set(
    now: Situation, sequence: list[list[Offer]], source: Source
) -> None:
    now = now._replace(in_force=InForce(A, source))
    for offers in sequence:
        now = now._replace(offers=tuple(offers))
        decision = decide(now, check)
        assert decision.sets is None
        now = now._replace(remembered=decision.remembered)


@given(SITUATIONS, st.lists(st.tuples(st.lists(OFFERS, max_size=3), st.booleans(), st.booleans()), max_size=8))
def test_once_a_host_was_named_by_dhcp_and_answered_dhcp_alone_names_no_other(
    now: Situation, sequence: list[tuple[list[Offer], bool, bool]]
) -> None:
    now = now._replace(in_force=InForce(A, Source.DHCPV4), has_answered=True, remembered="")
    now = now._replace(rules=now.rules._replace(allow_change=False))
    for offers, is_unreachable, has_answered in sequence:
        now = now._replace(remembered=decide(now, check).remembered)
        now = now._replace(offers=tuple(offers), is_unreachable=is_unreachable, has_answered=has_answered)
        if (chosen := decide(now, check).sets) is not None:
            now = now._replace(in_force=InForce(chosen.url, chosen.source))
        assert host_of(now.in_force.url) == "a.example"
