"""Routers with OpenWrt's firewall."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.backends.openwrt.firewall.gateway import UciGateway


@pytest.fixture
def make_gateway(tmp_path: Path) -> Callable[..., UciGateway]:
    """Makes a gateway below a directory of the test's."""
    return lambda **given: UciGateway(tmp_path, **given)


@pytest.fixture
def gateway(make_gateway: Callable[..., UciGateway]) -> UciGateway:
    """One as it is delivered, with a redirect of its owner's."""
    return make_gateway()


Make = Callable[..., UciGateway]
