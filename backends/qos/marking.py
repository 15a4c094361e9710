"""From classifications and policers to the chains of one nftables table. Pure.

A packet is looked at where it comes in, or is made: what is decided there is written into its mark. Where it leaves,
queue and 802.1p priority are chosen by the mark.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from backends.desired_state import Wanted
from backends.firewall.expressions import (
    COUNTER,
    DROP,
    RETURN,
    Expression,
    comes_in_by,
    equal,
    family_is,
    goes_out_by,
    goto,
    header,
    jump,
    meta,
)
from backends.firewall.matching import alternatives
from backends.firewall.records import FilterRule
from backends.firewall.surroundings import Surroundings
from backends.marks import FORWARDING_POLICY, PRIORITY, TRAFFIC_CLASS, Field
from backends.nftables import Chain, Hook, Rule
from backends.qos.records import AUTOMATIC, UNSET, Classification, Defaults, Policer
from backends.traffic_control import class_id

BEFORE_ROUTING, AFTER_ALL = -150, 300
PRIORITIES: Final = range(8)
CODEPOINTS: Final = 8
"""How many of them share an 802.1p priority: the class selector's first three bits are it (RFC 2474, 4.2.2)."""
CRITERIA: Final = (
    "dest_ip", "dest_mask", "dest_ip_exclude", "source_ip", "source_mask", "source_ip_exclude",
    "dest_port", "dest_port_range_max", "dest_port_exclude",
    "source_port", "source_port_range_max", "source_port_exclude",
    "protocol", "protocol_exclude", "source_mac", "source_mac_exclude", "dscp", "dscp_exclude",
)  # fmt: skip
"""What a classification has in common with a rule of the packet filter."""


@dataclass(frozen=True, slots=True)
class Exit:
    """A queue at a link: packets with this traffic class and 802.1p mark (None: without one) wait in this class."""

    link: str
    traffic_class: int | None
    priority: int | None
    minor: int


def chains(
    wanted: Wanted, around: Surroundings, vlans: Mapping[int, Sequence[str]], exits: Sequence[Exit]
) -> list[Chain]:
    """The table; [] where nothing is to be done. ``vlans``: the links of each VLAN ID."""
    chosen = sorted(
        ((key, one) for key, one in wanted.of(Classification).items() if one.enable and is_complete(one, around)),
        key=lambda item: item[1].order,
    )
    defaults = wanted.get(Defaults)
    if not chosen and defaults == Defaults() and not exits:
        return []
    policers = [key for key, one in wanted.of(Policer).items() if one.enable]
    classify = [
        Rule(f"classification {key}", [*criteria, COUNTER, goto(f"class_{key}")])
        for key, one in chosen
        for criteria in _criteria(one, around, vlans)
    ]
    arriving = Rule("what comes in", [comes_in_by(around.managed), jump("classify")])
    return [
        *(Chain(_mark_of(action), list(_written(action))) for action in sorted(_actions(wanted))),
        *(Chain(f"policer_{key}", list(_policer(wanted.of(Policer)[key], key))) for key in policers),
        *(Chain(f"class_{key}", list(_treatment(one, f"classification {key}", policers))) for key, one in chosen),
        Chain("classify", [*classify, *_treatment(_default(defaults), "default", policers)]),
        Chain("in", [arriving], Hook("filter", "prerouting", BEFORE_ROUTING)),
        Chain("made", [Rule("what is made here", [jump("classify")])], Hook("route", "output", BEFORE_ROUTING)),
        Chain("out", list(_leaving(exits, around)), Hook("filter", "postrouting", AFTER_ALL)),
    ]


def is_complete(one: Classification, around: Surroundings) -> bool:
    """Whether it says where its packets come in."""
    return one.all_interfaces or around.managed_link(one.interface) is not None


def marks_priorities(wanted: Wanted) -> set[int]:
    """The 802.1p priorities with which packets may have to leave."""
    told = [one.priority_mark for one in wanted.of(Classification).values() if one.enable]
    told.append(wanted.get(Defaults).priority_mark)
    return set(PRIORITIES) if AUTOMATIC in told else {one for one in told if one >= 0}


def reads_priorities(wanted: Wanted) -> bool:
    """Whether 802.1p priorities of what comes in matter."""
    some = [one for one in wanted.of(Classification).values() if one.enable]
    return any(one.priority != UNSET or one.dscp_mark == AUTOMATIC for one in some) or (
        wanted.get(Defaults).dscp_mark == AUTOMATIC
    )


def _default(defaults: Defaults) -> Classification:
    return Classification(
        dscp_mark=defaults.dscp_mark,
        priority_mark=defaults.priority_mark,
        forwarding_policy=defaults.forwarding_policy,
        policer=defaults.policer,
        traffic_class=defaults.traffic_class,
    )


def _criteria(
    one: Classification, around: Surroundings, vlans: Mapping[int, Sequence[str]]
) -> Iterator[list[Expression]]:
    link = None if one.all_interfaces else around.managed_link(one.interface)
    first = [comes_in_by((link,))] if link else []
    if one.vlan != UNSET:
        first.append(comes_in_by(vlans.get(one.vlan) or ("-",), one.vlan_exclude))
    if one.dest_mac:
        first.append(equal(header("ether", "daddr"), one.dest_mac.lower(), one.dest_mac_exclude))
    if one.priority != UNSET:
        first.append(equal(meta("priority"), f"0:{one.priority}", one.priority_exclude))
    rule = FilterRule(
        enable=True,
        source_all_interfaces=True,
        dest_all_interfaces=True,
        **{name: getattr(one, name) for name in CRITERIA},
    )
    for criteria in alternatives(rule, around):
        yield [*first, *criteria]


