"""The service behind Device.WiFi.: records, and what the kernel and the daemons say, as the rows of its tables."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from agent.model.errors import Denied, InvalidValue
from agent.model.object import Parameter, Target
from backends.desired_state import Record, Service, Wanted
from backends.errors import MechanismError, Missing
from backends.hostapd import Hostapd
from backends.netlink import Netlink
from backends.netlink_types import Link
from backends.network.other_layers import OtherLayers
from backends.network.records import Reference
from backends.nl80211 import Nl80211
from backends.programs import find_program
from backends.tr181.acting_service import ActingService
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.wifi.configuration import supported_standards
from backends.wifi.records import KINDS, AccessPoint, EndPoint, Profile, RadioSettings, Ssid
from backends.wifi.rows import EndPointRow, PointRow, Rows, SsidRow
from backends.wifi.scan import NeighbourScan
from backends.wifi.service import ELSEWHERE, WifiService
from backends.wifi.watch import WifiWatch
from backends.wireless_types import Band, Radio

RADIO: Final = "Device.WiFi.Radio.{i}."
SSID: Final = "Device.WiFi.SSID.{i}."
ACCESS_POINT: Final = "Device.WiFi.AccessPoint.{i}."
ASSOCIATED: Final = f"{ACCESS_POINT}AssociatedDevice.{{i}}."
END_POINT: Final = "Device.WiFi.EndPoint.{i}."
PROFILE: Final = f"{END_POINT}Profile.{{i}}."
TABLES: Final[dict[type[Record], str]] = {
    RadioSettings: RADIO,
    Ssid: SSID,
    AccessPoint: ACCESS_POINT,
    EndPoint: END_POINT,
    Profile: PROFILE,
}
PARAMETERS: Final[Mapping[str, Sequence[str]]] = {
    "band": ("OperatingFrequencyBand",),
    "standards": ("OperatingStandards",),
    "bandwidth": ("OperatingChannelBandwidth",),
    "extension": ("ExtensionChannel",),
    "auto_channel": ("AutoChannelEnable",),
    "power": ("TransmitPower",),
    "country": ("RegulatoryDomain",),
    "spectrum": ("IEEE80211hEnabled",),
    "dtim_period": ("DTIMPeriod",),
    "rts_threshold": ("RTSThreshold",),
    "preamble": ("PreambleType",),
    "radio": ("LowerLayers",),
    "ssid": ("SSIDReference", "SSID"),
    "advertised": ("SSIDAdvertisementEnabled",),
    "wmm": ("WMMEnable",),
    "uapsd": ("UAPSDEnable",),
    "isolated": ("IsolationEnable",),
    "most_stations": ("MaxAllowedAssociations",),
    "controlled": ("MACAddressControlEnabled",),
    "allowed": ("AllowedMACAddress",),
    "mode": ("ModeEnabled",),
    "encryption": ("EncryptionMode",),
    "passphrase": ("KeyPassphrase",),
    "sae_passphrase": ("SAEPassphrase",),
    "rekeying": ("RekeyingInterval",),
    "protection": ("MFPConfig",),
    "radius": ("RadiusServerIPAddr",),
    "radius_port": ("RadiusServerPort",),
    "second_radius": ("SecondaryRadiusServerIPAddr",),
    "second_radius_port": ("SecondaryRadiusServerPort",),
    "second_radius_secret": ("SecondaryRadiusSecret",),
    "accounting": ("Enable",),
    "accounting_server": ("ServerIPAddr",),
    "accounting_port": ("ServerPort",),
    "accounting_secret": ("Secret",),
    "second_accounting_server": ("SecondaryServerIPAddr",),
    "second_accounting_port": ("SecondaryServerPort",),
    "second_accounting_secret": ("SecondarySecret",),
    "accounting_interval": ("InterimInterval",),
    "wps": ("Enable",),
    "wps_methods": ("ConfigMethodsEnabled",),
    "wps_pin": ("PIN",),
    "profile": ("ProfileReference",),
}
"""By the name of a record's field that something is refused for."""
CHANGED_BY: Final = ("radio", "station", "link")
LONGEST_SSID: Final = 32
COUNTED: Final = {
    "BytesSent": "tx_bytes",
    "BytesReceived": "rx_bytes",
    "PacketsSent": "tx_packets",
    "PacketsReceived": "rx_packets",
    "ErrorsSent": "tx_errors",
    "ErrorsReceived": "rx_errors",
    "DiscardPacketsSent": "tx_dropped",
    "DiscardPacketsReceived": "rx_dropped",
}
"""The counters of a link (backends.netlink_types.Counters) by the names that they have in each Stats object."""
NARROW: Final = frozenset(name for name in COUNTED if not name.startswith(("Bytes", "Packets")))
"""StatsCounter32."""


