"""What netifd knows of the leases that udhcpc and odhcp6c got, as leases are told everywhere else."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from typing import Final

from backends.delegations import Delegation
from backends.dhcp_client.packets import DNS, DNS6, LEASE_TIME, MASK, ROUTERS, SERVER, Lease4, Lease6, Prefix
from backends.errors import MechanismError
from backends.openwrt.configured import Configured
from backends.openwrt.netifd import Interface, NetifdState
from backends.openwrt.netifd import Prefix as DelegatedPrefix
from backends.openwrt.protocols.dhcp_clients import PROTO4, PROTO6, DhcpClientMapping
from backends.openwrt.protocols.sections import NETWORK
from backends.uci import Uci

HOST_NAME, DOMAIN, NTP = 12, 15, 42
AFTR_NAME: Final = 64
PROTOS: Final = {4: PROTO4, 6: PROTO6}
ANYWHERE: Final = "0.0.0.0"  # noqa: S104 - a destination
INFINITE: Final = 0xFFFFFFFF
SAME: Final = 3
"""Seconds by which the ends of a delegation may be told apart at two readings."""


class DhcpClientsOfNetifd(Configured):
    """See backends.tr181.dhcp_clients.Leasing; a bus that is silent leaves all unknown."""

    def __init__(
        self, uci: Uci, mapping: DhcpClientMapping, committed: Callable[[Collection[str]], None], netifd: NetifdState
    ) -> None:
        super().__init__(uci, mapping, committed)
        self._netifd = netifd
        self._delegated: tuple[Delegation, ...] = ()
        self._delegated_by: Mapping[str, Interface] | None = None

    def is_running(self, family: int, link: str) -> bool:
        """Whether netifd has a client there: one that asks, or has a lease."""
        return any(one.up or one.pending for one in self._on(family, link))

    def foreign(self, family: int) -> list[str]:
        """The links of clients that netifd started for another protocol (PPP's wan_6): no section is theirs."""
        found = self._netifd.interfaces().values()
        return [one.link for one in found if one.dynamic and one.up and one.proto == PROTOS[family] and one.link]

    def lease4(self, link: str) -> Lease4 | None:
        """The lease in force."""
        return next((lease4_of(one) for one in self._on(4, link) if one.up and one.active.ipv4), None)

    def lease6(self, link: str) -> Lease6 | None:
        """What the server gave, and told."""
        return next((lease6_of(one) for one in self._on(6, link) if one.up), None)

    def remaining(self, link: str) -> int | None:
        """Seconds of the lease; netifd does not hear of renewals that change nothing, which come at its half."""
        for one in self._on(4, link):
            seconds = _number(one, "leasetime")
            if seconds in (None, INFINITE):
                return None
            half = max(seconds // 2, 1) if seconds else 1
            return (seconds or 0) - one.uptime % half
        return 0

    def phase(self, link: str) -> str:
        """Where a client stands, as far as netifd can tell."""
        if self.lease4(link) is not None:
            return "bound"
        return "selecting" if any(one.pending for one in self._on(4, link)) else "init"

    def duid(self) -> bytes:
        """What clients are told to identify themselves by; what odhcp6c makes itself of a link it tells nobody."""
        try:
            sections = self._uci.read(NETWORK).of_type("globals")
            return next((bytes.fromhex(duid) for one in sections if (duid := one.text("dhcp_default_duid"))), b"")
        except (MechanismError, ValueError):
            return b""

    def answered_by(self, link: str) -> str | None:  # noqa: ARG002 - netifd is not told
        """The server's address."""
        return None

    def refresh_at(self, link: str) -> datetime | None:  # noqa: ARG002 - netifd is not told
        """When it is asked for anew."""
        return None

    def known_options(self) -> tuple[int, ...]:
        """odhcp6c hands any option over as octets; these it understands."""
        return UNDERSTOOD6

    def delegated(self) -> tuple[Delegation, ...]:
        """The prefixes that were delegated; the same object as long as the same was told."""
        interfaces = self._netifd.interfaces()
        if interfaces is self._delegated_by:
            return self._delegated
        self._delegated_by = interfaces
        told = [(one.link, one.prefixes) for one in interfaces.values() if one.up and one.prefixes]
        found = tuple(self._steady(one) for one in _delegations(told))
        if found != self._delegated:
            self._delegated = found
        return self._delegated

    def _steady(self, one: Delegation) -> Delegation:
        """With the ends that were told before, where they differ by the second in which they were asked for."""
        for known in self._delegated:
            if known[:3] == one[:3] and all(abs(a - b) < SAME for a, b in zip(known[3:], one[3:], strict=True)):
                return known
        return one

    def is_leased(self, link: str, address: str) -> bool:
        """Whether an address of a link is one that a DHCPv4 server gave."""
        lease = self.lease4(link)
        return lease is not None and lease.address == address

    def renew(self, family: int, link: str) -> None:
        """Ask for the lease again now; nothing where no client runs. MechanismError."""
        if not self._netifd.answers:
            raise MechanismError("netifd does not answer: nothing was renewed")
        for one in self._on(family, link):
            if one.up or one.pending:
                self._netifd.renew(one.name)

    def _on(self, family: int, link: str) -> list[Interface]:
        proto = PROTOS[family]
        return [one for one in self._netifd.interfaces().values() if one.proto == proto and one.link == link]


UNDERSTOOD6: Final = (21, 22, 23, 24, 31, 32, 39, 56, 64, 67, 82, 83, 94, 95, 96)
"""SIP, DNS, SNTP, refresh time, FQDN, NTP, AFTR, prefix exclusion, SOL_MAX_RT, INF_MAX_RT, MAP and lw4o6."""


def lease4_of(one: Interface) -> Lease4:
    """A DHCPv4 lease, its options encoded again as far as netifd was told of them."""
    first = one.active.ipv4[0]
    both = (one.active, one.inactive)
    routers = [route.nexthop for some in both for route in some.routes if (route.target, route.mask) == (ANYWHERE, 0)]
    servers = [address for some in both for address in some.dns_servers]
    server, seconds = _text(one, "dhcpserver"), _number(one, "leasetime")
    domains = [name for some in both for name in some.dns_search]
    options = {
        MASK: IPv4Network((0, min(first.mask, 32))).netmask.packed,
        ROUTERS: _packed4(routers),
        DNS: _packed4(servers),
        LEASE_TIME: seconds.to_bytes(4, "big") if seconds is not None else b"",
        SERVER: _packed4([server]),
        HOST_NAME: _text(one, "hostname").encode(),
        DOMAIN: " ".join(domains).encode(),
        NTP: _packed4(_text(one, "ntpserver").split()),
    }
    return Lease4(first.address, {tag: value for tag, value in options.items() if value})


def lease6_of(one: Interface) -> Lease6:
    """A DHCPv6 lease. ``passthru``: options as they came, which odhcp6c hands on to servers of the LAN."""
    servers = [address for some in (one.active, one.inactive) for address in some.dns_servers]
    passed = list(_options6(_text(one, "passthru")))
    names = b"".join(IPv6Address(address).packed for address in dict.fromkeys(servers) if ":" in address)
    told = [(DNS6, names)] if names and all(tag != DNS6 for tag, _ in passed) else []
    prefixes = [
        Prefix(f"{prefix.address}/{prefix.mask}", *(INFINITE if each is None else each for each in
               (prefix.preferred, prefix.valid)))
        for prefix in one.prefixes
    ]  # fmt: skip
    return Lease6([*told, *passed], [address.address for address in one.active.ipv6], prefixes)


def _options6(text: str) -> Iterator[tuple[int, bytes]]:
    try:
        octets = bytes.fromhex(text)
    except ValueError:
        return
    at = 0
    while at + 4 <= len(octets):
        tag, size = int.from_bytes(octets[at : at + 2], "big"), int.from_bytes(octets[at + 2 : at + 4], "big")
        if at + 4 + size > len(octets):
            return
        yield tag, octets[at + 4 : at + 4 + size]
        at += 4 + size


def _delegations(told: Iterable[tuple[str, Sequence[DelegatedPrefix]]]) -> Iterator[Delegation]:
    now = time.time()
    for link, prefixes in told:
        ordered = sorted(prefixes, key=lambda one: one.preferred == 0)
        for number, one in enumerate(ordered, 1):
            ends = (0 if each is None else round(now + each) for each in (one.preferred, one.valid))
            yield Delegation(link, number, f"{one.address}/{one.mask}", *ends)


def _packed4(addresses: Collection[str]) -> bytes:
    found = []
    for text in dict.fromkeys(addresses):
        try:
            found.append(IPv4Address(text).packed)
        except ValueError:
            continue
    return b"".join(found)


def _text(one: Interface, name: str) -> str:
    value = one.data.get(name)
    return value if isinstance(value, str) else ""


def _number(one: Interface, name: str) -> int | None:
    value = one.data.get(name)
    return value if isinstance(value, int) and 0 <= value <= INFINITE else None
