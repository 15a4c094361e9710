"""Device.UPnP.Device.: what this machine is to UPnP control points, by daemons that somebody else set up."""

from collections.abc import Callable
from typing import Any, Final

from agent.model.errors import Denied
from agent.model.object import Object, Parameter
from backends.programs import find_program
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.upnp import DAEMONS, Upnp

DEVICE: Final = "Device.UPnP.Device."
KINDS: Final = (
    "UPnPMediaServer",
    "UPnPMediaRenderer",
    "UPnPWLANAccessPoint",
    "UPnPQoSDevice",
    "UPnPQoSPolicyHolder",
    "UPnPIGD",
)
REVISION: Final = 1
"""Of the architecture and of the device types: a later revision of one has to be compatible with the first."""


def upnp_daemons(given: Mechanisms) -> Part | None:
    """The daemons, where any is installed."""
    upnp = Upnp(lambda: [process.command for process in given.procfs.processes()], find_program)
    return Part("upnp", {"upnp": upnp}, forget=[upnp.forget], follows=frozenset()) if upnp.is_installed() else None


def upnp(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Device and its Capabilities. A daemon opens ports for whoever asks: it is its owner who starts and ends it."""
    daemons = mechanisms.upnp
    if daemons is None:
        return []
    switches = [_switch("Enable", daemons.runs), *(_switch(kind, _runs(daemons, kind)) for kind in KINDS)]
    capabilities = [
        Parameter("UPnPArchitecture", lambda _: REVISION),
        Parameter("UPnPBasicDevice", lambda _: REVISION),
        *(Parameter(kind, _revision(daemons, kind)) for kind in KINDS),
    ]
    return [
        Object("Device.UPnP.", lambda: [()], lambda row: row, []),
        Object(
            DEVICE,
            lambda: [()],
            lambda row: row,
            switches,
            backend=mechanisms.own,  # a set of what is so already is answered, and changes nothing
            source=lambda _: "the processes that run",
        ),
        Object(
            f"{DEVICE}Capabilities.",
            lambda: [()],
            lambda row: row,
            capabilities,
            source=lambda _: f"which of {', '.join(DAEMONS)} are installed",
        ),
    ]


def _runs(daemons: Upnp, kind: str) -> Callable[[], bool]:
    return lambda: daemons.runs(kind)


def _revision(daemons: Upnp, kind: str) -> Callable[[Any], int]:
    return lambda _: REVISION if daemons.is_installed(kind) else 0


def _switch(name: str, is_on: Callable[[], bool]) -> Parameter[Any, bool]:
    def keep(_: Any, value: bool) -> None:
        if value != is_on():
            raise Denied("", "the UPnP daemon is its owner's to start and to end")

    return Parameter(name, lambda _: is_on(), keep)
