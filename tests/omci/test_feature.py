"""The daemon, a lab ONU at its serial line and the lab ACS that the OLT names: from nothing to a session."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.lab.onu import LabOnu, Likeness
from agent.omci.feature import TOLD
from tests.durability.stand import Agent, Stand
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.slow

ROW = "Device.Optical.Interface.1."
LEVEL = f"{ROW}OpticalSignalLevel"
SECRET = "not-a-secret-5"


class Bench:
    """An agent that knows nothing but where its serial line is."""

    def __init__(self, place: Path) -> None:
        self.onu = LabOnu(Likeness(baud=115200), place / "onu")
        self.onu.start()
        self.onu.order("drift off")
        self.onu.order("light -20 2")
        self.stand = Stand(place, more=f'[omci]\ndevice = "{self.onu.device}"\n')
        self.stand.configure("")

    def started(self) -> Agent:
        agent = self.stand.start()
        until(
            lambda: (
                agent.values("Device.Optical.InterfaceNumberOfEntries")["Device.Optical.InterfaceNumberOfEntries"]
                == "1"
            )
        )
        return agent

    def contact(self) -> Agent:
        """Up to the end of the BOOTSTRAP session."""
        agent = self.started()
        self.onu.order(f"acs {self.stand.acs.url} --user cpe --password {SECRET} --vlan 100")
        self.stand.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)
        self.stand.acs.wait_for_session_end(timeout=PATIENCE)
        return agent


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    with made.stand:
        yield made
    made.onu.stop()


def test_the_olt_alone_brings_the_device_to_its_acs_which_sees_the_optical_side(bench: Bench) -> None:
    agent = bench.contact()
    [inform] = bench.stand.informs_with("0 BOOTSTRAP")
    assert (inform.parameters[f"{ROW}Status"], inform.parameters[LEVEL]) == ("Up", "-20000")
    values = bench.stand.done(agent, "GetParameterValues", names=[ROW, "Device.XPON.ONU.1.EquipmentID"])
    told = {one["path"]: one["value"] for one in values["parameters"]}
    assert (told[LEVEL], told["Device.XPON.ONU.1.EquipmentID"]) == ("-20000", "Lab ONU 2500")
    assert SECRET not in bench.stand.log.read_text()
    [omci] = [one for one in agent.ask("discover")["sources"] if one["source"] == "omci"]
    assert (omci["verdict"], omci["vlan"], omci["vlan_priority"]) == ("in force", 100, 0)
    assert "VLANTermination. with VLANID 100" in omci["next"]
    assert agent.ask("status")["device"]["advice"] == omci["next"]
    vlan = "Device.XPON.ONU.1.X_CPEAGENT_ManagementVLAN"
    assert agent.values(vlan)[vlan] == "100"
    bench.onu.order(f"acs {bench.stand.acs.url} --user other --password {SECRET}-6 --vlan 100")
    user = "Device.ManagementServer.Username"
    until(lambda: agent.values(user)[user] == "other")
    until(lambda: "its user name or password is another one" in bench.stand.log.read_text())
    assert SECRET not in bench.stand.log.read_text()


def test_the_acs_may_delete_what_informs_tell_of_the_light_and_it_stays_deleted(bench: Bench) -> None:
    agent = bench.contact()
    table = "Device.ManagementServer.InformParameter."
    names = [f"{table}{number}.ParameterName" for number in (1, 2)]
    assert set(agent.values(*names).values()) == {f"Device.Optical.Interface.*.{name}" for name in TOLD}
    for number in (1, 2):
        bench.stand.done(agent, "DeleteObject", path=f"{table}{number}.")
    agent.stop()
    agent = bench.stand.start()
    count = f"{table[:-1]}NumberOfEntries"
    assert agent.values(count)[count] == "0"


def test_light_that_changes_is_a_value_change_and_an_alarm_is_in_the_history(bench: Bench) -> None:
    agent = bench.contact()
    bench.stand.done(agent, "SetParameterAttributes", parameters={LEVEL: {"notification": 2}})
    before = len(bench.stand.informs_with("4 VALUE CHANGE"))
    bench.onu.order("light -27 2")
    until(lambda: len(bench.stand.informs_with("4 VALUE CHANGE")) > before)
    bench.onu.order("alarm 2 on")
    alarms = "Device.FaultMgmt.CurrentAlarmNumberOfEntries"
    until(lambda: agent.values(alarms)[alarms] == "1")
    assert agent.values("Device.XPON.ONU.1.ANI.1.TC.Alarms.SF")["Device.XPON.ONU.1.ANI.1.TC.Alarms.SF"] == "true"
    agent.stop()
    bench.onu.order("alarm 2 off")
    agent = bench.stand.start()
    until(lambda: agent.values(alarms)[alarms] == "0")


def test_the_acs_stays_over_a_reset_of_the_olt_a_device_that_is_unplugged_and_a_kill(bench: Bench) -> None:
    agent = bench.contact()
    bench.onu.order("reset")
    bench.onu.order("unplug")
    until(lambda: agent.values(f"{ROW}Status")[f"{ROW}Status"] == "Unknown")
    agent.kill()
    agent = bench.stand.start()
    assert agent.values("Device.ManagementServer.URL")["Device.ManagementServer.URL"] == bench.stand.acs.url
    bench.onu.order("plug")
    until(
        lambda: (
            agent.values("Device.Optical.InterfaceNumberOfEntries")["Device.Optical.InterfaceNumberOfEntries"] == "1"
        )
    )
    assert agent.values(f"{ROW}Status")[f"{ROW}Status"] == "Up"


def test_a_factory_reset_forgets_what_the_ont_s_counters_came_to(bench: Bench) -> None:
    kept = bench.stand.state / "optical.json"
    kept.parent.mkdir(exist_ok=True)
    total = {"312 32769": {"end": 1, "base": {"6": 4242}, "running": {}}}
    kept.write_text(json.dumps({"version": 1, "totals": total}))
    agent = bench.contact()
    counter = "Device.XPON.ONU.1.ANI.1.TC.PM.PHY.TotalFECCodewords"
    assert agent.values(counter)[counter] == "4242"
    seen = len(bench.stand.acs.informs)
    bench.stand.rpc(agent, "FactoryReset")
    bench.stand.acs.wait_for_inform("0 BOOTSTRAP", after=seen, timeout=PATIENCE)
    assert until(lambda: agent.values(counter))[counter] == "0"
    assert "4242" not in (kept.read_text() if kept.exists() else "")
