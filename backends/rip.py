"""RIP version 2 behind its records: which links take part and how, made by a BIRD of our own.

Only what was learned by RIP comes into the kernel's main table, with a metric of its own: worse than any that is
configured, and that by which these routes are known as RIP's. BIRD leaves routes with another metric alone.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from backends.bird import Bird
from backends.desired_state import NotOurs, Pointer, Record, Refused, Wanted
from backends.errors import Missing
from backends.netlink_types import Route, RouteTo

RIP_METRIC: Final = 1 << 30
RIP_PROTOCOL: Final = "bird"
"""The kernel's name of who made the routes: BIRD signs all that it makes, whatever it was learned by."""
RIP_PORT: Final = 520
MOST_ROUTES: Final = 1000
SPEAKABLE: Final = re.compile(r"[A-Za-z0-9_.:@-]{1,15}")
"""Names of links that are patterns for nothing but themselves in BIRD's configuration."""
HEADER: Final = f"""\
# Written by cpe-agent; what is changed here is written over.
log stderr {{ warning, error, fatal, bug }};
router id 0.0.0.1;  # RIP has none, but BIRD wants one
protocol device {{ scan time 10; }}
protocol kernel rip_routes {{
  scan time 20; metric {RIP_METRIC};
  ipv4 {{ import none; export where source = RTS_RIP; }};
}}
"""
IMPORT: Final = f"""import limit {MOST_ROUTES} action block;
    import where net.len = 0 || (net.len > 7 && net !~ [ 0.0.0.0/8+, 127.0.0.0/8+, 169.254.0.0/16+, 224.0.0.0/3+ ]);"""
"""No half of the Internet at once, which would go before a configured default route; and nothing that has no way."""
EXPORT: Final = "export where source = RTS_RIP || source = RTS_DEVICE;"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rip(Record):
    """RIP as a whole."""

    enable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RipInterface(Record):
    """A link's part in it. The link's own network is announced on every link that sends, also by one that does not."""

    enable: bool = False
    interface: Pointer | None = None
    accept_ra: bool = False
    send_ra: bool = False


KINDS: Final[tuple[type[Record], ...]] = (Rip, RipInterface)


class Kernel(Protocol):
    """What is asked of netlink."""

    def routes(self) -> Sequence[Route]:
        """Those of the main table."""

    def delete_route(self, route: Route) -> None:
        """Take one away; Missing when it is gone."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What RIP stands on: which link a row is and whether it is given to the agent, how the ACS is reached, and which
    other program has a UDP port on a link.
    """

    link_of: Callable[[Pointer], str | None]
    may_change: Callable[[str], bool]
    management_path: Callable[[], RouteTo | None]
    blocking: Callable[[int, str], str | None]


