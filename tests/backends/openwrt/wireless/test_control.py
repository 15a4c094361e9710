"""One contract for both ways to an access point: OpenWrt's bus, and the control socket of a real hostapd."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backends.errors import MechanismError, Missing
from backends.hostapd import Bss
from backends.openwrt.wireless.control import BusControl, Client, FirstOf, HostapdControl, SocketControl, control_of
from backends.ubus import Bus, BusService, Kind, Method, Published, Request, Status
from backends.wpa_control import ControlSocket
from tests.backend_contract.test_hostapd import HOSTAPD, PERSONAL, Daemon
from tests.fakes.ubusd import FakeUbusd
from tests.waiting import PATIENCE

pytestmark = pytest.mark.slow

PHONE = "02:00:00:00:00:01"
WITH_BUTTON = Bss(
    "wl0",
    (
        *PERSONAL.settings,
        ("rsn_pairwise", "CCMP"),
        ("eap_server", "1"),
        ("wps_state", "2"),
        ("config_methods", "push_button"),
    ),
)


class OnBus:
    """hostapd's object as OpenWrt's patch publishes it."""

    def __init__(self, directory: Path, *, with_button: bool = True) -> None:
        self.path = directory / "ubus.sock"
        self.stations: dict[str, dict[str, Any]] = {}
        self.gone: list[dict[str, Any]] = []
        self._button, self._with_button = "Disabled", with_button
        self._bus = FakeUbusd(self.path)
        self._bus.start()
        self._service = BusService(self.path)
        addressed = {"addr": Kind.STRING, "reason": Kind.INT32, "deauth": Kind.BOOL, "ban_time": Kind.INT32}
        methods = {
            "get_status": Method(lambda request: request.answer({"status": "ENABLED", "freq": 2437, "channel": 6})),
            "get_clients": Method(lambda request: request.answer({"freq": 2437, "clients": self.stations})),
            "wps_start": Method(self._start),
            "wps_status": Method(lambda request: request.answer({"pbc_status": self._button})),
            "del_client": Method(self._delete, addressed),
        }
        self._service.publish(Published("hostapd.wl0", methods))
        self._stop, there = threading.Event(), threading.Event()
        self._service.on_connect(there.set)
        self._thread = threading.Thread(target=self._service.run, args=(self._stop,), daemon=True)
        self._thread.start()
        assert there.wait(PATIENCE)

    @property
    def control(self) -> HostapdControl:
        return BusControl(Bus(self.path, deadline=20), "wl0")

    def add_station(self, mac: str) -> None:
        self.stations[mac] = {"auth": False, "assoc": False, "authorized": False, "signal": -40}

    def close(self) -> None:
        self._stop.set()
        self._service.wake()
        self._thread.join(PATIENCE)
        self._service.close()
        self._bus.stop()

    def _start(self, request: Request) -> None:
        self._button = "Active"
        request.answer({}, Status.OK if self._with_button else Status.NOT_SUPPORTED)

    def _delete(self, request: Request) -> None:
        self.gone.append(dict(request.arguments))
        self.stations.pop(str(request.arguments["addr"]), None)
        request.answer({})


class OnSocket:
    """A real one, without a radio."""

    def __init__(self, _: Path, *, with_button: bool = True) -> None:
        if HOSTAPD is None:
            pytest.skip("needs hostapd (apt-get install)")
        self._daemon = Daemon(WITH_BUTTON if with_button else PERSONAL)

    @property
    def control(self) -> HostapdControl:
        return SocketControl(self._daemon.path)

    def add_station(self, mac: str) -> None:
        ControlSocket(self._daemon.path).tell(f"NEW_STA {mac}")

    def close(self) -> None:
        self._daemon.close()


Make = Callable[..., OnBus | OnSocket]


@pytest.fixture(params=[OnBus, OnSocket])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    made: list[OnBus | OnSocket] = []

    def one(**given: Any) -> OnBus | OnSocket:
        made.append(request.param(tmp_path, **given))
        return made[-1]

    yield one
    for each in made:
        each.close()


def test_it_says_that_it_is_on_the_air(make: Make) -> None:
    assert make().control.state() == "ENABLED"


def test_it_lists_its_stations_and_has_one_go(make: Make) -> None:
    there = make()
    assert there.control.clients() == {}
    there.add_station(PHONE)
    assert there.control.clients() == {PHONE: Client()}
    there.control.disassociate(PHONE)
    if isinstance(there, OnBus):
        assert there.gone == [{"addr": PHONE, "reason": 3, "deauth": True, "ban_time": 0}]


def test_its_button_is_pushed(make: Make) -> None:
    there = make()
    assert there.control.button() == "Disabled"
    there.control.push_button()
    assert there.control.button() == "Active"


def test_without_protected_setup_there_is_no_button(make: Make) -> None:
    with pytest.raises(MechanismError):
        make(with_button=False).control.push_button()


def test_the_socket_is_the_second_choice(tmp_path: Path) -> None:
    nobody = Bus(tmp_path / "no-bus")
    with pytest.raises(Missing):
        control_of(nobody, "wl0", tmp_path).state()
    with pytest.raises(Missing):
        FirstOf(()).clients()
    if HOSTAPD is None:
        pytest.skip("needs hostapd (apt-get install)")
    daemon = Daemon(PERSONAL)
    try:
        assert control_of(nobody, "wl0", daemon.path.parent).state() == "ENABLED"
    finally:
        daemon.close()


def test_a_bus_without_this_access_point_says_so(tmp_path: Path) -> None:
    there = OnBus(tmp_path)
    try:
        with pytest.raises(Missing):
            BusControl(Bus(there.path, deadline=20), "wl1").state()
    finally:
        there.close()
