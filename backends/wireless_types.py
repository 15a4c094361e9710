"""What the kernel knows of radios, wireless links, stations and neighbours (nl80211), in our own words."""

from dataclasses import dataclass, field
from typing import Final

BANDS: Final = {0: "2.4GHz", 1: "5GHz", 3: "6GHz"}
"""enum nl80211_band; 60 GHz and below 1 GHz have no place in the data model."""
WIDTHS: Final = {0: 20, 1: 20, 2: 40, 3: 80, 4: 160, 5: 160, 13: 320}
"""MHz, by enum nl80211_chan_width; 4 is 80+80."""
EIGHTY_PLUS_EIGHTY: Final = 4


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of a band; power in dBm, ``usable``: an access point may start there."""

    number: int
    frequency: int  # MHz
    disabled: bool = False
    no_ir: bool = False  # listen only: no access point of ours
    radar: bool = False
    power: float = 0.0
    no_ht40_minus: bool = False
    no_ht40_plus: bool = False
    no_80: bool = False
    no_160: bool = False

    @property
    def usable(self) -> bool:
        """Whether regulation lets an access point be there."""
        return not self.disabled and not self.no_ir


@dataclass(frozen=True, slots=True)
class Band:
    """What a radio can on one band. Rates are Mbit/s; capabilities the raw fields of the standard, None: not there."""

    name: str
    channels: tuple[Channel, ...] = ()
    rates: tuple[float, ...] = ()
    ht: int | None = None  # HT Capability Information, 802.11-2020 9.4.2.55.2
    ht_mcs: bytes = b""
    vht: int | None = None  # VHT Capabilities Information, 9.4.2.157.2
    vht_mcs: bytes = b""
    he_phy: bytes = b""  # HE PHY Capabilities of an access point, 802.11ax 9.4.2.248.3
    he_mcs: bytes = b""
    eht: bool = False

    @property
    def streams(self) -> int:
        """Spatial streams by the HT MCS set (each 8 bits one more); 1 where there is no HT."""
        return max(1, sum(1 for octet in self.ht_mcs[:4] if octet))


@dataclass(frozen=True, slots=True)
class Radio:
    """A wiphy. ``key`` stays the same over boots as long as the hardware does: its address, else its name."""

    index: int
    name: str
    key: str
    bands: tuple[Band, ...] = ()
    modes: frozenset[int] = frozenset()  # enum nl80211_iftype
    most_access_points: int = 1
    most_channels: int = 1
    most_stations: int | None = None
    retry_short: int = 7
    retry_long: int = 4
    fragmentation: int | None = None  # octets, None: off
    rts: int | None = None
    has_uapsd: bool = False
    has_sae: bool = False
    country: str = ""  # by whose rules it goes, two letters; "" the whole world's

    def band(self, name: str) -> Band | None:
        """The band of this name."""
        return next((band for band in self.bands if band.name == name), None)

    def channel(self, frequency: int) -> Channel | None:
        """The channel at a frequency (MHz)."""
        return next((one for band in self.bands for one in band.channels if one.frequency == frequency), None)


@dataclass(frozen=True, slots=True)
class WirelessLink:
    """A wireless network interface. ``ssid`` is what it has or is connected to, None for none."""

    name: str
    index: int
    radio: int  # the wiphy's index
    mode: str  # station ap monitor mesh p2p … by nl80211
    mac: str
    ssid: bytes | None = None
    frequency: int | None = None  # MHz
    width: int | None = None  # MHz
    width_kind: int = 0
    center: int | None = None  # MHz
    power: float | None = None  # dBm


@dataclass(frozen=True, slots=True)
class Rate:
    """A bit rate in kbit/s, and how it is made."""

    kbps: int = 0
    standard: str = ""  # "" (legacy) n ac ax be
    mcs: int | None = None
    width: int = 20
    short_gi: bool = False


@dataclass(frozen=True, slots=True)
class WifiStation:
    """Who is associated with a link. Rates as this machine sends (``tx``) and hears (``rx``); signal in dBm."""

    mac: str
    link: str
    signal: int | None = None
    signal_average: int | None = None
    tx: Rate = field(default=Rate())
    rx: Rate = field(default=Rate())
    rx_bytes: int = 0
    tx_bytes: int = 0
    rx_packets: int = 0
    tx_packets: int = 0
    tx_retries: int = 0
    tx_failed: int = 0
    rx_dropped: int = 0
    connected: int | None = None  # seconds
    inactive: int | None = None  # milliseconds
    authorized: bool = False
    authenticated: bool = False
    associated: bool = False
    wmm: bool = False


@dataclass(frozen=True, slots=True)
class Survey:
    """What a radio measured on the channel that it is on; milliseconds since it came up."""

    frequency: int
    noise: int | None = None  # dBm
    active: int | None = None
    busy: int | None = None
    receiving: int | None = None
    sending: int | None = None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A beacon that a scan has heard. ``elements`` are the raw information elements by number."""

    bssid: str
    frequency: int
    signal: float | None  # dBm
    beacon_interval: int  # time units of 1.024 ms
    capability: int
    elements: tuple[tuple[int, bytes], ...] = ()
    link: str = ""
    is_joined: bool = False  # the link that heard it is associated with it

    def element(self, number: int) -> bytes | None:
        """The first information element of a number."""
        return next((content for kind, content in self.elements if kind == number), None)


def channel_number(frequency: int) -> int:
    """The number of the channel at a frequency in MHz (802.11-2020 annex E); 0 where it has none."""
    if frequency == 2484:
        return 14
    if 2412 <= frequency < 2484:
        return (frequency - 2407) // 5
    if 4910 <= frequency <= 4980:
        return (frequency - 4000) // 5
    if frequency == 5935:
        return 2
    if 5000 <= frequency < 5950:
        return (frequency - 5000) // 5
    if 5950 < frequency <= 7125:
        return (frequency - 5950) // 5
    return 0
