"""What the tests of OpenWrt's package share: its root, made once, and routers that have it."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes.uci_of_scripts import UciServer
from tests.openwrt.router import PROJECT, Router

sys.path.insert(0, str(PROJECT / "openwrt"))
from pack import PARTS


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's files in an empty root, made as its Makefile makes them."""

    def make(root: Path) -> None:
        command = ["make", "-C", str(PROJECT), "openwrt-root", f"DESTDIR={root}", f"PYTHON={sys.executable}"]
        subprocess.run(command, check=True, capture_output=True, timeout=300)

    return _once("package", make, tmp_path_factory)


@pytest.fixture(scope="session")
def whole(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the packages of all its parts."""

    def make(root: Path) -> None:
        shutil.copytree(package, root)
        command = [sys.executable, str(PROJECT / "openwrt/pack.py"), str(root), *(f"--part={part}" for part in PARTS)]
        subprocess.run(command, check=True, capture_output=True, timeout=300)

    return _once("whole", make, tmp_path_factory)


def _once(name: str, make: Callable[[Path], None], factory: pytest.TempPathFactory) -> Path:
    """For all workers of a run together: it takes a while."""
    place = factory.getbasetemp()
    place = place.parent if "PYTEST_XDIST_WORKER" in os.environ else place
    with (place / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / name).exists():
            make(place / f"{name}.new")
            (place / f"{name}.new").rename(place / name)
    return place / name


@pytest.fixture(scope="session")
def stand_in() -> Iterator[UciServer]:
    with UciServer() as server:
        yield server


@pytest.fixture
def router(package: Path, tmp_path: Path, stand_in: UciServer) -> Router:
    return Router(package, tmp_path, stand_in)
