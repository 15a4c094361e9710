"""Pages of a module's memory for tests, written by SFF-8472's own table of places; values are this file's own."""

import struct

READINGS = (0x2980, 32810, 6000, 16000, 70)
"""41.5 °C, 3281 mV, 12 mA, 1.6 mW (2.04 dBm), 7 uW (-21.55 dBm)."""


def page_a0(kind: int = 0x68, *, serial: str = "EX12345678") -> bytes:
    """Who it is; ``kind``: octet 92, what of its diagnostics there is."""
    page = bytearray(128)
    page[0], page[1], page[2], page[12] = 0x03, 0x04, 0x01, 12
    page[20:36] = b"EXAMPLE OPTICS".ljust(16)
    page[40:56] = b"GPON-STICK".ljust(16)
    page[56:60] = b"A1".ljust(4)
    page[68:84] = serial.encode().ljust(16)
    page[84:92] = b"260101".ljust(8)
    page[92:95] = bytes([kind, 0xF0, 0x03])
    page[63], page[95] = sum(page[:63]) & 0xFF, sum(page[64:95]) & 0xFF
    return bytes(page)


def page_a2(
    readings: tuple[int, int, int, int, int] = READINGS,
    *,
    received: tuple[float, float, float, float, float] = (0, 0, 0, 1, 0),
    lines: tuple[int, int, int, int, int, int, int, int] = (256, 0, 256, 0, 256, 0, 256, 0),
) -> bytes:
    """What it measures; ``received``: factors of the fourth power and down; ``lines``: slopes (of 256) and offsets."""
    page = bytearray(128)
    struct.pack_into(">5f", page, 56, *received)
    struct.pack_into(">HhHhHhHh", page, 76, *lines)
    page[95] = sum(page[:95]) & 0xFF
    struct.pack_into(">hHHHH", page, 96, *readings)
    return bytes(page)
