"""Device.WiFi.: what all radios have in common, and the tables below it."""

from typing import Any

from agent.model.object import Object
from backends.tr181.mechanisms import Mechanisms


def wifi(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Everything about Wi-Fi; nothing where the kernel knows no radio."""
    tables = mechanisms.wifi
    if tables is None:
        return []
    from backends.tr181.wifi_access_points import access_points
    from backends.tr181.wifi_data_elements import data_elements
    from backends.tr181.wifi_end_points import end_points
    from backends.tr181.wifi_neighbours import neighbouring_wifi
    from backends.tr181.wifi_radios import radios
    from backends.tr181.wifi_ssids import ssids
    from backends.tr181.wifi_stations import associated_devices

    itself: Object[None] = Object("Device.WiFi.", lambda: (None,), lambda _: (), ())
    return [
        itself,
        *radios(tables, mechanisms.network),
        *ssids(tables),
        *(access_points(tables) if tables.service.has_access_points else []),
        *associated_devices(tables, mechanisms.system),
        *(end_points(tables) if tables.service.has_end_points else []),
        *neighbouring_wifi(tables),
        *data_elements(tables, mechanisms),
    ]
