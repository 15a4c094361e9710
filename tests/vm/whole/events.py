"""Stations, PPP connections and the clock: from what happens to the VALUE CHANGE at the ACS, by the whole agent."""

import ctypes
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from agent.lab.records import Inform
from tests.backends.test_whole_gateway_events import PROMPT, notify
from tests.vm.whole.gateway import NETWORK, SECRET, SSID, WirelessGateway, Witness, witness
from tests.vm.wifi.gateway import Station
from tests.waiting import PATIENCE, until

PASSIVE = 1
JUMP = 400 * 86_400.0
ADJ_STATUS, ADJ_MAXERROR, ADJ_ESTERROR = 0x10, 0x04, 0x08
TIMEX = struct.Struct("@Illlli")
"""modes, offset, freq, maxerror, esterror and status, the first of the 208 octets of adjtimex(2)."""


class Told:
    """What the ACS was told of one parameter since now."""

    def __init__(self, gateway: WirelessGateway, path: str) -> None:
        self._gateway, self._path = gateway, path
        self._seen = len(gateway.stand.acs.informs)

    def inform(self, is_it: Callable[[str], bool]) -> Inform:
        """The Inform with the event VALUE CHANGE that tells of such a value."""
        acs = self._gateway.stand.acs
        while True:
            inform = acs.wait_for_inform("4 VALUE CHANGE", after=self._seen, timeout=PATIENCE)
            if self._path in inform.parameters and is_it(inform.parameters[self._path]):
                return inform
            self._seen = acs.informs.index(inform) + 1


def is_prompt(what: str, *took: float) -> None:
    print(what, *(f"{each:.2f} s" for each in took))
    assert max(took) < PROMPT, took


def saw(tells: Witness, pattern: str) -> float:
    """When a witness told of something; it may be a moment late."""

    def found() -> float | None:
        try:
            return tells.saw(pattern)
        except LookupError:
            return None

    return until(found, lambda: f"{pattern!r} in {tells.lines}")


def test_a_station_that_comes_or_goes_is_told_promptly(gateway: WirelessGateway, station: Station) -> None:
    point = gateway.access_point()
    gateway.agent.ask("set", values={f"{SSID}.Enable": "true", f"{point}Enable": "true"})
    count = f"{point}AssociatedDeviceNumberOfEntries"
    notify(gateway, count)

    with witness(gateway.router, "iw", "event") as tells:
        told = Told(gateway, count)
        station.join(NETWORK, SECRET)
        came = told.inform("1".__eq__).at - saw(tells, "new station")
        station.connects(seconds=PATIENCE)
        gateway.quiet()
        told = Told(gateway, count)
        station.leave()
        went = told.inform("0".__eq__).at - saw(tells, "del station")
    is_prompt("a station came, went:", came, went)


def test_a_ppp_connection_that_comes_up_or_goes_down_is_told_promptly(gateway: WirelessGateway) -> None:
    row = gateway.connection()
    state = f"{row}ConnectionStatus"
    gateway.agent.ask("set", values={f"{row}Enable": "true"})
    notify(gateway, state)

    with witness(gateway.router, "ip", "-o", "-4", "monitor", "address") as tells:
        told = Told(gateway, state)
        gateway.provider.serve()
        up = told.inform("Connected".__eq__).at - saw(tells, r"^(?!Deleted).* peer 10\.64\.0\.1")
        gateway.quiet()
        told = Told(gateway, state)
        gateway.provider.fall_silent()
        down = told.inform("Connected".__ne__).at - saw(tells, r"^Deleted.* peer 10\.64\.0\.1")
    is_prompt("PPP up, down:", up, down)


@contextmanager
def clock_kept() -> Iterator[None]:
    """The wall clock as it was, within what the test itself takes."""
    before, since = time.time(), time.monotonic()
    yield
    time.clock_settime(time.CLOCK_REALTIME, before + time.monotonic() - since)


def keep_right() -> None:
    """Tell the kernel that something keeps its clock right, as an NTP daemon does."""
    told = bytearray(TIMEX.pack(ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR, 0, 0, 0, 0, 0).ljust(208, b"\0"))
    buffer = (ctypes.c_char * len(told)).from_buffer(told)
    assert ctypes.CDLL(None, use_errno=True).adjtimex(buffer) == 0


def test_a_clock_that_is_set_is_told_promptly_with_the_time_that_it_has(gateway: WirelessGateway) -> None:
    status, now = "Device.Time.Status", "Device.Time.CurrentLocalTime"
    keep_right()
    until(lambda: gateway.agent.values(status)[status] == "Synchronized")
    notify(gateway, status)
    gateway.stand.done(gateway.agent, "SetParameterAttributes", parameters={now: {"notification": PASSIVE}})
    gateway.quiet()
    told = Told(gateway, status)
    with clock_kept():
        wanted = time.time() + JUMP
        time.clock_settime(time.CLOCK_REALTIME, wanted)  # the kernel forgets with it that the clock was right
        begun = time.monotonic()
        inform = told.inform("Unsynchronized".__eq__)
    shown = time.strptime(inform.parameters[now][:10], "%Y-%m-%d")
    assert shown[:3] == time.gmtime(wanted)[:3]
    is_prompt("the clock was set:", inform.at - begun)