class Wireless(Service, Protocol):
    """Whoever makes radios, access points and stations by the records."""

    @property
    def has_access_points(self) -> bool:
        """Whether there can be any."""

    @property
    def has_end_points(self) -> bool:
        """Whether there can be any."""

    def may_change(self, link: str) -> bool:
        """Whether the owner gave this link to the agent."""

    def rows(self, wanted: Wanted) -> Rows:
        """The rows of all tables, as things are."""

    def seen(self) -> tuple[object, ...]:
        """What ``rows`` are made of beside records: others where it changed."""

    def radio_status(self, radio: Radio) -> Mapping[str, str]:
        """What hostapd says of a radio; nothing where it does not run. Missing, MechanismError."""

    def point_status(self, row: PointRow) -> Mapping[str, str]:
        """What hostapd, which runs, says of an access point's configuration. Missing, MechanismError."""

    def end_point_status(self, row: SsidRow) -> Mapping[str, str]:
        """What is known of who looks for a network on a link; nothing where nobody does. Missing, MechanismError."""


class WifiTables(ActingService):
    """The backend of all tables. ``scan`` is the neighbourhood diagnostic; its ``finished`` tells whoever asks."""

    def __init__(self, service: Wireless, nl80211: Nl80211, netlink: Netlink, scan: NeighbourScan) -> None:
        super().__init__("wifi", KINDS, service, TABLES, PARAMETERS)
        self.service = service
        self.nl80211 = nl80211
        self.netlink = netlink
        self.scan = scan
        self._kept: tuple[tuple[Any, ...], Rows] | None = None
        self._told: dict[str, Mapping[str, str]] = {}

    def forget(self) -> None:
        """Ask the kernel and the daemons anew."""
        self.nl80211.forget()
        self._told.clear()

    def look(self, _topics: frozenset[str]) -> frozenset[str]:
        """Something changed: a scan that ended is gone on with (Part.look)."""
        return frozenset({"scan"}) if self.scan.go_on() else frozenset()

    def associations(self) -> dict[str, Target]:
        """By MAC address, the row of AssociatedDevice of each station that is associated with an access point here."""
        return {
            station.mac: Target(ASSOCIATED, (point.key, station.mac))
            for point in self.rows.points
            if point.ssid and point.ssid.link is not None and point.ssid.link.mode == "ap"
            for station in self.nl80211.stations(point.ssid.link.name)
            if station.associated
        }

    def commit(self) -> None:
        """See Desired."""
        super().commit()
        self.forget()

    @property
    def rows(self) -> Rows:
        """The rows as they are, staged edits included."""
        made_of = (self.wanted, *self.service.seen())
        if self._kept is None or any(one is not other for one, other in zip(made_of, self._kept[0], strict=True)):
            self._kept = (made_of, self.service.rows(self.wanted))
        return self._kept[1]

    def counted(self, names: Iterable[str], parameter: str) -> int:
        """What one of the parameters of a Stats object says of these links together; zero while there is none."""
        links = (self.netlink.link(name) for name in names)
        total = sum(int(getattr(link.counters, COUNTED[parameter])) for link in links if link)
        return total % 2**32 if parameter in NARROW else total

    def age(self, name: str | None) -> int:
        """Seconds that a link is in its state."""
        try:
            return self.netlink.state_age(name) if name else 0
        except Missing:
            return 0

    def hostapd_status(self, radio: Radio) -> Mapping[str, str]:
        """What our hostapd says of a radio; nothing where it does not run."""
        return self._ask(f"radio {radio.name}", lambda: self.service.radio_status(radio))

    def foreign_configuration(self, link: str) -> Mapping[str, str]:
        """What another hostapd says of the access point on a link, where it lets itself be asked."""
        return self._ask(f"foreign {link}", Hostapd(ELSEWHERE["hostapd"] / link).configuration)

    def own_configuration(self, row: PointRow) -> Mapping[str, str]:
        """What our hostapd says of an access point; nothing where it does not run."""
        if row.ssid is None or row.ssid.radio is None or not self.hostapd_status(row.ssid.radio):
            return {}
        return self._ask(f"access point {row.key}", lambda: self.service.point_status(row))

    def supplicant_status(self, row: SsidRow) -> Mapping[str, str]:
        """What our wpa_supplicant says of an end point; nothing where it does not run."""
        return self._ask(f"end point {row.key}", lambda: self.service.end_point_status(row))

    def must_be_given(self, row: SsidRow) -> None:
        """Refuse to change a link that the owner did not give to the agent."""
        if not row.is_own and not self.service.may_change(row.key):
            raise Denied("", f"{row.key} is not in [network] manage")

    def supported_standards(self, band: Band) -> tuple[str, ...]:
        """What a radio can on a band, and hostapd with it."""
        return supported_standards(band, self.rows.newest)

    def set_radio(self, field: str) -> Callable[[Radio, Any], None]:
        """A setter of a radio's settings."""
        return lambda radio, value: self.edit(RadioSettings, radio.key, **{field: value})

    def set_point(self, field: str) -> Callable[[PointRow, Any], None]:
        """A setter of an access point; another program's is refused."""

        def change(row: PointRow, value: Any) -> None:
            self.must_be_own(row)
            self.edit(AccessPoint, row.key, **{field: value})

        return change

    def must_be_own(self, row: PointRow) -> None:
        """Refuse to change what another program made."""
        if not row.is_own:
            raise Denied("", f"the access point on {row.key} belongs to another program")

    def _ask(self, key: str, ask: Callable[[], Mapping[str, str]]) -> Mapping[str, str]:
        if key not in self._told:
            try:
                self._told[key] = ask()
            except Missing:
                self._told[key] = {}
        return self._told[key]


