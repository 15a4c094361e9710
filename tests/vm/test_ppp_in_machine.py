"""PPPoE, on a kernel that has it."""

import pytest

from tests.vm.in_machine import run_tests

SUITE = "tests/vm/pppoe_suite.py"
PACKAGES = {"pppd": "ppp", "pppoe-server": "pppoe"}


@pytest.mark.vm
@pytest.mark.slow
@pytest.mark.parametrize(("chosen", "number"), [("password", 2), ("not password", 3)])
def test_pppoe_connections_come_up_fail_and_come_again(chosen: str, number: int) -> None:
    run_tests(number, "-k", chosen, SUITE, packages=PACKAGES)
