"""Device.FaultMgmt. over links that are lost and come back."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.model.coverage import coverage
from agent.model.own_values import OwnValues
from backends.faults import Faults
from backends.netlink_types import Link, RouteTo
from backends.tr181.fault_mgmt import TOPIC, FaultTables, LinkLosses, fault_mgmt, faults_of
from backends.tr181.mechanisms import Mechanisms
from tests.backends.small_device import SmallDevice

FAULT_MGMT = "Device.FaultMgmt."
ETH1 = Link(2, "eth1", up=True, running=True, operstate="up")
LOST = replace(ETH1, running=False, operstate="down")
LINK = frozenset({"link"})


@pytest.fixture
def faults(tmp_path: Path) -> Faults:
    return Faults(tmp_path, "boot", lambda: (1000.0, 1_800_000_000.0))


class Bench:
    def __init__(self, faults: Faults) -> None:
        self.faults, self.links = faults, [ETH1, *others()]
        self.way: RouteTo | None = None
        self.losses = LinkLosses(faults, lambda: self.links, lambda name: name == "eth1", lambda: self.way)
        self.losses.look(LINK)

    def see(self, *links: Link) -> frozenset[str]:
        self.links = list(links)
        return self.losses.look(LINK)

    @property
    def history(self) -> list[str]:
        return [event.text for event in self.faults.events("history")]


def others(**changed: Any) -> tuple[Link, Link]:
    """What is not the agent's: a port, and what a program has made."""
    return (
        replace(ETH1, index=3, name="eth2", **changed), replace(ETH1, index=4, name="veth0", kind="veth", **changed)
    )  # fmt: skip


def device(faults: Faults) -> SmallDevice:
    nothing: Any = None
    tables = FaultTables(faults)
    given = Mechanisms(
        nothing, nothing, nothing, nothing, nothing, nothing, OwnValues({}, {}), links=nothing, faults=tables
    )
    assert faults_of(given) is faults
    return SmallDevice(fault_mgmt(given), backends=[tables])


def test_the_profiles_are_whole(faults: Faults) -> None:
    names = ["FaultMgmtSupportedAlarms:1", "FaultMgmtActive:1", "FaultMgmtHistory:1"]
    assert [one.missing for one in coverage(device(faults).model.tree, names, lambda _: "")] == [(), (), ()]


def test_a_link_that_is_lost_is_an_alarm_until_it_is_back(faults: Faults) -> None:
    bench = Bench(faults)
    assert bench.see(LOST) == {TOPIC}
    assert bench.see(LOST) == frozenset()
    made = device(faults)
    alarm = made.find(f"{FAULT_MGMT}CurrentAlarm.", ManagedObjectInstance="eth1")
    assert (made.get(f"{alarm}PerceivedSeverity"), made.get(f"{alarm}AlarmRaisedTime")) == (
        "Major", "2027-01-15T08:00:00Z",
    )  # fmt: skip
    assert bench.see(ETH1) == {TOPIC}
    assert made.get(f"{FAULT_MGMT}CurrentAlarmNumberOfEntries") == "0"
    assert made.get(f"{FAULT_MGMT}HistoryEvent.2.NotificationType") == "ClearedAlarm"
    assert bench.history == ["eth1 has no link", "eth1 is up again"]


def test_a_link_that_is_switched_off_or_taken_away_is_no_alarm(faults: Faults) -> None:
    bench = Bench(faults)
    assert bench.see(replace(LOST, up=False)) == frozenset()
    bench.see(ETH1)
    assert bench.see() == frozenset()


@pytest.mark.parametrize(
    ("links", "why"), [((), "the interface has gone"), ((replace(LOST, up=False),), "eth1 was switched off")]
)
def test_an_alarm_ends_with_what_it_is_about(faults: Faults, links: tuple[Link, ...], why: str) -> None:
    bench = Bench(faults)
    bench.see(LOST)
    assert bench.see(*links) == {TOPIC}
    assert bench.history[-1] == why


def test_of_what_is_not_the_agents_hardware_is_watched_and_what_leads_to_the_acs(faults: Faults) -> None:
    lost = {"running": False, "operstate": "down"}
    bench = Bench(faults)
    bench.see(ETH1, *others(**lost))
    assert bench.history == ["eth2 has no link"]
    bench.way = RouteTo("veth0", "192.0.2.5")
    bench.see(ETH1, *others())
    bench.way = None  # the route goes with the link
    bench.see(ETH1, *others(**lost))
    assert sorted(one for one in bench.history[2:]) == ["eth2 has no link", "veth0 has no link"]


def test_other_changes_are_not_looked_at(faults: Faults) -> None:
    bench = Bench(faults)
    bench.links = [LOST]
    assert bench.losses.look(frozenset({"address"})) == frozenset()


def test_how_alarms_are_told_is_chosen_and_kept(faults: Faults) -> None:
    made = device(faults)
    refused = made.find(f"{FAULT_MGMT}SupportedAlarm.", SpecificProblem="Log-in refused")
    made.set({f"{refused}ReportingMechanism": "0 Expedited"})
    faults.happened("refused", "192.0.2.1", "wrong password")
    assert made.get(f"{FAULT_MGMT}ExpeditedEvent.1.AdditionalText") == "wrong password"
    assert made.get(f"{FAULT_MGMT}QueuedEventNumberOfEntries") == "0"
    assert made.refused({f"{refused}ReportingMechanism": "4 Loud"}) == {f"{refused}ReportingMechanism": "InvalidValue"}


def test_a_machine_without_a_history_says_so() -> None:
    nothing: Any = None
    given = Mechanisms(nothing, nothing, nothing, nothing, nothing, nothing, nothing, links=nothing)
    assert fault_mgmt(given) == []
    with pytest.raises(LookupError):
        faults_of(given)
