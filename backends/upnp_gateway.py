"""A UPnP Internet gateway of our own: miniupnpd with a table of the packet filter for it alone."""

import logging
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from backends.commands import Run, run
from backends.desired_state import NotOurs, Record, Wanted
from backends.errors import MechanismError, Missing
from backends.files import read_text, write_if_different
from backends.nftables import Chain, Hook, Nftables, Table
from backends.programs import Program, find_program

log = logging.getLogger(__name__)

PROGRAM: Final = "miniupnpd"
TABLE: Final = "cpe_agent_upnp"
FORWARD, BEFORE, AFTER = "forward", "prerouting", "postrouting"
CHAINS: Final = (
    Chain(FORWARD, (), Hook("filter", "forward", -5)),
    Chain(BEFORE, (), Hook("nat", "prerouting", -95)),  # what was set by the ACS or by hand comes first
    Chain(AFTER, (), Hook("nat", "postrouting", 105)),
)
"""miniupnpd puts its rules straight into them."""
LISTENS: Final = "HTTP listening on port"
MAPPING: Final = re.compile(r"(TCP|UDP):(\d{1,5}):([\d.]{7,15}):(\d{1,5}):(\d{1,10}):(.*)")
ESCAPED: Final = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}
"""It keeps a description as it stood in the XML."""
NEXT_STEP: Final = "let the router before this one pass its address on (bridge mode), or map the ports there"
FIRST_PORT: Final = 1024
"""The first that a host inside may have mapped: those below are the services' that everybody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpnpDevice(Record):
    """Whether there is UPnP of ours at all, and whether the gateway is."""

    enable: bool = False
    gateway: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Between which links the gateway stands: ``outside`` "" where none leads there; inside, links with their IPv4
    networks. ``own_ports`` are not given away; ``identity`` tells this gateway from another (a UUID); ``address`` is
    the IPv4 address outside, "" where there is none yet.
    """

    outside: str
    inside: tuple[tuple[str, tuple[str, ...]], ...]
    own_ports: tuple[int, ...]
    identity: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a host asked for. ``expires`` in Unix time; 0: never."""

    protocol: str
    external_port: int
    address: str
    internal_port: int
    expires: int
    description: str


class UpnpGateway:
    """See backends.desired_state.Service. ``nftables`` is None where there is none; ``has_other`` tells whether a
    gateway of somebody else's runs; ``enter`` begins the command line. ``directory`` is for it alone.
    """

    def __init__(
        self,
        directory: Path,
        nftables: Nftables | None,
        place: Callable[[], Place | None],
        has_other: Callable[[], bool],
        enter: Sequence[str] = (),
        command: Run = run,
    ) -> None:
        self._configuration = directory / "miniupnpd.conf"
        self._leases = directory / "leases"
        self._process = directory / "process"
        self._nftables = nftables
        self._place = place
        self._has_other = has_other
        self._enter = tuple(enter)
        self._command = command
        self._mapped: list[Mapped] | None = None
        self._said = ""
        self.program = Program(PROGRAM, directory)

    def forget(self) -> None:
        """Read again for the next request."""
        self._mapped = None

    def mapped(self) -> Sequence[Mapped]:
        """What hosts inside asked for and have."""
        if self._mapped is None:
            self._mapped = list(mappings(read_text(self._leases) or ""))
        return self._mapped

    def link(self) -> str:
        """The link that mappings are of."""
        place = self._place()
        return place.outside if place else ""

    def trouble(self, wanted: Wanted) -> str:
        """Why no host inside gets what it asks for although the gateway runs, in a sentence; "" where it does."""
        place = self._place() if is_on(wanted) else None
        if place is None or not place.address or ip_address(place.address).is_global:
            return ""
        return f"UPnP maps no port: {place.address} on {place.outside} is no address of the Internet's"

    # -- the service --------------------------------------------------------------------------------------------------

    def check(self, wanted: Wanted) -> None:
        """See Service."""
        if not is_on(wanted):
            return
        if self._nftables is None:
            raise self._refused("libnftables or nf_tables of the kernel is absent, or not for the agent to use")
        if find_program(PROGRAM) is None:
            raise self._refused("miniupnpd is not installed (package miniupnpd-nftables)")
        if "nftables" not in self._command((PROGRAM, "--version")):
            raise self._refused("miniupnpd is made for iptables here: install the package miniupnpd-nftables")
        if self._has_other():
            raise self._refused("somebody else's miniupnpd runs here: systemctl disable --now miniupnpd ends it")
        if self._place() is None:
            raise self._refused("no link is in [network] manage")

    def cuts(self, wanted: Wanted) -> bool:  # noqa: ARG002 - the agent's own ports are not given away
        """Never."""
        return False

    def apply(self, wanted: Wanted) -> bool:
        """See Service. Where a link is missing, the gateway waits for it."""
        self._say(self.trouble(wanted))
        place = self._place() if is_on(wanted) else None
        if place is None or not place.outside or not place.inside or self._nftables is None:
            return self._end()
        text = self._rendered(place)
        is_there = self.program.is_running() and self._nftables.is_there(TABLE)
        if is_there and read_text(self._configuration) == text.strip():
            return False
        self._start(text, self._nftables)
        return True

    def _say(self, trouble: str) -> None:
        if trouble and trouble != self._said:
            log.warning("%s; %s", trouble, NEXT_STEP)
        self._said = trouble

    def _start(self, text: str, nftables: Nftables) -> None:
        """With a table that is empty: it puts there by its leases what was."""
        found = find_program(PROGRAM)
        if found is None:
            raise Missing("miniupnpd is not installed")
        self.program.stop()
        nftables.bring_to(Table(TABLE))
        nftables.bring_to(Table(TABLE, CHAINS))
        write_if_different(self._configuration, text)
        with open(self._leases, "ab"):  # it complains where there is none
            pass
        arguments = [*self._enter, str(found), "-d", "-f", str(self._configuration), "-P", str(self._process)]
        try:
            self.program.start(arguments, lambda: LISTENS in self.program.last_words())
        except MechanismError:
            nftables.bring_to(Table(TABLE))
            raise

    def _end(self) -> bool:
        was_there = os.path.exists(self._configuration)
        if was_there:
            self.program.stop()
            if self._nftables is not None:
                self._nftables.bring_to(Table(TABLE))
            for path in (self._leases, self._process, self._configuration):
                path.unlink(missing_ok=True)
        return was_there

    def _rendered(self, place: Place) -> str:
        lines = [
            f"ext_ifname={place.outside}",
            *(f"listening_ip={link}" for link, _ in place.inside),
            "http_port=0", "enable_upnp=yes", "enable_natpmp=no", "ipv6_disable=yes", "secure_mode=yes",
            "system_uptime=yes", f"uuid={place.identity}", f"lease_file={self._leases}",
            f"upnp_table_name={TABLE}", f"upnp_nat_table_name={TABLE}", f"upnp_forward_chain={FORWARD}",
            f"upnp_nat_chain={BEFORE}", f"upnp_nat_postrouting_chain={AFTER}",
            *(f"deny {port} 0.0.0.0/0 0-65535" for port in place.own_ports),
            *(f"allow {FIRST_PORT}-65535 {one} {FIRST_PORT}-65535" for _, some in place.inside for one in some),
            "deny 0-65535 0.0.0.0/0 0-65535",
        ]  # fmt: skip
        return "".join(f"{line}\n" for line in lines)

    def _refused(self, reason: str) -> NotOurs:
        return NotOurs(reason, UpnpDevice, "", ("enable", "gateway"))


def is_on(wanted: Wanted) -> bool:
    """Whether the gateway is to be."""
    device = wanted.get(UpnpDevice)
    return device.enable and device.gateway


def mappings(text: str) -> Iterator[Mapped]:
    """What a file of leases says."""
    for line in text.splitlines():
        if found := MAPPING.fullmatch(line):
            protocol, outer, address, inner, expires, description = found.groups()
            for written, meant in ESCAPED.items():
                description = description.replace(written, meant)
            yield Mapped(protocol, int(outer), address, int(inner), int(expires), description)
