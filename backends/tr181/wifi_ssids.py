"""Device.WiFi.SSID.: wireless links with the names under which they are known."""

from collections.abc import Sequence
from typing import Any, Final

from agent.model.errors import InvalidValue, NotWritable
from agent.model.object import Object, Parameter, Target
from backends.desired_state import Pointer
from backends.tr181.service import pointer_of
from backends.tr181.wifi_tables import CHANGED_BY, COUNTED, RADIO, SSID, WifiTables, check_ssid
from backends.wifi.configuration import is_wanted, missing
from backends.wifi.records import EndPoint, RadioSettings, Ssid
from backends.wifi.rows import SsidRow

NO_MULTI_LINK: Final = -1


def ssids(tables: WifiTables) -> list[Object[Any]]:
    """SSID and its Stats."""

    def rows() -> list[SsidRow]:
        return tables.rows.ssids

    def edit(row: SsidRow, **values: Any) -> None:
        tables.must_be_given(row)
        tables.edit(Ssid, row.key, **values)

    def set_lower_layers(row: SsidRow, targets: Sequence[Target]) -> None:
        if not row.is_own:
            if list(targets) != _lower_layers(row):
                raise NotWritable("", f"{row.key} is a link of its radio and stays there")
            return
        if len(targets) > 1 or any(target.table != RADIO for target in targets):
            raise InvalidValue("", f"one row of {RADIO} is needed")
        edit(row, radio=pointer_of(targets[0]) if targets else None)

    def delete(row: SsidRow) -> None:
        if not row.is_own:
            raise NotWritable("", f"{row.key} is there as long as its radio is")
        tables.remove(Ssid, row.key)

    parameters: list[Parameter[SsidRow, Any]] = [
        Parameter("Enable", lambda row: is_enabled(tables, row), lambda row, value: edit(row, enable=value)),
        Parameter("Status", lambda row: status(tables, row)),
        Parameter("Name", lambda row: row.name or ""),
        Parameter("LastChange", lambda row: tables.age(row.link.name if row.link else None)),
        Parameter("LowerLayers", _lower_layers, set_lower_layers),
        Parameter("BSSID", _bssid),
        Parameter("MACAddress", lambda row: row.link.mac if row.link else ""),
        Parameter("SSID", lambda row: row.ssid, lambda row, value: edit(row, ssid=check_ssid(value))),
        Parameter("MLDUnit", lambda _: NO_MULTI_LINK, _set_multi_link),
    ]
    return [
        Object(
            path=SSID,
            rows=rows,
            keys=_key,
            parameters=parameters,
            add=lambda _: (tables.add(Ssid(enable=False)),),
            delete=delete,
            changed_by=CHANGED_BY,
            backend=tables,
            source=lambda row: f"nl80211 {row.name}" if row.name else "set here",
        ),
        Object(
            path=f"{SSID}Stats.",
            rows=rows,
            keys=_key,
            parameters=[_counter(tables, name) for name in COUNTED],
            source=lambda row: f"netlink statistics of {row.name}",
        ),
    ]


def is_enabled(tables: WifiTables, row: SsidRow) -> bool:
    """What was asked for; of a link that nobody told us about, whether it is in use."""
    if row.record.enable is not None:
        return row.record.enable
    if tables.wanted.get(EndPoint, row.key).enable:
        return True
    return not row.is_own and row.link is not None and row.link.ssid is not None


def is_up(row: SsidRow) -> bool:
    """Whether the link is on a channel: as an access point, or connected to one."""
    return row.link is not None and row.link.frequency is not None


def status(tables: WifiTables, row: SsidRow) -> str:
    """Up while it is on a channel; enabled, what keeps it from that."""
    if is_up(row):
        return "Up"
    if not is_enabled(tables, row):
        return "Down"
    if row.radio is None:
        return "Error" if row.record.radio is None else "NotPresent"
    if tables.wanted.get(RadioSettings, row.radio.key).enable is False:
        return "LowerLayerDown"
    points = [one for one in tables.rows.points_of(row.radio) if one.ssid is row and is_wanted(one)]
    if any(not missing(one) for one in points):
        return "Dormant" if tables.hostapd_status(row.radio) else "Error"
    return "Down"


def _bssid(row: SsidRow) -> str:
    """Of an access point its address; of a station it is the other's, which SSID has no place for."""
    return row.link.mac if row.link and row.link.mode == "ap" and row.link.frequency else ""


def _lower_layers(row: SsidRow) -> list[Target]:
    if row.radio is not None:
        return [Target(RADIO, (row.radio.key,))]
    radio: Pointer | None = row.record.radio
    return [Target(radio.table, radio.keys)] if radio else []


def _set_multi_link(_: SsidRow, value: int) -> None:
    if value != NO_MULTI_LINK:
        raise InvalidValue("", "these radios have no multi-link operation: -1")


def _key(row: SsidRow) -> tuple[str, ...]:
    return (row.key,)


def _counter(tables: WifiTables, name: str) -> Parameter[SsidRow, int]:
    return Parameter(name, lambda row: tables.counted([row.name] if row.name else [], name))
