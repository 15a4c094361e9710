"""Device.WiFi.AccessPoint.: who is let in, how it is protected, WPS and accounting."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from agent.model.errors import InvalidValue
from agent.model.object import Object, Parameter
from backends.desired_state import Pointer
from backends.tr181.service import only
from backends.tr181.wifi_ssids import is_up
from backends.tr181.wifi_tables import (
    ACCESS_POINT,
    CHANGED_BY,
    SSID,
    WifiTables,
    check_passphrase,
    check_password,
    one_of,
    secret,
    ssid_target,
)
from backends.wifi.configuration import (
    ACCOUNTING_PORT,
    DEFAULT_MODE,
    MODES,
    RADIUS_PORT,
    REKEYING,
    WPS_METHODS,
    missing,
)
from backends.wifi.records import AccessPoint
from backends.wifi.rows import PointRow

LARGEST_PORT: Final = 65535
LONGEST_SECRET: Final = 128
MOST_ASSOCIATIONS: Final = 2007  # association identifiers, 802.11-2020 9.4.1.8
SHORTEST_REKEYING: Final = 60
FOREIGN_MODES: Final = {
    ("0", ""): "None", ("2", "WPA-PSK"): "WPA2-Personal", ("1", "WPA-PSK"): "WPA-Personal",
    ("3", "WPA-PSK"): "WPA-WPA2-Personal", ("2", "SAE"): "WPA3-Personal",
    ("2", "WPA-PSK SAE"): "WPA3-Personal-Transition",
    ("2", "WPA-EAP"): "WPA2-Enterprise", ("1", "WPA-EAP"): "WPA-Enterprise", ("3", "WPA-EAP"): "WPA-WPA2-Enterprise",
    ("2", "WPA-EAP-SHA256"): "WPA3-Enterprise", ("2", "OWE"): "OWE",
}  # fmt: skip
"""By what GET_CONFIG of another program's hostapd says: wpa and key_mgmt."""


def access_points(tables: WifiTables) -> list[Object[Any]]:
    """AccessPoint, Security, WPS and Accounting."""

    def rows() -> list[PointRow]:
        return tables.rows.points

    def own_rows() -> list[PointRow]:
        return [row for row in rows() if row.is_own]

    def delete(row: PointRow) -> None:
        tables.must_be_own(row)
        tables.remove(AccessPoint, row.key)

    def part(name: str, parameters: list[Parameter[PointRow, Any]], some: Callable[[], list[PointRow]]) -> Object[Any]:
        return Object(
            path=f"{ACCESS_POINT}{name}.",
            rows=some,
            keys=_key,
            parameters=parameters,
            changed_by=CHANGED_BY,
            backend=tables,
            source=_source,
        )

    return [
        Object(
            path=ACCESS_POINT,
            rows=rows,
            keys=_key,
            parameters=_itself(tables),
            add=lambda _: (tables.add(AccessPoint(enable=False, wps=True)),),  # WPS.Enable: the schema's default
            delete=delete,
            changed_by=CHANGED_BY,
            backend=tables,
            source=_source,
        ),
        part("Security", _security(tables), rows),
        part("WPS", _wps(tables), own_rows),
        part("Accounting", _accounting(tables), own_rows),
    ]


def _itself(tables: WifiTables) -> list[Parameter[PointRow, Any]]:
    change = tables.set_point

    def capable(row: PointRow) -> bool:
        return bool(row.ssid and row.ssid.radio and row.ssid.radio.has_uapsd)

    def set_ssid(row: PointRow, target: Any) -> None:
        pointer: Pointer | None = only(SSID)(target)
        change("ssid")(row, pointer)

    def set_allowed(row: PointRow, macs: Sequence[str]) -> None:
        change("allowed")(row, tuple(dict.fromkeys(mac.lower() for mac in macs if mac)))

    def set_most(row: PointRow, value: int) -> None:
        change("most_stations")(row, min(value, MOST_ASSOCIATIONS))

    return [
        Parameter("Enable", lambda row: bool(row.record.enable) if row.is_own else True, change("enable")),
        Parameter("Status", lambda row: _status(tables, row)),
        Parameter("SSIDReference", lambda row: ssid_target(row.ssid), set_ssid),
        Parameter("SSIDAdvertisementEnabled", lambda row: row.record.advertised is not False, change("advertised")),
        Parameter("WMMCapability", lambda _: True),
        Parameter("UAPSDCapability", capable),
        Parameter("WMMEnable", lambda row: row.record.wmm is not False, change("wmm")),
        Parameter("UAPSDEnable", lambda row: capable(row) and row.record.uapsd is not False, change("uapsd")),
        Parameter("IsolationEnable", lambda row: bool(row.record.isolated), change("isolated")),
        Parameter("MACAddressControlEnabled", lambda row: bool(row.record.controlled), change("controlled")),
        Parameter("AllowedMACAddress", lambda row: row.record.allowed, set_allowed),
        Parameter("MaxAllowedAssociations", lambda row: row.record.most_stations or 0, set_most),
    ]


def _status(tables: WifiTables, row: PointRow) -> str:
    if not row.is_own:
        return "Enabled" if row.ssid and is_up(row.ssid) else "Disabled"
    if not row.record.enable:
        return "Disabled"
    if missing(row):
        return "Error_Misconfigured"
    if row.ssid is None or not row.ssid.record.enable:
        return "Disabled"
    if is_up(row.ssid):
        return "Enabled"
    radio = row.ssid.radio
    if radio is None or tables.rows.settings(radio).enable is False or tables.hostapd_status(radio):
        return "Disabled"
    return "Error"


