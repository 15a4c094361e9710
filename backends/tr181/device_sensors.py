"""Device.DeviceInfo.TemperatureStatus.: what the temperature sensors have shown."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from agent.model.object import Object, Parameter
from agent.model.own_values import OwnValues
from backends.sysfs import Sensor
from backends.thermometer import OWN_INTERVAL, Record, Thermometer, Watch
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part

SENSORS: Final = "DeviceInfo.TemperatureStatus.TemperatureSensor"
OWN_VALUES: Final[dict[str, Any]] = {SENSORS: {}}
NO_READING: Final = -274  # TR-181: below absolute zero


@dataclass(frozen=True, slots=True)
class _Row:
    sensor: Sensor
    record: Record


def watch_of(own: OwnValues, key: str) -> Watch:
    """How the sensor is to be watched, by the agent's own values."""
    return Watch(**own.get(SENSORS).get(key, {}))


def thermometer(mechanisms: Mechanisms) -> Part:
    """Watches the sensors; a machine may get its first while it runs."""
    own = mechanisms.own
    made = Thermometer(mechanisms.sysfs.sensors, lambda key: watch_of(own, key), mechanisms.system.clock)
    return Part("temperature", {"thermometer": made}, chores=[made], follows=frozenset())


def temperatures(mechanisms: Mechanisms) -> list[Object[Any]]:
    """TemperatureStatus and its sensors."""
    watching = mechanisms.thermometer
    if watching is None:
        return []

    def rows() -> Iterable[_Row]:
        return [_Row(sensor, watching.note(sensor)) for sensor in mechanisms.sysfs.sensors()]

    return [
        Object(
            path="Device.DeviceInfo.TemperatureStatus.",
            rows=lambda: (None,),
            keys=lambda _: (),
            parameters=[],
        ),
        Object(
            path="Device.DeviceInfo.TemperatureStatus.TemperatureSensor.{i}.",
            rows=rows,
            keys=lambda row: (row.sensor.key,),
            parameters=[*_readings(), *_settings(mechanisms)],
            changed_by=("temperature", "own"),
            backend=mechanisms.own,
            source=lambda row: f"sysfs {row.sensor.key}",
        ),
    ]


def _readings() -> list[Parameter[_Row, Any]]:
    def degrees(name: str, of: Callable[[Record], int | None]) -> Parameter[_Row, int]:
        def read(row: _Row) -> int:
            found = of(row.record)
            return NO_READING if found is None else max(NO_READING, found)

        return Parameter(name, read)

    def moment(name: str, of: Callable[[Record], datetime | None]) -> Parameter[_Row, datetime | None]:
        return Parameter(name, lambda row: of(row.record))

    return [
        Parameter("Name", lambda row: row.sensor.name[:256]),
        moment("ResetTime", lambda it: it.since),
        degrees("Value", lambda it: it.value),
        moment("LastUpdate", lambda it: it.updated),
        degrees("MinValue", lambda it: it.lowest),
        moment("MinTime", lambda it: it.lowest_at),
        degrees("MaxValue", lambda it: it.highest),
        moment("MaxTime", lambda it: it.highest_at),
        moment("LowAlarmTime", lambda it: it.low_alarm_at),
        moment("HighAlarmTime", lambda it: it.high_alarm_at),
    ]


def _settings(mechanisms: Mechanisms) -> list[Parameter[_Row, Any]]:
    own, clock = mechanisms.own, mechanisms.system.clock

    def watch(row: _Row) -> Watch:
        return watch_of(own, row.sensor.key)

    def edit(row: _Row, **values: Any) -> None:
        every: dict[str, Any] = own.get(SENSORS)
        own.stage(SENSORS, {**every, row.sensor.key: {**every.get(row.sensor.key, {}), **values}})

    def reset(row: _Row, wanted: bool) -> None:
        if wanted:
            edit(row, reset=clock().isoformat())

    def enable(row: _Row, wanted: bool) -> None:
        begins = wanted and not watch(row).enable
        edit(row, enable=wanted, **({"reset": clock().isoformat()} if begins else {}))  # TR-181, ResetTime

    def status(row: _Row) -> str:
        if not watch(row).enable:
            return "Disabled"
        return "Error" if row.sensor.temperature is None else "Enabled"

    def alarm(name: str, field: str) -> Parameter[_Row, int]:
        def read(row: _Row) -> int:
            found: int | None = getattr(watch(row), field)
            return NO_READING if found is None else found

        return Parameter(
            name, read, lambda row, degrees: edit(row, **{field: None if degrees == NO_READING else degrees})
        )

    return [
        Parameter("Enable", lambda row: watch(row).enable, enable),
        Parameter("Status", status),
        Parameter("Reset", lambda _: False, reset),
        alarm("LowAlarmValue", "low_alarm"),
        alarm("HighAlarmValue", "high_alarm"),
        Parameter(
            "PollingInterval",
            lambda row: watch(row).interval,
            lambda row, seconds: edit(row, interval=seconds),
            lambda row: "" if watch(row).interval else f"0: the agent looks every {OWN_INTERVAL:.0f} s",
        ),
    ]
