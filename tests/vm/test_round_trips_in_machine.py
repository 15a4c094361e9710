"""Round trips over delay and loss, on a kernel that has netem."""

import pytest

from tests.vm.in_machine import run_tests

SUITE = "tests/vm/round_trips_suite.py"
PROGRAMS = {"ping": "iputils-ping", "traceroute": "traceroute", "dig": "bind9-dnsutils", "tc": "iproute2"}


@pytest.mark.vm
@pytest.mark.slow
def test_what_is_lost_on_the_way_is_what_the_link_counted() -> None:
    run_tests(2, SUITE, "-k", "lost", packages=PROGRAMS)


@pytest.mark.sweep  # its processor is imitated: times are right on a machine with nothing else to do only
def test_round_trips_are_what_was_set_and_what_ping_traceroute_and_dig_say() -> None:
    run_tests(10, SUITE, "-k", "not lost", packages=PROGRAMS)
