"""The data model as it is read, and what of it survives a restart or a power cut at any point."""

import json
import logging
from typing import Any

import pytest

from agent.model.data_model import Caller
from agent.model.errors import InvalidArguments, Unavailable, UnknownPath
from tests.model.device import FIRST, IP, PORTS, ROUTES, Device, PowerCut

MTU = f"{IP}1.MaxMTUSize"
RATE = f"{PORTS}1.MaxBitRate"
KEY = "Device.ManagementServer.ParameterKey"


@pytest.fixture
def device() -> Device:
    return Device()


# -- reading ----------------------------------------------------------------------------------------------------------


def test_a_value_has_its_path_text_and_type(device: Device) -> None:
    [value] = device.model.get([RATE], Caller.ACS)

    assert (value.path, value.text, value.type) == (RATE, "1000", "int")


def test_a_partial_path_is_everything_below_it_and_the_empty_path_is_everything(device: Device) -> None:
    everything = device.tree("")

    assert device.tree("Device.") == everything
    assert device.tree(IP) == {path: text for path, text in everything.items() if path.startswith(IP)}
    assert len(everything) > 30


def test_several_paths_are_answered_in_their_order_and_one_wrong_one_refuses_all(device: Device) -> None:
    values = device.model.get([RATE, MTU], Caller.ACS)

    assert [value.path for value in values] == [RATE, MTU]
    with pytest.raises(UnknownPath):
        device.model.get([RATE, "Device.Nothing"], Caller.ACS)


def test_secrets_read_as_nothing_whoever_asks(device: Device) -> None:
    device.change({"Device.ManagementServer.Password": "another"})

    for caller in Caller:
        assert device.get("Device.ManagementServer.Password", caller) == ""
    assert device.own.get("ManagementServer.Password") == "another"


def test_a_decimal_goes_out_as_a_string(device: Device) -> None:
    [value] = device.model.get(["Device.IP.Diagnostics.IPLayerCapacityMetrics.MaxIPLayerCapacity"], Caller.ACS)

    assert (value.text, value.type) == ("2.50", "string")


def test_counts_and_aliases_are_the_models_own(device: Device) -> None:
    number = device.add(IP)

    assert device.get("Device.IP.InterfaceNumberOfEntries") == "2"
    assert device.get(f"{IP}{number}.IPv4AddressNumberOfEntries") == "0"
    assert device.get(f"{IP}{number}.Alias") == f"cpe-{number}"
    device.delete(f"{IP}{number}.")
    assert device.get("Device.IP.InterfaceNumberOfEntries") == "1"


def test_one_parameter_that_cannot_be_read_is_unavailable_and_the_others_are_looked_at(device: Device) -> None:
    def broken() -> None:
        raise RuntimeError("/dev/secret is on fire")

    device.check_sensor = broken
    path = "Device.IP.Diagnostics.IPLayerCapacityMetrics.MaxIPLayerCapacity"
    with pytest.raises(Unavailable) as refusal:
        device.get(path)
    assert "secret" not in str(refusal.value)
    assert [value.path for value in device.model.present([path, RATE, "Device.Nothing"], Caller.ACS)] == [RATE]
    assert device.model.peek([path, RATE]) == {RATE: "1000"}


# -- names ------------------------------------------------------------------------------------------------------------


def test_one_level_is_the_parameters_and_objects_of_an_object(device: Device) -> None:
    assert device.names(f"{IP}1.", next_level=True) == [
        f"{IP}1.Enable",
        f"{IP}1.Alias",
        f"{IP}1.LowerLayers",
        f"{IP}1.MaxMTUSize",
        f"{IP}1.IPv4AddressNumberOfEntries",
        f"{IP}1.IPv4Address.",
    ]


def test_one_level_below_a_table_is_its_rows(device: Device) -> None:
    assert device.names(PORTS, next_level=True) == [f"{PORTS}1.", f"{PORTS}2."]


