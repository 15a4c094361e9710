"""What is wanted of router advertisements, as the program that sends them reads it. Pure."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv6Address
from typing import Any, Final

from backends.desired_state import Refused, Wanted
from backends.lan.advertisement import HOME_AGENT, MANAGED, MTU, OTHER, PREFERENCE, PREFIX_INFORMATION, PROXY
from backends.lan.advertisement import SOURCE_LINK_ADDRESS as OWN_ADDRESS
from backends.lan.matching import DOMAIN
from backends.lan.records import Advertised, AdvertisedOption, Advertising
from backends.lan.rendering import LinkOf

MODELLED: Final = frozenset({OWN_ADDRESS, PREFIX_INFORMATION, MTU})
"""Options that are made of parameters and of the link itself."""
LARGEST_TYPE: Final = 255
LONGEST_OPTION: Final = 1000
LONGEST_LIFETIME: Final = 9000


def advertised_links(wanted: Wanted, link_of: LinkOf) -> dict[str, Any]:
    """What is advertised on each link, as the program reads it."""
    if not wanted.get(Advertising).enable:
        return {}
    told: dict[str, Any] = {}
    for key, record in wanted.of(Advertised).items():
        link = link_of(record.interface)
        if record.enable and link is not None and link not in told:
            options = wanted.children(AdvertisedOption, key).values()
            told[link] = dict(_values(record)) | {
                "options": [[one.tag, one.value] for one in options if one.enable and one.tag]
            }
    return told


def check_advertised(wanted: Wanted) -> None:
    """Raises Refused for what RFC 4861 forbids, or cannot be in an advertisement."""
    taken: set[tuple[str, ...]] = set()
    for key, one in wanted.of(Advertised).items():
        if one.interface is not None and one.interface.keys in taken:
            raise Refused("another row is about this interface", Advertised, key, ("interface",))
        taken.add(one.interface.keys if one.interface else ())
        _check_times(key, one)
        if not all(map(_is_ipv6, one.rdnss)):
            raise Refused("a list of IPv6 addresses is needed", Advertised, key, ("rdnss",))
        if not all(DOMAIN.fullmatch(name) and _has_short_labels(name) for name in one.dnssl):
            raise Refused("a search list is of domain names", Advertised, key, ("dnssl",))
    seen: set[tuple[str, int]] = set()
    for key, option in wanted.of(AdvertisedOption).items():
        if option.tag and (option.tag > LARGEST_TYPE or option.tag in MODELLED):
            raise Refused(
                "an option's type is 1 to 255, and none that a parameter is for", AdvertisedOption, key, ("tag",)
            )
        if option.tag and (option.parent, option.tag) in seen:
            raise Refused(f"there is an option {option.tag} already", AdvertisedOption, key, ("tag",))
        seen.add((option.parent, option.tag))
        if len(option.value) > 2 * LONGEST_OPTION:
            raise Refused(f"an option has {LONGEST_OPTION} bytes at most here", AdvertisedOption, key, ("value",))


def _check_times(key: str, one: Advertised) -> None:
    shortest, longest = one.min_rtr_adv_interval, one.max_rtr_adv_interval
    if shortest * 4 > longest * 3:
        names = ("min_rtr_adv_interval", "max_rtr_adv_interval")
        raise Refused("MinRtrAdvInterval is three quarters of MaxRtrAdvInterval at most", Advertised, key, names)
    if one.adv_default_lifetime and not longest <= one.adv_default_lifetime <= LONGEST_LIFETIME:
        names = ("adv_default_lifetime", "max_rtr_adv_interval")
        raise Refused("AdvDefaultLifetime is 0, or MaxRtrAdvInterval to 9000", Advertised, key, names)


def _is_ipv6(text: str) -> bool:
    try:
        return IPv6Address(text).scope_id is None
    except ValueError:
        return False


def _has_short_labels(name: str) -> bool:
    return all(0 < len(label) < 64 for label in name.strip(".").split("."))


def _values(one: Advertised) -> Iterator[tuple[str, Any]]:
    flags = {
        MANAGED: one.adv_managed_flag,
        OTHER: one.adv_other_config_flag,
        HOME_AGENT: one.adv_mobile_agent_flag,
        PROXY: one.adv_nd_proxy_flag,
    }
    yield "flags", sum(flag for flag, is_set in flags.items() if is_set) | PREFERENCE[one.adv_preferred_router_flag]
    numbers: Mapping[str, Any] = {
        "lifetime": one.adv_default_lifetime,
        "shortest": one.min_rtr_adv_interval,
        "longest": one.max_rtr_adv_interval,
        "hop_limit": one.adv_cur_hop_limit,
        "reachable_time": one.adv_reachable_time,
        "retrans_timer": one.adv_retrans_timer,
        "mtu": one.adv_link_mtu,
        "rdnss": list(one.rdnss),
        "rdnss_lifetime": one.adv_rdnss_lifetime,
        "dnssl": list(one.dnssl),
        "dnssl_lifetime": one.adv_dnssl_lifetime,
    }
    yield from numbers.items()
