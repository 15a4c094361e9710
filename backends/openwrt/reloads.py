"""After a change of UCI exactly the services concerned are told, once, when all of it is committed or taken back."""

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from backends.commands import Run, run
from backends.errors import MechanismError, Missing
from backends.ubus import Bus, BusError, Call

log = logging.getLogger(__name__)

SECONDS: Final = 20.0
"""An init script's time on a slow device."""
PATIENCE: Final = 2.0


@dataclass(frozen=True, slots=True)
class Service:
    """Who makes a package's configuration so. ``calls``: what is asked of the bus instead of telling procd. ``action``:
    what its script is told; ``by_script``: nobody else can be told, since procd knows of no trigger of it.
    """

    scripts: Sequence[str]
    calls: Sequence[tuple[str, str]] = ()
    action: str = "reload"
    by_script: bool = False


NETWORK: Final = Service(("network",), (("network", "reload"),))

SERVICES: Final[dict[str, Service]] = {
    "network": NETWORK,
    "wireless": NETWORK,
    "dhcp": Service(("dnsmasq", "odhcpd")),
    "firewall": Service(("firewall",)),
    "system": Service(("system", "sysntpd", "log")),
    # Of /etc/config/system too, but procd knows of no trigger of it.
    "led": Service(("led",), action="restart", by_script=True),
    "dropbear": Service(("dropbear",)),
    "uhttpd": Service(("uhttpd",)),
    "upnpd": Service(("miniupnpd",)),
    # procd knew of no trigger until 2026, and lets updaters run on with what they read when they began since.
    "ddns": Service(("ddns",), action="restart", by_script=True),
    "sqm": Service(("sqm",)),
    "qos": Service(("qos",), action="restart", by_script=True),
    "rpcd": Service(("rpcd",)),
}
"""By package. One that is not here is told of to procd, which knows what else is triggered by it."""
ORDER: Final = ("network", "wireless", "firewall", "dhcp")
"""What others stand on is told first."""


class Reloads:
    """Notes packages, and tells their services when it is time."""

    def __init__(self, bus: Bus, run: Run = run) -> None:
        self._bus = bus
        self._run = run
        self._noted: set[str] = set()

    def note(self, packages: Collection[str]) -> None:
        """These were written, or put back."""
        self._noted |= set(packages)

    def settle(self) -> None:
        """Tell the services of what was noted. MechanismError where one could not be; the others are told."""
        noted, self._noted = self._noted, set()
        failures = [error for one in _steps(noted) if (error := self._told(*one)) is not None]
        if failures:
            raise failures[0]

    def _told(self, call: Call, service: Service) -> MechanismError | None:
        if service.by_script:
            return self._started(service)
        try:
            self._bus.call(call.path, call.method, call.values, deadline=PATIENCE)
        except BusError as silent:
            log.warning("%s; the init scripts are started instead", silent)
            return self._started(service)
        log.info("told %s %s", call, dict(call.values) or "")
        return None

    def _started(self, service: Service) -> MechanismError | None:
        """Each that is installed: which of those of a table are differs from device to device."""
        failure: MechanismError | None = None
        for script in service.scripts:
            try:
                self._run((f"/etc/init.d/{script}", service.action), seconds=SECONDS, leaves_daemons=True)
                log.info("started /etc/init.d/%s %s", script, service.action)
            except Missing:
                continue
            except MechanismError as error:
                failure = failure or error
        return failure


def _steps(packages: Collection[str]) -> Iterator[tuple[Call, Service]]:
    seen: set[Call] = set()
    places = {package: place for place, package in enumerate(ORDER)}
    for package in sorted(packages, key=lambda one: (places.get(one, len(ORDER)), one)):
        service = SERVICES.get(package, Service((package,)))
        for call in [Call(*one) for one in service.calls] or [changed(package)]:
            if _known(call) not in seen:
                seen.add(_known(call))
                yield call, service


def changed(package: str) -> Call:
    """What tells procd, as OpenWrt's ``reload_config`` does, that a package was changed."""
    data: dict[str, Any] = {"type": "config.change", "data": {"package": package}}
    return Call("service", "event", data)


def _known(call: Call) -> Any:
    return call.path, call.method, repr(call.values)
