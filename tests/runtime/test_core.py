"""The core as a conversation: what happens to the agent, and what it then wants done; time is the test's."""

import logging
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.cwmp import messages as m
from agent.cwmp.event_queue import HEARTBEAT
from agent.runtime import actions as do
from agent.runtime import events as on
from agent.runtime.core import BREATH, GOING_DOWN, POLL, TEST_TAKES
from agent.runtime.housekeeping import Housekeeping
from agent.runtime.new_ways import MOST, SETTLING, TOPICS
from tests.cwmp.small_device import ACS
from tests.runtime.conversation import CONFIRM_WITHIN, START, Talk, begun

STATUS = "Device.Ethernet.Interface.1.Status"
ADDRESS = "Device.IP.Interface.1.IPv4Address.1.IPAddress"
KEY = "Device.ManagementServer.ParameterKey"
SOFTWARE = "Device.DeviceInfo.SoftwareVersion"
MADE, REVERTED = "X 0A1B2C CHANGE MADE", "X 0A1B2C CHANGE REVERTED"
HOUR = 3600.0
YEARS = 10 * 365 * 86400.0


def spv(parameters: dict[str, str], key: str = "") -> m.SetParameterValues:
    return m.SetParameterValues([m.ParameterValueStruct(name, value, None) for name, value in parameters.items()], key)


def watch(path: str, level: int) -> m.SetParameterAttributes:
    return m.SetParameterAttributes([m.SetParameterAttributesStruct(path, True, level)])


def asked_for(*requests: m.Request) -> Talk:
    """A device whose ACS has just asked these, in a session that is over."""
    talk = begun()
    talk.pass_on(on.ConnectionRequested())
    for answer in talk.ends(*requests):
        assert isinstance(answer, m.Response), answer
    talk.done.clear()
    return talk


# -- first contact, boots and restarts --------------------------------------------------------------------------------


def test_the_first_session_tells_of_bootstrap_and_boot_and_is_saved_before() -> None:
    talk = Talk()

    assert talk.told == ["0 BOOTSTRAP", "1 BOOT"]
    assert '"0 BOOTSTRAP"' in talk.documents.texts["delivery"]
    talk.ends()
    assert not talk.in_session
    assert talk.wanted(do.CloseSession) == [do.CloseSession(1, "complete")]
    assert "BOOTSTRAP" not in talk.documents.texts["delivery"]


def test_a_restart_of_the_process_tells_only_what_is_pending() -> None:
    talk = begun().restarted()
    assert not talk.in_session

    killed = Talk().restarted()
    assert killed.told == ["0 BOOTSTRAP", "1 BOOT"]


def test_a_new_boot_of_the_kernel_is_told() -> None:
    assert begun().restarted(booted=True).told == ["1 BOOT"]


def test_without_an_acs_nothing_begins_and_with_one_it_does_at_once() -> None:
    talk = Talk()
    talk.ends()
    talk.own.begin()
    talk.own.stage("ManagementServer.URL", "")
    talk.done.clear()
    talk.let_pass(2 * HOUR)
    assert talk.informs == []

    assert talk.person("set", values={"Device.ManagementServer.URL": "http://other.example/"})["status"] == 0
    assert talk.told == ["0 BOOTSTRAP", "2 PERIODIC"] or talk.told == ["0 BOOTSTRAP"]


def test_a_boot_delay_holds_the_first_session_back() -> None:
    talk = Talk(boot_delay=30.0)
    talk.let_pass(29.9)
    assert not talk.in_session
    talk.let_pass(0.2)
    assert talk.in_session


# -- failures and retries ---------------------------------------------------------------------------------------------


def test_retries_follow_the_table_with_their_count() -> None:
    talk = Talk()
    talk.person("set", values={"Device.ManagementServer.PeriodicInformEnable": "0"})
    for attempt in range(1, 13):
        talk.breaks()
        wait = 1.5 * 5 * 2 ** (min(attempt, 10) - 1)
        talk.let_pass(wait - 1)
        assert not talk.in_session
        talk.let_pass(2)
        assert talk.in_session, f"retry {attempt} did not come {wait} s after the failure"
        assert talk.informs[-1].retry_count == attempt
        assert talk.told == ["0 BOOTSTRAP", "1 BOOT"]


def failing(attempts: int, way: str | None, *, host_answered: bool = False) -> Talk:
    """A device that has tried so often, by this way; its next attempt is minutes away."""
    talk = Talk(way=way)
    for _ in range(attempts):
        talk.breaks(host_answered=host_answered)
        if talk.retries.count < attempts:
            await_attempt(talk)
    return talk


def await_attempt(talk: Talk) -> None:
    while not talk.in_session:
        talk.let_pass(5)


def comes(talk: Talk, way: str | None, topic: str = "route") -> None:
    """The system has another way to the ACS, and says so."""
    talk.way = way
    talk.pass_on(on.Changed(frozenset({topic})))


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_a_way_that_comes_ends_the_wait(topic: str) -> None:
    talk = failing(6, None)
    comes(talk, "wan0", topic)
    assert not talk.in_session, "name servers come a little later"
    talk.let_pass(SETTLING + 0.1)
    assert talk.in_session
    assert talk.informs[-1].retry_count == 6
    talk.breaks()
    talk.let_pass(100)
    assert not talk.in_session, "this way was tried"


def test_a_way_that_came_during_the_attempt_is_tried_too() -> None:
    talk = failing(5, None)
    await_attempt(talk)
    comes(talk, "wan0")
    talk.breaks("the name cannot be resolved")
    talk.let_pass(SETTLING + 0.1)
    assert talk.in_session


