"""From records to the chains that let packets pass or not. Pure.

Levels, chains, rules and pinholes concern what is forwarded (TR-181, Firewall). What comes to this machine itself from
outside is kept away whenever the firewall is on, but for the agent's own ports, ICMP, DHCP's answers (to clients here,
and to our relay) and what Firewall.Service lets in. Connections that exist go on in every case, and what this machine
sends is never looked at.
"""

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Final

from backends.desired_state import Wanted
from backends.firewall.expressions import (
    ACCEPT,
    COUNTER,
    DROP,
    ICMP,
    ICMPV6,
    IGMP,
    IS_KNOWN,
    IS_MAPPED,
    LOG_LIMIT,
    REJECT,
    RETURN,
    TCP,
    UDP,
    address,
    comes_in_by,
    equal,
    family_is,
    goes_out_by,
    goto,
    header,
    jump,
    log,
    port,
    protocol_is,
)
from backends.firewall.leases import remaining
from backends.firewall.matching import alternatives, families
from backends.firewall.nat import DHCP_PORT, about
from backends.firewall.records import ANY, FilterRule, Level, LocalService, Pinhole, Policy, RuleChain
from backends.firewall.services import from_any_of, service_packets, versions
from backends.firewall.surroundings import Surroundings, active_level, config_of, is_filtering, outside_links
from backends.nftables import Chain, Hook, Rule

TO_US: Final = Hook("filter", "input", 0)
THROUGH_US: Final = Hook("filter", "forward", 0)

VERDICTS: Final = {"Drop": DROP, "Accept": ACCEPT, "Reject": REJECT, "Return": RETURN}

COMMON_TCP: Final = (20, 21, 22, 23, 25, 53, 80, 110, 119, 143, 443, 465, 563, 587, 853, 993, 995)
"""FTP, SSH, Telnet, mail, DNS, web and news, each with its encrypted form: what High lets out."""
COMMON_UDP: Final = (53, 123, 443, 500, 853, 4500)
"""DNS, NTP, QUIC, and IPsec's key exchange."""
ENCRYPTED: Final = (50, 51)  # ESP, AH
DHCP_CLIENTS: Final = (68, 546)


def filter_chains(wanted: Wanted, around: Surroundings) -> list[Chain]:
    """None where the firewall is off, or nothing is ours to filter."""
    if not is_filtering(wanted) or not around.managed:
        return []
    used = chains_in_use(wanted)
    return [
        Chain("input", list(_input(wanted, around)), TO_US),
        Chain("protected", list(_protected())),
        *(Chain(chain_name(key), list(_rules_of(wanted, key, used, around))) for key in used),
        *([Chain("outbound", list(_common_services()))] if config_of(wanted) == "High" else []),
        Chain("concerned", list(_forwarded(wanted, around, used))),
        Chain(
            "forward",
            [Rule("managed", [way(around.managed), goto("concerned")]) for way in (comes_in_by, goes_out_by)],
            THROUGH_US,
        ),
    ]


def chain_name(key: str) -> str:
    """What a rule chain is called in the kernel."""
    return f"chain_{key.removeprefix('+')}"


def chains_in_use(wanted: Wanted) -> list[str]:
    """The enabled chains that the level in force leads to, by keys; each comes after those that it jumps to."""
    found: dict[str, None] = {}

    def visit(key: str, above: frozenset[str]) -> None:
        chain = wanted.of(RuleChain).get(key)
        if chain is None or not chain.enable or key in found or key in above:
            return
        for rule in wanted.children(FilterRule, key).values():
            if rule.enable and rule.target == "TargetChain":
                visit(rule.target_chain, above | {key})
        found[key] = None

    for key in _first_chains(wanted):
        visit(key, frozenset())
    return list(found)


def _first_chains(wanted: Wanted) -> Iterator[str]:
    level = active_level(wanted)
    if level is None:
        return
    if config_of(wanted) == "Advanced":
        yield level.chain
        return
    for _, policy in policies_of(level, wanted):
        yield from (policy.chain, policy.reverse_chain)