def test_one_level_below_nothing_is_the_root(device: Device) -> None:
    assert device.names("", next_level=True) == ["Device."]


def test_all_levels_begin_with_the_object_itself(device: Device) -> None:
    names = device.names(PORTS)

    assert names[:3] == [PORTS, f"{PORTS}1.", f"{PORTS}1.Enable"]
    assert {name for name in names if not name.endswith(".")} == set(device.tree(PORTS))
    assert device.names("") == device.names("Device.")


def test_the_name_of_a_parameter_is_itself_and_has_no_next_level(device: Device) -> None:
    assert device.names(RATE) == [RATE]
    with pytest.raises(InvalidArguments):
        device.names(RATE, next_level=True)
    with pytest.raises(UnknownPath):
        device.names(f"{PORTS}3.")


def test_writable_says_what_can_be_set_added_and_deleted(device: Device) -> None:
    writable = {name.path: name.writable for name in device.model.names("Device.", False, Caller.ACS)}

    assert writable[IP]
    assert writable[f"{IP}1."]
    assert writable[MTU]
    assert writable[f"{PORTS}1.Alias"]
    assert not writable[PORTS]
    assert not writable[f"{PORTS}1."]
    assert not writable[f"{PORTS}1.Name"]
    assert not writable["Device.IP.InterfaceNumberOfEntries"]
    assert not writable["Device."]


# -- instance addressing ----------------------------------------------------------------------------------------------


def test_by_number_a_path_is_answered_as_it_was_asked(device: Device) -> None:
    device.change({f"{IP}1.Alias": "wan"})

    assert list(device.tree(f"{IP}[wan].MaxMTUSize")) == [f"{IP}[wan].MaxMTUSize"]
    assert list(device.tree(f"{IP}1.MaxMTUSize")) == [f"{IP}1.MaxMTUSize"]
    assert f"{IP}1.MaxMTUSize" in device.tree(IP)
    assert device.get(f"{ROUTES}1.Interface") == f"{IP}1"


def test_by_alias_what_the_path_leaves_open_is_named_by_alias(device: Device) -> None:
    device.change({"Device.ManagementServer.InstanceMode": "InstanceAlias", f"{IP}1.Alias": "wan"})

    assert f"{IP}[wan].MaxMTUSize" in device.tree(IP)
    assert f"{IP}1.IPv4Address.[cpe-1].Enable" in device.tree(f"{IP}1.")
    assert device.names(IP, next_level=True) == [f"{IP}[wan]."]
    assert device.get(f"{ROUTES}1.Interface") == f"{IP}[wan]"
    assert list(device.tree(MTU)) == [MTU]


def test_the_inform_names_instances_by_the_mode_whatever_path_is_watched(device: Device) -> None:
    assert [one.path for one in device.model.present([MTU], Caller.ACS)] == [MTU]
    device.change({"Device.ManagementServer.InstanceMode": "InstanceAlias"})

    assert [one.path for one in device.model.present([MTU], Caller.ACS)] == [f"{IP}[cpe-1].MaxMTUSize"]
    assert device.model.peek([MTU]) == {MTU: "1500"}


# -- attributes and notification --------------------------------------------------------------------------------------


def attributes(device: Device, path: str, level: int | None = None) -> dict[str, int]:
    if level is not None:
        change = device.model.transaction(Caller.ACS)
        change.set_attributes(path, level, ())
        change.commit()
    return {one.path: one.notification for one in device.model.attributes([path], Caller.ACS)}


def test_levels_are_kept_by_number_and_told_by_the_path_asked(device: Device) -> None:
    assert attributes(device, MTU, 2) == {MTU: 2}
    assert attributes(device, f"{IP}[cpe-1].MaxMTUSize") == {f"{IP}[cpe-1].MaxMTUSize": 2}
    [one] = device.restarted().model.attributes([MTU], Caller.ACS)
    assert (one.notification, one.access_list) == (2, ())


