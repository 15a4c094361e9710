"""hostapd: its configuration as text and back, its commands and events over the control socket of each link."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.errors import MechanismError
from backends.wpa_control import ControlSocket, pairs

MOST_STATIONS: Final = 2048
PATIENCE: Final = 5.0
"""Seconds: a command that starts or stops an access point is answered when the driver has done it."""
EVERYBODY: Final = "ff:ff:ff:ff:ff:ff"
SECRETS: Final = ("passphrase", "psk", "wep_key0", "wep_key1", "wep_key2", "wep_key3")
BEACONS_BEFORE: Final = 5
"""How many beacons announce another channel before it is taken: half a second."""
EVENTS: Final = ("AP-STA-", "AP-ENABLED", "AP-DISABLED", "AP-CSA-FINISHED", "DFS-", "ACS-", "WPS-", "CTRL-EVENT-")
"""How the events begin after which something may read differently."""


Lines = tuple[tuple[str, str], ...]
"""Names and values, in their order: a second RADIUS server is told by the same names once more."""


@dataclass(frozen=True, slots=True)
class Bss:
    """One access point of an instance: its link and its settings. ``accepted``: the only stations let in; None: all."""

    link: str
    settings: Lines = ()
    accepted: tuple[str, ...] | None = None

    def value(self, name: str) -> str | None:
        """What the first line of this name says."""
        return next((value for line, value in self.settings if line == name), None)


@dataclass(frozen=True, slots=True)
class Instance:
    """What one hostapd runs: a radio's settings and its access points, the first of which stands on the link that is
    there before.
    """

    phy: str
    radio: Lines = ()
    points: tuple[Bss, ...] = ()

    def radio_value(self, name: str) -> str:
        """What the radio's line of this name says; "" without one."""
        return next((value for line, value in self.radio if line == name), "")

    def point(self, link: str) -> Bss | None:
        """The access point on a link."""
        return next((one for one in self.points if one.link == link), None)


def text(instance: Instance, directory: Path) -> str:
    """The configuration file of an instance. Raises MechanismError for a value that would end its line."""
    first, *others = instance.points
    lines = [
        f"# phy={instance.phy}",
        f"interface={first.link}",
        "driver=nl80211",
        *_lines(instance.radio),
        *_point(first, directory),
    ]
    for other in others:
        lines += [f"bss={other.link}", *_point(other, directory)]
    return "\n".join(lines) + "\n"


def point_text(instance: Instance, point: Bss, directory: Path) -> str:
    """A configuration file for adding one access point to an instance that runs."""
    lines = [f"interface={point.link}", "driver=nl80211", *_lines(instance.radio), *_point(point, directory)]
    return "\n".join(lines) + "\n"


def accepted_text(point: Bss) -> str:
    """The file that accept_mac_file names."""
    return "".join(f"{mac}\n" for mac in point.accepted or ())


def accepted_file(directory: Path, link: str) -> Path:
    """Where it is."""
    return directory / f"{link}.accept"


def parsed(told: str, accepted: Mapping[str, tuple[str, ...]]) -> Instance | None:
    """The inverse of ``text``, with the content of the accept files by link; None for what ``text`` has not written."""
    head, *rest = told.splitlines() or [""]
    if not head.startswith("# phy="):
        return None
    radio: list[tuple[str, str]] = []
    points: list[tuple[str, list[tuple[str, str]]]] = []
    in_radio = True
    for line in rest:
        name, _, value = line.partition("=")
        if name in ("interface", "bss"):
            points.append((value, []))
        elif name == "ctrl_interface":
            in_radio = False
        elif name not in ("driver", "accept_mac_file"):
            (radio if in_radio else points[-1][1]).append((name, value))
    return Instance(
        head.removeprefix("# phy="),
        tuple(radio),
        tuple(
            Bss(link, tuple(settings), accepted.get(link, ()) if ("macaddr_acl", "1") in settings else None)
            for link, settings in points
        ),
    )


def _point(point: Bss, directory: Path) -> Iterator[str]:
    yield f"ctrl_interface={directory / 'control'}"
    yield from _lines(point.settings)
    if point.accepted is not None:
        yield f"accept_mac_file={accepted_file(directory, point.link)}"


