"""The highest bit rates of a radio by its capabilities (802.11-2020 clauses 19 and 21, 802.11ax clause 27). Pure."""

from typing import Final

from backends.wifi.channels import widths
from backends.wireless_types import Band, Radio

HT: Final = {20: 72.2, 40: 150.0}
VHT: Final = {20: 86.7, 40: 200.0, 80: 433.3, 160: 866.7}
HE: Final = {20: 143.4, 40: 286.8, 80: 600.5, 160: 1201.0}
"""Mbit/s of one spatial stream with the best modulation and the shortest guard interval, by width in MHz."""
STREAMS: Final = 8
NOT_SUPPORTED: Final = 3


def most(radio: Radio) -> int:
    """Mbit/s on the best of a radio's bands."""
    return int(max((of_band(band) for band in radio.bands), default=0))


def of_band(band: Band) -> float:
    """Mbit/s on a band."""
    found = [max(band.rates, default=0.0)]
    wide = max(widths(band))
    if band.ht is not None:
        found.append(band.streams * HT[min(wide, 40)])
    if band.vht is not None and band.name == "5GHz":
        found.append(max(streams_of(band.vht_mcs), band.streams) * VHT[wide])
    if band.he_phy:
        found.append(max(streams_of(band.he_mcs), 1) * HE[wide])
    return max(found)


def streams_of(mcs_map: bytes) -> int:
    """Spatial streams by a map of two bits each (9.4.2.157.3), 3 of which says "not supported"."""
    bits = int.from_bytes(mcs_map[:2], "little") if len(mcs_map) >= 2 else 0xFFFF
    return sum(1 for stream in range(STREAMS) if bits >> 2 * stream & 3 != NOT_SUPPORTED)
