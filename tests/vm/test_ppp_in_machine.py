"""PPPoE, on a kernel that has it."""

import shutil
import sys

import pytest

from tests.vm.machine import MachineUnavailable, machine

SUITE = "tests/vm/pppoe_suite.py"


@pytest.mark.vm
@pytest.mark.slow
@pytest.mark.parametrize(("chosen", "number"), [("password", 2), ("not password", 3)])
def test_pppoe_connections_come_up_fail_and_come_again(chosen: str, number: int) -> None:
    if not all(shutil.which(name, path="/usr/sbin") for name in ("pppd", "pppoe-server")):
        pytest.skip("needs pppd and pppoe-server (packages ppp, pppoe)")
    try:
        debian = machine()
    except MachineUnavailable as reason:
        pytest.skip(f"no throw-away machine: {reason}")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", chosen, SUITE]
    status, output = debian.run(command, {"CPE_AGENT_IN_MACHINE": "1", "PYTHONDONTWRITEBYTECODE": "1"})
    assert status == 0, output
    assert f"{number} passed" in output
