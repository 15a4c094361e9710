"""Each release of Debian, booted anew for each test, with the package and the tree at /run/given."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.debian.booted import Booted
from tests.debian.package import ROOT, build, next_version
from tests.debian.release import RELEASES, ReleaseUnavailable, release

Boot = Callable[[], Booted]


@pytest.fixture(scope="session")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package (old.deb), the same one as a newer version (new.deb), and what the tree's own installer needs."""
    folder = tmp_path_factory.mktemp("given")
    package = build(folder / "built")
    package.rename(folder / "old.deb")
    next_version(folder / "old.deb", folder / "new.deb")
    for name in ("agent", "backends", "config", "systemd"):
        shutil.copytree(ROOT / name, folder / "tree" / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder / "tree")
    subprocess.run(["chmod", "-R", "a+rX", str(folder)], check=True)
    return folder


@pytest.fixture(params=RELEASES)
def debian(request: pytest.FixtureRequest, given: Path) -> Iterator[Booted]:
    """One of the releases, up."""
    try:
        root = release(request.param)
    except ReleaseUnavailable as reason:
        pytest.skip(f"no Debian {request.param}: {reason}")
    with Booted(root, given) as booted:
        yield booted
