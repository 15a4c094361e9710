"""What netifd says of its interfaces: one dump for each request, shared by all who ask; commands, and its events.

A bus that is silent is no error: ``interfaces`` is empty then and ``answers`` says so.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any, Final

from backends.ubus import Bus, BusError, BusService, Call, Subscription

TOPIC: Final = "netifd"
"""What has changed is netifd's: a state of its, or its configuration /etc/config/network."""
OBJECT: Final = "network.interface"
PATIENCE: Final = 2.0
"""Seconds for a command: netifd takes it, and does it later."""


@dataclass(frozen=True, slots=True)
class Address:
    """``peer`` at the other end of a point-to-point link; seconds left, None: for ever."""

    address: str
    mask: int
    peer: str = ""
    preferred: int | None = None
    valid: int | None = None


@dataclass(frozen=True, slots=True)
class Prefix:
    """A delegated prefix, or one that an interface was assigned (``local``: its address of it)."""

    address: str
    mask: int
    preferred: int | None = None
    valid: int | None = None
    local: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """A route; ``nexthop`` an address, unspecified where there is none."""

    target: str
    mask: int
    nexthop: str = ""
    metric: int = 0


@dataclass(frozen=True, slots=True)
class Learnt:
    """What an interface has of its configuration and its protocol."""

    ipv4: tuple[Address, ...] = ()
    ipv6: tuple[Address, ...] = ()
    routes: tuple[Route, ...] = ()
    dns_servers: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface. ``device`` is the link below, ``l3_device`` the one that has the addresses ("" while down);
    ``inactive`` what it was told and may not use (peerdns, defaultroute); ``data`` what the protocol's script added.
    """

    name: str
    proto: str = ""
    up: bool = False
    pending: bool = False
    available: bool = False
    autostart: bool = True
    dynamic: bool = False
    uptime: int = 0
    device: str = ""
    l3_device: str = ""
    active: Learnt = Learnt()
    inactive: Learnt = Learnt()
    prefixes: tuple[Prefix, ...] = ()
    assigned: tuple[Prefix, ...] = ()
    data: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    errors: tuple[str, ...] = ()

    @property
    def link(self) -> str:
        """The link that has the addresses, else the one below it."""
        return self.l3_device or self.device


class NetifdState:
    """The dump is asked for once until ``forget``; by one thread, but for ``watch``."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._interfaces: dict[str, Interface] | None = None
        self._answers = False

    @property
    def answers(self) -> bool:
        """Whether netifd has told anything."""
        self.interfaces()
        return self._answers

    def interfaces(self) -> Mapping[str, Interface]:
        """By name; none while the bus does not answer."""
        if self._interfaces is None:
            try:
                self._interfaces, self._answers = interfaces_told(self._bus.call(OBJECT, "dump")), True
            except BusError:
                self._interfaces, self._answers = {}, False
        return self._interfaces

    def get(self, name: str) -> Interface | None:
        """One of them."""
        return self.interfaces().get(name)

    def links(self) -> dict[str, str]:
        """The link of each that has one, by name."""
        return {name: one.link for name, one in self.interfaces().items() if one.link}

    def forget(self) -> None:
        """What was read may be old."""
        self._interfaces = None

    def renew(self, name: str) -> None:
        """Have an interface ask for its lease again. BusError."""
        self._bus.call(f"{OBJECT}.{name}", "renew", deadline=PATIENCE)
        self.forget()

    def restart(self, name: str) -> None:
        """Take an interface down and up again. BusError."""
        calls = [Call(f"{OBJECT}.{name}", "down"), Call(f"{OBJECT}.{name}", "up")]
        for outcome in self._bus.together(calls, deadline=PATIENCE):
            if isinstance(outcome, BusError):
                raise outcome
        self.forget()

    def watch(self, tell: Callable[[frozenset[str]], None], stop: threading.Event) -> None:
        """Tell "netifd" after each event of an interface, and when netifd or the bus is there anew, until ``stop``."""
        service = BusService(self._bus.path)

        def heard(*_: object) -> None:
            tell(frozenset({TOPIC}))

        service.subscribe(Subscription(OBJECT, heard, heard))
        service.on_connect(heard)
        try:
            service.run(stop)
        finally:
            service.close()


def interfaces_told(dump: Any) -> dict[str, Interface]:
    """The interfaces in an answer of ``network.interface dump``; what cannot be understood is left out."""
    found = {}
    for one in _tables(_table(dump).get("interface")):
        name = _text(one, "interface")
        if name:
            found[name] = _interface(name, one)
    return found


def _interface(name: str, told: Mapping[str, Any]) -> Interface:
    return Interface(
        name=name,
        proto=_text(told, "proto"),
        up=told.get("up") is True,
        pending=told.get("pending") is True,
        available=told.get("available") is True,
        autostart=told.get("autostart") is not False,
        dynamic=told.get("dynamic") is True,
        uptime=_number(told, "uptime") or 0,
        device=_text(told, "device"),
        l3_device=_text(told, "l3_device"),
        active=_learnt(told),
        inactive=_learnt(_table(told.get("inactive"))),
        prefixes=tuple(_prefixes(told.get("ipv6-prefix"))),
        assigned=tuple(_prefixes(told.get("ipv6-prefix-assignment"))),
        data=MappingProxyType(_table(told.get("data"))),
        errors=tuple(code for one in _tables(told.get("errors")) if (code := _text(one, "code"))),
    )


def _learnt(told: Mapping[str, Any]) -> Learnt:
    return Learnt(
        tuple(_addresses(told.get("ipv4-address"), 4)),
        tuple(_addresses(told.get("ipv6-address"), 6)),
        tuple(
            Route(target, _number(one, "mask") or 0, _address(one, "nexthop"), _number(one, "metric") or 0)
            for one in _tables(told.get("route"))
            if (target := _address(one, "target"))
        ),
        tuple(one for one in _list(told.get("dns-server")) if _is_address(one)),
        tuple(one for one in _list(told.get("dns-search")) if isinstance(one, str)),
    )


def _addresses(told: Any, version: int) -> list[Address]:
    return [
        Address(address, mask, _address(one, "ptpaddress"), _number(one, "preferred"), _number(one, "valid"))
        for one in _tables(told)
        if (address := _address(one, "address"))
        and ip_address(address).version == version
        and (mask := _number(one, "mask")) is not None
    ]


def _prefixes(told: Any) -> list[Prefix]:
    return [
        Prefix(
            address, mask, _number(one, "preferred"), _number(one, "valid"),
            _address(_table(one.get("local-address")), "address"),
        )
        for one in _tables(told)
        if (address := _address(one, "address")) and (mask := _number(one, "mask")) is not None
    ]  # fmt: skip


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""


def _number(told: Mapping[str, Any], name: str) -> int | None:
    value = told.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _address(told: Mapping[str, Any], name: str) -> str:
    value = _text(told, name)
    return value if _is_address(value) else ""


def _is_address(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(ip_address(value))
    except ValueError:
        return False


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _tables(value: Any) -> list[dict[str, Any]]:
    return [one for one in _list(value) if isinstance(one, dict)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