def test_the_schema_forces_some_levels(device: Device) -> None:
    software = "Device.DeviceInfo.SoftwareVersion"

    assert device.model.notified()[software] == 2
    assert MTU not in device.model.notified()
    attributes(device, MTU, 1)
    assert device.model.notified()[MTU] == 1
    attributes(device, MTU, 0)
    assert MTU not in device.model.notified()


def test_levels_of_rows_whose_numbers_do_not_last_do_not_outlive_them(device: Device) -> None:
    host = "Device.Hosts.Host.1.Active"
    attributes(device, host, 2)
    device.hosts = ["02:00:00:00:00:99"]

    assert device.restarted().model.parameter_attributes.notified() == {}


def test_each_parameter_knows_the_events_that_change_it(device: Device) -> None:
    assert device.model.changed_by(f"{PORTS}1.Enable") == ("link",)
    assert device.model.changed_by(f"{PORTS}1.Alias") == ("own",)
    assert device.model.changed_by("Device.Ethernet.InterfaceNumberOfEntries") == ("link",)
    assert device.model.changed_by("Device.Hosts.Host.1.Active") == ()
    assert device.model.changed_by("Device.Nothing.Name") == ()


def test_the_count_of_a_table_without_events_has_to_be_polled(device: Device) -> None:
    assert device.model.changed_by("Device.Hosts.HostNumberOfEntries") == ()


def test_each_value_says_where_it_comes_from(device: Device) -> None:
    counted = "Device.Ethernet.InterfaceNumberOfEntries"

    assert device.model.sources([RATE, counted, f"{PORTS}1.Alias", "Device.Nothing", "Device.DeviceInfo.UpTime"]) == {
        RATE: "memory eth0",
        counted: "counted by the model",
        f"{PORTS}1.Alias": "kept by the model",
        "Device.DeviceInfo.UpTime": "the agent",
    }
    assert device.model.source("Device.Nothing") == ""


def test_memory_does_not_grow_with_rows_that_come_and_go(device: Device) -> None:
    for number in range(50):
        device.hosts = [f"02:00:00:00:01:{number:02x}"]
        assert device.get("Device.Hosts.HostNumberOfEntries") == "1"

    assert device.tree("")
    assert device.names("Device.Hosts.Host.", next_level=True) == ["Device.Hosts.Host.50."]
    assert "Hosts" not in device.documents.texts["model"]


# -- what survives ----------------------------------------------------------------------------------------------------


def test_everything_that_was_accepted_is_there_after_a_restart(device: Device) -> None:
    number = device.add(IP)
    device.change({MTU: "1400", f"{IP}{number}.Alias": "lan", "Device.DeviceInfo.ProvisioningCode": "A"}, key="K1")
    before = device.tree("")

    after = device.restarted()

    assert after.was_known
    assert after.tree("") == before
    assert after.get(KEY) == "K1"
    assert after.is_consistent()


def test_a_number_that_was_spent_stays_spent_over_a_restart(device: Device) -> None:
    number = device.add(IP)
    device.delete(f"{IP}{number}.")

    assert device.restarted().add(IP) == number + 1


def test_a_plain_reading_writes_nothing_the_second_time(device: Device) -> None:
    device.tree("")
    writes = device.documents.writes
    device.tree("")

    assert device.documents.writes == writes


def test_a_new_device_has_no_document(device: Device) -> None:
    assert not device.was_known
    assert device.documents.texts == {}


def test_a_part_of_the_document_that_cannot_be_used_starts_anew_and_the_rest_is_kept(
    device: Device, caplog: pytest.LogCaptureFixture
) -> None:
    device.change({"Device.DeviceInfo.ProvisioningCode": "A"}, key="K1")
    document = device.documents.read("model")
    document["instances"] = {IP: "nonsense"}
    device.documents.texts["model"] = json.dumps(document)

    with caplog.at_level(logging.ERROR):
        after = device.restarted()

    assert after.get("Device.DeviceInfo.ProvisioningCode") == "A"
    assert "instances" in caplog.text
    assert after.documents.read("model-unusable")["instances"] == {IP: "nonsense"}


