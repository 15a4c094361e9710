"""Wi-Fi in UCI: /etc/config/wireless, by which netifd configures hostapd and wpa_supplicant."""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from backends.desired_state import NotOurs, Pointer, Record, Refused, Wanted
from backends.openwrt.configured import Read
from backends.openwrt.differences import Difference
from backends.openwrt.sections import fresh, truth, write
from backends.openwrt.wireless import WIRELESS, access_points, devices, profiles
from backends.openwrt.wireless.access_points import one_key
from backends.openwrt.wireless.air import Air
from backends.openwrt.wireless.document import ENABLED, SSID_ENABLED, SSID_TEXT, document, standing
from backends.openwrt.wireless.rows import SectionRows
from backends.openwrt.wireless.sections import POINT, Tables, WirelessSections, is_station
from backends.uci import Edits, Section
from backends.wifi.configuration import PERSONAL, SAE, check_claims, check_number, check_roles, instance
from backends.wifi.records import KINDS, AccessPoint, EndPoint, Profile, RadioSettings, Ssid
from backends.wireless_types import Radio

NOTHING: Final = EndPoint()


@dataclass(frozen=True, slots=True)
class Ground:
    """What the machine says: ``may_change`` whether a link is given to the agent, ``rows`` the rows of records,
    ``is_way`` whether the management server is reached over a link.
    """

    may_change: Callable[[str], bool]
    rows: Callable[[Wanted], SectionRows]
    is_way: Callable[[str], bool]


