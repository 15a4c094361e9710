"""Routers with OpenWrt's configuration, without a bus or with those on it whom they ask."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.backends.openwrt.procd import Procd
from tests.backends.openwrt.router import Make, Router


@pytest.fixture
def make_router(tmp_path: Path) -> Make:
    """Makes a router below a directory of the test's."""

    def make(**given: Any) -> Router:
        return Router(tmp_path, **given)

    return make


@pytest.fixture
def router(make_router: Make) -> Router:
    """One as it is delivered."""
    return make_router()


@pytest.fixture
def procd(tmp_path: Path) -> Iterator[Procd]:
    """Those whom a router asks over the bus."""
    made = Procd(tmp_path / "ubus.sock")
    yield made
    made.close()
