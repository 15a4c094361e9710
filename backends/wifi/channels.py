"""Channels as radios and regulation have them: which one, how wide, and where its centre is. Pure.

Blocks of wide channels: 802.11-2020 annex E, tables E-4; of 6 GHz 802.11ax table E-4.
"""

from typing import Final

from backends.desired_state import Refused
from backends.wifi.records import RadioSettings
from backends.wireless_types import Band, Channel, Radio

WIDTHS: Final = {"20MHz": 20, "40MHz": 40, "80MHz": 80, "160MHz": 160}
AUTOMATIC: Final = {"2.4GHz": 20, "5GHz": 80, "6GHz": 80}
"""Neighbours share 2.4 GHz, where one wide channel takes half the band."""
BLOCKS_80: Final = (36, 52, 100, 116, 132, 149)
BLOCKS_160: Final = (36, 100, 149)
CHANNEL_WIDTH: Final = {20: "0", 40: "0", 80: "1", 160: "2"}
OPERATING_CLASS: Final = {20: "131", 40: "132", 80: "133", 160: "134"}


def band_of(radio: Radio, wanted: RadioSettings) -> Band | None:
    """The band that was configured, else the first one; None where the radio has no such."""
    if wanted.band is not None:
        return radio.band(wanted.band)
    return radio.bands[0] if radio.bands else None


def chosen(radio: Radio, band: Band, wanted: RadioSettings) -> Channel | None:
    """The channel to start on; None: hostapd chooses. Raises Refused for one that is not the radio's, or forbidden by
    the rules that hold, unless those of another country are wanted.
    """
    if wanted.auto_channel:
        return None
    is_foreign = wanted.country is not None and wanted.country[:2] != radio.country
    if wanted.channel is None:
        usable = [one for one in band.channels if (one.usable or (is_foreign and not one.disabled)) and not one.radar]
        found = usable[0] if usable else None
    else:
        found = next((one for one in band.channels if one.number == wanted.channel), None)
    # The rules of a country that is set in the same breath are not known yet: hostapd will say.
    if found is None or not (found.usable or is_foreign):
        told = "" if found is None else "; the rules of this country forbid it, or RegulatoryDomain is not set"
        fields = ("channel",) if wanted.channel is not None else ("band",)
        number = wanted.channel if wanted.channel is not None else "a channel"
        raise Refused(f"{radio.name} cannot use {number} on {band.name}{told}", RadioSettings, radio.key, fields)
    return found


def width(radio: Radio, band: Band, channel: Channel | None, wanted: RadioSettings) -> int:
    """How wide to be, in MHz. Raises Refused for a width that the hardware or the channel does not have."""
    asked = WIDTHS.get(wanted.bandwidth or "")
    possible = [one for one in widths(band) if channel is None or fits(band, channel, one, wanted)]
    if asked is None:
        return max(one for one in possible if one <= AUTOMATIC[band.name])
    if asked not in possible:
        reason = f"{radio.name} cannot be {asked} MHz wide there"
        raise Refused(reason, RadioSettings, radio.key, ("bandwidth",))
    return asked


def widths(band: Band) -> list[int]:
    """What the hardware has on a band, in MHz."""
    he = band.he_phy[0] >> 1 if band.he_phy else 0
    is_low = band.name == "2.4GHz"
    vht160 = band.vht is not None and band.vht >> 2 & 3
    return [
        20,
        *([40] if (band.ht or 0) >> 1 & 1 or he & (1 if is_low else 2) else []),
        *([80] if not is_low and (band.vht is not None or he & 2) else []),
        *([160] if not is_low and (vht160 or he & 4) else []),
    ]


def fits(band: Band, channel: Channel, wide: int, wanted: RadioSettings) -> bool:
    """Whether a channel can be that wide: it lies in such a block, and regulation agrees."""
    if wide == 20:
        return True
    if wide == 40:
        return secondary(band, channel, wanted) != 0
    if wide == 80:
        return not channel.no_80 and center(band, channel, wide, 0) is not None
    return not channel.no_160 and center(band, channel, wide, 0) is not None


def secondary(band: Band, channel: Channel, wanted: RadioSettings) -> int:
    """Where the second 20 MHz are: 1 above, -1 below, 0 nowhere."""
    above, below = not channel.no_ht40_plus, not channel.no_ht40_minus
    if band.name == "6GHz":
        return 1 if channel.number % 8 == 1 else -1
    if band.name == "5GHz":
        start = 149 if channel.number >= 149 else 36
        place = 1 if (channel.number - start) // 4 % 2 == 0 else -1
        return place if (above if place > 0 else below) and channel.number <= 161 else 0
    above, below = above and channel.number <= 9, below and 5 <= channel.number <= 13
    if wanted.extension == "BelowControlChannel":
        return -1 if below else 0
    if wanted.extension == "AboveControlChannel":
        return 1 if above else 0
    return 1 if above else -1 if below else 0


def center(band: Band, channel: Channel, wide: int, place: int) -> int | None:
    """The number of the channel's centre; None where it lies in no block of that width."""
    number = channel.number
    if wide == 20:
        return number
    if wide == 40:
        return number + 2 * place
    if band.name == "6GHz":
        first = (number - 1) // (wide // 5) * (wide // 5) + 1
    else:
        blocks = BLOCKS_80 if wide == 80 else BLOCKS_160
        first = next((one for one in blocks if one <= number < one + wide // 5), 0)
    return first + wide // 10 - 2 if first else None


def settings(band: Band, channel: Channel | None, width: tuple[int, int], standards: tuple[str, ...]) -> dict[str, str]:
    """The lines that say how wide, and where; ``width`` in MHz, with the place of the second 20 of them."""
    told: dict[str, str] = {}
    if channel is None:
        return told
    wide, place = width
    middle = center(band, channel, wide, place)
    for prefix, standard in (("vht", "ac"), ("he", "ax")):
        if standard in standards and band.name != "2.4GHz" and middle is not None:
            told[f"{prefix}_oper_chwidth"] = CHANNEL_WIDTH[wide]
            if wide > 20:
                told[f"{prefix}_oper_centr_freq_seg0_idx"] = str(middle)
    if band.name == "6GHz":
        told["op_class"] = OPERATING_CLASS[wide]
    return told


def switch(band: Band, channel: Channel, width: tuple[int, int], standards: tuple[str, ...]) -> str:
    """The same for CHAN_SWITCH."""
    wide, place = width
    told = [word for word, standard in (("ht", "n"), ("vht", "ac"), ("he", "ax")) if standard in standards]
    if wide >= 40:
        middle = center(band, channel, wide, place) or channel.number
        told += [
            f"sec_channel_offset={place}",
            f"center_freq1={channel.frequency + 5 * (middle - channel.number)}",
        ]
    return " ".join([*told, f"bandwidth={wide}"])
