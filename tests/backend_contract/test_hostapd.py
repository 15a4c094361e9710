"""The control socket of a real hostapd, which without a driver answers as on the air; what it is told, it takes."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.errors import MechanismError, Missing, TimedOut
from backends.hostapd import Bss, Hostapd, HostapdGlobal, Instance, accepted_file, accepted_text, text
from backends.wifi.configuration import MODES, SAE, access_point
from backends.wifi.records import AccessPoint, Ssid
from backends.wifi.rows import PointRow, SsidRow
from backends.wpa_control import ControlSocket, EventSocket
from tests.fakes.nl80211 import radio
from tests.waiting import until

HOSTAPD = shutil.which("hostapd", path="/usr/local/sbin:/usr/sbin:/sbin:/usr/bin")
PLAIN = (("hw_mode", "g"), ("channel", "6"))
OPEN = Bss("wl0", (("ssid2", b"LabNet".hex()), ("macaddr_acl", "0")))
PERSONAL = Bss("wl0", (*OPEN.settings, ("wpa", "2"), ("wpa_key_mgmt", "WPA-PSK"), ("wpa_passphrase", "not to be seen")))


class Daemon:
    """A hostapd that has no radio."""

    def __init__(self, point: Bss) -> None:
        assert HOSTAPD is not None
        self.directory = Path(tempfile.mkdtemp(prefix="hostapd"))  # short: a socket's path has 107 octets
        instance = Instance("phy0", PLAIN, (point,))
        told = text(instance, self.directory).replace("driver=nl80211", "driver=none")
        if point.accepted is not None:
            accepted_file(self.directory, point.link).write_text(accepted_text(point))
        file = self.directory / "hostapd.conf"
        file.write_text(told)
        self._process = subprocess.Popen(
            [HOSTAPD, "-g", str(self.directory / "global"), str(file)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.printed = ""
        for line in self._process.stdout:
            self.printed += line
            if "AP-ENABLED" in line:
                break

    @property
    def path(self) -> Path:
        return self.directory / "control/wl0"

    def close(self) -> None:
        self._process.terminate()
        self._process.communicate()
        shutil.rmtree(self.directory)


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    if HOSTAPD is None:
        pytest.skip("needs hostapd (apt-get install)")
    one = Daemon(PERSONAL)
    yield one
    one.close()


@pytest.fixture
def hostapd(daemon: Daemon) -> Hostapd:
    return Hostapd(daemon.path)


def test_it_says_what_it_is_but_no_secret(hostapd: Hostapd) -> None:
    assert hostapd.is_there()
    status = hostapd.status()
    assert (status["state"], status["channel"], status["ssid[0]"]) == ("ENABLED", "6", "LabNet")
    told = hostapd.configuration()
    assert (told["wpa"], told["key_mgmt"]) == ("2", "WPA-PSK")
    assert "not to be seen" not in str(told)
    assert hostapd.stations() == {}


def test_who_is_let_in_is_changed_while_it_runs(daemon: Daemon, hostapd: Hostapd) -> None:
    def accepted() -> set[str]:
        return {line.split()[0] for line in ControlSocket(daemon.path).ask("ACCEPT_ACL SHOW").splitlines()}

    hostapd.accept(("02:00:00:00:00:01", "02:00:00:00:00:02"))
    assert accepted() == {"02:00:00:00:00:01", "02:00:00:00:00:02"}
    hostapd.accept(("02:00:00:00:00:02",))
    assert accepted() == {"02:00:00:00:00:02"}
    hostapd.accept_everybody()
    assert accepted() == set()


def test_a_station_is_listed_with_what_is_known_of_it(daemon: Daemon, hostapd: Hostapd) -> None:
    for number in (1, 2):
        ControlSocket(daemon.path).tell(f"NEW_STA 02:00:00:00:00:0{number}")
    assert set(hostapd.stations()) == {"02:00:00:00:00:01", "02:00:00:00:00:02"}
    assert "flags" in hostapd.stations()["02:00:00:00:00:01"]


def test_what_happens_is_told_on_a_socket_of_its_own(daemon: Daemon, hostapd: Hostapd) -> None:
    events = EventSocket(daemon.path, 1)
    try:
        hostapd.restart()
        assert hostapd.is_there(), "an answer does not come between the events"
        time.sleep(0.05)
        assert [event.strip() for event in events.heard()] == ["AP-DISABLED", "AP-ENABLED"]
        assert events.heard() == []
    finally:
        events.close()


def test_another_passphrase_is_taken_and_an_impossible_one_refused_without_being_told(hostapd: Hostapd) -> None:
    hostapd.set("wpa_passphrase", "another one")
    hostapd.take_new_keys()
    with pytest.raises(MechanismError) as refused:
        hostapd.set("wpa_passphrase", "short")
    assert "short" not in refused.value.reason
    assert "SET wpa_passphrase" in refused.value.reason
    with pytest.raises(MechanismError, match="SET nonsense"):
        hostapd.set("nonsense", "1")


def test_a_daemon_that_is_gone_or_silent_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(Missing):
        Hostapd(tmp_path / "wl0").status()
    assert not Hostapd(tmp_path / "wl0").is_there()
    path = Path(tempfile.mkdtemp()) / "wl0"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as silent:
        silent.bind(str(path))
        begun = time.monotonic()
        with pytest.raises(TimedOut):
            Hostapd(path, deadline=0.1).status()
        with pytest.raises(TimedOut):
            EventSocket(path, deadline=0.1)
        assert time.monotonic() - begun < 10
    shutil.rmtree(path.parent)


def test_an_access_point_that_is_not_there_cannot_be_taken_away(daemon: Daemon) -> None:
    everything = HostapdGlobal(daemon.directory / "global")
    until(everything.is_there)  # the last thing that it opens
    with pytest.raises(MechanismError, match="REMOVE"):
        everything.remove("nowhere")
    assert not HostapdGlobal(daemon.directory / "nobody").is_there()


@pytest.mark.parametrize("mode", MODES)
def test_a_configuration_of_every_mode_is_one_that_hostapd_takes(mode: str) -> None:
    if HOSTAPD is None:
        pytest.skip("needs hostapd (apt-get install)")
    record = AccessPoint(
        enable=True, mode=mode, passphrase="'\"\\ $(x)`#=;", radius="192.0.2.1", radius_secret="secret",
        second_radius="192.0.2.2", second_radius_secret="other", accounting=True, accounting_server="192.0.2.1",
        accounting_secret="third", accounting_interval=60, controlled=True, allowed=("02:00:00:00:00:09",), wps=True,
        sae_passphrase="SAE's own" if mode in SAE else None, most_stations=7, protection="Optional", wps_pin="12345670",
    )  # fmt: skip
    ssid = SsidRow("wl0", Ssid(enable=True, ssid="\n'\"ж "), radio(0), "wl0", None)
    point = access_point(PointRow("+1", record, ssid, is_own=True), radio(0).bands[0])
    assert point is not None
    daemon = Daemon(point)
    try:
        told = Hostapd(daemon.path).configuration()
        assert ("key_mgmt" in told) == (mode != "None")
        assert "AP-ENABLED" in daemon.printed, daemon.printed
        assert "error" not in daemon.printed.lower(), daemon.printed
    finally:
        daemon.close()
