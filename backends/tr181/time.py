"""Device.Time.: the clock, who keeps it right, and the time zone."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol

from agent.model.errors import Denied, InvalidValue
from agent.model.object import Object, Parameter
from backends.clock_watch import watch_clock
from backends.desired_state import SINGLE, Record, Service
from backends.errors import MechanismError
from backends.ntp import KINDS, OURS, SERVES, Client, Clock, Ntp, Server, is_server
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.service import TableService, only, target_of

# adjtimex(2) may be forbidden in a container: then nobody knows, and a clock that may be wrong is not called right.
WORDS: Final = {True: "Synchronized", False: "Unsynchronized", None: "Unsynchronized"}
CLIENT: Final = "Device.Time.Client.{i}."
SERVER: Final = "Device.Time.Server.{i}."
TABLES: Final[dict[type[Record], str]] = {Clock: "Device.Time.", Client: CLIENT, Server: SERVER}
FOUND: Final = "found"
NTP_PORT: Final = 123


class Keeper(Service, Protocol):
    """Who keeps the clock right."""

    def name(self) -> str:
        """What the daemon is called; "" where there is none."""

    def found_servers(self) -> Sequence[str]:
        """The servers that it knows otherwise than from here."""

    def asks_found(self) -> bool:
        """Whether it asks them beside those that were set here."""

    def is_failing(self) -> bool:
        """Whether it should run, and does not."""


class NtpClock(TableService):
    """The NTP daemon's desired state, and the daemon to read."""

    kinds: ClassVar[Sequence[type[Record]]] = KINDS
    topics: ClassVar[tuple[str, ...]] = ("clock",)

    def __init__(self, ntp: Keeper) -> None:
        super().__init__("time", self.kinds, ntp, TABLES)
        self.daemon = ntp

    def client(self) -> Client:
        """What was set here."""
        return self.wanted.get(Client, OURS)

    def is_enabled(self) -> bool:
        """Whether the clock is kept right at all."""
        return self.wanted.get(Clock).enable


def ntp_clock(mechanisms: Mechanisms) -> Part | None:
    """The NTP daemon as a service, and the clock as something that tells when it is set."""
    system = mechanisms.system

    def watch(tell: Callable[[frozenset[str]], None], stop: threading.Event) -> None:
        watch_clock(tell, stop, system.is_synchronised)

    found = Ntp(mechanisms.system.root)
    clock = NtpClock(found) if found.is_installed() else None
    return Part("time", {"ntp": clock}, clock, [found.forget], watch, follows=frozenset())


def time(mechanisms: Mechanisms) -> list[Object[Any]]:
    """The clock and its zone, which every machine has; NTP where one of its daemons is installed."""
    return [_clock(mechanisms), *(_ntp(mechanisms, mechanisms.ntp) if mechanisms.ntp else ())]


def _clock(mechanisms: Mechanisms) -> Object[None]:
    system, ntp = mechanisms.system, mechanisms.ntp
    settings = system.settings

    def set_zone(_: None, posix: str) -> None:
        _refuse_unless_allowed(mechanisms, "the time zone")
        try:
            settings.stage_time_zone(posix.replace(" ", ""))  # TR-181's own example has one: EST+5 EDT,M4.1.0/2,…
        except MechanismError as wrong:
            raise InvalidValue("", str(wrong)) from wrong

    def status(_: None) -> str:
        return "Disabled" if ntp and not ntp.is_enabled() else _word(mechanisms)

    return Object(
        path="Device.Time.",
        rows=lambda: (None,),
        keys=lambda _: (),
        parameters=[
            Parameter("Status", status),
            Parameter("CurrentLocalTime", lambda _: system.clock().astimezone(system.time_zone.zone())),
            Parameter("LocalTimeZone", lambda _: settings.time_zone(), set_zone),
        ],
        changed_by=("clock", *settings.topics),
        backend=settings,
        source=lambda _: "adjtimex(2), clock_gettime(2), /etc/localtime",
    )


def _word(mechanisms: Mechanisms) -> str:
    """How the clock is."""
    is_right = mechanisms.system.is_synchronised()
    fails = mechanisms.ntp is not None and not is_right and mechanisms.ntp.daemon.is_failing()
    return "Error" if fails else WORDS[is_right]


def _refuse_unless_allowed(mechanisms: Mechanisms, what: str) -> None:
    if not mechanisms.may_change_system:
        raise Denied("", f"{what} is changed only with [system] manage = true")


@dataclass(frozen=True, slots=True)
class _Row:
    """A client: ours, or what the daemon's own configuration has it do."""

    key: str
    enable: bool
    servers: tuple[str, ...]