def test_the_journal_is_written_before_the_first_commit_and_gone_after_the_last(device: Device) -> None:
    seen: list[tuple[str, list[str]]] = []
    device.documents.before_write = lambda name: seen.append((name, list(device.steps)))

    device.change({MTU: "1400", RATE: "10"})

    [journal, document] = seen
    assert (journal[0], document[0]) == ("journal", "model")
    assert not any(step.endswith("commit") for step in journal[1])
    assert {"network commit", "ports commit"} <= set(document[1])
    assert "journal" not in device.documents.texts


@pytest.mark.parametrize("backend", ["network", "ports"])
@pytest.mark.parametrize("step", ["begin", "prepare", "commit", "half"])
@pytest.mark.parametrize("booted", [False, True])
def test_a_power_cut_within_a_change_leaves_nothing_of_it(backend: str, step: str, booted: bool) -> None:
    device = Device()
    device.change({MTU: "1300"}, key="before")
    getattr(device, backend).dies_at = step

    with pytest.raises(PowerCut):
        cut_off(device, {MTU: "1400", RATE: "10"}, key="after")
    after = device.restarted(booted=booted)

    assert (after.get(MTU), after.get(RATE), after.get(KEY)) == ("1300", "1000", "before")
    assert after.is_consistent()


@pytest.mark.parametrize("booted", [False, True])
def test_a_power_cut_between_the_document_and_the_journals_end_keeps_the_change(device: Device, booted: bool) -> None:
    device.documents.remove = dies  # type: ignore[method-assign]
    with pytest.raises(PowerCut):
        cut_off(device, {MTU: "1400", RATE: "10"}, key="after")
    del device.documents.remove  # type: ignore[method-assign]

    after = device.restarted(booted=booted)

    assert (after.get(MTU), after.get(RATE), after.get(KEY)) == ("1400", "10", "after")
    assert after.is_consistent()


def dies(_name: str) -> None:
    raise PowerCut


def cut_off(device: Device, values: dict[str, str], key: str) -> None:
    """As ``Device.change``, in a process that ends on the way: nothing tidies up."""
    change = device.model.transaction(Caller.ACS)
    change.set_own("ManagementServer.ParameterKey", key)
    for path, text in values.items():
        change.set(path, text)
    for backend in (device.network, device.ports):
        backend.rollback = lambda: None  # type: ignore[method-assign]
    change.commit()


def test_a_recovery_that_fails_does_not_keep_the_agent_from_starting(device: Device) -> None:
    device.documents.write("journal", {"transaction": 9, "boot": "boot 1", "undo": {"network": 17, "gone": {}}})

    after = device.restarted()

    assert after.get(MTU) == "1500"
    assert "journal" not in after.documents.texts


def test_factory_reset_takes_back_everything_and_keeps_nothing(device: Device) -> None:
    number = device.add(IP)
    device.change({MTU: "1400", f"{IP}{number}.Alias": "lan", RATE: "10"}, key="K")

    device.model.forget_everything()

    assert device.machine.made == FIRST
    assert device.get(KEY) == ""
    assert device.tree("") == Device().tree("")
    assert device.restarted().tree("") == Device().tree("")


def test_what_could_not_be_saved_is_saved_with_the_next_reading(device: Device) -> None:
    device.documents.is_full = True
    device.model.forget_everything()
    assert device.tree(IP)
    device.documents.is_full = False
    assert device.tree(IP)

    assert device.documents.read("model")["backends"]["network"] == FIRST["network"]


# -- changes that wait for the session's end --------------------------------------------------------------------------


