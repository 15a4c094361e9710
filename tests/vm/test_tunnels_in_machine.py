"""Tunnels, on a kernel that has them all."""

import pytest

from tests.vm.in_machine import run_tests

SUITE = "tests/vm/tunnels_suite.py"


@pytest.mark.vm
@pytest.mark.slow
def test_packets_go_through_tunnels_that_are_as_the_tools_tell() -> None:
    run_tests(15, SUITE, packages={"wg": "wireguard-tools"})