def _lines(settings: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, value in settings:
        if any(character in value for character in "\n\r\0"):
            raise MechanismError(f"{name} has a character that no configuration can hold", "EINVAL")
        yield f"{name}={value}"


class Hostapd:
    """The control socket of one link of a hostapd, ours or another's. Every command has a deadline (seconds)."""

    def __init__(self, path: Path, *, deadline: float = 0.3) -> None:
        self._control = ControlSocket(path, deadline=deadline)
        self._patient = ControlSocket(path, deadline=PATIENCE)

    def is_there(self) -> bool:
        """Whether it answers."""
        try:
            return self._control.ask("PING") == "PONG"
        except MechanismError:
            return False

    def status(self) -> Mapping[str, str]:
        """What STATUS says: state, channel, freq, bss[0], ssid[0] …"""
        return self._control.values("STATUS")

    def configuration(self) -> Mapping[str, str]:
        """What GET_CONFIG says: ssid, wpa, key_mgmt …, without the secrets that it prints."""
        return {name: value for name, value in self._control.values("GET_CONFIG").items() if name not in SECRETS}

    def stations(self) -> dict[str, Mapping[str, str]]:
        """Who is associated, by address, with what hostapd knows of each."""
        found: dict[str, Mapping[str, str]] = {}
        answer = self._control.ask("STA-FIRST")
        while (address := answer.partition("\n")[0]).count(":") == 5 and len(found) < MOST_STATIONS:
            found[address] = pairs(answer.partition("\n")[2])
            answer = self._control.ask(f"STA-NEXT {address}")
        return found

    def set(self, name: str, value: str) -> None:
        """Change one setting in memory; what it needs besides is the caller's to know."""
        self._control.tell(f"SET {name} {value}")

    def accept(self, wanted: tuple[str, ...]) -> None:
        """Let in these only, now: whoever else is associated goes, nobody else is disturbed."""
        there = {line.partition(" ")[0].lower() for line in self._control.ask("ACCEPT_ACL SHOW").splitlines() if line}
        for mac in sorted(set(wanted) - there):
            self._control.tell(f"ACCEPT_ACL ADD_MAC {mac}")
        self.set("macaddr_acl", "1")
        for mac in sorted(there - set(wanted)):
            self._control.tell(f"ACCEPT_ACL DEL_MAC {mac}")
        for mac in self.stations():
            if mac not in wanted:
                self._control.tell(f"DEAUTHENTICATE {mac}")

    def accept_everybody(self) -> None:
        """Let in whoever knows the key."""
        self.set("macaddr_acl", "0")
        self._control.tell("ACCEPT_ACL CLEAR")

    def update_beacon(self) -> None:
        """Make what was set since known to everybody who listens."""
        self._control.tell("UPDATE_BEACON")

    def take_new_keys(self) -> None:
        """Use the passphrase that was set; whoever came in with the old one goes."""
        self._control.tell("RELOAD_WPA_PSK")
        self._control.tell("PMKSA_FLUSH")
        self._control.tell(f"DEAUTHENTICATE {EVERYBODY}")

    def restart(self) -> None:
        """Stop and start the radio with what is set in memory: every station of it comes back by itself."""
        self._patient.tell("DISABLE")
        self._patient.tell("ENABLE")

    def switch_channel(self, frequency: int, settings: str) -> None:
        """Announce another channel (MHz) and go there with all stations; ``settings`` as CHAN_SWITCH has them."""
        self._control.tell(f"CHAN_SWITCH {BEACONS_BEFORE} {frequency} {settings}".rstrip())


class HostapdGlobal:
    """The socket of a hostapd as a whole: access points come and go there while others run on."""

    def __init__(self, path: Path, *, deadline: float = PATIENCE) -> None:
        """``deadline``: seconds for one command."""
        self._control = ControlSocket(path, deadline=deadline)

    def is_there(self) -> bool:
        """Whether it answers."""
        try:
            return self._control.ask("PING") == "PONG"
        except MechanismError:
            return False

    def add(self, phy: str, configuration: Path) -> None:
        """Add the access point of a configuration file to the radio."""
        self._control.tell(f"ADD bss_config={phy}:{configuration}")

    def remove(self, link: str) -> None:
        """Take one that is not the first away."""
        self._control.tell(f"REMOVE {link}")
