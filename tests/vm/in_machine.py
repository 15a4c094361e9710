"""Runs tests of this project inside the throw-away machine, and sees to it that all of them ran."""

import shutil
import sys
from collections.abc import Mapping

import pytest

from tests.vm.machine import Machine, MachineUnavailable, machine

SBIN = "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"
INSIDE = {"CPE_AGENT_IN_MACHINE": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
"""Where processors are imitated, a plugin that nobody needs takes seconds to load."""


def debian(packages: Mapping[str, str] = {}) -> Machine:
    """The machine, built at first use. Skips without it, or without one of the programs: each with its package."""
    missing = [package for program, package in packages.items() if shutil.which(program, path=SBIN) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)} (apt-get install)")
    try:
        return machine()
    except MachineUnavailable as reason:
        pytest.skip(f"no throw-away machine: {reason}")


def run_tests(number: int, *arguments: str, packages: Mapping[str, str] = {}) -> None:
    """Run pytest inside; ``number`` of tests have to pass, and none to fail. What they print is shown."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    status, output = debian(packages).run(command, INSIDE)
    print(output)
    assert status == 0, output
    assert f"{number} passed" in output, output
