"""Packets pass or not: proven by connections and by what refuses them."""

from contextlib import closing
from dataclasses import replace

import pytest

from backends.firewall.filter import VERDICTS, chains_in_use
from backends.firewall.records import (
    FilterRule,
    FirewallSettings,
    InterfaceNat,
    Level,
    LocalService,
    Pinhole,
    Policy,
    PortMapping,
    RuleChain,
)
from tests.backends.firewall.conftest import GONE, LAN, WAN, Bench, wanted
from tests.netlab.gateway import HOST, HOST6, INSIDE, OUTSIDE, OUTSIDE6, STRANGER, STRANGER6, goes_on

pytestmark = pytest.mark.slow

LOW, HIGH = FirewallSettings(config="Low"), FirewallSettings(config="High")
ADVANCED = FirewallSettings(config="Advanced", advanced_level="level")
ANYWHERE = {"source_all_interfaces": True, "dest_all_interfaces": True}


def reached(bench: Bench, inbound: bool = True, port: int = 8000, soon: bool = False) -> bool:
    """Whether a host inside is reached by a stranger, or a stranger by it; IPv6, so that no NAT is in the way."""
    there, here, address = (bench.lan, bench.wan, HOST6) if inbound else (bench.wan, bench.lan, STRANGER6)
    with bench.gateway.listen(there, port) as server:
        return bool(bench.gateway.reached(server, here, address, port, soon=soon))


def level(*rules: FilterRule, **settings: object) -> dict[str, object]:
    """An advanced level with these rules in its chain."""
    told = {f"rule{number}": replace(rule, parent="chain", order=number) for number, rule in enumerate(rules, start=1)}
    return {
        "settings": ADVANCED,
        "level": replace(Level(chain="chain"), **settings),  # type: ignore[arg-type]
        "chain": RuleChain(enable=True),
        **told,
    }


def make(bench: Bench, records: dict[str, object]) -> None:
    bench.make(**records)  # type: ignore[arg-type]


def test_without_a_firewall_everybody_is_let_in(bench: Bench) -> None:
    assert not bench.make(settings=FirewallSettings())
    assert not bench.make(settings=FirewallSettings(enable=False, config="High"))
    assert reached(bench)


@pytest.mark.parametrize("settings", [LOW, HIGH])
def test_strangers_are_kept_out_and_hosts_let_out(bench: Bench, settings: FirewallSettings) -> None:
    bench.make(settings=settings)
    assert not reached(bench, soon=True)
    assert reached(bench, inbound=False, port=443)


def test_low_lets_everything_out_and_high_only_what_is_common(bench: Bench) -> None:
    bench.make(settings=LOW)
    assert reached(bench, inbound=False, port=6667)
    bench.make(settings=HIGH)
    assert not reached(bench, inbound=False, port=6667, soon=True)
    with pytest.raises(ConnectionRefusedError):
        bench.gateway.connect(bench.lan, STRANGER, 6667)


def test_what_a_stranger_asks_of_the_gateway_itself_is_not_answered(bench: Bench) -> None:
    bench.make(settings=LOW)
    with bench.gateway.listen(bench.router, 22) as ssh, bench.gateway.listen(bench.router, 7547) as agent:
        assert not bench.gateway.reached(ssh, bench.wan, OUTSIDE, 22, soon=True)
        assert bench.gateway.reached(ssh, bench.lan, INSIDE, 22)
        assert bench.gateway.reached(agent, bench.wan, OUTSIDE, 7547)
        assert bench.gateway.reached(agent, bench.wan, OUTSIDE6, 7547)
    assert bench.gateway.answers(bench.wan, OUTSIDE)


def test_a_machine_without_an_inside_is_no_gateway(bench: Bench) -> None:
    bench.around = replace(bench.around, managed=frozenset({"wan0"}))
    bench.make(settings=LOW)
    with bench.gateway.listen(bench.router, 22) as ssh:
        assert bench.gateway.reached(ssh, bench.wan, OUTSIDE, 22)


def test_links_of_others_are_not_filtered(bench: Bench) -> None:
    bench.around = replace(bench.around, managed=frozenset({"dummy0"}), ways_out=frozenset())
    make(bench, level(default_policy="Drop"))
    assert reached(bench)
    assert reached(bench, inbound=False)


def test_the_agents_own_session_goes_on_whatever_is_wanted(bench: Bench) -> None:
    with bench.gateway.listen(bench.wan, 443) as acs, bench.gateway.connect(bench.router, STRANGER, 443) as session:
        accepted, _ = acs.accept()
        for records in (
            {"settings": HIGH},
            level(default_policy="Drop"),
            {"nat": InterfaceNat(enable=True, interface=WAN)},
        ):
            make(bench, records)
            assert not bench.firewall.cuts(wanted(**records))  # type: ignore[arg-type]
            assert goes_on(session, accepted)
            with closing(bench.gateway.connect(bench.router, STRANGER, 443)):
                acs.accept()[0].close()
        accepted.close()


