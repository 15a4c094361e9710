"""What goes with an Inform, by what happened and by what the ACS chose."""

import pytest

from agent.cwmp import messages as m
from agent.cwmp.event_queue import BOOT, PERIODIC, VALUE_CHANGE, Event
from agent.cwmp.inform import InformParameter, forced_parameters, inform
from tests.cwmp.small_device import DEVICE_ID, NOON, SmallDevice, checked

FORCED = [
    "Device.RootDataModelVersion",
    "Device.DeviceInfo.HardwareVersion",
    "Device.DeviceInfo.SoftwareVersion",
    "Device.DeviceInfo.ProvisioningCode",
    "Device.ManagementServer.ParameterKey",
    "Device.ManagementServer.ConnectionRequestURL",
    "Device.ManagementServer.AliasBasedAddressing",
]
PORT = "Device.Ethernet.Interface.1."


@pytest.fixture
def device() -> SmallDevice:
    return SmallDevice()


def names(message: m.Inform) -> list[str]:
    checked(m.Envelope(message, id="1"))
    return [value.name for value in message.parameter_list]


def made(device: SmallDevice, *codes: str, changed: tuple[str, ...] = (), chosen: tuple[InformParameter, ...] = ()):  # type: ignore[no-untyped-def]
    events = [Event(code) for code in codes]
    return inform(device.model, DEVICE_ID, events, changed=changed, chosen=chosen, current_time=NOON)


def test_every_inform_has_the_forced_parameters_of_the_schema_that_are_supported(device: SmallDevice) -> None:
    assert list(forced_parameters(device.model)) == FORCED
    assert names(made(device)) == FORCED


def test_it_says_who_what_when_and_how_often(device: SmallDevice) -> None:
    device.events.occurred("M Reboot", "key")
    device.now += 90
    message = device.inform(retry_count=3)
    assert message.device_id == DEVICE_ID
    assert message.event == (m.EventStruct(BOOT, ""), m.EventStruct("M Reboot", "key"))
    assert (message.max_envelopes, message.retry_count) == (1, 3)
    assert message.current_time.isoformat() == "2026-03-01T12:01:30+01:00"


def test_changed_parameters_go_with_a_value_change_only_with_their_values_of_now(device: SmallDevice) -> None:
    device.system.records["port"][0]["status"] = "Down"
    told = made(device, VALUE_CHANGE, changed=(PORT + "Status",))
    assert names(told) == [*FORCED, PORT + "Status"]
    assert told.parameter_list[-1].value == "Down"
    assert names(made(device, PERIODIC, changed=(PORT + "Status",))) == FORCED


def test_a_parameter_that_is_gone_is_left_out_and_the_others_are_not(device: SmallDevice) -> None:
    gone = tuple(f"Device.Ethernet.Interface.{number}.Status" for number in (7, 1, 8, 2, 9))
    assert names(made(device, VALUE_CHANGE, changed=gone))[len(FORCED) :] == [gone[1], gone[3]]


def test_what_does_not_answer_is_left_out(device: SmallDevice) -> None:
    device.system.is_silent = True
    chosen = (InformParameter("Device.DeviceInfo.ModelNumber"), InformParameter("Device.DeviceInfo.UpTime"))
    assert names(made(device, BOOT, chosen=chosen))[len(FORCED) :] == ["Device.DeviceInfo.UpTime"]


def test_no_name_occurs_twice(device: SmallDevice) -> None:
    chosen = (InformParameter("Device.DeviceInfo."), InformParameter("Device.DeviceInfo.UpTime"))
    found = names(made(device, VALUE_CHANGE, BOOT, changed=("Device.DeviceInfo.UpTime",), chosen=chosen))
    assert len(found) == len(set(found)) == len(FORCED) + 3


def test_a_pattern_stands_for_every_instance_and_a_partial_path_for_all_below_it(device: SmallDevice) -> None:
    wild = made(device, BOOT, chosen=(InformParameter("Device.Ethernet.Interface.*.Status"),))
    assert names(wild)[len(FORCED) :] == [PORT + "Status", "Device.Ethernet.Interface.2.Status"]
    below = made(device, BOOT, chosen=(InformParameter(PORT),))
    assert all(name.startswith(PORT) for name in names(below)[len(FORCED) :])
    assert len(names(below)) == len(FORCED) + 5
    assert names(made(device, BOOT, chosen=(InformParameter("Device.WiFi.Radio.*.Channel"),))) == FORCED


def test_an_inform_is_bounded_and_its_forced_parameters_come_first(
    device: SmallDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.cwmp.inform.MOST_PARAMETERS", len(FORCED) + 2)
    found = names(made(device, BOOT, chosen=(InformParameter("Device."),)))
    assert (found[: len(FORCED)], len(found)) == (FORCED, len(FORCED) + 2)


def test_where_instances_are_shown_by_alias_the_inform_does_so(device: SmallDevice) -> None:
    device.ask(m.SetParameterValues((m.ParameterValueStruct("Device.ManagementServer.InstanceMode", "InstanceAlias"),)))
    told = made(device, VALUE_CHANGE, changed=(PORT + "Status",))
    assert names(told)[-1] == "Device.Ethernet.Interface.[cpe-1].Status"


@pytest.mark.parametrize(
    ("events", "goes_with"),
    [
        ((), {PERIODIC: True, VALUE_CHANGE: False, "M Reboot": True}),
        ((BOOT,), {PERIODIC: False, BOOT: True, VALUE_CHANGE: False}),
        ((BOOT, "M Reboot"), {PERIODIC: False, "M Reboot": True}),
    ],
)
def test_the_event_list_decides_with_which_events_a_parameter_goes(
    events: tuple[str, ...], goes_with: dict[str, bool]
) -> None:
    row = InformParameter("Device.DeviceInfo.UpTime", frozenset(events))
    assert {code: row.goes_with([Event(code)]) for code in goes_with} == goes_with
    assert not row.goes_with([])
