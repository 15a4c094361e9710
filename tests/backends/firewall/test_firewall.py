"""The service: one table of ours, by difference; everything else stays as it is."""

import logging
from dataclasses import replace

import pytest

from backends.desired_state import Desired, NotOurs, Refused
from backends.errors import MechanismError
from backends.firewall.records import KINDS, FirewallSettings, InterfaceNat, PortMapping
from tests.backends.firewall.conftest import WAN, Bench, surroundings, wanted
from tests.netlab.gateway import OUTSIDE
from tests.netlab.packet_filter import out_of_reach

NAT = InterfaceNat(enable=True, interface=WAN)
WEB = PortMapping(enable=True, interface=WAN, external_port=80, internal_client="192.168.1.10")


def test_nothing_wanted_is_nothing_made(bench: Bench) -> None:
    assert not bench.make()
    assert bench.nftables.tables() == []
    assert bench.nftables.writes == 0


def test_what_is_made_already_is_not_written_again(bench: Bench) -> None:
    assert bench.make(NAT, WEB, settings=FirewallSettings(config="High"))
    assert not bench.make(NAT, WEB, settings=FirewallSettings(config="High"))
    assert bench.nftables.writes == 1


def test_a_link_that_comes_is_filtered_too(bench: Bench) -> None:
    bench.make(settings=FirewallSettings(config="Low"))
    bench.around = replace(bench.around, managed=bench.around.managed | {"ppp0"})
    assert bench.make(settings=FirewallSettings(config="Low"))
    assert '"ppp0"' in bench.router.run("nft", "list", "table", "inet", "cpe_agent")


