"""A whole configuration is taken, and brought back in one transaction or not at all."""

from typing import Any

import pytest

from agent.model.configuration import Configuration, Difference, configured
from agent.model.data_model import Caller
from agent.model.errors import InvalidValue, Refusals, Unavailable
from agent.model.transaction import Outcome
from tests.model.device import IP, PORTS, Device

CODE = "Device.DeviceInfo.ProvisioningCode"
KEY = "ManagementServer.ParameterKey"


def bring_back(
    device: Device, kept: Configuration, stay: tuple[str, ...] = (KEY,)
) -> tuple[tuple[Difference, ...], Outcome]:
    change = device.model.transaction(Caller.LOCAL)
    try:
        found = change.bring_back(kept, stay)
        return found, change.commit()
    finally:
        change.abandon()


def preview(device: Device, kept: Configuration) -> tuple[tuple[Difference, ...], int]:
    change = device.model.transaction(Caller.LOCAL)
    try:
        found = change.bring_back(kept, (KEY,))
        return found, change.preview()
    finally:
        change.abandon()


@pytest.fixture
def device() -> Device:
    device = Device()
    device.tree("")
    return device


def changed(device: Device) -> None:
    device.change({CODE: "later", f"{IP}1.MaxMTUSize": "1400", f"{PORTS}2.Enable": "false"}, key="k2")
    device.add(f"{IP}1.IPv4Address.")


def test_what_was_configured_comes_back_as_a_whole(device: Device) -> None:
    device.change({CODE: "first", f"{IP}1.MaxMTUSize": "1480", f"{IP}1.Alias": "home"}, key="k1")
    kept, before = configured(device.model), device.tree("")
    changed(device)
    device.change({f"{IP}1.Alias": "other"})
    found, outcome = bring_back(device, kept)
    assert outcome.status == 0
    assert device.tree("") == before | {f"Device.{KEY}": "k2"}
    assert device.is_consistent()
    assert {one.path: (one.before, one.after) for one in found if one.path in (CODE, f"{IP}1.MaxMTUSize")} == {
        CODE: ("later", "first"),
        f"{IP}1.MaxMTUSize": ("1400", "1480"),
    }
    assert {CODE, f"{PORTS}2.Enable"} <= set(outcome.changed)
    restarted = device.restarted()
    assert restarted.get(f"{IP}1.MaxMTUSize") == "1480"
    assert restarted.get(f"{IP}1.Alias") == "home"


def test_a_preview_tells_the_difference_and_changes_nothing(device: Device) -> None:
    kept = configured(device.model)
    changed(device)
    before = device.whole()
    found, status = preview(device, kept)
    assert status == 0
    told = {one.path: (one.before, one.after) for one in found}
    assert told[f"{PORTS}2.Enable"] == ("false", "true")
    assert [path for path, (_, after) in told.items() if after is None]  # the address that was added
    assert device.whole() == before


def test_to_bring_back_what_is_so_already_changes_nothing(device: Device) -> None:
    changed(device)
    before = device.whole()
    found, outcome = bring_back(device, configured(device.model))
    assert (found, outcome.changed) == ((), ())
    assert device.whole()[:2] == before[:2]


@pytest.mark.parametrize("step", ["prepare", "commit", "half"])
def test_nothing_is_changed_when_one_part_cannot_be(device: Device, step: str) -> None:
    kept = configured(device.model)
    changed(device)
    before = device.whole()
    device.ports.fails_at = {step}
    with pytest.raises(Refusals) as refused:
        bring_back(device, kept)
    assert {one.path for one in refused.value.refusals} == {f"{PORTS}2.Enable"}
    device.ports.fails_at = set()
    assert device.whole() == before
    device.change({CODE: "and it goes on"})


def test_values_that_could_not_be_set_are_refused_each_with_its_reason(device: Device) -> None:
    kept = configured(device.model)
    network: Any = kept.backends["network"]
    network["interface"][0]["mtu"] = 10
    network["address"][0]["address"] = "0.0.0.0"
    before = device.whole()
    with pytest.raises(Refusals) as refused:
        bring_back(device, kept)
    assert {one.path: type(one) for one in refused.value.refusals} == {
        f"{IP}1.MaxMTUSize": InvalidValue,
        f"{IP}1.IPv4Address.1.IPAddress": InvalidValue,
    }
    assert device.whole() == before


def test_what_has_another_form_or_no_place_here_is_refused(device: Device) -> None:
    before = device.whole()
    for backends in ({"own": {"DeviceInfo.ProvisioningCode": {"value": 3}}}, {"own": [1]}, {"wifi": {"next": 2}}):
        with pytest.raises(Refusals):
            bring_back(device, Configuration(backends))
    assert device.whole() == before
    bring_back(device, Configuration({"wifi": {}}))


def test_a_secret_is_compared_and_marked_and_what_the_device_made_up_stays(device: Device) -> None:
    device.own.begin()
    device.own.stage("ManagementServer.Password", "made up", {"source": "device"})
    device.own.commit()
    kept = configured(device.model)
    assert "ManagementServer.Password" not in kept.backends["own"]
    device.change({"Device.ManagementServer.Password": "set since"})
    found, _ = bring_back(device, kept)
    assert [(one.path, one.is_secret) for one in found] == [("Device.ManagementServer.Password", True)]


def test_a_change_that_cuts_the_way_out_waits_for_its_session_and_is_taken_back(device: Device) -> None:
    kept = configured(device.model)
    changed(device)
    device.network.cuts_path = True
    _, outcome = bring_back(device, kept)
    assert outcome.status == 1
    assert device.model.awaits_application
    device.model.apply_deferred()
    with pytest.raises(Refusals) as refused:
        bring_back(device, kept)
    assert isinstance(refused.value.refusals[0], Unavailable)
    device.model.revert()
    assert device.get(f"{IP}1.MaxMTUSize") == "1400"
    assert device.get(CODE) == "later"


def test_a_power_cut_in_the_middle_leaves_all_or_nothing(device: Device) -> None:
    kept = configured(device.model)
    changed(device)
    device.ports.dies_at = "half"
    with pytest.raises(BaseException, match="half"):
        bring_back(device, kept)
    device = device.restarted()
    assert device.is_consistent()
    assert (device.get(f"{IP}1.MaxMTUSize"), device.get(CODE)) == ("1400", "later")
