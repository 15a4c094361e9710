"""Device.WiFi.Radio.: what each radio is, can and does; how wide, where and how loud it is to be."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from agent.model.errors import InvalidValue
from agent.model.object import Object, Parameter
from backends.desired_state import Refused
from backends.network.network import Network
from backends.tr181.wifi_tables import CHANGED_BY, COUNTED, RADIO, WifiTables, one_of
from backends.wifi import bit_rates, channels
from backends.wifi.configuration import is_wanted, missing
from backends.wifi.records import RadioSettings
from backends.wireless_types import EIGHTY_PLUS_EIGHTY, Band, Channel, Radio, WirelessLink, channel_number

AUTOMATIC: Final = -1
POWERS: Final = (AUTOMATIC, 10, 25, 50, 75, 100)
"""Per cent of what regulation allows on the channel; any share would do, these are offered."""
GUARD_INTERVALS: Final = ("400nsec", "800nsec", "Auto")
WAITING: Final = ("DFS", "ACS", "HT_SCAN", "COUNTRY_UPDATE")
COUNTRY_EVERYWHERE: Final = " "
MILLISECONDS: Final = (15, 65535)
"""Beacon intervals that hostapd takes."""


def radios(tables: WifiTables, network: Network) -> list[Object[Any]]:
    """Radio and its Stats."""
    return _Radios(tables, network).objects()


class _Radios:
    """The table: what was configured, else what is."""

    def __init__(self, tables: WifiTables, network: Network) -> None:
        self._tables = tables
        self._network = network

    def objects(self) -> list[Object[Any]]:
        tables = self._tables
        return [
            Object(
                path=RADIO,
                rows=tables.nl80211.radios,
                keys=_key,
                parameters=[*self._state(), *self._abilities(), *self._channel(), *self._modulation(), *self._limits()],
                changed_by=CHANGED_BY,
                backend=tables,
                source=lambda radio: f"nl80211 {radio.name}",
            ),
            *self._stats(),
        ]

    # -- parameters ---------------------------------------------------------------------------------------------------

    def _state(self) -> list[Parameter[Radio, Any]]:
        tables = self._tables
        return [
            Parameter("Enable", self.is_enabled, tables.set_radio("enable")),
            Parameter("Status", self.status),
            Parameter("Name", lambda radio: radio.name),
            Parameter("LastChange", lambda radio: tables.age(self.base(radio))),
            Parameter("LowerLayers", lambda _: []),
            Parameter("Upstream", self.is_upstream),
        ]

    def _abilities(self) -> list[Parameter[Radio, Any]]:
        return [
            Parameter("MaxBitRate", bit_rates.most),
            Parameter("SupportedFrequencyBands", lambda radio: [band.name for band in radio.bands]),
            Parameter("SupportedStandards", lambda radio: self._tables.supported_standards(self.band(radio))),
            Parameter("PossibleChannels", lambda radio: [str(one.number) for one in self.possible(radio)]),
            Parameter("AutoChannelSupported", self.chooses_channels),
            Parameter("MaxSupportedSSIDs", lambda radio: radio.most_access_points),
            Parameter("SupportedOperatingChannelBandwidths", self.widths),
            Parameter("TransmitPowerSupported", lambda _: POWERS),
            Parameter("IEEE80211hSupported", lambda radio: radio.band("5GHz") is not None),
            Parameter("SupportedDataTransmitRates", lambda radio: [f"{rate:g}" for rate in self.band(radio).rates]),
        ]

    def _channel(self) -> list[Parameter[Radio, Any]]:
        set_radio = self._tables.set_radio
        return [
            Parameter("OperatingFrequencyBand", lambda radio: self.band(radio).name, self.set_band),
            Parameter("ChannelsInUse", self.in_use),
            Parameter("Channel", self.channel, self.set_channel),
            Parameter("AutoChannelEnable", lambda radio: bool(self.settings(radio).auto_channel), self.set_auto),
            Parameter(
                "OperatingChannelBandwidth",
                lambda radio: self.settings(radio).bandwidth or "Auto",
                self.set_width,
            ),
            Parameter("CurrentOperatingChannelBandwidth", self.current_width),
            Parameter(
                "ExtensionChannel", lambda radio: self.settings(radio).extension or "Auto", set_radio("extension")
            ),
            Parameter("RegulatoryDomain", self.country, set_radio("country")),
            Parameter("IEEE80211hEnabled", self.has_spectrum_management, set_radio("spectrum")),
        ]

    def _modulation(self) -> list[Parameter[Radio, Any]]:
        set_radio = self._tables.set_radio
        return [
            Parameter(
                "OperatingStandards",
                lambda radio: self.settings(radio).standards or self._tables.supported_standards(self.band(radio)),
                self.set_standards,
            ),
            Parameter("GuardInterval", lambda radio: self.settings(radio).guard_interval or "Auto", self.set_guard),
            Parameter("MCS", lambda _: AUTOMATIC, _set_mcs),
            Parameter("TransmitPower", self.power, self.set_power),
            Parameter("PreambleType", lambda radio: self.settings(radio).preamble or "auto", set_radio("preamble")),
        ]

    def _limits(self) -> list[Parameter[Radio, Any]]:
        return [
            Parameter("BeaconPeriod", lambda radio: self.settings(radio).beacon_period or 100, self.set_beacon),
            Parameter("DTIMPeriod", lambda radio: self.settings(radio).dtim_period or 2,
                      self._bounded("dtim_period", 1, 255)),
            Parameter("RTSThreshold", lambda radio: self.settings(radio).rts_threshold or radio.rts or 65535,
                      self._bounded("rts_threshold", 0, 65535)),
            Parameter("FragmentationThreshold",
                      lambda radio: self.settings(radio).fragmentation_threshold or radio.fragmentation or 2346,
                      self._bounded("fragmentation_threshold", 256, 2346)),
            Parameter("RetryLimit", lambda radio: min(radio.retry_short, 7)),
            Parameter("LongRetryLimit", lambda radio: radio.retry_long),
        ]  # fmt: skip

    def _stats(self) -> list[Object[Any]]:
        tables, nl80211, path = self._tables, self._tables.nl80211, f"{RADIO}Stats."

        def total(name: str) -> Callable[[Radio], int]:
            return lambda radio: tables.counted([link.name for link in tables.rows.links_of(radio)], name)

        def noise(radio: Radio) -> int | None:
            surveys = (nl80211.survey(link.name) for link in self._tables.rows.links_of(radio) if link.frequency)
            return next((one.noise for one in surveys if one and one.noise is not None), None)

        return [
            Object(
                path=path,
                rows=nl80211.radios,
                keys=_key,
                parameters=[Parameter(name, total(name)) for name in COUNTED],
                source=lambda radio: f"netlink statistics of the links on {radio.name}",
            ),
            Object(
                path=path,
                rows=lambda: [radio for radio in nl80211.radios() if noise(radio) is not None],
                keys=_key,
                parameters=[Parameter("Noise", noise)],
                source=lambda radio: f"nl80211 survey of {radio.name}",
            ),
        ]

    # -- what a radio is ----------------------------------------------------------------------------------------------

    def settings(self, radio: Radio) -> RadioSettings:
        return self._tables.wanted.get(RadioSettings, radio.key)

    def band(self, radio: Radio) -> Band:
        """The band it is on, else the one that was configured, else its first."""
        there = self.operating(radio)
        channel = radio.channel(there.frequency) if there and there.frequency else None
        wanted = self.settings(radio).band
        found = _band_of(radio, channel) if channel else None
        name = wanted or found or (radio.bands[0].name if radio.bands else "")
        return radio.band(name) or Band(name)

    def operating(self, radio: Radio) -> WirelessLink | None:
        """A link of it that is on a channel."""
        return next((link for link in self._tables.rows.links_of(radio) if link.frequency), None)

    def base(self, radio: Radio) -> str | None:
        there = self.operating(radio)
        return there.name if there else next((link.name for link in self._tables.rows.links_of(radio)), None)

    def is_enabled(self, radio: Radio) -> bool:
        told = self.settings(radio).enable
        links = (self._tables.netlink.link(one.name) for one in self._tables.rows.links_of(radio))
        return told if told is not None else any(link is not None and link.up for link in links)

    def status(self, radio: Radio) -> str:
        if self.operating(radio) is not None:
            return "Up"
        if self._tables.hostapd_status(radio).get("state") in WAITING:
            return "Dormant"
        wanted = [row for row in self._tables.rows.points_of(radio) if is_wanted(row) and not missing(row)]
        return "Error" if wanted and self.settings(radio).enable is not False else "Down"

    def is_upstream(self, radio: Radio) -> bool:
        links = {link.name for link in self._tables.rows.links_of(radio) if link.mode == "station"}
        return any(not route.destination and route.interface in links for route in self._network.find_routes())

    def possible(self, radio: Radio) -> list[Channel]:
        return [one for one in self.band(radio).channels if one.usable]

    def chooses_channels(self, radio: Radio) -> bool:
        """hostapd chooses by what the driver measures."""
        base = self.base(radio)
        return base is not None and self._tables.nl80211.measures(base)

    def widths(self, radio: Radio) -> list[str]:
        return [*(f"{width}MHz" for width in channels.widths(self.band(radio))), "Auto"]

    def in_use(self, radio: Radio) -> list[str]:
        """Its own channels, and those on which the last scan has heard somebody."""
        links = self._tables.rows.links_of(radio)
        heard = [one.frequency for link in links for one in self._tables.nl80211.neighbours(link.name)]
        numbers = {channel_number(one) for one in (*heard, *(link.frequency or 0 for link in links))} - {0}
        return [str(number) for number in sorted(numbers)]

    def channel(self, radio: Radio) -> int:
        """The one it is on; while it is on none, the one that it would start on."""
        there = self.operating(radio)
        if there is not None and there.frequency:
            return channel_number(there.frequency)
        settings = self.settings(radio)
        try:
            found = channels.chosen(radio, self.band(radio), settings)
        except Refused:
            found = None
        first = self.band(radio).channels[0].number if self.band(radio).channels else 1
        return settings.channel or (found.number if found else first)

    def current_width(self, radio: Radio) -> str:
        there = self.operating(radio)
        if there is not None and there.width_kind == EIGHTY_PLUS_EIGHTY:
            return "80+80MHz"
        return f"{there.width if there and there.width else 20}MHz"

    def country(self, radio: Radio) -> str:
        told = self.settings(radio).country
        return told or (radio.country + COUNTRY_EVERYWHERE if radio.country else "")

    def has_spectrum_management(self, radio: Radio) -> bool:
        settings = self.settings(radio)
        return settings.country is not None and settings.spectrum is not False

    def power(self, radio: Radio) -> int:
        told = self.settings(radio).power
        return AUTOMATIC if told is None else told

    # -- setting ------------------------------------------------------------------------------------------------------

    def set_channel(self, radio: Radio, value: int) -> None:
        """A channel that is set ends the automatic choice (TR-181, Channel)."""
        self._tables.edit(RadioSettings, radio.key, channel=value, auto_channel=False)

    def set_auto(self, radio: Radio, value: bool) -> None:
        if value and not self.chooses_channels(radio):
            raise InvalidValue("", "the driver measures nothing by which a channel could be chosen")
        self._tables.edit(RadioSettings, radio.key, auto_channel=value)

    def set_power(self, radio: Radio, value: int) -> None:
        if value not in POWERS:
            raise InvalidValue("", f"one of {', '.join(map(str, POWERS))} is needed")
        self._tables.edit(RadioSettings, radio.key, power=value)

    def set_guard(self, radio: Radio, value: str) -> None:
        """The longer ones of 802.11ax are chosen for each station, by the driver."""
        self._tables.edit(RadioSettings, radio.key, guard_interval=one_of(GUARD_INTERVALS)(value))

    def set_band(self, radio: Radio, value: str) -> None:
        names = [band.name for band in radio.bands]
        self._tables.edit(RadioSettings, radio.key, band=one_of(names)(value))

    def set_width(self, radio: Radio, value: str) -> None:
        """What any band can: the band may be set in the same breath."""
        known = {f"{width}MHz" for band in radio.bands for width in channels.widths(band)} | {"Auto"}
        self._tables.edit(RadioSettings, radio.key, bandwidth=one_of(known)(value))

    def set_standards(self, radio: Radio, values: Sequence[str]) -> None:
        """The same."""
        if not values:
            raise InvalidValue("", "a radio speaks by one standard at least")
        known = {name for band in radio.bands for name in self._tables.supported_standards(band)}
        standards = tuple(dict.fromkeys(map(one_of(known), values)))
        self._tables.edit(RadioSettings, radio.key, standards=standards)

    def set_beacon(self, radio: Radio, value: int) -> None:
        self._bounded("beacon_period", *MILLISECONDS)(radio, value)

    def _bounded(self, field: str, least: int, most: int) -> Callable[[Radio, int], None]:
        def change(radio: Radio, value: int) -> None:
            if not least <= value <= most:
                raise InvalidValue("", f"{least} to {most} is possible")
            self._tables.edit(RadioSettings, radio.key, **{field: value})

        return change


def _set_mcs(_: Radio, value: int) -> None:
    if value != AUTOMATIC:
        raise InvalidValue("", "the driver chooses the modulation for each station: -1")


def _band_of(radio: Radio, channel: Channel) -> str | None:
    return next((band.name for band in radio.bands if channel in band.channels), None)


def _key(radio: Radio) -> tuple[str, ...]:
    return (radio.key,)
