"""How the agent is, for people: status, queue, inform and version as JSON documents."""

import json

from agent.cwmp import messages as m
from agent.runtime import events as on
from agent.runtime.clock import iso
from agent.version import VERSION
from tests.cwmp.small_device import ACS
from tests.runtime.conversation import Talk, begun

ADDRESS = "Device.IP.Interface.1.IPv4Address.1.IPAddress"


def spv(name: str, value: str) -> m.SetParameterValues:
    return m.SetParameterValues([m.ParameterValueStruct(name, value, None)], "")


def test_the_state_of_the_acs_follows_the_sessions() -> None:
    talk = Talk(boot_delay=10.0)
    assert talk.person("status")["acs"]["state"] == "not contacted yet"
    talk.let_pass(11)
    assert talk.person("status")["acs"]["state"] == "in session"
    talk.breaks("no route to host")
    acs = talk.person("status")["acs"]
    assert (acs["state"], acs["last_outcome"], acs["failed_attempts"]) == ("last session failed", "no route to host", 1)
    assert acs["next_session_seconds"] == 8
    talk.let_pass(9)
    talk.ends()
    assert talk.person("status")["acs"]["state"] == "reachable"


def test_what_the_acs_said_is_shown_without_secrets() -> None:
    talk = Talk(boot_delay=10.0)
    talk.let_pass(11)
    talk.breaks("the ACS refused the Inform: 8003 password=correct-horse")
    assert talk.person("status")["acs"]["last_outcome"].endswith("8003 password=******")


def test_the_status_is_json_and_tells_what_is_pending() -> None:
    talk = begun()
    status = talk.person("status")

    assert json.loads(json.dumps(status)) == status
    assert status["acs"]["url"] == ACS
    assert (status["acs"]["last_session"], status["acs"]["since_seconds"]) == (iso(talk.wall), 0)
    assert status["pending"] == {
        "events": [],
        "scheduled_informs": 0,
        "unconfirmed_change": None,
        "taken_back_seconds": None,
        "write_side": "on",
    }
    talk.model.read_only_reason = "off: the agent has crashed repeatedly"
    assert talk.person("status")["pending"]["write_side"].startswith("off")


def test_an_unconfirmed_change_is_told_with_its_time() -> None:
    talk = begun()
    talk.system.cuts_path = True
    talk.pass_on(on.ConnectionRequested())
    talk.says(m.InformResponse())
    talk.says(spv(ADDRESS, "192.0.2.99"))
    assert talk.person("status")["pending"]["unconfirmed_change"] == "waits for the end of the session"
    talk.says(None)

    pending = talk.person("status")["pending"]
    assert pending["unconfirmed_change"] == "made; it is taken back unless the ACS is reached"
    assert pending["taken_back_seconds"] == 180


def test_without_an_acs_the_status_says_so_and_no_session_can_be_asked_for() -> None:
    talk = begun()
    talk.own.begin()
    talk.own.stage("ManagementServer.URL", "")

    assert talk.person("status")["acs"]["state"] == "no ACS configured"
    assert talk.person("inform")["error"]["code"] == "no_acs"


def test_while_cwmp_is_disabled_the_status_says_so_and_no_session_can_be_asked_for() -> None:
    talk = begun()
    talk.person("inform")
    talk.person("set", values={"Device.ManagementServer.EnableCWMP": "false"})
    assert talk.person("status")["acs"]["state"] == "in session"
    talk.ends()

    assert talk.person("status")["acs"]["state"] == "CWMP is disabled"
    assert talk.person("inform")["error"]["code"] == "disabled"


def test_the_queue_shows_events_changes_and_schedules() -> None:
    talk = begun()
    talk.pass_on(on.ConnectionRequested())
    talk.ends(m.ScheduleInform(600, "later"))
    talk.person("attributes", path=ADDRESS, notification=1)
    talk.system.records["address"][0]["address"] = "192.0.2.8"
    talk.core.values_may_differ()

    assert talk.person("queue") == {
        "events": [{"code": "4 VALUE CHANGE", "command_key": ""}],
        "changed": [ADDRESS],
        "scheduled": [{"command_key": "later", "seconds": 600}],
    }


def test_a_dry_run_shows_the_inform_and_begins_nothing() -> None:
    talk = begun()
    talk.documents.saves = 0
    xml = talk.person("inform", dry_run=True)["xml"]

    assert "<cwmp:Inform" in xml
    assert not talk.in_session
    assert talk.documents.saves == 0


def test_version_and_what_is_no_verb() -> None:
    talk = begun()

    assert talk.person("version") == {"version": VERSION}
    assert talk.person("nonsense")["error"]["code"] == "unknown_verb"
    assert "names" in talk.person("names", path="Device.", next_level=True)


def test_whether_it_is_a_dry_run_is_true_or_false_and_a_text_begins_nothing() -> None:
    talk = begun()
    assert talk.person("inform", dry_run="false")["error"]["code"] == "invalid_arguments"
    assert talk.person("status")["acs"]["state"] == "reachable"