def deferred(device: Device, **more: Any) -> None:
    device.network.cuts_path = True
    assert device.change({MTU: "1400", RATE: "10"}, key="after") == 1


def is_as_before(device: Device) -> bool:
    values = (device.get(MTU), device.get(RATE), device.get(KEY))
    return values == ("1500", "1000", "before") and device.machine.made == FIRST and device.is_consistent()


def is_changed(device: Device) -> bool:
    values = (device.get(MTU), device.get(RATE), device.get(KEY))
    return values == ("1400", "10", "after") and device.machine.made != FIRST and device.is_consistent()


@pytest.fixture
def waiting(device: Device) -> Device:
    device.change({"Device.DeviceInfo.ProvisioningCode": "x"}, key="before")
    deferred(device)
    return device


def test_a_change_that_cuts_the_path_reads_as_set_and_is_not_made(waiting: Device) -> None:
    assert (waiting.get(MTU), waiting.get(KEY)) == ("1400", "after")
    assert waiting.machine.made == FIRST
    assert waiting.model.awaits_application
    assert waiting.model.awaits_confirmation


def test_it_is_made_after_the_session_and_stays_when_confirmed(waiting: Device) -> None:
    assert waiting.model.apply_deferred()
    assert waiting.model.awaits_confirmation
    assert not waiting.model.awaits_application
    waiting.model.confirm()

    assert not waiting.model.awaits_confirmation
    assert is_changed(waiting)
    assert is_changed(waiting.restarted())
    assert not waiting.restarted().model.awaits_confirmation


def test_unconfirmed_it_is_taken_back_with_the_parameter_key(waiting: Device) -> None:
    waiting.model.apply_deferred()
    waiting.model.revert()

    assert is_as_before(waiting)
    assert waiting.model.was_taken_back
    assert is_as_before(waiting.restarted())


@pytest.mark.parametrize("backend", ["network", "ports"])
@pytest.mark.parametrize("step", ["prepare", "commit", "half"])
def test_when_it_cannot_be_made_all_is_as_before(waiting: Device, backend: str, step: str) -> None:
    getattr(waiting, backend).fails_at = {step}
    assert not waiting.model.apply_deferred()
    getattr(waiting, backend).fails_at = set()

    assert is_as_before(waiting)
    assert waiting.model.was_taken_back
    assert not waiting.model.awaits_confirmation


def test_several_changes_of_one_session_wait_and_come_back_together(waiting: Device) -> None:
    assert waiting.change({f"{PORTS}2.MaxBitRate": "10"}, key="later") == 1
    assert waiting.machine.made == FIRST
    assert waiting.model.apply_deferred()
    assert waiting.machine.made["ports"]["port"][1]["rate"] == 10

    waiting.model.revert()
    assert is_as_before(waiting)
    assert waiting.get(f"{PORTS}2.MaxBitRate") == "100"


def test_a_refused_change_of_the_same_session_leaves_what_waits(waiting: Device) -> None:
    waiting.ports.fails_at = {"prepare"}
    assert waiting.refused({f"{PORTS}2.MaxBitRate": "10"}) == {f"{PORTS}2.MaxBitRate": "Unavailable"}
    waiting.ports.fails_at = set()

    assert waiting.model.apply_deferred()
    assert is_changed(waiting)


def test_nothing_else_is_changed_until_the_change_is_confirmed(waiting: Device) -> None:
    waiting.model.apply_deferred()
    assert waiting.refused({f"{PORTS}2.MaxBitRate": "10"}) == {"": "Unavailable"}

    waiting.model.revert()
    assert is_as_before(waiting)


def test_a_change_that_cannot_be_kept_for_later_was_never_staged(device: Device) -> None:
    device.change({"Device.DeviceInfo.ProvisioningCode": "x"}, key="before")
    device.network.cuts_path = True
    device.documents.is_full = True
    assert device.refused({MTU: "1400", RATE: "10"}) == {"": "Unavailable"}
    device.documents.is_full = False

    assert not device.model.awaits_confirmation
    assert is_as_before(device)
    assert is_as_before(device.restarted())


