"""The files for systemd and for Debian's tools say what these programs take, and what the agent does."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from agent.cli.dhcp_hooks import PACKAGED
from agent.cli.main import VERBS
from tests.waiting import HANGS

ROOT = Path(__file__).parent.parent
SYSTEMD = ROOT / "systemd"
DEBIAN = SYSTEMD / "debian"
DROP_INS = sorted((SYSTEMD / "drop-in").glob("*.conf"))
SCRIPTS = [
    SYSTEMD / "install", SYSTEMD / "make-deb", DEBIAN / "hook", DEBIAN / "cpe-agent.command",
    *(DEBIAN / f"cpe-agent.{name}" for name in ("preinst", "postinst", "prerm", "postrm")),
]  # fmt: skip
STRICTEST = 2.5

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd")


def said(*command: str | Path) -> str:
    ended = subprocess.run(command, capture_output=True, text=True, timeout=HANGS, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout + ended.stderr


@needs_systemd
def test_the_unit_is_as_confined_as_is_promised() -> None:
    told = said("systemd-analyze", "security", "--offline=true", "--no-pager", SYSTEMD / "cpe-agent.service")
    level = re.search(r"exposure level for cpe-agent.service: ([\d.]+)", told)
    assert level is not None
    assert float(level[1]) <= STRICTEST, told


@needs_systemd
def test_systemd_understands_the_unit_with_every_drop_in(tmp_path: Path) -> None:
    unit = tmp_path / "cpe-agent.service"
    text = (SYSTEMD / "cpe-agent.service").read_text()
    unit.write_text(re.sub(r"^(ExecStart=)\S+", r"\1/bin/true", text, flags=re.MULTILINE))
    shutil.copytree(SYSTEMD / "drop-in", tmp_path / "cpe-agent.service.d")
    assert said("systemd-analyze", "verify", "--man=no", unit) == ""


@needs_systemd
def test_the_account_and_the_folder_are_made(tmp_path: Path) -> None:
    assert "user 'cpe-agent'" in said("systemd-sysusers", "--dry-run", f"--root={tmp_path}", SYSTEMD / "sysusers.conf")
    said("systemd-tmpfiles", "--create", f"--root={tmp_path}", SYSTEMD / "tmpfiles.conf")
    assert (tmp_path / "run/cpe-agent").stat().st_mode & 0o777 == 0o711


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_for_any_posix_shell(script: Path) -> None:
    shell = ["busybox", "ash"] if shutil.which("busybox") else ["sh"]
    said(*shell, "-n", script)


def test_the_installer_says_what_it_does_and_refuses_what_it_does_not_know() -> None:
    assert "--remove --purge" in said(SYSTEMD / "install", "--help")
    ended = subprocess.run([SYSTEMD / "install", "--purge"], capture_output=True, timeout=HANGS, check=False)
    assert ended.returncode == 2


@pytest.mark.parametrize(
    ("hook", "mode"), [("dhclient-exit-hook", "644"), ("dhcpcd-hook", "644"), ("networkmanager-dispatcher", "755")]
)
def test_a_packaged_hook_says_that_it_is_the_packages(hook: str, mode: str, tmp_path: Path) -> None:
    made = tmp_path / "some" / "hook"
    said(DEBIAN / "hook", ROOT / "config" / "dhcp" / hook, mode, made)
    text = made.read_text()
    assert PACKAGED in text
    assert "setup --dhcp-hooks" not in text
    assert text.startswith("#!/bin/sh\n") == (mode == "755")
    assert f"{made.stat().st_mode & 0o777:o}" == mode


def test_the_manual_names_every_verb_and_every_drop_in() -> None:
    manual = (SYSTEMD / "cpe-agent.8").read_text().replace("\\-", "-")
    assert re.findall(r"^\.TP\n\.B (\S+)$", manual, re.MULTILINE) == list(VERBS)
    for drop_in in DROP_INS:
        assert f".I {drop_in.name}\n" in manual


def test_the_package_asks_for_what_the_distribution_asks_for() -> None:
    control = (DEBIAN / "control").read_text()
    named = re.findall(r"^ python3-([\w-]+)(?: \(>= ([\d.]+)\))?,$", control, re.MULTILINE)
    text = (ROOT / "pyproject.toml").read_text()
    block = re.search(r"^dependencies = \[(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    wanted = dict(re.findall(r'^    "([\w-]+)>=([\d.]+)', block[1], re.MULTILINE))
    names = {"netifaces-plus": "netifaces", "pyserial": "serial"}
    found = dict(named)
    assert {names.get(name, name) for name in wanted} <= set(found)
    for name, version in wanted.items():
        if name != "netifaces-plus":  # Debian has the original
            assert found[names.get(name, name)] == version
