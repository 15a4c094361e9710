"""Software modules on OpenWrt: whichever package manager there is."""

from pathlib import Path
from typing import Any

import pytest

from agent.model.own_values import OwnValues
from backends.procfs import Procfs
from backends.system import System
from backends.tr181.mechanisms import Mechanisms, ModuleRules
from backends.tr181.openwrt_lan import Surface
from backends.tr181.openwrt_modules import openwrt_modules
from backends.ubus import Bus


def surface(root: Path) -> Surface:
    nothing: Any = None
    return Surface(nothing, Bus(root / "none"), nothing, root)


def device(root: Path, rules: ModuleRules | None) -> Mechanisms:
    nothing: Any = None
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc/os-release").write_text('VERSION_ID="24.10"\n')
    return Mechanisms(nothing, nothing, Procfs(), nothing, System(root), nothing, OwnValues({}, {}), links=nothing,
                      directory=root / "run", state_directory=root / "state", module_rules=rules)  # fmt: skip


@pytest.mark.parametrize("name", ["opkg", "apk"])
def test_the_package_manager_that_is_there_is_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    program = tmp_path / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    part = openwrt_modules(device(tmp_path, ModuleRules(None)), surface(tmp_path))
    assert part is not None
    [environment] = part.provides["modules"].modules.environments.values()
    assert (environment.name, environment.version, environment.installed()) == (name, "24.10", {})


def test_without_one_or_without_the_owners_word_there_are_no_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert openwrt_modules(device(tmp_path, ModuleRules(None)), surface(tmp_path)) is None
    assert openwrt_modules(device(tmp_path, None), surface(tmp_path)) is None