def _security(tables: WifiTables) -> list[Parameter[PointRow, Any]]:
    change = tables.set_point

    def mode(row: PointRow) -> str:
        if row.is_own:
            return row.record.mode or DEFAULT_MODE
        told = tables.foreign_configuration(row.key)
        return FOREIGN_MODES.get((told.get("wpa", "0"), told.get("key_mgmt", "")), "None")

    def set_rekeying(row: PointRow, seconds: int) -> None:
        if 0 < seconds < SHORTEST_REKEYING:
            raise InvalidValue("", f"0 (never) or at least {SHORTEST_REKEYING} s")
        change("rekeying")(row, seconds)

    def set_wep(_: PointRow, _value: bytes) -> None:
        raise InvalidValue("", "WEP is not to be had here: it protects nothing")

    return [
        Parameter("ModesSupported", lambda _: MODES),
        Parameter("ModeEnabled", mode, lambda row, value: change("mode")(row, one_of(MODES)(value))),
        Parameter(
            "EncryptionMode",
            lambda row: row.record.encryption if row.record.encryption is not None else ("AES",),
            lambda row, value: change("encryption")(row, tuple(value) or None),
        ),
        secret("WEPKey", set_wep),
        secret("PreSharedKey", lambda row, value: change("pre_shared_key")(row, _key_of(value))),
        secret("KeyPassphrase", lambda row, value: change("passphrase")(row, check_passphrase(value))),
        secret("SAEPassphrase", lambda row, value: change("sae_passphrase")(row, check_password(value))),
        Parameter(
            "RekeyingInterval",
            lambda row: REKEYING if row.record.rekeying is None else row.record.rekeying,
            set_rekeying,
        ),
        Parameter("MFPConfig", lambda row: row.record.protection or "Disabled", change("protection")),
        *_server(tables, ("RadiusServerIPAddr", "RadiusServerPort", "RadiusSecret"), "radius", RADIUS_PORT),
        *_server(
            tables,
            ("SecondaryRadiusServerIPAddr", "SecondaryRadiusServerPort", "SecondaryRadiusSecret"),
            "second_radius",
            RADIUS_PORT,
        ),
    ]


def _accounting(tables: WifiTables) -> list[Parameter[PointRow, Any]]:
    change = tables.set_point
    names = ("ServerIPAddr", "ServerPort", "Secret")
    first = _server(tables, names, "accounting", ACCOUNTING_PORT, "accounting_server")
    second = _server(
        tables,
        ("SecondaryServerIPAddr", "SecondaryServerPort", "SecondarySecret"),
        "second_accounting",
        ACCOUNTING_PORT,
        "second_accounting_server",
    )
    return [
        Parameter("Enable", lambda row: bool(row.record.accounting), change("accounting")),
        *first,
        *second,
        Parameter("InterimInterval", lambda row: row.record.accounting_interval or 0, change("accounting_interval")),
    ]


def _server(
    tables: WifiTables, names: tuple[str, str, str], field: str, port: int, address_field: str = ""
) -> list[Parameter[PointRow, Any]]:
    """Address, port and secret of a server; a record's fields are named after the first."""
    address = address_field or field

    def set_port(row: PointRow, value: int) -> None:
        if not 0 < value <= LARGEST_PORT:
            raise InvalidValue("", f"a port is from 1 to {LARGEST_PORT}")
        tables.set_point(f"{field}_port")(row, value)

    def set_secret(row: PointRow, value: str) -> None:
        if len(value.encode()) > LONGEST_SECRET or not (value.isprintable()):
            raise InvalidValue("", f"a secret has at most {LONGEST_SECRET} octets and no control character")
        tables.set_point(f"{field}_secret")(row, value or None)

    return [
        Parameter(
            names[0],
            lambda row: getattr(row.record, address) or "",
            lambda row, value: tables.set_point(address)(row, value or None),
        ),
        Parameter(names[1], lambda row: getattr(row.record, f"{field}_port") or port, set_port),
        secret(names[2], set_secret),
    ]


def _wps(tables: WifiTables) -> list[Parameter[PointRow, Any]]:
    change = tables.set_point

    def status(row: PointRow) -> str:
        """By hostapd's own word: it has no WPS where the network is hidden."""
        if tables.own_configuration(row).get("wps_state", "disabled") == "disabled":
            return "Disabled"
        return "Configured" if row.record.wps_pin else "SetupLocked"

    return [
        Parameter("Enable", lambda row: bool(row.record.wps), change("wps")),
        Parameter("ConfigMethodsSupported", lambda _: list(WPS_METHODS)),
        Parameter(
            "ConfigMethodsEnabled",
            lambda row: row.record.wps_methods if row.record.wps_methods is not None else ("PushButton",),
            lambda row, value: change("wps_methods")(row, tuple(map(one_of(WPS_METHODS), value))),
        ),
        Parameter("Status", status),
        Parameter("Version", lambda _: "2.0"),
        secret("PIN", lambda row, value: change("wps_pin")(row, _checked_pin(value))),
    ]


def _checked_pin(value: str) -> str | None:
    """An 8-digit PIN ends with its checksum (WSC 2.0.5 §7.4.1)."""
    if len(value) == 8:
        digits = [int(one) for one in value]
        if (3 * sum(digits[::2]) + sum(digits[1::2])) % 10:
            raise InvalidValue("", "the PIN's last digit is not the checksum of the others")
    return value or None


def _key_of(value: bytes) -> str | None:
    if len(value) not in (0, 32):
        raise InvalidValue("", "a key has 32 octets")
    return value.hex() or None


def _source(row: PointRow) -> str:
    return f"hostapd {row.ssid.name}" if row.ssid and row.ssid.name else "set here"


def _key(row: PointRow) -> tuple[str, ...]:
    return (row.key,)
