"""The service behind Device.NAT. and Device.Firewall.: a backend of the data model, and a chore that ends leases."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final, Protocol

from backends.desired_state import SINGLE, Record, Service, Wanted
from backends.errors import MechanismError
from backends.firewall.firewall import Firewall
from backends.firewall.leases import Clock, remaining, system_clock
from backends.firewall.nat import is_address
from backends.firewall.records import (
    KINDS,
    Dmz,
    FilterRule,
    FirewallSettings,
    InterfaceNat,
    Leased,
    Level,
    LocalService,
    Pinhole,
    Policy,
    PortMapping,
    RuleChain,
)
from backends.firewall.surroundings import Surroundings
from backends.lan.relaying import forwardings
from backends.nftables import Nftables
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.service import TableService
from backends.tr181.table_look import TableLook

log = logging.getLogger(__name__)

FIREWALL: Final = "Device.Firewall."
CHAIN: Final = f"{FIREWALL}Chain.{{i}}."
LEVEL: Final = f"{FIREWALL}Level.{{i}}."
POLICY: Final = f"{FIREWALL}Policy.{{i}}."
TABLES: Final[dict[type[Record], str]] = {
    InterfaceNat: "Device.NAT.InterfaceSetting.{i}.",
    PortMapping: "Device.NAT.PortMapping.{i}.",
    FirewallSettings: FIREWALL,
    Level: LEVEL,
    RuleChain: CHAIN,
    FilterRule: f"{CHAIN}Rule.{{i}}.",
    Policy: POLICY,
    Dmz: f"{FIREWALL}DMZ.{{i}}.",
    Pinhole: f"{FIREWALL}Pinhole.{{i}}.",
    LocalService: f"{FIREWALL}Service.{{i}}.",
}
PARAMETERS: Final = {
    "dest_ip": ("DestIP",),
    "source_ip": ("SourceIP",),
    "source_mask": ("SourceMask", "SourceIP"),
    "dest_mask": ("DestMask", "DestIP"),
    "source_ip_exclude": ("SourceIPExclude",),
    "dest_ip_exclude": ("DestIPExclude",),
    "source_mac": ("SourceMAC",),
    "source_mac_exclude": ("SourceMACExclude",),
    "ip_version": ("IPVersion",),
    "icmp_type": ("ICMPType",),
    "dscp": ("DSCP",),
    "dscp_exclude": ("DSCPExclude",),
}
"""By which parameters a field is set, where the names differ otherwise than in their capitals."""
TOPIC: Final = "firewall"


class Filtering(Service, Protocol):
    """Whoever filters and translates by the records."""

    @property
    def around(self) -> Surroundings:
        """What the rules depend on beside the records, in this request."""

    def forget(self) -> None:
        """Read everything again for the next request."""

    def is_made(self, what: str, key: str) -> bool:
        """Whether the kernel has the rules of a row: "nat", "port mapping", "dmz", "rule", "pinhole", "service"."""

    def lacking(self, record: Record, wanted: Wanted) -> str:
        """What a record lacks to be made, in words; "" for nothing."""


class FirewallTables(TableService):
    """The backend of all these tables. As a chore it takes away what was granted for a time that is over."""

    source = "what is configured for the table inet cpe_agent of nftables"
    """Where the rows are from, as the command line tells it."""

    def __init__(self, firewall: Filtering, clock: Clock) -> None:
        super().__init__("firewall", KINDS, firewall, TABLES, PARAMETERS)
        self.firewall = firewall
        self.clock = clock
        self._told: Mapping[tuple[type[Record], str], str] = {}

    def put(self, key: str, record: Record) -> None:
        """See Desired; what is set of the firewall is noted as its last change."""
        super().put(key, record)
        self._note_change(type(record))

    def add(self, record: Record) -> str:
        """See ``put``."""
        key = super().add(record)
        self._note_change(type(record))
        return key

    def remove(self, kind: type[Record], key: str) -> None:
        """See ``put``."""
        super().remove(kind, key)
        self._note_change(kind)

    def commit(self) -> None:
        """See Desired."""
        super().commit()
        self._tell_what_lacks()

    def reapply(self, level: int = logging.WARNING) -> None:
        """See Desired."""
        super().reapply(level)
        with suppress(MechanismError):  # what cannot be read now was told of, and is read again
            self._tell_what_lacks()

    def due(self, now: float) -> float | None:
        """When the next row ends, in seconds of the same clock as ``now``."""
        left = min((seconds for _, _, seconds in self._ending()), default=None)
        return None if left is None else now + left

    def act(self, now: float) -> frozenset[str]:  # noqa: ARG002 - leases have clocks of their own
        """Take away the rows that ended. MechanismError, after which they are still there."""
        ended = [(kind, key) for kind, key, seconds in self._ending() if seconds <= 0]
        if not ended:
            return frozenset()
        is_made = self.wanted is self.in_force  # else a change waits for the end of a session, and these with it
        if is_made:
            self.begin()
        for kind, key in ended:
            log.info("%s is over and taken away", self.known_as(kind, key))
            self.remove(kind, key)
        if is_made:
            try:
                self.commit()
            except MechanismError:
                self.rollback()
                raise
        return frozenset({TOPIC})

    def _note_change(self, kind: type[Record]) -> None:
        """What is a setting of Device.Firewall. was changed now."""
        if TABLES[kind].startswith(FIREWALL):
            wall = self.clock().wall
            settings = replace(self.wanted.get(FirewallSettings), last_change=None if wall is None else round(wall))
            super().put(SINGLE, settings)

    def _tell_what_lacks(self) -> None:
        """The log hears once why a row that is enabled is not made (Error_Misconfigured)."""
        wanted, found = self.in_force, dict[tuple[type[Record], str], str]()
        for kind in KINDS:
            for key, record in wanted.of(kind).items():
                if getattr(record, "enable", False) and (what := self.firewall.lacking(record, wanted)):
                    found[kind, key] = what
                    if self._told.get((kind, key)) != what:
                        log.info("%s is not made: it needs %s", self.known_as(kind, key), what)
        self._told = found

    def _ending(self) -> Iterable[tuple[type[Record], str, float]]:
        now = self.clock()
        for kind in (PortMapping, Dmz, Pinhole):
            leased: Mapping[str, Leased] = self.wanted.of(kind)
            for key, record in leased.items():
                left = remaining(record, now)
                if left is not None:
                    yield kind, key, left
        for key, rule in self.wanted.of(FilterRule).items():
            if rule.expiry_date is not None and now.wall is not None:
                yield FilterRule, key, max(0.0, rule.expiry_date - now.wall)


class OwnFirewallTables(FirewallTables):
    """With a table of our own in the packet filter."""

    firewall: Firewall

    def guard(self) -> None:
        """After a boot: the table as far as it can be told, before any link is up. What is not made is told later.

        A table that is there is what the links were up with, and stays until all that it depends on is there again.
        """
        if not self.firewall.is_there():
            self.firewall.apply(self.wanted)


def firewall_tables(mechanisms: Mechanisms) -> Part | None:
    """NAT and firewall as a service; None where libnftables or the kernel's nf_tables is absent."""
    try:
        nftables = Nftables(memory=mechanisms.directory / "nftables")
    except MechanismError:
        return None
    tables = tables_over(mechanisms, nftables, system_clock(mechanisms.procfs.boot_id()))
    return Part(
        name="firewall",
        provides={"firewall": tables},
        backend=tables,
        forget=(tables.firewall.forget,),
        chores=(tables, TableLook(tables, tables.firewall, TOPIC)),
        follows=frozenset({"link", "address", "route", "lease"}),
        guard=tables.guard,
    )


