"""What the data model promises of VLANs, on a kernel that has them."""

import sys

import pytest

from tests.vm.machine import MachineUnavailable, machine

SUITES = {"tests/backends/tr181/test_ethernet_vlans.py": 9, "tests/backends/tr181/test_bridge_vlans.py": 7,
          "tests/backends/test_ethtool.py": 4}  # fmt: skip
"""Each with how many of its tests are Linux's."""


@pytest.mark.vm
@pytest.mark.slow
@pytest.mark.parametrize("suite", SUITES)
def test_vlans_are_made_changed_and_taken_back_on_linux(suite: str) -> None:
    try:
        debian = machine()
    except MachineUnavailable as reason:
        pytest.skip(f"no throw-away machine: {reason}")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        "linux or traffic or kernel or negotiates",
        suite,
    ]
    status, output = debian.run(command, {"CPE_AGENT_IN_MACHINE": "1", "PYTHONDONTWRITEBYTECODE": "1"})
    assert status == 0, output
    assert f"{SUITES[suite]} passed" in output
