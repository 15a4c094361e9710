"""What the tests of OpenWrt's package share: its root, made once, and routers that have it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.openwrt.router import PROJECT, Router

sys.path.insert(0, str(PROJECT / "openwrt"))
from pack import PARTS


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's files in an empty root, made as its Makefile makes them."""
    root = tmp_path_factory.mktemp("package")
    command = ["make", "-C", str(PROJECT), "openwrt-root", f"DESTDIR={root}", f"PYTHON={sys.executable}"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return root


@pytest.fixture(scope="session")
def whole(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the packages of all its parts."""
    root = tmp_path_factory.mktemp("whole") / "root"
    shutil.copytree(package, root)
    command = [sys.executable, str(PROJECT / "openwrt/pack.py"), str(root), *(f"--part={part}" for part in PARTS)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return root


@pytest.fixture
def router(package: Path, tmp_path: Path) -> Router:
    return Router(package, tmp_path)
