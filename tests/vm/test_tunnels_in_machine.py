"""Tunnels, on a kernel that has them all."""

import shutil
import sys

import pytest

from tests.vm.machine import MachineUnavailable, machine

SUITE = "tests/vm/tunnels_suite.py"
PARTS = {"gre_carries": 4, "carries and not gre_carries": 5, "not carries": 5}
"""Which of its tests are run together, and how many they are."""


@pytest.mark.vm
@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_packets_go_through_tunnels_that_are_as_the_tools_tell(part: str) -> None:
    if shutil.which("wg") is None:
        pytest.skip("needs wg (package wireguard-tools)")
    try:
        debian = machine()
    except MachineUnavailable as reason:
        pytest.skip(f"no throw-away machine: {reason}")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", part, SUITE]
    status, output = debian.run(command, {"CPE_AGENT_IN_MACHINE": "1", "PYTHONDONTWRITEBYTECODE": "1"})
    assert status == 0, output
    assert f"{PARTS[part]} passed" in output
