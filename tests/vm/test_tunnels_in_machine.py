"""Tunnels, on a kernel that has them all."""

import pytest

from tests.vm.in_machine import run_tests

SUITE = "tests/vm/tunnels_suite.py"
PARTS = {"gre_carries": 4, "carries and not gre_carries": 5, "not carries": 6}
"""Which of its tests are run together, and how many they are."""


@pytest.mark.vm
@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_packets_go_through_tunnels_that_are_as_the_tools_tell(part: str) -> None:
    run_tests(PARTS[part], "-k", part, SUITE, packages={"wg": "wireguard-tools"})
