"""Messages as pyroute2 decodes them become rows in our words; the shapes are those of 0.7 and 0.9 alike."""

from typing import Any

from backends import netlink_rows
from backends.netlink_types import Route

NAMES = {1: "lo", 2: "eth0", 3: "eth1"}


def message(attributes: list[tuple[str, Any]], **fields: Any) -> dict[str, Any]:
    return {**fields, "attrs": attributes}


def route(attributes: list[tuple[str, Any]], **fields: Any) -> dict[str, Any]:
    header = {"family": 2, "dst_len": 24, "flags": 0, "table": 254, "type": 1, "proto": 4, "scope": 0}
    return message([("RTA_DST", "192.0.2.0"), *attributes], **{**header, **fields})


def test_a_multipath_route_is_one_row_for_each_next_hop() -> None:
    hops = [
        message([("RTA_GATEWAY", "198.51.100.1")], oif=2, flags=0, hops=0),
        message([("RTA_GATEWAY", "198.51.100.2")], oif=3, flags=0x10, hops=0),
    ]
    rows = list(netlink_rows.routes([route([("RTA_MULTIPATH", hops)])], NAMES, 254))
    assert [(row.gateway, row.interface, row.linkdown, row.multipath) for row in rows] == [
        ("198.51.100.1", "eth0", False, True),
        ("198.51.100.2", "eth1", True, True),
    ]


def test_an_ipv4_route_may_have_an_ipv6_gateway() -> None:
    (row,) = netlink_rows.routes([route([("RTA_OIF", 2), ("RTA_VIA", {"family": 10, "addr": "fe80::1"})])], NAMES, 254)
    assert row == Route(4, "192.0.2.0/24", gateway="fe80::1", interface="eth0")


def test_cached_routes_and_other_tables_are_left_out() -> None:
    rows = [route([("RTA_OIF", 2)], flags=0x200), route([("RTA_OIF", 2), ("RTA_TABLE", 1000)], table=252)]
    assert list(netlink_rows.routes(rows, NAMES, 254)) == []
    assert [row.table for row in netlink_rows.routes(rows, NAMES, 1000)] == [1000]


def test_numbers_without_a_name_stay_numbers() -> None:
    (row,) = netlink_rows.routes([route([], proto=77, scope=13, type=99)], NAMES, 254)
    assert (row.protocol, row.scope, row.type, row.interface) == ("77", "13", "99", None)


def test_a_route_learnt_for_a_time_says_how_long_in_seconds() -> None:
    (row,) = netlink_rows.routes([route([("RTA_CACHEINFO", {"rta_expires": 1800 * netlink_rows.TICKS})])], NAMES, 254)
    assert row.expires == 1800


def test_addresses_of_interfaces_that_have_gone_are_left_out() -> None:
    rows = [message([("IFA_ADDRESS", "192.0.2.1")], index=9, family=2, prefixlen=24, flags=0x80, scope=0)]
    assert list(netlink_rows.addresses(rows, NAMES)) == []


def test_flag_one_means_secondary_in_ipv4_and_temporary_in_ipv6() -> None:
    four = message(
        [("IFA_ADDRESS", "192.0.2.1"), ("IFA_LOCAL", "192.0.2.1")], index=2, family=2, prefixlen=24, flags=1, scope=0
    )
    six = message(
        [("IFA_ADDRESS", "2001:db8::1"), ("IFA_FLAGS", 0x21)], index=2, family=10, prefixlen=64, flags=1, scope=0
    )
    rows = list(netlink_rows.addresses([four, six], NAMES))
    assert [row.flags for row in rows] == [{"secondary"}, {"temporary", "deprecated"}]


def test_where_an_address_came_from_is_named() -> None:
    six = message(
        [("IFA_ADDRESS", "2001:db8::1"), ("IFA_PROTO", 2)], index=2, family=10, prefixlen=64, flags=0, scope=0
    )
    assert [row.protocol for row in netlink_rows.addresses([six], NAMES)] == ["kernel_ra"]


def test_proxied_and_unfinished_neighbours_are_left_out() -> None:
    proxy = message([("NDA_DST", "192.0.2.1")], ifindex=2, family=2, flags=0x8, state=0)
    nothing = message([], ifindex=2, family=2, flags=0, state=0)
    router = message(
        [("NDA_DST", "fe80::1"), ("NDA_LLADDR", "02:00:00:00:00:01")], ifindex=2, family=10, flags=0x80, state=4
    )
    (row,) = netlink_rows.neighbours([proxy, nothing, router], NAMES)
    assert (row.address, row.state, row.is_router, row.confirmed_age) == ("fe80::1", "stale", True, None)


def test_a_station_is_behind_a_bridge_s_member_not_in_a_card_s_filter() -> None:
    filtered = message([("NDA_LLADDR", "33:33:00:00:00:01")], ifindex=2, family=7, flags=2, state=0x80)
    seen = message(
        [("NDA_LLADDR", "02:00:00:00:00:01"), ("NDA_MASTER", 3), ("NDA_VLAN", 7)], ifindex=2, family=7, flags=0, state=2
    )
    (row,) = netlink_rows.stations([filtered, seen], NAMES)
    assert (row.mac, row.interface, row.bridge, row.vlan_id, row.is_own) == (
        "02:00:00:00:00:01",
        "eth0",
        "eth1",
        7,
        False,
    )


def test_a_vlan_of_a_bridge_member_says_how_it_passes() -> None:
    entries = message(
        [("IFLA_BRIDGE_VLAN_INFO", {"flags": 6, "vid": 1}), ("IFLA_BRIDGE_VLAN_INFO", {"flags": 0, "vid": 7})]
    )
    rows = list(netlink_rows.bridge_vlans([message([("IFLA_AF_SPEC", entries)], index=2)], NAMES))
    assert [(row.vlan_id, row.untagged, row.pvid) for row in rows] == [(1, True, True), (7, False, False)]


def test_the_lower_link_of_another_namespace_is_not_mistaken_for_one_of_ours() -> None:
    links = [
        message([("IFLA_IFNAME", "eth0")], index=2, ifi_type=1, flags=0),
        message(
            [
                ("IFLA_IFNAME", "v"),
                ("IFLA_LINK", 2),
                ("IFLA_LINK_NETNSID", 0),
                ("IFLA_LINKINFO", message([("IFLA_INFO_KIND", "vlan")])),
            ],
            index=5,
            ifi_type=1,
            flags=1,
        ),
    ]
    rows = netlink_rows.links(links)
    assert (rows[1].kind, rows[1].lower, rows[1].up, rows[1].operstate) == ("vlan", None, True, "unknown")
