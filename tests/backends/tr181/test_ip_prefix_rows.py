"""Which row of IPv6Prefix something is, whatever it is at present."""

import ipaddress

from agent.model.object import Target
from backends.delegations import Delegation
from backends.netlink_types import Link
from backends.network.records import IpPrefix, Records, Reference
from backends.network.topology import Topology
from backends.tr181.ip_prefix_rows import IPV6_PREFIX, find_prefixes, parent_of, parent_target, prefix_target
from tests.backends.conftest import Bench

GIVEN = Delegation("eth0", 1, "2001:db8:100::/56")
SLOT = IpPrefix(ip="eth0", enable=True, static_type="PrefixDelegation")
CHILD = IpPrefix(ip="eth1", enable=True, static_type="Child", parent=Reference("prefix", GIVEN.key))


def around(records: dict[str, IpPrefix], *delegated: Delegation) -> Topology:
    links = [Link(2, "eth0", mac="02:00:00:00:00:01"), Link(3, "eth1", mac="02:00:00:00:00:02")]
    return Topology(Records(9, {"prefix": records}), links, delegated=delegated)


def test_a_prefix_is_known_by_itself_and_a_child_by_its_row() -> None:
    child, other = ipaddress.IPv6Network("2001:db8:100::/64"), ipaddress.IPv6Network("2001:db8:7::/64")
    there = around({"+1": CHILD}, GIVEN)
    assert prefix_target(there, "eth1", "eth1", child) == Target(IPV6_PREFIX, ("eth1", "+1"))
    assert prefix_target(there, "eth1", "eth1", other) == Target(IPV6_PREFIX, ("eth1", "eth1 2001:db8:7::/64"))
    assert prefix_target(there, "eth0", "eth0", child) == Target(IPV6_PREFIX, ("eth0", "eth0 2001:db8:100::/64"))


def test_a_parent_is_the_row_that_shows_what_is_delegated() -> None:
    natural, slot = Reference("prefix", GIVEN.key), Reference("prefix", "+2")
    assert parent_target(around({}, GIVEN), natural) == Target(IPV6_PREFIX, ("eth0", GIVEN.key))
    assert parent_target(around({"+2": SLOT}, GIVEN), natural) == Target(IPV6_PREFIX, ("eth0", "+2"))
    assert parent_target(around({"+2": SLOT}), slot) == Target(IPV6_PREFIX, ("eth0", "+2"))
    assert parent_target(around({}), None) is None


def test_only_what_is_delegated_is_a_parent() -> None:
    there = around({"+1": CHILD, "+2": SLOT, "+3": IpPrefix(ip="eth0", prefix="2001:db8:5::/64")}, GIVEN)
    told = {key: parent_of(there, Target(IPV6_PREFIX, ("eth0", key))) for key in ("+1", "+2", "+3", GIVEN.key, "x")}
    assert told == {
        "+1": None, "+2": Reference("prefix", "+2"), "+3": None, GIVEN.key: Reference("prefix", GIVEN.key), "x": None,
    }  # fmt: skip
    assert parent_of(there, Target("Device.IP.Interface.{i}.", (GIVEN.key,))) is None
    assert parent_of(there, Target("Device.IP.", ())) is None


def test_what_is_delegated_is_a_row_only_where_its_link_is_one(memory: Bench) -> None:
    network = memory.device().network
    network.delegations = lambda: given
    given = (GIVEN, Delegation("gone0", 1, "2001:db8:200::/56"))
    found = [one.delegated for one in find_prefixes(network) if one.delegated]
    assert found == [GIVEN]