def test_a_full_disk_at_the_end_of_the_session_takes_the_change_back(waiting: Device) -> None:
    waiting.documents.is_full = True
    assert not waiting.model.apply_deferred()
    waiting.documents.is_full = False

    assert is_as_before(after_reading(waiting))


def test_a_full_disk_does_not_undo_a_confirmation(waiting: Device) -> None:
    waiting.model.apply_deferred()
    waiting.documents.is_full = True
    waiting.model.confirm()
    waiting.documents.is_full = False

    assert is_changed(after_reading(waiting))
    assert not waiting.restarted().model.awaits_confirmation


def after_reading(device: Device) -> Device:
    device.tree("")
    return device


@pytest.mark.parametrize("booted", [False, True])
def test_a_restart_before_it_was_made_makes_it_and_still_knows_the_way_back(waiting: Device, booted: bool) -> None:
    after = waiting.restarted(booted=booted)

    assert after.model.awaits_confirmation
    assert not after.model.awaits_application
    assert is_changed(after)
    after.model.revert()
    assert is_as_before(after)


@pytest.mark.parametrize("booted", [False, True])
def test_a_restart_before_the_confirmation_still_knows_the_way_back(waiting: Device, booted: bool) -> None:
    waiting.model.apply_deferred()
    after = waiting.restarted(booted=booted)

    assert after.model.awaits_confirmation
    assert is_changed(after)
    after.model.revert()
    assert is_as_before(after)


@pytest.mark.parametrize("booted", [False, True])
@pytest.mark.parametrize("backend", ["network", "ports"])
@pytest.mark.parametrize("step", ["prepare", "commit", "half"])
def test_a_power_cut_while_it_is_made_leaves_it_to_be_confirmed_or_taken_back(
    waiting: Device, backend: str, step: str, booted: bool
) -> None:
    getattr(waiting, backend).dies_at = step
    with pytest.raises(PowerCut):
        waiting.model.apply_deferred()

    after = waiting.restarted(booted=booted)
    assert is_changed(after)
    after.model.revert()
    assert is_as_before(after)
    assert is_as_before(after.restarted(booted=booted))


def test_that_a_change_was_taken_back_is_remembered_until_it_is_known(waiting: Device) -> None:
    waiting.model.apply_deferred()
    waiting.model.revert()

    after = waiting.restarted()
    assert after.model.was_taken_back
    after.model.taken_back_is_known()
    assert not after.restarted().model.was_taken_back


def test_a_number_given_in_a_change_that_was_taken_back_is_not_given_again(device: Device) -> None:
    device.add(IP)
    device.network.cuts_path = True
    number = device.add(IP)
    device.model.apply_deferred()
    device.model.revert()
    device.network.cuts_path = False

    assert device.add(IP) == number + 1


def test_with_the_write_side_off_what_waits_is_taken_back_untouched(waiting: Device) -> None:
    waiting.model.read_only_reason = "off"

    assert not waiting.model.apply_deferred()
    assert (waiting.get(MTU), waiting.get(KEY)) == ("1500", "before")
    assert waiting.machine.made == FIRST


def test_a_factory_reset_takes_an_unconfirmed_change_along(waiting: Device) -> None:
    waiting.model.apply_deferred()
    waiting.model.forget_everything()

    assert not waiting.model.awaits_confirmation
    waiting.model.revert()
    assert waiting.machine.made == FIRST
    assert waiting.get(KEY) == ""


def test_an_interface_keeps_its_number_when_a_change_is_taken_back(waiting: Device) -> None:
    before = waiting.tree("")
    waiting.model.apply_deferred()
    waiting.model.revert()

    assert waiting.tree("").keys() == before.keys()
    assert waiting.restarted().tree("").keys() == before.keys()
