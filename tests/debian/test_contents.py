"""What is in the package, without installing it: `make deb` on the machine of the tests."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.debian.package import build
from tests.waiting import HANGS

pytestmark = pytest.mark.slow

MAY_SAY = ("initial-upload-closes-no-bugs",)
"""Of lintian's remarks, what is meant for uploads to Debian itself."""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def unpacked(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    subprocess.run(["dpkg-deb", "-x", package, folder], check=True, timeout=HANGS)
    return folder


def test_what_it_has_runs_by_itself(unpacked: Path, tmp_path: Path) -> None:
    library = {
        "PYTHONPATH": str(unpacked / "usr/lib/cpe-agent"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": "/usr/bin:/bin",
    }
    for arguments in (["version"], ["schema", "show", "Device.DeviceInfo.UpTime"], ["run", "--help"]):
        command = [sys.executable, "-P", "-m", "agent", *arguments]
        subprocess.run(command, env=library, cwd=tmp_path, check=True, capture_output=True, timeout=HANGS)


def test_nothing_of_it_is_where_others_would_find_it_by_accident(unpacked: Path) -> None:
    assert sorted(path.name for path in (unpacked / "usr/lib").iterdir()) == [
        "NetworkManager", "cpe-agent", "dhcpcd", "sysusers.d", "tmpfiles.d",
    ]  # fmt: skip
    assert not list(unpacked.rglob("__pycache__"))
    assert sorted(path.name for path in (unpacked / "usr/share/cpe-agent/systemd").iterdir()) == [
        "gateway.conf", "system-manage.conf",
    ]  # fmt: skip


def test_the_same_tree_makes_the_same_package(package: Path, tmp_path: Path) -> None:
    assert build(tmp_path).read_bytes() == package.read_bytes()


@pytest.mark.skipif(shutil.which("lintian") is None, reason="needs lintian (apt-get install)")
def test_lintian_finds_nothing(package: Path) -> None:
    ended = subprocess.run(
        ["lintian", "--allow-root", package], capture_output=True, text=True, timeout=300, check=False
    )
    remarks = [line for line in ended.stdout.splitlines() if not any(word in line for word in MAY_SAY)]
    assert remarks == []