class WirelessMapping:
    """See backends.openwrt.configured.Mapping."""

    packages = (WIRELESS,)
    kinds = KINDS

    def __init__(self, air: Air, tables: Tables, ground: Ground) -> None:
        self._air = air
        self._tables = tables
        self._ground = ground

    def surroundings(self) -> Hashable:
        """The radios that are there."""
        return tuple((radio.key, radio.name, radio.country) for radio in self._air.radios())

    def read(self, read: Read) -> Wanted:
        """See Mapping."""
        here = self._sections(read)
        by_kind: dict[type[Record], dict[str, Record]] = {
            RadioSettings: dict(_radios(here)),
            Ssid: dict(self._ssids(here)),
            AccessPoint: dict(self._points(here)),
            EndPoint: {key: one for key, one in self._end_points(here) if one != NOTHING},
            Profile: dict(_profiles(here)),
        }
        return Wanted(1, by_kind)

    def check(self, before: Wanted, after: Wanted) -> None:
        """See Mapping. A person's own configuration is not looked at: it is as it is."""
        difference = Difference.between(before, after)
        changed = {*difference.rows()}
        _check_texts(difference.after)
        rows, were = self._ground.rows(after), self._ground.rows(before)
        self._check_given(difference, rows, were)
        known = {(one.reason, one.kind, one.key) for one in _refusals(were)}
        for refused in _refusals(rows):
            if (refused.reason, refused.kind, refused.key) not in known:
                raise _told_of(refused, changed)

    def write(self, edits: Edits, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        here = self._sections(edits.read)
        self._check_lists(here, before, after)
        _check_places(here, before, after)
        stand = standing(here, before)
        write(edits, WIRELESS, document(here, before, stand), document(here, after, stand))

    def cuts(self, before: Wanted, after: Wanted) -> bool:
        """Whether the server is reached over a radio of which anything changes: netifd sets all of it up anew."""
        rows = self._ground.rows(before)
        touched = {_radio_of(kind, key, wanted) for wanted in (before, after)
                   for kind, key in Difference.between(before, after).rows()}  # fmt: skip
        ways = {row.radio.key for row in rows.ssids if row.radio and row.link and self._ground.is_way(row.link.name)}
        return bool(ways & touched)

    def key_for(self, record: Record, taken: Collection[str]) -> str:  # noqa: ARG002 - all kinds share sections
        """See Mapping."""
        return fresh(taken)

    # -- reading ------------------------------------------------------------------------------------------------------

    def _sections(self, read: Read) -> WirelessSections:
        package = read(WIRELESS)
        return WirelessSections(package, self._air.found(package), self._tables)

    def _ssids(self, here: WirelessSections) -> Iterator[tuple[str, Ssid]]:
        points = {id(section) for section in here.points.values()}
        for key, section in here.ifaces.items():
            is_point = id(section) in points
            is_on = is_point and not truth(section, "disabled", False)
            text = section.text("ssid" if is_point else SSID_TEXT)
            yield (
                key,
                Ssid(
                    enable=True if is_on or truth(section, SSID_ENABLED, False) else None,
                    ssid=text or None,
                    radio=here.radio_pointer(section),
                ),
            )

    def _points(self, here: WirelessSections) -> Iterator[tuple[str, AccessPoint]]:
        for key, section in here.points.items():
            is_waiting = section.type == POINT
            iface = section.text("iface") if is_waiting else here.identity_of[section.id]
            pointer = Pointer(self._tables.ssid, (iface,)) if iface in here.ifaces else None
            is_on = not is_waiting and not truth(section, "disabled", False)
            yield key, access_points.access_point(section, pointer, is_on or truth(section, ENABLED, False))

    def _end_points(self, here: WirelessSections) -> Iterator[tuple[str, EndPoint]]:
        for key, section in here.ifaces.items():
            is_on = is_station(section) and not truth(section, "disabled", False)
            is_enabled = is_on or (is_station(section) and truth(section, ENABLED, False))
            chosen = section.text(profiles.CHOSEN)
            pointer = Pointer(self._tables.profile, (key, chosen)) if chosen else None
            yield key, EndPoint(enable=True if is_enabled else None, profile=pointer)

    # -- checking -----------------------------------------------------------------------------------------------------

    def _check_given(self, difference: Difference, rows: SectionRows, were: SectionRows) -> None:
        """What changes is on links that the owner gave to the agent."""
        for kind, key in difference.rows():
            for some, wanted in ((were, difference.before), (rows, difference.after)):
                links = _links_of(kind, key, wanted, some)
                if links and not any(map(self._ground.may_change, links)):
                    raise NotOurs(f"{', '.join(links)}: not in [network] manage", kind, key)

    def _check_lists(self, here: WirelessSections, before: Wanted, after: Wanted) -> None:
        """A list of those who are kept out would become one of those who are let in."""
        for key, section in here.points.items():
            one, other = before.of(AccessPoint).get(key), after.of(AccessPoint).get(key)
            if one is None or other is None or not access_points.has_deny_list(section):
                continue
            if (one.controlled, one.allowed) != (other.controlled, other.allowed):
                reason = "a list of stations that are kept out is configured by hand (macfilter deny)"
                raise NotOurs(reason, AccessPoint, key, ("controlled", "allowed"))


def canonical(record: Record) -> Record:
    """As it would be read."""
    if isinstance(record, RadioSettings):
        return devices.canonical(record)
    if isinstance(record, AccessPoint):
        return access_points.canonical(record)
    if isinstance(record, Ssid):
        return replace(record, enable=record.enable or None, ssid=record.ssid or None)
    if isinstance(record, EndPoint):
        return replace(record, enable=record.enable or None)
    return one_key(record) if isinstance(record, Profile) else record


def _radios(here: WirelessSections) -> Iterator[tuple[str, RadioSettings]]:
    for key, section in here.devices.items():
        on_it = [one for one in here.points.values() if _names(here, one) == section.name]
        yield key, devices.settings(section, here.radios.get(key), on_it)


def _check_places(here: WirelessSections, before: Wanted, after: Wanted) -> None:
    """A radio that came later has no section yet; what it is called there is not ours to say."""
    reason = "no section of /etc/config/wireless is this radio: wifi config makes one"
    for key in after.of(RadioSettings):
        if key not in here.devices:
            raise NotOurs(reason, RadioSettings, key)
    for key, one in after.of(Ssid).items():
        if one.radio and one.radio.keys[-1] not in here.devices and one != before.of(Ssid).get(key):
            raise NotOurs(reason, Ssid, key, ("radio",))


def _names(here: WirelessSections, section: Section) -> str:
    device = here.devices.get(pointer.keys[-1]) if (pointer := here.radio_pointer(section)) else None
    return device.name if device else ""


def _profiles(here: WirelessSections) -> Iterator[tuple[str, Profile]]:
    for key, section in here.networks.items():
        yield key, profiles.profile(section, section.text("iface") or here.identity_of[section.id])


def _check_texts(changed: Wanted) -> None:
    """netifd sets an interface up only with a key of 8 to 63 characters. Its scripts write names into files as they
    are: one with the end of a line would say more than a name.
    """
    named: Iterable[tuple[str, Ssid | Profile]] = (*changed.of(Ssid).items(), *changed.of(Profile).items())
    for key, one in named:
        if any(character < " " or character == "\x7f" for character in one.ssid or ""):
            raise Refused("a name with control characters is not for OpenWrt's scripts", type(one), key, ("ssid",))
    records: Iterable[tuple[str, Any]] = (*changed.of(AccessPoint).items(), *changed.of(Profile).items())
    for key, record in records:
        text = record.passphrase or ""
        is_key = 8 <= len(text) <= 63 and all(" " <= one <= "~" for one in text)
        if text and record.mode in (*PERSONAL, *SAE) and not is_key:
            reason = "OpenWrt takes 8 to 63 printable ASCII characters for a key"
            raise Refused(reason, type(record), key, ("sae_passphrase",))


def _refusals(rows: SectionRows) -> Iterator[Refused]:
    """Everything that cannot be, of which the hardware and TR-181 leave no doubt."""
    for radio in rows.radios:
        try:
            check_claims(rows, radio)
            one = instance(rows, radio)
            if one is not None:
                check_number(rows, radio, one)
        except Refused as refused:
            yield refused
    try:
        check_roles(rows)
    except Refused as refused:
        yield refused


def _told_of(refused: Refused, changed: Collection[tuple[type[Record], str]]) -> Refused:
    """Of a row that was changed, else of the first of those."""
    if refused.kind is None or (refused.kind, refused.key) in changed or not changed:
        return refused
    kind, key = next(iter(changed))
    return Refused(refused.reason, kind, key)


def _links_of(kind: type[Record], key: str, wanted: Wanted, rows: SectionRows) -> list[str]:
    """The links that a record is about; of a radio any one that is given will do."""
    if kind is RadioSettings:
        radio = rows.radio(key)
        return _one_of_radio(rows, radio) if radio and key in wanted.of(kind) else []
    record = wanted.of(kind).get(key)
    if record is None:
        return []
    ssid = _ssid_of(kind, key, record)
    row = rows.ssid(ssid) if ssid else None
    return [row.name] if row and row.name and row.is_own else []


def _one_of_radio(rows: SectionRows, radio: Radio) -> list[str]:
    names = [row.name for row in rows.ssids if row.radio is radio and row.name]
    return names or [f"{radio.name}-ap0"]


def _ssid_of(kind: type[Record], key: str, record: Record) -> str:
    if isinstance(record, AccessPoint):
        return record.ssid.keys[-1] if record.ssid else ""
    return record.parent if kind is Profile else key


def _radio_of(kind: type[Record], key: str, wanted: Wanted) -> str:
    """The key of the radio that a record is about; "" for none."""
    if kind is RadioSettings:
        return key
    record = wanted.of(kind).get(key)
    ssid = wanted.get(Ssid, _ssid_of(kind, key, record)) if record else Ssid()
    return ssid.radio.keys[-1] if ssid.radio else ""
