"""Device.IEEE8021x.: the ports of this machine that authenticate themselves, by wpa_supplicant."""

from collections.abc import Callable
from typing import Any, Final

from agent.model.errors import Denied
from agent.model.object import Object, Parameter, Target
from backends.ieee8021x.records import Supplicant
from backends.ieee8021x.service import STATE, TOPIC
from backends.tr181.layers import ETHERNET_INTERFACE, ETHERNET_LINK
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.service import only, target_of
from backends.tr181.wired_supplicants import SUPPLICANT, SupplicantRow, SupplicantTable

CHANGED_BY: Final = (TOPIC, "link")
CAPABILITIES: Final = ("EAP-TLS", "EAP-MD5")
STATES: Final = {
    "1": "Disconnected",
    "2": "Logoff",
    "3": "Connecting",
    "4": "Authenticating",
    "5": "Authenticated",
    "7": "Held",
    "8": "Restart",
    "9": "ForceAuth",
    "10": "ForceUnauth",
}
"""PAEState by the number of dot1xSuppPaeState."""
COUNTED: Final = {
    "ReceivedFrames": "dot1xSuppEapolFramesRx",
    "TransmittedFrames": "dot1xSuppEapolFramesTx",
    "TransmittedStartFrames": "dot1xSuppEapolStartFramesTx",
    "TransmittedLogoffFrames": "dot1xSuppEapolLogoffFramesTx",
    # wpa_supplicant counts the first request, which is that for the identity, when it has answered it.
    "TransmittedResponseIdFrames": "dot1xSuppEapolReqIdFramesRx",
    "ReceivedRequestIdFrames": "dot1xSuppEapolReqIdFramesRx",
    "ReceivedRequestFrames": "dot1xSuppEapolReqFramesRx",
    "ReceivedInvalidFrames": "dot1xSuppInvalidEapolFramesRx",
    "ReceivedLengthErrorFrames": "dot1xSuppEapLengthErrorFramesRx",
    "LastFrameVersion": "dot1xSuppLastEapolFrameVersion",
}
RESPONSES: Final = "dot1xSuppEapolRespFramesTx"
LAST_SOURCE: Final = "dot1xSuppLastEapolFrameSource"


def ieee8021x(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Supplicant, and what belongs to each."""
    table = mechanisms.supplicants
    if table is None:
        return []
    md5 = [_field(table, "Enable", "md5"), _secret(table)]
    tls = [_field(table, "Enable", "tls"), _field(table, "MutualAuthenticationEnable", "mutual")]
    return [
        _object(
            table,
            SUPPLICANT,
            [*_settings(table), *_state(table)],
            add=lambda _: (table.add(Supplicant()),),
            delete=lambda row: table.remove(Supplicant, _own(row).key),
        ),
        _object(table, f"{SUPPLICANT}Stats.", _stats(table)),
        _object(table, f"{SUPPLICANT}EAPMD5.", md5),
        _object(table, f"{SUPPLICANT}EAPTLS.", tls),
    ]


def _object(
    table: SupplicantTable, path: str, parameters: list[Parameter[SupplicantRow, Any]], **more: Any
) -> Object[SupplicantRow]:
    return Object(
        path=path,
        rows=table.rows,
        keys=lambda row: (row.key,),
        parameters=parameters,
        changed_by=CHANGED_BY,
        backend=table,
        source=lambda row: f"wpa_supplicant on {row.link}",
        **more,
    )


def _settings(table: SupplicantTable) -> list[Parameter[SupplicantRow, Any]]:
    check = only(ETHERNET_LINK, ETHERNET_INTERFACE)

    def interface(row: SupplicantRow) -> Target | None:
        if row.is_own or row.link is None:
            return target_of(row.record.interface)
        return table.links.row_of(row.link, ETHERNET_INTERFACE)

    def reset(row: SupplicantRow, value: bool) -> None:
        record = table.wanted.get(Supplicant, _own(row).key)
        if value:
            table.edit(Supplicant, row.key, resets=record.resets + 1)

    return [
        _field(table, "Enable", "enable"),
        Parameter("Interface", interface, lambda row, target: _edit(table, row, interface=check(target))),
        _field(table, "EAPIdentity", "identity"),
        _field(table, "MaxStart", "max_start"),
        _field(table, "StartPeriod", "start_period"),
        _field(table, "HeldPeriod", "held_period"),
        _field(table, "AuthPeriod", "auth_period"),
        Parameter("Reset", lambda _: False, reset),
    ]


def _state(table: SupplicantTable) -> list[Parameter[SupplicantRow, Any]]:
    supplicants = table.supplicants

    def status(row: SupplicantRow) -> str:
        """Status: a port whose cable is out is one that is at work (its PAEState is Disconnected)."""
        if not row.record.enable:
            return "Disabled"
        if not row.is_own:
            return "Enabled"
        if row.link is None or supplicants.missing(row.record) is not None:
            return "Error_Misconfigured"
        return "Enabled" if supplicants.is_running(row.link) or not supplicants.is_up(row.link) else "Error"

    def state(row: SupplicantRow) -> str:
        """PAEState: wpa_supplicant does not look at the carrier, the standard does (IEEE 802.1X-2004, 8.2.12)."""
        if row.link is None or not supplicants.has_carrier(row.link):
            return "Disconnected"
        return STATES.get(table.counted(row).get(STATE, ""), "Disconnected")

    return [
        Parameter("Status", status),
        Parameter("PAEState", state),
        Parameter("AuthenticationCapabilities", lambda _: CAPABILITIES),
    ]


def _stats(table: SupplicantTable) -> list[Parameter[SupplicantRow, Any]]:
    def number(row: SupplicantRow, name: str) -> int:
        return int(table.counted(row).get(name, "0"))

    def counter(name: str) -> Callable[[SupplicantRow], int]:
        return lambda row: number(row, name)

    def responses(row: SupplicantRow) -> int:
        """Those to the request for the identity are counted apart."""
        return number(row, RESPONSES) - number(row, COUNTED["TransmittedResponseIdFrames"])

    return [
        *(Parameter(name, counter(counted)) for name, counted in COUNTED.items()),
        Parameter("TransmittedResponseFrames", responses),
        Parameter("LastFrameSourceMACAddress", lambda row: table.counted(row).get(LAST_SOURCE, "")),
    ]


def _secret(table: SupplicantTable) -> Parameter[SupplicantRow, Any]:
    return Parameter("SharedSecret", lambda _: None, lambda row, value: _edit(table, row, secret=value))


def _field(table: SupplicantTable, name: str, field: str) -> Parameter[SupplicantRow, Any]:
    return Parameter(
        name, lambda row: getattr(row.record, field), lambda row, value: _edit(table, row, **{field: value})
    )


def _edit(table: SupplicantTable, row: SupplicantRow, **values: Any) -> None:
    table.edit(Supplicant, _own(row).key, **values)


def _own(row: SupplicantRow) -> SupplicantRow:
    """Refuse to change what another program runs."""
    if not row.is_own:
        raise Denied("", f"the supplicant of {row.key} is the system's own")
    return row
