"""``ManagementServer.``: how agent and ACS find and speak to each other, as parameters over the agent's own values."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from agent.cwmp.acs_url import check_acs_url
from agent.cwmp.event_queue import VALUE_CHANGE, kind_of
from agent.cwmp.heartbeat import SHORTEST_INTERVAL
from agent.cwmp.inform import InformParameter
from agent.cwmp.planned_reboot import DELAY_REBOOT, NO_DELAY, SCHEDULE_REBOOT
from agent.cwmp.retry import DEFAULT_MINIMUM_WAIT, DEFAULT_MULTIPLIER
from agent.cwmp.schedule import Recurrence
from agent.model.errors import InvalidValue, ModelError
from agent.model.object import Object, Parameter
from agent.model.own_values import OwnValues
from agent.model.path import ParameterPath
from agent.model.schema import Schema, template_of

log = logging.getLogger(__name__)

PREFIX: Final = "ManagementServer."
PARAMETER_KEY: Final = "ManagementServer.ParameterKey"
URL: Final = "ManagementServer.URL"
PASSWORD: Final = "ManagementServer.Password"  # noqa: S105 - a parameter's name
CREDENTIALS: Final = ("ManagementServer.Username", PASSWORD)
ENABLE_CWMP: Final = "ManagementServer.EnableCWMP"
_INFORM_PARAMETERS: Final = "ManagementServer.InformParameter"

TRANSFER_POLICY: Final = "AutonomousTransferCompletePolicy."
UNIT_POLICY: Final = "DUStateChangeComplPolicy."

NO_COMPRESSION: Final = "Disabled"
COMPRESSIONS: Final = ("GZIP", "Deflate")

DEFAULTS: Final[dict[str, Any]] = {
    ENABLE_CWMP: True,
    URL: "",
    "ManagementServer.Username": "",
    "ManagementServer.Password": "",
    "ManagementServer.PeriodicInformEnable": True,
    "ManagementServer.PeriodicInformInterval": 3600,
    "ManagementServer.PeriodicInformTime": "",
    PARAMETER_KEY: "",
    "ManagementServer.ConnectionRequestUsername": "",
    "ManagementServer.ConnectionRequestPassword": "",
    "ManagementServer.DefaultActiveNotificationThrottle": 0,
    "ManagementServer.CWMPRetryMinimumWaitInterval": DEFAULT_MINIMUM_WAIT,
    "ManagementServer.CWMPRetryIntervalMultiplier": DEFAULT_MULTIPLIER,
    "ManagementServer.HTTPConnectionRequestEnable": True,
    "ManagementServer.InstanceMode": "InstanceNumber",
    "ManagementServer.AutoCreateInstances": False,
    "ManagementServer.HTTPCompression": NO_COMPRESSION,
    "ManagementServer.UpgradesManaged": False,
    SCHEDULE_REBOOT: "",
    DELAY_REBOOT: NO_DELAY,
    "ManagementServer.AutonomousTransferCompletePolicy.Enable": False,
    "ManagementServer.AutonomousTransferCompletePolicy.TransferTypeFilter": "Both",
    "ManagementServer.AutonomousTransferCompletePolicy.ResultTypeFilter": "Both",
    "ManagementServer.AutonomousTransferCompletePolicy.FileTypeFilter": [],
    "ManagementServer.DUStateChangeComplPolicy.Enable": False,
    "ManagementServer.DUStateChangeComplPolicy.OperationTypeFilter": [],
    "ManagementServer.DUStateChangeComplPolicy.ResultTypeFilter": "Both",
    "ManagementServer.DUStateChangeComplPolicy.FaultCodeFilter": [],
    "ManagementServer.HeartbeatPolicy.Enable": False,
    "ManagementServer.HeartbeatPolicy.ReportingInterval": SHORTEST_INTERVAL,
    "ManagementServer.HeartbeatPolicy.InitiationTime": "",
    _INFORM_PARAMETERS: [],
}
"""Every own value that is read here, with its value in a new device; times are ISO text, "" the Unknown Time."""


# --- what others need to know ----------------------------------------------------------------------------------------


def acs_identity(own: OwnValues) -> str:
    """What makes the ACS another one when it changes (TR-069 §3.7.1.5, BOOTSTRAP); "" while none is configured."""
    return str(own.get(URL))


def periodic_inform(own: OwnValues) -> Recurrence:
    """When periodic Informs are due."""
    return Recurrence(
        enabled=own.get("ManagementServer.PeriodicInformEnable"),
        interval=own.get("ManagementServer.PeriodicInformInterval"),
        reference=_unix(own.get("ManagementServer.PeriodicInformTime")),
    )


def heartbeat_policy(own: OwnValues) -> Recurrence:
    """When heartbeats are due."""
    return Recurrence(
        enabled=own.get("ManagementServer.HeartbeatPolicy.Enable"),
        interval=own.get("ManagementServer.HeartbeatPolicy.ReportingInterval"),
        reference=_unix(own.get("ManagementServer.HeartbeatPolicy.InitiationTime")),
    )


def inform_parameters(own: OwnValues) -> tuple[InformParameter, ...]:
    """What the enabled rows of the InformParameter table add to an Inform."""
    return tuple(
        InformParameter(row["name"], frozenset(row["events"]))
        for row in own.get(_INFORM_PARAMETERS)
        if row["enable"] and row["name"]
    )


# --- the objects -----------------------------------------------------------------------------------------------------


def management_server(
    root: str, own: OwnValues, schema: Schema, connection_request_url: Callable[[], str]
) -> list[Object[Any]]:
    """The objects below ``root`` ("Device."). ``connection_request_url`` is asked for at each reading, "" without one.

    What follows from a change is for the owner to see: another ACS (``acs_identity``), other timers
    (``periodic_inform``, ``heartbeat_policy``), another listener or credentials.
    """
    return [
        Object(
            path=root + PREFIX,
            rows=lambda: (None,),
            keys=lambda _row: (),
            parameters=[*_parameters(own, connection_request_url)],
            changed_by=("own", "address", "route"),
            backend=own,
        ),
        Object(
            path=root + "ManagementServer.HeartbeatPolicy.",
            rows=lambda: (None,),
            keys=lambda _row: (),
            parameters=[
                _stored(own, "Enable", below="HeartbeatPolicy."),
                _stored(own, "ReportingInterval", below="HeartbeatPolicy."),
                _time(own, "InitiationTime", below="HeartbeatPolicy."),
            ],
            changed_by=("own",),
            backend=own,
        ),
        _policy(root, own, TRANSFER_POLICY, ("Enable", "TransferTypeFilter", "ResultTypeFilter", "FileTypeFilter")),
        _policy(root, own, UNIT_POLICY, ("Enable", "OperationTypeFilter", "ResultTypeFilter", "FaultCodeFilter")),
        _inform_parameter(root, own, schema),
    ]


def _policy(root: str, own: OwnValues, below: str, names: Sequence[str]) -> Object[None]:
    """Of what the ACS wants to hear although it did not ask for it."""
    return Object(
        path=root + PREFIX + below,
        rows=lambda: (None,),
        keys=lambda _row: (),
        parameters=[_stored(own, name, below=below) for name in names],
        changed_by=("own",),
        backend=own,
    )


def _parameters(own: OwnValues, connection_request_url: Callable[[], str]) -> list[Parameter[None, Any]]:
    def reachable_at(_row: None) -> str:
        return connection_request_url() if own.get("ManagementServer.HTTPConnectionRequestEnable") else ""

    return [
        _stored(own, "EnableCWMP", _warn_of_silence),
        _url(own),
        _stored(own, "Username"),
        _stored(own, "Password"),
        _stored(own, "PeriodicInformEnable"),
        _stored(own, "PeriodicInformInterval"),
        _time(own, "PeriodicInformTime"),
        _time(own, "ScheduleReboot"),
        _stored(own, "DelayReboot"),
        _stored(own, "UpgradesManaged"),
        Parameter("ParameterKey", lambda _row: own.get(PARAMETER_KEY)),
        Parameter("ConnectionRequestURL", reachable_at),
        _stored(own, "ConnectionRequestUsername"),
        _stored(own, "ConnectionRequestPassword"),
        _stored(own, "DefaultActiveNotificationThrottle"),
        _stored(own, "CWMPRetryMinimumWaitInterval"),
        _stored(own, "CWMPRetryIntervalMultiplier"),
        _stored(own, "HTTPConnectionRequestEnable"),
        Parameter("AliasBasedAddressing", lambda _row: True),
        _stored(own, "InstanceMode"),
        _stored(own, "AutoCreateInstances"),
        Parameter("InstanceWildcardsSupported", lambda _row: True),
        Parameter("SupportedConnReqMethods", lambda _row: ("HTTP",)),
        Parameter("HTTPCompressionSupported", lambda _row: COMPRESSIONS),
        _stored(own, "HTTPCompression", _check_compression),
    ]


def _stored(
    own: OwnValues, name: str, check: Callable[[Any], None] | None = None, below: str = ""
) -> Parameter[None, Any]:
    """A parameter that is one of the own values."""
    key = PREFIX + below + name

    def store(_row: None, value: Any) -> None:
        if check is not None:
            check(value)
        own.stage(key, list(value) if isinstance(value, (list, tuple)) else value)

    return Parameter(name, lambda _row: own.get(key), store, lambda _row: own.source(key))


def _url(own: OwnValues) -> Parameter[None, str]:
    """The URL. A person may take the ACS away, with the credentials for it; an ACS cannot leave itself out."""

    def store(_row: None, value: str) -> None:
        if value or (own.author or {}).get("source") != "person":
            _check_url(value)
            own.stage(URL, value)
        elif own.get(URL) and not own.was_set(URL):
            raise InvalidValue("", f"it comes from {own.source(URL)}: take it out there")
        else:
            for name in (URL, *CREDENTIALS):
                own.unstage(name)

    return Parameter("URL", lambda _row: own.get(URL), store, lambda _row: own.source(URL))


def _time(own: OwnValues, name: str, below: str = "") -> Parameter[None, Any]:
    """A date and time, kept as ISO text."""
    key = PREFIX + below + name

    def store(_row: None, value: datetime | timedelta | None) -> None:
        if isinstance(value, timedelta):
            raise InvalidValue("", "a time since boot can be no reference")
        own.stage(key, "" if value is None else value.astimezone(UTC).isoformat())

    return Parameter(name, lambda _row: _datetime(own.get(key)), store, lambda _row: own.source(key))


def _check_url(value: str) -> None:
    try:
        check_acs_url(value)
    except ValueError as wrong:
        raise InvalidValue("", str(wrong)) from wrong
    if value.lower().startswith("http:"):
        log.warning("the ACS is to be reached by http://: anybody on the way can read and change what is said")


def _warn_of_silence(value: bool) -> None:
    if not value:
        log.warning("CWMP is disabled: no ACS hears of this device until EnableCWMP is set here, or a factory reset")


def _check_compression(value: str) -> None:
    if value not in (NO_COMPRESSION, *COMPRESSIONS):
        raise InvalidValue("", f"one of {', '.join((NO_COMPRESSION, *COMPRESSIONS))} is needed")


# --- InformParameter -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the table: the key it has in the own values."""

    key: str


