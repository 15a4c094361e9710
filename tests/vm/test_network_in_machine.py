"""What the data model promises of VLANs, on a kernel that has them."""

import pytest

from tests.vm.in_machine import run_tests

SUITES = {
    "tests/backends/tr181/test_ethernet_vlans.py": 9,
    "tests/backends/tr181/test_bridge_vlans.py": 7,
    "tests/backends/test_ethtool.py": 9,
    "tests/backends/test_kernel_features.py": 2,
}
"""Each with how many of its tests are Linux's, or of the kernel."""


@pytest.mark.vm
@pytest.mark.slow
def test_vlans_are_made_changed_and_taken_back_on_linux() -> None:
    run_tests(sum(SUITES.values()), "-k", "linux or traffic or kernel or negotiates", *SUITES)