class SsidLayer(OtherLayers):
    """What a wireless link is to bridges, Ethernet links and IP interfaces: a row of WiFi.SSID."""

    kind = "wifi_ssid"
    table = SSID

    def __init__(self, tables: WifiTables) -> None:
        self._tables = tables

    def reference_of(self, link: Link) -> Reference | None:
        """The SSID row of a wireless link."""
        try:
            row = self._tables.rows.ssid_of(link.name)
        except MechanismError:
            return None
        return Reference(self.kind, row.key) if row else None

    def link_of(self, reference: Reference) -> str | None:
        """The link of an SSID row."""
        row = self._tables.rows.ssid(reference.key)
        return row.name if row else None

    def carrier_of(self, link: Link) -> str | None:
        """Of an access point that was added to a radio, the radio's own link: who gave us that gave us this.

        Radios that do not answer keep nobody from asking about other links.
        """
        try:
            rows = self._tables.rows
        except MechanismError:
            return None
        row = rows.ssid_of(link.name)
        if row is None or not row.is_own or row.radio is None:
            return None
        return next((one.name for one in rows.links_of(row.radio) if one.name not in rows.made), None)


def wifi_tables(mechanisms: Mechanisms, deadline: float = 0.3) -> Part:
    """The service, on a kernel that knows of Wi-Fi and answers within ``deadline`` seconds."""
    nl80211 = Nl80211(deadline=deadline)
    directory = mechanisms.directory / "wifi"
    may_change = mechanisms.links.may_change

    def management_link() -> str | None:
        path = mechanisms.management_path()
        return path.interface if path else None

    programs = (find_program("hostapd"), find_program("wpa_supplicant"))
    service = WifiService(nl80211, directory, may_change, programs, management_link)
    scan = NeighbourScan(nl80211, mechanisms.netlink, may_change)
    tables = WifiTables(service, nl80211, mechanisms.netlink, scan)
    watch = WifiWatch(Nl80211(), directory, scan.ended)
    mechanisms.network.other_layers = (*mechanisms.network.other_layers, SsidLayer(tables))
    return Part(
        name="wifi",
        provides={"wifi": tables, "associations": tables.associations},
        backend=tables,
        forget=(tables.forget,),
        watch=watch.watch,
        chores=(scan,),
        follows=frozenset({"link", "radio"}),
        look=tables.look,
    )


# -- what the tables' files share -----------------------------------------------------------------------------------


def check_ssid(value: str) -> str:
    """A network's name: at most 32 octets (802.11-2020 9.4.2.2). InvalidValue."""
    if len(value.encode()) > LONGEST_SSID:
        raise InvalidValue("", f"a name has at most {LONGEST_SSID} octets, and this one more")
    return value


def check_passphrase(value: str) -> str | None:
    """A passphrase of WPA: 8 to 63 printable ASCII characters (802.11-2020 J.4.1); "" takes it away. InvalidValue."""
    if value and not (8 <= len(value) <= 63 and all(" " <= one <= "~" for one in value)):
        raise InvalidValue("", "a passphrase has 8 to 63 printable ASCII characters")
    return value or None


def check_password(value: str) -> str | None:
    """A password of SAE, as hostapd's and wpa_supplicant's files can hold it; "" takes it away. InvalidValue."""
    if len(value.encode()) > 128 or "|" in value or not value.isprintable():
        raise InvalidValue("", "a password has at most 128 octets, no control character and no |")
    return value or None


def one_of(words: Collection[str]) -> Callable[[str], str]:
    """A check for a word that only this machine can say the legal ones of. InvalidValue."""

    def check(value: str) -> str:
        if value not in words:
            raise InvalidValue("", f"one of {', '.join(words)} is needed")
        return value

    return check


def secret(name: str, change: Callable[[Any, Any], None]) -> Parameter[Any, Any]:
    """A parameter that reads as nothing, whatever it is."""
    return Parameter(name, lambda _: None, change)


def ssid_target(row: SsidRow | None) -> Target | None:
    """A reference to an SSID."""
    return Target(SSID, (row.key,)) if row else None


def end_point_key(row: EndPointRow) -> tuple[str, ...]:
    """The keys of an end point's row."""
    return (row.key,)
