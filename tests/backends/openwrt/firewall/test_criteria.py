"""The criteria of a rule, in fw4's words and back."""

from dataclasses import replace

import pytest

from backends.desired_state import Pointer
from backends.firewall.records import ANY, FilterRule
from backends.openwrt.firewall.criteria import alternatives, can_match, ends, ends_said, refusal, said
from backends.uci import Section, Value
from tests.backends.openwrt.firewall.gateway import NOTHING
from tests.backends.openwrt.firewall.test_firewall_sections import IP, sections

pytestmark = pytest.mark.slow

LANS = NOTHING.replace("list   network		'lan'", "list network 'lan'\n\tlist network 'guest'")


def rule(**options: Value) -> Section:
    return Section("rule", "r", "r", options)


def told(section: Section, *names: str) -> list[tuple[object, ...]]:
    return [tuple(one[name] for name in names) for one in alternatives(section)]


def test_lists_are_alternatives() -> None:
    section = rule(proto=("tcp", "udp"), dest_port="80 443", src_ip="203.0.113.1")
    assert told(section, "protocol", "dest_port", "source_ip") == [
        (ANY, 80, "203.0.113.1"), (ANY, 443, "203.0.113.1"),
    ]  # fmt: skip
    assert told(rule(), "protocol") == [(6,), (17,)], "what fw4 takes where nothing is said"
    assert told(rule(proto="tcp udp", dest_port="!80"), "protocol", "dest_port_exclude") == [(6, True), (17, True)]
    assert told(rule(proto="icmp"), "protocol") == [(1,), (58,)]
    assert told(rule(proto="all", src_mac="02:00:00:00:00:01 02:00:00:00:00:02"), "source_mac") == [
        ("02:00:00:00:00:01",), ("02:00:00:00:00:02",),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "options",
    [
        {"src_ip": "!203.0.113.1 !203.0.113.2"}, {"src_ip": "lan"}, {"dest_port": "http"}, {"dscp": "nonsense"},
        {"proto": "!tcp"}, {"proto": "esp", "dest_port": "80"}, {"src_mac": "!02:00:00:00:00:01 02:00:00:00:00:02"},
    ],
)  # fmt: skip
def test_what_a_row_cannot_say_has_none(options: dict[str, Value]) -> None:
    assert alternatives(rule(**options)) == []


@pytest.mark.parametrize(
    "record",
    [
        FilterRule(protocol=6, dest_port=80, dest_port_range_max=90),
        FilterRule(source_port=5), FilterRule(protocol=58), FilterRule(protocol=1, ip_version=4),
        FilterRule(protocol=17, source_port=5, source_port_exclude=True, ip_version=6),
        FilterRule(source_ip="203.0.113.0", source_mask="/24", source_ip_exclude=True, ip_version=4),
        FilterRule(dest_ip="2001:db8::1", dscp=46, dscp_exclude=True),
        FilterRule(source_mac="02:00:00:00:00:01", source_mac_exclude=True),
    ],
)  # fmt: skip
def test_what_is_said_reads_the_same(record: FilterRule) -> None:
    blank = rule()
    [one] = alternatives(replace(blank, options={k: v for k, v in said(blank, record).items() if v}))
    assert replace(FilterRule(), **one) == record


def test_an_excepted_address_is_of_its_version_of_ip_alone() -> None:
    section = rule(src_ip="!203.0.113.1", proto="all")
    [one] = alternatives(section)
    assert one["ip_version"] == 4, "fw4 looks at no packet of the other"
    assert said(section, replace(FilterRule(), **one))["family"] == "", "which need not be said"


def test_what_says_the_same_already_stays_as_it_is() -> None:
    section = rule(proto="TCP", dest_port="80:90", src_ip="203.0.113.0/255.255.255.0", family="inet", dscp="0x2e")
    [one] = alternatives(section)
    words = said(section, replace(FilterRule(), **one))
    assert {name: words[name] for name in section.options} == section.options


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (FilterRule(source_interface_exclude=True), "source_interface_exclude"),
        (FilterRule(dest_interface_exclude=True), "dest_interface_exclude"),
        (FilterRule(protocol=6, protocol_exclude=True), "protocol_exclude"),
        (FilterRule(connection_state=("New",)), "connection_state"),
        (FilterRule(protocol=132, dest_port=80), "protocol"),
        (FilterRule(source_port=80, source_port_exclude=True), "source_port_exclude"),
        (FilterRule(dscp=8), "dscp"),
        (FilterRule(protocol=58, ip_version=4), "protocol"),
        (FilterRule(protocol=1, ip_version=6), "protocol"),
        (FilterRule(source_ip="203.0.113.1", source_ip_exclude=True), "source_ip_exclude"),
        (FilterRule(dest_ip="203.0.113.1", dest_ip_exclude=True, ip_version=6), "dest_ip_exclude"),
    ],
)
def test_what_fw4_cannot_say_has_a_reason(record: FilterRule, field: str) -> None:
    told_of = refusal(record)
    assert told_of is not None
    assert told_of[1] == field
    assert refusal(FilterRule()) is None


def test_an_interface_that_does_not_stand_for_its_zone_is_told_by_its_link() -> None:
    here = sections(LANS)
    lan, guest, wan = (Pointer(IP, (link,)) for link in ("br-lan", "br-guest", "wan"))
    words = ends_said(here, rule(), FilterRule(source_interface=guest, dest_interface=wan))
    assert words == {"src": "lan", "dest": "wan", "device": "br-guest", "direction": "in"}
    found = ends(here, rule(**words))
    assert found is not None
    assert (found["source_interface"], found["dest_interface"]) == (guest, wan)
    words = ends_said(here, rule(), FilterRule(source_interface=lan, dest_interface=guest))
    assert words == {"src": "lan", "dest": "lan", "device": "br-guest", "direction": "out"}
    kept = rule(src="lan", dest="wan", device="br-lan", direction="in")
    assert ends_said(here, kept, FilterRule(source_interface=lan, dest_interface=wan)) == kept.options


def test_contradictions_match_nothing() -> None:
    assert not can_match(FilterRule(ip_version=4, dest_ip="2001:db8::1"))
    assert not can_match(FilterRule(dest_ip="192.0.2.1", dest_mask="/99"))
    assert can_match(FilterRule())
