"""Debian packages."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from backends.commands import run
from backends.errors import MechanismError
from backends.installers.debian import Debian
from tests.backends.installers.machines import DebianMachine


def test_a_package_replaces_what_is_installed_under_its_name(tmp_path: Path) -> None:
    machine = DebianMachine(tmp_path)
    told = Debian(machine.given).test(machine.image())
    assert (told.version, told.name, told.replaces) == ("2.0", "cpe-agent", "1.0")


def test_the_first_package_has_no_way_back_and_the_next_one_has(tmp_path: Path) -> None:
    machine = DebianMachine(tmp_path)
    (tmp_path / "var/lib/cpe-agent/packages/good.deb").unlink()
    one = Debian(machine.given)
    one.install(machine.image())
    assert not one.keeps_former
    with pytest.raises(MechanismError, match="not kept"):
        one.go_back()
    one.confirm()
    one.install(machine.image(b"a third"))
    assert one.keeps_former


def test_another_installation_at_work_is_waited_for(tmp_path: Path) -> None:
    machine = DebianMachine(tmp_path)
    machine.is_locked = 3
    waits: list[float] = []
    one = Debian(machine.given, waits.append)
    assert one.install(machine.image()) == one.intended(machine.image()) == "cpe-agent 2.0"
    assert len(waits) == 3
    machine.is_locked = 1000
    with pytest.raises(MechanismError, match="somebody else"):
        one.install(machine.image())


def test_under_systemd_it_is_installed_outside_of_the_agent_s_own_service(tmp_path: Path) -> None:
    machine = DebianMachine(tmp_path)
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    calls: list[tuple[str, ...]] = []

    def start(arguments: tuple[str, ...], **more: object) -> str:
        calls.append(arguments)
        is_run = arguments[0] == "systemd-run"
        return machine.start(arguments[5:] if is_run else arguments)

    given = replace(machine.given, start=start, find=lambda name: Path(name))
    Debian(given).install(machine.image())
    assert calls[-1][:6] == ("systemd-run", "--quiet", "--collect", "--wait", "--pipe", "dpkg")


def test_a_real_package_is_read_and_tried_by_the_real_dpkg(tmp_path: Path) -> None:
    control = tmp_path / "package/DEBIAN/control"
    control.parent.mkdir(parents=True)
    control.write_text(
        "Package: cpe-agent-trial\nVersion: 7.1-2\nArchitecture: all\nMaintainer: nobody <n@example.net>\n"
        "Description: for a test\n"
    )
    file = tmp_path / "trial.deb"
    subprocess.run(["dpkg-deb", "--build", str(tmp_path / "package"), str(file)], check=True, capture_output=True)
    one = Debian(replace(DebianMachine(tmp_path).given, start=run))
    told = one.test(file)  # a dry run
    assert (told.version, told.name, told.replaces) == ("7.1-2", "cpe-agent-trial", "")
    assert not one.is_running("cpe-agent-trial 7.1-2")
    control.write_text(control.read_text().replace("Architecture: all", "Architecture: s390x"))
    subprocess.run(["dpkg-deb", "--build", str(tmp_path / "package"), str(file)], check=True, capture_output=True)
    with pytest.raises(MechanismError, match="s390x"):
        one.test(file)