def seeking(way: str | None) -> Talk:
    """A device whose attempt has no connection yet: it waits for an answer of a name server, say."""
    talk = begun()
    talk.way = way
    [opened] = talk.core.handle(on.ConnectionRequested(), talk.moment)
    assert isinstance(opened, do.OpenSession)
    return talk


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_a_way_that_comes_ends_an_attempt_that_has_found_nobody(topic: str) -> None:
    talk = seeking("mgmt")
    comes(talk, "mgmt, other servers", topic)
    talk.done.clear()
    talk.let_pass(SETTLING - 0.1)
    assert talk.done == [], "it may still find the ACS"
    talk.let_pass(0.2)
    assert talk.done[0] == do.CloseSession(2, "there is a new way to the ACS")
    assert talk.core.session_number == 3
    assert talk.informs[-1].retry_count == 1


def test_a_way_that_comes_leaves_alone_what_has_found_the_acs_meanwhile() -> None:
    talk = seeking("mgmt")
    comes(talk, "wan0")
    talk.core.handle(on.AcsFound(2, "192.0.2.10"), talk.moment)
    talk.let_pass(2 * SETTLING)
    assert talk.core.session_number == 2


def test_a_way_that_comes_and_goes_ends_no_attempt_and_one_that_stays_only_once() -> None:
    talk = seeking("mgmt")
    comes(talk, "wan0")
    comes(talk, "mgmt")
    talk.let_pass(2 * SETTLING)
    assert talk.core.session_number == 2
    ended = 0
    for number in range(10 * MOST):
        comes(talk, f"wan0 from {number}")
        for _ in range(3):
            talk.now += SETTLING
            ended += any(isinstance(one, do.CloseSession) for one in talk.core.handle(None, talk.moment))
    assert ended < MOST


@pytest.mark.parametrize(("way", "host_answered"), [("wan0", False), (None, True)])
def test_what_no_new_way_can_help_waits_as_it_should(way: str | None, host_answered: bool) -> None:
    talk = failing(6, way, host_answered=host_answered)
    for topic in ("route", "neighbour", "address"):
        comes(talk, "wan0", topic)
    talk.let_pass(100)
    assert not talk.in_session


def test_a_link_that_flaps_brings_one_attempt_for_each_way_and_no_storm() -> None:
    talk = failing(7, None)
    before = len(talk.informs)
    for number in range(400):
        comes(talk, (None, f"wan0 from {number % 100}")[number % 2])
        talk.let_pass(0.5)
        if talk.in_session:
            talk.breaks()
    assert len(talk.informs) - before <= MOST
    talk = failing(7, None)
    before = len(talk.informs)
    for number in range(100):
        comes(talk, (None, "wan0")[number % 2])
        talk.let_pass(1)
        if talk.in_session:
            talk.breaks()
    assert len(talk.informs) - before == 1


def test_after_a_success_each_way_is_new_again() -> None:
    talk = failing(4, None)
    comes(talk, "wan0")
    talk.let_pass(SETTLING + 0.1)
    talk.ends()
    comes(talk, None)
    talk.pass_on(on.ConnectionRequested())
    talk.breaks()
    assert not talk.in_session
    comes(talk, "wan0")
    talk.let_pass(SETTLING + 0.1)
    assert talk.in_session


def test_success_is_an_answered_inform_and_a_clean_end() -> None:
    talk = Talk()
    talk.says(m.InformResponse())
    talk.breaks()
    talk.let_pass(10)

    assert talk.informs[-1].retry_count == 1
    assert talk.told == []
    talk.ends()
    talk.let_pass(60)
    assert not talk.in_session
    assert talk.retries.count == 0


def test_how_long_sessions_fail_is_known_until_one_is_complete_or_the_acs_is_another() -> None:
    talk = Talk()
    talk.breaks()
    since = talk.now
    talk.let_pass(10)
    talk.breaks()
    assert (talk.core.failing_since, talk.core.has_answered) == (since, False)
    talk.let_pass(25)
    talk.ends()
    assert (talk.core.failing_since, talk.core.has_answered) == (None, True)
    talk.person("set", values={"Device.ManagementServer.URL": "http://other.example/"})
    assert not talk.core.has_answered
    talk.breaks()
    assert talk.core.failing_since is not None


class Finds:
    """A chore that finds an ACS, as soon as it is asked."""

    def __init__(self, talk: Talk, url: str) -> None:
        self.talk, self.url = talk, url

    def due(self, now: float) -> float | None:
        return now if self.talk.own.get("ManagementServer.URL") != self.url else None

    def act(self, now: float) -> frozenset[str]:
        self.talk.own.stage("ManagementServer.URL", self.url)
        return frozenset({"own"})


def test_an_acs_that_is_found_while_a_boot_is_to_be_told_is_told_of_a_bootstrap_first() -> None:
    talk = Talk()
    talk.ends()
    talk.own.stage("ManagementServer.URL", "")
    talk.events.occurred("1 BOOT")
    talk.parts.housekeeping = Housekeeping([Finds(talk, "http://found.example/")])
    talk.pass_on(None)
    assert talk.told == ["0 BOOTSTRAP", "1 BOOT"]


def test_a_lease_that_was_heard_of_is_passed_on() -> None:
    talk = begun()
    heard: list[Any] = []
    talk.parts.lease_heard = heard.append
    talk.pass_on(on.LeaseHeard({"client": "udhcpc"}))
    assert heard == [{"client": "udhcpc"}]


