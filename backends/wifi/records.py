"""What of Wi-Fi was configured, as records. ``None`` everywhere is "not told": then what the system has stands."""

from dataclasses import dataclass
from typing import ClassVar

from backends.desired_state import Pointer, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioSettings(Record):
    """A radio, under its key (the hardware's address). ``power`` per cent, -1 as the driver sees fit."""

    enable: bool | None = None
    band: str | None = None  # 2.4GHz 5GHz 6GHz
    standards: tuple[str, ...] | None = None
    channel: int | None = None
    auto_channel: bool | None = None
    bandwidth: str | None = None  # 20MHz 40MHz 80MHz 160MHz Auto
    extension: str | None = None  # AboveControlChannel BelowControlChannel Auto
    guard_interval: str | None = None  # 400nsec 800nsec Auto
    power: int | None = None
    country: str | None = None  # two letters and a space, O or I (802.11d)
    spectrum: bool | None = None  # 802.11h
    beacon_period: int | None = None  # ms
    dtim_period: int | None = None  # beacons
    rts_threshold: int | None = None
    fragmentation_threshold: int | None = None
    preamble: str | None = None  # short long auto


@dataclass(frozen=True, slots=True, kw_only=True)
class Ssid(Record):
    """A wireless link: under its name one of the machine's own, under "+7" one that was added to a radio."""

    enable: bool | None = None
    ssid: str | None = None
    radio: Pointer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPoint(Record):
    """An access point on an SSID; under a link's name one that was found, under "+7" one that was added."""

    enable: bool | None = None
    ssid: Pointer | None = None
    advertised: bool | None = None
    wmm: bool | None = None
    uapsd: bool | None = None
    isolated: bool | None = None
    most_stations: int | None = None
    controlled: bool | None = None
    allowed: tuple[str, ...] = ()
    mode: str | None = None
    encryption: tuple[str, ...] | None = None
    passphrase: str | None = None
    pre_shared_key: str | None = None  # hexadecimal
    sae_passphrase: str | None = None
    rekeying: int | None = None  # seconds, 0 never
    protection: str | None = None  # Disabled Optional Required
    radius: str | None = None
    radius_port: int | None = None
    radius_secret: str | None = None
    second_radius: str | None = None
    second_radius_port: int | None = None
    second_radius_secret: str | None = None
    accounting: bool | None = None
    accounting_server: str | None = None
    accounting_port: int | None = None
    accounting_secret: str | None = None
    second_accounting_server: str | None = None
    second_accounting_port: int | None = None
    second_accounting_secret: str | None = None
    accounting_interval: int | None = None  # seconds, 0 never
    wps: bool | None = None
    wps_methods: tuple[str, ...] | None = None
    wps_pin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPoint(Record):
    """A link as a station of another's access point, under the link's name. ``profile`` is a Profile's row."""

    enable: bool | None = None
    profile: Pointer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(Record):
    """A network that an end point may join; ``parent`` is the link's name."""

    owner: ClassVar[type[Record] | None] = EndPoint
    enable: bool = False
    ssid: str = ""
    location: str = ""
    priority: int = 0  # 0 is the highest, TR-181
    mode: str = "None"
    passphrase: str = ""
    pre_shared_key: str = ""  # hexadecimal
    sae_passphrase: str = ""
    protection: str = "Disabled"


KINDS = (RadioSettings, Ssid, AccessPoint, EndPoint, Profile)
