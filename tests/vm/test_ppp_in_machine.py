"""PPPoE, on a kernel that has it."""

import pytest

from tests.vm.in_machine import run_tests

SUITE = "tests/vm/pppoe_suite.py"
PACKAGES = {"pppd": "ppp", "pppoe-server": "pppoe"}


@pytest.mark.vm
@pytest.mark.slow
def test_pppoe_connections_come_up_fail_and_come_again() -> None:
    run_tests(5, SUITE, packages=PACKAGES)
