"""Makes DHCP clients what they are wanted to be, and reads their leases."""

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Final, Protocol

from backends.commands import run
from backends.delegations import Delegation
from backends.desired_state import NotOurs, Pointer, Record, Refused, Wanted, make_each
from backends.dhcp_client.delegated import DelegatedPrefixes
from backends.dhcp_client.dhcpcd_conf import (
    NEVER_ASKED4,
    NEVER_ASKED6,
    Unsendable,
    conf4,
    conf6,
    sent4,
    sent6,
)
from backends.dhcp_client.held import MachinesOwn
from backends.dhcp_client.instance import Folders, Instance, instances
from backends.dhcp_client.packets import LEASE_TIME, REFRESH_TIME, T1, T2, Lease4, Lease6, lease4, lease6
from backends.dhcp_client.records import Client4, Client6, RequestedOption4, SentOption4, SentOption6
from backends.errors import MechanismError
from backends.files import make_directory
from backends.inotify import watched
from backends.netlink_types import Address, Link, RouteTo
from backends.procfs import Procfs
from backends.programs import find_program

TOPIC: Final = "dhcp"
INSTANCES: Final = 64
"""How many clients' paths and names are kept made; links may come and go for ever."""
LOOK: Final = 1.0
"""Seconds after which the watch looks whether it is to end."""
CODE6: Final = re.compile(r"\d{5}\s")
ADDRESS_MODE: Final = "net/ipv6/conf/{}/addr_gen_mode"


class Kernel(Protocol):
    """What is asked of netlink."""

    def links(self) -> Iterable[Link]:
        """The links that are there."""

    def addresses(self) -> Iterable[Address]:
        """Their addresses."""


@dataclass(frozen=True, slots=True)
class Place:
    """What the clients stand on: which link a row is, whether it is given to the agent, how the ACS is reached."""

    link_of: Callable[[Pointer], str | None]
    may_change: Callable[[str], bool]
    management_path: Callable[[], RouteTo | None]
    below: Callable[[str], Iterable[str]]


