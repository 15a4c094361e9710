"""Makes the clients of dynamic DNS services what they are wanted to be: a ddclient of ours for each.

One each, because ddclient has one interval, one choice of HTTP or HTTPS and one entry for a name in a process.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from glob import glob
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from backends.desired_state import NotOurs, Pointer, Record, Refused, Wanted, make_each
from backends.dynamic_dns import configuration, reports
from backends.dynamic_dns.configuration import LINK, Unsayable
from backends.dynamic_dns.instance import Folders, Instance, keys_started
from backends.dynamic_dns.records import Client, Hostname, Server
from backends.dynamic_dns.reports import Told
from backends.files import make_directory
from backends.inotify import watched
from backends.netlink_types import MAIN_TABLE, Address, Link, Route

TOPIC: Final = "ddns"
LOOK: Final = 1.0
"""Seconds after which the watch looks whether it is to end."""
SHORTEST_RETRY: Final = 5
"""Seconds between attempts, whatever is wished: a service blocks whoever asks it without a pause."""
SHORTEST_UPDATE: Final = 31
"""Seconds; ddclient publishes another address no sooner after the last."""
RESTART: Final = 30
"""Seconds after which a ddclient that ended by itself is started again."""
TLS: Final = ("/usr/share/perl5", "/usr/local/share/perl/*", "/usr/lib/*/perl5/*", "/etc/perl")
"""Where Perl's modules are, one of which ddclient needs for HTTPS."""


class Kernel(Protocol):
    """What is asked of netlink."""

    def links(self) -> Iterable[Link]:
        """The links that are there."""

    def addresses(self) -> Iterable[Address]:
        """Their addresses."""

    def routes(self) -> Iterable[Route]:
        """The ways to everywhere."""


@dataclass(frozen=True, slots=True)
class Place:
    """What clients stand on: which link a row is, whether it is given to the agent, and whether the system is."""

    link_of: Callable[[Pointer], str | None]
    may_change: Callable[[str], bool]
    may_change_system: bool


class Job(NamedTuple):
    """A client that is to run: with what, for which names, and on which address."""

    conf: str
    names: list[str]
    address: str
    server: Server