def _inform_parameter(root: str, own: OwnValues, schema: Schema) -> Object[_Row]:
    def stored() -> list[dict[str, Any]]:
        return list(own.get(_INFORM_PARAMETERS))

    def read(name: str) -> Callable[[_Row], Any]:
        return lambda row: next(one[name] for one in stored() if one["key"] == row.key)

    def store(name: str, check: Callable[[_Row, Any], None] | None = None) -> Callable[[_Row, Any], None]:
        def stage(row: _Row, value: Any) -> None:
            if check is not None:
                check(row, value)
            kept = list(value) if isinstance(value, (list, tuple)) else value
            own.stage(_INFORM_PARAMETERS, [one | {name: kept} if one["key"] == row.key else one for one in stored()])

        return stage

    def check_name(row: _Row, value: str) -> None:
        _check_pattern(value, schema)
        if value and any(one["name"] == value for one in stored() if one["key"] != row.key):
            raise InvalidValue("", "another row of the table has this name")

    def add(_parents: tuple[str, ...]) -> tuple[str, ...]:
        key = str(max((int(one["key"]) for one in stored()), default=0) + 1)
        own.stage(_INFORM_PARAMETERS, [*stored(), {"key": key, "enable": False, "name": "", "events": []}])
        return (key,)

    def delete(row: _Row) -> None:
        own.stage(_INFORM_PARAMETERS, [one for one in stored() if one["key"] != row.key])

    return Object(
        path=root + "ManagementServer.InformParameter.{i}.",
        rows=lambda: [_Row(one["key"]) for one in stored()],
        keys=lambda row: (row.key,),
        parameters=[
            Parameter("Enable", read("enable"), store("enable")),
            Parameter("ParameterName", read("name"), store("name", check_name)),
            Parameter("EventList", read("events"), store("events", lambda _row, events: _check_events(events))),
        ],
        add=add,
        delete=delete,
        changed_by=("own",),
        backend=own,
    )


def _check_pattern(text: str, schema: Schema) -> None:
    """A known parameter or object, wildcards only for instances; forced parameters are not allowed (TR-181)."""
    if not text:
        return
    try:
        path = ParameterPath.parse(text)
    except ModelError as wrong:
        raise InvalidValue("", wrong.reason) from wrong
    template = template_of(text)
    if path.is_partial:
        if template not in schema.objects and template + "{i}." not in schema.objects:
            raise InvalidValue("", "no such object")
        return
    entry = schema.parameters.get(template)
    if entry is None:
        raise InvalidValue("", "no such parameter")
    if entry.forced_inform:
        raise InvalidValue("", "every Inform has this parameter already")


def _check_events(events: Sequence[str]) -> None:
    for code in events:
        if code == VALUE_CHANGE:
            raise InvalidValue("", f"{VALUE_CHANGE} is not allowed here (TR-069 §A.3.3.1)")
        try:
            kind_of(code)
        except ValueError as wrong:
            raise InvalidValue("", str(wrong)) from wrong


def _datetime(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _unix(text: str) -> float | None:
    moment = _datetime(text)
    return moment.timestamp() if moment else None