class DhcpClients:
    """A service of desired_state; reads are kept until ``forget``."""

    def __init__(
        self, kernel: Kernel, procfs: Procfs, place: Place, folders: Folders, machine: MachinesOwn | None = None
    ) -> None:
        self._kernel = kernel
        self._procfs = procfs
        self._place = place
        self._folders = folders
        self._machine = machine or MachinesOwn()
        self._known_options: tuple[int, ...] | None = None
        self._leases4: dict[str, Lease4 | None] = {}
        self._leases6: dict[str, Lease6 | None] = {}
        self._running: dict[tuple[int, str], bool] = {}
        self._prefixes = DelegatedPrefixes()
        self._delegated: tuple[Delegation, ...] | None = None
        self._instance = lru_cache(INSTANCES)(lambda family, link: Instance(folders, link, family))

    # -- the service --------------------------------------------------------------------------------------------------

    def check(self, wanted: Wanted) -> None:
        """See desired_state.Service."""
        taken: set[tuple[int, str]] = set()
        for kind, key, record in _clients(wanted):
            family = 4 if isinstance(record, Client4) else 6
            self._check_options(wanted, kind, key)
            link = self._link(record)
            if not record.enable or link is None:
                continue
            if (family, link) in taken:
                raise Refused(f"{link} has a DHCPv{family} client already", kind, key, ("interface",))
            taken.add((family, link))
            self._check_link(link, kind, key, family)

    def cuts(self, wanted: Wanted) -> bool:
        """Whether a client on the way to the management server would be started anew, or ended."""
        path = self._place.management_path()
        if path is None:
            return False
        on_the_way = {path.interface, *self._place.below(path.interface)}
        confs = self._confs(wanted)
        running = {(one.family, one.link) for one in instances(self._folders) if one.is_running}
        return any(
            link in on_the_way
            and not ((family, link) in confs and self._instance(family, link).holds(confs[family, link]))
            for family, link in running | confs.keys()
        )

    def apply(self, wanted: Wanted) -> bool:
        """See desired_state.Service; a client whose link is absent or down is started when it comes up."""
        confs = self._confs(wanted)
        up = {link.name for link in self._kernel.links() if link.up}
        changed = False
        for old in instances(self._folders):
            if (old.family, old.link) not in confs:
                self._stop(old)
                changed = True
        starts = []
        for (family, link), conf in confs.items():
            instance = self._instance(family, link)
            if link in up and not instance.holds(conf):
                starts.append(partial(_start, instance, conf))
        try:
            return make_each(starts) or changed
        finally:
            self.forget()

    # -- what is so ---------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Read everything anew from now on."""
        self._leases4.clear()
        self._leases6.clear()
        self._running.clear()
        self._delegated = None
        self._machine.forget()

    def is_running(self, family: int, link: str) -> bool:
        """Whether a client of ours runs there."""
        if (family, link) not in self._running:
            self._running[family, link] = self._instance(family, link).is_running
        return self._running[family, link]

    def lease4(self, link: str) -> Lease4 | None:
        """The DHCPv4 lease in force: by our client, or by one of the machine's own."""
        if link not in self._leases4:
            packet = self._instance(4, link).lease()
            own = lease4(packet) if packet else None
            self._leases4[link] = self._in_force4(link, own) or self._in_force4(link, self._foreign4(link))
        return self._leases4[link]

    def lease6(self, link: str) -> Lease6 | None:
        """The DHCPv6 lease in force."""
        if link not in self._leases6:
            instance = self._instance(6, link)
            packet = instance.lease() if self.is_running(6, link) else None
            own = lease6(packet) if packet else None
            self._leases6[link] = own or self._in_force6(link, self._machine.lease6(link))
        return self._leases6[link]

    def delegated(self) -> tuple[Delegation, ...]:
        """The prefixes that our clients were delegated; the same object until ``forget``."""
        if self._delegated is None:
            self._delegated = self._prefixes.of(instances(self._folders))
        return self._delegated

    def is_leased(self, link: str, address: str) -> bool:
        """Whether an address of a link is one that a DHCPv4 server gave."""
        lease = self.lease4(link)
        return lease is not None and lease.address == address

    def remaining(self, link: str) -> int | None:
        """Seconds that the kernel keeps the leased IPv4 address unless it is renewed; None for ever."""
        lease = self.lease4(link)
        held = self._address(link, lease.address) if lease else None
        return held.valid_lifetime if held else 0

    def phase(self, link: str) -> str:
        """Where a DHCPv4 client stands (RFC 2131, 4.4): init, selecting, bound, renewing or rebinding."""
        lease = self.lease4(link)
        if lease is None:
            there = next((one for one in self._kernel.links() if one.name == link), None)
            return "selecting" if there and there.running and self.is_running(4, link) else "init"
        given, left = lease.seconds(LEASE_TIME), self.remaining(link)
        if given is None or left is None:
            return "bound"
        age = given - left
        if age >= (lease.seconds(T2) or given * 7 // 8):
            return "rebinding"
        return "renewing" if age > (lease.seconds(T1) or given // 2) else "bound"

    def duid(self) -> bytes:
        """What our DHCPv6 clients identify themselves by; empty before the first has run."""
        return Instance(self._folders, "", 6).duid()

    def answered_by(self, link: str) -> str | None:
        """The address of the DHCPv6 server of a link."""
        return self._instance(6, link).answered_by()

    def refresh_at(self, link: str) -> datetime | None:
        """When what a DHCPv6 server told without a lease is to be asked for anew (RFC 8415, 21.23)."""
        lease, at = self.lease6(link), self._instance(6, link).leased_at()
        seconds = lease.first(REFRESH_TIME) if lease else b""
        return at + timedelta(seconds=int.from_bytes(seconds, "big")) if at and len(seconds) == 4 else None

    def known_options(self) -> tuple[int, ...]:
        """The DHCPv6 options that dhcpcd has words for; it is asked once."""
        if self._known_options is None:
            dhcpcd = find_program("dhcpcd")
            told = run([str(dhcpcd), "-V"]) if dhcpcd else ""
            self._known_options = tuple(int(line[:5]) for line in told.splitlines() if CODE6.match(line))
        return self._known_options

    def foreign(self, family: int) -> list[str]:
        """The links for which a client of the machine's own has a lease in force, and none of ours runs."""
        links = [one.name for one in self._kernel.links() if not one.loopback and not self.is_running(family, one.name)]
        return [link for link in links if (self.lease4(link) if family == 4 else self.lease6(link))]

    def renew(self, family: int, link: str) -> None:
        """Ask for the lease again now."""
        self._instance(family, link).renew()

    @cached_property
    def watched_folders(self) -> list[Path]:
        """Where leases are written."""
        machine = [Path(one) for one in ("/run/NetworkManager/devices", "/run/systemd/netif/leases", "/var/lib/dhcp")]
        return [self._folders.leases, *machine, Path("/var/lib/dhcpcd")]

    def watch(self, tell: Callable[[frozenset[str]], None], stop: threading.Event) -> None:
        """Tell "dhcp" after a lease was written or taken back, until ``stop``."""
        make_directory(self._folders.leases)
        with watched(self.watched_folders) as folders:
            while not stop.is_set():
                if folders.wait(LOOK):
                    tell(frozenset({TOPIC}))

    # -- inside -------------------------------------------------------------------------------------------------------

    def _link(self, record: Client4 | Client6) -> str | None:
        return self._place.link_of(record.interface) if record.interface else None

    def _confs(self, wanted: Wanted) -> dict[tuple[int, str], str]:
        """The configuration of each client that is to run."""
        confs = {}
        for _, key, record in _clients(wanted):
            link = self._link(record)
            if not record.enable or link is None or not self._place.may_change(link):
                continue
            if isinstance(record, Client4):
                sent = [one for one in wanted.children(SentOption4, key).values() if one.enable]
                asked = [one for one in wanted.children(RequestedOption4, key).values() if one.enable]
                confs[4, link] = conf4(sent, asked)
            else:
                options = [one for one in wanted.children(SentOption6, key).values() if one.enable]
                confs[6, link] = conf6(link, record, options)
        return confs

    def _check_link(self, link: str, kind: type[Record], key: str, family: int) -> None:
        if not self._place.may_change(link):
            raise NotOurs(f"{link} is not given to the agent ([network] manage)", kind, key, ("enable", "interface"))
        there = next((one for one in self._kernel.links() if one.name == link), None)
        holder = self._machine.holder(link, there.index) if there else None
        if holder is not None and not self.is_running(family, link):
            reason = f"{link} is configured by {holder.name}; to give it to the agent: {holder.next_step}"
            raise NotOurs(reason, kind, key, ("enable", "interface"))

    def _check_options(self, wanted: Wanted, kind: type[Record], key: str) -> None:
        if kind is Client4:
            _check_sent(wanted, SentOption4, key, sent4)
            tags: set[int] = set()
            for name, asked in wanted.children(RequestedOption4, key).items():
                if asked.tag in NEVER_ASKED4:
                    raise Refused(f"option {asked.tag} is not one to ask for", RequestedOption4, name, ("tag",))
                if not asked.enable:
                    continue
                if asked.tag in tags:
                    raise Refused(f"option {asked.tag} is asked for already", RequestedOption4, name, ("tag",))
                tags.add(asked.tag)
            return
        _check_sent(wanted, SentOption6, key, sent6)
        bad = NEVER_ASKED6.intersection(wanted.get(Client6, key).requested_options)
        if bad:
            reason = f"DHCPv6 option {min(bad)} is not one to ask for"
            raise Refused(reason, Client6, key, ("requested_options",))

    def _stop(self, instance: Instance) -> None:
        instance.stop()
        if instance.family == 6:  # dhcpcd made the link-local address itself, and took it away: the kernel's again
            try:
                self._procfs.change_setting(ADDRESS_MODE.format(instance.link), "0")
            except MechanismError:  # the link is gone
                return

    def _foreign4(self, link: str) -> Lease4 | None:
        there = next((one for one in self._kernel.links() if one.name == link), None)
        return self._machine.lease4(link, there.index) if there else None

    def _in_force4(self, link: str, lease: Lease4 | None) -> Lease4 | None:
        return lease if lease and self._address(link, lease.address) else None

    def _in_force6(self, link: str, lease: Lease6 | None) -> Lease6 | None:
        return lease if lease and any(self._address(link, one) for one in lease.addresses) else None

    def _address(self, link: str, address: str) -> Address | None:
        return next((one for one in self._kernel.addresses() if (one.interface, one.address) == (link, address)), None)


def _start(instance: Instance, conf: str) -> bool:
    instance.start(conf)
    return True


def _clients(wanted: Wanted) -> list[tuple[type[Record], str, Client4 | Client6]]:
    four: Mapping[str, Client4] = wanted.of(Client4)
    six: Mapping[str, Client6] = wanted.of(Client6)
    return [
        *((Client4, key, record) for key, record in four.items()),
        *((Client6, key, record) for key, record in six.items()),
    ]


def _check_sent(
    wanted: Wanted,
    kind: type[SentOption4] | type[SentOption6],
    client: str,
    lines: Callable[[int, bytes], list[str]],
) -> None:
    """Each option that is to be sent can be, and none of them twice."""
    tags: set[int] = set()
    options: Mapping[str, SentOption4 | SentOption6] = wanted.children(kind, client)
    for key, option in options.items():
        if not option.enable:
            continue
        if option.tag in tags:
            raise Refused(f"option {option.tag} is sent already", kind, key, ("tag",))
        tags.add(option.tag)
        try:
            lines(option.tag, bytes.fromhex(option.value))
        except Unsendable as reason:
            raise Refused(str(reason), kind, key, ("enable", "tag", "value")) from reason
