"""The whole gateway with a radio, a station and a provider with PPPoE."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.netlab.fixtures import make_namespace
from tests.netlab.namespace import Namespace
from tests.vm.provider import give_terminals
from tests.vm.whole.gateway import WirelessGateway
from tests.vm.wifi.gateway import Station, run

__all__ = ["make_namespace"]


@pytest.fixture(scope="session")
def station() -> Station:
    """wlan1; the gateway has wlan0."""
    run("iw", "reg", "reload")  # the kernel looked for it before there was a file system
    return Station(1)


@pytest.fixture
def gateway(station: Station, make_namespace: Callable[[], Namespace]) -> Iterator[WirelessGateway]:
    """In a folder with a short name: a control socket's path has 107 octets."""
    give_terminals()
    folder = Path(tempfile.mkdtemp(prefix="g", dir="/run"))
    with WirelessGateway(folder, make_namespace) as made:
        yield made
        station.leave()
    shutil.rmtree(folder)