def test_a_connection_survives_a_firewall_that_would_not_let_it_begin(bench: Bench) -> None:
    nat = InterfaceNat(enable=True, interface=WAN)
    bench.make(nat)
    with bench.gateway.listen(bench.lan, 80) as server, bench.gateway.connect(bench.wan, HOST6, 80) as client:
        accepted, _ = server.accept()
        bench.make(nat, settings=LOW)
        assert goes_on(client, accepted)
        assert not reached(bench, port=81, soon=True)
        accepted.close()


def test_a_port_mapping_is_let_in(bench: Bench) -> None:
    mapping = PortMapping(enable=True, interface=WAN, external_port=80, internal_client=HOST)
    for settings in (LOW, HIGH):
        bench.make(mapping, settings=settings)
        with bench.gateway.listen(bench.lan, 80) as server:
            assert bench.gateway.reached(server, bench.wan, OUTSIDE, 80)


def test_a_level_can_forbid_port_mappings(bench: Bench) -> None:
    mapping = PortMapping(enable=True, interface=WAN, external_port=80, internal_client=HOST)
    make(bench, {"mapping": mapping, **level(port_mapping_enabled=False)})
    with bench.gateway.listen(bench.lan, 80) as server:
        assert not bench.gateway.reached(server, bench.wan, OUTSIDE, 80, soon=True)
        make(bench, {"mapping": mapping, **level(port_mapping_enabled=True)})
        assert bench.gateway.reached(server, bench.wan, OUTSIDE, 80)


def test_a_rule_sees_the_port_inside_of_a_mapping(bench: Bench) -> None:
    mapping = PortMapping(enable=True, interface=WAN, external_port=8080, internal_port=80, internal_client=HOST)
    refusal = FilterRule(enable=True, **ANYWHERE, protocol=6, dest_port=80)
    make(bench, {"mapping": mapping, **level(refusal)})
    with bench.gateway.listen(bench.lan, 80) as server:
        assert not bench.gateway.reached(server, bench.wan, OUTSIDE, 8080, soon=True)


@pytest.mark.parametrize(("policy", "passes"), [("Drop", False), ("Reject", False), ("Accept", True)])
def test_the_default_policy_is_for_what_no_rule_matches(bench: Bench, policy: str, passes: bool) -> None:
    make(bench, level(default_policy=policy, default_log_policy=True))
    assert reached(bench, soon=not passes) is passes
    assert reached(bench, inbound=False, soon=not passes) is passes


def test_a_rule_lets_one_thing_pass(bench: Bench) -> None:
    make(bench, level(FilterRule(enable=True, **ANYWHERE, target="Accept", protocol=6, dest_port=8000)))
    assert reached(bench, port=8000)
    assert not reached(bench, port=8001, soon=True)


def test_a_rejected_stranger_is_told(bench: Bench) -> None:
    make(bench, level(FilterRule(enable=True, **ANYWHERE, target="Reject"), default_policy="Accept"))
    with pytest.raises(ConnectionRefusedError):
        bench.gateway.connect(bench.wan, HOST, 80)


def test_rules_are_looked_at_in_their_order(bench: Bench) -> None:
    accept = FilterRule(enable=True, **ANYWHERE, target="Accept", protocol=6, dest_port=8000, log=True)
    drop = FilterRule(enable=True, **ANYWHERE, target="Drop")
    make(bench, level(accept, drop, default_policy="Accept"))
    assert reached(bench)
    make(bench, level(drop, accept, default_policy="Accept"))
    assert not reached(bench, soon=True)


def test_a_rule_stands_between_two_interfaces(bench: Bench) -> None:
    make(bench, level(FilterRule(enable=True, target="Accept", source_interface=LAN, dest_interface=WAN)))
    assert reached(bench, inbound=False)
    assert not reached(bench, soon=True)
    rest = FilterRule(
        enable=True, target="Accept", source_interface=LAN, source_interface_exclude=True, dest_all_interfaces=True
    )
    make(bench, level(rest))
    assert not reached(bench, inbound=False, soon=True)
    assert reached(bench)


def test_a_rule_to_which_no_interface_is_told_holds_on_all(bench: Bench) -> None:
    make(bench, level(FilterRule(enable=True, protocol=6, dest_port=8000), default_policy="Accept"))
    for inbound in (True, False):
        assert reached(bench, inbound=inbound, port=8001)
        assert not reached(bench, inbound=inbound, port=8000, soon=True)


