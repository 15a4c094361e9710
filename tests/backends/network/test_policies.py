"""Tables and rules for packets of one policy."""

from dataclasses import replace

from backends.netlink import Link
from backends.network.desired import claims
from backends.network.policies import MOST_POLICY, ident_of, rule_ident, rule_of, table_of
from backends.network.records import IpRoute, Records
from backends.network.topology import Topology


def test_each_policy_has_a_table_and_a_rule_of_its_own() -> None:
    assert [table_of(policy) for policy in (None, -1, 0, MOST_POLICY)] == [(), (), ("13000",), ("13126",)]
    rule = rule_of(("rule", "4", "2"))
    assert (rule.priority, rule.table, rule.mark, rule.mask) == (13002, 13002, 3 << 24, 0x7F000000)
    assert ident_of(rule) == ("rule", "4", "2")
    for other in (replace(rule, mark=1), replace(rule, table=254), replace(rule, priority=5)):
        assert ident_of(other) is None


def test_a_route_of_a_policy_asks_for_its_rule_as_well() -> None:
    route = IpRoute(enable=True, destination="203.0.113.0", prefix_length=24, ip="eth0", policy=1)
    records, _ = Records().added(route)
    ident = ("route", "4", "203.0.113.0/24", "-", "eth0", "0", "unicast", "13001")
    assert set(claims(Topology(records, [Link(2, "eth0", up=True)]), {})) == {ident, ("rule", "4", "1")}
    assert (rule_ident(ident), rule_ident(ident[:7])) == (("rule", "4", "1"), None)