def policies_of(level: Level, wanted: Wanted) -> list[tuple[str, Policy]]:
    """The enabled policies of a level."""
    policies = wanted.of(Policy)
    return [(key, policies[key]) for key in level.policies if key in policies and policies[key].enable]


# -- to this machine --------------------------------------------------------------------------------------------------


def _input(wanted: Wanted, around: Surroundings) -> Iterator[Rule]:
    """A machine all of whose links lead outside is no gateway: it has no inside to keep away from."""
    ours, outside = comes_in_by(around.managed), outside_links(wanted, around)
    yield Rule("existing connections", [ours, IS_KNOWN, ACCEPT])
    for protocol in (TCP, UDP):
        ports = [number for own, number in sorted(around.own_ports) if own == protocol]
        if ports:
            yield Rule("own ports", [ours, protocol_is([protocol]), equal(header("th", "dport"), ports), ACCEPT])
    if around.relayed_to:
        answers = [equal(header("udp", field), DHCP_PORT) for field in ("sport", "dport")]
        yield Rule("relay", [ours, family_is(4), equal(header("ip", "saddr"), around.relayed_to), *answers, ACCEPT])
    for key, service in wanted.of(LocalService).items():
        yield from _service(key, service, around)
    if outside and outside < around.managed:
        yield Rule("from outside", [comes_in_by(outside), goto("protected")])


def _service(key: str, service: LocalService, around: Surroundings) -> Iterator[Rule]:
    link = around.managed_link(service.interface)
    if not service.enable or not link:
        return
    for _, match in service_packets(service, link):
        yield Rule(about("service", key), [*match, COUNTER, VERDICTS[service.action]])


def _protected() -> Iterator[Rule]:
    yield Rule("icmp", [protocol_is((ICMP, IGMP, ICMPV6)), ACCEPT])
    yield Rule("dhcp", [protocol_is([UDP]), equal(header("th", "dport"), DHCP_CLIENTS), ACCEPT])
    yield Rule("unasked", [COUNTER, DROP])


# -- through this machine ---------------------------------------------------------------------------------------------


def _forwarded(wanted: Wanted, around: Surroundings, used: Iterable[str]) -> Iterator[Rule]:
    yield Rule("existing connections", [IS_KNOWN, ACCEPT])
    level, config = active_level(wanted), config_of(wanted)
    if level is not None and config == "Advanced" and level.chain in used:
        yield Rule("level", [jump(chain_name(level.chain))])
    if level is not None and config == "Policy":
        for key, policy in policies_of(level, wanted):
            yield from _policy(key, policy, used, around)
    for key, pinhole in wanted.of(Pinhole).items():
        yield from _pinhole(key, pinhole, around)
    yield Rule("port mappings", [IS_MAPPED, COUNTER, ACCEPT])
    if level is None:
        outside = outside_links(wanted, around)
        if outside:
            yield Rule("inbound", [comes_in_by(outside), COUNTER, DROP])
            if config == "High":
                yield Rule("outbound", [goes_out_by(outside), goto("outbound")])
        return
    if level.default_log_policy:
        yield Rule("default", [LOG_LIMIT, log("default policy")])
    yield Rule("default", [COUNTER, VERDICTS[level.default_policy]])


def _common_services() -> Iterator[Rule]:
    for protocol, ports in ((TCP, COMMON_TCP), (UDP, COMMON_UDP)):
        yield Rule("common services", [protocol_is([protocol]), equal(header("th", "dport"), ports), ACCEPT])
    yield Rule("common services", [protocol_is((ICMP, ICMPV6, *ENCRYPTED)), ACCEPT])
    yield Rule("uncommon services", [COUNTER, REJECT])


