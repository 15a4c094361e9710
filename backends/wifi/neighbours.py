"""What the beacons of other access points say: name, security, standards, width. Pure, from what a scan has heard."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from backends.wireless_types import Neighbour, channel_number

SSID, RATES, TIM, HT_OPERATION, RSN, MORE_RATES, VHT_OPERATION, VENDOR, EXTENSION = 0, 1, 5, 61, 48, 50, 192, 221, 255
HT_CAPABILITIES, VHT_CAPABILITIES = 45, 191
HE_CAPABILITIES, EHT_CAPABILITIES, HE_OPERATION = 35, 108, 36
WPA: Final = b"\x00\x50\xf2\x01"
IEEE: Final = b"\x00\x0f\xac"
MICROSOFT: Final = b"\x00\x50\xf2"
PRIVACY, ADHOC = 1 << 4, 1 << 1
ENTERPRISE_KEYS, PSK_KEYS, SAE_KEYS, SUITE_B_KEYS, OWE_KEYS = {1, 3, 5}, {2, 4, 6}, {8, 9, 24, 25}, {11, 12, 13}, {18}
CIPHERS: Final = {2: "TKIP", 4: "AES", 8: "AES", 9: "AES", 10: "AES"}
BASIC: Final = 0x80


@dataclass(frozen=True, slots=True)
class Security:
    """Mode and ciphers in TR-181's words (NeighboringWiFiDiagnostic.Result)."""

    mode: str
    ciphers: tuple[str, ...]


def ssid(neighbour: Neighbour) -> str:
    """The name; "" for one that hides it. What is no text is shown as far as it is."""
    return (neighbour.element(SSID) or b"").strip(b"\0").decode("utf-8", "replace")


def band(neighbour: Neighbour) -> str:
    """The band of its channel."""
    return "2.4GHz" if neighbour.frequency < 3000 else "5GHz" if neighbour.frequency < 5950 else "6GHz"


def standards(neighbour: Neighbour) -> tuple[str, ...]:
    """The standards by which it speaks."""
    rates = set(all_rates(neighbour))
    slow, quick = rates & {1.0, 2.0, 5.5, 11.0}, rates - {1.0, 2.0, 5.5, 11.0}
    low = band(neighbour) == "2.4GHz"
    extended = {content[0] for kind, content in neighbour.elements if kind == EXTENSION and content}
    told = (
        ("a", not low and bool(quick) and band(neighbour) == "5GHz"),
        ("b", low and bool(slow)),
        ("g", low and bool(quick)),
        ("n", neighbour.element(HT_CAPABILITIES) is not None),
        ("ac", neighbour.element(VHT_CAPABILITIES) is not None and not low),
        ("ax", HE_CAPABILITIES in extended),
        ("be", EHT_CAPABILITIES in extended),
    )
    return tuple(name for name, there in told if there)


def width(neighbour: Neighbour) -> int:
    """How wide it is now, in MHz (802.11-2020 9.4.2.56, 9.4.2.158)."""
    vht, ht = neighbour.element(VHT_OPERATION), neighbour.element(HT_OPERATION)
    if vht is not None and len(vht) >= 3 and vht[0] and band(neighbour) != "2.4GHz":
        return 160 if vht[0] >= 2 or (vht[2] and abs(vht[2] - vht[1]) == 8) else 80
    return 40 if ht is not None and len(ht) >= 2 and ht[1] & 3 in (1, 3) else 20


def all_rates(neighbour: Neighbour) -> list[float]:
    """Its rates in Mbit/s; selectors of membership (above 63) are none."""
    return [rate for rate, _ in _rates(neighbour)]


def basic_rates(neighbour: Neighbour) -> list[float]:
    """Those that every station has to know."""
    return [rate for rate, is_basic in _rates(neighbour) if is_basic]


def dtim_period(neighbour: Neighbour) -> int:
    """Beacons between two deliveries to those who sleep; 0 where the scan heard no beacon."""
    tim = neighbour.element(TIM)
    return tim[1] if tim is not None and len(tim) >= 2 else 0


def is_adhoc(neighbour: Neighbour) -> bool:
    """Whether there is no access point."""
    return bool(neighbour.capability & ADHOC)


def channel(neighbour: Neighbour) -> int:
    """The number of its channel."""
    return channel_number(neighbour.frequency)


def security(neighbour: Neighbour) -> Security:
    """How it is protected (802.11-2020 9.4.2.24, RSNE)."""
    rsn = _suites(neighbour.element(RSN), IEEE)
    old = _suites(next((c[4:] for k, c in neighbour.elements if k == VENDOR and c.startswith(WPA)), None), MICROSOFT)
    ciphers = tuple(sorted({CIPHERS[one] for one in (*rsn[0], *old[0]) if one in CIPHERS}, reverse=True))
    keys = set(rsn[1])
    if keys & SAE_KEYS:
        return Security("WPA2-PSK-WPA3-SAE" if keys & PSK_KEYS else "WPA3-SAE", ciphers)
    if keys & OWE_KEYS:
        return Security("OWE", ciphers)
    if keys & SUITE_B_KEYS or (keys == {5} and _requires_protection(neighbour)):
        return Security("WPA3-Enterprise", ciphers)
    kinds = "-".join(name for name, told in (("WPA", old[1]), ("WPA2", rsn[1])) if told)
    if not kinds:
        return Security("WEP" if neighbour.capability & PRIVACY else "None", ciphers)
    return Security(f"{kinds}-Enterprise" if (keys | set(old[1])) & ENTERPRISE_KEYS else kinds, ciphers)


def _suites(content: bytes | None, owner: bytes) -> tuple[list[int], list[int]]:
    """The pairwise ciphers and the key managements of an RSN or WPA element."""
    if content is None:
        return [], []
    at = 6
    found: list[list[int]] = []
    for _ in range(2):
        if len(content) < at + 2:
            found.append([])
            continue
        (count,) = struct.unpack_from("<H", content, at)
        suites = [content[at + 2 + 4 * place : at + 6 + 4 * place] for place in range(min(count, 16))]
        found.append([suite[3] for suite in suites if len(suite) == 4 and suite.startswith(owner)])
        at += 2 + 4 * count
    return found[0], found[1]


def _requires_protection(neighbour: Neighbour) -> bool:
    content = neighbour.element(RSN) or b""
    at = 6
    for _ in range(2):
        if len(content) < at + 2:
            return False
        at += 2 + 4 * int(struct.unpack_from("<H", content, at)[0])
    return len(content) >= at + 2 and bool(content[at] & 1 << 6)


def _rates(neighbour: Neighbour) -> Iterator[tuple[float, bool]]:
    for octet in (neighbour.element(RATES) or b"") + (neighbour.element(MORE_RATES) or b""):
        if octet & ~BASIC <= 108:
            yield (octet & ~BASIC) / 2, bool(octet & BASIC)
