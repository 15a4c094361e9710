"""Wi-Fi's service: what it refuses, and what it does where hostapd cannot start. On the air: tests/vm/wifi."""

import socket
import threading
from pathlib import Path

import pytest

from backends.desired_state import Desired, NotOurs, Pointer, Refused
from backends.errors import MechanismError, Missing
from backends.programs import find_program
from backends.wifi.end_point import EndPointProgram
from backends.wifi.instance import RadioProgram
from backends.wifi.records import KINDS, AccessPoint, EndPoint, Profile, RadioSettings, Ssid
from backends.wifi.scan import COMPLETE, ERROR, REQUESTED, NeighbourScan
from backends.wifi.service import WifiService
from backends.wifi.stations import networks
from backends.wifi.watch import WifiWatch
from backends.wireless_types import Neighbour
from tests.fakes.netlink import FakeKernel, FakeNetlink
from tests.fakes.nl80211 import FakeAir, FakeNl80211
from tests.waiting import until

SSID = Pointer("SSID", ("wlan0",))
POINT = AccessPoint(enable=True, ssid=SSID, passphrase="secret123")


class Bench:
    def __init__(self, directory: Path, manage: tuple[str, ...] = ("wlan0", "wlan1")) -> None:
        self.air = FakeAir()
        self.nl80211 = FakeNl80211(self.air)
        programs = (find_program("hostapd") or Path("/usr/sbin/hostapd"), find_program("wpa_supplicant"))
        self.service = WifiService(
            self.nl80211, directory, lambda link: link in manage, programs, elsewhere={"hostapd": directory / "theirs"}
        )
        self.desired = Desired("wifi", KINDS, self.service)
        self.desired.begin()

    def point(self, record: AccessPoint = POINT) -> str:
        self.desired.put("wlan0", Ssid(enable=True, ssid="LabNet"))
        return self.desired.add(record)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_what_is_right_is_not_refused_and_what_is_missing_waits(bench: Bench) -> None:
    bench.point()
    assert not bench.desired.prepare()
    bench.desired.edit(AccessPoint, "+1", passphrase=None)
    assert not bench.desired.prepare()
    assert not bench.service.apply(bench.desired.wanted), "there is nothing to start"


def test_two_access_points_do_not_share_a_name_s_link(bench: Bench) -> None:
    bench.point()
    second = bench.desired.add(POINT)
    with pytest.raises(Refused) as refused:
        bench.desired.prepare()
    assert (refused.value.key, refused.value.fields) == (second, {"ssid"})


def test_a_radio_has_as_many_as_it_can(bench: Bench) -> None:
    bench.point()
    radio = Pointer("Radio", (bench.air.radios[0].key,))
    for number in range(4):
        key = bench.desired.add(Ssid(enable=True, ssid=f"more {number}", radio=radio))
        bench.desired.add(AccessPoint(enable=True, ssid=Pointer("SSID", (key,)), mode="None"))
    with pytest.raises(Refused, match="4 access points"):
        bench.desired.prepare()


def test_a_link_is_an_access_point_or_a_station(bench: Bench) -> None:
    bench.point()
    bench.desired.put("wlan0", EndPoint(enable=True))
    with pytest.raises(Refused) as refused:
        bench.desired.prepare()
    assert refused.value.kind is EndPoint


def test_what_was_not_given_to_us_is_not_ours(tmp_path: Path) -> None:
    bench = Bench(tmp_path, ("wlan1",))
    bench.point()
    with pytest.raises(NotOurs, match="wlan0 is not in"):
        bench.desired.prepare()
    other = Bench(tmp_path, ("eth0",))
    other.desired.put(other.air.radios[0].key, RadioSettings(channel=6))
    with pytest.raises(NotOurs, match="no interface on phy0"):
        other.desired.prepare()


def test_a_link_that_somebody_uses_is_not_ours_and_we_say_who(bench: Bench, tmp_path: Path) -> None:
    bench.point()
    bench.air.change("wlan0", ssid=b"Home", frequency=2437)
    with pytest.raises(NotOurs, match="NetworkManager"):
        bench.desired.prepare()
    (tmp_path / "theirs").mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as theirs:
        theirs.bind(str(tmp_path / "theirs/wlan0"))

        def answer() -> None:
            _, asker = theirs.recvfrom(100)
            theirs.sendto(b"PONG\n", asker)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(NotOurs, match="the system's hostapd"):
            bench.desired.prepare()
        thread.join()


def test_hardware_that_changed_since_is_a_failure_and_no_surprise(bench: Bench) -> None:
    bench.point()
    bench.desired.put(bench.air.radios[0].key, RadioSettings(band="6GHz"))
    with pytest.raises(MechanismError, match="no such band"):
        bench.service.apply(bench.desired.wanted)


