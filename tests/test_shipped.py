"""The files that travel with the agent are found in a source tree and in an installation."""

import re
import shutil
import subprocess
import sys
import time
import venv
import zipfile
from pathlib import Path

import pytest

from agent.shipped import shipped

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


PROCD = """
procd_set_param() { [ "$1" = command ] && { shift; echo "$*"; }; }
procd_open_instance() { :; }
procd_close_instance() { :; }
. "$1"
CONFIG=$2
start_service
"""
"""What /etc/rc.common and procd are to the init script: says which command would be started."""


@pytest.mark.slow
def test_what_readme_installs_on_a_router_starts_there(wheel: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "openwrt" / "files", tmp_path, dirs_exist_ok=True)
    library, command, script = (tmp_path / name for name in ("usr/lib/cpe-agent", "usr/bin/cpe-agent", "start.sh"))
    pip("install", "--no-deps", "--target", str(library), str(wheel))
    (library / "agent" / "version.py").write_text('VERSION = "of the router"\n')
    settings = tmp_path / "etc/cpe-agent/agent.toml"
    settings.write_text(re.sub(r'"(/etc|/var)', rf'"{tmp_path}\1', settings.read_text()) + "\n")
    with settings.open("a") as more:
        more.write("[connection_request]\nport = 0\n")
    for each in (command, tmp_path / "etc/init.d/cpe-agent"):
        each.write_text(re.sub(r"(?<![\w}])/(?=(usr|etc|var)/(lib|bin|run|cpe))", f"{tmp_path}/", each.read_text()))
    script.write_text(PROCD)
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    trap = tmp_path / "agent.py"  # where it is called, something else has our name
    trap.write_text("raise SystemExit('the wrong agent')")

    def run(*arguments: object) -> str:
        done = subprocess.run(
            [*map(str, arguments)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout

    started = run("sh", script, tmp_path / "etc/init.d/cpe-agent", settings).split()
    assert started == [str(command), "run", "--config", str(settings)]
    with subprocess.Popen(started, cwd=tmp_path, env=environment) as agent:
        try:
            deadline = time.monotonic() + 30
            while not (tmp_path / "var/run/cpe-agent/control.sock").exists() and time.monotonic() < deadline:
                assert agent.poll() is None
                time.sleep(0.05)
            assert "running agent  of the router" in run(command, "version", "--config", settings)
        finally:
            agent.terminate()
    assert agent.returncode == 0


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
        timeout=60,
    )
    assert done.stdout.strip().endswith("site-packages/agent/share/agent.toml")
    told = subprocess.run(
        [tmp_path / "bin" / "cpe-agent", "version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert told.stdout.startswith("cpe-agent  ")
