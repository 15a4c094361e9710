"""The hostapd of one radio: its files, its process, and how it is changed while it runs."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from backends.errors import MechanismError, Missing, TimedOut
from backends.files import read_text, write_if_different
from backends.hostapd import (
    Hostapd,
    HostapdGlobal,
    Instance,
    accepted_file,
    accepted_text,
    parsed,
    point_text,
    text,
)
from backends.programs import Program
from backends.wifi import channels
from backends.wifi.configuration import supported_standards
from backends.wifi.difference import Difference, Need
from backends.wifi.records import RadioSettings
from backends.wireless_types import Radio

BEGUN: Final = ("ENABLED", "DFS", "ACS", "HT_SCAN")
"""States of hostapd in which nothing can refuse any more: it looks for a radar, a channel, neighbours (minutes)."""
FAILED: Final = "DISABLED"
OF_COUNTRY: Final = "COUNTRY_UPDATE"
LONGEST_WAIT: Final = 1.0
"""Seconds for the kernel to take a country's rules over; where that takes longer, hostapd goes on waiting alone, on a
channel that the rules which hold allow too."""
GIVEN_UP: Final = 3.0
"""Seconds after which the kernel will not take them over any more; hostapd itself waits five."""


class RadioProgram:
    """Files are 0600: they hold passphrases. What runs is known by the configuration file that was written for it."""

    def __init__(self, phy: str, directory: Path, hostapd: Path | None) -> None:
        self.phy = phy
        self._directory = directory
        self._hostapd = hostapd
        self._program = Program("hostapd", directory)

    def running(self) -> Instance | None:
        """What runs; None when nothing does, or a hostapd that has given its first access point up."""
        if not self._program.is_running():
            return None
        told = read_text(self._directory / "hostapd.conf")
        found = parsed(told, {}) if told else None
        if found is None or not (self.sockets / found.points[0].link).is_socket():
            return None
        accepted = {point.link: self._accepted(point.link) for point in found.points}
        return parsed(told or "", accepted)

    def control(self, link: str) -> Hostapd:
        """The control socket of an access point."""
        return Hostapd(self._directory / "control" / link)

    @property
    def sockets(self) -> Path:
        """Where the control sockets are."""
        return self._directory / "control"

    @property
    def made(self) -> str | None:
        """The link that was made so that the first access point has one; hostapd makes and takes away the others."""
        return read_text(self._directory / "made") or None

    def note_made(self, link: str | None) -> None:
        """Remember it."""
        if link is None:
            (self._directory / "made").unlink(missing_ok=True)
        else:
            write_if_different(self._directory / "made", link)

    def last_words(self) -> str:
        """What hostapd said last."""
        return self._program.last_words()

    def start(self, instance: Instance, may_go_on: Callable[[], bool]) -> None:
        """Start it, and wait until its first access point is there. MechanismError with hostapd's last words.

        ``may_go_on``: whether its channel is allowed also by the rules that the kernel goes by at present.
        """
        if self._hostapd is None:
            raise Missing("hostapd is not installed")
        self._write(instance)
        first, begun = self.control(instance.points[0].link), time.monotonic()
        arguments = [
            str(self._hostapd), "-g", str(self._directory / "global"), str(self._directory / "hostapd.conf"),
        ]  # fmt: skip
        try:
            self._program.start(arguments, lambda: self._has_begun(first, begun, instance, may_go_on))
        except MechanismError:
            self.stop()
            raise

    def stop(self) -> None:
        """End it, and leave no secret behind."""
        self._program.stop()
        for file in (*self._directory.glob("*.conf"), *self._directory.glob("*.accept")):
            file.unlink(missing_ok=True)

    def change(self, instance: Instance, steps: Difference, radio: Radio, wanted: RadioSettings) -> None:
        """Take the steps; the file says at the end what runs. MechanismError when hostapd refuses one."""
        everything = HostapdGlobal(self._directory / "global")
        if steps.switch:
            self._switch(instance, radio, wanted)
        for link in steps.remove:
            everything.remove(link)
        for link, need, names in steps.live:
            self._set(instance, link, need, names)
        self._write(instance)
        for link in steps.add:
            point = instance.point(link)
            if point is not None:
                file = self._directory / f"{link}.conf"
                write_if_different(file, point_text(instance, point, self._directory))
                everything.add(self.phy, file)
        if steps.reread:
            self._program.signal(signal.SIGHUP)
        if steps.stop:
            self.control(instance.points[0].link).restart()

    def _switch(self, instance: Instance, radio: Radio, wanted: RadioSettings) -> None:
        band = channels.band_of(radio, wanted)
        channel = channels.chosen(radio, band, wanted) if band else None
        if band is None or channel is None:
            raise MechanismError(f"{radio.name}: there is no channel to go to")
        if channel.radar:
            raise MechanismError(
                f"{radio.name}: channel {channel.number} may have a radar, which takes listening first"
            )
        wide = channels.width(radio, band, channel, wanted)
        place = channels.secondary(band, channel, wanted) if wide >= 40 else 0
        standards = wanted.standards or supported_standards(band)
        first = self.control(instance.points[0].link)
        first.switch_channel(channel.frequency, channels.switch(band, channel, (wide, place), standards))

    def _set(self, instance: Instance, link: str, need: Need, names: tuple[str, ...]) -> None:
        point, control = instance.point(link), self.control(link)
        if point is None:
            return
        if need is Need.ACCEPT:
            if point.accepted is None:
                control.accept_everybody()
            else:
                control.accept(point.accepted)
            return
        for name in names:
            control.set(name, point.value(name) or "")
        if need is Need.BEACON:
            control.update_beacon()
        elif need is Need.KEYS:
            control.take_new_keys()

    def _write(self, instance: Instance) -> None:
        for point in instance.points:
            if point.accepted is not None:
                write_if_different(accepted_file(self._directory, point.link), accepted_text(point))
        write_if_different(self._directory / "hostapd.conf", text(instance, self._directory))

    def _has_begun(self, first: Hostapd, since: float, instance: Instance, may_go_on: Callable[[], bool]) -> bool:
        """Whether the first access point is there. MechanismError: hostapd could not make it, and lives on."""
        has_tried = HostapdGlobal(self._directory / "global").is_there()  # the last thing that it opens
        try:
            state = first.status().get("state", "")
        except Missing:
            state = FAILED if has_tried else ""
        except TimedOut:
            state = ""
        if state == FAILED:
            raise MechanismError(f"hostapd gave up: {self._program.last_words()}")
        waited = time.monotonic() - since
        if state != OF_COUNTRY or waited < LONGEST_WAIT:
            return state in BEGUN
        if waited > GIVEN_UP and not may_go_on():
            country, channel = instance.radio_value("country_code"), instance.radio_value("channel")
            raise MechanismError(
                f"{self.phy}: the kernel does not take over the rules of {country} (has it a regulatory database?), and"
                f" those that it has forbid channel {channel}"
            )
        return may_go_on()

    def _accepted(self, link: str) -> tuple[str, ...]:
        return tuple((read_text(accepted_file(self._directory, link)) or "").split())
