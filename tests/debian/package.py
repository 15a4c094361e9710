"""The Debian package of this tree, as `make deb` builds it."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import pytest

from tests.waiting import HANGS

ROOT: Final = Path(__file__).parents[2]
TOOLS: Final = {"dpkg-buildpackage": "dpkg-dev", "dh": "debhelper", "dh_python3": "dh-python"}


def build(folder: Path) -> Path:
    """Build it into a folder; skips where Debian's tools are missing."""
    missing = [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)} (apt-get install)")
    command = [ROOT / "systemd" / "make-deb", folder]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    return Path(ended.stdout.strip())


def next_version(package: Path, target: Path) -> None:
    """The same package under the next version's name."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dpkg-deb", "-R", package, folder], check=True, timeout=HANGS)
        control = Path(folder, "DEBIAN", "control")
        control.write_text(re.sub(r"(?m)^(Version: .*)-1$", r"\1-2", control.read_text()))
        subprocess.run(["dpkg-deb", "-Znone", "-b", folder, target], check=True, timeout=HANGS, capture_output=True)