def test_another_chain_is_looked_at_and_left(bench: Bench) -> None:
    rules = level(
        FilterRule(enable=True, **ANYWHERE, target="TargetChain", target_chain="other"),
        FilterRule(enable=True, **ANYWHERE, target="Accept", protocol=6, dest_port=8001),
    )
    other = {
        "other": RuleChain(enable=True),
        "first": FilterRule(
            parent="other", order=1, enable=True, **ANYWHERE, target="Accept", protocol=6, dest_port=8000
        ),
        "then": FilterRule(parent="other", order=2, enable=True, **ANYWHERE, target="Return"),
        "never": FilterRule(parent="other", order=3, enable=True, **ANYWHERE, target="Drop"),
    }
    make(bench, {**rules, **other})
    assert reached(bench, port=8000)
    assert reached(bench, port=8001)
    assert not reached(bench, port=8002, soon=True)
    make(bench, {**rules, **other, "other": RuleChain(enable=False)})
    assert not reached(bench, port=8000, soon=True)
    assert reached(bench, port=8001)
    assert not reached(bench, port=8002, soon=True)


def test_only_chains_that_lead_somewhere_are_used() -> None:
    records = {**level(), "unused": RuleChain(enable=True)}
    assert chains_in_use(wanted(**records)) == ["chain"]  # type: ignore[arg-type]


def test_a_rule_that_expired_or_is_not_complete_holds_nothing(bench: Bench) -> None:
    passing = FilterRule(enable=True, **ANYWHERE, target="Accept")
    for useless in (
        replace(passing, expiry_date=1_799_999_999),
        replace(passing, enable=False),
        replace(passing, source_all_interfaces=False, source_interface=GONE),
        replace(passing, source_ip="192.0.2.1", dest_ip="2001:db8::1"),
    ):
        make(bench, level(useless))
        assert not reached(bench, soon=True)
    make(bench, level(replace(passing, expiry_date=1_800_000_001)))
    assert reached(bench)


def test_policies_hold_in_each_direction(bench: Bench) -> None:
    records = {
        "settings": FirewallSettings(config="Policy", policy_level="level"),
        "level": Level(policies=("policy",), default_policy="Accept"),
        "policy": Policy(
            enable=True, source_interface=LAN, destination_interface=WAN, target_chain="Chain", chain="chain",
            reverse_target_chain="Reject",
        ),
        "chain": RuleChain(enable=True),
        "rule": FilterRule(parent="chain", enable=True, **ANYWHERE, protocol=6, dest_port=6667),
    }  # fmt: skip
    make(bench, records)
    assert reached(bench, inbound=False)
    assert not reached(bench, inbound=False, port=6667, soon=True)
    assert not reached(bench, soon=True)


def test_a_pinhole_lets_in_to_one_host(bench: Bench) -> None:
    bench.make(Pinhole(enable=True, interface=WAN, dest_ip=HOST6, dest_port=8000, protocol=(6,)), settings=LOW)
    assert reached(bench, port=8000)
    assert not reached(bench, port=8001, soon=True)
    bench.make(
        Pinhole(enable=True, interface=WAN, dest_ip=HOST6, source_prefixes=("2001:db8:ffff::/48", "192.0.2.0/24")),
        settings=LOW,
    )
    assert not reached(bench, soon=True)


def test_a_service_of_the_gateway_is_opened_and_closed(bench: Bench) -> None:
    ssh = LocalService(enable=True, interface=WAN, dest_port=(22, 23), protocol=(6,))
    with bench.gateway.listen(bench.router, 22) as server:
        bench.make(ssh, settings=LOW)
        assert bench.gateway.reached(server, bench.wan, OUTSIDE, 22)
        bench.make(replace(ssh, source_prefixes=("192.0.2.0/24",)), settings=LOW)
        assert not bench.gateway.reached(server, bench.wan, OUTSIDE, 22, soon=True)
        bench.make(replace(ssh, interface=LAN, action="Reject"), settings=LOW)
        assert not bench.gateway.reached(server, bench.lan, INSIDE, 22, soon=True)


@pytest.mark.parametrize("version", [4, -1])
def test_a_service_can_be_one_type_of_icmp(bench: Bench, version: int) -> None:
    ping = LocalService(
        enable=True, interface=LAN, protocol=(1,), ip_version=version, icmp_type=8, action="Drop"
    )  # fmt: skip
    bench.make(ping, settings=LOW)
    assert not bench.gateway.answers(bench.lan, INSIDE, soon=True)
    assert bench.gateway.answers(bench.wan, OUTSIDE)


def test_every_target_of_the_data_model_has_a_verdict() -> None:
    assert set(VERDICTS) == {"Drop", "Accept", "Reject", "Return"}
