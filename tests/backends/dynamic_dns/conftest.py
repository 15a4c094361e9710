"""The dyndns bench."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends.dynamic_dns.device import NamedDevice
from tests.netlab.fixtures import lab, make_namespace
from tests.netlab.namespace import Namespace

__all__ = ["lab", "make_namespace"]


@pytest.fixture
def device(lab: Namespace, tmp_path: Path) -> Iterator[NamedDevice]:
    """A device in a namespace with a dynamic DNS service in it."""
    if shutil.which("ddclient") is None:
        pytest.skip("ddclient is not installed (package ddclient)")
    try:
        made = NamedDevice(lab, tmp_path)
    except OSError as refused:
        pytest.skip(f"only root may enter a network namespace: {refused}")
    yield made
    made.close()
