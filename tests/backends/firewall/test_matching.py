"""Each criterion matches what it says, and its exclusion everything else: asked of the kernel, packet by packet."""

import json
import socket
from collections.abc import Callable
from dataclasses import replace

import pytest

from backends.firewall.expressions import COUNTER, RETURN, address, equal, meta, port, protocol_is
from backends.firewall.matching import alternatives, families, network_of
from backends.firewall.records import FilterRule
from backends.netlink_socket import inside
from backends.nftables import Chain, Counter, Hook, Nftables, Rule, Table
from tests.backends.firewall.conftest import LAN, surroundings
from tests.netlab.namespace import Namespace
from tests.netlab.packet_filter import packet_filter

EVERY = FilterRule(source_all_interfaces=True, dest_all_interfaces=True)


class Packets:
    """A loopback interface on which packets are counted by a rule."""

    def __init__(self, lab: Namespace, nftables: Nftables) -> None:
        self.lab, self.nftables = lab, nftables

    def matched(self, rule: FilterRule, destination: str, port: int = 0, kind: int = socket.SOCK_DGRAM) -> int:
        """How often a rule matches one packet of UDP, or of a protocol without ports (``SOCK_RAW``)."""
        self.nftables.bring_to(Table("t"))
        rules = [Rule("answers", [protocol_is((1, 58)), RETURN])]
        rules += [Rule("it", [*match, COUNTER]) for match in alternatives(rule, surroundings())]
        self.nftables.bring_to(Table("t", [Chain("in", rules, Hook("filter", "input", 0))]))
        family = socket.AF_INET6 if ":" in destination else socket.AF_INET
        with inside(self.lab.path, lambda: socket.socket(family, kind, 253 if kind == socket.SOCK_RAW else 0)) as made:
            if kind == socket.SOCK_DGRAM:
                made.bind(("::1" if ":" in destination else "127.0.0.1", 4000))
            made.sendto(b"x", (destination, port))
        return self.nftables.counters("t").get("it", Counter()).packets


@pytest.fixture
def packets(make_namespace: Callable[[], Namespace]) -> Packets:
    lab = make_namespace()
    lab.ip("link set lo up")
    return Packets(lab, packet_filter(lab))


CRITERIA = [
    (replace(EVERY, ip_version=4), ("127.0.0.1", 9), ("::1", 9)),
    (replace(EVERY, ip_version=6), ("::1", 9), ("127.0.0.1", 9)),
    (replace(EVERY, dest_ip="127.0.0.9"), ("127.0.0.9", 9), ("127.0.0.8", 9)),
    (replace(EVERY, dest_ip="127.0.0.9", dest_mask="/31"), ("127.0.0.8", 9), ("127.0.0.10", 9)),
    (replace(EVERY, dest_ip="127.0.0.9", dest_mask="10.0.0.0/31"), ("127.0.0.8", 9), ("127.0.0.10", 9)),
    (replace(EVERY, dest_ip="::1"), ("::1", 9), ("127.0.0.1", 9)),
    (replace(EVERY, source_ip="127.0.0.1"), ("127.0.0.1", 9), ("::1", 9)),
    (replace(EVERY, protocol=17), ("127.0.0.1", 9), None),
    (replace(EVERY, protocol=6), None, ("127.0.0.1", 9)),
    (replace(EVERY, dest_port=9), ("127.0.0.1", 9), ("127.0.0.1", 10)),
    (replace(EVERY, dest_port=9, dest_port_range_max=11), ("::1", 11), ("::1", 12)),
    (replace(EVERY, dest_port=9, protocol=17), ("::1", 9), ("::1", 12)),
    (replace(EVERY, source_port=4000), ("127.0.0.1", 9), None),
    (replace(EVERY, source_port=4001, source_port_range_max=4003), None, ("127.0.0.1", 9)),
    (replace(EVERY, dscp=0), ("::1", 9), None),
    (replace(EVERY, dscp=10), None, ("127.0.0.1", 9)),
    (replace(EVERY, source_mac="02:00:00:00:00:01"), None, ("127.0.0.1", 9)),
    (replace(EVERY, connection_state=("NEW", "INVALID")), ("127.0.0.1", 9), None),
    (replace(EVERY, connection_state=("ESTABLISHED",)), None, ("127.0.0.1", 9)),
]
NAMES = ("dest_ip", "source_ip", "protocol", "dest_port", "source_port", "dscp", "source_mac")


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "inside_it", "beside_it"), CRITERIA)
def test_a_criterion_and_its_exclusion_share_the_packets(
    packets: Packets, rule: FilterRule, inside_it: tuple[str, int] | None, beside_it: tuple[str, int] | None
) -> None:
    excluded = {f"{name}_exclude": True for name in NAMES if getattr(rule, name) != getattr(EVERY, name)}
    opposite = replace(rule, **excluded) if len(excluded) == 1 else None  # type: ignore[arg-type]
    for destination, matches in ((inside_it, 1), (beside_it, 0)):
        if destination:
            assert packets.matched(rule, *destination) == matches
            if opposite:
                assert packets.matched(opposite, *destination) == 1 - matches


def test_what_has_no_ports_is_outside_of_every_port(packets: Packets) -> None:
    for end in ("dest_port", "source_port"):
        rule = replace(EVERY, **{end: 9})  # type: ignore[arg-type]
        assert packets.matched(rule, "127.0.0.1", kind=socket.SOCK_RAW) == 0
        assert packets.matched(replace(rule, **{f"{end}_exclude": True}), "127.0.0.1", kind=socket.SOCK_RAW) == 1  # type: ignore[arg-type]


def test_what_has_another_version_is_outside_of_every_address(packets: Packets) -> None:
    both = replace(EVERY, dest_ip="127.0.0.1", dest_ip_exclude=True, source_ip="127.0.0.2", source_ip_exclude=True)
    assert packets.matched(both, "::1", 9) == 1
    assert packets.matched(both, "127.0.0.3", 9) == 1
    assert packets.matched(both, "127.0.0.1", 9) == 0


def test_criteria_that_contradict_each_other_match_nothing(packets: Packets) -> None:
    rule = replace(EVERY, ip_version=6, dest_ip="127.0.0.1")
    assert families(rule) == ()
    assert packets.matched(rule, "127.0.0.1", 9) == 0


def test_the_interface_is_told_by_its_name() -> None:
    rule = FilterRule(source_interface=LAN, dest_interface=LAN, dest_interface_exclude=True)
    [match] = alternatives(rule, surroundings())
    told = json.dumps(match)
    assert '"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "lan0"' in told
    assert '"op": "!=", "left": {"meta": {"key": "oifname"}}, "right": "lan0"' in told


def test_a_mask_is_for_its_address() -> None:
    assert str(network_of("192.0.2.77", "/24")) == "192.0.2.0/24"
    assert str(network_of("2001:db8::1", "")) == "2001:db8::1/128"
    assert network_of("", "/24") is None
    with pytest.raises(ValueError, match="33"):
        network_of("192.0.2.77", "/33")


def test_one_value_is_no_set_and_one_port_no_range() -> None:
    assert equal(meta("mark"), [7])["match"]["right"] == 7
    assert equal(meta("mark"), frozenset({9, 8}))["match"]["right"] == {"set": [8, 9]}
    assert port("dport", 7, 7) == port("dport", 7)
    network = network_of("192.0.2.0", "/24")
    assert network is not None
    assert address("saddr", network)["match"]["right"] == {"prefix": {"addr": "192.0.2.0", "len": 24}}
