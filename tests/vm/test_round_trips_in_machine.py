"""Round trips over delay and loss, on a kernel that has netem."""

import pytest

from tests.vm.in_machine import run_tests

SUITE = "tests/vm/round_trips_suite.py"
PROGRAMS = {"ping": "iputils-ping", "traceroute": "traceroute", "dig": "bind9-dnsutils", "tc": "iproute2"}


@pytest.mark.sweep  # its processor is imitated: times are right on a machine with nothing else to do only
def test_round_trips_are_what_was_set_and_what_ping_traceroute_and_dig_say() -> None:
    run_tests(12, SUITE, packages=PROGRAMS)
