"""From leases to the ACS: what is heard is weighed, applied to the model, kept over restarts and told once."""

import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.cwmp import management_server as ms
from agent.discovery.offer import Neighbour, Offer, Source
from agent.discovery.policy import FAILING_FOR
from agent.model.data_model import Caller
from agent.model.errors import Refusals
from agent.runtime.discovery import AGAIN, PROVISIONED, REMEMBERED_HOST, Contact
from agent.runtime.leases import MOST_LEASES, ways_out
from agent.settings import Discovery as Settings
from agent.shipped import shipped
from backends.netlink_types import Route
from tests.fakes.documents import Documents
from tests.runtime.finding import (
    BROKEN,
    CODE,
    MULTIPLIER,
    WAIT,
    Finder,
    bound,
    bound6,
    ended,
    option125,
)

A, B = "https://a.example/cwmp", "https://b.example/cwmp"


@pytest.fixture
def finder(tmp_path: Path) -> Finder:
    return Finder(tmp_path).turns()


# --- first contact ---------------------------------------------------------------------------------------------------


def test_a_lease_fills_an_empty_url_and_it_is_kept_who_has_set_it(finder: Finder) -> None:
    finder.hears(bound(A))

    assert finder.url == A
    assert finder.by == {
        "source": "dhcpv4", "told_by": "udhcpc", "interface": "wan", "at": "2026-03-01T12:00:00Z",
    }  # fmt: skip
    assert finder.applied == 1
    assert finder.own.source(ms.URL) == "dhcpv4, told by udhcpc"


def test_a_lease_that_is_not_the_wans_counts_once_its_link_leads_out(finder: Finder) -> None:
    finder.ways = {4: (), 6: ()}
    finder.hears(bound(A))
    assert finder.url == ""

    finder.ways = {4: ("wan",), 6: ()}
    finder.discovery.system_changed(frozenset({"route"}))
    finder.turns()

    assert finder.url == A


def test_a_lease_names_none_of_this_machines_own_hosts(finder: Finder) -> None:
    finder.own_hosts = ("192.0.2.7", "router")
    for url in ("https://192.0.2.7/", "https://router:8443/", "https://[::ffff:192.0.2.7]/"):
        assert finder.hears(bound(url)).url == ""
    assert finder.hears(bound(A)).url == A


def test_where_dhcp_has_named_the_acs_it_is_elsewhere(tmp_path: Path) -> None:
    assert not Finder(tmp_path / "none").discovery.is_elsewhere
    assert Finder(tmp_path / "wan").turns().hears(bound(A)).discovery.is_elsewhere
    laboratory = Finder(tmp_path / "lab").turns()
    laboratory.ways = {4: ("lo",), 6: ()}
    laboratory.hears(bound("https://localhost:8443/", interface="lo"))
    assert laboratory.url == "https://localhost:8443/"
    assert not laboratory.discovery.is_elsewhere
    by_hand = Finder(tmp_path / "file", file={ms.URL: A})
    assert not by_hand.discovery.is_elsewhere


def test_of_two_leases_dhcpv6_wins(finder: Finder) -> None:
    assert finder.hears(bound(A), bound6(B)).url == B


def test_an_offer_of_omci_replaces_what_dhcp_has_named_and_brings_its_credentials(finder: Finder) -> None:
    finder.hears(bound(A))
    finder.discovery.said(Source.OMCI, Offer(Source.OMCI, "the OLT", url=B, username="cpe", password="s3cret"))
    finder.turns()
    assert finder.url == B
    assert finder.own.get("ManagementServer.Username") == "cpe"
    assert finder.own.get("ManagementServer.Password") == "s3cret"
    finder.discovery.said(Source.OMCI, None)
    assert finder.hears(bound(A)).url == B


def provisions(finder: Finder, username: str | None = "cpe", password: str | None = "first", url: str = A) -> list[str]:
    """The OLT says so; the ACS, its user name and password as they are then."""
    finder.discovery.said(Source.OMCI, Offer(Source.OMCI, "the OLT", url=url, username=username, password=password))
    finder.turns()
    return [str(finder.own.get(name)) for name in (ms.URL, *ms.CREDENTIALS)]