def tables_over(mechanisms: Mechanisms, nftables: Nftables, clock: Clock) -> OwnFirewallTables:
    """The same over this packet filter and this clock."""
    tables = OwnFirewallTables(Firewall(nftables, Here(mechanisms, clock), mechanisms.links.may_change), clock)
    if mechanisms.lan:
        mechanisms.lan.followers.append(tables.reapply)
    if mechanisms.udp_echo:
        mechanisms.udp_echo.followers.append(tables.reapply)  # its port is let in
    return tables


class Here:
    """The surroundings of this machine's firewall."""

    def __init__(self, mechanisms: Mechanisms, clock: Clock) -> None:
        self._mechanisms = mechanisms
        self._clock = clock

    def __call__(self) -> Surroundings:
        """As they are now, and with the links and default routes that the network is to have: nobody is let in before
        those are there.
        """
        netlink, links, network = self._mechanisms.netlink, self._mechanisms.links, self._mechanisms.network
        names = {link.name for link in netlink.links() if not link.loopback} | network.links_wanted()
        managed = frozenset(filter(links.may_change, names))
        return Surroundings(
            now=self._clock(),
            managed=managed,
            ways_out=network.led_outside() & managed,
            own_ports=frozenset(one for one in (*self._mechanisms.own_ports(), *self._echo()) if one[1]),
            relayed_to=self._relayed_to(),
            link_of=links.link_of,
            address_of=self._address_of,
            addresses_on=lambda link: frozenset(
                one.address for one in netlink.addresses() if one.interface == link and one.family == 4
            ),
        )

    def _echo(self) -> Sequence[tuple[int, int]]:
        return self._mechanisms.udp_echo.ports() if self._mechanisms.udp_echo else ()

    def _relayed_to(self) -> frozenset[str]:
        lan = self._mechanisms.lan
        asked = forwardings(lan.wanted, self._mechanisms.links.link_of) if lan else ()
        servers = (one.dhcp_server_ip_address for _, _, one in asked if not one.locally_served)
        return frozenset(server for server in servers if is_address(server))

    def _address_of(self, name: str) -> str | None:
        """Of a host that has an address of ours (TR-181, PortMapping.InternalClient)."""
        leases = self._mechanisms.lan.leases.leases() if self._mechanisms.lan else ()
        found = [one for one in leases if one.family == 4 and one.host_name.lower() == name.lower()]
        return max(found, key=lambda one: one.expires).address if found else None
