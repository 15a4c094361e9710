"""From records to dnsmasq's files: what it starts with, and what it reads again when it is told to. Pure.

Static addresses, reserved ones, most options and name servers are in files that dnsmasq reads on SIGHUP; ranges,
conditions and options that clients did not ask for are in its configuration, and a change of those starts it anew.
"""

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Final

from backends.desired_state import Pointer, Wanted
from backends.lan.lease_times import LONGEST
from backends.lan.matching import (
    CLIENT_ID,
    DUID_6,
    USER_CLASS,
    USER_CLASS_6,
    VENDOR_CLASS,
    VENDOR_CLASS_6,
    Match,
    Unmatchable,
    contains_match,
    decisions,
    mac_match,
    option_match,
    quoted_text,
    turned,
)
from backends.lan.options import option_text
from backends.lan.records import FOR_EVER, Criteria4, Dhcp4, Dhcp6, DnsRelay, Option4, Option6, Pool4, Pool6, Static4

LinkOf = Callable[[Pointer | None], str | None]

ROUTER, DNS_SERVER, DOMAIN_NAME, WINS_SERVER = 3, 6, 15, 44
RANGE_6: Final = ("::1:0", "::ffff:ffff")
HEADER: Final = "# Written by cpe-agent from its data model: changes made here are lost.\n"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the files are. ``leases`` outlive a boot."""

    directory: Path
    leases: Path

    @property
    def configuration(self) -> Path:
        """What dnsmasq is started with."""
        return self.directory / "dnsmasq.conf"

    @property
    def running(self) -> Path:
        """Where dnsmasq writes its process id once it serves."""
        return self.directory / "dnsmasq.running"

    @property
    def hosts(self) -> Path:
        """Static and reserved addresses."""
        return self.directory / "hosts"

    @property
    def options(self) -> Path:
        """Options that clients ask for."""
        return self.directory / "options"

    @property
    def servers(self) -> Path:
        """Name servers to ask."""
        return self.directory / "servers"


@dataclass(frozen=True, slots=True)
class Rendered:
    """The text of each file. No ``configuration``: there is nothing to serve."""

    configuration: str = ""
    hosts: str = ""
    options: str = ""
    servers: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What of the machine the files depend on: the links of rows, those on which names are served, for how many
    seconds the DHCPv6 leases of a link are (0: none can be given), and the links on which somebody else gives addresses
    of a family.
    """

    link_of: LinkOf
    name_links: Sequence[str] = ()
    name_servers: Sequence[tuple[str, str | None]] = ()
    """Address, and the link to ask over; None whichever leads there."""
    lease_times: Mapping[str, int] = dataclasses.field(default_factory=dict)
    left4: Collection[str] = ()
    left6: Collection[str] = ()


def render(wanted: Wanted, around: Surroundings, places: Places, user: str, left_alone: Sequence[str] = ()) -> Rendered:
    """The files for all that is wanted and can stand; ``user`` is who dnsmasq becomes, ``left_alone`` the lines that
    say whom it does not serve. Unmatchable, Unsayable.
    """
    pools4 = served_pools4(wanted, around.link_of, around.left4)
    pools6 = served_pools6(wanted, around.link_of, around.left6)
    relays = wanted.get(DnsRelay).enable
    names = list(around.name_links) if relays else []
    links = list(dict.fromkeys([*pools4.values(), *pools6.values(), *names]))
    if not links:
        return Rendered()
    lines = [*_base(places, user, has_names=bool(names)), *(f"interface={link}" for link in links)]
    if names:
        lines += [f"no-dhcp-interface={one}" for one in names if one not in {*pools4.values(), *pools6.values()}]
    lines += left_alone if pools4 else ()
    lines += decisions([(tag_of(key), link, match4(wanted, key)) for key, link in pools4.items()])
    lines += decisions([(tag_of(key), link, match6(wanted, key)) for key, link in pools6.items()])
    for key in pools4:
        lines += _range4(key, wanted.get(Pool4, key))
        lines += _forced(wanted, key, Option4, 4)
    for key, link in pools6.items():
        lines += _range6(key, wanted.get(Pool6, key), link, around.lease_times.get(link, LONGEST))
        lines += _forced(wanted, key, Option6, 6)
    return Rendered(
        configuration=HEADER + _text(lines),
        hosts=_text(_hosts(wanted, pools4)),
        options=_text(line for key in pools4 for line in _options4(wanted, key)),
        servers=_text(_server(address, link) for address, link in around.name_servers),
    )