def test_tables_of_others_stay_byte_for_byte(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    bench.router.run("nft", "add table ip nat; add chain ip nat post { type nat hook postrouting priority 100; }")
    bench.router.run("nft", "add table inet fw4; add chain inet fw4 x; add rule inet fw4 x counter drop")
    before = bench.ruleset()
    bench.router.run("nft", "add table inet cpe_agent_qos")  # another service of the agent
    bench.make(NAT, WEB, settings=FirewallSettings(config="High"))
    after = bench.ruleset()
    assert [one for one in after if "cpe_agent" not in str(one)] == before
    assert "stays dropped: ip nat, inet fw4\n" in caplog.text or "stays dropped: inet fw4, ip nat\n" in caplog.text
    bench.router.run("nft", "delete table inet cpe_agent_qos")
    bench.make()
    assert bench.ruleset() == before


HAND_MADE = """
table ip mynat {
    set web { type inet_service; elements = { 79, 80 }; }
    chain sub { counter dnat to 192.168.1.9; }
    chain idle { counter accept; }
    chain pre {
        type nat hook prerouting priority -101;
        %s
    }
}
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "is_in_the_way"),
    [
        ("tcp dport 80 dnat to 192.168.1.9", True),
        ('iifname "wan0" tcp dport { 79, 80 } counter dnat to 192.168.1.9', True),
        ("tcp dport 70-90 redirect to :8080", True),
        (f"ip daddr {OUTSIDE} tcp dport 80 dnat to 192.168.1.9", True),
        ("ip daddr 203.0.113.0/24 tcp dport 80 dnat to 192.168.1.9", OUTSIDE.startswith("203.0.113.")),
        ("udp dport 80 dnat to 192.168.1.9", False),
        ("tcp dport 81 dnat to 192.168.1.9", False),
        ("tcp dport != 81 dnat to 192.168.1.9", False),
        ('iifname != "docker0" tcp dport 80 counter dnat to 192.168.1.9', True),
        ('iifname != "wan0" tcp dport 80 counter dnat to 192.168.1.9', False),
        ("ip saddr 198.51.100.5 tcp dport 80 dnat to 192.168.1.9", False),
        (f"ip daddr != {OUTSIDE} tcp dport 80 dnat to 192.168.1.9", False),
        ("ip daddr 10.1.1.1 tcp dport 80 dnat to 192.168.1.9", False),
        ('iifname "docker0" tcp dport 80 dnat to 192.168.1.9', False),
        ("tcp dport 80 counter accept", False),
        ("tcp dport @web dnat to 192.168.1.9", True),
        ("dnat to tcp dport map { 80 : 192.168.1.9, 81 : 192.168.1.8 }", True),
        ("dnat to tcp dport map { 81 : 192.168.1.9 }", False),
        ("tcp dport 80 jump sub", True),
        ("tcp dport 80 jump idle", False),
        ("tcp dport vmap { 80 : jump sub, 81 : jump idle }", True),
        ("tcp dport vmap { 81 : jump sub, 80 : jump idle }", False),
    ],
)
def test_a_port_that_somebody_else_leads_elsewhere_is_not_mapped(bench: Bench, rule: str, is_in_the_way: bool) -> None:
    bench.make(NAT)
    bench.router.run("sh", "-c", f"echo '{HAND_MADE % rule}' | nft -f -")
    if is_in_the_way:
        with pytest.raises(NotOurs, match="ip mynat, which is somebody else's"):
            bench.make(NAT, WEB)
    else:
        assert bench.make(NAT, WEB)
    bench.router.run("nft", "delete table ip mynat")
    bench.make(NAT, WEB)
    bench.router.run("sh", "-c", f"echo '{HAND_MADE % rule}' | nft -f -")
    assert bench.make(NAT, WEB, InterfaceNat(enable=False)) is False, "what holds already is not judged anew"


def test_a_change_that_cannot_be_made_leaves_all_as_it_was(bench: Bench) -> None:
    desired = Desired("firewall", KINDS, bench.firewall)
    desired.begin()
    desired.add(NAT)
    desired.prepare()
    desired.commit()
    before = bench.ruleset()
    desired.begin()
    desired.add(WEB)
    desired.prepare()
    with out_of_reach(bench.nftables):
        with pytest.raises(MechanismError):
            desired.commit()
        desired.rollback()
    assert bench.ruleset() == before
    assert not bench.firewall.apply(desired.wanted)


def test_a_change_that_is_taken_back_leaves_all_as_it_was(bench: Bench) -> None:
    desired = Desired("firewall", KINDS, bench.firewall)
    desired.begin()
    key = desired.add(WEB)
    desired.prepare()
    desired.commit()
    before = bench.ruleset()
    desired.begin()
    desired.edit(PortMapping, key, external_port=81)
    desired.put("", FirewallSettings(config="High"))
    desired.prepare()
    undo = desired.undo_record()
    desired.commit()
    assert bench.ruleset() != before
    desired.rollback()
    assert bench.nftables.counters("cpe_agent").keys() == {f"port mapping {key}", "hairpin"}
    desired.recover(undo, same_boot=True)
    assert "81" not in bench.router.run("nft", "list", "ruleset")


def test_the_agents_port_is_not_given_away(bench: Bench) -> None:
    with pytest.raises(Refused, match="7547"):
        bench.make(replace(WEB, external_port=7547))


def test_what_is_made_is_asked_of_the_kernel(bench: Bench) -> None:
    bench.make(NAT)
    assert bench.firewall.is_made("nat", "+1")
    bench.router.run("nft", "delete table inet cpe_agent")
    bench.firewall.forget()
    assert not bench.firewall.is_made("nat", "+1")
    assert bench.firewall.lacking(InterfaceNat(), wanted())
    assert bench.firewall.apply(wanted(NAT))
    assert bench.firewall.is_made("nat", "+1")


def test_the_surroundings_are_asked_once_a_request(bench: Bench) -> None:
    bench.around = surroundings()
    assert bench.firewall.around is bench.firewall.around
    first = bench.firewall.around
    bench.around = surroundings(managed=frozenset())
    assert bench.firewall.around is first
    bench.firewall.forget()
    assert bench.firewall.around is not first
