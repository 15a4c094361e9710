"""The WAN bench."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.backends.dhcp_client.wan import Wan
from tests.netlab.fixtures import lab, make_namespace
from tests.netlab.namespace import Namespace

__all__ = ["lab", "make_namespace"]


@pytest.fixture
def make_wan(make_namespace: Callable[[], Namespace], tmp_path: Path) -> Iterator[Callable[..., Wan]]:
    """Makes a WAN whose server has these options."""
    missing = [name for name in ("dnsmasq", "dhcpcd") if shutil.which(name, path="/usr/sbin:/usr/bin:/sbin") is None]
    if missing:
        pytest.skip(f"needs {' and '.join(missing)} (packages dnsmasq-base, dhcpcd-base)")
    made: list[Wan] = []

    def make(*server: str) -> Wan:
        made.append(Wan(make_namespace(), make_namespace(), tmp_path, server))
        return made[-1]

    yield make
    for one in made:
        one.close()
