"""The firewall as a whole, and what holds between zones: sections of type defaults, zone and forwarding.

fw4 is always one configuration: Advanced, whose one level is the section ``defaults`` (DefaultPolicy is its
``forward``) and whose one chain is all the rules. Beside the chain, and after it, holds what zones say: each forwarding
is a policy that accepts, and each zone is one for what goes from it to it (``forward``). "Drop" as the reverse says
that this one does not accept it: then other policies count, and at last Level.DefaultPolicy.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from backends.desired_state import Pointer
from backends.firewall.records import FirewallSettings, Level, Policy, RuleChain
from backends.openwrt.firewall.firewall_sections import BESIDE, OF, FirewallSections, beside_name
from backends.openwrt.firewall.rows import kept, switched
from backends.openwrt.firewall.rules import CHAIN, WORDS
from backends.openwrt.firewall.words import FAMILIES, TARGETS, family
from backends.openwrt.sections import Told, is_ours, truth
from backends.uci import Section, Value

FORWARDING: Final = "forwarding"
WAITING: Final = "cpe_policy"
"""A forwarding without source or destination, of which fw4 would warn at every start."""
LEVEL: Final = "fw4"
"""The key of the one level, and its name."""
CHANGED: Final = "last_change"
BACK: Final = "_back"
LEADING: Final = ("source_interface", "destination_interface")


def defaults_key(sections: FirewallSections) -> str:
    """The section that counts; "" without one."""
    return next(iter(sections.of("defaults")), "")


def usual(sections: FirewallSections, option: str) -> str:
    """What a zone that does not say does."""
    return sections.section(defaults_key(sections)).text(option, "drop")


def settings(sections: FirewallSections) -> FirewallSettings:
    """Always on, and always the same."""
    changed = sections.beside.get(LEVEL, {}).get(CHANGED, "")
    return FirewallSettings(
        enable=True,
        config="Advanced",
        advanced_level=LEVEL,
        policy_level=LEVEL,
        last_change=int(changed) if changed.isdecimal() else None,
    )


def levels(sections: FirewallSections) -> dict[str, Level]:
    """The one level."""
    verdict = TARGETS.get(usual(sections, "forward").lower(), "Drop")
    return {LEVEL: Level(name=LEVEL, chain=CHAIN, default_policy=verdict)}


def chains() -> dict[str, RuleChain]:
    """The one chain."""
    return {CHAIN: RuleChain(enable=True, name=CHAIN)}


def say_whole(sections: FirewallSections, now: FirewallSettings, level: Level) -> dict[str, Told]:
    """What is said of the firewall as a whole."""
    told = {}
    key, verdict = defaults_key(sections), level.default_policy
    if key:
        section = sections.section(key)
        is_same = TARGETS.get(section.text("forward", "drop").lower(), "Drop") == verdict
        told[key] = Told("defaults", {"forward": kept(section, "forward", is_same, WORDS[verdict])})
    if now.last_change is not None:
        told[beside_name(LEVEL)] = Told(BESIDE, {OF: LEVEL, CHANGED: str(now.last_change)})
    return told


# -- policies ---------------------------------------------------------------------------------------------------------


def policies(sections: FirewallSections) -> dict[str, Policy]:
    """Of forwardings, then of zones."""
    found: dict[str, Policy] = {}
    forwardings = {**sections.of(FORWARDING), **sections.of(WAITING)}
    backs = {key: _back(sections, key, section) for key, section in forwardings.items()}
    for key, section in forwardings.items():
        is_whole = section.text("src") in sections.zones and section.text("dest") in sections.zones
        if key in backs.values() or not (is_whole or is_ours(key)):
            continue
        back = backs[key]
        told = sections.beside.get(key, {})
        natural = Policy(
            enable=truth(section, "enabled", True),
            source_interface=sections.pointer(sections.zones.get(section.text("src"))),
            destination_interface=sections.pointer(sections.zones.get(section.text("dest"))),
            ip_version=family(section.text("family")),
            target_chain="Accept",
            reverse_target_chain="Accept" if back else "Drop",
        )
        found[key] = _with_kept(sections, natural, told)
    return found | _within(sections)


def _within(sections: FirewallSections) -> dict[str, Policy]:
    found = {}
    for zone in sections.zones.values():
        row = sections.pointer(zone)
        verdict = TARGETS.get(zone.section.text("forward", usual(sections, "forward")).lower(), "Drop")
        found[zone.key] = Policy(
            enable=True, source_interface=row, destination_interface=row,
            target_chain=verdict, reverse_target_chain=verdict,
        )  # fmt: skip
    return found


def _back(sections: FirewallSections, key: str, section: Section) -> str:
    """The forwarding that was made to lead back; "" for none, or one that a person has changed."""
    other = sections.all.get(f"{key}{BACK}")
    if other is None or other.type not in (FORWARDING, WAITING):
        return ""
    ends = [section.text(end) for end in ("dest", "src")]
    rest = [family(section.text("family")), truth(section, "enabled", True)]
    is_same = ends == [other.text(end) for end in ("src", "dest")]
    is_same = is_same and rest == [family(other.text("family")), truth(other, "enabled", True)]
    return other.name if is_same else ""


def _with_kept(sections: FirewallSections, natural: Policy, told: Mapping[str, str]) -> Policy:
    """With what waits beside a forwarding that is switched off, for it cannot be told yet."""
    if not told or natural.enable:
        pointers = {name: _pointer(told[name]) for name in LEADING if name in told}
        same: dict[str, Any] = {
            name: pointer
            for name, pointer in pointers.items()
            if sections.pointer(sections.zone_of(pointer)) == getattr(natural, name)
        }
        return replace(natural, **same)
    values: dict[str, Any] = {name: _pointer(told[name]) for name in LEADING if name in told}
    values |= {name: told[name] for name in ("target_chain", "reverse_target_chain") if name in told}
    return replace(natural, **values, enable=told.get("enable", "0") == "1")


def _pointer(text: str) -> Pointer | None:
    table, *keys = text.split(" ")
    return Pointer(table, tuple(keys)) if keys else None


def say_policies(sections: FirewallSections, records: Mapping[str, Policy]) -> dict[str, Told]:
    """What is said of forwardings, and of zones towards themselves."""
    told: dict[str, Told] = {}
    inside = {zone.key: zone for zone in sections.zones.values()}
    for key, record in records.items():
        if key in inside:
            section = inside[key].section
            now = TARGETS.get(section.text("forward", usual(sections, "forward")).lower(), "Drop")
            word = WORDS.get(record.target_chain, "")
            told[key] = Told("zone", {"forward": kept(section, "forward", now == record.target_chain, word)})
        else:
            told |= _say_forwarding(sections, key, record)
    return told


def _say_forwarding(sections: FirewallSections, key: str, record: Policy) -> dict[str, Told]:
    section = sections.section(key)
    source = sections.zone_told(section, "src", record.source_interface)
    dest = sections.zone_told(section, "dest", record.destination_interface)
    is_made = record.enable and source is not None and dest is not None and record.target_chain == "Accept"
    shown = {"src": source.name if source else "", "dest": dest.name if dest else ""}
    version = next((word for word, number in FAMILIES.items() if number == record.ip_version), "")
    is_family_same = family(section.text("family")) == record.ip_version
    said: dict[str, Value] = {
        **shown,
        "enabled": switched(section, is_made),
        "family": kept(section, "family", is_family_same, version),
    }
    kind = FORWARDING if source and dest else WAITING
    told = {key: Told(kind, said)}
    back = _back(sections, key, section) if section.options else ""
    if record.reverse_target_chain == "Accept":
        other = sections.section(back)
        told[back or f"{key}{BACK}"] = Told(
            kind,
            {
                "src": shown["dest"],
                "dest": shown["src"],
                "enabled": switched(other, is_made),
                "family": kept(other, "family", is_family_same and bool(back), version),
            },
        )
    waiting: dict[str, Value] = {}
    for name, zone in zip(LEADING, (source, dest), strict=True):
        pointer: Pointer | None = getattr(record, name)
        if pointer is not None and sections.pointer(zone) != pointer:
            waiting[name] = " ".join((pointer.table, *pointer.keys))
    if record.target_chain != "Accept":
        waiting["target_chain"] = record.target_chain
    if record.enable and not is_made:
        waiting["enable"] = "1"
    if record.reverse_target_chain != "Drop" and not is_made and record.reverse_target_chain != "Accept":
        waiting["reverse_target_chain"] = record.reverse_target_chain
    if waiting:
        told[beside_name(key)] = Told(BESIDE, {OF: key, **waiting})
    return told
