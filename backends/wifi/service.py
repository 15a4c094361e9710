"""Wi-Fi as it is wanted, brought about: a hostapd of our own for each radio, a wpa_supplicant for each end point."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from backends.desired_state import NotOurs, Refused, Wanted, make_each
from backends.errors import MechanismError
from backends.hostapd import Instance
from backends.nl80211 import Nl80211
from backends.wifi import channels, stations
from backends.wifi.configuration import check_claims, check_number, check_roles, instances
from backends.wifi.difference import Difference, as_it_runs, difference
from backends.wifi.end_point import EndPointProgram
from backends.wifi.instance import RadioProgram
from backends.wifi.power import power_of
from backends.wifi.records import AccessPoint, EndPoint, RadioSettings
from backends.wifi.rows import EndPointRow, PointRow, Rows, SsidRow
from backends.wireless_types import Radio
from backends.wpa_control import ControlSocket
from backends.wpa_supplicant import KnownNetwork

log = logging.getLogger(__name__)

ELSEWHERE: Final = {
    "hostapd": Path("/run/hostapd"),
    "wpa_supplicant": Path("/run/wpa_supplicant"),
}
"""Where the machine's own daemons have their sockets."""
AUTOMATIC: Final = -1
PAUSE: Final = 30.0
"""Seconds before a hostapd that ended is started again with the same configuration, unless somebody asks."""


