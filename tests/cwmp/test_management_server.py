"""``ManagementServer.`` over the agent's own values: what is supported and refused, and what others read from it."""

import pytest

from agent.cwmp import management_server as ms
from agent.cwmp import messages as m
from agent.cwmp.event_queue import BOOT
from agent.cwmp.inform import InformParameter
from agent.cwmp.schedule import Recurrence
from agent.model.attributes import SUBSCRIBER
from agent.model.own_values import OwnValues
from tests.cwmp.small_device import SmallDevice

SERVER = "Device.ManagementServer."
TABLE = SERVER + "InformParameter."


@pytest.fixture
def device() -> SmallDevice:
    return SmallDevice()


def codes(device: SmallDevice, **values: str) -> list[int]:
    """Set parameters of the object; the codes with which they were refused."""
    answer = device.ask(
        m.SetParameterValues(tuple(m.ParameterValueStruct(SERVER + name, text) for name, text in values.items()))
    )
    return [row.code for row in answer.parameter_faults] if isinstance(answer, m.Fault) else []


def test_every_supported_parameter_can_be_read_and_has_a_default() -> None:
    values = SmallDevice().read([SERVER])
    own = OwnValues(ms.DEFAULTS, {})
    assert set(values) >= {
        SERVER + name.removeprefix("ManagementServer.") for name in ms.DEFAULTS if "Inform" not in name
    }
    assert values[SERVER + "SupportedConnReqMethods"] == "HTTP"
    assert values[SERVER + "CWMPRetryMinimumWaitInterval"] == "5"
    assert values[SERVER + "CWMPRetryIntervalMultiplier"] == "2000"
    assert ms.acs_identity(own) == ""


def test_secrets_are_kept_and_never_read(device: SmallDevice) -> None:
    assert codes(device, Password="hunter2", ConnectionRequestPassword="correct horse") == []
    assert [device.own.get("ManagementServer.Password"), device.get(SERVER + "Password")] == ["hunter2", ""]
    assert device.get(SERVER + "ConnectionRequestPassword") == ""


@pytest.mark.parametrize(
    "url", ["ftp://acs.example/", "acs.example", "http://", "", "https://[::1", "http://a:0/", "http://$(reboot)/"]
)
def test_what_is_no_web_address_is_no_acs(device: SmallDevice, url: str) -> None:
    before = ms.acs_identity(device.own)
    assert codes(device, URL=url) == [9007]
    assert ms.acs_identity(device.own) == before


@pytest.mark.parametrize("url", ["http://192.0.2.1:7547/acs", "https://[2001:db8::1]/", "https://acs.example"])
def test_an_acs_is_known_by_its_url(device: SmallDevice, url: str) -> None:
    assert codes(device, URL=url) == []
    assert ms.acs_identity(device.restarted().own) == url


def test_an_acs_may_make_the_device_silent_and_the_log_says_how_to_undo_that(
    device: SmallDevice, caplog: pytest.LogCaptureFixture
) -> None:
    assert device.get(SERVER + "EnableCWMP") == "true"
    assert codes(device, EnableCWMP="0") == []
    assert device.restarted().get(SERVER + "EnableCWMP") == "false"
    assert "EnableCWMP" in caplog.text


def test_periodic_informs_follow_what_is_set(device: SmallDevice) -> None:
    assert ms.periodic_inform(device.own) == Recurrence(True, 3600, None)
    values = {"PeriodicInformInterval": "300", "PeriodicInformTime": "2026-03-01T00:00:00+01:00"}
    assert codes(device, PeriodicInformEnable="0", **values) == []
    assert ms.periodic_inform(device.own) == Recurrence(False, 300, 1772319600)
    assert device.get(SERVER + "PeriodicInformTime") == "2026-02-28T23:00:00Z"
    assert codes(device, PeriodicInformTime="0001-01-01T00:00:00Z") == []
    assert ms.periodic_inform(device.own).reference is None