def tag_of(key: str) -> str:
    """dnsmasq's name for a pool."""
    return "p" + key.lstrip("+")


def served_pools4(wanted: Wanted, link_of: LinkOf, left: Collection[str] = ()) -> Mapping[str, str]:
    """The DHCPv4 pools that are in force, in their order, with their links; but for those links that are ``left`` to
    somebody else.
    """
    if not wanted.get(Dhcp4).enable:
        return {}
    pools = sorted(wanted.of(Pool4).items(), key=lambda one: one[1].order)
    linked = {key: link_of(pool.interface) for key, pool in pools if pool.enable and is_complete(pool)}
    return {key: link for key, link in linked.items() if link and link not in left}


def served_pools6(wanted: Wanted, link_of: LinkOf, left: Collection[str] = ()) -> Mapping[str, str]:
    """The DHCPv6 pools that are in force, in their order, with their links; ``left`` as of ``served_pools4``."""
    if not wanted.get(Dhcp6).enable:
        return {}
    pools = sorted(wanted.of(Pool6).items(), key=lambda one: one[1].order)
    linked = {key: link_of(pool.interface) for key, pool in pools if pool.enable}
    return {key: link for key, link in linked.items() if link and link not in left}


def is_complete(pool: Pool4) -> bool:
    """Whether its range lies in one subnet."""
    return subnet_of(pool) is not None


def subnet_of(pool: Pool4) -> IPv4Network | None:
    """The subnet in which its range lies; None while there is no such."""
    if not (pool.min_address and pool.max_address and pool.subnet_mask):
        return None
    try:
        subnet = IPv4Network((pool.min_address, pool.subnet_mask), strict=False)
        first, last = IPv4Address(pool.min_address), IPv4Address(pool.max_address)
    except ValueError:
        return None
    return subnet if last in subnet and first <= last and str(subnet.netmask) == pool.subnet_mask else None


def match4(wanted: Wanted, key: str) -> Match:
    """What a DHCPv4 pool asks of its clients, besides the link."""
    return criteria4(tag_of(key), wanted.get(Pool4, key))


def criteria4(tag: str, of: Criteria4) -> Match:
    """Vendor class, client identifier, user class and hardware address."""
    if of.vendor_class_id_mode == "Suffix":
        raise Unmatchable("vendor_class_id_mode", "dnsmasq cannot compare how a vendor class ends")
    parts: list[tuple[str, bool, Match]] = []
    if of.vendor_class_id:
        parts.append(("v", of.vendor_class_id_exclude, _vendor_class(f"{tag}v", of)))
    for letter, option, field in (("c", CLIENT_ID, "client_id"), ("u", USER_CLASS, "user_class_id")):
        if value := getattr(of, field):
            match = option_match(f"{tag}{letter}", field, str(option), bytes.fromhex(value), is_whole=True)
            parts.append((letter, getattr(of, f"{field}_exclude"), match))
    if of.chaddr:
        parts.append(("m", of.chaddr_exclude, mac_match(f"{tag}m", "chaddr_mask", of.chaddr, of.chaddr_mask)))
    return _all(tag, parts)


def match6(wanted: Wanted, key: str) -> Match:
    """What a DHCPv6 pool asks of its clients, besides the link."""
    pool, tag = wanted.get(Pool6, key), tag_of(key)
    parts: list[tuple[str, bool, Match]] = []
    asked = (("d", DUID_6, "duid"), ("v", VENDOR_CLASS_6, "vendor_class_id"), ("u", USER_CLASS_6, "user_class_id"))
    for letter, option, field in asked:
        if value := getattr(pool, field):
            match = option_match(f"{tag}{letter}", field, f"option6:{option}", bytes.fromhex(value), is_whole=True)
            parts.append((letter, getattr(pool, f"{field}_exclude"), match))
    return _all(tag, parts)


