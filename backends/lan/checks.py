"""What of the LAN's records cannot be, whoever serves by them, and what dnsmasq cannot be told. Pure."""

from collections.abc import Iterator
from ipaddress import IPv4Address
from itertools import chain
from typing import Final

from backends.desired_state import Refused, Wanted
from backends.lan.matching import DOMAIN, Unmatchable
from backends.lan.options import Unsayable, option_text
from backends.lan.records import FOR_EVER, Forwarding4, Option4, Option6, Pool4, Pool6, Static4
from backends.lan.rendering import criteria4, match6, subnet_of, tag_of

SHORTEST_LEASE: Final = 120
"""Seconds; dnsmasq makes anything shorter this."""


def problems(wanted: Wanted) -> Iterator[Refused]:
    """Everything that is wrong, also in rows that are not enabled: what is refused is refused when it is said."""
    return chain(pools4(wanted), pools6(wanted), options(wanted), statics(wanted))


def pools4(wanted: Wanted) -> Iterator[Refused]:
    """Whom DHCPv4 pools and relay entries are for; the pools' lease times and domains."""
    for kind in (Pool4, Forwarding4):
        for key, record in wanted.of(kind).items():
            try:
                criteria4(tag_of(key), record)
            except Unmatchable as error:
                yield Refused(error.reason, kind, key, (error.field,))
    for key, pool in wanted.of(Pool4).items():
        if pool.lease_time != FOR_EVER and pool.lease_time < SHORTEST_LEASE:
            yield Refused(f"a lease lasts {SHORTEST_LEASE} s at least", Pool4, key, ("lease_time",))
        if pool.domain_name and not DOMAIN.fullmatch(pool.domain_name):
            yield Refused("a domain name is letters, digits, hyphens and dots", Pool4, key, ("domain_name",))


def pools6(wanted: Wanted) -> Iterator[Refused]:
    """Whom DHCPv6 pools are for, and what dnsmasq has not."""
    for key, pool in wanted.of(Pool6).items():
        try:
            match6(wanted, key)
        except Unmatchable as error:
            yield Refused(error.reason, Pool6, key, (error.field,))
        if pool.iapd_enable:
            yield Refused("dnsmasq delegates no prefixes", Pool6, key, ("iapd_enable",))


def options(wanted: Wanted) -> Iterator[Refused]:
    """Each once in its pool, and in a form that dnsmasq sends."""
    for kind, family in ((Option4, 4), (Option6, 6)):
        seen: set[tuple[str, int]] = set()
        for key, option in _options(wanted, kind):
            if (option.parent, option.tag) in seen:
                yield Refused(f"there is an option {option.tag} already", kind, key, ("tag",))
            if option.tag:
                seen.add((option.parent, option.tag))
            if not option.value:
                continue
            try:
                option_text(family, option.tag, bytes.fromhex(option.value))
            except Unsayable as error:
                yield Refused(str(error), kind, key, ("value", "tag"))


def statics(wanted: Wanted) -> Iterator[Refused]:
    """dnsmasq knows one client for an address, and one address of a pool for a client: one of the pool's subnet."""
    addresses: dict[str, str] = {}
    clients: set[tuple[str, str]] = set()
    for key, one in wanted.of(Static4).items():
        client = (one.parent, one.chaddr.lower())
        if one.chaddr and client in clients:
            yield Refused(f"{one.chaddr} has an address in this pool already", Static4, key, ("chaddr",))
        clients.add(client)
        if one.yiaddr and addresses.setdefault(one.yiaddr, one.chaddr.lower()) != one.chaddr.lower():
            yield Refused(f"{one.yiaddr} is another client's", Static4, key, ("yiaddr",))
        subnet = subnet_of(wanted.get(Pool4, one.parent))
        if one.yiaddr and subnet and IPv4Address(one.yiaddr) not in subnet:
            yield Refused(f"{one.yiaddr} is not in the pool's subnet, {subnet}", Static4, key, ("yiaddr",))


def _options(wanted: Wanted, kind: type[Option4] | type[Option6]) -> Iterator[tuple[str, Option4 | Option6]]:
    yield from wanted.of(kind).items()