def test_the_heartbeat_follows_what_is_set(device: SmallDevice) -> None:
    policy = SERVER + "HeartbeatPolicy."
    request = [("Enable", "1"), ("ReportingInterval", "60"), ("InitiationTime", "1970-01-01T00:00:10Z")]
    device.ask(m.SetParameterValues(tuple(m.ParameterValueStruct(policy + name, text) for name, text in request)))
    assert ms.heartbeat_policy(device.own) == Recurrence(True, 60, 10)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PeriodicInformInterval", "0"),
        ("CWMPRetryMinimumWaitInterval", "0"),
        ("CWMPRetryMinimumWaitInterval", "65536"),
        ("CWMPRetryIntervalMultiplier", "999"),
        ("InstanceMode", "InstanceName"),
        ("HTTPCompression", "Compress"),
        ("HeartbeatPolicy.ReportingInterval", "29"),
        ("PeriodicInformTime", "0001-01-02T00:00:00"),
        ("PeriodicInformTime", "noon"),
        ("Username", "u" * 257),
    ],
)
def test_values_outside_of_what_is_allowed_are_9007(device: SmallDevice, name: str, value: str) -> None:
    assert codes(device, **{name: value}) == [9007]


@pytest.mark.parametrize("name", ["ParameterKey", "ConnectionRequestURL", "AliasBasedAddressing"])
def test_what_the_agent_alone_says_is_9008(device: SmallDevice, name: str) -> None:
    assert codes(device, **{name: "1"}) == [9008]


def test_there_is_no_connection_request_url_while_they_are_disabled(device: SmallDevice) -> None:
    assert device.get(SERVER + "ConnectionRequestURL") == "http://192.0.2.7:7547/f0r3st"
    assert codes(device, HTTPConnectionRequestEnable="0") == []
    assert device.get(SERVER + "ConnectionRequestURL") == ""


def test_compression_is_one_of_those_supported(device: SmallDevice) -> None:
    for name in (*ms.COMPRESSIONS, ms.NO_COMPRESSION):
        assert codes(device, HTTPCompression=name) == []


def row(device: SmallDevice, **values: str) -> tuple[int, list[int]]:
    """Add a row and set its values; its number, and the codes of what was refused."""
    added = device.ask(m.AddObject(TABLE))
    assert isinstance(added, m.AddObjectResponse)
    number = added.instance_number
    return number, codes(device, **{f"InformParameter.{number}.{name}": text for name, text in values.items()})


def test_rows_that_are_enabled_and_named_are_part_of_the_inform(device: SmallDevice) -> None:
    row(device, ParameterName="Device.DeviceInfo.UpTime", EventList="1 BOOT,M Reboot")
    assert ms.inform_parameters(device.own) == ()
    row(device, Enable="1")
    assert ms.inform_parameters(device.own) == ()
    row(device, Enable="1", ParameterName="Device.Ethernet.Interface.*.Status", EventList="1 BOOT")
    row(device, Enable="1", ParameterName="Device.IP.")
    assert ms.inform_parameters(device.restarted().own) == (
        InformParameter("Device.Ethernet.Interface.*.Status", frozenset({BOOT})),
        InformParameter("Device.IP."),
    )
    assert device.get(SERVER + "InformParameterNumberOfEntries") == "4"


def test_an_event_list_is_read_as_lists_are_and_may_be_set_plainly(device: SmallDevice) -> None:
    for text in ("1 BOOT,M Reboot", "1%20BOOT,M%20Reboot"):
        number, refused = row(device, EventList=text)
        assert (refused, device.get(f"{TABLE}{number}.EventList")) == ([], "1%20BOOT,M%20Reboot")


def test_a_row_that_is_deleted_leaves_the_others_as_they_are(device: SmallDevice) -> None:
    for name in ("UpTime", "Manufacturer", "ModelNumber"):
        row(device, Enable="1", ParameterName=f"Device.DeviceInfo.{name}")
    assert device.ask(m.DeleteObject(TABLE + "2.")) == m.DeleteObjectResponse(0)
    assert [one.pattern for one in ms.inform_parameters(device.own)] == [
        "Device.DeviceInfo.UpTime",
        "Device.DeviceInfo.ModelNumber",
    ]
    assert device.get(TABLE + "3.ParameterName") == "Device.DeviceInfo.ModelNumber"


