"""Radios in /etc/config/wireless: wifi-device sections, and what of a radio is an option of its interfaces."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from backends.desired_state import Refused
from backends.openwrt.sections import truth
from backends.openwrt.wireless import modes
from backends.openwrt.wireless.values import number_of, said
from backends.uci import Section, Value
from backends.wifi import channels
from backends.wifi.power import power_of, share_of
from backends.wifi.records import RadioSettings
from backends.wireless_types import Radio

CHANNEL: Final = "cpe_channel"
"""Options of ours: the channel that an automatic choice has taken the place of; "HE80" where the width is to be what
the channel allows, and that came out; per cent and dBm of the transmit power; what interfaces to come are to say.
"""
WIDTH: Final = "cpe_width"
PLACE: Final = "cpe_extension"
POWER: Final = "cpe_power"
DTIM: Final = "cpe_dtim_period"
PREAMBLE: Final = "cpe_preamble"
AUTOMATIC: Final = -1
OFFERED: Final = (100, 75, 50, 25, 10)
HWMODES: Final = {"a": "5GHz", "na": "5GHz", "b": "2.4GHz", "g": "2.4GHz", "bg": "2.4GHz", "ng": "2.4GHz"}
GUARD: Final = ("short_gi_20", "short_gi_40", "short_gi_80", "short_gi_160")
ENVIRONMENT: Final = {"0x20": " ", "0x4f": "O", "0x49": "I"}
PREAMBLES: Final = {"": "auto", "0": "long", "1": "short"}
WIDEST_SAID: Final = 160


def settings(section: Section, radio: Radio | None, points: Sequence[Section]) -> RadioSettings:
    """What a section, and those of the access points on the radio, say."""
    band = _band(section)
    family, width, place = modes.mode_of(section.text("htmode"))
    name = band or (radio.bands[0].name if radio and radio.bands else "")
    number, is_automatic = _channel(section)
    options = {one: section.text(one) for one in ("require_mode", "legacy_rates", "hwmode")}
    is_any_width = bool(section.text("htmode")) and section.text(WIDTH) == section.text("htmode")
    return RadioSettings(
        enable=not truth(section, "disabled", False),
        band=band,
        standards=modes.standards_of(name, family, options),
        channel=number,
        auto_channel=is_automatic,
        bandwidth="Auto" if is_any_width else f"{min(width, WIDEST_SAID)}MHz",
        extension=place if place != "Auto" else modes.PLACES.get(section.text(PLACE), "Auto"),
        guard_interval=_guard(section),
        power=_power(section, radio, band),
        country=_country(section),
        spectrum=truth(section, "doth", True) if section.text("doth") else None,
        beacon_period=number_of(section, "beacon_int"),
        dtim_period=_of_points(points, "dtim_period", section, DTIM),
        rts_threshold=number_of(section, "rts"),
        fragmentation_threshold=number_of(section, "frag"),
        preamble=_preamble(section, points),
    )


def canonical(record: RadioSettings) -> RadioSettings:
    """As it would be read."""
    return replace(
        record,
        power=None if record.power == AUTOMATIC else record.power,
        guard_interval=record.guard_interval or "Auto",
        extension=record.extension or "Auto",
        preamble=record.preamble or "auto",
    )


def options(section: Section, record: RadioSettings, radio: Radio | None, has_points: bool) -> dict[str, Value]:
    """What is said of a radio in its own section."""
    return {
        "disabled": "" if record.enable is not False else "1",
        **_band_said(section, record),
        **_channel_said(record),
        **_mode_said(section, record, radio),
        **dict.fromkeys(GUARD, {"Auto": "", "400nsec": "1", "800nsec": "0"}[record.guard_interval or "Auto"]),
        **_power_said(section, record, radio),
        "country": (record.country or "")[:2],
        "country3": _environment(section, record),
        "doth": "" if record.spectrum is None else str(int(record.spectrum)),
        "beacon_int": said(record.beacon_period),
        "rts": said(record.rts_threshold),
        "frag": said(record.fragmentation_threshold),
        DTIM: "" if has_points else said(record.dtim_period),
        PREAMBLE: "" if has_points else _preamble_said(record),
    }


def point_options(record: RadioSettings) -> dict[str, Value]:
    """What is said of a radio in the sections of its access points."""
    return {"dtim_period": said(record.dtim_period), "short_preamble": _preamble_said(record)}


# -- band, channel, width ---------------------------------------------------------------------------------------------


def _band(section: Section) -> str | None:
    """By its name, by the hwmode of older releases, else by the channel, as netifd takes it."""
    if section.text("band") in modes.BANDS:
        return modes.BANDS[section.text("band")]
    hwmode = section.text("hwmode").removeprefix("11")
    if hwmode in HWMODES:
        return HWMODES[hwmode]
    number, _ = _channel(section)
    return None if number is None else "5GHz" if number > 14 else "2.4GHz"


def _band_said(section: Section, record: RadioSettings) -> dict[str, Value]:
    """As it is said already, where it is."""
    present = {"band": section.text("band"), "hwmode": section.text("hwmode")}
    if record.band == _band(section):
        return {**present}
    if present["hwmode"] and not present["band"]:
        return {"band": "", "hwmode": "11a" if record.band == "5GHz" else "11g"}
    return {"band": modes.BAND_WORDS.get(record.band or "", ""), "hwmode": present["hwmode"]}


def _channel(section: Section) -> tuple[int | None, bool]:
    """The channel, and whether one is chosen at each start."""
    number = number_of(section, "channel")
    return (number, False) if number else (number_of(section, CHANNEL), True)


def _channel_said(record: RadioSettings) -> dict[str, Value]:
    if record.auto_channel:
        return {"channel": "auto", CHANNEL: said(record.channel)}
    return {"channel": said(record.channel), CHANNEL: ""}


def _mode_said(section: Section, record: RadioSettings, radio: Radio | None) -> dict[str, Value]:
    band = record.band or (radio.bands[0].name if radio and radio.bands else "")
    standards = record.standards or ()
    wide = _width(record, radio)
    text = modes.mode_text(band, standards, wide, record.extension or "Auto")
    present = section.text("htmode")
    _, is_wide, place = modes.mode_of(present)
    if modes.mode_text(band, standards, min(is_wide, WIDEST_SAID), place) == text:
        text = present  # EHT320 reads as 160 MHz, no htmode as NOHT
    is_said = modes.mode_of(text)[2] != "Auto"
    sign = modes.SIGNS.get(record.extension or "Auto", "")
    keeps_place = not is_said and (band != "2.4GHz" or wide == 20)
    return {
        "htmode": text,
        **modes.said_of(band, standards),
        WIDTH: text if record.bandwidth == "Auto" else "",
        PLACE: sign if keeps_place else "",
    }


def _width(record: RadioSettings, radio: Radio | None) -> int:
    asked = channels.WIDTHS.get(record.bandwidth or "")
    if asked is not None or radio is None:
        return asked or 20
    band = channels.band_of(radio, record)
    try:
        return channels.width(radio, band, channels.chosen(radio, band, record), record) if band else 20
    except Refused:
        return 20


# -- guard interval, power, country -----------------------------------------------------------------------------------


def _guard(section: Section) -> str:
    told = {section.text(option) for option in GUARD} - {""}
    return {frozenset("0"): "800nsec", frozenset("1"): "400nsec"}.get(frozenset(told), "Auto")


def _power(section: Section, radio: Radio | None, band: str | None) -> int | None:
    """In per cent of what regulation allows: as it was set, else the nearest of those that are offered."""
    text, most = section.text("txpower"), _most(section, radio, band)
    share, _, power = section.text(POWER).partition(" ")
    if not text.isdecimal():
        return None
    if power == text and share.isdecimal():
        return int(share)
    found = share_of(int(text), most) if most is not None else OFFERED[0]
    return min(OFFERED, key=lambda one: abs(one - found))


def _most(section: Section, radio: Radio | None, band: str | None) -> float | None:
    number, is_automatic = _channel(section)
    return most_power(radio, RadioSettings(band=band, channel=number, auto_channel=is_automatic))


def most_power(radio: Radio | None, record: RadioSettings) -> float | None:
    """What regulation allows (dBm) on the channel, or on the one of a band on which it allows most."""
    band = channels.band_of(radio, record) if radio else None
    allowed = [one for one in (band.channels if band else ()) if one.usable]
    own = [one for one in allowed if one.number == record.channel and not record.auto_channel]
    return max((one.power for one in own or allowed), default=None)


def _power_said(section: Section, record: RadioSettings, radio: Radio | None) -> dict[str, Value]:
    present: dict[str, Value] = {"txpower": section.text("txpower"), POWER: section.text(POWER)}
    is_theirs = not section.text(POWER) and record.power == _power(section, radio, record.band)
    most = most_power(radio, record)
    if is_theirs or (most is None and record.power is not None):
        return present
    if record.power is None or most is None:
        return {"txpower": "", POWER: ""}
    power = power_of(record.power, most)
    return {"txpower": str(power), POWER: f"{record.power} {power}"}


def _country(section: Section) -> str | None:
    letters = section.text("country").upper()
    known = len(letters) == 2 and letters.isascii() and letters.isalpha()
    return letters + ENVIRONMENT.get(section.text("country3").lower(), " ") if known else None


def _environment(section: Section, record: RadioSettings) -> str:
    place = record.country[2:] if record.country else ""
    present = section.text("country3")
    if ENVIRONMENT.get(present.lower(), " ") == place:
        return present
    return next((word for word, one in ENVIRONMENT.items() if one == place and one != " "), "")


# -- what its interfaces say ------------------------------------------------------------------------------------------


def _of_points(points: Sequence[Section], option: str, section: Section, own: str) -> int | None:
    return number_of(points[0], option) if points else number_of(section, own)


def _preamble(section: Section, points: Sequence[Section]) -> str:
    text = points[0].text("short_preamble") if points else section.text(PREAMBLE)
    return PREAMBLES.get(text, "auto")


def _preamble_said(record: RadioSettings) -> str:
    return next(text for text, word in PREAMBLES.items() if word == (record.preamble or "auto"))