def _ntp(mechanisms: Mechanisms, ntp: NtpClock) -> list[Object[Any]]:
    def source(_: Any) -> str:
        name = ntp.daemon.name()
        return f"the configuration of {name}" if name else ""

    def enable(_: None, wanted: bool) -> None:
        _refuse_unless_allowed(mechanisms, "the NTP daemon")
        ntp.edit(Clock, SINGLE, enable=wanted)

    return [
        Object(
            path="Device.Time.",
            rows=lambda: (None,) if ntp.daemon.name() else (),
            keys=lambda _: (),
            parameters=[
                Parameter("Enable", lambda _: ntp.is_enabled(), enable),
                *(_server(mechanisms, ntp, place) for place in range(5)),
            ],
            changed_by=ntp.topics,
            backend=ntp,
            source=source,
        ),
        Object(
            path=CLIENT,
            rows=lambda: _clients(ntp),
            keys=lambda row: (row.key,),
            parameters=_client_parameters(mechanisms, ntp),
            changed_by=ntp.topics,
            backend=ntp,
            source=source,
        ),
        *([_serving(mechanisms, ntp, source)] if Server in ntp.kinds else ()),
    ]


def _server(mechanisms: Mechanisms, ntp: NtpClock, place: int) -> Parameter[None, str]:
    """NTPServer1 to 5: no longer in TR-181, and what most ACSs know. They show what was set, else what was found."""

    def read(_: None) -> str:
        shown: Sequence[str] = ntp.client().servers or ntp.daemon.found_servers()
        return shown[place] if place < len(shown) else ""

    def store(row: None, text: str) -> None:
        if text == read(row):
            return
        _refuse_unless_allowed(mechanisms, "an NTP server")
        servers = ntp.client().servers
        if not text and not servers:
            raise Denied("", "this server stands in the daemon's own configuration, which is never changed")
        padded = [*servers, *[""] * (place + 1 - len(servers))]
        padded[place] = _checked(text) if text else ""
        while padded and not padded[-1]:
            padded.pop()
        ntp.edit(Client, OURS, servers=tuple(padded))

    return Parameter(f"NTPServer{place + 1}", read, store)


def _checked(server: str) -> str:
    if not is_server(server):
        raise InvalidValue("", f"{server!r} is neither a host name nor an IP address")
    return server


def _clients(ntp: NtpClock) -> Iterable[_Row]:
    if not ntp.daemon.name():
        return
    ours = ntp.client()
    yield _Row(OURS, ours.enable, tuple(filter(None, ours.servers)))
    found = ntp.daemon.found_servers()
    if found and (ntp.daemon.asks_found() or not ours.in_force):
        yield _Row(FOUND, True, tuple(found))


def _client_parameters(mechanisms: Mechanisms, ntp: NtpClock) -> list[Parameter[_Row, Any]]:
    def status(row: _Row) -> str:
        works = row.enable and row.servers and ntp.is_enabled()
        return _word(mechanisms) if works else "Disabled"

    def edit(row: _Row, **values: Any) -> None:
        if row.key == FOUND:
            raise Denied("", "this client is the daemon's own configuration, which is never changed")
        _refuse_unless_allowed(mechanisms, "an NTP client")
        ntp.edit(Client, OURS, **values)

    def store_servers(row: _Row, servers: Sequence[str]) -> None:
        edit(row, servers=tuple(_checked(server) for server in servers))

    store_enable: Callable[[_Row, bool], None] = lambda row, enable: edit(row, enable=enable)  # noqa: E731
    return [
        Parameter("Enable", lambda row: row.enable, store_enable),
        Parameter("Status", status),
        *_unicast("client"),
        Parameter("Servers", lambda row: row.servers, store_servers),
    ]


def _unicast(what: str) -> list[Parameter[Any, Any]]:
    """What the daemons of Linux can be, and nothing else."""

    def fixed(name: str, it: Any) -> Parameter[Any, Any]:
        def store(_: Any, value: Any) -> None:
            if value != it:
                raise InvalidValue("", f"this {what} can only have {it}")

        return Parameter(name, lambda _: it, store)

    return [fixed("Mode", "Unicast"), fixed("Port", NTP_PORT), fixed("Version", 4)]


def _serving(mechanisms: Mechanisms, ntp: NtpClock, source: Callable[[Any], str]) -> Object[None]:
    """Who tells others the time: the daemon itself, where it can."""

    def status(_: None) -> str:
        if not (ntp.is_enabled() and ntp.wanted.get(Server, SERVES).enable):
            return "Down"
        return "Error" if ntp.daemon.is_failing() else "Up"

    def edit(**values: Any) -> None:
        _refuse_unless_allowed(mechanisms, "the NTP server")
        ntp.edit(Server, SERVES, **values)

    return Object(
        path=SERVER,
        rows=lambda: (None,) if ntp.daemon.name() else (),
        keys=lambda _: (SERVES,),
        parameters=[
            Parameter("Enable", lambda _: ntp.wanted.get(Server, SERVES).enable, lambda _, enable: edit(enable=enable)),
            Parameter("Status", status),
            *_unicast("server"),
            Parameter(
                "Interface",
                lambda _: target_of(ntp.wanted.get(Server, SERVES).interface),
                lambda _, row: edit(interface=only(IP_INTERFACE)(row)),
            ),
        ],
        changed_by=ntp.topics,
        backend=ntp,
        source=source,
    )
