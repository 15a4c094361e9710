"""What the data model promises of VLANs, on a kernel that has them."""

import sys

import pytest

from tests.vm.machine import MachineUnavailable, machine

SUITE = "tests/backends/tr181/test_ethernet_vlans.py"


@pytest.mark.vm
@pytest.mark.slow
def test_vlans_are_made_changed_and_taken_back_on_linux() -> None:
    try:
        debian = machine()
    except MachineUnavailable as reason:
        pytest.skip(f"no throw-away machine: {reason}")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "linux", SUITE]
    status, output = debian.run(command, {"CPE_AGENT_IN_MACHINE": "1", "PYTHONDONTWRITEBYTECODE": "1"})
    assert status == 0, output
    assert "9 passed" in output