def test_a_new_event_starts_a_session_at_once_without_resetting_the_count() -> None:
    talk = begun()
    talk.pass_on(on.ConnectionRequested())
    talk.breaks()
    assert not talk.in_session
    talk.pass_on(on.ConnectionRequested())

    assert talk.in_session
    assert talk.told == ["6 CONNECTION REQUEST"]
    assert talk.informs[-1].retry_count == 1


def test_a_connection_request_is_never_retried_as_an_event() -> None:
    talk = begun()
    talk.pass_on(on.ConnectionRequested())
    talk.breaks()
    talk.let_pass(10)

    assert talk.told == []
    assert talk.informs[-1].retry_count == 1


def test_an_answer_that_breaks_the_protocol_ends_the_session() -> None:
    talk = begun()
    talk.pass_on(on.ConnectionRequested())
    talk.says(m.GetRPCMethods())

    assert not talk.in_session
    assert "GetRPCMethods" in talk.wanted(do.CloseSession)[-1].outcome
    assert talk.retries.count == 1


def test_what_belongs_to_an_earlier_session_is_passed_over() -> None:
    talk = begun()
    talk.pass_on(on.ConnectionRequested())
    number = talk.core.session_number
    assert number is not None
    talk.pass_on(on.AcsUnreachable(number - 1, "late", host_answered=False))
    talk.pass_on(on.AcsReplied(number - 1, None))

    assert talk.core.session_number == number


def test_what_flaps_while_the_acs_is_down_waits_for_the_retry() -> None:
    talk = asked_for(watch(STATUS, 2))
    talk.system_says(STATUS, "Down")
    talk.breaks()
    for number in range(20):
        talk.let_pass(0.1)
        talk.system_says(STATUS, ("Up", "Down")[number % 2])

    assert len(talk.informs) == 1
    talk.let_pass(10)
    assert len(talk.informs) == 2
    assert talk.told == ["4 VALUE CHANGE"]


# -- one session at a time --------------------------------------------------------------------------------------------


def test_connection_requests_during_a_session_bring_exactly_one_further_session() -> None:
    talk = begun()
    talk.pass_on(on.ConnectionRequested())
    talk.says(m.InformResponse())
    for _ in range(3):
        talk.pass_on(on.ConnectionRequested())
    assert len(talk.wanted(do.OpenSession)) == 1
    talk.says(None)

    assert talk.told == ["6 CONNECTION REQUEST"]
    talk.ends()
    assert not talk.in_session
    talk.let_pass(60)
    assert len(talk.wanted(do.OpenSession)) == 2


def test_a_connection_request_between_inform_and_answer_is_told_in_the_next_session() -> None:
    talk = begun()
    talk.pass_on(on.ConnectionRequested())
    talk.pass_on(on.ConnectionRequested())
    talk.ends()

    assert talk.told == ["6 CONNECTION REQUEST"]
    assert len(talk.informs) == 2


