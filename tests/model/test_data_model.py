"""The data model as it is read: values, names, addressing, attributes, and where each value comes from."""

import pytest

from agent.model.data_model import Caller
from agent.model.errors import InvalidArguments, Unavailable, UnknownPath
from tests.model.device import IP, PORTS, ROUTES, Device

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


def test_of_a_secret_it_is_told_whether_there_is_one(device: Device) -> None:
    password = "Device.ManagementServer.Password"
    [value] = device.model.get([password], Caller.LOCAL)
    assert (value.text, value.is_secret, value.is_kept) == ("", True, True)
    assert not device.model.get([MTU], Caller.LOCAL)[0].is_secret
    device.change({password: ""})
    assert device.model.get([password], Caller.LOCAL)[0].is_kept is False


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
