"""Round trips over delay and loss, on a kernel that has netem."""

import pytest

from tests.vm.in_machine import run_tests


@pytest.mark.vm
@pytest.mark.slow
def test_round_trips_are_what_was_set_and_what_ping_traceroute_and_dig_say() -> None:
    programs = {"ping": "iputils-ping", "traceroute": "traceroute", "dig": "bind9-dnsutils", "tc": "iproute2"}
    run_tests(12, "tests/vm/round_trips_suite.py", packages=programs)
