"""DHCPv6 pools and router advertisements in /etc/config/dhcp: what odhcpd reads of sections of type dhcp."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Any, Final, Generic, TypeVar

from backends.desired_state import Refused, Wanted
from backends.lan.records import Advertised, Advertising, Dhcp6, Pool6
from backends.openwrt.dhcp_sections import DHCP, DhcpSections
from backends.openwrt.sections import truth
from backends.uci import Section, Value

MODES: Final = frozenset({"server", "relay", "hybrid"})
ORDER: Final = "cpe_order6"
"""An option of ours: odhcpd knows no order, it has one section for an interface."""
USUAL_FLAGS: Final = ("other-config",)
NO_FLAGS: Final = ("none",)
FLAGS: Final = {
    "adv_managed_flag": "managed-config",
    "adv_other_config_flag": "other-config",
    "adv_mobile_agent_flag": "home-agent",
}
NUMBERS: Final = {
    "max_rtr_adv_interval": "ra_maxinterval",
    "min_rtr_adv_interval": "ra_mininterval",
    "adv_default_lifetime": "ra_lifetime",
    "adv_link_mtu": "ra_mtu",
    "adv_reachable_time": "ra_reachabletime",
    "adv_retrans_timer": "ra_retranstime",
    "adv_cur_hop_limit": "ra_hoplimit",
}

Kind = TypeVar("Kind", Pool6, Advertised)


@dataclass(frozen=True, slots=True)
class Mode(Generic[Kind]):
    """One of odhcpd's services: the option that says how it serves, and those of ours for what it cannot say."""

    kind: type[Kind]
    option: str
    enabled: str
    switch: str

    def is_row(self, section: Section) -> bool:
        """Whether the section says anything of it."""
        return self.option in section.options

    def serves(self, section: Section) -> bool:
        """Whether it serves."""
        return section.text(self.option) in MODES and bool(section.text("interface"))

    def is_on(self, sections: DhcpSections) -> bool:
        """Whether the service as a whole is on: it is while anything is served, whatever else is said."""
        return not sections.is_switched_off(self.switch) or any(map(self.serves, sections.of(DHCP).values()))

    def is_enabled(self, section: Section) -> bool:
        """Whether the row is enabled, though it may not serve."""
        return self.serves(section) or truth(section, self.enabled, False)

    def values(self, sections: DhcpSections, key: str, record: Kind, is_on: bool) -> dict[str, Value]:
        """What is said of the row's being served."""
        found = sections.interface_of(record.interface)
        if found is None and record.interface is not None:
            reason = "no interface of /etc/config/network has this link"
            raise Refused(reason, self.kind, key, ("interface",))
        is_serving = record.enable and is_on and found is not None
        before = sections.section(key).text(self.option)
        return {
            "interface": found.name if found else "",
            self.option: (before if before in MODES else "server") if is_serving else "disabled",
            self.enabled: "1" if record.enable and not is_serving else "",
        }


POOLS: Final = Mode(Pool6, "dhcpv6", "cpe_enable6", "cpe_dhcpv6")
ADVERTISED: Final = Mode(Advertised, "ra", "cpe_enable_ra", "cpe_ra")


def pools6(sections: DhcpSections) -> dict[str, Pool6]:
    """By identity."""
    rows = {key: section for key, section in sections.of(DHCP).items() if POOLS.is_row(section)}
    places = sorted(rows, key=lambda key: (_number(rows[key], ORDER, 0) or len(rows) + 1, [*rows].index(key)))
    return {
        key: Pool6(
            enable=POOLS.is_enabled(section),
            order=places.index(key) + 1,
            interface=sections.pointer(section.text("interface")),
            iana_enable=truth(section, "dhcpv6_na", True),
            iapd_enable=truth(section, "dhcpv6_pd", True),
        )
        for key, section in rows.items()
    }


def values6(sections: DhcpSections, wanted: Wanted, key: str) -> dict[str, Value]:
    """What is said of a DHCPv6 pool."""
    pool = wanted.get(Pool6, key)
    is_usual = pool.order == [*wanted.of(Pool6)].index(key) + 1
    return {
        **POOLS.values(sections, key, pool, wanted.get(Dhcp6).enable),
        "dhcpv6_na": "" if pool.iana_enable else "0",
        "dhcpv6_pd": "" if pool.iapd_enable else "0",
        ORDER: "" if is_usual and ORDER not in sections.section(key).options else str(pool.order),
    }


def advertised(sections: DhcpSections) -> dict[str, Advertised]:
    """By identity; what a section does not say is TR-181's default, which odhcpd's releases differ from."""
    return {
        key: _advertised(sections, section) for key, section in sections.of(DHCP).items() if ADVERTISED.is_row(section)
    }


def values_advertised(sections: DhcpSections, wanted: Wanted, key: str) -> dict[str, Value]:
    """What is said of the advertisements on one interface."""
    record, usual = wanted.get(Advertised, key), Advertised()
    flags = tuple(flag for field, flag in FLAGS.items() if getattr(record, field))
    return {
        **ADVERTISED.values(sections, key, record, wanted.get(Advertising).enable),
        "ra_flags": () if flags == USUAL_FLAGS else flags or NO_FLAGS,
        "ra_preference": ""
        if record.adv_preferred_router_flag == "Medium"
        else record.adv_preferred_router_flag.lower(),
        "dns": record.rdnss,
        "domain": record.dnssl,
        **{
            option: "" if getattr(record, field) == getattr(usual, field) else str(getattr(record, field))
            for field, option in NUMBERS.items()
        },
    }


def _advertised(sections: DhcpSections, section: Section) -> Advertised:
    said, usual = _flags(section), Advertised()
    flags: dict[str, Any] = {field: flag in said for field, flag in FLAGS.items()}
    preference = section.text("ra_preference").capitalize()
    numbers: dict[str, Any] = {
        field: _number(section, option, getattr(usual, field)) for field, option in NUMBERS.items()
    }
    return Advertised(
        enable=ADVERTISED.is_enabled(section),
        interface=sections.pointer(section.text("interface")),
        adv_preferred_router_flag=preference if preference in ("Low", "High") else "Medium",
        rdnss=tuple(_ipv6(section.items("dns"))),
        dnssl=section.items("domain"),
        **flags,
        **numbers,
    )


def _flags(section: Section) -> tuple[str, ...]:
    """Releases before 21.02 say it as ra_management: 1 and 2 are managed."""
    if "ra_flags" in section.options:
        return section.items("ra_flags")
    managed = ("managed-config",) if section.text("ra_management") in ("1", "2") else ()
    return (*managed, *USUAL_FLAGS)


def _ipv6(items: Iterable[str]) -> list[str]:
    """The list has what DHCPv4 tells as well."""
    found = []
    for item in items:
        try:
            IPv6Address(item)
        except ValueError:
            continue
        found.append(item)
    return found


def _number(section: Section, option: str, default: int) -> int:
    text = section.text(option)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default
