"""The kernel takes every kind of classification and policer, and nothing is made where nothing is wanted."""

import pytest

from backends.nftables import Table
from backends.qos.marking import Exit, chains, is_complete, marks_priorities, reads_priorities
from backends.qos.qos import TABLE
from backends.qos.records import AUTOMATIC, Classification, Defaults, Policer
from tests.backends.firewall.conftest import LAN, surroundings, wanted
from tests.backends.qos.conftest import Bench

AROUND = surroundings()


def test_nothing_wanted_is_no_table() -> None:
    assert chains(wanted(), AROUND, {}, ()) == []
    assert chains(wanted(Classification(interface=LAN)), AROUND, {}, ()) == []
    assert chains(wanted(Classification(enable=True)), AROUND, {}, ()) == []


def test_a_classification_has_to_say_where_its_packets_come_in() -> None:
    assert not is_complete(Classification(), AROUND)
    assert is_complete(Classification(all_interfaces=True), AROUND)
    assert is_complete(Classification(interface=LAN), AROUND)
    assert not is_complete(Classification(interface=LAN), surroundings(managed=frozenset()))


@pytest.mark.slow
@pytest.mark.parametrize(
    "record",
    [
        Classification(enable=True, all_interfaces=True),
        Classification(enable=True, all_interfaces=True, dest_ip="2001:db8::1", dest_ip_exclude=True),
        Classification(enable=True, all_interfaces=True, protocol=6, protocol_exclude=True, source_port=80),
        Classification(enable=True, all_interfaces=True, source_mac="02:00:00:00:00:01", dest_mac="02:00:00:00:00:02"),
        Classification(enable=True, all_interfaces=True, dest_mac="02:00:00:00:00:02", dest_mac_exclude=True),
        Classification(enable=True, interface=LAN, dscp=46, dscp_exclude=True, dscp_mark=0),
        Classification(enable=True, interface=LAN, priority=5, dscp_mark=AUTOMATIC),
        Classification(enable=True, interface=LAN, priority=0, priority_exclude=True, priority_mark=AUTOMATIC),
        Classification(enable=True, interface=LAN, vlan=7),
        Classification(enable=True, interface=LAN, vlan=8, vlan_exclude=True, forwarding_policy=3),
        Classification(enable=True, interface=LAN, traffic_class=0, priority_mark=7),
        Policer(enable=True, committed_rate=1_000_000, non_conforming="10", conforming="0"),
        Policer(enable=True, committed_rate=1_000_000, non_conforming=":3", conforming="24:3"),
        Policer(
            enable=True, meter="TwoRateThreeColor", committed_rate=1_000_000, peak_rate=2_000_000, partial="8",
            committed_burst=1, peak_burst=3_000,
        ),
        Defaults(dscp_mark=5, priority_mark=1, traffic_class=2, forwarding_policy=1),
    ],
)  # fmt: skip
def test_the_kernel_takes_it(bench: Bench, record: Classification | Policer | Defaults) -> None:
    records = {"": record} if isinstance(record, Defaults) else {"p": record}
    user = Classification(enable=True, all_interfaces=True, policer="p" if isinstance(record, Policer) else "")
    exits = [Exit("wan0", 2, None, 0x10), Exit("wan0", 2, 5, 0x15)]
    goal = wanted(user, **{"settings" if name == "" else name: one for name, one in records.items()})
    made = Table(TABLE, chains(goal, AROUND, {7: ["lan0.7"]}, exits))
    assert bench.nftables.bring_to(made)
    assert not bench.nftables.bring_to(made)


def test_priorities_matter_only_where_somebody_asks() -> None:
    assert marks_priorities(wanted(Classification(enable=True))) == set()
    assert marks_priorities(wanted(Classification(priority_mark=3))) == set()
    assert marks_priorities(wanted(Classification(enable=True, priority_mark=3))) == {3}
    assert marks_priorities(wanted(settings=Defaults(priority_mark=AUTOMATIC))) == set(range(8))
    assert not reads_priorities(wanted(Classification(enable=True)))
    assert reads_priorities(wanted(Classification(enable=True, priority=0)))
    assert reads_priorities(wanted(settings=Defaults(dscp_mark=AUTOMATIC)))
