"""Device.WiFi.EndPoint.: wireless links as stations of other access points, and the networks that they may join."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from agent.model.errors import InvalidValue
from agent.model.object import Object, Parameter, Target
from backends.tr181.service import pointer_of
from backends.tr181.wifi_stations import LOWEST_RATE
from backends.tr181.wifi_tables import (
    CHANGED_BY,
    END_POINT,
    PROFILE,
    WifiTables,
    check_passphrase,
    check_password,
    check_ssid,
    end_point_key,
    one_of,
    secret,
    ssid_target,
)
from backends.wifi.records import EndPoint, Profile
from backends.wifi.rows import EndPointRow
from backends.wifi.stations import MODES, missing, networks
from backends.wireless_types import WifiStation

FASTEST: Final = 600_000
"""kbit/s: where the data model ends (EndPoint.Stats)."""


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """A network of an end point."""

    end_point: EndPointRow
    key: str
    record: Profile


def end_points(tables: WifiTables) -> list[Object[Any]]:
    """EndPoint, Stats, Security, and Profile with its Security."""

    def rows() -> list[EndPointRow]:
        return tables.rows.end_points

    def profile_rows() -> Iterator[ProfileRow]:
        for row in rows():
            for key, record in tables.rows.profiles(row.key).items():
                yield ProfileRow(row, key, record)

    def add(parent: tuple[str, ...]) -> tuple[str, ...]:
        (key,) = parent
        for row in rows():
            if row.key == key:
                tables.must_be_given(row.ssid)
        return key, tables.add(Profile(parent=key))

    described: list[tuple[str, Any, Any, list[Parameter[Any, Any]]]] = [
        (END_POINT, rows, end_point_key, _itself(tables)),
        (f"{END_POINT}Stats.", lambda: [row for row in rows() if _heard(tables, row)], end_point_key, _stats(tables)),
        (f"{END_POINT}Security.", rows, end_point_key, [Parameter("ModesSupported", lambda _: MODES)]),
        (f"{PROFILE}Security.", profile_rows, _profile_key, _security(tables)),
    ]
    return [
        *(
            Object(
                path=path,
                rows=some,
                keys=keys,
                parameters=parameters,
                changed_by=CHANGED_BY,
                backend=tables,
                source=_source,
            )
            for path, some, keys, parameters in described
        ),
        Object(
            path=PROFILE,
            rows=profile_rows,
            keys=_profile_key,
            parameters=_profile(tables),
            add=add,
            delete=lambda row: tables.remove(Profile, row.key),
            changed_by=CHANGED_BY,
            backend=tables,
            source=lambda _: "set here",
        ),
    ]


def _itself(tables: WifiTables) -> list[Parameter[EndPointRow, Any]]:
    def edit(row: EndPointRow, **values: Any) -> None:
        tables.must_be_given(row.ssid)
        tables.edit(EndPoint, row.key, **values)

    def enable(row: EndPointRow) -> bool:
        told = row.record.enable
        return told if told is not None else bool(row.ssid.link and row.ssid.link.ssid)

    def status(row: EndPointRow) -> str:
        if not enable(row):
            return "Disabled"
        if row.ssid.link and row.ssid.link.ssid:
            return "Enabled"
        ready = networks(row.record, tables.rows.profiles(row.key))
        return "Enabled" if ready and tables.supplicant_status(row.ssid) else "Error_Misconfigured"

    def profile(row: EndPointRow) -> Target | None:
        chosen = row.record.profile
        if chosen is not None:
            return Target(chosen.table, chosen.keys)
        active = _active(tables, row)
        return Target(PROFILE, (row.key, active)) if active else None

    def set_profile(row: EndPointRow, target: Target | None) -> None:
        if target is not None and (target.table != PROFILE or target.keys[0] != row.key):
            raise InvalidValue("", "a profile of this end point is needed")
        edit(row, profile=pointer_of(target))

    return [
        Parameter("Enable", enable, lambda row, value: edit(row, enable=value)),
        Parameter("Status", status),
        Parameter("ProfileReference", profile, set_profile),
        Parameter("SSIDReference", lambda row: ssid_target(row.ssid)),
    ]


def _stats(tables: WifiTables) -> list[Parameter[EndPointRow, Any]]:
    def rate(kbps: int) -> int:
        return min(max(kbps, LOWEST_RATE), FASTEST)

    def heard(row: EndPointRow) -> WifiStation:
        return _heard(tables, row) or WifiStation("", row.ssid.name or "")

    return [
        Parameter("LastDataDownlinkRate", lambda row: rate(heard(row).rx.kbps)),
        Parameter("LastDataUplinkRate", lambda row: rate(heard(row).tx.kbps)),
        Parameter("SignalStrength", lambda row: heard(row).signal or 0),
    ]


def _profile(tables: WifiTables) -> list[Parameter[ProfileRow, Any]]:
    def change(field: str) -> Any:
        return lambda row, value: tables.edit(Profile, row.key, **{field: value})

    def status(row: ProfileRow) -> str:
        if not row.record.enable:
            return "Disabled"
        if missing(row.record):
            return "Error"
        return "Active" if _active(tables, row.end_point) == row.key else "Available"

    return [
        Parameter("Enable", lambda row: row.record.enable, change("enable")),
        Parameter("Status", status),
        Parameter("SSID", lambda row: row.record.ssid, lambda row, value: change("ssid")(row, check_ssid(value))),
        Parameter("Location", lambda row: row.record.location, change("location")),
        Parameter("Priority", lambda row: row.record.priority, change("priority")),
    ]


def _security(tables: WifiTables) -> list[Parameter[ProfileRow, Any]]:
    def change(field: str, row: ProfileRow, value: Any) -> None:
        tables.edit(Profile, row.key, **{field: value})

    def set_wep(_: ProfileRow, _value: bytes) -> None:
        raise InvalidValue("", "WEP is not to be had here: it protects nothing")

    def set_key(row: ProfileRow, value: bytes) -> None:
        if len(value) not in (0, 32):
            raise InvalidValue("", "a key has 32 octets")
        change("pre_shared_key", row, value.hex())

    return [
        Parameter(
            "ModeEnabled", lambda row: row.record.mode, lambda row, value: change("mode", row, one_of(MODES)(value))
        ),
        Parameter("MFPConfig", lambda row: row.record.protection, lambda row, value: change("protection", row, value)),
        secret("WEPKey", set_wep),
        secret("PreSharedKey", set_key),
        secret("KeyPassphrase", lambda row, value: change("passphrase", row, check_passphrase(value) or "")),
        secret("SAEPassphrase", lambda row, value: change("sae_passphrase", row, check_password(value) or "")),
    ]


def _active(tables: WifiTables, row: EndPointRow) -> str | None:
    """The profile by which it is connected now."""
    name = row.ssid.link.ssid if row.ssid.link else None
    known = tables.rows.profiles(row.key).items()
    return next((key for key, one in known if name is not None and one.enable and one.ssid.encode() == name), None)


def _heard(tables: WifiTables, row: EndPointRow) -> WifiStation | None:
    """The access point that it is connected to."""
    link = row.ssid.link
    return next(iter(tables.nl80211.stations(link.name)), None) if link and link.ssid else None


def _source(row: EndPointRow | ProfileRow) -> str:
    ssid = row.ssid if isinstance(row, EndPointRow) else row.end_point.ssid
    return f"wpa_supplicant {ssid.name}" if ssid.name else "set here"


def _profile_key(row: ProfileRow) -> tuple[str, ...]:
    return (row.end_point.key, row.key)