class RipService:
    """See backends.desired_state.Service. What is read of BIRD is kept until ``forget``."""

    def __init__(self, bird: Bird, kernel: Kernel, ground: Ground) -> None:
        self._bird = bird
        self._kernel = kernel
        self._ground = ground
        self._up: frozenset[str] | None = None

    def check(self, wanted: Wanted) -> None:
        """See Service. A switched off row is not looked at, but RIP may be off: what is refused is refused at once."""
        taken: set[str] = set()
        for key, row, link in self._rows(wanted):
            if not self._ground.may_change(link):
                reason = f"{link} is not given to the agent: [network] manage, or cpe-agent setup --manage {link}"
                raise NotOurs(reason, RipInterface, key, ("enable", "interface"))
            if not SPEAKABLE.fullmatch(link):
                raise Refused("BIRD has no word for the link of this name", RipInterface, key, ("interface",))
            if link in taken:
                raise Refused(f"{link} has a row already", RipInterface, key, ("interface",))
            taken.add(link)
            speaks = wanted.get(Rip).enable and (row.accept_ra or row.send_ra)
            if speaks and (who := self._ground.blocking(RIP_PORT, link)):
                reason = f"{who} has UDP port {RIP_PORT} on {link} and speaks RIP there: stop it, or let it keep that"
                raise NotOurs(reason, RipInterface, key, ("enable", "interface"))

    def cuts(self, wanted: Wanted) -> bool:
        """Whether the management server is reached by what was learned on a link that learns no more."""
        path = self._ground.management_path()
        if path is None or path.gateway is None:
            return False
        ways = [one for one in self._kernel.routes() if (one.interface, one.gateway) == (path.interface, path.gateway)]
        listening = {link for _, row, link in self._rows(wanted) if row.accept_ra and wanted.get(Rip).enable}
        return bool(ways) and all(is_learned(one) for one in ways) and path.interface not in listening

    def apply(self, wanted: Wanted) -> bool:
        """See Service."""
        configuration = self._rendered(wanted)
        changed = self._bird.make(configuration)
        self._up = None
        if changed and not configuration:
            self._sweep()
        return changed

    def forget(self) -> None:
        """Ask BIRD again for the next request."""
        self._up = None

    def status(self, wanted: Wanted, key: str) -> str:
        """Status of a row, in TR-181's words: Error where it should take part and does not, as without an address."""
        row = wanted.get(RipInterface, key)
        if not (row.enable and wanted.get(Rip).enable):
            return "Disabled"
        found = next(((one, link) for name, one, link in self._usable(wanted) if name == key), None)
        if found is None:
            return "Error_Misconfigured"
        if not (row.accept_ra or row.send_ra):  # its network is told elsewhere, if there is a link to tell it on
            return "Enabled"
        if self._up is None:
            self._up = self._bird.speaks_rip_on()
        return "Enabled" if found[1] in self._up else "Error"

    def is_missing(self, wanted: Wanted) -> bool:
        """Whether BIRD should run and does not."""
        return bool(self._rendered(wanted)) and not self._bird.program.is_running()

    def _rows(self, wanted: Wanted) -> Iterator[tuple[str, RipInterface, str]]:
        """The enabled rows that have a link."""
        for key, row in wanted.of(RipInterface).items():
            link = self._ground.link_of(row.interface) if row.enable and row.interface else None
            if link is not None:
                yield key, row, link

    def _usable(self, wanted: Wanted) -> Iterator[tuple[str, RipInterface, str]]:
        """Those that can take part: what is around a row may have changed since it was checked."""
        taken: set[str] = set()
        for key, row, link in self._rows(wanted):
            if self._ground.may_change(link) and SPEAKABLE.fullmatch(link) and link not in taken:
                taken.add(link)
                yield key, row, link

    def _rendered(self, wanted: Wanted) -> str:
        return render([(link, row) for _, row, link in self._usable(wanted)]) if wanted.get(Rip).enable else ""

    def _sweep(self) -> None:
        """BIRD takes its routes away as it ends; one that was killed did not."""
        for route in [one for one in self._kernel.routes() if is_learned(one)]:
            with suppress(Missing):
                self._kernel.delete_route(route)


def is_learned(route: Route) -> bool:
    """Whether our BIRD made this route: others may run a BIRD of their own, which uses other metrics."""
    return route.protocol == RIP_PROTOCOL and route.metric == RIP_METRIC


def render(rows: Sequence[tuple[str, RipInterface]]) -> str:
    """BIRD's configuration for these links; "" where nobody is to be spoken with.

    Links that only send have an instance of RIP of their own: in one, what must not be believed there would take the
    place of what is heard elsewhere.
    """
    listening = [(link, row) for link, row in rows if row.accept_ra]
    mute = [(link, row) for link, row in rows if row.send_ra and not row.accept_ra]
    if not (listening or mute):
        return ""
    names = ", ".join(f'"{link}"' for link in sorted(link for link, _ in rows))
    parts = [HEADER, f"protocol direct attached {{ ipv4; interface {names}; }}\n"]
    for name, some, imports in (("listening", listening, IMPORT), ("sending", mute, "import none;")):
        links = "".join(_interface(link, row) for link, row in sorted(some, key=lambda one: one[0]))
        if links:
            parts.append(
                f"protocol rip {name} {{\n  ecmp no;\n  ipv4 {{\n    {imports}\n    {EXPORT}\n  }};\n{links}}}\n"
            )
    return "".join(parts)


def _interface(link: str, row: RipInterface) -> str:
    passive = "no" if row.send_ra else "yes"
    return f'  interface "{link}" {{ version 2; version only yes; passive {passive}; }};\n'