class DynamicDns:
    """A service of desired_state, and its own chore; reads are kept until ``forget``."""

    program = "ddclient"

    def __init__(self, kernel: Kernel, place: Place, folders: Folders) -> None:
        self._kernel = kernel
        self._place = place
        self._folders = folders
        self._instances: dict[str, tuple[str, Instance]] = {}
        self._told: dict[str, Mapping[str, Told]] = {}
        self._doing: dict[str, str] = {}
        self._due: dict[str, float] = {}
        self._looked: dict[str, float] = {}
        self.has_tls = any(glob(f"{place}/IO/Socket/SSL.pm") for place in TLS)

    # -- the service --------------------------------------------------------------------------------------------------

    def check(self, wanted: Wanted) -> None:
        """See desired_state.Service."""
        for key, server in wanted.of(Server).items():
            _say(Server, key, lambda one=server: configuration.check_server(one, self.has_tls))  # type: ignore[misc]
        for key, hostname in wanted.of(Hostname).items():
            if hostname.name and not configuration.is_name(hostname.name):
                raise Refused("a full domain name is needed", Hostname, key, ("name",))
        for key, client in wanted.of(Client).items():
            service = wanted.of(Server)[client.server].service if client.server in wanted.of(Server) else ""
            _say(Client, key, lambda one=client, at=service: configuration.check_client(one, at))  # type: ignore[misc]
            self._check_link(key, client)

    def cuts(self, wanted: Wanted) -> bool:  # noqa: ARG002 - the ACS is not reached by it
        """Never."""
        return False

    def apply(self, wanted: Wanted) -> bool:
        """See desired_state.Service; a client whose link has no address is started when it has one."""
        jobs = {key: job for key in wanted.of(Client) if (job := self._job(wanted, key))}
        changed = False
        for key in keys_started(self._folders):
            instance = self._instance(wanted, key)
            if key not in wanted.of(Client) or not wanted.get(Client, key).enable:
                instance.remove()
                self._instances.pop(key, None)
                changed = True
            elif key not in jobs and instance.is_running:
                instance.stop()
                changed = True
        self._due = {}
        try:
            acts = (partial(self._bring, key, job, self._instance(wanted, key)) for key, job in jobs.items())
            return make_each(acts) or changed
        finally:
            self.forget()

    # -- the chore ----------------------------------------------------------------------------------------------------

    def due(self, now: float) -> float | None:  # noqa: ARG002 - known beforehand
        """When a name that is not published is to be tried again (monotonic)."""
        return min(self._due.values(), default=None)

    def postpone(self, now: float) -> None:
        """What is due is being seen to; it is not due again at once."""
        self._due = {key: max(due, now + SHORTEST_RETRY) for key, due in self._due.items()}

    # -- what is so ---------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Read everything anew from now on."""
        self._told.clear()
        self._doing.clear()

    def services(self) -> Sequence[str]:
        """The services that can be asked here."""
        return configuration.services(self.has_tls)

    def protocols(self, server: Server) -> Sequence[str]:
        """How the service of a server can be asked here."""
        return configuration.protocols(server.service, self.has_tls)

    def address_of(self, wanted: Wanted, key: str) -> str | None:
        """The address that the client with a key publishes; None as long as there is none."""
        return self.address(wanted.get(Client, key))

    def address(self, client: Client) -> str | None:
        """The address that a client publishes; None as long as there is none."""
        link = self._link(client)
        there = {one.name for one in self._kernel.links() if one.up}
        if link is None or link not in there or not LINK.fullmatch(link) or link.lower() == "default":
            return None
        held = (one for one in self._kernel.addresses() if one.interface == link)
        return next((one.address for one in held if one.family == 4 and one.scope == "global"), None)

    def is_complete(self, wanted: Wanted, key: str) -> bool:
        """Whether everything is told that a client needs, and its interface is one that it may use."""
        client = wanted.get(Client, key)
        link = self._link(client)
        usable = link is None or self._may(client, link)
        server = wanted.of(Server).get(client.server)
        return usable and not configuration.missing(server, client, _names(wanted, key))

    def doing(self, wanted: Wanted, key: str) -> str:
        """What a client does at this moment, in ddclient's words; "" when it does not run."""
        if key not in self._doing:
            self._doing[key] = self._instance(wanted, key).doing()
        return self._doing[key]

    def told(self, wanted: Wanted, key: str) -> Mapping[str, Told]:
        """What the ddclient of a client keeps of its names."""
        if key not in self._told:
            self._told[key] = self._instance(wanted, key).told()
        return self._told[key]

    def error(self, wanted: Wanted, key: str) -> str:
        """Why a client's last attempt failed; "" when it did not."""
        return self._instance(wanted, key).error()

    def watch(self, tell: Callable[[frozenset[str]], None], stop: threading.Event) -> None:
        """Tell "ddns" after a ddclient of ours has tried something or ended, until ``stop``."""
        folders = [Path(self._folders.run), Path(self._folders.caches)]
        for folder in folders:
            make_directory(folder)
        with watched(folders) as watch:
            while not stop.is_set():
                if any(file.suffix in (".cache", ".log") for file in watch.wait(LOOK)):
                    tell(frozenset({TOPIC}))

    # -- inside -------------------------------------------------------------------------------------------------------

    def _bring(self, key: str, job: Job, instance: Instance) -> bool:
        """Start a client, end one that has failed too often, or have it look again; whether one was started or ended.

        "When the maximum number is reached, no further requests are sent until the context changes."
        """
        is_new = not instance.is_told(job.conf)
        if not is_new:
            instance.observe(job.names, job.address)
            if instance.failures() > job.server.max_retries:
                was_running = instance.is_running
                instance.stop()
                return was_running
        if not is_new and instance.is_running:
            self._look(key, job, instance)
            return False
        pause = instance.started() + RESTART - time.time()
        if not is_new and instance.has_died and 0 < pause <= RESTART:
            self._due[key] = time.monotonic() + pause
            return False
        instance.start(job.conf, job.names)
        self._due[key] = time.monotonic() + max(job.server.retry_interval, SHORTEST_RETRY)
        return True

    def _look(self, key: str, job: Job, instance: Instance) -> None:
        """Have ddclient look again where a name has not the address, as soon as that may be."""
        told = instance.told()
        wrong = [told.get(name) for name in job.names if not reports.is_published(told.get(name), job.address)]
        if not wrong:
            return
        retry = max(job.server.retry_interval, SHORTEST_RETRY)
        tried = max((one.tried for one in wrong if one is not None and one.status != reports.GOOD), default=0)
        now = time.monotonic()
        since = time.time() - tried
        wait = retry + 1 - since if 0 <= since <= retry else 0.0
        wait = max(wait, self._looked.get(key, now - SHORTEST_RETRY) + SHORTEST_RETRY - now)
        if wait <= 0:
            instance.look_again()
            self._looked[key] = now
            wait = retry if None in wrong or tried else SHORTEST_UPDATE
        self._due[key] = now + wait

    def _job(self, wanted: Wanted, key: str) -> Job | None:
        client = wanted.get(Client, key)
        server = wanted.of(Server).get(client.server)
        if not client.enable or server is None or not self.is_complete(wanted, key):
            return None
        link, address = self._link(client), self.address(client)
        if link is None or address is None:
            return None
        names = _names(wanted, key)
        return Job(configuration.render(server, client, names, link, self.has_tls), names, address, server)

    def _instance(self, wanted: Wanted, key: str) -> Instance:
        client = wanted.get(Client, key)
        account = configuration.account(wanted.get(Server, client.server), client)
        if key not in self._instances or self._instances[key][0] != account:
            self._instances[key] = account, Instance(self._folders, key, account)
        return self._instances[key][1]

    def _check_link(self, key: str, client: Client) -> None:
        link = self._link(client)
        if not client.enable or (link is None and client.interface is not None):
            return
        if client.interface is None and not self._place.may_change_system:
            raise NotOurs("without an Interface, [system] manage = true is needed", Client, key, ("interface",))
        if client.interface is not None and link is not None and not self._place.may_change(link):
            reason = f"{link} is not given to the agent ([network] manage)"
            raise NotOurs(reason, Client, key, ("enable", "interface"))

    def _may(self, client: Client, link: str) -> bool:
        return self._place.may_change_system if client.interface is None else self._place.may_change(link)

    def _link(self, client: Client) -> str | None:
        """The link of the interface; that of the default route without one."""
        if client.interface is not None:
            return self._place.link_of(client.interface)
        ways = [
            one
            for one in self._kernel.routes()
            if one.family == 4 and not one.destination and one.table == MAIN_TABLE and one.type == "unicast"
        ]
        return min(ways, key=lambda one: one.metric).interface if ways else None


def _names(wanted: Wanted, key: str) -> list[str]:
    children = wanted.children(Hostname, key).values()
    return list(dict.fromkeys(one.name for one in children if one.enable and one.name))


def _say(kind: type[Record], key: str, check: Callable[[], None]) -> None:
    try:
        check()
    except Unsayable as reason:
        raise Refused(str(reason), kind, key, (reason.field,)) from reason
