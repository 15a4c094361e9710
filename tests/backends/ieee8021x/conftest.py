"""The port bench."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.programs import find_program
from tests.backends.ieee8021x.port import Port, entered
from tests.netlab.fixtures import lab, make_namespace
from tests.netlab.namespace import Namespace

__all__ = ["lab", "make_namespace"]


@pytest.fixture
def port(lab: Namespace, tmp_path: Path) -> Iterator[Port]:
    """A port that leads to an authenticator, which is not started."""
    missing = [name for name in ("wpa_supplicant", "wpa_cli", "hostapd") if find_program(name) is None]
    if missing:
        pytest.skip(f"needs {' and '.join(missing)} (packages wpasupplicant, hostapd)")
    try:
        with entered(lab):
            made = Port(lab, tmp_path)
            yield made
            made.close()
    except PermissionError as refused:
        pytest.skip(f"only root may enter a network namespace: {refused}")
