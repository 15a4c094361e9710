"""The memory of an optical module (SFF-8472): who made it (page A0h), and what it measures of itself (A2h). Pure."""

import math
import struct
from dataclasses import dataclass
from typing import Final

from backends.omci.picture import Levels, Module

PAGE: Final = 128
"""Octets of each page that are looked at: all that is standardized stands there."""
_SFP: Final = (0x02, 0x03)
"""Identifiers: soldered to its board, and SFP."""
_CONNECTORS: Final = {0x01: "SC", 0x07: "LC", 0x08: "MT-RJ"}
_HAS_DIAGNOSTICS, _IS_EXTERNAL, _CHANGES_ADDRESS = 0x40, 0x10, 0x04
_NOT_READY: Final = 0x01
_READINGS: Final = struct.Struct(">hHHHH")  # 96: temperature, voltage, bias, power sent, power received
_RECEIVED: Final = struct.Struct(">5f")  # 56: factors of the fourth power down to the constant
_LINEAR: Final = struct.Struct(">HhHhHhHh")  # 76: slope and offset of bias, power sent, temperature, voltage
_SLOPE: Final = 256.0


@dataclass(frozen=True, slots=True)
class _Raw:
    """Calibrated readings in the units of the memory: 1/256 °C, 0.1 mV, 2 uA, 0.1 uW, 0.1 uW."""

    temperature: float
    voltage: float
    bias: float
    sent: float
    received: float


def identity(a0: bytes, link: str = "") -> Module | None:
    """Who the module is; None where the page is none, or does not add up: the kernel believes such a one neither."""
    if len(a0) < 96 or a0[0] not in _SFP or _sum(a0, 0, 63) != a0[63]:
        return None
    return Module(
        identifier=a0[0],
        connector=_CONNECTORS.get(a0[2], "Unknown"),
        vendor=_text(a0[20:36]),
        part=_text(a0[40:56]),
        revision=_text(a0[56:60]),
        serial=_text(a0[68:84]) if _sum(a0, 64, 95) == a0[95] else "",
        link=link,
    )


def measured(a0: bytes, a2: bytes) -> Levels:
    """Value and unit by name. Nothing where the module measures nothing, is not ready, or left the page empty.

    A module calibrates its readings itself, or has the constants for it in the page ("externally calibrated").
    """
    kind = a0[92] if len(a0) > 92 else 0
    if not kind & _HAS_DIAGNOSTICS or kind & _CHANGES_ADDRESS or len(a2) < 111 or a2[110] & _NOT_READY:
        return {}
    if not any(a2[96:106]) or a2[96:106].strip(b"\xff") == b"":
        return {}
    raw = _Raw(*_READINGS.unpack_from(a2, 96))
    if kind & _IS_EXTERNAL:
        if _sum(a2, 0, 95) != a2[95]:
            return {}
        raw = _calibrated(raw, a2)
    told = {
        "Temperature": (raw.temperature / 256, "C"),
        "Voltage": (raw.voltage / 10, "mV"),
        "Bias": (raw.bias * 2 / 1000, "mA"),
    }
    light = {"Tx Power": raw.sent, "Rx Power": raw.received}
    told |= {name: (10 * math.log10(each / 10_000), "dBm") for name, each in light.items() if each > 0}
    return {name: each for name, each in told.items() if math.isfinite(each[0])}


def _calibrated(raw: _Raw, a2: bytes) -> _Raw:
    """SFF-8472, 9.4: a line for each, and for what is received a polynomial of the fourth degree."""
    bias, bias_0, sent, sent_0, heat, heat_0, volt, volt_0 = _LINEAR.unpack_from(a2, 76)
    received = 0.0
    for factor in _RECEIVED.unpack_from(a2, 56):
        received = received * raw.received + factor
    return _Raw(
        temperature=heat / _SLOPE * raw.temperature + heat_0,
        voltage=volt / _SLOPE * raw.voltage + volt_0,
        bias=bias / _SLOPE * raw.bias + bias_0,
        sent=sent / _SLOPE * raw.sent + sent_0,
        received=received,
    )


def _sum(octets: bytes, begin: int, end: int) -> int:
    return sum(octets[begin:end]) & 0xFF


def _text(octets: bytes) -> str:
    return "".join(filter(str.isprintable, octets.partition(b"\0")[0].decode("latin-1"))).strip()