def test_a_hostapd_that_cannot_start_says_why_and_leaves_no_secret(bench: Bench, tmp_path: Path) -> None:
    if find_program("hostapd") is None:
        pytest.skip("needs hostapd (apt-get install)")
    bench.point()
    bench.desired.prepare()
    with pytest.raises(MechanismError, match="nl80211"):
        bench.desired.commit()
    assert bench.service.radio_program(bench.air.radios[0]).running() is None
    assert [file for file in tmp_path.rglob("*") if file.is_file() and "secret123" in file.read_text()] == []
    with pytest.raises(MechanismError, match="has just ended"):  # its end is an event: that is not to start it again
        bench.service.apply(bench.desired.wanted)
    bench.desired.prepare()
    with pytest.raises(MechanismError, match="ended at once"):
        bench.service.apply(bench.desired.wanted)


def test_a_program_that_is_not_installed_is_missing(tmp_path: Path) -> None:
    radio, station = RadioProgram("phy0", tmp_path, None), EndPointProgram("wlan0", tmp_path, None)
    network = networks(EndPoint(enable=True), {"+1": Profile(enable=True, ssid="x")})
    assert radio.running() is None
    assert not station.is_running()
    assert station.differs(network, "")
    assert not station.differs((), "")
    assert not station.run((), "")
    with pytest.raises(Missing):
        station.run(network, "")


def test_an_end_point_joins_the_profiles_that_are_complete_the_first_first() -> None:
    profiles = {
        "+1": Profile(enable=True, ssid="second", mode="WPA2-Personal", passphrase="secret123", priority=7),
        "+2": Profile(enable=True, ssid="first", mode="WPA3-Personal", sae_passphrase='a"b'),
        "+3": Profile(enable=True, ssid="without", mode="WPA2-Personal"),
        "+4": Profile(ssid="off"),
    }
    found = networks(EndPoint(enable=True), profiles)
    assert [network.ssid for network in found] == ["first", "second"]
    assert found[0].settings["sae_password"] == '"a"b"'
    assert found[0].settings["ieee80211w"] == "2"
    assert found[1].settings["psk"] == '"secret123"'
    chosen = EndPoint(enable=True, profile=Pointer("Profile", ("wlan0", "+1")))
    assert [network.ssid for network in networks(chosen, profiles)] == ["second"]
    assert networks(EndPoint(), profiles) == ()


def scanner(air: FakeAir, now: list[float]) -> tuple[NeighbourScan, FakeKernel, list[str]]:
    kernel = FakeKernel()
    for name in ("wlan0", "wlan1"):
        kernel.add_link(name, up=name == "wlan0")
    ended: list[str] = []
    scan = NeighbourScan(
        FakeNl80211(air), FakeNetlink(kernel), lambda link: link == "wlan1", lambda: ended.append("x"), lambda: now[0]
    )
    return scan, kernel, ended


def test_a_scan_goes_from_radio_to_radio_and_leaves_links_as_they_were() -> None:
    air, now = FakeAir(), [0.0]
    scan, kernel, ended = scanner(air, now)
    air.neighbours = [Neighbour("02:00:00:00:09:00", 2412, -50.0, 100, 1)]
    scan.begin()
    assert (scan.state, air.scans, kernel.links["wlan1"].up) == (REQUESTED, ["wlan0"], False)
    assert not scan.go_on(), "nothing has ended"
    scan.ended(frozenset({3}))
    assert not scan.go_on()
    assert (air.scans, kernel.links["wlan1"].up) == (["wlan0", "wlan1"], True)
    scan.ended(frozenset({4}))
    assert scan.go_on()
    assert (scan.state, ended, kernel.links["wlan1"].up) == (COMPLETE, ["x"], False)
    assert [one.bssid for _, one in scan.found] == ["02:00:00:00:09:00"]


def test_a_radio_that_never_ends_is_given_up_in_time() -> None:
    air, now = FakeAir(), [0.0]
    scan, _, ended = scanner(air, now)
    scan.begin()
    for _ in range(2):
        due = scan.due(now[0])
        assert due is not None
        now[0] = due
        scan.act(now[0])
    assert (scan.state, scan.due(now[0]), ended) == (ERROR, None, ["x"])


def test_the_watch_tells_of_stations_radios_and_scans(tmp_path: Path) -> None:
    nl80211 = FakeNl80211()
    told: list[frozenset[str]] = []
    ended: list[frozenset[int]] = []
    stop = threading.Event()
    watch = WifiWatch(nl80211, tmp_path, ended.append)
    thread = threading.Thread(target=watch.watch, args=(told.append, stop))
    thread.start()
    try:
        for command, topic in ((19, "station"), (113, "radio"), (34, "scan")):
            message = bytes([command, 1, 0, 0]) + bytes.fromhex("0800030007000000")
            nl80211.told.send(
                len(message).to_bytes(2, "little") + bytes(14) + message
            )  # too short a length: no message
            nl80211.told.send((16 + len(message)).to_bytes(4, "little") + bytes(12) + message)
            until(lambda topic=topic: told and topic in told[-1])
            assert told[-1] == {topic}
        assert ended == [frozenset({7})]
    finally:
        stop.set()
        thread.join()
        nl80211.told.close()
