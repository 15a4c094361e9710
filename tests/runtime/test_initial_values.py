"""A preset's values are made once, all or none; what somebody sets is theirs, and another preset makes the rest."""

import logging
from collections.abc import Mapping

import pytest

from agent.cwmp import management_server as ms
from agent.discovery.preset import Preset
from agent.model.data_model import Caller, DataModel
from agent.runtime.initial_values import APPLIED, InitialValues
from tests.cwmp.small_device import SmallDevice

CODE, SPEED = "Device.DeviceInfo.ProvisioningCode", "Device.Ethernet.Interface.1.MaxBitRate"
STATUS = "Device.Ethernet.Interface.1.Status"
WAN = "Device.IP.Interface.[wan].IPv4Address.[first]."


class Machine:
    """A device, over restarts, with the preset of its firmware."""

    def __init__(self) -> None:
        self.device = SmallDevice()
        self.initial: InitialValues | None = None

    def starts(self, values: Mapping[str, str], attributes: Mapping[str, int] | None = None) -> InitialValues:
        self.device = self.device.restarted()
        preset = Preset("acme.toml", values=values, attributes=attributes or {})
        self.initial = InitialValues(self.device.model, self.device.own, preset)
        self.device.model.committed = self.initial.changed
        self.initial.apply()
        return self.initial

    def sets(self, path: str, text: str, caller: Caller = Caller.ACS) -> None:
        change = self.device.model.transaction(caller)
        change.set(path, text)
        change.commit()

    @property
    def model(self) -> DataModel:
        return self.device.model

    def value(self, path: str) -> str:
        return self.device.get(path)


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_values_and_notifications_are_made_once(machine: Machine) -> None:
    made = machine.starts({CODE: "acme", SPEED: "100"}, {STATUS: 2}).outcome
    assert set(made.made) == {CODE, SPEED, f"attributes of {STATUS}"}
    assert (machine.value(CODE), machine.value(SPEED)) == ("acme", "100")
    assert machine.model.notified()[STATUS] == 2
    assert machine.device.own.set_by("DeviceInfo.ProvisioningCode") == {"source": "preset", "told_by": "acme.toml"}
    written = machine.device.documents.read("model")["transaction"]
    assert machine.starts({CODE: "acme", SPEED: "100"}, {STATUS: 2}).outcome.made == ()
    assert machine.device.documents.read("model")["transaction"] == written


def test_one_refusal_and_nothing_is_made_and_each_is_told(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    refused = machine.starts({CODE: "acme", SPEED: "quick", "Device.Nothing": "x", STATUS: "Up"}, {STATUS: 2}).outcome
    assert [one.partition(":")[0] for one in refused.refused] == [SPEED, "Device.Nothing", STATUS]
    assert all(f"the preset acme.toml: {path}: " in caplog.text for path in (SPEED, "Device.Nothing", STATUS))
    assert "the agent goes on without them" in caplog.text
    assert machine.value(CODE) == ""
    assert STATUS not in machine.model.notified()
    assert machine.device.own.get(APPLIED) == {}
    assert machine.starts({CODE: "acme"}).outcome.made == [CODE]


def test_an_upgraded_preset_makes_what_nobody_has_set_since(machine: Machine) -> None:
    machine.starts({CODE: "one", SPEED: "100"}, {STATUS: 1})
    machine.sets(CODE, "the ACS's")
    made = machine.starts({CODE: "two", SPEED: "200", f"{SPEED[:-10]}Enable": "0"}, {STATUS: 2}).outcome
    assert machine.value(CODE) == "the ACS's"
    assert (machine.value(SPEED), machine.model.notified()[STATUS]) == ("200", 2)
    assert (CODE in made.made, made.kept) == (False, [CODE])
    machine.starts({CODE: "three", SPEED: "300"})
    assert (machine.value(CODE), machine.value(SPEED)) == ("the ACS's", "300")


def test_setting_the_very_same_value_makes_it_ones_own(machine: Machine) -> None:
    machine.starts({CODE: "one"})
    machine.sets(CODE, "one", Caller.LOCAL)
    machine.starts({CODE: "two"})
    assert machine.value(CODE) == "one"


def test_a_notification_that_somebody_has_set_stays(machine: Machine) -> None:
    for path in (STATUS, "Device.Ethernet.", ""):
        machine = Machine()
        machine.starts({}, {STATUS: 2})
        change = machine.model.transaction(Caller.ACS)
        change.set_attributes(path, 0, None)
        change.commit()
        machine.starts({}, {STATUS: 1})
        assert machine.model.notified().get(STATUS) is None, path


def test_a_row_that_is_named_is_added_once_and_stays_deleted(machine: Machine) -> None:
    wan = {f"{WAN}IPAddress": "192.0.2.9", f"{WAN}Enable": "1", "Device.IP.Interface.[wan].Enable": "1"}
    machine.starts(wan)
    [place] = machine.model.peek([f"{WAN}IPAddress"])
    assert place == "Device.IP.Interface.2.IPv4Address.1.IPAddress"
    assert machine.value(place) == "192.0.2.9"
    machine.sets(place, "192.0.2.10")
    machine.starts({**wan, f"{WAN}IPAddress": "192.0.2.11", f"{WAN}SubnetMask": "255.255.255.0"})
    assert machine.value(place) == "192.0.2.10"
    assert machine.value(f"{WAN}SubnetMask") == "255.255.255.0"
    change = machine.model.transaction(Caller.LOCAL)
    change.delete("Device.IP.Interface.2.")
    change.commit()
    machine.starts({**wan, f"{WAN}Enable": "0", f"{WAN}SubnetMask": "255.0.0.0"})
    assert machine.device.get("Device.IP.InterfaceNumberOfEntries") == "1"


def test_after_a_factory_reset_all_is_made_again(machine: Machine) -> None:
    machine.starts({CODE: "acme"})
    machine.sets(CODE, "mine")
    machine.model.forget_everything()
    assert machine.value(CODE) == ""
    machine.starts({CODE: "acme"})
    assert machine.value(CODE) == "acme"


def test_what_was_refused_first_does_not_replace_what_somebody_has_set_meanwhile(machine: Machine) -> None:
    machine.starts({CODE: "acme", "Device.Nothing": "x"})
    machine.sets(CODE, "mine")
    machine.starts({CODE: "acme"})
    assert machine.value(CODE) == "mine"


def test_a_state_that_was_never_written_by_an_agent_is_none(machine: Machine) -> None:
    machine.device.own.stage(APPLIED, {"made": 3, "kept": "x"})
    machine.device.model.save()
    machine.starts({CODE: "acme"})
    assert machine.value(CODE) == "acme"


def test_no_value_is_in_the_log(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    password = f"Device.{ms.PREFIX}ConnectionRequestPassword"
    machine.starts({password: "canary-4711", CODE: "x" * 70, SPEED: "100"})
    machine.starts({password: "canary-4711", SPEED: "100"})
    assert machine.device.own.get("ManagementServer.ConnectionRequestPassword") == "canary-4711"
    assert "canary" not in caplog.text
    assert "canary" not in str(machine.device.own.get(APPLIED))
