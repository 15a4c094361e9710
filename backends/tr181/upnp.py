"""Device.UPnP.Device.: what this machine is to UPnP control points, by a gateway of ours or by others' daemons."""

from collections.abc import Callable
from typing import Any, Final

from agent.model.errors import Denied
from agent.model.object import Object, Parameter
from backends.desired_state import SINGLE
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.upnp_gateway import DEVICE, TOPIC, UpnpTables
from backends.upnp import DAEMONS, GATEWAY
from backends.upnp_gateway import UpnpDevice

OTHERS: Final = (
    "UPnPMediaServer",
    "UPnPMediaRenderer",
    "UPnPWLANAccessPoint",
    "UPnPQoSDevice",
    "UPnPQoSPolicyHolder",
)
REVISION: Final = 1
"""Of the architecture and of the device types: a later revision of one has to be compatible with the first."""


def upnp(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Device and its Capabilities. What others set up is told of, and theirs to start and to end."""
    tables = mechanisms.upnp
    if tables is None:
        return []
    daemons = tables.daemons
    switches = [
        _own_switch(tables, "Enable", "enable", daemons.runs),
        _own_switch(tables, GATEWAY, "gateway", lambda: daemons.runs(GATEWAY)),
        *(_switch(kind, _runs(tables, kind)) for kind in OTHERS),
    ]
    capabilities = [
        Parameter("UPnPArchitecture", lambda _: REVISION),
        Parameter("UPnPArchitectureMinorVer", lambda _: 1 if daemons.is_installed(GATEWAY) else 0),
        Parameter("UPnPBasicDevice", lambda _: REVISION),
        *(Parameter(kind, _revision(tables, kind)) for kind in (*OTHERS, GATEWAY)),
    ]
    return [
        Object("Device.UPnP.", lambda: [()], lambda row: row, []),
        Object(
            DEVICE,
            lambda: [()],
            lambda row: row,
            switches,
            changed_by=(TOPIC,),
            backend=tables,
            source=lambda _: "what is configured for miniupnpd, and the processes of others",
        ),
        Object(
            f"{DEVICE}Capabilities.",
            lambda: [()],
            lambda row: row,
            capabilities,
            source=lambda _: f"which of {', '.join(DAEMONS)} are installed",
        ),
    ]


def _own_switch(tables: UpnpTables, name: str, field: str, runs: Callable[[], bool]) -> Parameter[Any, bool]:
    """One that is of the gateway of ours, as long as nobody else's runs. Ours can always be switched off."""

    def keep(_: Any, value: bool) -> None:
        is_ours = getattr(tables.wanted.get(UpnpDevice), field)
        if runs() and not value and not is_ours:
            raise Denied("", "the UPnP daemon that runs is its owner's to end")
        if is_ours or not runs():
            tables.edit(UpnpDevice, SINGLE, **{field: value})

    return Parameter(name, lambda _: runs() or getattr(tables.wanted.get(UpnpDevice), field), keep)


def _switch(name: str, is_on: Callable[[], bool]) -> Parameter[Any, bool]:
    def keep(_: Any, value: bool) -> None:
        if value != is_on():
            raise Denied("", "the UPnP daemon is its owner's to start and to end")

    return Parameter(name, lambda _: is_on(), keep)


def _runs(tables: UpnpTables, kind: str) -> Callable[[], bool]:
    return lambda: tables.daemons.runs(kind)


def _revision(tables: UpnpTables, kind: str) -> Callable[[Any], int]:
    return lambda _: REVISION if tables.daemons.is_installed(kind) else 0