class WifiService:
    """See ``backends.desired_state.Service``. ``directory`` is for secrets: a file system in memory, of root alone.

    ``may_change`` says which links the owner gave to the agent; ``management_link`` is the one by which the management
    server is reached, None where nobody knows. ``programs``: where hostapd and wpa_supplicant are, None: not installed.
    """

    def __init__(
        self,
        nl80211: Nl80211,
        directory: Path,
        may_change: Callable[[str], bool],
        programs: tuple[Path | None, Path | None],
        management_link: Callable[[], str | None] = lambda: None,
        elsewhere: Mapping[str, Path] = ELSEWHERE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._nl80211 = nl80211
        self._directory = directory
        self._may_change = may_change
        self._hostapd, self._supplicant = programs
        self._management_link = management_link
        self._elsewhere = elsewhere
        self._clock = clock
        self._begun: dict[str, tuple[Instance | None, float]] = {}

    # -- what the tables ask ----------------------------------------------------------------------------------------

    @property
    def has_access_points(self) -> bool:
        """Whether hostapd is installed."""
        return self._hostapd is not None

    @property
    def has_end_points(self) -> bool:
        """Whether wpa_supplicant is installed."""
        return self._supplicant is not None

    def may_change(self, link: str) -> bool:
        """Whether the owner gave this link to the agent."""
        return self._may_change(link)

    def rows(self, wanted: Wanted) -> Rows:
        """The rows of all tables, as things are."""
        return Rows(wanted, self._nl80211.radios(), self._nl80211.links())

    def seen(self) -> tuple[object, ...]:
        """What ``rows`` are made of beside records: others where it changed."""
        return self._nl80211.radios(), self._nl80211.links()

    def radio_status(self, radio: Radio) -> Mapping[str, str]:
        """What our hostapd says of a radio; nothing where it does not run. Missing, MechanismError."""
        program = self.radio_program(radio)
        running = program.running()
        return program.control(running.points[0].link).status() if running else {}

    def point_status(self, row: PointRow) -> Mapping[str, str]:
        """What our hostapd, which runs, says of an access point's configuration. Missing, MechanismError."""
        ssid = row.ssid
        if ssid is None or ssid.radio is None or ssid.name is None:
            return {}
        return self.radio_program(ssid.radio).control(ssid.name).configuration()

    def end_point_status(self, row: SsidRow) -> Mapping[str, str]:
        """What our wpa_supplicant says of an end point; nothing where it does not run. Missing, MechanismError."""
        program = self.end_point_program(row.key)
        return program.control.status() if program.is_running() else {}

    def radio_program(self, radio: Radio) -> RadioProgram:
        """The hostapd of a radio, whether it runs or not."""
        return RadioProgram(radio.name, self._directory / radio.name, self._hostapd)

    def end_point_program(self, link: str) -> EndPointProgram:
        """The wpa_supplicant of a link, whether it runs or not."""
        return EndPointProgram(link, self._directory / f"station-{link}", self._supplicant)

    # -- the service ------------------------------------------------------------------------------------------------

    def check(self, wanted: Wanted) -> None:
        """Raises Refused, or NotOurs for a link that is not given to us or that somebody else uses."""
        self._begun.clear()  # whoever asks now may have another try at once
        self._nl80211.forget()
        rows = self.rows(wanted)
        target = instances(rows)
        for radio in rows.radios:
            self._check_radio(rows, radio)
            self._check_channel(rows, radio)
            self._check_points(rows, radio, target.get(radio.key))
        for row in rows.end_points:
            if row.record.enable:
                self._check_link(row.key, EndPoint, row.key)
        check_roles(rows)

    def cuts(self, wanted: Wanted) -> bool:
        """Whether the way to the management server leads over a link that is about to change."""
        link = self._management_link()
        if link is None:
            return False
        rows = self.rows(wanted)
        target = instances(rows)
        for radio in rows.radios:
            running, after = self.radio_program(radio).running(), target.get(radio.key)
            if running is None or all(point.link != link for point in running.points):
                continue
            if after is None or not difference(running, after).is_nothing:
                return True
        return any(
            self.end_point_program(link).differs(networks, country)
            for row in rows.end_points
            if row.key == link
            for networks, country in [self._joined(rows, row)]
        )

    def apply(self, wanted: Wanted) -> bool:
        """Bring hostapd and wpa_supplicant to it; whether anything was changed."""
        self._nl80211.forget()
        rows = self.rows(wanted)
        try:
            target = instances(rows)
        except Refused as refused:  # the hardware is another one than when it was accepted
            raise MechanismError(refused.reason) from refused
        changed = False
        for row in rows.end_points:  # a link that becomes an access point is free before
            if not row.record.enable and self.end_point_program(row.key).stop():
                changed = True
        acts = [partial(self._apply_radio, rows, radio, target.get(radio.key)) for radio in rows.radios]
        acts += [partial(self._join, rows, row) for row in rows.end_points if row.record.enable]
        try:
            return make_each(acts) or changed
        finally:
            self._nl80211.forget()

    # -- inside -----------------------------------------------------------------------------------------------------

    def _join(self, rows: Rows, row: EndPointRow) -> bool:
        return self.end_point_program(row.key).run(*self._joined(rows, row))

    def _joined(self, rows: Rows, row: EndPointRow) -> tuple[tuple[KnownNetwork, ...], str]:
        """The networks of an end point, and the country by whose rules it looks for them."""
        radio = row.ssid.radio
        country = (rows.settings(radio).country or "")[:2] if radio else ""
        return stations.networks(row.record, rows.profiles(row.key)), country

    def _check_radio(self, rows: Rows, radio: Radio) -> None:
        """A radio is given to us when a link on it is."""
        wanted = rows.settings(radio)
        if wanted != RadioSettings() and not any(self._may_change(link.name) for link in rows.links_of(radio)):
            raise NotOurs(f"no interface on {radio.name} is in [network] manage", RadioSettings, radio.key)

    def _check_channel(self, rows: Rows, radio: Radio) -> None:
        """Where hostapd has asked for this country's rules already, those that hold are all that there are: a kernel
        without its regulatory database has no others.
        """
        wanted, running = rows.settings(radio), self.radio_program(radio).running()
        country = (wanted.country or "")[:2]
        band = channels.band_of(radio, wanted)
        if running and band and country and country == running.radio_value("country_code"):
            channels.chosen(replace(radio, country=country), band, wanted)

    def _check_points(self, rows: Rows, radio: Radio, instance: Instance | None) -> None:
        check_claims(rows, radio)
        if instance is None:
            return
        if self._hostapd is None:
            raise NotOurs("hostapd is not installed")
        check_number(rows, radio, instance)
        for point in instance.points:
            self._check_link(point.link, AccessPoint, rows.point_on(point.link), rows)

    def _check_link(self, link: str, kind: type[AccessPoint | EndPoint], key: str, rows: Rows | None = None) -> None:
        """A link is ours to change: given to us by the owner, and used by nobody else."""
        own = rows is not None and link in rows.made
        row = rows.ssid_of(link) if rows else None
        base = [one.name for one in rows.links_of(row.radio)] if own and rows and row and row.radio else [link]
        if not any(self._may_change(one) for one in base):
            raise NotOurs(f"{link} is not in [network] manage", kind, key)
        if (user := self._user_of(link)) is not None:
            raise NotOurs(
                f"{link} is used by {user}: stop that, or take {link} out of it, and set this again", kind, key
            )

    def _user_of(self, link: str) -> str | None:
        """Who else uses a link at present."""
        there = self._nl80211.link(link)
        if there is None or self._is_ours(link):
            return None
        for name, folder in self._elsewhere.items():
            try:
                if ControlSocket(folder / link).ask("PING") == "PONG":
                    return f"the system's {name}"
            except MechanismError:
                continue
        if there.ssid:
            return "an access point of another program" if there.mode == "ap" else "another program (NetworkManager?)"
        return None

    def _is_ours(self, link: str) -> bool:
        if self.end_point_program(link).is_running():
            return True
        running = (self.radio_program(radio).running() for radio in self._nl80211.radios())
        return any(one is not None and one.point(link) is not None for one in running)

    def _apply_radio(self, rows: Rows, radio: Radio, after: Instance | None) -> bool:
        program = self.radio_program(radio)
        before = program.running()
        if after is None:
            if before is None:
                return False
            program.stop()
            self._drop(program)
            return True
        steps = difference(before, after)
        changed = not steps.is_nothing
        if steps.anew:
            if before is None:
                self._refuse_to_hurry(program, radio, after)
            self._begin(program, radio, after, rows.settings(radio))
        elif changed:
            self._change(program, rows, radio, before, after, steps)
        return self._apply_power(rows, radio, after) or changed

    def _refuse_to_hurry(self, program: RadioProgram, radio: Radio, after: Instance) -> None:
        """A hostapd that ends each time brings events each time: the same is not tried again and again by itself."""
        before, begun = self._begun.get(radio.key, (None, 0.0))
        if before == after and self._clock() - begun < PAUSE:
            raise MechanismError(f"{radio.name}: hostapd has just ended: {program.last_words()}")

    def _begin(self, program: RadioProgram, radio: Radio, after: Instance, wanted: RadioSettings) -> None:
        """Start anew; a link of our own making goes first, so that hostapd finds its name free."""
        self._begun[radio.key] = (after, self._clock())
        for point in after.points:
            if (user := self._user_of(point.link)) is not None:
                raise MechanismError(f"{point.link} is used by {user}")
        program.stop()
        first = after.points[0].link
        self._drop(program)
        if self._nl80211.link(first) is None:
            program.note_made(first)
            self._nl80211.add_access_point(radio.index, first)
        program.start(after, lambda: self._may_use(radio, wanted, after.radio_value("channel")))
        self._nl80211.forget()

    def _may_use(self, radio: Radio, wanted: RadioSettings, number: str) -> bool:
        """Whether the rules that hold now, of whatever country, allow the radio a channel; one that hostapd is to
        choose it chooses by them.
        """
        self._nl80211.forget()
        now = next((one for one in self._nl80211.radios() if one.key == radio.key), radio)
        band = channels.band_of(now, wanted)
        found = next((one for one in band.channels if str(one.number) == number), None) if band else None
        return found is None or found.usable

    def _change(
        self,
        program: RadioProgram,
        rows: Rows,
        radio: Radio,
        before: Instance | None,
        after: Instance,
        steps: Difference,
    ) -> None:
        try:
            program.change(as_it_runs(before, after), steps, radio, rows.settings(radio))
        except MechanismError as error:
            log.warning("%s: %s; hostapd is started anew", radio.name, error.reason)
            self._begin(program, radio, after, rows.settings(radio))

    def _drop(self, program: RadioProgram) -> None:
        """Take the link away that was made for an access point that stood first."""
        self._nl80211.forget()
        if program.made is not None and self._nl80211.link(program.made) is not None:
            self._nl80211.delete_link(program.made)
        program.note_made(None)

    def _apply_power(self, rows: Rows, radio: Radio, after: Instance) -> bool:
        """Transmit power is the kernel's: per cent of what regulation allows on the channel, in whole dBm."""
        per_cent = rows.settings(radio).power
        if per_cent is None:
            return False
        first = self._nl80211.link(after.points[0].link)
        channel = radio.channel(first.frequency) if first and first.frequency else None
        if first is None or channel is None:
            return False
        wanted = None if per_cent == AUTOMATIC else power_of(per_cent, channel.power)
        if wanted == first.power or (wanted is None and first.power == channel.power):
            return False
        self._nl80211.set_power(first.name, wanted)
        return True