def test_credentials_that_the_olt_changes_at_the_same_url_are_applied(
    finder: Finder, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert provisions(finder) == [A, "cpe", "first"]
    assert provisions(finder, "other", "second") == [A, "other", "second"]
    assert provisions(finder, "other", "third") == [A, "other", "third"]
    assert finder.applied == 3
    assert not {"first", "second", "third"} & set(caplog.text.split())
    assert "named by omci (the OLT): its user name or password is another one" in caplog.text


def test_credentials_that_the_olt_has_changed_while_the_agent_was_away_are_applied(finder: Finder) -> None:
    provisions(finder)
    later = finder.restarted()
    assert provisions(later) == [A, "cpe", "first"]
    assert later.applied == 0
    assert provisions(later.restarted(), "other", "second") == [A, "other", "second"]


@pytest.mark.parametrize("caller", [Caller.ACS, Caller.LOCAL])
def test_a_password_that_the_acs_or_a_person_has_set_stays_until_the_olt_has_another_one(
    finder: Finder, caller: Caller
) -> None:
    provisions(finder)
    finder.sets(caller, Password="theirs")
    assert provisions(finder) == [A, "cpe", "theirs"]
    assert provisions(finder, None, None) == [A, "cpe", "theirs"]
    later = finder.restarted()
    assert provisions(later) == [A, "cpe", "theirs"]
    path = "https://a.example/other"
    assert provisions(later, url=path) == [path, "cpe", "theirs"]
    assert provisions(later, password="second", url=path) == [path, "cpe", "second"]


def test_where_the_acs_or_a_person_has_set_the_url_the_olts_credentials_are_not_for_it(finder: Finder) -> None:
    provisions(finder)
    finder.sets(Caller.ACS, URL=A, Username="theirs", Password="theirs")
    assert provisions(finder, "other", "second") == [A, "theirs", "theirs"]


def test_an_acs_that_dhcp_has_named_gets_the_credentials_that_the_olt_has_for_it(finder: Finder) -> None:
    finder.hears(bound(A))
    assert provisions(finder) == [A, "cpe", "first"]
    assert finder.by["source"] == "omci"
    assert finder.hears(bound(A)).by["source"] == "omci"


def test_what_is_remembered_of_the_olts_credentials_does_not_tell_them(finder: Finder) -> None:
    provisions(finder)
    first = str(finder.own.get(PROVISIONED))
    assert "first" not in first
    provisions(finder, password="second")
    provisions(finder)
    assert finder.own.get(PROVISIONED) == first


def test_what_the_olt_changes_is_not_said_to_be_stronger_than_itself(
    finder: Finder, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    provisions(finder)
    provisions(finder, url=B)
    assert f"the ACS is {B} now, named by omci (the OLT): it has changed" in caplog.text


def test_dhcp_brings_no_credentials(finder: Finder) -> None:
    finder.discovery.said(Source.DHCPV4, Offer(Source.DHCPV4, "x", "wan", A, username="them", password="theirs"))
    assert finder.turns().url == A
    assert finder.own.get("ManagementServer.Username") == ""


# --- what is not replaced --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("caller", [Caller.ACS, Caller.LOCAL, Caller.CONTROLLER])
def test_what_the_acs_or_a_person_has_set_stays_whatever_dhcp_says(finder: Finder, caller: Caller) -> None:
    finder.settings = Settings(allow_http=True, allow_change=True)
    finder.hears(bound(A))
    finder.sets(caller, URL=B)
    finder.contact = BROKEN

    assert finder.hears(bound(A), bound6(A)).url == B
    assert finder.restarted().url == B


def test_the_same_url_set_by_the_acs_is_its_own_from_then_on(finder: Finder) -> None:
    finder.hears(bound(A))
    finder.sets(Caller.ACS, URL=A)
    finder.contact = BROKEN
    assert finder.hears(bound("https://a.example/other")).url == A


def test_a_person_who_empties_the_url_lets_the_acs_be_found_again(finder: Finder) -> None:
    finder.sets(Caller.LOCAL, URL=B, Username="cpe", Password="s3cret")
    assert finder.hears(bound(A)).url == B

    finder.sets(Caller.LOCAL, URL="")
    finder.discovery.system_changed(frozenset({"own"}))

    assert [finder.own.get(f"ManagementServer.{name}") for name in ("Username", "Password")] == ["", ""]
    assert finder.turns().url == A
    assert finder.by["source"] == "dhcpv4"
    assert finder.restarted().url == A


def test_what_the_settings_file_names_is_taken_out_there(tmp_path: Path) -> None:
    finder = Finder(tmp_path, file={ms.URL: B})
    with pytest.raises(Refusals, match="it comes from the settings file: take it out there"):
        finder.sets(Caller.LOCAL, URL="")
    finder.sets(Caller.LOCAL, URL=A)
    finder.sets(Caller.LOCAL, URL="")
    assert finder.url == B


def test_the_acs_cannot_leave_itself_out(finder: Finder) -> None:
    finder.sets(Caller.LOCAL, URL=B)
    with pytest.raises(Refusals, match="it must be"):
        finder.sets(Caller.ACS, URL="")
    assert finder.url == B


def test_a_state_from_before_provenance_is_as_set_by_a_person(tmp_path: Path) -> None:
    documents = Documents()
    own = {ms.URL: {"value": A, "file": None}}
    documents.write("model", {"version": 1, "transaction": 1, "backends": {"own": own}})
    finder = Finder(tmp_path, documents)
    finder.settings = Settings(allow_change=True)
    finder.contact = BROKEN
    assert finder.hears(bound(B)).url == A


def test_the_settings_files_acs_is_stronger_than_dhcp(tmp_path: Path) -> None:
    finder = Finder(tmp_path, file={ms.URL: A})
    finder.contact = BROKEN
    assert finder.hears(bound(B)).url == A


def test_the_files_password_goes_to_whom_dhcp_names_until_an_acs_has_answered_and_then_to_that_host_alone(
    tmp_path: Path,
) -> None:
    finder = Finder(tmp_path, file={ms.PASSWORD: "of the file"}).hears(bound(A))
    finder.contact = BROKEN
    assert finder.hears(bound(B)).url == B
    assert finder.own.get(ms.PASSWORD) == "of the file"

    finder.contact = Contact(has_answered=True)
    finder.turns()
    finder.contact = BROKEN._replace(has_answered=True)
    assert finder.hears(bound(A)).url == B
    words = next(line for line in shipped("agent.toml").read_text().splitlines() if line.startswith("password"))
    assert "until an ACS has completed a session, then that host alone (see allow_change)" in words


def test_a_url_that_comes_into_the_file_takes_the_place_of_dhcps(finder: Finder) -> None:
    finder.hears(bound(A))
    finder.own.reload({ms.URL: B})
    assert finder.url == B
    finder.own.reload({})
    finder.discovery.system_changed(frozenset({"own"}))
    assert finder.turns().url == A


def test_another_offer_replaces_dhcps_acs_only_when_that_cannot_be_reached(finder: Finder) -> None:
    finder.hears(bound(A))
    for contact in (Contact(2, finder.now), Contact(0, None, has_answered=False)):
        finder.contact = contact
        assert finder.hears(bound(B)).url == A
    finder.contact = Contact(3, finder.now)
    assert finder.turns().url == B


def test_an_acs_that_fails_for_an_hour_counts_as_unreachable_however_seldom_it_is_tried(finder: Finder) -> None:
    finder.hears(bound(A))
    finder.contact = Contact(1, finder.now)
    finder.hears(bound(B))
    assert finder.url == A
    assert finder.discovery.due(finder.now) == finder.now + FAILING_FOR
    finder.now += FAILING_FOR
    assert finder.turns().url == B


def test_once_the_acs_has_answered_dhcp_names_no_other_host(finder: Finder) -> None:
    finder.hears(bound(A))
    finder.contact = Contact(has_answered=True)
    finder.turns()
    assert finder.own.get(REMEMBERED_HOST) == "a.example"
    later = finder.restarted()
    later.contact = BROKEN

    assert later.hears(bound(B)).url == A
    assert later.hears(bound("https://a.example/moved")).url == "https://a.example/moved"
    later.settings = Settings(allow_change=True)
    assert later.hears(bound(B)).url == B


@pytest.mark.parametrize("may_change", [False, True])
def test_the_log_says_whether_dhcp_may_name_another_host(
    finder: Finder, caplog: pytest.LogCaptureFixture, may_change: bool
) -> None:
    caplog.set_level(logging.INFO)
    finder.settings = Settings(allow_change=may_change)
    finder.hears(bound(A))
    finder.contact = Contact(has_answered=True)
    finder.turns()
    limit = "may name another one ([discovery] allow_change)" if may_change else "alone cannot name another one"
    assert f"a.example is remembered: DHCP {limit}" in caplog.text


def test_a_factory_reset_lets_it_be_found_anew_also_at_another_host(finder: Finder) -> None:
    finder.hears(bound(A))
    finder.contact = Contact(has_answered=True)
    finder.turns()
    finder.model.forget_everything()
    assert finder.restarted().url == A, "the lease is in force still"
    finder.model.forget_everything()
    assert finder.hears(bound(B)).url == B


def test_credentials_of_one_host_are_not_told_to_another(finder: Finder) -> None:
    finder.hears(bound(A))
    finder.sets(Caller.ACS, Username="cpe-1", Password="s3cret")
    finder.contact = BROKEN
    finder.hears(bound("https://a.example/other"))
    assert finder.own.get("ManagementServer.Password") == "s3cret"
    finder.hears(bound(B))
    assert finder.url == B
    assert finder.own.get("ManagementServer.Username") == finder.own.get("ManagementServer.Password") == ""

    finder.sets(Caller.LOCAL, Password="by hand")
    finder.hears(bound(A))
    assert finder.url == A
    assert finder.own.get("ManagementServer.Password") == "by hand"


def test_a_lease_that_ends_takes_its_offer_away_and_leaves_the_acs(finder: Finder) -> None:
    finder.hears(bound(A)).hears(ended())
    assert finder.url == A
    finder.model.forget_everything()
    finder.discovery.system_changed(frozenset({"own"}))
    assert finder.turns().url == ""


@pytest.mark.parametrize(
    "url", ["http://a.example/", "https://u:s3cret@a.example/", "https:///x", "nonsense", "https://a b/"]
)
def test_what_is_no_good_acs_is_not_taken_and_logged_once_without_secrets(
    finder: Finder, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        finder.hears(bound(url), bound(url, reason="renew"))
        assert finder.url == ""
    told = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(told) == 1, told
    assert "s3cret" not in caplog.text
    assert "udhcpc on wan" in told[0].getMessage()


def test_a_lease_that_is_told_before_its_route_is_there_is_no_reason_to_warn(
    finder: Finder, caplog: pytest.LogCaptureFixture
) -> None:
    ways, finder.ways = finder.ways, {4: (), 6: ()}
    assert finder.hears(bound(A)).url == ""
    assert [record.levelname for record in caplog.records if "is not taken" in record.getMessage()] in ([], ["INFO"])
    finder.ways = {4: ("other",), 6: ()}
    finder.discovery.system_changed(frozenset({"route"}))
    finder.turns()
    assert [record.levelname for record in caplog.records if "is not taken" in record.getMessage()][-1] == "WARNING"
    finder.ways = ways
    finder.discovery.system_changed(frozenset({"route"}))
    assert finder.turns().url == A


def test_where_discovery_is_off_nothing_changes_and_what_is_followed_stays(finder: Finder) -> None:
    finder.hears(bound(A, code="P"))
    finder.settings = Settings(enable=False)
    finder.contact = BROKEN
    finder.hears(bound(B, code="Q"), ended())
    assert (finder.url, finder.value(CODE)) == (A, "P")


def test_a_preset_is_stronger_than_dhcp_unless_it_yields(finder: Finder) -> None:
    preset = {ms.URL: A, "ManagementServer.CWMPRetryMinimumWaitInterval": 30}
    finder.own.lay_under(preset, {"source": "preset", "told_by": "a file", "yields": False}, {})
    finder.hears(bound(B, wait="60", code="P"))
    assert (finder.url, finder.value(WAIT), finder.value(CODE)) == (A, "30", "P")
    finder.own.lay_under(preset, {"source": "preset", "told_by": "a file", "yields": True}, {})
    finder.hears(bound(B, wait="60"))
    assert (finder.url, finder.value(WAIT)) == (B, "60")
    finder.hears(ended())
    assert (finder.url, finder.value(WAIT)) == (B, "30")


# --- asking by ourselves ---------------------------------------------------------------------------------------------


def answered(url: str) -> dict[str, Any]:
    environment = {"interface": "wan", "option43": bound(url)["environment"]["opt43"]}
    return {"client": "dhcpinform", "reason": "answered", "environment": environment}


UNANSWERED = {"client": "dhcpinform", "reason": "unanswered", "environment": {"interface": "wan"}}


def test_the_server_is_asked_where_dhcp_has_a_say_and_no_client_tells(finder: Finder) -> None:
    assert finder.discovery.asks
    assert not finder.hears(bound(A)).discovery.asks
    assert finder.discovery.has_a_say
    assert finder.hears(ended()).discovery.asks
    assert finder.hears(bound()).discovery.asks, "a client that was given no option, or hides it"
    finder.sets(Caller.LOCAL, URL=B)
    assert not finder.hears(bound()).discovery.asks
    assert not finder.discovery.has_a_say
    finder.model.forget_everything()
    assert finder.discovery.has_a_say
    finder.settings = Settings(enable=False)
    assert not finder.hears(bound()).discovery.asks


def test_what_the_server_answered_stays_when_it_is_not_asked_any_more(finder: Finder) -> None:
    finder.hears({**answered(A)})
    assert finder.url == A
    finder.hears(UNANSWERED)
    assert finder.discovery.leases.by_client == {}
    finder.hears(answered(A))
    finder.sets(Caller.ACS, URL=A)
    finder.hears(bound()).hears(UNANSWERED)
    assert [key[1] for key in finder.discovery.leases.by_client] == ["dhcpinform", "udhcpc"]


def test_a_client_that_tells_takes_the_place_of_what_was_asked_for(finder: Finder) -> None:
    finder.hears(answered(A)).hears(bound(A, code="P"))
    assert [key[1] for key in finder.discovery.leases.by_client] == ["udhcpc"]
    assert not finder.discovery.asks


# --- values that follow options --------------------------------------------------------------------------------------


def test_values_follow_their_options_and_come_back_without_them(finder: Finder) -> None:
    finder.hears(bound(A, code="P", wait="30", multiplier="2500"))
    assert [finder.value(path) for path in (CODE, WAIT, MULTIPLIER)] == ["P", "30", "2500"]
    finder.hears(bound(A, code="Q", wait="30"))
    assert [finder.value(path) for path in (CODE, WAIT, MULTIPLIER)] == ["Q", "30", "2000"]
    finder.hears(ended())
    assert [finder.value(path) for path in (CODE, WAIT, MULTIPLIER)] == ["", "5", "2000"]
    assert finder.url == A


@pytest.mark.parametrize("caller", [Caller.ACS, Caller.LOCAL])
def test_what_the_acs_or_a_person_has_set_follows_nothing(finder: Finder, caller: Caller) -> None:
    finder.hears(bound(A, wait="30"))
    finder.sets(caller, CWMPRetryMinimumWaitInterval="7")
    finder.hears(bound(A, wait="60"), ended())
    assert finder.value(WAIT) == "7"


def test_a_lease_without_the_default_route_for_a_while_takes_no_value_away(finder: Finder) -> None:
    finder.hears(bound(A, code="P"))
    finder.ways = {4: (), 6: ()}
    finder.discovery.system_changed(frozenset({"route"}))
    assert finder.turns().value(CODE) == "P"


def test_after_a_boot_a_value_stays_until_its_lease_is_heard_of(finder: Finder) -> None:
    finder.hears(bound(A, code="P"))
    later = finder.restarted(boot="boot 2")
    assert later.value(CODE) == "P"
    assert later.hears(bound(A)).value(CODE) == ""


def test_a_refused_offer_is_not_followed(finder: Finder) -> None:
    assert finder.hears(bound("http://a.example/", code="P")).value(CODE) == ""
    assert finder.hears(bound(code="P")).value(CODE) == "P", "an offer need not name an ACS"


def test_a_value_that_the_schema_refuses_is_tried_again_and_nothing_breaks(finder: Finder) -> None:
    finder.discovery.said(Source.OMCI, Offer(Source.OMCI, "x", provisioning_code="x" * 100))
    finder.turns()
    assert finder.value(CODE) == ""
    assert finder.discovery.due(finder.now) == finder.now + AGAIN


def test_a_change_under_way_is_waited_for(finder: Finder) -> None:
    change = finder.model.transaction(Caller.ACS)
    finder.hears(bound(A))
    assert finder.url == ""
    change.abandon()
    finder.now += AGAIN
    assert finder.turns().url == A


# --- over restarts, and bounds ---------------------------------------------------------------------------------------


def test_leases_in_force_are_known_after_a_restart_and_not_after_a_boot(finder: Finder) -> None:
    said = option125((4, "00D09E"), (5, "SN"), (6, "Gateway"))
    event = {"client": "udhcpc", "reason": "bound", "environment": {"interface": "wan", "opt125": said}}
    finder.hears(event)
    neighbour = Neighbour("00D09E", "SN", "Gateway")
    assert finder.discovery.neighbour() == neighbour
    assert finder.restarted().discovery.neighbour() == neighbour
    assert finder.restarted(boot="boot 2").discovery.neighbour() is None
    assert finder.hears(ended()).discovery.neighbour() is None
    finder.ways = {4: ("other",), 6: ()}
    assert finder.hears(event).discovery.neighbour() is None


def test_a_steady_lease_writes_nothing_and_asks_nothing_of_time(finder: Finder) -> None:
    finder.hears(bound(A))
    saves, kept = finder.documents.saves, (finder.place / "leases.json").stat()
    for _ in range(20):
        finder.hears(bound(A, reason="bound"))
    assert finder.documents.saves == saves
    after = (finder.place / "leases.json").stat()
    assert (after.st_ino, after.st_mtime_ns) == (kept.st_ino, kept.st_mtime_ns)
    assert finder.discovery.due(finder.now) is None


def test_leases_are_bounded_and_those_that_lead_out_stay(finder: Finder) -> None:
    finder.hears(bound(A))
    for number in range(5 * MOST_LEASES):
        assert finder.discovery.heard(bound(B, f"ppp{number}"))[0] is not None
    assert finder.turns().url == A
    assert len(finder.discovery.leases) == MOST_LEASES
    finder.ways = {4: ("wan", *(f"ppp{number}" for number in range(5 * MOST_LEASES))), 6: ()}
    assert finder.discovery.heard(bound(B, "more")) == (None, f"{MOST_LEASES} leases are known already")


@pytest.mark.parametrize("event", [{}, {"client": "x"}, {"client": "udhcpc", "reason": "bound", "environment": {}}])
def test_what_is_no_event_changes_nothing(finder: Finder, event: dict[str, Any]) -> None:
    handed, why = finder.discovery.heard(event)
    assert handed is None
    assert why


def test_a_lease_is_forgotten_when_another_link_is_called_so(finder: Finder) -> None:
    """A rogue's word on the LAN is not the WAN's after the two have changed their names."""
    finder.indexes = {"wan": 2, "lan": 3}
    finder.hears(bound(B, "lan"))
    assert finder.turns().url == ""
    finder.indexes = {"wan": 3, "lan": 2}
    finder.ways = {4: ("lan",), 6: ()}
    finder.discovery.system_changed(frozenset({"link"}))
    assert finder.turns().url == ""
    assert not finder.discovery.leases
    finder.hears(bound(A, "lan"))
    finder.indexes = {"wan": 3}
    finder.discovery.system_changed(frozenset({"link"}))
    assert finder.turns().url == A, "a link that is away for a moment may come again"


def test_a_lease_of_another_link_is_none_after_a_restart_either(finder: Finder) -> None:
    finder.indexes = {"wan": 2}
    finder.hears(bound(A))
    finder.indexes = {"wan": 7}
    assert not finder.restarted().discovery.leases


# --- the way out -----------------------------------------------------------------------------------------------------


def test_the_way_out_is_the_best_default_route_of_each_family() -> None:
    routes = [
        Route(4, "", "192.0.2.1", "wan", 100),
        Route(4, "", "192.0.2.1", "lan", 200),
        Route(4, "192.0.2.0/24", None, "other", 0),
        Route(6, "", None, "ppp0", 10),
        Route(6, "", None, "ppp1", 10),
        Route(6, "", None, None, 1),
    ]
    assert ways_out(routes) == {4: ("wan",), 6: ("ppp0", "ppp1")}
    assert ways_out([]) == {4: (), 6: ()}
    assert ways_out(routes, "mgmt") == {4: ("mgmt",), 6: ("mgmt",)}


def test_a_router_advertised_in_the_home_makes_no_way_out_of_it() -> None:
    rogue, wan = (Route(6, "", None, link, 1024, protocol="ra") for link in ("lan", "wan"))
    cable = Route(4, "", "192.0.2.1", "wan", 100, protocol="static")
    assert ways_out([cable, rogue], like_home={"lan"}) == {4: ("wan",), 6: ()}
    assert ways_out([cable, rogue, wan], like_home={"lan"})[6] == ("wan",)
    assert ways_out([rogue, wan], like_home={"lan"})[6] == ("wan",)
    assert ways_out([cable, wan], like_home={"lan", "wan"})[6] == ("wan",), "a host behind somebody else's router"


# --- properties ------------------------------------------------------------------------------------------------------

URLS = st.sampled_from([A, B, "https://a.example/2", "http://a.example/", "ftp://x", ""])
LINKS = st.sampled_from(["wan", "lan"])
HAPPENINGS = st.one_of(
    st.builds(bound, URLS, LINKS, code=st.sampled_from(["", "P", "Q"])),
    st.builds(bound6, URLS, LINKS),
    st.builds(ended, LINKS),
    st.sampled_from(["fails", "answers", "restart", "boot"]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.lists(HAPPENINGS, max_size=12), caller=st.sampled_from([Caller.ACS, Caller.LOCAL]), at=st.integers(0, 12)
)
def test_whatever_happens_dhcp_never_overrules_the_acs_or_a_person(
    tmp_path_factory: pytest.TempPathFactory, data: list[Any], caller: Caller, at: int
) -> None:
    finder = Finder(tmp_path_factory.mktemp("leases"))
    finder.settings = Settings(allow_http=True, allow_change=True)
    is_set = False
    for number, happening in enumerate(data):
        if number == at:
            finder.sets(caller, URL="https://theirs.example/")
            is_set = True
        match happening:
            case "fails":
                finder.contact = BROKEN
            case "answers":
                finder.contact = Contact(has_answered=True)
            case "restart" | "boot":
                finder = finder.restarted(boot="boot 2" if happening == "boot" else "")
            case _:
                finder.discovery.heard(happening)
        finder.turns()
        assert not is_set or finder.url == "https://theirs.example/"
        assert finder.url == "" or finder.by.get("interface", "wan") == "wan"


def test_while_the_machine_goes_down_nothing_is_set(tmp_path: Path) -> None:
    finder = Finder(tmp_path)
    finder.discovery._is_going_down = lambda: True
    assert finder.hears(bound(A)).url == ""
    finder.discovery._is_going_down = lambda: False
    assert finder.turns().url == A


# --- the password and its host ---------------------------------------------------------------------------------------


def test_the_password_of_one_host_is_not_for_another_that_a_person_names(finder: Finder) -> None:
    url, secret = f"Device.{ms.URL}", f"Device.{ms.PASSWORD}"
    complete = finder.discovery.for_its_host_only
    assert complete({url: B}) == {url: B}  # no ACS, no password
    finder.own.stage(ms.URL, A)
    finder.own.stage(ms.PASSWORD, "canary")

    assert complete({url: "https://a.example/moved"}) == {url: "https://a.example/moved"}
    assert complete({url: B}) == {url: B, secret: ""}
    assert complete({url: ""}) == {url: "", secret: ""}
    assert complete({url: B, secret: "for b"}) == {url: B, secret: "for b"}
    assert complete({"Device.X": "1"}) == {"Device.X": "1"}


def test_nor_for_another_that_the_settings_file_names(finder: Finder) -> None:
    finder.own.stage(ms.PASSWORD, "canary")
    finder.own.reload({ms.URL: A})
    assert not finder.discovery.file_was_read("", "canary")
    assert not finder.discovery.file_was_read(A, "canary")

    finder.own.reload({ms.URL: B})
    assert finder.discovery.file_was_read(A, "canary")
    assert finder.own.get(ms.PASSWORD) == ""
    assert not finder.discovery.file_was_read(A, "")
