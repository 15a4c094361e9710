"""The air: the gateway's radio (wlan0), three stations in namespaces of their own, one more radio of the gateway's."""

import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from backends.desired_state import Wanted
from tests.vm.wifi.gateway import Gateway, Station, more_radios, run
from tests.waiting import until


@pytest.fixture(scope="session")
def stations() -> list[Station]:
    """wlan1, wlan2 and wlan3; the gateway keeps wlan0 and wlan4."""
    run("iw", "reg", "reload")  # the kernel looked for it before there was a file system
    more_radios(3)
    time.sleep(0.2)
    return [Station(number) for number in (1, 2, 3)]


@pytest.fixture
def air(stations: list[Station]) -> Iterator[list[Station]]:
    yield stations
    for station in stations:
        station.leave()


@pytest.fixture
def make_gateway(air: list[Station]) -> Iterator[Callable[..., Gateway]]:
    """Makes gateways; whatever they started is ended with the test."""
    made: list[Gateway] = []

    def make(*arguments: object, **named: object) -> Gateway:
        made.append(Gateway(*arguments, **named))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for gateway in made:
        gateway.tables.service.apply(Wanted())
    for link in ("wlan0", "wlan4"):
        subprocess.run(["ip", "link", "set", link, "down"], check=False)
    until(lambda: not any(gateway.processes() for gateway in made), "all daemons have ended")


@pytest.fixture
def gateway(make_gateway: Callable[..., Gateway]) -> Gateway:
    return make_gateway()
