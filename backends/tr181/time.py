"""Device.Time.: the clock, whether something keeps it right, and the time zone."""

from typing import Any, Final

from agent.model.errors import Denied, InvalidValue
from agent.model.object import Object, Parameter
from backends.errors import MechanismError
from backends.tr181.mechanisms import Mechanisms

# adjtimex(2) may be forbidden in a container: then nobody knows, and a clock that may be wrong is not called right.
WORDS: Final = {True: "Synchronized", False: "Unsynchronized", None: "Unsynchronized"}


def time(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Status, CurrentLocalTime and LocalTimeZone; NTP servers belong to the daemon that asks them."""
    system = mechanisms.system
    settings = system.settings

    def set_zone(_: None, posix: str) -> None:
        if not mechanisms.may_change_system:
            raise Denied("", "the time zone is changed only with [system] manage = true")
        try:
            settings.stage_time_zone(posix.replace(" ", ""))  # TR-181's own example has one: EST+5 EDT,M4.1.0/2,…
        except MechanismError as wrong:
            raise InvalidValue("", str(wrong)) from wrong

    parameters: list[Parameter[None, Any]] = [
        Parameter("Status", lambda _: WORDS[system.is_synchronised()]),
        Parameter("CurrentLocalTime", lambda _: system.clock().astimezone(system.time_zone.zone())),
        Parameter("LocalTimeZone", lambda _: settings.time_zone(), set_zone),
    ]
    return [
        Object(
            path="Device.Time.",
            rows=lambda: (None,),
            keys=lambda _: (),
            parameters=parameters,
            backend=settings,
            source=lambda _: "adjtimex(2), clock_gettime(2), /etc/localtime",
        )
    ]