def test_stopping_ends_the_session_and_begins_no_other(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    talk = begun()
    talk.pass_on(on.ConnectionRequested())
    talk.pass_on(on.Stop("SIGTERM"))

    assert talk.core.stopped
    assert talk.wanted(do.CloseSession) == [do.CloseSession(2, "the agent was stopped")]
    assert "the agent stops: SIGTERM" in caplog.text


# -- notifications ----------------------------------------------------------------------------------------------------


def test_an_active_change_is_told_at_once_with_its_value() -> None:
    talk = asked_for(watch(STATUS, 2))
    talk.system_says(STATUS, "Down")

    assert talk.told == ["4 VALUE CHANGE"]
    assert (STATUS, "Down") in [(value.name, value.value) for value in talk.informs[-1].parameter_list]


def test_a_passive_change_rides_along_with_the_next_session() -> None:
    talk = asked_for(watch(STATUS, 1))
    talk.system_says(STATUS, "Down")
    assert not talk.in_session
    talk.pass_on(on.ConnectionRequested())

    assert talk.told == ["4 VALUE CHANGE", "6 CONNECTION REQUEST"]


def test_the_throttle_holds_sessions_for_notification_alone_back() -> None:
    talk = asked_for(watch(STATUS, 2), spv({"Device.ManagementServer.DefaultActiveNotificationThrottle": "30"}))
    talk.system_says(STATUS, "Down")
    assert not talk.in_session
    talk.let_pass(29)
    assert not talk.in_session
    talk.let_pass(2)
    assert talk.told == ["4 VALUE CHANGE"]


def test_the_throttle_holds_nothing_else_back() -> None:
    talk = asked_for(watch(STATUS, 2), spv({"Device.ManagementServer.DefaultActiveNotificationThrottle": "30"}))
    talk.system_says(STATUS, "Down")
    talk.pass_on(on.ConnectionRequested())

    assert talk.told == ["4 VALUE CHANGE", "6 CONNECTION REQUEST"]


def test_heartbeats_and_a_throttled_notification_hold_each_other_back_in_no_way() -> None:
    policy = "Device.ManagementServer.HeartbeatPolicy."
    throttle = {"Device.ManagementServer.DefaultActiveNotificationThrottle": "100"}
    beats = {f"{policy}Enable": "1", f"{policy}ReportingInterval": "60"}
    talk = asked_for(watch(STATUS, 2), spv({**throttle, **beats}))
    talk.system_says(STATUS, "Down")
    talk.let_pass(61)
    assert talk.told == [HEARTBEAT]
    talk.ends()
    talk.let_pass(41)
    assert talk.told == ["4 VALUE CHANGE"]


def test_an_event_makes_only_what_it_names_be_looked_at() -> None:
    talk = asked_for(watch(STATUS, 2))
    talk.system_says(STATUS, "Down", topic="route")
    assert not talk.in_session
    talk.pass_on(on.Changed(frozenset({"everything"})))
    assert talk.told == ["4 VALUE CHANGE"]


def test_what_no_event_announces_is_polled() -> None:
    talk = begun()
    talk.device.becomes(SOFTWARE, "2.0")
    talk.let_pass(POLL + 1)

    assert talk.told == ["4 VALUE CHANGE"]
    assert (SOFTWARE, "2.0") in [(value.name, value.value) for value in talk.informs[-1].parameter_list]


def test_what_the_acs_sets_itself_is_not_told_and_what_a_person_sets_is() -> None:
    provisioning = "Device.DeviceInfo.ProvisioningCode"
    talk = asked_for(spv({provisioning: "acs"}))
    talk.let_pass(2 * POLL)
    assert talk.informs == []

    talk.person("set", values={provisioning: "person"})
    assert talk.told == ["4 VALUE CHANGE"]


def test_a_level_that_a_person_sets_holds_at_once() -> None:
    talk = begun()
    talk.person("attributes", path=STATUS, notification=2)
    talk.system_says(STATUS, "Down")

    assert talk.told == ["4 VALUE CHANGE"]


def test_a_change_that_nobody_saw_is_told_after_the_restart() -> None:
    talk = asked_for(watch(STATUS, 2))
    talk.device.becomes(STATUS, "Down")

    after = talk.restarted()

    assert after.told == ["4 VALUE CHANGE"]
    after.ends()
    assert not after.restarted().in_session


def test_a_change_during_a_session_is_told_after_it() -> None:
    talk = asked_for(watch(STATUS, 2))
    talk.pass_on(on.ConnectionRequested())
    talk.says(m.InformResponse())
    talk.system_says(STATUS, "Down")
    talk.says(None)

    assert talk.told == ["4 VALUE CHANGE"]


# -- the calendar -----------------------------------------------------------------------------------------------------


def test_periodic_informs_keep_their_phase() -> None:
    talk = asked_for(
        spv(
            {
                "Device.ManagementServer.PeriodicInformInterval": "600",
                "Device.ManagementServer.PeriodicInformTime": "2020-01-01T00:02:00Z",
            }
        )
    )
    moments: list[float] = []

    def note() -> None:
        if talk.in_session and talk.wall is not None:
            moments.append(talk.wall % 600)
            talk.ends()

    talk.let_pass(1800, step=note)

    assert moments == pytest.approx([120, 120, 120], abs=1)
    assert talk.told == ["2 PERIODIC"]


def test_a_scheduled_inform_survives_restart_and_reboot_with_its_key() -> None:
    talk = asked_for(m.ScheduleInform(900, "later"))
    talk = talk.restarted(seconds=300)
    talk.let_pass(300)
    talk = talk.restarted(booted=True, seconds=100)
    talk.ends()
    talk.let_pass(190)
    assert talk.told == ["1 BOOT"]
    talk.let_pass(20)

    assert talk.told == ["3 SCHEDULED", "M ScheduleInform"]
    assert [event.command_key for event in talk.informs[-1].event] == ["", "later"]


def test_the_heartbeat_goes_alone() -> None:
    policy = "Device.ManagementServer.HeartbeatPolicy."
    talk = asked_for(spv({f"{policy}Enable": "1", f"{policy}ReportingInterval": "60"}))
    talk.let_pass(61)

    assert talk.told == [HEARTBEAT]
    talk.ends()
    talk.let_pass(30)
    talk.pass_on(on.ConnectionRequested())
    assert talk.told == ["6 CONNECTION REQUEST"]


@pytest.mark.parametrize("jump", [YEARS, -YEARS, 3601.0, -3601.0, 30.0])
def test_a_clock_that_jumps_brings_no_storm_and_breaks_no_schedule(jump: float) -> None:
    talk = asked_for(
        spv({"Device.ManagementServer.PeriodicInformTime": "2020-01-01T00:00:00Z"}), m.ScheduleInform(1000, "kept")
    )
    assert talk.wall is not None
    talk.wall += jump
    seen: list[tuple[float, list[str]]] = []
    begin = talk.now

    def note() -> None:
        if talk.in_session:
            seen.append((talk.now - begin, talk.told))
            talk.ends()

    talk.let_pass(4 * HOUR, step=note)

    assert 4 <= len(seen) <= 7
    [scheduled] = [moment for moment, codes in seen if "M ScheduleInform" in codes]
    assert scheduled == pytest.approx(1000, abs=1)
    periodic = [moment for moment, codes in seen if "2 PERIODIC" in codes]
    assert all(after - before > 300 for before, after in pairwise(periodic))


def test_a_device_without_a_clock_informs_and_does_so_evenly_when_it_gets_one() -> None:
    talk = Talk(wall=None)
    assert talk.informs[-1].current_time == m.UNKNOWN_TIME
    talk.ends(spv({"Device.ManagementServer.PeriodicInformTime": "2020-01-01T00:00:00Z"}))
    count = len(talk.informs)
    talk.let_pass(2 * HOUR, step=lambda: talk.ends() if talk.in_session else None)
    assert len(talk.informs) - count == 2
    talk.wall = START
    talk.let_pass(4 * HOUR, step=lambda: talk.ends() if talk.in_session else None)

    assert 6 <= len(talk.informs) - count <= 7


def test_a_clock_that_is_set_again_and_again_brings_no_storm() -> None:
    talk = asked_for(spv({"Device.ManagementServer.PeriodicInformTime": "2020-01-01T00:00:00Z"}))
    for number in range(200):
        talk.wall = START + (-1) ** number * YEARS
        talk.let_pass(30, step=lambda: talk.ends() if talk.in_session else None)

    assert len(talk.informs) <= 20


# -- another ACS ------------------------------------------------------------------------------------------------------


def test_another_url_set_in_a_session_is_first_contact_after_it() -> None:
    talk = begun()
    talk.pass_on(on.ConnectionRequested())
    talk.says(m.InformResponse())
    talk.says(spv({"Device.ManagementServer.URL": "https://other.example/"}))
    assert len(talk.wanted(do.OpenSession)) == 1
    talk.says(None)

    assert talk.told == ["0 BOOTSTRAP"]
    assert talk.informs[-1].retry_count == 0
    assert talk.restarted().told == ["0 BOOTSTRAP"]


def test_a_new_acs_does_not_inherit_the_retries_of_the_old() -> None:
    talk = begun()
    talk.pass_on(on.ConnectionRequested())
    talk.breaks()
    talk.person("set", values={"Device.ManagementServer.URL": "https://other.example/"})

    assert talk.told == ["0 BOOTSTRAP"]
    assert talk.informs[-1].retry_count == 0


# -- reboot and factory reset -----------------------------------------------------------------------------------------


def test_a_reboot_comes_after_the_clean_end_and_is_told_with_its_key() -> None:
    talk = begun()
    talk.pass_on(on.ConnectionRequested())
    talk.says(m.InformResponse())
    talk.says(m.Reboot("why"))
    assert talk.wanted(do.Reboot) == []
    talk.says(None)
    assert talk.wanted(do.Reboot) == [do.Reboot()]
    talk.pass_on(on.ConnectionRequested())
    assert not talk.in_session, "no session begins while the system goes down"

    after = talk.restarted(booted=True)
    assert after.told == ["1 BOOT", "M Reboot"]
    assert after.informs[-1].event[-1].command_key == "why"
    assert after.wanted(do.Reboot) == []


def test_a_session_that_breaks_puts_the_reboot_off_to_the_next_clean_end() -> None:
    talk = begun()
    talk.pass_on(on.ConnectionRequested())
    talk.says(m.InformResponse())
    talk.says(m.Reboot("why"))
    talk.breaks()
    assert talk.wanted(do.Reboot) == []
    talk.let_pass(10)
    talk.ends()

    assert talk.wanted(do.Reboot) == [do.Reboot()]


def test_a_crash_between_promise_and_reboot_is_made_up_for() -> None:
    talk = begun()
    talk.pass_on(on.ConnectionRequested())
    talk.says(m.InformResponse())
    talk.says(m.Reboot("why"))

    after = talk.restarted()
    assert after.wanted(do.Reboot) == [do.Reboot()]
    assert not after.in_session


def test_a_reboot_that_does_not_happen_does_not_silence_the_device() -> None:
    talk = asked_for(m.Reboot("why"))
    talk.pass_on(on.ConnectionRequested())
    talk.let_pass(GOING_DOWN + 1)

    assert talk.told == ["6 CONNECTION REQUEST"]


def test_a_reboot_that_is_known_to_have_failed_holds_up_no_session() -> None:
    talk = asked_for(m.Reboot("why"))
    talk.core.stays_up()
    talk.pass_on(on.ConnectionRequested())
    assert talk.told == ["6 CONNECTION REQUEST"]


def test_a_factory_reset_begins_everything_anew() -> None:
    talk = begun()
    talk.pass_on(on.ConnectionRequested())
    [_, _, answer] = talk.ends(spv({ADDRESS: "192.0.2.99"}, "K"), m.ScheduleInform(100, "later"), m.FactoryReset())
    assert isinstance(answer, m.FactoryResetResponse)

    assert talk.wanted(do.FactoryReset) == [do.FactoryReset()]
    assert talk.get(KEY) == ""
    cut_off = talk.restarted(booted=True)
    assert cut_off.wanted(do.FactoryReset) == [do.FactoryReset()], "a power cut is no factory reset: it is still owed"
    cut_off.delivery.is_going_down = True
    cut_off.delivery.save()
    after = cut_off.restarted(booted=True)
    assert after.told == ["0 BOOTSTRAP", "1 BOOT"]
    after.ends()
    after.let_pass(200)
    assert not after.in_session


# -- changes that may cut off the ACS ---------------------------------------------------------------------------------


def deferred() -> Talk:
    """A change was accepted, the session is over, and the next one has begun: it is to confirm the change."""
    talk = begun()
    talk.system.cuts_path = True
    talk.pass_on(on.ConnectionRequested())
    [answer] = talk.ends(spv({ADDRESS: "192.0.2.99"}, "after"))
    assert answer == m.SetParameterValuesResponse(1)
    talk.system.cuts_path = False
    return talk


def test_a_deferred_change_is_made_after_the_session_and_confirmed_by_the_next() -> None:
    talk = deferred()
    assert talk.told == [MADE]
    assert talk.model.awaits_confirmation
    talk.says(m.InformResponse())

    assert not talk.model.awaits_confirmation
    assert talk.core.next_due(talk.moment) - talk.now <= POLL
    talk.says(None)
    talk.let_pass(2 * CONFIRM_WITHIN)
    assert (talk.get(ADDRESS), talk.get(KEY)) == ("192.0.2.99", "after")


def test_a_host_that_answers_with_an_error_confirms_the_path_too() -> None:
    talk = deferred()
    talk.breaks("HTTP 503", host_answered=True)

    assert not talk.model.awaits_confirmation
    talk.let_pass(2 * CONFIRM_WITHIN)
    assert talk.get(ADDRESS) == "192.0.2.99"


def test_an_answer_that_breaks_the_protocol_confirms_the_path_too() -> None:
    talk = deferred()
    talk.says(m.GetRPCMethods())

    assert not talk.model.awaits_confirmation


def test_without_the_acs_the_change_comes_back_at_the_deadline_and_the_acs_is_told() -> None:
    talk = deferred()
    end = talk.now + CONFIRM_WITHIN
    while talk.now < end - 1:
        if talk.in_session:
            talk.breaks()
        talk.let_pass(1)
    assert talk.get(ADDRESS) == "192.0.2.99"
    if talk.in_session:
        talk.breaks()
    talk.let_pass(2)

    assert (talk.get(ADDRESS), talk.get(KEY)) == ("192.0.2.7", "")
    assert REVERTED in talk.told
    talk.ends()
    assert not talk.model.was_taken_back


def test_a_session_that_hangs_in_the_dead_network_does_not_keep_the_change() -> None:
    talk = deferred()
    assert talk.in_session
    talk.let_pass(CONFIRM_WITHIN + 1)

    assert talk.get(ADDRESS) == "192.0.2.7"
    assert REVERTED in talk.told
    assert len(talk.wanted(do.OpenSession)) == len(talk.wanted(do.CloseSession)) + 1


def test_what_comes_back_is_told_as_a_value_change_where_it_is_watched() -> None:
    talk = begun()
    talk.pass_on(on.ConnectionRequested())
    talk.system.cuts_path = True
    talk.ends(watch(ADDRESS, 2), spv({ADDRESS: "192.0.2.99"}, "after"))
    talk.let_pass(CONFIRM_WITHIN + 1)

    assert talk.told[0] == "4 VALUE CHANGE"
    assert REVERTED in talk.told
    told = {value.name: value.value for value in talk.informs[-1].parameter_list}
    assert told[ADDRESS] == "192.0.2.7"


def test_a_restart_before_the_confirmation_gives_the_change_its_time_anew() -> None:
    talk = deferred()
    after = talk.restarted()
    assert MADE in after.told
    after.let_pass(CONFIRM_WITHIN - 1)
    assert after.get(ADDRESS) == "192.0.2.99"
    after.let_pass(2)

    assert after.get(ADDRESS) == "192.0.2.7"
    assert REVERTED in after.told


def test_a_restart_within_the_session_makes_the_change_and_tells_of_it() -> None:
    talk = begun()
    talk.system.cuts_path = True
    talk.pass_on(on.ConnectionRequested())
    talk.says(m.InformResponse())
    talk.says(spv({ADDRESS: "192.0.2.99"}, "after"))

    after = talk.restarted()
    assert MADE in after.told
    after.says(m.InformResponse())
    assert not after.model.awaits_confirmation


def test_a_change_that_cannot_be_made_after_the_session_is_told_as_taken_back() -> None:
    talk = begun()
    talk.system.cuts_path = True
    talk.pass_on(on.ConnectionRequested())
    talk.says(m.InformResponse())
    talk.says(spv({ADDRESS: "192.0.2.99"}, "after"))
    talk.system.breaks_down = True
    talk.says(None)

    assert talk.told == [REVERTED]
    assert (talk.get(ADDRESS), talk.get(KEY)) == ("192.0.2.7", "")


def test_that_a_change_was_taken_back_is_told_even_if_the_agent_ended_first() -> None:
    talk = deferred()
    talk.model.revert()

    assert REVERTED in talk.restarted().told


def test_a_person_s_change_while_no_session_runs_is_made_at_once_and_the_session_that_confirms_it_begins() -> None:
    talk = begun()
    talk.system.cuts_path = True

    assert talk.person("set", values={ADDRESS: "192.0.2.99"})["status"] == 1
    assert talk.told == [MADE]
    assert talk.person("status")["pending"]["unconfirmed_change"].startswith("made")
    talk.ends()
    talk.let_pass(2 * CONFIRM_WITHIN)
    assert (talk.get(ADDRESS), talk.model.awaits_confirmation) == ("192.0.2.99", False)


def test_a_person_s_change_that_loses_the_acs_comes_back() -> None:
    talk = begun()
    talk.system.cuts_path = True
    talk.person("set", values={ADDRESS: "192.0.2.99"})
    talk.let_pass(CONFIRM_WITHIN + 1, step=lambda: talk.breaks() if talk.in_session else None)

    assert talk.get(ADDRESS) == "192.0.2.7"
    assert talk.person("status")["pending"]["unconfirmed_change"] is None


def test_a_change_that_waits_for_its_confirmation_waits_for_no_boot_delay() -> None:
    talk = Talk(boot_delay=2 * CONFIRM_WITHIN)
    talk.system.cuts_path = True
    talk.person("set", values={ADDRESS: "192.0.2.99"})

    assert MADE in talk.told


@pytest.mark.parametrize(("name", "value"), [("URL", ""), ("EnableCWMP", False)])
def test_a_person_s_change_without_an_acs_to_speak_to_is_made_at_once_and_stays(name: str, value: Any) -> None:
    talk = begun()
    talk.own.begin()
    talk.own.stage(f"ManagementServer.{name}", value)
    talk.system.cuts_path = True
    talk.person("set", values={ADDRESS: "192.0.2.99"})
    talk.let_pass(2 * CONFIRM_WITHIN)

    assert (talk.get(ADDRESS), talk.model.awaits_confirmation, talk.in_session) == ("192.0.2.99", False, False)


def test_a_full_disk_ends_neither_the_session_nor_the_agent() -> None:
    talk = deferred()
    talk.documents.is_full = True
    talk.says(m.InformResponse())
    talk.says(None)
    assert not talk.in_session
    assert talk.wanted(do.CloseSession)[-1].outcome == "complete"
    talk.documents.is_full = False
    talk.let_pass(POLL)

    assert not talk.restarted().model.awaits_confirmation


# -- people -----------------------------------------------------------------------------------------------------------


def test_a_person_can_ask_for_a_session_at_once() -> None:
    talk = Talk(boot_delay=100.0)
    assert not talk.in_session
    assert talk.person("inform") == {"started": True}

    assert "2 PERIODIC" in talk.told


def test_settings_that_were_read_again_are_acted_upon_at_once() -> None:
    talk = begun()
    assert do.ReloadSettings() in talk.pass_on(on.Reload())
    talk.own.reload({"ManagementServer.URL": "http://other.example/"})
    talk.core.settings_changed()
    talk.let_pass(0.1)

    assert do.Listen() in talk.done
    assert talk.told == ["0 BOOTSTRAP"]


def test_while_cwmp_is_disabled_no_session_begins_and_nothing_is_forgotten() -> None:
    enable = "Device.ManagementServer.EnableCWMP"
    talk = begun()
    talk.person("inform")
    talk.ends(spv({enable: "0"}))
    assert do.Listen() in talk.done
    talk.done.clear()
    talk.let_pass(2 * 3600)
    talk.pass_on(on.ConnectionRequested())
    assert talk.informs == []
    talk = talk.restarted(booted=True)
    talk.let_pass(2 * 3600)
    assert talk.informs == []

    talk.person("set", values={enable: "true"})
    assert do.Listen() in talk.done
    assert "1 BOOT" in talk.told
    assert "0 BOOTSTRAP" not in talk.told


def test_a_surprise_ends_the_session_and_never_the_agent() -> None:
    talk = begun()
    talk.pass_on(on.ConnectionRequested())
    look = talk.notifications.check

    def surprise(*_arguments: Any) -> Any:
        raise RuntimeError("a defect")

    talk.notifications.check = surprise  # type: ignore[method-assign]
    talk.pass_on(on.Changed(frozenset({"everything"})))
    assert not talk.in_session
    assert talk.core.next_due(talk.moment) >= talk.now + BREATH
    talk.notifications.check = look  # type: ignore[method-assign]
    talk.let_pass(10)
    assert talk.in_session


# -- any order of events ----------------------------------------------------------------------------------------------

HAPPENINGS = st.lists(
    st.sampled_from(
        [
            "request",
            "inform response",
            "empty",
            "fault",
            "break",
            "refuse",
            "change",
            "cut",
            "wait",
            "long",
            "jump",
            "unset",
            "restart",
            "reboot",
            "promise",
            "full",
            "person",
            "url",
        ]
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(HAPPENINGS)
def test_whatever_happens_the_loop_sleeps_and_there_is_one_session_at_most(happenings: list[str]) -> None:
    talk = asked_for(watch(STATUS, 2))
    for what in happenings:
        talk = happens(talk, what)
        opened = {action.session for action in talk.wanted(do.OpenSession)}
        closed = {action.session for action in talk.wanted(do.CloseSession)}
        assert len(opened - closed) <= 1
        talk.let_pass(1.0)  # fails when the core is woken again and again
        due = talk.core.next_due(talk.moment)
        assert due >= talk.now
        talk.to(due)
        talk.pass_on(None)
        assert talk.core.next_due(talk.moment) > talk.now


def happens(talk: Talk, what: str) -> Talk:
    says: dict[str, m.Message | None] = {
        "inform response": m.InformResponse(),
        "empty": None,
        "fault": m.Fault(8001, "no"),
        "cut": spv({ADDRESS: "192.0.2.99"}, "key"),
        "promise": m.Reboot("key"),
        "url": spv({"Device.ManagementServer.URL": f"{ACS}/2"}),
    }
    talk.system.cuts_path = what == "cut"
    talk.documents.is_full = what == "full"
    if what in says and talk.in_session:
        talk.says(says[what])
    elif what in ("break", "refuse") and talk.in_session:
        talk.breaks(host_answered=what == "refuse")
    elif what == "request":
        talk.pass_on(on.ConnectionRequested())
    elif what == "change":
        talk.system_says(STATUS, "Down" if talk.get(STATUS) == "Up" else "Up")
    elif what in ("wait", "long"):
        talk.let_pass(20.0 if what == "wait" else 2000.0)
    elif what == "jump" and talk.wall is not None:
        talk.wall += YEARS if talk.wall < START + YEARS else -YEARS
    elif what == "unset":
        talk.wall = None if talk.wall is not None else START
    elif what in ("restart", "reboot"):
        talk = talk.restarted(booted=what == "reboot")
    elif what == "person":
        talk.person("inform")
    return talk


def test_the_inform_is_made_when_the_way_to_the_acs_is_known() -> None:
    talk = begun()
    met: list[str] = []
    talk.parts.acs_met = met.append
    [opened] = talk.core.handle(on.ConnectionRequested(), talk.moment)
    assert opened == do.OpenSession(2, ("6 CONNECTION REQUEST",))
    assert talk.core.handle(on.AcsReplied(2, None), talk.moment) == []
    assert talk.core.handle(on.AcsFound(1, "192.0.2.99"), talk.moment) == []

    [post] = talk.core.handle(on.AcsFound(2, "192.0.2.10"), talk.moment)

    assert isinstance(post, do.Post)
    assert isinstance(post.envelope and post.envelope.message, m.Inform)
    assert met == ["192.0.2.10"]
    assert talk.core.handle(on.AcsFound(2, "192.0.2.10"), talk.moment) == []


def test_a_session_that_found_no_acs_is_a_failed_one() -> None:
    talk = begun()
    talk.core.handle(on.ConnectionRequested(), talk.moment)

    [closed] = talk.core.handle(on.AcsUnreachable(2, "the name cannot be resolved", False), talk.moment)

    assert closed == do.CloseSession(2, "the name cannot be resolved")
    assert talk.retries.count == 1


def test_to_an_acs_at_first_contact_no_value_has_changed() -> None:
    talk = Talk()
    talk.breaks()
    talk.system_says(STATUS, "Down")
    talk.device.becomes(SOFTWARE, "9.9")
    talk.let_pass(HOUR)

    assert all("4 VALUE CHANGE" not in [event.event_code for event in inform.event] for inform in talk.informs)
    assert talk.told == ["0 BOOTSTRAP", "1 BOOT"]


# -- reboots that were planned by parameter ----------------------------------------------------------------------------


def test_a_delayed_reboot_comes_so_long_after_the_session_that_asked_for_it() -> None:
    talk = asked_for(spv({"Device.ManagementServer.DelayReboot": "30"}))
    talk.let_pass(29.0)
    assert talk.wanted(do.Reboot) == []
    talk.let_pass(2.0)
    assert talk.wanted(do.Reboot) == [do.Reboot()]


def test_a_scheduled_reboot_waits_for_the_session_that_is_under_way() -> None:
    talk = begun()
    assert talk.wall is not None
    at = datetime.fromtimestamp(talk.wall + 100, UTC).isoformat()
    talk = asked_for(spv({"Device.ManagementServer.ScheduleReboot": at}))
    talk.let_pass(90.0)
    talk.pass_on(on.ConnectionRequested())
    assert talk.in_session
    talk.let_pass(20.0)
    assert talk.wanted(do.Reboot) == []
    talk.ends()
    assert talk.wanted(do.Reboot) == [do.Reboot()]


def test_a_date_that_has_passed_reboots_nothing() -> None:
    talk = asked_for(spv({"Device.ManagementServer.ScheduleReboot": "2001-01-01T00:00:00Z"}))
    talk.let_pass(3600.0)
    assert talk.wanted(do.Reboot) == []


# -- listening --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("topic", "again"), [("link", True), ("everything", True), ("address", False)])
def test_a_new_link_may_be_the_one_to_listen_on(topic: str, again: bool) -> None:
    talk = begun()
    talk.done.clear()
    talk.pass_on(on.Changed(frozenset({topic})))
    assert (do.Listen() in talk.done) == again


@pytest.mark.parametrize(("topic", "again"), [("link", True), ("address", False)])
def test_listening_waits_for_the_session_that_is_under_way_and_is_not_forgotten(topic: str, again: bool) -> None:
    talk = begun()
    talk.pass_on(on.ConnectionRequested())
    talk.done.clear()
    talk.pass_on(on.Changed(frozenset({topic})))
    assert talk.in_session
    assert do.Listen() not in talk.done
    # One that ends well listens anew in any case; after one that fails it is the new link alone that asks for it.
    talk.pass_on(on.AcsUnreachable(talk.core.session_number or 0, "late", host_answered=False))
    assert not talk.in_session
    assert (do.Listen() in talk.done) == again


# -- connection tests -------------------------------------------------------------------------------------------------


def test_a_connection_test_speaks_with_an_inform_that_takes_no_event_along_and_keeps_sessions_waiting() -> None:
    talk = begun()
    before = talk.documents.texts["delivery"]
    lent = talk.core.lend_turn(talk.moment)
    assert isinstance(lent, m.Inform)
    assert [event.event_code for event in lent.event] == ["2 PERIODIC"]

    talk.pass_on(on.ConnectionRequested())
    assert not talk.in_session
    talk.core.turn_is_over()
    talk.pass_on(None)
    assert talk.told == ["6 CONNECTION REQUEST"]
    talk.ends()
    assert talk.documents.texts["delivery"] == before


def test_a_connection_test_that_never_ends_does_not_keep_sessions_waiting_for_ever() -> None:
    talk = begun()
    assert isinstance(talk.core.lend_turn(talk.moment), m.Inform)
    talk.pass_on(on.ConnectionRequested())
    talk.let_pass(TEST_TAKES - 1)
    assert not talk.in_session
    talk.let_pass(2)
    assert talk.in_session


def test_a_connection_test_waits_for_the_session_under_way() -> None:
    talk = Talk()
    assert talk.core.lend_turn(talk.moment) == "a session with the ACS is under way"
    talk.ends()
    assert isinstance(talk.core.lend_turn(talk.moment), m.Inform)


def test_a_change_that_has_to_be_confirmed_goes_before_a_connection_test() -> None:
    talk = begun()
    talk.system.cuts_path = True
    assert isinstance(talk.core.lend_turn(talk.moment), m.Inform)
    talk.person("set", values={ADDRESS: "192.0.2.77"})
    assert talk.told == [MADE]

    talk.pass_on(on.AcsUnreachable(talk.core.session_number or 0, "no answer", False))
    assert talk.core.lend_turn(talk.moment) == "a change waits for its confirmation by the ACS"