def _all(tag: str, parts: Iterable[tuple[str, bool, Match]]) -> Match:
    whole = Match()
    for letter, is_excluded, match in parts:
        whole = whole.and_(turned(match, f"{tag}{letter}t") if is_excluded else match)
    return whole


def _vendor_class(tag: str, of: Criteria4) -> Match:
    if of.vendor_class_id_mode == "Substring":
        return contains_match(tag, "vendor_class_id", of.vendor_class_id)
    is_whole = of.vendor_class_id_mode == "Exact"
    return option_match(tag, "vendor_class_id", str(VENDOR_CLASS), of.vendor_class_id.encode(), is_whole)


def _base(places: Places, user: str, *, has_names: bool) -> Iterator[str]:
    yield from ("bind-dynamic", "except-interface=lo", "no-resolv", "no-hosts", "no-poll")
    yield f"port={53 if has_names else 0}"
    yield f"user={user}"
    yield from (f"pid-file={places.running}", "log-facility=-")
    yield from ("quiet-dhcp", "quiet-dhcp6", "dhcp-authoritative", f"dhcp-leasefile={places.leases}")
    yield from (f"dhcp-hostsfile={places.hosts}", f"dhcp-optsfile={places.options}")
    if has_names:
        yield f"servers-file={places.servers}"


def _range4(key: str, pool: Pool4) -> Iterator[str]:
    time = "infinite" if pool.lease_time == FOR_EVER else str(pool.lease_time)
    yield f"dhcp-range=tag:{tag_of(key)},{pool.min_address},{pool.max_address},{pool.subnet_mask},{time}"


def _range6(key: str, pool: Pool6, link: str, time: int) -> Iterator[str]:
    if pool.iana_enable and time:
        yield f"dhcp-range=tag:{tag_of(key)},{','.join(RANGE_6)},constructor:{link},64,{time}"
    else:
        yield f"dhcp-range=tag:{tag_of(key)},::,constructor:{link},static,64,{LONGEST}"


def _forced(wanted: Wanted, key: str, kind: type[Option4] | type[Option6], family: int) -> Iterator[str]:
    for option in wanted.children(kind, key).values():
        if option.enable and option.value:
            text = option_text(family, option.tag, bytes.fromhex(option.value))
            yield f"dhcp-option-force=tag:{tag_of(key)},{text}"


def _options4(wanted: Wanted, key: str) -> Iterator[str]:
    """Router, name servers and domain. An option without value is not sent: dnsmasq would tell its own address."""
    pool, tag = wanted.get(Pool4, key), tag_of(key)
    told = {option.tag for option in wanted.children(Option4, key).values() if option.enable and option.value}
    domain = (quoted_text(pool.domain_name) or "",) if pool.domain_name else ()
    settings = (
        (ROUTER, pool.ip_routers),
        (DNS_SERVER, pool.dns_servers),
        (DOMAIN_NAME, domain),
        (WINS_SERVER, pool.wins_servers),
    )
    for number, values in settings:
        if number not in told:
            yield ",".join([f"tag:{tag}", str(number), *values])


def _hosts(wanted: Wanted, pools: Iterable[str]) -> Iterator[str]:
    """Static addresses with their clients; addresses that nobody gets. dnsmasq wants each of them once."""
    known: set[str] = set()
    for is_static in (True, False):
        for key in pools:
            for client, address in _addresses(wanted, key) if is_static else _reserved(wanted, key):
                if address not in known:
                    known.add(address)
                    yield f"tag:{tag_of(key)},{client},{address}" if client else address


def _addresses(wanted: Wanted, key: str) -> Iterator[tuple[str, str]]:
    for one in wanted.children(Static4, key).values():
        if one.enable and one.chaddr and one.yiaddr:
            yield one.chaddr.lower(), one.yiaddr


def _reserved(wanted: Wanted, key: str) -> Iterator[tuple[str, str]]:
    """Reserved, or static but disabled: "does not return the IP address to the pool" (TR-181, StaticAddress.Enable)."""
    for address in wanted.get(Pool4, key).reserved_addresses:
        yield "", address
    for one in wanted.children(Static4, key).values():
        if one.yiaddr:
            yield "", one.yiaddr


def _server(address: str, link: str | None) -> str:
    return f"server={address}@{link}" if link else f"server={address}"


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