@pytest.mark.parametrize(
    "name",
    [
        "Device.DeviceInfo.SoftwareVersion",
        "Device.ManagementServer.ParameterKey",
        "Device.Nothing",
        "Device.Ethernet.*.Status",
        "Device.*.Interface.1.Status",
        "Device.Nothing.",
        "no path",
        "Device.DeviceInfo",
    ],
)
def test_names_that_are_forced_or_no_parameter_are_9007(device: SmallDevice, name: str) -> None:
    assert row(device, ParameterName=name)[1] == [9007]


@pytest.mark.parametrize("events", ["4 VALUE CHANGE", "1 BOOT,4 VALUE CHANGE", "1 BOOT,17 TEA TIME", "boot"])
def test_events_that_are_not_allowed_or_do_not_exist_are_9007(device: SmallDevice, events: str) -> None:
    assert row(device, EventList=events)[1] == [9007]


def test_no_two_rows_have_the_same_name(device: SmallDevice) -> None:
    assert row(device, ParameterName="Device.DeviceInfo.UpTime")[1] == []
    assert row(device, ParameterName="Device.DeviceInfo.UpTime")[1] == [9007]
    assert row(device, ParameterName="")[1] == []


def test_attributes_of_the_object_are_like_any_others(device: SmallDevice) -> None:
    answer = device.ask(m.GetParameterAttributes((SERVER + "ConnectionRequestURL",)))
    expected = m.ParameterAttributeStruct(SERVER + "ConnectionRequestURL", 2, SUBSCRIBER)
    assert answer == m.GetParameterAttributesResponse((expected,))


def test_the_policy_for_transfers_of_others_is_kept(device: SmallDevice) -> None:
    below = "AutonomousTransferCompletePolicy."
    names = ("Enable", "TransferTypeFilter", "ResultTypeFilter", "FileTypeFilter")
    assert [device.get(SERVER + below + name) for name in names] == ["false", "Both", "Both", ""]
    values = {"Enable": "1", "TransferTypeFilter": "Upload", "FileTypeFilter": "1 Firmware Upgrade Image"}
    assert codes(device, **{below + name: text for name, text in values.items()}) == []
    assert [device.get(SERVER + below + name) for name in names] == [
        "true",
        "Upload",
        "Both",
        "1%20Firmware%20Upgrade%20Image",
    ]
    assert codes(device, **{below + "ResultTypeFilter": "Perhaps"}) == [9007]


def test_the_policy_for_modules_that_others_change_is_kept(device: SmallDevice) -> None:
    below = "DUStateChangeComplPolicy."
    names = ("Enable", "OperationTypeFilter", "ResultTypeFilter", "FaultCodeFilter")
    assert [device.get(SERVER + below + name) for name in names] == ["false", "", "Both", ""]
    values = {"Enable": "1", "OperationTypeFilter": "Install,Update", "FaultCodeFilter": "9001,9027"}
    assert codes(device, **{below + name: text for name, text in values.items()}) == []
    assert [device.get(SERVER + below + name) for name in names] == ["true", "Install,Update", "Both", "9001,9027"]


def test_planned_reboots_and_who_upgrades_are_kept(device: SmallDevice) -> None:
    assert device.get(SERVER + "DelayReboot") == "-1"
    assert codes(device, DelayReboot="-2") == [9007]
    assert codes(device, DelayReboot="600", ScheduleReboot="2030-01-01T00:00:00Z", UpgradesManaged="1") == []
    assert device.restarted().own.get("ManagementServer.DelayReboot") == 600
    assert device.get(SERVER + "ScheduleReboot") == "2030-01-01T00:00:00Z"