def _policy(key: str, policy: Policy, used: Iterable[str], around: Surroundings) -> Iterator[Rule]:
    source, destination = around.link(policy.source_interface), around.link(policy.destination_interface)
    if not source or not destination:
        return
    for one, other, target, chain in (
        (source, destination, policy.target_chain, policy.chain),
        (destination, source, policy.reverse_target_chain, policy.reverse_chain),
    ):
        family = [] if policy.ip_version == ANY else [family_is(policy.ip_version)]
        verdict = jump(chain_name(chain)) if target == "Chain" and chain in used else VERDICTS.get(target)
        if verdict is not None:
            yield Rule(about("policy", key), [comes_in_by((one,)), goes_out_by((other,)), *family, COUNTER, verdict])


def _pinhole(key: str, pinhole: Pinhole, around: Surroundings) -> Iterator[Rule]:
    link = around.managed_link(pinhole.interface)
    if not pinhole.enable or not link or remaining(pinhole, around.now) == 0:
        return
    told = [number for number in pinhole.protocol if number != ANY]
    with_ports = [
        port(field, first, last)
        for field, first, last in (
            ("sport", pinhole.source_port, pinhole.source_port_range_max),
            ("dport", pinhole.dest_port, pinhole.dest_port_range_max),
        )
        if first != ANY
    ]
    for family in pinhole_versions(pinhole):
        match = [comes_in_by((link,)), family_is(family), *from_any_of(pinhole.source_prefixes, family)]
        if pinhole.dest_ip:
            match.append(address("daddr", ipaddress.ip_network(pinhole.dest_ip)))
        if told or with_ports:
            match.append(protocol_is(told or (TCP, UDP)))
        yield Rule(about("pinhole", key), [*match, *with_ports, COUNTER, ACCEPT])


def pinhole_versions(pinhole: Pinhole) -> tuple[int, ...]:
    """The versions of IP that a pinhole is for; none where its addresses contradict each other."""
    destination = versions(pinhole.ip_version, (pinhole.dest_ip,))
    return tuple(one for one in versions(pinhole.ip_version, pinhole.source_prefixes) if one in destination)


# -- rules ------------------------------------------------------------------------------------------------------------


def in_order(wanted: Wanted, chain: str) -> list[tuple[str, FilterRule]]:
    """The rules of a chain as they are looked at."""
    return sorted(wanted.children(FilterRule, chain).items(), key=lambda item: item[1].order)


def _rules_of(wanted: Wanted, chain: str, used: Iterable[str], around: Surroundings) -> Iterator[Rule]:
    for key, rule in in_order(wanted, chain):
        verdict = jump(chain_name(rule.target_chain)) if rule.target_chain in used else None
        if rule.target != "TargetChain":
            verdict = VERDICTS[rule.target]
        if verdict is None or not is_in_force(rule, around):
            continue
        for match in alternatives(rule, around):
            if rule.log:
                yield Rule(about("rule", key), [*match, LOG_LIMIT, log(about("rule", key))])
            yield Rule(about("rule", key), [*match, COUNTER, verdict])


def is_in_force(rule: FilterRule, around: Surroundings) -> bool:
    """Enabled, complete and not expired."""
    expired = rule.expiry_date is not None and around.now.wall is not None and around.now.wall >= rule.expiry_date
    return rule.enable and not expired and is_complete(rule, around)


def is_complete(rule: FilterRule, around: Surroundings) -> bool:
    """The interfaces that are told are there, and the criteria do not contradict each other."""
    return has_ends(rule, around) and bool(families(rule))


def has_ends(rule: FilterRule, around: Surroundings) -> bool:
    """Whether the interfaces that are told are there. TR-181 has them match "if specified": one that is not told says
    nothing of the packet, as every other criterion; one that has gone meanwhile does not become every interface.
    """
    ends = ((rule.source_all_interfaces, rule.source_interface), (rule.dest_all_interfaces, rule.dest_interface))
    return all(is_every or pointer is None or around.link(pointer) is not None for is_every, pointer in ends)