def _treatment(one: Classification, about: str, policers: Sequence[str]) -> Iterator[Rule]:
    if one.traffic_class != UNSET:
        yield Rule(f"{about} traffic class", [_marked(TRAFFIC_CLASS, one.traffic_class)])
    if one.forwarding_policy:
        yield Rule(f"{about} forwarding policy", [_marked(FORWARDING_POLICY, one.forwarding_policy)])
    yield from _priority(one.priority_mark, about)
    yield from _dscp(one.dscp_mark, about)
    if one.policer in policers:  # last: its actions win over the marks of the classification
        yield Rule(f"{about} policer", [jump(f"policer_{one.policer}")])


def _priority(mark: int, about: str) -> Iterator[Rule]:
    if mark >= 0:
        yield Rule(f"{about} priority", [_marked(PRIORITY, mark)])
    if mark == AUTOMATIC:
        for family, priority in ((family, priority) for family in (4, 6) for priority in PRIORITIES):
            points = {"range": [CODEPOINTS * priority, CODEPOINTS * priority + CODEPOINTS - 1]}
            yield Rule(
                f"{about} priority", [family_is(family), equal(_codepoint(family), points), _marked(PRIORITY, priority)]
            )


def _dscp(mark: int, about: str) -> Iterator[Rule]:
    for family in (4, 6):
        if mark >= 0:
            yield Rule(f"{about} DSCP", [family_is(family), _set(_codepoint(family), mark)])
        if mark == AUTOMATIC:
            for priority in PRIORITIES:
                came_with = equal(meta("priority"), f"0:{priority}")
                yield Rule(
                    f"{about} DSCP", [came_with, family_is(family), _set(_codepoint(family), CODEPOINTS * priority)]
                )


def _policer(one: Policer, key: str) -> Iterator[Rule]:
    """Packets that exceed come out of the chain by a verdict or go on with another DSCP; the others return."""
    yield Rule(f"policer {key} counted", [COUNTER])
    if one.meter == "TwoRateThreeColor" and one.peak_rate:
        yield from _action([_over(one.peak_rate, one.peak_burst)], one.non_conforming, f"policer {key} exceeding")
        yield from _action([_over(one.committed_rate, one.committed_burst)], one.partial, f"policer {key} partial")
    elif one.committed_rate:
        over = _over(one.committed_rate, one.committed_burst)
        yield from _action([over], one.non_conforming, f"policer {key} exceeding")
    yield from _action([], one.conforming, f"policer {key} conforming")


def _actions(wanted: Wanted) -> set[str]:
    """What policers write: a DSCP, an 802.1p priority behind a colon, or both."""
    some = [one for one in wanted.of(Policer).values() if one.enable]
    told = {action for one in some for action in (one.conforming, one.partial, one.non_conforming)}
    return told - {"Null", "Drop"}


def _mark_of(action: str) -> str:
    """The chain that writes it."""
    return f"mark_{action.replace(':', '_')}"


def _written(action: str) -> Iterator[Rule]:
    dscp, _, priority = action.partition(":")
    yield from _dscp(int(dscp) if dscp else UNSET, f"policed {action}")
    yield from _priority(int(priority) if priority else UNSET, f"policed {action}")


def _action(condition: list[Expression], action: str, about: str) -> Iterator[Rule]:
    """One rule, since the limit counts what it sees; what is to be written is written in a chain of its own."""
    if action == "Drop":
        yield Rule(about, [*condition, COUNTER, DROP])
    elif action == "Null":
        yield Rule(about, [*condition, COUNTER, RETURN])
    else:
        yield Rule(about, [*condition, COUNTER, goto(_mark_of(action))])


def _over(rate: int, burst: int) -> Expression:
    """Bits per second and bytes. The kernel's bucket holds a second's worth of packets beside the burst (nft_limit)."""
    return {
        "limit": {
            "rate": max(rate // 8, 1), "per": "second", "rate_unit": "bytes", "inv": True,
            "burst": max(burst, 1), "burst_unit": "bytes",
        }
    }  # fmt: skip


def _leaving(exits: Sequence[Exit], around: Surroundings) -> Iterator[Rule]:
    for priority in PRIORITIES:
        yield Rule(
            f"leaves with priority {priority}",
            [goes_out_by(around.managed), _has(PRIORITY, priority), _set(meta("priority"), f"0:{priority}")],
        )
    for one in exits:
        conditions = [goes_out_by((one.link,))]
        if one.traffic_class is not None:
            conditions.append(_has(TRAFFIC_CLASS, one.traffic_class))
        if one.priority is not None:
            conditions.append(_has(PRIORITY, one.priority))
        number = class_id(one.minor)
        yield Rule(
            f"queue {one.link} {one.minor:x}",
            [*conditions, _set(meta("priority"), f"{number >> 16:x}:{number & 0xFFFF:x}")],
        )


def _codepoint(family: int) -> Expression:
    return header("ip" if family == 4 else "ip6", "dscp")


def _set(key: Expression, value: Any) -> Expression:
    return {"mangle": {"key": key, "value": value}}


def _marked(field: Field, value: int) -> Expression:
    others: Expression = {"&": [meta("mark"), 0xFFFFFFFF & ~field.mask]}
    return _set(meta("mark"), {"|": [others, field.holding(value)]})


def _has(field: Field, value: int) -> Expression:
    return equal({"&": [meta("mark"), field.mask]}, field.holding(value))
