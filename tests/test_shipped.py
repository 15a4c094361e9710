"""The files that travel with the agent are found in a source tree and in an installation."""

import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from agent.shipped import shipped
from tests.waiting import HANGS

ROOT = Path(__file__).parent.parent
CONFIG = sorted(str(path.relative_to(ROOT / "config")) for path in (ROOT / "config").rglob("*") if path.is_file())


def test_a_source_tree_has_them_in_config() -> None:
    assert shipped("agent.toml") == ROOT / "config" / "agent.toml"
    assert shipped("agent.toml").is_file()


def pip(*arguments: str, python: Path | str = sys.executable) -> None:
    subprocess.run(
        [python, "-m", "pip", "--disable-pip-version-check", "-q", *arguments], check=True, cwd=ROOT, timeout=300
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: a build leaves its traces where it is done."""
    copy = tmp_path_factory.mktemp("source")
    for name in ("agent", "backends", "config"):
        shutil.copytree(ROOT / name, copy / "tree" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "LICENSE", "README.md"):
        shutil.copy(ROOT / name, copy / "tree" / name)
    pip("wheel", "--no-deps", "--wheel-dir", str(copy), str(copy / "tree"))
    (built,) = copy.glob("*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_has_every_file_of_config_and_no_other_packages(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {f"agent/share/{name}" for name in CONFIG} <= set(names)
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"agent", "backends", "cpe_agent"}


@pytest.mark.slow
def test_an_installation_finds_them_and_has_the_command(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path, with_pip=True)
    pip("install", "--no-deps", str(wheel), python=tmp_path / "bin" / "python")
    program = "from agent.shipped import shipped; from agent.settings import parse, Settings\n"
    program += "file = shipped('agent.toml'); assert parse(file.read_text()) == Settings(); print(file)"
    done = subprocess.run(
        [tmp_path / "bin" / "python", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=HANGS,
    )
    assert done.stdout.strip().endswith("site-packages/agent/share/agent.toml")
    told = subprocess.run(
        [tmp_path / "bin" / "cpe-agent", "version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=HANGS,
    )
    assert told.stdout.startswith("cpe-agent  ")
