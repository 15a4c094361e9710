"""The diagnostics that this product has, one line each; a line more is a diagnostic more."""

from typing import Final

from backends.tr181.diagnostics import Test
from backends.tr181.diagnostics_capture import packet_capture
from backends.tr181.diagnostics_dns import LOOKUP
from backends.tr181.diagnostics_ip import PING, SELECTION, TRACE
from backends.tr181.diagnostics_self import self_test
from backends.tr181.diagnostics_throughput import DOWNLOADED, UPLOADED
from backends.tr181.diagnostics_udp_echo import UDP_ECHO
from backends.tr181.diagnostics_wifi import neighbouring
from backends.tr181.mechanisms import Mechanisms

TESTS: Final[tuple[Test, ...]] = (
    PING,
    TRACE,
    SELECTION,
    LOOKUP,
    DOWNLOADED,
    UPLOADED,
    UDP_ECHO,
)


def tests(given: Mechanisms) -> tuple[Test, ...]:
    """Those of this machine."""
    return (*TESTS, self_test(given.state_directory), neighbouring(given), packet_capture(given))
