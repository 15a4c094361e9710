"""6rd and DS-Lite in UCI: the first interface with proto 6rd, and the first with proto dslite."""

from ipaddress import IPv6Network
from typing import Any, Final

from backends.desired_state import SINGLE, Wanted
from backends.openwrt.protocols.sections import INTERFACE, NetworkSections, both_on, standing, switch_both
from backends.openwrt.sections import OURS, Told
from backends.tunnels.names import version_of
from backends.tunnels.records import DsLite, SixRd
from backends.tunnels.wishes import aftr_of
from backends.uci import Section, Value

SIX_RD, DS_LITE = "6rd", "dslite"
NEW: Final = {SIX_RD: f"{OURS}6rd", DS_LITE: f"{OURS}dslite"}
"""The interface of the one row where a person has none."""
LINK_NAMES: Final = {SIX_RD: "6rd-", DS_LITE: "ds-"}
ENABLED, RELAYS, OTHER, PRECEDENCE = "cpe_enable", "cpe_relays", "cpe_endpoint", "cpe_precedence"
"""Options of ours: what is enabled of the whole and its setting, relays behind the first, the endpoint that is not
used, and which one is to be.
"""


def name_of(here: NetworkSections, proto: str) -> str:
    """The interface that the one row is; a new one where there is none."""
    return next(iter(here.speaking(proto)), NEW[proto])


def link_name(name: str, proto: str) -> str:
    """The link that netifd's scripts make."""
    return f"{LINK_NAMES[proto]}{name}"


def read(here: NetworkSections) -> dict[Any, dict[str, Any]]:
    """The records, where there are interfaces of theirs."""
    six, lite = here.speaking(SIX_RD), here.speaking(DS_LITE)
    return {
        SixRd: {SINGLE: _six_rd(next(iter(six.values())))} if six else {},
        DsLite: {SINGLE: _ds_lite(next(iter(lite.values())))} if lite else {},
    }


def document(here: NetworkSections, wanted: Wanted) -> dict[str, Told]:
    """Everything that the records say, by section."""
    told = {}
    for one in wanted.of(SixRd).values():
        key = name_of(here, SIX_RD)
        told[key] = Told(INTERFACE, _options6(here.section(key), one))
    for other in wanted.of(DsLite).values():
        key = name_of(here, DS_LITE)
        told[key] = Told(INTERFACE, _options_lite(here.section(key), other))
    return told


def _six_rd(section: Section) -> SixRd:
    first = section.text("peeraddr")
    whole, setting = both_on(section, ENABLED)
    prefix, length = section.text("ip6prefix"), section.text("ip6prefixlen")
    return SixRd(
        enable=whole,
        setting_enable=setting,
        border_relays=((first,) if first else ()) + section.items(RELAYS),
        prefix=_network(prefix, length),
        mask_length=int(section.text("ip4prefixlen")) if section.text("ip4prefixlen").isdecimal() else 0,
    )


def _network(prefix: str, length: str) -> str:
    try:
        return str(IPv6Network(f"{prefix}/{length}")) if prefix else ""
    except ValueError:
        return ""


def _options6(section: Section, one: SixRd) -> dict[str, Value]:
    now = _six_rd(section)
    prefix, _, length = one.prefix.partition("/")
    is_same = bool(section.options) and now.prefix == one.prefix
    return {
        "proto": SIX_RD,
        **switch_both(section, ENABLED, one.enable, one.setting_enable),
        "peeraddr": "".join(one.border_relays[:1]),
        RELAYS: one.border_relays[1:],
        "ip6prefix": section.text("ip6prefix") if is_same else prefix,
        "ip6prefixlen": section.text("ip6prefixlen") if is_same else length,
        "ip4prefixlen": standing(
            section, "ip4prefixlen", now.mask_length == one.mask_length, str(one.mask_length or "")
        ),
    }


def _ds_lite(section: Section) -> DsLite:
    used, other = section.text("peeraddr"), section.text(OTHER)
    whole, setting = both_on(section, ENABLED)
    both = [one for one in (used, other) if one]
    precedence, kind = [*section.text(PRECEDENCE).split(), "", ""][:2]
    usual = DsLite()
    address = next((one for one in both if version_of(one) is not None), "")
    return DsLite(
        enable=whole,
        setting_enable=setting,
        precedence=precedence or usual.precedence,
        type_precedence=kind or usual.type_precedence,
        endpoint_name=next((one for one in both if version_of(one) is None), ""),
        endpoint_address=address,
    )


def _options_lite(section: Section, one: DsLite) -> dict[str, Value]:
    used = aftr_of(one, "")[0]
    other = one.endpoint_address if used == one.endpoint_name else one.endpoint_name
    usual = DsLite()
    is_usual = (one.precedence, one.type_precedence) == (usual.precedence, usual.type_precedence)
    return {
        "proto": DS_LITE,
        **switch_both(section, ENABLED, one.enable, one.setting_enable),
        "peeraddr": used,
        OTHER: "" if other == used else other,
        PRECEDENCE: "" if is_usual else f"{one.precedence} {one.type_precedence}",
    }
