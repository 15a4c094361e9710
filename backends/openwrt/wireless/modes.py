"""What the options ``htmode``, ``legacy_rates`` and ``require_mode`` of a wifi-device say. Pure.

Of each family of standards the later one brings the earlier ones along; on 2.4 GHz there is no 802.11ac, on 6 GHz
nothing before 802.11ax.
"""

import re
from collections.abc import Mapping
from typing import Final

BANDS: Final = {"2g": "2.4GHz", "5g": "5GHz", "6g": "6GHz"}
BAND_WORDS: Final = {band: word for word, band in BANDS.items()}
FAMILIES: Final = {"HT": "n", "VHT": "ac", "HE": "ax", "EHT": "be"}
NEWER: Final = ("n", "ac", "ax", "be")
ON_BAND: Final = {"2.4GHz": ("n", "ax", "be"), "5GHz": NEWER, "6GHz": ("ax", "be")}
LEGACY: Final = {"2.4GHz": ("b", "g"), "5GHz": ("a",), "6GHz": ()}
NO_HT: Final = "NOHT"
WORD: Final = re.compile(r"(E?HT|VHT|HE)(\d+)([+-]?)")
PLACES: Final = {"+": "AboveControlChannel", "-": "BelowControlChannel", "": "Auto"}
SIGNS: Final = {place: sign for sign, place in PLACES.items()}

Mode = tuple[str, int, str]
"""Family ("" for none), MHz, and where the second 20 MHz are."""


def mode_of(text: str) -> Mode:
    """What an htmode says."""
    found = WORD.fullmatch(text)
    return (found[1], int(found[2]), PLACES[found[3]]) if found else ("", 20, "Auto")


def mode_text(band: str, standards: tuple[str, ...], width: int, place: str) -> str:
    """An htmode that says it; the place is said of the oldest family alone, all others follow the channel."""
    family = next((word for word, one in reversed(FAMILIES.items()) if one in standards), "")
    if not family:
        return NO_HT
    sign = SIGNS.get(place, "") if family == "HT" and width == 40 and band == "2.4GHz" else ""
    return f"{family}{width}{sign}"


def standards_of(band: str, family: str, options: Mapping[str, str]) -> tuple[str, ...]:
    """The standards of a radio, oldest first."""
    last = NEWER.index(FAMILIES[family]) if family else -1
    newer = tuple(one for one in NEWER[: last + 1] if one in ON_BAND.get(band, NEWER))
    required = options.get("require_mode", "")
    if required in newer:
        return newer[newer.index(required) :]
    legacy = LEGACY.get(band, ())
    if band == "2.4GHz" and options.get("hwmode", "").endswith("11b") and not newer:
        return ("b",)
    is_slow = options.get("legacy_rates", "") in ("1", "on", "true", "yes", "enabled")
    return (*(legacy if is_slow or band != "2.4GHz" else legacy[1:]), *newer)


def on_band(band: str, standards: tuple[str, ...]) -> tuple[str, ...]:
    """The same standards on another band, as far as they are to be had there."""
    last = max((NEWER.index(one) for one in standards if one in ON_BAND.get(band, NEWER)), default=-1)
    newer = tuple(one for one in NEWER[: last + 1] if one in ON_BAND.get(band, NEWER))
    legacy = LEGACY.get(band, ())
    kept = tuple(one for one in legacy if one in standards) or legacy[-1:]
    return (*kept, *newer) or ON_BAND.get(band, ())[:1]


def said_of(band: str, standards: tuple[str, ...]) -> dict[str, str]:
    """legacy_rates and require_mode."""
    newer = [one for one in NEWER if one in standards]
    has_legacy = bool(set(standards) & {"a", "b", "g"}) or band == "6GHz"
    return {
        "legacy_rates": "1" if band == "2.4GHz" and "b" in standards else "",
        "require_mode": newer[0] if newer and not has_legacy else "",
    }
